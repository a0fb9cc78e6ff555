#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# ncu_compare.sh BUILD: on a machine with an NVIDIA GPU, PyTorch, Nsight Compute and a build of this tree: the same
# program, 40 products in bf16 and 40 in fp16, once under ncu and once under the executed counts, and what 2MNK says.
# Takes about a minute. A line per format and a verdict: ncu's sum lies inside the interval of the executed counts, and
# their lower end is at most ncu's sum.

build=$1
here=$(dirname -- "$0")
python=${PYTHON:-python3}
ncu=${NCU:-ncu}
lanes=$build/native/test/lanes_of
metrics=sm__ops_path_tensor_src_bf16_dst_fp32.sum,sm__ops_path_tensor_src_fp16.sum
LD_LIBRARY_PATH=$build/native/src/lane${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
out=${OUT:-$(mktemp -d)}

[ -x "$lanes" ] || { echo "SKIPPED: no $lanes"; exit 77; }
command -v "$ncu" >/dev/null || { echo "SKIPPED: no $ncu"; exit 77; }
"$python" -c 'import torch, sys; sys.exit(0 if torch.cuda.is_available() else 1)' ||
    { echo "SKIPPED: no GPU"; exit 77; }

# Not at once: a process has room for one profiler.
"$ncu" --clock-control none --csv --page raw --print-units base --metrics "$metrics" \
    "$python" "$here/executed_torch.py" count 40 >"$out/ncu" 2>"$out/ncu.err" ||
    { echo "FAIL ncu: $(tail -n 1 "$out/ncu.err")"; exit 1; }
FLOPMETER_EXECUTED=continuous,bf16,fp16 FLOPMETER_EXECUTED_SETS=fixed \
    CUDA_INJECTION64_PATH=$build/native/src/cuda/libflopmeter_cuda.so \
    "$lanes" "$python" "$here/executed_torch.py" count 40 >"$out/lanes" 2>&1 ||
    { echo "FAIL executed: $(tail -n 1 "$out/lanes")"; exit 1; }
"$python" - "$out/ncu" "$out/lanes" <<'END'
import csv
import re
import sys

names = {'bf16': 'src_bf16_dst_fp32', 'fp16': 'src_fp16'}
rows = [row for row in csv.reader(open(sys.argv[1], errors='replace')) if row]
head = next((row for row in rows if 'Kernel Name' in row), None)
if head is None:
    print('FAIL ncu: no table of kernels in its output')
    sys.exit(1)
body = [row for row in rows[rows.index(head) + 1:] if len(row) == len(head) and row[head.index('Kernel Name')]]
lanes, expected = {}, {}
for line in open(sys.argv[2], errors='replace'):
    fields = dict(re.findall(r'(\w+)=(\S+)', line))
    if line.startswith('LANES source=6 basis=1'):
        lanes[fields['precision']] = {key: int(fields[key]) for key in ('lower', 'point', 'bound')}
    elif line.startswith('EXPECT'):
        expected[fields['precision']] = int(fields['flop'])
bad = 0
upper = sum(lane['point'] + lane['bound'] for lane in lanes.values())
for precision, name in names.items():
    column = next((i for i, title in enumerate(head) if name + '.sum' in title), None)
    if column is None:
        print('FAIL %s: ncu has no %s on this chip' % (precision, name))
        bad += 1
        continue
    seen = sum(int(float(row[column].replace(',', '') or 0)) for row in body)
    lower = lanes.get(precision, {'lower': 0})['lower']
    truth = expected.get(precision, 0)
    print('%s: ncu %d, executed %d at least and %d at most in all formats, 2MNK %d' % (
        precision, seen, lower, upper, truth))
    if lower > seen or seen > upper or not seen:
        print('FAIL %s: ncu lies outside the interval of the executed counts' % precision)
        bad += 1
sys.exit(1 if bad else 0)
END

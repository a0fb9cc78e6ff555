#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Sources that know the truth and tell it as asked: what the document makes of them.

. "$(dirname -- "$0")/common.sh"

calibrate "$CALIBRATE_TEST" --bad
expect 'bad usage' 2 $?
calibrate "$CALIBRATE_TEST" --device
expect 'a value is missing' 2 $?
calibrate "$CALIBRATE_TEST" --device -1
expect 'a bad number' 2 $?
calibrate "$CALIBRATE_TEST" --run-kernel nonsense 1
expect 'no such kernel' 2 $?
kernel=$(sh -c '"$0" --quick' "$CALIBRATE_TEST" | sed -n 's/^  {"name": "\(scalar_fp64_add\)".*/\1/p')
calibrate "$CALIBRATE_TEST" --run-kernel "$kernel" 1000
expect 'a kernel by name' 12000 "$(cat "$out")"

calibrate "$CALIBRATE_TEST" --quick --budget-ms 100000
expect 'exact' 0 $?
cpu_kernels=$(grep -c '^  {"name".*"chipKind": "cpu"' "$out")
gpu_kernels=$(grep -c '^  {"name".*"chipKind": "gpu"' "$out")
[ "$cpu_kernels" -ge 6 ] || fail "only $cpu_kernels CPU kernels"
expect 'perf rows' "$cpu_kernels" "$(rows perf AVAILABLE)"
expect 'perf, wrong' 0 "$(wrong_rows perf)"
expect 'perf-tree rows' "$cpu_kernels" "$(rows perf-tree AVAILABLE)"
expect 'perf-tree, wrong' 0 "$(wrong_rows perf-tree)"
expect 'perf-host rows' "$cpu_kernels" "$(rows perf-host AVAILABLE)"
expect 'perf-host, wrong' 0 "$(wrong_rows perf-host)"
expect_line 'no slow source' '^  \{"source": "dcgm".*"state": "ABSENT"'
expect 'cupti rows' "$gpu_kernels" "$(rows cupti-range AVAILABLE)"
expect 'cupti, wrong' 0 "$(wrong_rows cupti-range)"
expect 'gpm rows' "$gpu_kernels" "$(rows gpm AVAILABLE)"
expect 'gpm, wrong' 0 "$(wrong_rows gpm)"
expect_line 'passes' '"passes": 1, "passesWanted": 1, "isCut": false'
expect 'idle' 1 "$(grep -c '^  {"source": "perf".*"expected": "0".*"figures": \[\]' "$out")"

# Every kernel of the table is either run or named as absent, and an absent one is refused and not tried.
cp "$out" "$SCRATCH/whole.json"
absent=$(sed -n 's/^ "cpu":.*"kernelsAbsent": \[\(.*\)\], "whyAbsent".*/\1/p' "$SCRATCH/whole.json" | tr -d '",')
present=$(sed -n 's/^  {"name": "\([a-z0-9_]*\)", "chipKind": "cpu".*/\1/p' "$SCRATCH/whole.json")
for kernel in $absent; do
    calibrate "$CALIBRATE_TEST" --run-kernel "$kernel" 10
    expect "$kernel is absent" 3 $?
    why=$(sed -n "s/^ \"cpu\":.*\"whyAbsent\": {.*\"$kernel\": \"\([^\"]*\)\".*/\1/p" "$SCRATCH/whole.json")
    [ -n "$why" ] || fail "$kernel is absent without a reason"
    expect "$kernel is absent, words" "flopmeter: $kernel cannot run here: $why" "$(cat "$SCRATCH/err")"
done
for kernel in $present; do
    calibrate "$CALIBRATE_TEST" --run-kernel "$kernel" 10
    expect "$kernel runs" 0 $?
    expect_line "$kernel" "^$(sed -n "s/.*\"name\": \"$kernel\", .*cpu.*flopPerIteration\": \"\([0-9]*\)\".*/\10/p" \
        "$SCRATCH/whole.json")\$"
done

# flag_means FLAG KERNEL: Linux names what the CPU has, independently of this program. Tiles may be forbidden besides.
flag_means()
{
    case " $absent " in
        *" $2 "*) grep -qw "$1" /proc/cpuinfo && [ "${1#amx}" = "$1" ] && fail "$2 is absent, $1 is here" ;;
        *) grep -qw "$1" /proc/cpuinfo || fail "$2 is run, $1 is not here" ;;
    esac
    printf '%s\n' $absent $present | grep -qx "$2" || fail "$2 is neither run nor absent"
}

case $(uname -m) in
    x86_64)
        flag_means avx512_fp16 avx512_fp16_fma
        flag_means avx512_bf16 avx512_bf16_dot
        flag_means avx512_vnni avx512_int8_dot
        flag_means avx_vnni avx_int8_dot
        flag_means amx_bf16 amx_bf16_dot
        flag_means amx_int8 amx_int8_dot
        ;;
    aarch64)
        flag_means asimdhp neon_fp16_fma
        flag_means bf16 neon_bf16_matrix
        flag_means asimddp neon_int8_dot
        flag_means i8mm neon_int8_matrix
        flag_means svebf16 sve_bf16_dot
        ;;
esac

calibrate "$CALIBRATE_TEST" --quick --budget-ms 0
expect_line 'no time' '"passes": 0, "passesWanted": 1, "isCut": true'
expect 'no time, rows' 0 "$(rows perf AVAILABLE)"

FAKE_SOURCE=forbidden calibrate "$CALIBRATE_TEST" --quick
expect_line 'forbidden' \
    '^  \{"source": "perf".*"state": "NO_PERMISSION", "detail": "this is a \\"test\\"", "remedy": "ask the test"'
expect 'forbidden, rows' 0 "$(grep -c '"kernel"' "$out")"

# The GPU's sources are left out of what follows: one driver that is not there saves a minute.
driver=/nonexistent
FAKE_SOURCE=open_fails calibrate "$CALIBRATE_TEST" --quick
expect 'open fails' "$cpu_kernels" "$(rows perf TAKEN)"
FAKE_SOURCE=stops calibrate "$CALIBRATE_TEST" --quick
expect_line 'stops' '"state": "TAKEN", "detail": "the source stopped while it was read"'
FAKE_SOURCE=never_covers calibrate "$CALIBRATE_TEST" --quick
expect_line 'never covers' '"state": "FAILED", "detail": "no reading covers the end of the kernel'
FAKE_SOURCE=unbounded calibrate "$CALIBRATE_TEST" --quick
expect_line 'unbounded' '"upper": "unbounded"'
FAKE_SOURCE=high calibrate "$CALIBRATE_TEST" --quick
expect 'one percent high' "$cpu_kernels" "$(wrong_rows perf)"
finish

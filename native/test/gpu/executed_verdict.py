# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""executed_verdict.py NAME FILE: the laws of an interval, on the EXPECT and LANES lines of one check."""
import re
import sys

name, path = sys.argv[1:]
expected, each, lanes, gaps = {}, {}, {}, []
for line in open(path, errors='replace'):
    fields = dict(re.findall(r'(\w+)=(\S+)', line))
    if line.startswith('EXPECT'):
        expected[fields['precision']] = int(fields['flop'])
        each[fields['precision']] = int(fields['each'])
    elif line.startswith('LANES source=6 basis=%d' % (3 if name in ('pm', 'gpm') else 1)):
        lanes[fields['precision']] = {key: int(fields[key]) for key in ('lower', 'point', 'bound')}
    elif line.startswith('LANES gap'):
        gaps.append(int(fields['reason']))
bad = []
total = {key: sum(lane[key] for lane in lanes.values()) for key in ('lower', 'point', 'bound')}
truth = sum(expected.values())
if name == 'off':
    bad += ['figures although it is off'] if lanes or gaps else []
elif name == 'reset':
    bad += ['gaps %s' % gaps] if [gap for gap in gaps if gap != 15] else []
elif name in ('pm', 'gpm'):
    # Formats are not told apart, lower may be 0, and the card did nothing else.
    print('   %s: lower %.5f point %.5f upper %.5f of the truth' % (name, *(
        value / truth for value in (total['lower'], total['point'], total['point'] + total['bound']))))
    bad += ['lower is above the truth'] if total['lower'] > truth else []
    bad += ['upper is below the truth'] if total['point'] + total['bound'] < truth else []
    if 10 in gaps:
        print('   %s: whose work it was the driver does not show here, so there is no point' % name)
    else:
        bad += ['point is off by more than 25 %'] if abs(total['point'] - truth) > truth * 0.25 else []
    bad += ['gaps %s' % gaps] if [gap for gap in gaps if gap != 10] else []
else:
    bad += ['nothing was counted'] if not total['lower'] else []
    for precision, flop in expected.items():
        lower = lanes.get(precision, {'lower': 0})['lower']
        print('   %s: lower %.5f point %.5f of the truth, lower is %.6f products' % (
            precision, lower / flop, lanes.get(precision, {'point': 0})['point'] / flop, lower / each[precision]))
        bad += ['%s: lower is above the truth' % precision] if lower > flop else []
        bad += ['%s: not a multiple of one product' % precision] if lower % each[precision] else []
        bad += ['%s: not counted at all' % precision] if name in ('rotate', 'reopen') and not lower else []
    print('   all: lower %.5f point %.5f upper %.5f of the truth' % tuple(
        value / truth for value in (total['lower'], total['point'], total['point'] + total['bound'])))
    bad += ['upper is below the truth'] if total['point'] + total['bound'] < truth else []
    if name == 'continuous':
        bad += ['point is off by more than 15 %'] if abs(total['point'] - truth) > truth * 0.15 else []
    if name != 'exit':
        bad += ['gaps %s' % gaps] if gaps else []
for text in bad:
    print('FAIL %s: %s' % (name, text))
sys.exit(1 if bad else 0)

# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""executed_torch.py MODE SECONDS: matrix products whose operations are known, and what they add up to as EXPECT lines.

burn      bf16 and fp16 products of 4096^3 back to back
profiled  the same, the second half under torch.profiler
launch    products of 256^3, launch-bound: microseconds per launch
exit      a full queue, then the program ends without waiting for it
count     as burn, but SECONDS is how many products of each format
"""
import json
import sys
import time

import torch

mode, seconds = sys.argv[1], float(sys.argv[2])
n = 256 if mode == 'launch' else 4096
a = torch.randn(n, n, device='cuda', dtype=torch.bfloat16)
b = a.half()
calls = {'bf16': 0, 'fp16': 0}


def burn(limit, both=True):
    torch.cuda.synchronize()
    begin = time.monotonic()
    while time.monotonic() - begin < limit:
        for _ in range(20):
            a @ a
            calls['bf16'] += 1
            if both:
                b @ b
                calls['fp16'] += 1
        if mode != 'exit' and sum(calls.values()) % 400 == 0:
            torch.cuda.synchronize()
    if mode != 'exit':
        torch.cuda.synchronize()
    return time.monotonic() - begin


took = 0
if mode == 'profiled':
    took += burn(seconds / 2)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        before = sum(calls.values())
        took += burn(seconds / 2)
    kernels = len([event for event in profile.events() if 'nvjet' in event.name or 'gemm' in event.name])
    print('PROFILER kernels=%d launched=%d' % (kernels, sum(calls.values()) - before), flush=True)
elif mode == 'count':
    begin = time.monotonic()
    for _ in range(int(seconds)):
        a @ a
        b @ b
        calls['bf16'] += 1
        calls['fp16'] += 1
    torch.cuda.synchronize()
    took = time.monotonic() - begin
elif mode == 'launch':
    burn(1, False)
    calls['bf16'] = 0
    took = burn(seconds, False)
    print('LAUNCH us=%.2f' % (took / calls['bf16'] * 1e6), flush=True)
else:
    took = burn(seconds)
for name, count in calls.items():
    print('EXPECT precision=%s flop=%d each=%d seconds=%.3f' % (name, count * 2 * n ** 3, 2 * n ** 3, took), flush=True)

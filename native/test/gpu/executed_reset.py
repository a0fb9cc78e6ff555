# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""Contexts come and go under the meter: cudaDeviceReset() while ranges are open, ten times, without PyTorch."""
import ctypes
import glob
import time

runtime = ctypes.CDLL(sorted(glob.glob('/usr/local/cuda/lib64/libcudart.so*'))[-1])
failures = 0
for _ in range(10):
    pointer = ctypes.c_void_p()
    failures += runtime.cudaMalloc(ctypes.byref(pointer), 1 << 20) != 0
    time.sleep(0.35)
    failures += runtime.cudaDeviceReset() != 0
print('RESET failures=%d' % failures, flush=True)

#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Drivers that misbehave: each is a state with words and a remedy, the CPU's part is done all the same, exit code 0.

. "$(dirname -- "$0")/common.sh"

# refused MODE STATE DETAIL
refused()
{
    FAKE_CUDA=$1 calibrate "$CALIBRATE" --quick
    expect "$1, exit code" 0 $?
    gpu_is "$2" "$3"
    expect_line "$1, CPU" '"name": "scalar_fp64_add"'
    ! grep -q '"chipKind": "gpu", "precision"' "$out" || fail "$1: kernels of a GPU that is not there"
}

driver=/nonexistent
calibrate "$CALIBRATE" --quick
expect 'no driver, exit code' 0 $?
if ! ldconfig -p 2>/dev/null | grep -q libcuda.so.1; then
    gpu_is ABSENT 'no libcuda.so.1 here'
fi
driver=$INCOMPLETE
# It offers neither name of the call.
refused ok WRONG_DRIVER 'libcuda.so.1 has no cuDevicePrimaryCtxRelease_v2'
driver=$FAKE
refused no_device ABSENT 'cuInit: CUDA_ERROR_NO_DEVICE \(100\)'
refused mismatch WRONG_DRIVER 'cuInit: an error without a name \(803\)'
refused forbidden NO_PERMISSION 'cuInit: an error without a name \(800\)'
if [ -z "${KERNEL_IMAGES:-}" ]; then
    refused ok ABSENT 'this build carries no kernels: it found no nvcc'
    echo 'no nvcc, no images: the rest is skipped'
    finish
fi
refused old_driver WRONG_DRIVER 'the driver is of CUDA 11.4, the kernels are of CUDA [0-9.]+'
refused new_chip ABSENT 'no kernels for compute capability 15.0'
refused bad_image WRONG_DRIVER 'cuModuleLoadData: an error without a name \(209\)'
FAKE_CUDA='' calibrate "$CALIBRATE" --quick --device 2
expect 'a device that is not there, exit code' 0 $?
gpu_is ABSENT 'cuDeviceGet: CUDA_ERROR_NO_DEVICE \(100\)'

# A launch that fails loses the context: what was read before stays, nothing runs on it after.
FAKE_CUDA=launch_failure calibrate "$CALIBRATE_TEST" --quick --budget-ms 100000
expect 'launch failure, exit code' 0 $?
gpu_is FAILED 'cuLaunchKernel: CUDA_ERROR_LAUNCH_FAILED \(719\)'
rows=$(grep -c '"source": "cupti-range".*"kernel".*"state": "AVAILABLE"' "$out")
[ "$rows" -gt 0 ] && [ "$rows" -lt 39 ] || fail "launch failure: $rows good rows"
expect 'launch failure, bad rows' 1 "$(grep -c '"source": "cupti-range".*"kernel".*"state": "FAILED"' "$out")"
expect 'launch failure, rows of the next source' 0 "$(grep -c '"source": "gpm".*"kernel"' "$out")"

FAKE_CUDA='' calibrate "$CALIBRATE" --quick
expect 'ok, exit code' 0 $?
expect_line 'ok' '"name": "Fake \\"GPU\\" 70", "device": "GPU-46474849-4a4b-4c4d-4e4f-505152535455"'
expect_line 'ok' '"computeCapability": "9.0", "multiprocessors": 132, "architecture": "sm_90a"'
absent='"fp32_fma_packed", "mma_fp8_fp32", "mma_fp8_fp16", "mma_fp8_e5m2_fp32", "mma_sparse_fp8_fp32"'
expect_line 'absent on sm_90a' "\"kernelsAbsent\": \\[$absent\\], \"whyAbsent\": \\{"
expect_line 'why' '"fp32_fma_packed": "needs sm_100 or sm_120", "mma_fp8_fp32": "needs sm_89 or sm_120"'
# 132 x 4 blocks x 256 threads x 16 FFMA x 2; and 132 x 4 warpgroups x 64 x 64 x 16 x 2
expect_line 'fp32' '"name": "fp32_fma", "chipKind": "gpu", "precision": "fp32", "flopPerIteration": "4325376"'
expect_line 'wgmma' '"name": "wgmma_bf16_fp32", "chipKind": "gpu", "precision": "bf16", "flopPerIteration": "69206016"'
# Dense-equivalent: twice as deep.
expect_line 'sparse wgmma' \
    '"name": "wgmma_sparse_bf16_fp32", "chipKind": "gpu", "precision": "bf16", "flopPerIteration": "138412032"'
expect 'kernels' 39 "$(grep -c '"chipKind": "gpu", "precision"' "$out")"
FAKE_CUDA=sm_86 calibrate "$CALIBRATE" --quick --device 1
expect_line 'a higher minor' '"computeCapability": "8.6", "multiprocessors": 132, "architecture": "sm_80"'
expect_line 'the second device' '"name": "Fake \\"GPU\\" 71"'
finish

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
absent='"fp32_fma_packed", "mma_fp8_fp32", "mma_fp8_fp16", "mma_fp8_e5m2_fp32", "mma_sparse_fp8_fp32", '
absent=$absent'"mma_fp6_e3m2_fp32", "mma_fp6_e2m3_fp32", "mma_fp4_fp32", "mma_scaled_fp8_fp32", '
absent=$absent'"mma_scaled_fp8_e5m2_fp32", "mma_scaled_fp6_e3m2_fp32", "mma_scaled_fp6_e2m3_fp32", '
absent=$absent'"mma_scaled_fp4_fp32", "mma_packed_fp4_fp32", "mma_packed_fp4_fine_fp32", '
absent=$absent'"mma_sparse_fp6_e3m2_fp32", "mma_sparse_scaled_fp8_fp32", '
absent=$absent'"mma_sparse_packed_fp4_fp32", "mma_sparse_packed_fp4_fine_fp32", '
absent=$absent'"tcgen05_bf16_fp32", "tcgen05_fp16_fp32", "tcgen05_fp16_fp16", "tcgen05_tf32_fp32", '
absent=$absent'"tcgen05_int8_int32", "tcgen05_fp8_fp32", "tcgen05_fp8_e5m2_fp32", "tcgen05_fp6_e3m2_fp32", '
absent=$absent'"tcgen05_fp6_e2m3_fp32", "tcgen05_fp4_fp32", "tcgen05_scaled_fp8_fp32", '
absent=$absent'"tcgen05_scaled_fp6_e3m2_fp32", "tcgen05_scaled_fp4_fp32", "tcgen05_packed_fp4_fp32", '
absent=$absent'"tcgen05_packed_fp4_fine_fp32"'
expect_line 'absent on sm_90a' "\"kernelsAbsent\": \\[$absent\\], \"whyAbsent\": \\{"
expect_line 'why' '"fp32_fma_packed": "needs sm_100 or sm_120", "mma_fp8_fp32": "needs sm_89 or sm_120"'
# 132 x 4 blocks x 256 threads x 16 FFMA x 2; and 132 x 4 warpgroups x 64 x 64 x 16 x 2
expect_line 'fp32' '"name": "fp32_fma", "chipKind": "gpu", "precision": "fp32", "flopPerIteration": "4325376"'
expect_line 'wgmma' '"name": "wgmma_bf16_fp32", "chipKind": "gpu", "precision": "bf16", "flopPerIteration": "69206016"'
# Twice as deep, of which half is executed.
sparse='"name": "wgmma_sparse_bf16_fp32", "chipKind": "gpu", "precision": "bf16", "flopPerIteration": "69206016", '
expect_line 'sparse wgmma' "$sparse"'"densePerIteration": "138412032", '
expect 'kernels' 39 "$(grep -c '"chipKind": "gpu", "precision"' "$out")"

# chip CAPABILITY ARCHITECTURES FP4-KERNELS: the images that a chip is given
chip()
{
    FAKE_CUDA=sm_$1 calibrate "$CALIBRATE" --quick --budget-ms 0
    expect "sm_$1, exit code" 0 $?
    expect_line "sm_$1" "\"computeCapability\": \"${1%?}.${1#"${1%?}"}\", .*\"architecture\": \"$2\", "
    expect "sm_$1, fp4 kernels" "$3" "$(grep -c '"chipKind": "gpu", "precision": "fp4"' "$out")"
}

chip 89 sm_89 0
case $KERNEL_IMAGES in
    *tensor_scaled.sm_121a*)
        chip 100 'sm_100, sm_100a' 4
        # 132 x 4 blocks x 2 x 128 x 64 x 16, and 64 for packed fp4
        expect_line 'tcgen05' \
            '"name": "tcgen05_bf16_fp32", "chipKind": "gpu", "precision": "bf16", "flopPerIteration": "138412032"'
        expect_line 'tcgen05 fp4' \
            '"name": "tcgen05_packed_fp4_fp32", "chipKind": "gpu", "precision": "fp4", "flopPerIteration": "553648128"'
        chip 103 'sm_100, sm_103a' 4
        expect_line 'tcgen05 on sm_103a' '"tcgen05_int8_int32": "needs sm_100a"'
        chip 101 sm_100 0
        chip 120 'sm_120, sm_120a' 6
        # 132 x 4 blocks x 8 warps x 4 x 2 x 16 x 8 x 64, and 32 for six bits
        expect_line 'fp4' \
            '"name": "mma_packed_fp4_fp32", "chipKind": "gpu", "precision": "fp4", "flopPerIteration": "276824064"'
        expect_line 'fp6' \
            '"name": "mma_fp6_e3m2_fp32", "chipKind": "gpu", "precision": "fp6", "flopPerIteration": "138412032"'
        chip 121 'sm_120, sm_121a' 6
        chip 122 sm_120 0
        expect_line 'why' '"mma_packed_fp4_fp32": "needs sm_120a or sm_121a"'
        ;;
    *) echo 'no sm_121a: the nvcc of this build is too old for it' ;;
esac
FAKE_CUDA=sm_86 calibrate "$CALIBRATE" --quick --device 1
expect_line 'a higher minor' '"computeCapability": "8.6", "multiprocessors": 132, "architecture": "sm_80"'
expect_line 'the second device' '"name": "Fake \\"GPU\\" 71"'
finish

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every kernel for CUDA devices: what one iteration of one thread block executes. Read by the kernels' host (C) and, as
 * text, by the check of the machine code (native/test/calibrate/sass.awk); the kernels themselves are in the .cu files.
 */

#ifndef FLOPMETER_KERNEL_LIST_H
#define FLOPMETER_KERNEL_LIST_H

/** Threads of a block: 8 warps, or one warpgroup for wgmma and tcgen05. */
#define FLOPMETER_KERNEL_THREADS (256)
#define FLOPMETER_KERNEL_GROUP_THREADS (128)

/** Shared memory of a block of wgmma or tcgen05 in bytes: two operand tiles, each in a 16 KiB slot. */
#define FLOPMETER_KERNEL_GROUP_BYTES (32768)

/*
 * X(name, precision, threads of a block, shared bytes, FLOP of one iteration of one block)
 *
 * precision: that of the operands, as a counter names it. FLOP: multiply-add counts as two; a predicated-off lane
 * executes none; sparse matrix instructions stand here with their dense equivalent, twice what they execute, since that
 * is what their machine code tells: see flopmeter_gpu_is_sparse().
 * A kernel is missing from the image of an architecture that has no such instruction: see the .cu files.
 *
 * CUDA cores: instructions per thread and iteration x FLOP each x threads.
 * mma.sync:   instructions per warp and iteration x 2 m n k x warps; scales of blocks are no FLOP.
 * wgmma:      instructions per warpgroup and iteration x 2 m n k.
 * tcgen05:    instructions per block and iteration x 2 m n k; one thread issues them.
 */
#define FLOPMETER_KERNELS(X) \
    X(fp64_fma, FP64, 256, 0, 16 * 2 * 256) \
    X(fp64_add, FP64, 256, 0, 16 * 1 * 256) \
    X(fp64_mul, FP64, 256, 0, 16 * 1 * 256) \
    X(fp32_fma, FP32, 256, 0, 16 * 2 * 256) \
    X(fp32_add, FP32, 256, 0, 16 * 1 * 256) \
    X(fp32_mul, FP32, 256, 0, 16 * 1 * 256) \
    X(fp32_fma_half_predicated, FP32, 256, 0, 16 * 2 * 256 / 2) \
    X(fp32_fma_packed, FP32, 256, 0, 16 * 4 * 256) \
    X(fp16_fma_packed, FP16, 256, 0, 16 * 4 * 256) \
    X(fp16_fma_scalar, FP16, 256, 0, 16 * 2 * 256) \
    X(fp16_add_packed, FP16, 256, 0, 16 * 2 * 256) \
    X(fp16_mul_packed, FP16, 256, 0, 16 * 2 * 256) \
    X(bf16_fma_packed, BF16, 256, 0, 16 * 4 * 256) \
    X(bf16_fma_scalar, BF16, 256, 0, 16 * 2 * 256) \
    X(bf16_add_packed, BF16, 256, 0, 16 * 2 * 256) \
    X(bf16_mul_packed, BF16, 256, 0, 16 * 2 * 256) \
    X(mma_fp16_fp32, FP16, 256, 0, 4 * 4096 * 8) \
    X(mma_fp16_fp16, FP16, 256, 0, 4 * 4096 * 8) \
    X(mma_bf16_fp32, BF16, 256, 0, 4 * 4096 * 8) \
    X(mma_tf32_fp32, TF32, 256, 0, 4 * 2048 * 8) \
    X(mma_fp64_fp64, FP64, 256, 0, 4 * 512 * 8) \
    X(mma_fp64_fp64_wide, FP64, 256, 0, 4 * 4096 * 8) \
    X(mma_int8_int32, INT8, 256, 0, 4 * 8192 * 8) \
    X(mma_fp8_fp32, FP8, 256, 0, 4 * 8192 * 8) \
    X(mma_fp8_fp16, FP8, 256, 0, 4 * 8192 * 8) \
    X(mma_fp8_e5m2_fp32, FP8, 256, 0, 4 * 8192 * 8) \
    X(mma_sparse_fp16_fp32, FP16, 256, 0, 4 * 8192 * 8) \
    X(mma_sparse_bf16_fp32, BF16, 256, 0, 4 * 8192 * 8) \
    X(mma_sparse_tf32_fp32, TF32, 256, 0, 4 * 4096 * 8) \
    X(mma_sparse_int8_int32, INT8, 256, 0, 4 * 16384 * 8) \
    X(mma_sparse_fp8_fp32, FP8, 256, 0, 4 * 16384 * 8) \
    X(mma_fp6_e3m2_fp32, FP6, 256, 0, 4 * 8192 * 8) \
    X(mma_fp6_e2m3_fp32, FP6, 256, 0, 4 * 8192 * 8) \
    X(mma_fp4_fp32, FP4, 256, 0, 4 * 8192 * 8) \
    X(mma_scaled_fp8_fp32, FP8, 256, 0, 4 * 8192 * 8) \
    X(mma_scaled_fp8_e5m2_fp32, FP8, 256, 0, 4 * 8192 * 8) \
    X(mma_scaled_fp6_e3m2_fp32, FP6, 256, 0, 4 * 8192 * 8) \
    X(mma_scaled_fp6_e2m3_fp32, FP6, 256, 0, 4 * 8192 * 8) \
    X(mma_scaled_fp4_fp32, FP4, 256, 0, 4 * 8192 * 8) \
    X(mma_packed_fp4_fp32, FP4, 256, 0, 4 * 16384 * 8) \
    X(mma_packed_fp4_fine_fp32, FP4, 256, 0, 4 * 16384 * 8) \
    X(mma_sparse_fp6_e3m2_fp32, FP6, 256, 0, 4 * 16384 * 8) \
    X(mma_sparse_scaled_fp8_fp32, FP8, 256, 0, 4 * 16384 * 8) \
    X(mma_sparse_packed_fp4_fp32, FP4, 256, 0, 4 * 32768 * 8) \
    X(mma_sparse_packed_fp4_fine_fp32, FP4, 256, 0, 4 * 32768 * 8) \
    X(wgmma_bf16_fp32, BF16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 131072) \
    X(wgmma_fp16_fp32, FP16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 131072) \
    X(wgmma_tf32_fp32, TF32, 128, FLOPMETER_KERNEL_GROUP_BYTES, 65536) \
    X(wgmma_fp8_fp32, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(wgmma_int8_int32, INT8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(wgmma_fp16_fp16, FP16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 131072) \
    X(wgmma_fp8_fp16, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(wgmma_fp8_e5m2_fp32, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(wgmma_sparse_bf16_fp32, BF16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(wgmma_sparse_fp16_fp32, FP16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(wgmma_sparse_tf32_fp32, TF32, 128, FLOPMETER_KERNEL_GROUP_BYTES, 131072) \
    X(wgmma_sparse_fp8_fp32, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(wgmma_sparse_int8_int32, INT8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_bf16_fp32, BF16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(tcgen05_fp16_fp32, FP16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(tcgen05_fp16_fp16, FP16, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144) \
    X(tcgen05_tf32_fp32, TF32, 128, FLOPMETER_KERNEL_GROUP_BYTES, 131072) \
    X(tcgen05_int8_int32, INT8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_fp8_fp32, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_fp8_e5m2_fp32, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_fp6_e3m2_fp32, FP6, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_fp6_e2m3_fp32, FP6, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_fp4_fp32, FP4, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_scaled_fp8_fp32, FP8, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_scaled_fp6_e3m2_fp32, FP6, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_scaled_fp4_fp32, FP4, 128, FLOPMETER_KERNEL_GROUP_BYTES, 524288) \
    X(tcgen05_packed_fp4_fp32, FP4, 128, FLOPMETER_KERNEL_GROUP_BYTES, 1048576) \
    X(tcgen05_packed_fp4_fine_fp32, FP4, 128, FLOPMETER_KERNEL_GROUP_BYTES, 1048576)

#endif /* FLOPMETER_KERNEL_LIST_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Matrix instructions of one warpgroup (wgmma, m64n64), which only sm_90a has: one per iteration, both operands in
 * shared memory. Elsewhere this file is empty.
 */

#include "tiles.h"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

#define GROUP_KERNEL(name, type, width, instruction, bits) \
    extern "C" __global__ void __launch_bounds__(FLOPMETER_KERNEL_GROUP_THREADS) \
        flopmeter_##name(const uint32_t iterations, const uint32_t seed, uint32_t *const sink) \
    { \
        extern __shared__ __align__(1024) uint32_t tiles[]; \
        fill(tiles, seed); \
        type d[width]; \
        for (uint32_t i = 0; i < width; i++) \
        { \
            d[i] = 0; \
        } \
        const uint64_t a = descriptor(tiles); \
        const uint64_t b = descriptor(tiles + FLOPMETER_KERNEL_GROUP_BYTES / 8); \
        ITERATE \
        { \
            asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); \
            instruction; \
            asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); \
            asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory"); \
        } \
        uint32_t mixed = 0; \
        for (uint32_t i = 0; i < width; i++) \
        { \
            mixed ^= bits(d[i]); \
        } \
        KEEP(mixed); \
    }

/* 32 accumulators of 32 bits in each thread, or 16 registers with two of 16 bits. */
#define ACCUMULATORS \
    "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15," \
    "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}"
#define HALF_ACCUMULATORS "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15}"

#define FOUR(constraint, at) \
    "+" constraint(d[at]), "+" constraint(d[at + 1]), "+" constraint(d[at + 2]), "+" constraint(d[at + 3])

#define HALF_OF_THEM(constraint) \
    FOUR(constraint, 0), FOUR(constraint, 4), FOUR(constraint, 8), FOUR(constraint, 12)

#define ALL(constraint) \
    HALF_OF_THEM(constraint), \
    FOUR(constraint, 16), FOUR(constraint, 20), FOUR(constraint, 24), FOUR(constraint, 28)

#define WGMMA(types, constraint, tail) \
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %34, 0; " \
        "wgmma.mma_async.sync.aligned." types " " ACCUMULATORS ", %32, %33, p" tail "; }" \
        : ALL(constraint) : "l"(a), "l"(b), "r"(1))

#define WGMMA_HALF(types, tail) \
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %18, 0; " \
        "wgmma.mma_async.sync.aligned." types " " HALF_ACCUMULATORS ", %16, %17, p" tail "; }" \
        : HALF_OF_THEM("r") : "l"(a), "l"(b), "r"(1))

/* Sparse as in tensor_warp.cu. A's tile is as large as a dense one, B's twice that: both are within their slots. */
#define KEPT (0x44444444u)
#define WGMMA_SPARSE(types, constraint, tail) \
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %34, 0; " \
        "wgmma.mma_async.sp.sync.aligned." types " " ACCUMULATORS ", %32, %33, %35, 0, p" tail "; }" \
        : ALL(constraint) : "l"(a), "l"(b), "r"(1), "r"(KEPT))

#define SAME(value) (value)

/**
 * Of a tile without swizzle: core matrices of 8 rows x 16 bytes, 128 bytes apart along one side, 256 along the other.
 */
static __device__ uint64_t descriptor(const void *const tile)
{
    const uint64_t address = (uint64_t)__cvta_generic_to_shared(tile);
    return (address & 0x3FFFF) >> 4 | (uint64_t)(128 >> 4) << 16 | (uint64_t)(256 >> 4) << 32;
}

#define SCALED ", 1, 1"
#define SCALED_AND_STRAIGHT ", 1, 1, 0, 0"

#define WGMMA_BF16_FP32 WGMMA("m64n64k16.f32.bf16.bf16", "f", SCALED_AND_STRAIGHT)
#define WGMMA_FP16_FP32 WGMMA("m64n64k16.f32.f16.f16", "f", SCALED_AND_STRAIGHT)
#define WGMMA_TF32_FP32 WGMMA("m64n64k8.f32.tf32.tf32", "f", SCALED)
#define WGMMA_FP8_FP32 WGMMA("m64n64k32.f32.e4m3.e4m3", "f", SCALED)
#define WGMMA_FP8_E5M2_FP32 WGMMA("m64n64k32.f32.e5m2.e5m2", "f", SCALED)
#define WGMMA_INT8_INT32 WGMMA("m64n64k32.s32.s8.s8", "r", "")
#define WGMMA_FP16_FP16 WGMMA_HALF("m64n64k16.f16.f16.f16", SCALED_AND_STRAIGHT)
#define WGMMA_FP8_FP16 WGMMA_HALF("m64n64k32.f16.e4m3.e4m3", SCALED)
#define WGMMA_SPARSE_BF16_FP32 WGMMA_SPARSE("m64n64k32.f32.bf16.bf16", "f", SCALED_AND_STRAIGHT)
#define WGMMA_SPARSE_FP16_FP32 WGMMA_SPARSE("m64n64k32.f32.f16.f16", "f", SCALED_AND_STRAIGHT)
#define WGMMA_SPARSE_TF32_FP32 WGMMA_SPARSE("m64n64k16.f32.tf32.tf32", "f", SCALED)
#define WGMMA_SPARSE_FP8_FP32 WGMMA_SPARSE("m64n64k64.f32.e4m3.e4m3", "f", SCALED)
#define WGMMA_SPARSE_INT8_INT32 WGMMA_SPARSE("m64n64k64.s32.s8.s8", "r", "")

GROUP_KERNEL(wgmma_bf16_fp32, float, 32, WGMMA_BF16_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_fp16_fp32, float, 32, WGMMA_FP16_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_tf32_fp32, float, 32, WGMMA_TF32_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_fp8_fp32, float, 32, WGMMA_FP8_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_fp8_e5m2_fp32, float, 32, WGMMA_FP8_E5M2_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_int8_int32, uint32_t, 32, WGMMA_INT8_INT32, SAME)
GROUP_KERNEL(wgmma_fp16_fp16, uint32_t, 16, WGMMA_FP16_FP16, SAME)
GROUP_KERNEL(wgmma_fp8_fp16, uint32_t, 16, WGMMA_FP8_FP16, SAME)
GROUP_KERNEL(wgmma_sparse_bf16_fp32, float, 32, WGMMA_SPARSE_BF16_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_sparse_fp16_fp32, float, 32, WGMMA_SPARSE_FP16_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_sparse_tf32_fp32, float, 32, WGMMA_SPARSE_TF32_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_sparse_fp8_fp32, float, 32, WGMMA_SPARSE_FP8_FP32, __float_as_uint)
GROUP_KERNEL(wgmma_sparse_int8_int32, uint32_t, 32, WGMMA_SPARSE_INT8_INT32, SAME)

#endif

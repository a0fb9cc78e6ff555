/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Matrix instructions of one warp (mma.sync) that no architecture has to itself.
 */

#include "warp_kernel.h"

/* m16n8: four registers of A, two of B, four accumulators of 32 bits. */
#define M16N8(shape, types, constraint, at) \
    asm volatile("mma.sync.aligned." shape ".row.col." types " {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%5,%5}, {%0,%1,%2,%3};" \
        : "+" constraint(d[at][0]), "+" constraint(d[at][1]), "+" constraint(d[at][2]), "+" constraint(d[at][3]) \
        : "r"(a), "r"(b))

#define MMA_FP16_FP32(at) M16N8("m16n8k16", "f32.f16.f16.f32", "f", at)
#define MMA_BF16_FP32(at) M16N8("m16n8k16", "f32.bf16.bf16.f32", "f", at)
#define MMA_TF32_FP32(at) M16N8("m16n8k8", "f32.tf32.tf32.f32", "f", at)
#define MMA_INT8_INT32(at) M16N8("m16n8k32", "s32.s8.s8.s32", "r", at)
#define MMA_FP8_FP32(at) M16N8("m16n8k32", "f32.e4m3.e4m3.f32", "f", at)
#define MMA_FP8_E5M2_FP32(at) M16N8("m16n8k32", "f32.e5m2.e5m2.f32", "f", at)

/* m16n8 with accumulators in half precision, two of them in each register. */
#define M16N8_HALF(shape, types, at) \
    asm volatile("mma.sync.aligned." shape ".row.col." types " {%0,%1}, {%2,%2,%2,%2}, {%3,%3}, {%0,%1};" \
        : "+r"(d[at][0]), "+r"(d[at][1]) : "r"(a), "r"(b))

#define MMA_FP16_FP16(at) M16N8_HALF("m16n8k16", "f16.f16.f16.f16", at)
#define MMA_FP8_FP16(at) M16N8_HALF("m16n8k32", "f16.e4m3.e4m3.f16", at)

/* The one fp64 shape that every architecture since sm_80 has. */
#define MMA_FP64_FP64(at) \
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%2}, {%0,%1};" \
        : "+d"(d[at][0]), "+d"(d[at][1]) : "d"(__hiloint2double((int)a, (int)b)))

/* Since sm_90; 2 m n k is eight times that of m8n8k4. */
#define MMA_FP64_FP64_WIDE(at) \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64 " \
        "{%0,%1,%2,%3}, {%4,%4,%4,%4,%4,%4,%4,%4}, {%4,%4,%4,%4}, {%0,%1,%2,%3};" \
        : "+d"(d[at][0]), "+d"(d[at][1]), "+d"(d[at][2]), "+d"(d[at][3]) : "d"(__hiloint2double((int)a, (int)b)))

/* Sparse, with twice the depth. */
#define M16N8_SPARSE(shape, types, constraint, at) \
    asm volatile("mma.sp::ordered_metadata.sync.aligned." shape ".row.col." types \
        " {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%5,%5,%5,%5}, {%0,%1,%2,%3}, %6, 0x0;" \
        : "+" constraint(d[at][0]), "+" constraint(d[at][1]), "+" constraint(d[at][2]), "+" constraint(d[at][3]) \
        : "r"(a), "r"(b), "r"(KEPT))

#define MMA_SPARSE_FP16_FP32(at) M16N8_SPARSE("m16n8k32", "f32.f16.f16.f32", "f", at)
#define MMA_SPARSE_BF16_FP32(at) M16N8_SPARSE("m16n8k32", "f32.bf16.bf16.f32", "f", at)
#define MMA_SPARSE_TF32_FP32(at) M16N8_SPARSE("m16n8k16", "f32.tf32.tf32.f32", "f", at)
#define MMA_SPARSE_INT8_INT32(at) M16N8_SPARSE("m16n8k64", "s32.s8.s8.s32", "r", at)
#define MMA_SPARSE_FP8_FP32(at) M16N8_SPARSE("m16n8k64", "f32.e4m3.e4m3.f32", "f", at)

#define BITS_OF_DOUBLE(value) ((uint32_t)__double2loint(value) ^ (uint32_t)__double2hiint(value))

WARP_KERNEL(mma_fp16_fp32, float, 0.0f, 4, MMA_FP16_FP32, __float_as_uint)
WARP_KERNEL(mma_fp16_fp16, uint32_t, 0u, 2, MMA_FP16_FP16, SAME)
WARP_KERNEL(mma_bf16_fp32, float, 0.0f, 4, MMA_BF16_FP32, __float_as_uint)
WARP_KERNEL(mma_tf32_fp32, float, 0.0f, 4, MMA_TF32_FP32, __float_as_uint)
WARP_KERNEL(mma_fp64_fp64, double, 0.0, 2, MMA_FP64_FP64, BITS_OF_DOUBLE)
WARP_KERNEL(mma_int8_int32, uint32_t, 0u, 4, MMA_INT8_INT32, SAME)
WARP_KERNEL(mma_sparse_fp16_fp32, float, 0.0f, 4, MMA_SPARSE_FP16_FP32, __float_as_uint)
WARP_KERNEL(mma_sparse_bf16_fp32, float, 0.0f, 4, MMA_SPARSE_BF16_FP32, __float_as_uint)
WARP_KERNEL(mma_sparse_tf32_fp32, float, 0.0f, 4, MMA_SPARSE_TF32_FP32, __float_as_uint)
WARP_KERNEL(mma_sparse_int8_int32, uint32_t, 0u, 4, MMA_SPARSE_INT8_INT32, SAME)

#if 900 <= __CUDA_ARCH__
WARP_KERNEL(mma_fp64_fp64_wide, double, 0.0, 4, MMA_FP64_FP64_WIDE, BITS_OF_DOUBLE)
#endif

#if 890 == __CUDA_ARCH__ || 1200 <= __CUDA_ARCH__
/*
 * Only where the machine code has the instruction (QMMA). sm_90 and sm_100 unpack to fp16, and ptxas then folds most of
 * it away: 1/128 of it was executed on an H200. There fp8 is wgmma's, or tcgen05's.
 */
WARP_KERNEL(mma_fp8_fp32, float, 0.0f, 4, MMA_FP8_FP32, __float_as_uint)
WARP_KERNEL(mma_fp8_fp16, uint32_t, 0u, 2, MMA_FP8_FP16, SAME)
WARP_KERNEL(mma_fp8_e5m2_fp32, float, 0.0f, 4, MMA_FP8_E5M2_FP32, __float_as_uint)
WARP_KERNEL(mma_sparse_fp8_fp32, float, 0.0f, 4, MMA_SPARSE_FP8_FP32, __float_as_uint)
#endif

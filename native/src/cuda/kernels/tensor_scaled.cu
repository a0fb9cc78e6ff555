/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Matrix instructions of one warp on six and four bits, and on blocks that share a scale (mma.sync of the kinds f8f6f4,
 * mxf8f6f4, mxf4 and mxf4nvf4), which only sm_120a and its successors of that major have. Elsewhere this file is empty.
 * The scales are powers that the hardware applies to a whole block: they are no FLOP, 2 m n k is all that counts.
 */

#include "warp_kernel.h"

#if defined(__CUDA_ARCH_FEAT_SM120_ALL) || defined(__CUDA_ARCH_FEAT_SM121_ALL)

#define WARP(head, types, tail, at, more) \
    asm volatile(head types " {%0,%1,%2,%3}, {%4,%4,%4,%4}, " tail \
        : "+f"(d[at][0]), "+f"(d[at][1]), "+f"(d[at][2]), "+f"(d[at][3]) : "r"(a), "r"(b) more)

#define DENSE(shape) "mma.sync.aligned." shape ".row.col.kind::"
#define SPARSE(shape) "mma.sp::ordered_metadata.sync.aligned." shape ".row.col.kind::"
#define DENSE_END "{%5,%5}, {%0,%1,%2,%3}"
#define SPARSE_END "{%5,%5,%5,%5}, {%0,%1,%2,%3}, %6, 0"
#define SCALE ", %4, {0, 0}, %5, {0, 0};"
#define WITH_KEPT , "r"(KEPT)

/* One element in each byte, whatever its width: 32 deep. */
#define MMA_PLAIN(type, at) \
    WARP(DENSE("m16n8k32") "f8f6f4", ".f32." type "." type ".f32", DENSE_END ";", at, )
#define MMA_SCALED(type, at) \
    WARP(DENSE("m16n8k32") "mxf8f6f4.block_scale.scale_vec::1X", ".f32." type "." type ".f32.ue8m0", DENSE_END SCALE, \
        at, )
#define MMA_SPARSE_PLAIN(type, at) \
    WARP(SPARSE("m16n8k64") "f8f6f4", ".f32." type "." type ".f32", SPARSE_END ";", at, WITH_KEPT)
#define MMA_SPARSE_SCALED(type, at) \
    WARP(SPARSE("m16n8k64") "mxf8f6f4.block_scale.scale_vec::1X", ".f32." type "." type ".f32.ue8m0", \
        SPARSE_END SCALE, at, WITH_KEPT)

/* Two elements of four bits in each byte: 64 deep. A scale is shared by 32 of them, or by 16. */
#define MMA_PACKED(at) \
    WARP(DENSE("m16n8k64") "mxf4.block_scale.scale_vec::2X", ".f32.e2m1.e2m1.f32.ue8m0", DENSE_END SCALE, at, )
#define MMA_PACKED_FINE(at) \
    WARP(DENSE("m16n8k64") "mxf4nvf4.block_scale.scale_vec::4X", ".f32.e2m1.e2m1.f32.ue4m3", DENSE_END SCALE, at, )
#define MMA_SPARSE_PACKED(at) \
    WARP(SPARSE("m16n8k128") "mxf4.block_scale.scale_vec::2X", ".f32.e2m1.e2m1.f32.ue8m0", SPARSE_END SCALE, at, \
        WITH_KEPT)
#define MMA_SPARSE_PACKED_FINE(at) \
    WARP(SPARSE("m16n8k128") "mxf4nvf4.block_scale.scale_vec::4X", ".f32.e2m1.e2m1.f32.ue4m3", SPARSE_END SCALE, at, \
        WITH_KEPT)

#define MMA_FP6_E3M2(at) MMA_PLAIN("e3m2", at)
#define MMA_FP6_E2M3(at) MMA_PLAIN("e2m3", at)
#define MMA_FP4(at) MMA_PLAIN("e2m1", at)
#define MMA_SCALED_FP8(at) MMA_SCALED("e4m3", at)
#define MMA_SCALED_FP8_E5M2(at) MMA_SCALED("e5m2", at)
#define MMA_SCALED_FP6_E3M2(at) MMA_SCALED("e3m2", at)
#define MMA_SCALED_FP6_E2M3(at) MMA_SCALED("e2m3", at)
#define MMA_SCALED_FP4(at) MMA_SCALED("e2m1", at)
#define MMA_SPARSE_FP6_E3M2(at) MMA_SPARSE_PLAIN("e3m2", at)
#define MMA_SPARSE_SCALED_FP8(at) MMA_SPARSE_SCALED("e4m3", at)

WARP_KERNEL(mma_fp6_e3m2_fp32, float, 0.0f, 4, MMA_FP6_E3M2, __float_as_uint)
WARP_KERNEL(mma_fp6_e2m3_fp32, float, 0.0f, 4, MMA_FP6_E2M3, __float_as_uint)
WARP_KERNEL(mma_fp4_fp32, float, 0.0f, 4, MMA_FP4, __float_as_uint)
WARP_KERNEL(mma_scaled_fp8_fp32, float, 0.0f, 4, MMA_SCALED_FP8, __float_as_uint)
WARP_KERNEL(mma_scaled_fp8_e5m2_fp32, float, 0.0f, 4, MMA_SCALED_FP8_E5M2, __float_as_uint)
WARP_KERNEL(mma_scaled_fp6_e3m2_fp32, float, 0.0f, 4, MMA_SCALED_FP6_E3M2, __float_as_uint)
WARP_KERNEL(mma_scaled_fp6_e2m3_fp32, float, 0.0f, 4, MMA_SCALED_FP6_E2M3, __float_as_uint)
WARP_KERNEL(mma_scaled_fp4_fp32, float, 0.0f, 4, MMA_SCALED_FP4, __float_as_uint)
WARP_KERNEL(mma_packed_fp4_fp32, float, 0.0f, 4, MMA_PACKED, __float_as_uint)
WARP_KERNEL(mma_packed_fp4_fine_fp32, float, 0.0f, 4, MMA_PACKED_FINE, __float_as_uint)
WARP_KERNEL(mma_sparse_fp6_e3m2_fp32, float, 0.0f, 4, MMA_SPARSE_FP6_E3M2, __float_as_uint)
WARP_KERNEL(mma_sparse_scaled_fp8_fp32, float, 0.0f, 4, MMA_SPARSE_SCALED_FP8, __float_as_uint)
WARP_KERNEL(mma_sparse_packed_fp4_fp32, float, 0.0f, 4, MMA_SPARSE_PACKED, __float_as_uint)
WARP_KERNEL(mma_sparse_packed_fp4_fine_fp32, float, 0.0f, 4, MMA_SPARSE_PACKED_FINE, __float_as_uint)

#endif

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Matrix instructions of one thread for its block (tcgen05.mma, m128n64), which only sm_100a and its successors of that
 * major have: one per iteration, both operands in shared memory, the sums in tensor memory. Elsewhere this file is
 * empty. The instruction's shape is in no mnemonic but in its descriptor, a constant that the machine code loads.
 */

#include "tiles.h"

#if defined(__CUDA_ARCH_FEAT_SM100_ALL) || defined(__CUDA_ARCH_FEAT_SM103_ALL)

/** Of a block's tensor memory: 64 columns of sums, then the scales of A and of B. Four blocks use all 512. */
#define COLUMNS "128"
#define SCALES_OF_A (64)
#define SCALES_OF_B (96)

/** Fields of the instruction's descriptor: N in eights from bit 17, M in sixteens from 24. */
#define SHAPE (64 / 8 << 17 | 128 / 16 << 24)
#define TYPES(a, b) ((a) << 7 | (b) << 10)
#define SUMS_FP16 (0 << 4)
#define SUMS_FP32 (1 << 4)
#define SUMS_INT32 (2 << 4)

/** The scales' format; with scales there is no field for the sums'. */
#define SCALES_UE4M3 (0 << 23)
#define SCALES_UE8M0 (1 << 23)

#define FP16 (0)
#define BF16 (1)
#define TF32 (2)
#define INT8 (1)
#define E4M3 (0)
#define E5M2 (1)
#define E2M3 (3)
#define E3M2 (4)
#define E2M1 (5)
#define E2M1_PACKED (1)

/* One thread of the first warp, which the machine code knows to be one: without a loop over threads that differ. */
static __device__ bool is_elected()
{
    uint32_t elected = 0;
    if (0 == __shfl_sync(0xFFFFFFFFu, threadIdx.x / 32, 0))
    {
        asm volatile("{ .reg .pred p; elect.sync _|p, 0xFFFFFFFF; selp.u32 %0, 1, 0, p; }" : "=r"(elected));
    }
    return 0 != elected;
}

/** As that of tensor_group.cu, with the mark of this generation: core matrices of 8 rows x 16 bytes, not swizzled. */
static __device__ uint64_t descriptor(const void *const tile)
{
    const uint64_t address = (uint64_t)__cvta_generic_to_shared(tile);
    return (address & 0x3FFFF) >> 4 | (uint64_t)(128 >> 4) << 16 | (uint64_t)(256 >> 4) << 32 | (uint64_t)1 << 46;
}

#define MEMORY_KERNEL(name, instruction) \
    extern "C" __global__ void __launch_bounds__(FLOPMETER_KERNEL_GROUP_THREADS) \
        flopmeter_##name(const uint32_t iterations, const uint32_t seed, uint32_t *const sink) \
    { \
        extern __shared__ __align__(1024) uint32_t tiles[]; \
        __shared__ __align__(8) uint64_t done; \
        __shared__ uint32_t columns; \
        const uint32_t barrier = (uint32_t)__cvta_generic_to_shared(&done); \
        allocate(&columns, barrier); \
        fill(tiles, seed); \
        asm volatile("tcgen05.fence::after_thread_sync;" ::: "memory"); \
        const uint32_t d = columns; \
        if (is_elected()) \
        { \
            const uint64_t a = descriptor(tiles); \
            const uint64_t b = descriptor(tiles + FLOPMETER_KERNEL_GROUP_BYTES / 8); \
            ITERATE \
            { \
                instruction; \
            } \
            asm volatile("tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%0];" \
                :: "r"(barrier) : "memory"); \
        } \
        await(barrier); \
        release(d); \
        if (0x0BAD0BADu == d) \
        { \
            *sink = seed; \
        } \
    }

/* Tensor memory and a barrier that the last instruction's end completes. fill() makes both known to all threads. */
static __device__ void allocate(uint32_t *const columns, const uint32_t barrier)
{
    if (threadIdx.x < 32)
    {
        asm volatile("tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%0], " COLUMNS ";"
            :: "r"((uint32_t)__cvta_generic_to_shared(columns)) : "memory");
        asm volatile("tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;");
    }
    if (0 == threadIdx.x)
    {
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(barrier) : "memory");
    }
    asm volatile("tcgen05.fence::before_thread_sync;" ::: "memory");
}

static __device__ void await(const uint32_t barrier)
{
    asm volatile("{ .reg .pred p; again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], 0; @!p bra again; }"
        :: "r"(barrier) : "memory");
    asm volatile("tcgen05.fence::after_thread_sync;" ::: "memory");
    __syncthreads();
}

static __device__ void release(const uint32_t columns)
{
    if (threadIdx.x < 32)
    {
        asm volatile("tcgen05.dealloc.cta_group::1.sync.aligned.b32 %0, " COLUMNS ";" :: "r"(columns));
    }
}

#define MMA(kind, description) \
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %4, 0; " \
        "tcgen05.mma.cta_group::1.kind::" kind " [%0], %1, %2, %3, p; }" \
        :: "r"(d), "l"(a), "l"(b), "r"(SHAPE | (description)), "r"(1) : "memory")

/* What the scales' columns hold when it starts is no matter: FLOP do not depend on values. */
#define MMA_SCALED(kind, description) \
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %4, 0; " \
        "tcgen05.mma.cta_group::1.kind::" kind " [%0], %1, %2, %3, [%5], [%6], p; }" \
        :: "r"(d), "l"(a), "l"(b), "r"(SHAPE | (description)), "r"(1), "r"(d + SCALES_OF_A), "r"(d + SCALES_OF_B) \
        : "memory")

#define SCALED_BYTES "mxf8f6f4.block_scale.scale_vec::1X"

MEMORY_KERNEL(tcgen05_bf16_fp32, MMA("f16", TYPES(BF16, BF16) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp16_fp32, MMA("f16", TYPES(FP16, FP16) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp16_fp16, MMA("f16", TYPES(FP16, FP16) | SUMS_FP16))
MEMORY_KERNEL(tcgen05_tf32_fp32, MMA("tf32", TYPES(TF32, TF32) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp8_fp32, MMA("f8f6f4", TYPES(E4M3, E4M3) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp8_e5m2_fp32, MMA("f8f6f4", TYPES(E5M2, E5M2) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp6_e3m2_fp32, MMA("f8f6f4", TYPES(E3M2, E3M2) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp6_e2m3_fp32, MMA("f8f6f4", TYPES(E2M3, E2M3) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_fp4_fp32, MMA("f8f6f4", TYPES(E2M1, E2M1) | SUMS_FP32))
MEMORY_KERNEL(tcgen05_scaled_fp8_fp32, MMA_SCALED(SCALED_BYTES, TYPES(E4M3, E4M3) | SCALES_UE8M0))
MEMORY_KERNEL(tcgen05_scaled_fp6_e3m2_fp32, MMA_SCALED(SCALED_BYTES, TYPES(E3M2, E3M2) | SCALES_UE8M0))
MEMORY_KERNEL(tcgen05_scaled_fp4_fp32, MMA_SCALED(SCALED_BYTES, TYPES(E2M1, E2M1) | SCALES_UE8M0))
MEMORY_KERNEL(tcgen05_packed_fp4_fp32,
    MMA_SCALED("mxf4.block_scale.scale_vec::2X", TYPES(E2M1_PACKED, E2M1_PACKED) | SCALES_UE8M0))
MEMORY_KERNEL(tcgen05_packed_fp4_fine_fp32,
    MMA_SCALED("mxf4nvf4.block_scale.scale_vec::4X", TYPES(E2M1_PACKED, E2M1_PACKED) | SCALES_UE4M3))

#if defined(__CUDA_ARCH_FEAT_SM100_ALL)
MEMORY_KERNEL(tcgen05_int8_int32, MMA("i8", TYPES(INT8, INT8) | SUMS_INT32))
#endif

#endif

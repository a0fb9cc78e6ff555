/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic outside the tensor cores. ptxas pairs the scalar multiply-adds in half precision: half as many
 * instructions, as many FLOP.
 */

#include "chains.h"

CHAINS(fp64_fma, double, "d", "fma.rn.f64 %0, %0, %0, %0;")
CHAINS(fp64_add, double, "d", "add.rn.f64 %0, %0, %0;")
CHAINS(fp64_mul, double, "d", "mul.rn.f64 %0, %0, %0;")
CHAINS(fp32_fma, float, "f", "fma.rn.f32 %0, %0, %0, %0;")
CHAINS(fp32_add, float, "f", "add.rn.f32 %0, %0, %0;")
CHAINS(fp32_mul, float, "f", "mul.rn.f32 %0, %0, %0;")
CHAINS(fp16_fma_packed, uint32_t, "r", "fma.rn.f16x2 %0, %0, %0, %0;")
CHAINS(fp16_fma_scalar, uint16_t, "h", "fma.rn.f16 %0, %0, %0, %0;")
CHAINS(bf16_fma_packed, uint32_t, "r", "fma.rn.bf16x2 %0, %0, %0, %0;")
CHAINS(bf16_fma_scalar, uint16_t, "h", "fma.rn.bf16 %0, %0, %0, %0;")

#if 1000 <= __CUDA_ARCH__
template<> __device__ uint64_t from_bits<uint64_t>(const uint32_t value)
{
    return (uint64_t)value << 32 | value;
}

static __device__ uint32_t bits(const uint64_t value)
{
    return (uint32_t)value ^ (uint32_t)(value >> 32);
}

/* Two single-precision multiply-adds in one instruction: a meter that knows only the names of older chips misses it. */
CHAINS(fp32_fma_packed, uint64_t, "l", "fma.rn.f32x2 %0, %0, %0, %0;")
#endif

/* Every other lane is predicated off: it issues with the others and computes nothing. */
#define ODD_FMA "{ .reg .pred p; setp.ne.u32 p, %1, 0; @p fma.rn.f32 %0, %0, %0, %0; }"

KERNEL(fp32_fma_half_predicated)
{
    float a[8];
    const uint32_t is_odd = threadIdx.x & 1;
    for (uint32_t chain = 0; chain < 8; chain++)
    {
        a[chain] = __uint_as_float(seed + threadIdx.x + chain);
    }
    ITERATE
    {
        for (uint32_t chain = 0; chain < 16; chain++)
        {
            asm volatile(ODD_FMA : "+f"(a[chain % 8]) : "r"(is_odd));
        }
    }
    KEEP(MIXED);
}

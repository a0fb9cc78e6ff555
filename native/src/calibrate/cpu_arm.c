/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * As cpu_x86.c: chains in registers 0 to 11, the factor 1 in register 12, a small addend in 13. A multiply-add on
 * vectors adds factor x addend to the chain.
 */

#include "cpu_kernels.h"

#if defined(__aarch64__)

#include <sys/auxv.h>

#ifndef HWCAP_SVE
#define HWCAP_SVE (1UL << 22)
#endif

#define CHAINS(each) \
    each("0") each("1") each("2") each("3") each("4") each("5") each("6") each("7") each("8") each("9") each("10") \
    each("11")

#define CLOBBERS \
    "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13"

#define KERNEL(name, type, load, start, chain) \
    __attribute__((noinline)) static void flopmeter_cpu_##name(uint64_t iterations) \
    { \
        static const type one = 1; \
        static const type addend = (type)0x1p-20; \
        __asm__ volatile( \
            load \
            CHAINS(start) \
            "cbz %[left], 2f\n" \
            "1:\n\t" \
            CHAINS(chain) \
            "subs %[left], %[left], #1\n\tb.ne 1b\n" \
            "2:\n\t" \
            : [left] "+r"(iterations) : [one] "r"(&one), [addend] "r"(&addend), "m"(one), "m"(addend) : CLOBBERS); \
    }

#define NEON_START(n) "mov v" n ".16b, v12.16b\n\t"
#define LOAD_D "ldr d12, [%[one]]\n\tldr d13, [%[addend]]\n\t"
#define LOAD_S "ldr s12, [%[one]]\n\tldr s13, [%[addend]]\n\t"
#define LOAD_2D "ld1r {v12.2d}, [%[one]]\n\tld1r {v13.2d}, [%[addend]]\n\t"
#define LOAD_4S "ld1r {v12.4s}, [%[one]]\n\tld1r {v13.4s}, [%[addend]]\n\t"

#define ADD_D(n) "fadd d" n ", d" n ", d13\n\t"
#define MUL_D(n) "fmul d" n ", d" n ", d12\n\t"
#define FMA_D(n) "fmadd d" n ", d" n ", d12, d13\n\t"
#define ADD_S(n) "fadd s" n ", s" n ", s13\n\t"
#define MUL_S(n) "fmul s" n ", s" n ", s12\n\t"
#define FMA_S(n) "fmadd s" n ", s" n ", s12, s13\n\t"
#define ADD_2D(n) "fadd v" n ".2d, v" n ".2d, v13.2d\n\t"
#define MUL_2D(n) "fmul v" n ".2d, v" n ".2d, v12.2d\n\t"
#define FMA_2D(n) "fmla v" n ".2d, v12.2d, v13.2d\n\t"
#define ADD_4S(n) "fadd v" n ".4s, v" n ".4s, v13.4s\n\t"
#define MUL_4S(n) "fmul v" n ".4s, v" n ".4s, v12.4s\n\t"
#define FMA_4S(n) "fmla v" n ".4s, v12.4s, v13.4s\n\t"

KERNEL(scalar_fp64_add, double, LOAD_D, NEON_START, ADD_D)
KERNEL(scalar_fp64_mul, double, LOAD_D, NEON_START, MUL_D)
KERNEL(scalar_fp64_fma, double, LOAD_D, NEON_START, FMA_D)
KERNEL(scalar_fp32_add, float, LOAD_S, NEON_START, ADD_S)
KERNEL(scalar_fp32_mul, float, LOAD_S, NEON_START, MUL_S)
KERNEL(scalar_fp32_fma, float, LOAD_S, NEON_START, FMA_S)
KERNEL(neon_fp64_add, double, LOAD_2D, NEON_START, ADD_2D)
KERNEL(neon_fp64_mul, double, LOAD_2D, NEON_START, MUL_2D)
KERNEL(neon_fp64_fma, double, LOAD_2D, NEON_START, FMA_2D)
KERNEL(neon_fp32_add, float, LOAD_4S, NEON_START, ADD_4S)
KERNEL(neon_fp32_mul, float, LOAD_4S, NEON_START, MUL_4S)
KERNEL(neon_fp32_fma, float, LOAD_4S, NEON_START, FMA_4S)

/* The assembler is told of SVE inside the text only: the rest of the program must run without it. */
#define SVE ".arch_extension sve\n\t"
#define SVE_LOAD_D SVE "ptrue p0.d\n\tld1rd {z12.d}, p0/z, [%[one]]\n\tld1rd {z13.d}, p0/z, [%[addend]]\n\t"
#define SVE_LOAD_S SVE "ptrue p0.s\n\tld1rw {z12.s}, p0/z, [%[one]]\n\tld1rw {z13.s}, p0/z, [%[addend]]\n\t"
#define SVE_START(n) "mov z" n ".d, z12.d\n\t"
#define SVE_ADD_D(n) "fadd z" n ".d, z" n ".d, z13.d\n\t"
#define SVE_MUL_D(n) "fmul z" n ".d, z" n ".d, z12.d\n\t"
#define SVE_FMA_D(n) "fmla z" n ".d, p0/m, z12.d, z13.d\n\t"
#define SVE_ADD_S(n) "fadd z" n ".s, z" n ".s, z13.s\n\t"
#define SVE_MUL_S(n) "fmul z" n ".s, z" n ".s, z12.s\n\t"
#define SVE_FMA_S(n) "fmla z" n ".s, p0/m, z12.s, z13.s\n\t"

KERNEL(sve_fp64_add, double, SVE_LOAD_D, SVE_START, SVE_ADD_D)
KERNEL(sve_fp64_mul, double, SVE_LOAD_D, SVE_START, SVE_MUL_D)
KERNEL(sve_fp64_fma, double, SVE_LOAD_D, SVE_START, SVE_FMA_D)
KERNEL(sve_fp32_add, float, SVE_LOAD_S, SVE_START, SVE_ADD_S)
KERNEL(sve_fp32_mul, float, SVE_LOAD_S, SVE_START, SVE_MUL_S)
KERNEL(sve_fp32_fma, float, SVE_LOAD_S, SVE_START, SVE_FMA_S)

static bool has_neon(void)
{
    return true;
}

static bool has_sve(void)
{
    return 0 != (getauxval(AT_HWCAP) & HWCAP_SVE);
}

#define ROW(isa, precision, operation, code, lanes, flop_per_lane, is_supported) \
    { #isa "_" #precision "_" #operation, #isa, code, lanes, flop_per_lane, is_supported, \
      flopmeter_cpu_##isa##_##precision##_##operation }

const flopmeter_cpu_kernel_t flopmeter_cpu_kernels[] =
{
    ROW(scalar, fp64, add, FLOPMETER_FP64, 1, 1, has_neon),
    ROW(scalar, fp64, mul, FLOPMETER_FP64, 1, 1, has_neon),
    ROW(scalar, fp64, fma, FLOPMETER_FP64, 1, 2, has_neon),
    ROW(scalar, fp32, add, FLOPMETER_FP32, 1, 1, has_neon),
    ROW(scalar, fp32, mul, FLOPMETER_FP32, 1, 1, has_neon),
    ROW(scalar, fp32, fma, FLOPMETER_FP32, 1, 2, has_neon),
    ROW(neon, fp64, add, FLOPMETER_FP64, 2, 1, has_neon),
    ROW(neon, fp64, mul, FLOPMETER_FP64, 2, 1, has_neon),
    ROW(neon, fp64, fma, FLOPMETER_FP64, 2, 2, has_neon),
    ROW(neon, fp32, add, FLOPMETER_FP32, 4, 1, has_neon),
    ROW(neon, fp32, mul, FLOPMETER_FP32, 4, 1, has_neon),
    ROW(neon, fp32, fma, FLOPMETER_FP32, 4, 2, has_neon),
    ROW(sve, fp64, add, FLOPMETER_FP64, 0, 1, has_sve),
    ROW(sve, fp64, mul, FLOPMETER_FP64, 0, 1, has_sve),
    ROW(sve, fp64, fma, FLOPMETER_FP64, 0, 2, has_sve),
    ROW(sve, fp32, add, FLOPMETER_FP32, 0, 1, has_sve),
    ROW(sve, fp32, mul, FLOPMETER_FP32, 0, 1, has_sve),
    ROW(sve, fp32, fma, FLOPMETER_FP32, 0, 2, has_sve),
};
const size_t flopmeter_cpu_kernels_count = sizeof(flopmeter_cpu_kernels) / sizeof(flopmeter_cpu_kernels[0]);

#endif

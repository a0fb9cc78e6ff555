/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * As cpu_x86.c: chains in registers 0 to 11, the factor 1 in register 12, a small addend in 13. A multiply-add on
 * vectors adds factor x addend to the chain.
 */

#include "cpu_kernels.h"

#include <stdbool.h>

#if defined(__aarch64__)

#include <sys/auxv.h>

/* Bits of the auxiliary vector, as in Linux's asm/hwcap.h, which an old C library may not have. */
#define CAP_FP16 (1UL << 10)
#define CAP_DOT_PRODUCT (1UL << 20)
#define CAP_SVE (1UL << 22)
#define CAP2_SVE_BF16 (1UL << 12)
#define CAP2_INT8_MATRIX (1UL << 13)
#define CAP2_BF16 (1UL << 14)

#define CHAINS(each) \
    each("0") each("1") each("2") each("3") each("4") each("5") each("6") each("7") each("8") each("9") each("10") \
    each("11")

#define CLOBBERS \
    "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13"

#define KERNEL(name, type, load, start, chain) KERNEL_OF(name, type, 1, (type)0x1p-20, load, start, chain)

#define KERNEL_OF(name, type, factor, small, load, start, chain) \
    __attribute__((noinline)) static void flopmeter_cpu_##name(uint64_t iterations) \
    { \
        static const type one = factor; \
        static const type addend = small; \
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

/* Formats that C has not: pairs of fp16 or bf16, four bytes. */
#define FP16_ONES (0x3C003C00)
#define FP16_SMALL (0x14001400)
#define BF16_ONES (0x3F803F80)
#define BF16_SMALL (0x35803580)
#define INT8_ONES (0x01010101)

/*
 * The assembler is told of what not every CPU has inside the text only: the rest of the program must run without it.
 * Of sdot it takes the extension for what Armv8.2 brought and wants a whole architecture.
 */
#define LOAD_FP16 ".arch_extension fp16\n\t" LOAD_4S
#define LOAD_BF16 ".arch_extension bf16\n\t" LOAD_4S
#define LOAD_DOT ".arch armv8.6-a\n\t" LOAD_4S
#define LOAD_MATRIX ".arch_extension i8mm\n\t" LOAD_4S
#define ADD_8H(n) "fadd v" n ".8h, v" n ".8h, v13.8h\n\t"
#define MUL_8H(n) "fmul v" n ".8h, v" n ".8h, v12.8h\n\t"
#define FMA_8H(n) "fmla v" n ".8h, v12.8h, v13.8h\n\t"
#define DOT_BF16(n) "bfdot v" n ".4s, v12.8h, v13.8h\n\t"
#define MATRIX_BF16(n) "bfmmla v" n ".4s, v12.8h, v13.8h\n\t"
#define DOT_INT8(n) "sdot v" n ".4s, v12.16b, v13.16b\n\t"
#define MATRIX_INT8(n) "smmla v" n ".4s, v12.16b, v13.16b\n\t"

KERNEL_OF(neon_fp16_add, uint32_t, FP16_ONES, FP16_SMALL, LOAD_FP16, NEON_START, ADD_8H)
KERNEL_OF(neon_fp16_mul, uint32_t, FP16_ONES, FP16_SMALL, LOAD_FP16, NEON_START, MUL_8H)
KERNEL_OF(neon_fp16_fma, uint32_t, FP16_ONES, FP16_SMALL, LOAD_FP16, NEON_START, FMA_8H)
KERNEL_OF(neon_bf16_dot, uint32_t, BF16_ONES, BF16_SMALL, LOAD_BF16, NEON_START, DOT_BF16)
KERNEL_OF(neon_bf16_matrix, uint32_t, BF16_ONES, BF16_SMALL, LOAD_BF16, NEON_START, MATRIX_BF16)
KERNEL_OF(neon_int8_dot, uint32_t, INT8_ONES, INT8_ONES, LOAD_DOT, NEON_START, DOT_INT8)
KERNEL_OF(neon_int8_matrix, uint32_t, INT8_ONES, INT8_ONES, LOAD_MATRIX, NEON_START, MATRIX_INT8)

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

#define SVE_LOAD_BF16 ".arch_extension bf16\n\t" SVE_LOAD_S
#define SVE_ADD_H(n) "fadd z" n ".h, z" n ".h, z13.h\n\t"
#define SVE_MUL_H(n) "fmul z" n ".h, z" n ".h, z12.h\n\t"
#define SVE_FMA_H(n) "fmla z" n ".h, p0/m, z12.h, z13.h\n\t"
#define SVE_DOT_BF16(n) "bfdot z" n ".s, z12.h, z13.h\n\t"
#define SVE_DOT_INT8(n) "sdot z" n ".s, z12.b, z13.b\n\t"
#define SVE_LOAD_H SVE_LOAD_S "ptrue p0.h\n\t"

KERNEL_OF(sve_fp16_add, uint32_t, FP16_ONES, FP16_SMALL, SVE_LOAD_H, SVE_START, SVE_ADD_H)
KERNEL_OF(sve_fp16_mul, uint32_t, FP16_ONES, FP16_SMALL, SVE_LOAD_H, SVE_START, SVE_MUL_H)
KERNEL_OF(sve_fp16_fma, uint32_t, FP16_ONES, FP16_SMALL, SVE_LOAD_H, SVE_START, SVE_FMA_H)
KERNEL_OF(sve_bf16_dot, uint32_t, BF16_ONES, BF16_SMALL, SVE_LOAD_BF16, SVE_START, SVE_DOT_BF16)
KERNEL_OF(sve_int8_dot, uint32_t, INT8_ONES, INT8_ONES, SVE_LOAD_S, SVE_START, SVE_DOT_INT8)

static bool has(unsigned long capability)
{
    return 0 != (getauxval(AT_HWCAP) & capability);
}

static bool has_second(unsigned long capability)
{
    return 0 != (getauxval(AT_HWCAP2) & capability);
}

static const char *no_neon(void)
{
    return NULL;
}

static const char *no_fp16(void)
{
    return has(CAP_FP16) ? NULL : "this CPU has no FEAT_FP16";
}

static const char *no_bf16(void)
{
    return has_second(CAP2_BF16) ? NULL : "this CPU has no FEAT_BF16";
}

static const char *no_dot(void)
{
    return has(CAP_DOT_PRODUCT) ? NULL : "this CPU has no FEAT_DotProd";
}

static const char *no_matrix(void)
{
    return has_second(CAP2_INT8_MATRIX) ? NULL : "this CPU has no FEAT_I8MM";
}

static const char *no_sve(void)
{
    return has(CAP_SVE) ? NULL : "this CPU has no SVE, or the system does not enable it";
}

static const char *no_sve_bf16(void)
{
    return NULL != no_sve() ? no_sve() : has_second(CAP2_SVE_BF16) ? NULL : "this CPU has no bf16 in SVE";
}

#define ROW(isa, precision, operation, code, lanes, flop_per_lane, why_not) \
    { #isa "_" #precision "_" #operation, code, lanes, flop_per_lane, why_not, \
      flopmeter_cpu_##isa##_##precision##_##operation }

const flopmeter_cpu_kernel_t flopmeter_cpu_kernels[] =
{
    ROW(scalar, fp64, add, FLOPMETER_FP64, 1, 1, no_neon),
    ROW(scalar, fp64, mul, FLOPMETER_FP64, 1, 1, no_neon),
    ROW(scalar, fp64, fma, FLOPMETER_FP64, 1, 2, no_neon),
    ROW(scalar, fp32, add, FLOPMETER_FP32, 1, 1, no_neon),
    ROW(scalar, fp32, mul, FLOPMETER_FP32, 1, 1, no_neon),
    ROW(scalar, fp32, fma, FLOPMETER_FP32, 1, 2, no_neon),
    ROW(neon, fp64, add, FLOPMETER_FP64, 2, 1, no_neon),
    ROW(neon, fp64, mul, FLOPMETER_FP64, 2, 1, no_neon),
    ROW(neon, fp64, fma, FLOPMETER_FP64, 2, 2, no_neon),
    ROW(neon, fp32, add, FLOPMETER_FP32, 4, 1, no_neon),
    ROW(neon, fp32, mul, FLOPMETER_FP32, 4, 1, no_neon),
    ROW(neon, fp32, fma, FLOPMETER_FP32, 4, 2, no_neon),
    ROW(neon, fp16, add, FLOPMETER_FP16, 8, 1, no_fp16),
    ROW(neon, fp16, mul, FLOPMETER_FP16, 8, 1, no_fp16),
    ROW(neon, fp16, fma, FLOPMETER_FP16, 8, 2, no_fp16),
    ROW(neon, bf16, dot, FLOPMETER_BF16, 4, 4, no_bf16),
    ROW(neon, bf16, matrix, FLOPMETER_BF16, 4, 8, no_bf16),
    ROW(neon, int8, dot, FLOPMETER_INT8, 4, 8, no_dot),
    ROW(neon, int8, matrix, FLOPMETER_INT8, 4, 16, no_matrix),
    ROW(sve, fp64, add, FLOPMETER_FP64, 0, 1, no_sve),
    ROW(sve, fp64, mul, FLOPMETER_FP64, 0, 1, no_sve),
    ROW(sve, fp64, fma, FLOPMETER_FP64, 0, 2, no_sve),
    ROW(sve, fp32, add, FLOPMETER_FP32, 0, 1, no_sve),
    ROW(sve, fp32, mul, FLOPMETER_FP32, 0, 1, no_sve),
    ROW(sve, fp32, fma, FLOPMETER_FP32, 0, 2, no_sve),
    ROW(sve, fp16, add, FLOPMETER_FP16, 0, 1, no_sve),
    ROW(sve, fp16, mul, FLOPMETER_FP16, 0, 1, no_sve),
    ROW(sve, fp16, fma, FLOPMETER_FP16, 0, 2, no_sve),
    ROW(sve, bf16, dot, FLOPMETER_BF16, 0, 4, no_sve_bf16),
    ROW(sve, int8, dot, FLOPMETER_INT8, 0, 8, no_sve),
};
const size_t flopmeter_cpu_kernels_count = sizeof(flopmeter_cpu_kernels) / sizeof(flopmeter_cpu_kernels[0]);

#endif

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Chains in registers 0 to 11; register 12 holds 1, the factor, and 13 a small addend. So values stay normal numbers,
 * and no microcode assist executes an operation twice. Zero iterations execute none.
 */

#include "cpu_kernels.h"

#if defined(__x86_64__)

#define CHAINS(each) \
    each("0") each("1") each("2") each("3") each("4") each("5") each("6") each("7") each("8") each("9") each("10") \
    each("11")

#define CLOBBERS \
    "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
    "xmm13"

/* No alignment between setup and loop, no other instruction in it than the chains', dec and jnz. */
#define KERNEL(name, type, load, start, chain, leave) \
    __attribute__((noinline)) static void flopmeter_cpu_##name(uint64_t iterations) \
    { \
        static const type one = 1; \
        static const type addend = (type)0x1p-20; \
        __asm__ volatile( \
            load \
            CHAINS(start) \
            "test %[left], %[left]\n\tjz 2f\n" \
            "1:\n\t" \
            CHAINS(chain) \
            "dec %[left]\n\tjnz 1b\n" \
            "2:\n\t" \
            leave \
            : [left] "+r"(iterations) : [one] "m"(one), [addend] "m"(addend) : CLOBBERS); \
    }

#define SSE_START(n) "movaps %%xmm12, %%xmm" n "\n\t"
#define SSE_LOAD_SD "movsd %[one], %%xmm12\n\tmovsd %[addend], %%xmm13\n\t"
#define SSE_LOAD_SS "movss %[one], %%xmm12\n\tmovss %[addend], %%xmm13\n\t"
#define SSE_LOAD_PD SSE_LOAD_SD "unpcklpd %%xmm12, %%xmm12\n\tunpcklpd %%xmm13, %%xmm13\n\t"
#define SSE_LOAD_PS SSE_LOAD_SS "shufps $0, %%xmm12, %%xmm12\n\tshufps $0, %%xmm13, %%xmm13\n\t"

#define ADDSD(n) "addsd %%xmm13, %%xmm" n "\n\t"
#define MULSD(n) "mulsd %%xmm12, %%xmm" n "\n\t"
#define FMASD(n) "vfmadd213sd %%xmm13, %%xmm12, %%xmm" n "\n\t"
#define ADDSS(n) "addss %%xmm13, %%xmm" n "\n\t"
#define MULSS(n) "mulss %%xmm12, %%xmm" n "\n\t"
#define FMASS(n) "vfmadd213ss %%xmm13, %%xmm12, %%xmm" n "\n\t"
#define ADDPD(n) "addpd %%xmm13, %%xmm" n "\n\t"
#define MULPD(n) "mulpd %%xmm12, %%xmm" n "\n\t"
#define ADDPS(n) "addps %%xmm13, %%xmm" n "\n\t"
#define MULPS(n) "mulps %%xmm12, %%xmm" n "\n\t"

KERNEL(scalar_fp64_add, double, SSE_LOAD_SD, SSE_START, ADDSD, "")
KERNEL(scalar_fp64_mul, double, SSE_LOAD_SD, SSE_START, MULSD, "")
KERNEL(scalar_fp64_fma, double, SSE_LOAD_SD, SSE_START, FMASD, "")
KERNEL(scalar_fp32_add, float, SSE_LOAD_SS, SSE_START, ADDSS, "")
KERNEL(scalar_fp32_mul, float, SSE_LOAD_SS, SSE_START, MULSS, "")
KERNEL(scalar_fp32_fma, float, SSE_LOAD_SS, SSE_START, FMASS, "")
KERNEL(sse2_fp64_add, double, SSE_LOAD_PD, SSE_START, ADDPD, "")
KERNEL(sse2_fp64_mul, double, SSE_LOAD_PD, SSE_START, MULPD, "")
KERNEL(sse2_fp32_add, float, SSE_LOAD_PS, SSE_START, ADDPS, "")
KERNEL(sse2_fp32_mul, float, SSE_LOAD_PS, SSE_START, MULPS, "")

#define AVX2_START(n) "vmovaps %%ymm12, %%ymm" n "\n\t"
#define AVX2_LOAD_PD "vbroadcastsd %[one], %%ymm12\n\tvbroadcastsd %[addend], %%ymm13\n\t"
#define AVX2_LOAD_PS "vbroadcastss %[one], %%ymm12\n\tvbroadcastss %[addend], %%ymm13\n\t"
#define AVX2_ADDPD(n) "vaddpd %%ymm13, %%ymm" n ", %%ymm" n "\n\t"
#define AVX2_MULPD(n) "vmulpd %%ymm12, %%ymm" n ", %%ymm" n "\n\t"
#define AVX2_FMAPD(n) "vfmadd213pd %%ymm13, %%ymm12, %%ymm" n "\n\t"
#define AVX2_ADDPS(n) "vaddps %%ymm13, %%ymm" n ", %%ymm" n "\n\t"
#define AVX2_MULPS(n) "vmulps %%ymm12, %%ymm" n ", %%ymm" n "\n\t"
#define AVX2_FMAPS(n) "vfmadd213ps %%ymm13, %%ymm12, %%ymm" n "\n\t"

KERNEL(avx2_fp64_add, double, AVX2_LOAD_PD, AVX2_START, AVX2_ADDPD, "vzeroupper")
KERNEL(avx2_fp64_mul, double, AVX2_LOAD_PD, AVX2_START, AVX2_MULPD, "vzeroupper")
KERNEL(avx2_fp64_fma, double, AVX2_LOAD_PD, AVX2_START, AVX2_FMAPD, "vzeroupper")
KERNEL(avx2_fp32_add, float, AVX2_LOAD_PS, AVX2_START, AVX2_ADDPS, "vzeroupper")
KERNEL(avx2_fp32_mul, float, AVX2_LOAD_PS, AVX2_START, AVX2_MULPS, "vzeroupper")
KERNEL(avx2_fp32_fma, float, AVX2_LOAD_PS, AVX2_START, AVX2_FMAPS, "vzeroupper")

#define AVX512_START(n) "vmovaps %%zmm12, %%zmm" n "\n\t"
#define AVX512_LOAD_PD "vbroadcastsd %[one], %%zmm12\n\tvbroadcastsd %[addend], %%zmm13\n\t"
#define AVX512_LOAD_PS "vbroadcastss %[one], %%zmm12\n\tvbroadcastss %[addend], %%zmm13\n\t"
#define AVX512_ADDPD(n) "vaddpd %%zmm13, %%zmm" n ", %%zmm" n "\n\t"
#define AVX512_MULPD(n) "vmulpd %%zmm12, %%zmm" n ", %%zmm" n "\n\t"
#define AVX512_FMAPD(n) "vfmadd213pd %%zmm13, %%zmm12, %%zmm" n "\n\t"
#define AVX512_ADDPS(n) "vaddps %%zmm13, %%zmm" n ", %%zmm" n "\n\t"
#define AVX512_MULPS(n) "vmulps %%zmm12, %%zmm" n ", %%zmm" n "\n\t"
#define AVX512_FMAPS(n) "vfmadd213ps %%zmm13, %%zmm12, %%zmm" n "\n\t"

KERNEL(avx512_fp64_add, double, AVX512_LOAD_PD, AVX512_START, AVX512_ADDPD, "vzeroupper")
KERNEL(avx512_fp64_mul, double, AVX512_LOAD_PD, AVX512_START, AVX512_MULPD, "vzeroupper")
KERNEL(avx512_fp64_fma, double, AVX512_LOAD_PD, AVX512_START, AVX512_FMAPD, "vzeroupper")
KERNEL(avx512_fp32_add, float, AVX512_LOAD_PS, AVX512_START, AVX512_ADDPS, "vzeroupper")
KERNEL(avx512_fp32_mul, float, AVX512_LOAD_PS, AVX512_START, AVX512_MULPS, "vzeroupper")
KERNEL(avx512_fp32_fma, float, AVX512_LOAD_PS, AVX512_START, AVX512_FMAPS, "vzeroupper")

static bool has_sse2(void)
{
    return true;
}

static bool has_fma(void)
{
    return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

#define ROW(isa, precision, operation, code, lanes, flop_per_lane, is_supported) \
    { #isa "_" #precision "_" #operation, #isa, code, lanes, flop_per_lane, is_supported, \
      flopmeter_cpu_##isa##_##precision##_##operation }

const flopmeter_cpu_kernel_t flopmeter_cpu_kernels[] =
{
    ROW(scalar, fp64, add, FLOPMETER_FP64, 1, 1, has_sse2),
    ROW(scalar, fp64, mul, FLOPMETER_FP64, 1, 1, has_sse2),
    ROW(scalar, fp64, fma, FLOPMETER_FP64, 1, 2, has_fma),
    ROW(scalar, fp32, add, FLOPMETER_FP32, 1, 1, has_sse2),
    ROW(scalar, fp32, mul, FLOPMETER_FP32, 1, 1, has_sse2),
    ROW(scalar, fp32, fma, FLOPMETER_FP32, 1, 2, has_fma),
    ROW(sse2, fp64, add, FLOPMETER_FP64, 2, 1, has_sse2),
    ROW(sse2, fp64, mul, FLOPMETER_FP64, 2, 1, has_sse2),
    ROW(sse2, fp32, add, FLOPMETER_FP32, 4, 1, has_sse2),
    ROW(sse2, fp32, mul, FLOPMETER_FP32, 4, 1, has_sse2),
    ROW(avx2, fp64, add, FLOPMETER_FP64, 4, 1, has_avx2),
    ROW(avx2, fp64, mul, FLOPMETER_FP64, 4, 1, has_avx2),
    ROW(avx2, fp64, fma, FLOPMETER_FP64, 4, 2, has_avx2),
    ROW(avx2, fp32, add, FLOPMETER_FP32, 8, 1, has_avx2),
    ROW(avx2, fp32, mul, FLOPMETER_FP32, 8, 1, has_avx2),
    ROW(avx2, fp32, fma, FLOPMETER_FP32, 8, 2, has_avx2),
    ROW(avx512, fp64, add, FLOPMETER_FP64, 8, 1, has_avx512),
    ROW(avx512, fp64, mul, FLOPMETER_FP64, 8, 1, has_avx512),
    ROW(avx512, fp64, fma, FLOPMETER_FP64, 8, 2, has_avx512),
    ROW(avx512, fp32, add, FLOPMETER_FP32, 16, 1, has_avx512),
    ROW(avx512, fp32, mul, FLOPMETER_FP32, 16, 1, has_avx512),
    ROW(avx512, fp32, fma, FLOPMETER_FP32, 16, 2, has_avx512),
};
const size_t flopmeter_cpu_kernels_count = sizeof(flopmeter_cpu_kernels) / sizeof(flopmeter_cpu_kernels[0]);

#endif

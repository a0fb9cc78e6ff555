/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Chains in registers 0 to 11; register 12 holds 1, the factor, and 13 a small addend. So values stay normal numbers,
 * and no microcode assist executes an operation twice. Zero iterations execute none.
 */

#include "cpu_kernels.h"

#if defined(__x86_64__)

#include "cpu_features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHAINS(each) \
    each("0") each("1") each("2") each("3") each("4") each("5") each("6") each("7") each("8") each("9") each("10") \
    each("11")

#define CLOBBERS \
    "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
    "xmm13"

#define KERNEL(name, type, load, start, chain, leave) \
    KERNEL_OF(name, type, 1, (type)0x1p-20, load, start, chain, leave)

/* No alignment between setup and loop, no other instruction in it than the chains', dec and jnz. */
#define KERNEL_OF(name, type, factor, small, load, start, chain, leave) \
    __attribute__((noinline)) static void flopmeter_cpu_##name(uint64_t iterations) \
    { \
        static const type one = factor; \
        static const type addend = small; \
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

/* Formats that C has not: pairs of fp16 or bf16, four bytes. */
#define FP16_ONES (0x3C003C00)
#define FP16_SMALL (0x14001400)
#define BF16_ONES (0x3F803F80)
#define BF16_SMALL (0x35803580)
#define INT8_ONES (0x01010101)

#define AVX512_ADDPH(n) "vaddph %%zmm13, %%zmm" n ", %%zmm" n "\n\t"
#define AVX512_MULPH(n) "vmulph %%zmm12, %%zmm" n ", %%zmm" n "\n\t"
#define AVX512_FMAPH(n) "vfmadd213ph %%zmm13, %%zmm12, %%zmm" n "\n\t"
#define AVX512_DOTBF16(n) "vdpbf16ps %%zmm13, %%zmm12, %%zmm" n "\n\t"
#define AVX512_DOTINT8(n) "vpdpbusd %%zmm13, %%zmm12, %%zmm" n "\n\t"
#define AVX_DOTINT8(n) "%{vex%} vpdpbusd %%ymm13, %%ymm12, %%ymm" n "\n\t"

KERNEL_OF(avx512_fp16_add, uint32_t, FP16_ONES, FP16_SMALL, AVX512_LOAD_PS, AVX512_START, AVX512_ADDPH, "vzeroupper")
KERNEL_OF(avx512_fp16_mul, uint32_t, FP16_ONES, FP16_SMALL, AVX512_LOAD_PS, AVX512_START, AVX512_MULPH, "vzeroupper")
KERNEL_OF(avx512_fp16_fma, uint32_t, FP16_ONES, FP16_SMALL, AVX512_LOAD_PS, AVX512_START, AVX512_FMAPH, "vzeroupper")
KERNEL_OF(avx512_bf16_dot, uint32_t, BF16_ONES, BF16_SMALL, AVX512_LOAD_PS, AVX512_START, AVX512_DOTBF16, "vzeroupper")
KERNEL_OF(avx512_int8_dot, uint32_t, INT8_ONES, INT8_ONES, AVX512_LOAD_PS, AVX512_START, AVX512_DOTINT8, "vzeroupper")
KERNEL_OF(avx_int8_dot, uint32_t, INT8_ONES, INT8_ONES, AVX2_LOAD_PS, AVX2_START, AVX_DOTINT8, "vzeroupper")

/* As ldtilecfg reads it: eight tiles of 16 rows of 64 bytes. */
typedef struct tile_configuration_stct
{
    uint8_t palette;
    uint8_t start_row;
    uint8_t reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
}
tile_configuration_t;

_Static_assert(64 == sizeof(tile_configuration_t), "what ldtilecfg reads");

#define TILES(each) each("0") each("1") each("2") each("3") each("4") each("5")
#define TILE_START(n) "tilezero %%tmm" n "\n\t"
#define TILE_DOTBF16(n) "tdpbf16ps %%tmm7, %%tmm6, %%tmm" n "\n\t"
#define TILE_DOTINT8(n) "tdpbssd %%tmm7, %%tmm6, %%tmm" n "\n\t"

/*
 * Six chains in tiles 0 to 5, two instructions of each per iteration; 6 and 7 hold the factors, every row of them the
 * same. The compiler knows no tiles, so it has none to keep.
 */
#define TILE_KERNEL(name, ones, chain) \
    __attribute__((noinline)) static void flopmeter_cpu_##name(uint64_t iterations) \
    { \
        static const tile_configuration_t configuration = { .palette = 1, \
            .row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 }, .rows = { 16, 16, 16, 16, 16, 16, 16, 16 } }; \
        static const uint32_t row[16] = \
            { ones, ones, ones, ones, ones, ones, ones, ones, ones, ones, ones, ones, ones, ones, ones, ones }; \
        __asm__ volatile( \
            "ldtilecfg %[configuration]\n\t" \
            TILES(TILE_START) \
            "tileloadd (%[row], %[stride], 1), %%tmm6\n\t" \
            "tileloadd (%[row], %[stride], 1), %%tmm7\n\t" \
            "test %[left], %[left]\n\tjz 2f\n" \
            "1:\n\t" \
            TILES(chain) TILES(chain) \
            "dec %[left]\n\tjnz 1b\n" \
            "2:\n\t" \
            "tilerelease" \
            : [left] "+r"(iterations) \
            : [configuration] "m"(configuration), [row] "r"(row), [stride] "r"((uint64_t)0), "m"(row) : "cc"); \
    }

TILE_KERNEL(amx_bf16_dot, BF16_ONES, TILE_DOTBF16)
TILE_KERNEL(amx_int8_dot, INT8_ONES, TILE_DOTINT8)

static const char *no_sse2(void)
{
    return NULL;
}

/* The compiler's query knows both: the instructions, and that the system keeps their registers. */
static const char *no_fma(void)
{
    return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx") ? NULL :
        "this CPU has no FMA, or the system does not enable AVX";
}

static const char *no_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? NULL :
        "this CPU has no AVX2 with FMA, or the system does not enable AVX";
}

static const char *no_avx512(void)
{
    return __builtin_cpu_supports("avx512f") ? NULL : "this CPU has no AVX-512, or the system does not enable it";
}

/* Bits of CPUID leaf 7: subleaf 0 EDX, subleaf 0 ECX, subleaf 1 EAX. */
#define AMX_BF16 (1U << 22)
#define AVX512_FP16 (1U << 23)
#define AMX_TILE (1U << 24)
#define AMX_INT8 (1U << 25)
#define AVX512_VNNI (1U << 11)
#define AVX_VNNI (1U << 4)
#define AVX512_BF16 (1U << 5)

static const char *no_avx512_fp16(void)
{
    return NULL != no_avx512() ? no_avx512() :
        0 != (flopmeter_cpu_features().zero_edx & AVX512_FP16) ? NULL : "this CPU has no AVX512-FP16";
}

static const char *no_avx512_bf16(void)
{
    return NULL != no_avx512() ? no_avx512() :
        0 != (flopmeter_cpu_features().one_eax & AVX512_BF16) ? NULL : "this CPU has no AVX512-BF16";
}

static const char *no_avx512_vnni(void)
{
    return NULL != no_avx512() ? no_avx512() :
        0 != (flopmeter_cpu_features().zero_ecx & AVX512_VNNI) ? NULL : "this CPU has no AVX512-VNNI";
}

static const char *no_avx_vnni(void)
{
    return NULL != no_avx2() ? no_avx2() :
        0 != (flopmeter_cpu_features().one_eax & AVX_VNNI) ? NULL : "this CPU has no AVX-VNNI";
}

#define ARCH_ASK_PERMISSION (0x1022)
#define ARCH_REQUEST_PERMISSION (0x1023)
#define TILE_DATA (18)

/** Two states of the register XCR0: the tiles' configuration and the tiles. */
#define TILE_STATES (UINT64_C(3) << 17)

/*
 * Tiles are 8 KiB of state, so Linux has a process ask for them (since 5.16); what it forks has them, too. Without that
 * the first tile is an illegal instruction, so a yes is looked up: a sandbox may answer 0 and do nothing.
 */
static const char *no_permission(void)
{
    static char refusal[128];
    uint64_t granted = 0;
    if (0 != syscall(SYS_arch_prctl, ARCH_REQUEST_PERMISSION, TILE_DATA))
    {
        snprintf(refusal, sizeof(refusal), "the system refuses this process the tiles of AMX: "
            "arch_prctl(ARCH_REQ_XCOMP_PERM): %s", strerror(errno));
        return refusal;
    }
    if (0 != syscall(SYS_arch_prctl, ARCH_ASK_PERMISSION, &granted) || 0 == (granted >> TILE_DATA & 1))
    {
        return "the system answers that this process may have the tiles of AMX, and has not given them";
    }
    return NULL;
}

static const char *no_amx(unsigned int wanted, const char *lack)
{
    const flopmeter_cpu_features_t found = flopmeter_cpu_features();
    if ((wanted | AMX_TILE) != (found.zero_edx & (wanted | AMX_TILE)))
    {
        return lack;
    }
    if (TILE_STATES != (found.enabled_states & TILE_STATES))
    {
        return "this CPU has AMX, the system does not enable its tiles (XCR0)";
    }
    return no_permission();
}

static const char *no_amx_bf16(void)
{
    return no_amx(AMX_BF16, "this CPU has no AMX-BF16");
}

static const char *no_amx_int8(void)
{
    return no_amx(AMX_INT8, "this CPU has no AMX-INT8");
}

#define ROW(isa, precision, operation, code, lanes, flop_per_lane, why_not) \
    { #isa "_" #precision "_" #operation, code, lanes, flop_per_lane, why_not, \
      flopmeter_cpu_##isa##_##precision##_##operation }

const flopmeter_cpu_kernel_t flopmeter_cpu_kernels[] =
{
    ROW(scalar, fp64, add, FLOPMETER_FP64, 1, 1, no_sse2),
    ROW(scalar, fp64, mul, FLOPMETER_FP64, 1, 1, no_sse2),
    ROW(scalar, fp64, fma, FLOPMETER_FP64, 1, 2, no_fma),
    ROW(scalar, fp32, add, FLOPMETER_FP32, 1, 1, no_sse2),
    ROW(scalar, fp32, mul, FLOPMETER_FP32, 1, 1, no_sse2),
    ROW(scalar, fp32, fma, FLOPMETER_FP32, 1, 2, no_fma),
    ROW(sse2, fp64, add, FLOPMETER_FP64, 2, 1, no_sse2),
    ROW(sse2, fp64, mul, FLOPMETER_FP64, 2, 1, no_sse2),
    ROW(sse2, fp32, add, FLOPMETER_FP32, 4, 1, no_sse2),
    ROW(sse2, fp32, mul, FLOPMETER_FP32, 4, 1, no_sse2),
    ROW(avx2, fp64, add, FLOPMETER_FP64, 4, 1, no_avx2),
    ROW(avx2, fp64, mul, FLOPMETER_FP64, 4, 1, no_avx2),
    ROW(avx2, fp64, fma, FLOPMETER_FP64, 4, 2, no_avx2),
    ROW(avx2, fp32, add, FLOPMETER_FP32, 8, 1, no_avx2),
    ROW(avx2, fp32, mul, FLOPMETER_FP32, 8, 1, no_avx2),
    ROW(avx2, fp32, fma, FLOPMETER_FP32, 8, 2, no_avx2),
    ROW(avx512, fp64, add, FLOPMETER_FP64, 8, 1, no_avx512),
    ROW(avx512, fp64, mul, FLOPMETER_FP64, 8, 1, no_avx512),
    ROW(avx512, fp64, fma, FLOPMETER_FP64, 8, 2, no_avx512),
    ROW(avx512, fp32, add, FLOPMETER_FP32, 16, 1, no_avx512),
    ROW(avx512, fp32, mul, FLOPMETER_FP32, 16, 1, no_avx512),
    ROW(avx512, fp32, fma, FLOPMETER_FP32, 16, 2, no_avx512),
    ROW(avx512, fp16, add, FLOPMETER_FP16, 32, 1, no_avx512_fp16),
    ROW(avx512, fp16, mul, FLOPMETER_FP16, 32, 1, no_avx512_fp16),
    ROW(avx512, fp16, fma, FLOPMETER_FP16, 32, 2, no_avx512_fp16),
    ROW(avx512, bf16, dot, FLOPMETER_BF16, 16, 4, no_avx512_bf16),
    ROW(avx512, int8, dot, FLOPMETER_INT8, 16, 8, no_avx512_vnni),
    ROW(avx, int8, dot, FLOPMETER_INT8, 8, 8, no_avx_vnni),
    ROW(amx, bf16, dot, FLOPMETER_BF16, 256, 64, no_amx_bf16),
    ROW(amx, int8, dot, FLOPMETER_INT8, 256, 128, no_amx_int8),
};
const size_t flopmeter_cpu_kernels_count = sizeof(flopmeter_cpu_kernels) / sizeof(flopmeter_cpu_kernels[0]);

#endif

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_peak.h"

#include <string.h>

/* The counters credit 2:4 sparse instructions with their dense equivalent, which is done in half the time. */
#define SPARSITY (2U)

/*
 * FLOP per clock and SM, the `highest` of native/src/counter/data/gpu_rates.csv (test_cuda_account holds them together,
 * the sources stand there): fp64, tf32, fp16 and bf16, fp8 and fp6, fp4, int8, int4 and int1 on tensor cores; then the
 * sum of what the other units do at once: fp32, packed fp16, fp64. A format that a chip lacks has the peak of the next
 * wider one.
 */
static const struct
{
    char chip[8];
    unsigned fp64;
    unsigned tf32;
    unsigned fp16;
    unsigned fp8;
    unsigned fp4;
    unsigned int8;
    unsigned int4;
    unsigned int1;
    unsigned core;
}
rows[] = {
    { "GA100", 128, 1024, 2048, 2048, 2048, 4096, 8192, 32768, 128 + 512 + 64 },
    { "AD102", 4, 512, 1024, 2048, 2048, 2048, 4096, 16384, 256 + 512 + 4 },
    { "GH100", 256, 2048, 4096, 8192, 8192, 8192, 16384, 65536, 256 + 512 + 128 },
    { "GB100", 128, 4096, 8192, 16384, 32768, 16384, 32768, 131072, 256 + 512 + 128 },
    { "GB110", 128, 4096, 8192, 16384, 49152, 16384, 32768, 131072, 256 + 512 + 128 },
    { "GB202", 4, 512, 1024, 2048, 4096, 2048, 4096, 16384, 256 + 512 + 4 },
    { "GV100", 64, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 128 + 256 + 64 },
    { "TU102", 4, 1024, 1024, 1024, 1024, 2048, 4096, 16384, 128 + 256 + 4 },
    { "GA102", 4, 512, 1024, 1024, 1024, 2048, 4096, 16384, 256 + 512 + 4 }
};

static int row_of(const char *chip)
{
    for (int i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++)
    {
        if (0 == strcmp(rows[i].chip, chip))
        {
            return i;
        }
    }
    return -1;
}

unsigned flopmeter_cuda_peak_tensor(const char *chip, flopmeter_precision_t precision)
{
    const int row = row_of(chip);

    if (row < 0)
    {
        return 0;
    }
    switch (precision)
    {
        case FLOPMETER_FP64:
            return rows[row].fp64;
        case FLOPMETER_FP32:
        case FLOPMETER_TF32:
            return rows[row].tf32;
        case FLOPMETER_FP16:
        case FLOPMETER_BF16:
            return rows[row].fp16;
        case FLOPMETER_FP8:
        case FLOPMETER_FP6:
            return rows[row].fp8;
        case FLOPMETER_FP4:
            return rows[row].fp4;
        case FLOPMETER_INT32:
        case FLOPMETER_INT16:
        case FLOPMETER_INT8:
            return rows[row].int8;
        case FLOPMETER_INT4:
            return rows[row].int4;
        case FLOPMETER_INT1:
            return rows[row].int1;
        case FLOPMETER_PRECISION_UNKNOWN:
        default:
            return rows[row].fp4 > rows[row].fp8 ? rows[row].fp4 : rows[row].fp8;
    }
}

unsigned flopmeter_cuda_peak_core(const char *chip)
{
    const int row = row_of(chip);

    return row < 0 ? 0 : rows[row].core;
}

void flopmeter_cuda_peak_of(
    flopmeter_cuda_peak_t *peak, const char *chip, unsigned sm_count, unsigned clock_khz_max)
{
    const uint64_t clock_per_sec = (uint64_t)clock_khz_max * 1000 * sm_count;

    memset(peak, 0, sizeof(*peak));
    peak->is_known = row_of(chip) >= 0 && 0 != clock_per_sec;
    if (!peak->is_known)
    {
        return;
    }
    for (int i = FLOPMETER_FP64; i < (int)FLOPMETER_CUDA_PRECISIONS; i++)
    {
        const flopmeter_precision_t precision = (flopmeter_precision_t)i;
        const unsigned sparsity = FLOPMETER_FP64 == precision ? 1 : SPARSITY;
        peak->tensor_flop_per_sec[i] = clock_per_sec * flopmeter_cuda_peak_tensor(chip, precision) * sparsity;
    }
    peak->core_flop_per_sec = clock_per_sec * flopmeter_cuda_peak_core(chip);
}

/* As native/src/counter/data/gpu_chips.csv has them; the same test holds them together. */
const char *flopmeter_cuda_peak_chip(int major, int minor)
{
    static const struct
    {
        int major;
        int minor;
        char chip[8];
    }
    chips[] = {
        { 8, 0, "GA100" }, { 8, 9, "AD102" }, { 9, 0, "GH100" }, { 10, 0, "GB100" }, { 10, 3, "GB110" },
        { 12, 0, "GB202" }, { 7, 0, "GV100" }, { 7, 5, "TU102" }, { 8, 6, "GA102" }
    };

    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
    {
        if (major == chips[i].major && minor == chips[i].minor)
        {
            return chips[i].chip;
        }
    }
    return "";
}

flopmeter_u128_t flopmeter_cuda_peak_whole(const flopmeter_cuda_peak_t *peak)
{
    uint64_t most = 0;

    for (int i = FLOPMETER_FP64; i < (int)FLOPMETER_CUDA_PRECISIONS; i++)
    {
        most = peak->tensor_flop_per_sec[i] > most ? peak->tensor_flop_per_sec[i] : most;
    }
    return peak->is_known ? (flopmeter_u128_t)most + peak->core_flop_per_sec : 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The most that a chip can execute: upper ends only, for time in which a counter was not looking.
 */

#ifndef FLOPMETER_CUDA_PEAK_H
#define FLOPMETER_CUDA_PEAK_H

#include "cuda_metric.h"
#include "flopmeter_core.h"

typedef struct flopmeter_cuda_peak_stct
{
    bool is_known;
    uint64_t tensor_flop_per_sec[FLOPMETER_CUDA_PRECISIONS];   /* by source format; UNKNOWN: the highest of all */
    uint64_t core_flop_per_sec;                                /* outside the tensor cores, all formats together */
}
flopmeter_cuda_peak_t;

/**
 * Peak of `chip` (as CUPTI names it) with `sm_count` multiprocessors at their highest clock. Not known for a chip
 * without a row: what it can do is then unbounded.
 */
void flopmeter_cuda_peak_of(
    flopmeter_cuda_peak_t *peak, const char *chip, unsigned sm_count, unsigned clock_khz_max);

/** Chip of a compute capability; "" = none with a row. */
const char *flopmeter_cuda_peak_chip(int major, int minor);

/** The most that the chip can do at all: its fastest tensor format and the other units; 0 = not known. */
flopmeter_u128_t flopmeter_cuda_peak_whole(const flopmeter_cuda_peak_t *peak);

/** FLOP per clock and SM as the table has it, sparsity not included; 0 = no row. For the test against the chip data. */
unsigned flopmeter_cuda_peak_tensor(const char *chip, flopmeter_precision_t precision);
unsigned flopmeter_cuda_peak_core(const char *chip);

#endif /* FLOPMETER_CUDA_PEAK_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From readings to an interval. Time is cut into slices: in some a set of metrics was collected, in others nothing was.
 *
 *   lower   what was counted.
 *   point   + for each root that a slice did not read whole: the rate of its last whole reading x the slice (less
 *           what the slice counted of it). A root that can't be read whole in one pass: its atoms, each at
 *           its last rate.
 *   upper   point + what else the chip could have done in the slice: the unread roots' highest peak x the time that the
 *           counted operations left free, and what the other units can do. Booked once, under "precision unknown":
 *           all that was not seen may be in any one precision.
 *
 * Rates run forward, so a slice is booked when it is over and nothing booked is ever taken back.
 */

#ifndef FLOPMETER_CUDA_ACCOUNT_H
#define FLOPMETER_CUDA_ACCOUNT_H

#include "cuda_peak.h"
#include "cuda_select.h"
#include "flopmeter_core.h"

/** Where figures go: as lanes hold them (flopmeter_core_count_on()). */
typedef void (*flopmeter_cuda_count_t)(
    void *context, flopmeter_precision_t precision, const flopmeter_shape_t *shape);

typedef struct flopmeter_cuda_rate_stct
{
    uint64_t flop_count;
    uint64_t ns;            /* 0 = never read */
}
flopmeter_cuda_rate_t;

typedef struct flopmeter_cuda_account_stct
{
    const flopmeter_cuda_table_t *table;
    flopmeter_cuda_peak_t peak;
    flopmeter_cuda_count_t count;
    void *context;
    uint64_t given;         /* atoms that are in use because somebody said so */
    uint64_t used;          /* atoms in use as last read */
    uint64_t idle;          /* atoms that were 0 when last read by themselves */
    flopmeter_cuda_rate_t atoms[64];
    flopmeter_cuda_rate_t roots[FLOPMETER_CUDA_METRICS_MAX];
}
flopmeter_cuda_account_t;

/** `table` must stay; `precisions` has a bit for each that is in use in any case. */
void flopmeter_cuda_account_open(
    flopmeter_cuda_account_t *account,
    const flopmeter_cuda_table_t *table,
    const flopmeter_cuda_peak_t *peak,
    uint32_t precisions,
    flopmeter_cuda_count_t count,
    void *context);

/**
 * Book a slice of `ns`. `set` NULL: nothing was collected; else `values` are its metrics'. A value that can't be a
 * count (negative, not a number, too large) is taken as not collected, and false is returned.
 */
bool flopmeter_cuda_account_slice(
    flopmeter_cuda_account_t *account, uint64_t ns, const flopmeter_cuda_set_t *set, const double *values);

/**
 * As flopmeter_cuda_account_slice() for a range that was counted in one context. `is_shared`: others were on the
 * device, so that nothing was read whole. What they did is in the bound, and nothing is estimated.
 */
bool flopmeter_cuda_account_range(flopmeter_cuda_account_t *account, uint64_t ns, const flopmeter_cuda_set_t *set,
    const double *values, bool is_shared);

/** Book what the chip can do in `ns` that nobody will look at, without an estimate. */
void flopmeter_cuda_account_reserve(flopmeter_cuda_account_t *account, uint64_t ns);

/** Atoms in use. */
uint64_t flopmeter_cuda_account_used(const flopmeter_cuda_account_t *account);

#endif /* FLOPMETER_CUDA_ACCOUNT_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUPTI's range profiler on one context: one user range after the other, one pass each, nothing replayed. The calling
 * thread must have made the context current. Ending a range waits for what is queued on the GPU.
 */

#ifndef FLOPMETER_CUDA_RANGE_H
#define FLOPMETER_CUDA_RANGE_H

#include "cuda_host.h"

/** What is known of a device's chip: found once, kept for good. */
typedef struct flopmeter_cuda_known_stct
{
    flopmeter_cuda_chip_t chip;
    uint8_t *availability;
    flopmeter_cuda_table_t table;
    flopmeter_cuda_sets_t sets;
    flopmeter_cuda_config_t configs[FLOPMETER_CUDA_SETS_MAX];   /* opened when first needed */
}
flopmeter_cuda_known_t;

/** The profiler while it is enabled. Zero is disabled. */
typedef struct flopmeter_cuda_range_stct
{
    void *profiler;
    uint8_t *images[FLOPMETER_CUDA_SETS_MAX];
    size_t image_lengths[FLOPMETER_CUDA_SETS_MAX];
    size_t set;                                                 /* of the open range */
    bool is_set;                                                /* the profiler was configured for `set` */
    bool is_started;
    bool is_pushed;
}
flopmeter_cuda_range_t;

/** Name of the chip behind `ordinal`. A result of CUPTI, as with all below. */
int flopmeter_cuda_known_name(flopmeter_cuda_known_t *known, const flopmeter_cuda_api_t *api, int ordinal);

/** Read what the chip can count in `context` and choose the sets; `like` (may be NULL) knows the same chip already. */
int flopmeter_cuda_known_find(
    flopmeter_cuda_known_t *known, const flopmeter_cuda_known_t *like, flopmeter_cu_context_t context);

void flopmeter_cuda_known_close(flopmeter_cuda_known_t *known);

/** Enable the profiler in `context`. */
int flopmeter_cuda_range_open(
    flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, flopmeter_cu_context_t context);

/**
 * Begin a range that collects set number `set`. CUPTI lays an image out for the metrics that it was last asked the size
 * for, so it is asked again whenever the set is another. `is_reopened`: the profiler is enabled anew first then.
 */
int flopmeter_cuda_range_begin(flopmeter_cuda_range_t *range, flopmeter_cuda_known_t *known,
    flopmeter_cu_context_t context, size_t set, bool is_reopened);

/** End counting. What was queued before is in the range. */
int flopmeter_cuda_range_end(flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known);

/** The values of the range that was ended last, in the set's order. */
int flopmeter_cuda_range_values(
    flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, double *values);

/**
 * End whatever is open and disable the profiler. `is_lost`: the context is gone, so CUPTI is not to be asked any more.
 * When it can't be disabled, `profiler` stays and can be used for the next ranges in the same context.
 */
int flopmeter_cuda_range_close(flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, bool is_lost);

#endif /* FLOPMETER_CUDA_RANGE_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Metrics that count floating-point operations exactly, as any chip names them, and what each covers.
 *
 * A name says all: sm__ops_path_tensor[_op_OP]_src_FORMATS[_dst_FORMAT][_sparsity_off][_realtime]. One without an op
 * or a dst is
 * the sum of those that have one. What is left when nothing is finer is an *atom*; a metric is a set of atoms. A
 * metric that no other contains is a *root*: roots don't overlap, and together they are all tensor arithmetic that the
 * chip can count. They count 2:4 sparse instructions as their dense equivalent, which is twice what is executed; those
 * with _sparsity_off count the others only, and so tell how much of another metric was executed.
 */

#ifndef FLOPMETER_CUDA_METRIC_H
#define FLOPMETER_CUDA_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flopmeter/flopmeter.h"

#define FLOPMETER_CUDA_METRICS_MAX (48)
#define FLOPMETER_CUDA_NAME_LENGTH (96)
#define FLOPMETER_CUDA_PART_LENGTH (32)
#define FLOPMETER_CUDA_PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)

typedef struct flopmeter_cuda_metric_stct
{
    char name[FLOPMETER_CUDA_NAME_LENGTH];   /* with ".sum": the total over all SMs */
    char op[FLOPMETER_CUDA_PART_LENGTH];     /* "" = every op */
    char src[FLOPMETER_CUDA_PART_LENGTH];
    char dst[FLOPMETER_CUDA_PART_LENGTH];    /* "" = every format, or not told */
    bool is_realtime;
    flopmeter_precision_t precision;         /* of the source operands; UNKNOWN when the metric lumps several */
    uint64_t atoms;                          /* one bit each */
    uint64_t dense;                          /* of the table's, that count what is not sparse of it; 0 = none do */
    uint32_t root;                           /* index of the root that it belongs to */
}
flopmeter_cuda_metric_t;

typedef struct flopmeter_cuda_table_stct
{
    size_t count;
    flopmeter_cuda_metric_t metrics[FLOPMETER_CUDA_METRICS_MAX];
    size_t roots_count;
    uint32_t roots[FLOPMETER_CUDA_METRICS_MAX];   /* index into metrics: floating point before integers */
    uint64_t atoms;
    bool has_sparsity;                            /* the chip, as far as is known */
    size_t dense_count;
    flopmeter_cuda_metric_t dense[FLOPMETER_CUDA_METRICS_MAX];    /* with _sparsity_off */
    size_t left_out;                              /* metrics for which there was no room: then the table is not whole */
}
flopmeter_cuda_table_t;

/** Sort `names` into `table`: those that count tensor operations, one of each kind. Others are passed over. */
void flopmeter_cuda_table_build(flopmeter_cuda_table_t *table, const char *const *names, size_t names_count);

/** May some of what the metric counts be sparse? */
bool flopmeter_cuda_metric_is_sparse(const flopmeter_cuda_table_t *table, const flopmeter_cuda_metric_t *metric);

/**
 * May two metrics that are no part of each other count the same operation? One counts fp4 and one fp4, fp6 and fp8
 * together: whether the second has what the first has is said nowhere.
 */
bool flopmeter_cuda_metric_may_overlap(const flopmeter_cuda_metric_t *a, const flopmeter_cuda_metric_t *b);

/** Text of a precision ("bf16"), "unknown" for the last. */
const char *flopmeter_cuda_precision_text(flopmeter_precision_t precision);

/** Precision of a single format as the metrics and people write it, UNKNOWN when there is none. */
flopmeter_precision_t flopmeter_cuda_precision_of(const char *text);

#endif /* FLOPMETER_CUDA_METRIC_H */

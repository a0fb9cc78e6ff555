/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What something computes on a GPU, by precision: a call, or a graph of calls.
 */

#ifndef FLOPMETER_CUDA_SUM_H
#define FLOPMETER_CUDA_SUM_H

#include <stdbool.h>

#include "flopmeter_intercept.h"

#define FLOPMETER_CUDA_PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)

/** What something computes, by precision. `is_open`: it may compute more, which is a gap whenever it is counted. */
typedef struct flopmeter_cuda_sum_stct
{
    flopmeter_shape_t by_precision[FLOPMETER_CUDA_PRECISIONS];
    bool is_open;
}
flopmeter_cuda_sum_t;

/** Add. */
void flopmeter_cuda_sum_add(
    flopmeter_cuda_sum_t *sum, flopmeter_precision_t precision, const flopmeter_shape_t *shape);

/** Is nothing in it? */
bool flopmeter_cuda_sum_is_nothing(const flopmeter_cuda_sum_t *sum);

/** It may be less: nothing of it is in a lower end any more. */
void flopmeter_cuda_sum_weaken(flopmeter_cuda_sum_t *sum);

/** It may be either of them: the larger point of each precision, nothing of it in a lower end. */
void flopmeter_cuda_sum_raise(flopmeter_cuda_sum_t *sum, const flopmeter_cuda_sum_t *other);

#endif /* FLOPMETER_CUDA_SUM_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_sum.h"

void flopmeter_cuda_sum_add(
    flopmeter_cuda_sum_t *const sum, const flopmeter_precision_t precision, const flopmeter_shape_t *const shape)
{
    flopmeter_shape_t *const target = &sum->by_precision[precision];

    target->flop_count += shape->flop_count;
    target->estimate += shape->estimate;
    target->bound += shape->bound;
}

bool flopmeter_cuda_sum_is_nothing(const flopmeter_cuda_sum_t *const sum)
{
    flopmeter_u128_t all = 0;

    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        all |= sum->by_precision[p].flop_count | sum->by_precision[p].estimate | sum->by_precision[p].bound;
    }
    return 0 == all;
}

void flopmeter_cuda_sum_weaken(flopmeter_cuda_sum_t *const sum)
{
    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        sum->by_precision[p].estimate += sum->by_precision[p].flop_count;
        sum->by_precision[p].flop_count = 0;
    }
}

void flopmeter_cuda_sum_raise(flopmeter_cuda_sum_t *const sum, const flopmeter_cuda_sum_t *const other)
{
    flopmeter_cuda_sum_weaken(sum);
    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        flopmeter_shape_t *const target = &sum->by_precision[p];
        const flopmeter_shape_t *const shape = &other->by_precision[p];
        const flopmeter_u128_t point = shape->flop_count + shape->estimate;

        target->estimate = target->estimate < point ? point : target->estimate;
        target->bound = target->bound < shape->bound ? shape->bound : target->bound;
    }
    sum->is_open = sum->is_open || other->is_open;
}

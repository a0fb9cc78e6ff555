/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Instances of graphs: which of their kernels came from counted calls, by signature. Program threads make and end them,
 * the meter's thread looks up without a lock; what is not known any more is neither counted nor other.
 */

#ifndef FLOPMETER_CUDA_PLANS_H
#define FLOPMETER_CUDA_PLANS_H

#include <stddef.h>
#include <stdint.h>

#include "cuda_signature.h"

#define FLOPMETER_CUDA_PLANS (1024)
#define FLOPMETER_CUDA_PLAN_SIGNATURES (768)

/** As at the start of a process. */
void flopmeter_cuda_plans_reset(void);

/** A plan of `nodes`: signatures, their class in the lowest bits. It has the oldest's place that ended; 0: no room. */
uint64_t flopmeter_cuda_plans_begin(const uint64_t *nodes, size_t count);

/** It may be forgotten when its place is needed. */
void flopmeter_cuda_plans_end(uint64_t plan);

/** FLOPMETER_CUDA_NODES_COUNTED, _OTHER, or 0: not known. */
int flopmeter_cuda_plans_class(uint64_t plan, uint64_t signature);

#endif /* FLOPMETER_CUDA_PLANS_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_TEST_FAKE_CUDA_H
#define FLOPMETER_TEST_FAKE_CUDA_H

#include "flopmeter_core.h"

#define FAKE_EXPORT __attribute__((visibility("default")))
#define FAKE_CUDA_PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)

/** FLOP of that precision launched on the fake driver so far. */
FAKE_EXPORT flopmeter_u128_t fake_cuda_executed(flopmeter_precision_t precision);

#endif /* FLOPMETER_TEST_FAKE_CUDA_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_WORKER_FMA_H
#define FLOPMETER_WORKER_FMA_H

#include <stdint.h>

/**
 * Run `iterations` rounds of independent single-precision multiply-adds on every online core at once, with the widest
 * vectors that this CPU has (AVX-512, AVX2, NEON, else scalar). Return the FLOP executed by all threads together.
 */
uint64_t flopmeter_worker_fma(uint64_t iterations);

#endif /* FLOPMETER_WORKER_FMA_H */

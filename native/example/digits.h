/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A made-up but real task: noisy, shifted, slanted seven-segment digits of 16 x 16 pixels, the same for the same seed.
 */

#ifndef FLOPMETER_EXAMPLE_DIGITS_H
#define FLOPMETER_EXAMPLE_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_SIDE (16)
#define DIGITS_PIXELS (DIGITS_SIDE * DIGITS_SIDE)
#define DIGITS_CLASSES (10)

/* Additions, multiplications, divisions and square roots that drawing and normalizing one picture take. */
#define DIGITS_DRAW_FLOP (3 * DIGITS_PIXELS)
#define DIGITS_NORMALIZE_FLOP (5 * DIGITS_PIXELS + 5)

/** Draw one picture of a random digit. Return the digit. */
int digits_draw(uint64_t *random, float *pixels);

/** Shift and scale to mean 0 and variance 1. */
void digits_normalize(float *pixels);

/** A random number below `limit`; xorshift64*, `random` must not be 0. */
uint32_t digits_random(uint64_t *random, uint32_t limit);

#endif /* FLOPMETER_EXAMPLE_DIGITS_H */

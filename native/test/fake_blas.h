/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A BLAS that computes nothing: every intercepted name is the same function, which keeps what it was called with.
 */

#ifndef FLOPMETER_TEST_FAKE_BLAS_H
#define FLOPMETER_TEST_FAKE_BLAS_H

#include <stdint.h>

#define FAKE_WORDS (36)

/** Every prototype of BLAS at once: floating-point and integer arguments are passed independently of one another. */
typedef int64_t fake_call_t(
    double d0,
    double d1,
    int64_t a0,
    int64_t a1,
    int64_t a2,
    int64_t a3,
    int64_t a4,
    int64_t a5,
    int64_t a6,
    int64_t a7,
    int64_t a8,
    int64_t a9,
    int64_t a10,
    int64_t a11,
    int64_t a12,
    int64_t a13,
    int64_t a14,
    int64_t a15,
    int64_t a16,
    int64_t a17,
    int64_t a18,
    int64_t a19,
    int64_t a20,
    int64_t a21,
    int64_t a22,
    int64_t a23,
    int64_t a24,
    int64_t a25,
    int64_t a26,
    int64_t a27,
    int64_t a28,
    int64_t a29,
    int64_t a30,
    int64_t a31,
    int64_t a32,
    int64_t a33,
    int64_t a34,
    int64_t a35);

typedef struct fake_state_stct
{
    uint64_t calls;
    uint64_t scalar[2];
    int64_t word[FAKE_WORDS];
    void (*hook)(void); /* called inside, may longjmp, throw or call BLAS */
}
fake_state_t;

/** Exported by each fake library. */
typedef fake_state_t *fake_state_function_t(void);

#endif /* FLOPMETER_TEST_FAKE_BLAS_H */

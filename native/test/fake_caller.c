/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls a BLAS function from whatever object this is compiled into: the interception must treat each caller as its own.
 */

#include "fake_blas.h"

#define CONCATENATE(a, b) a##b
#define EXPAND(a, b) CONCATENATE(a, b)

int64_t EXPAND(CALLER_NAME, _call)(fake_call_t *function, const double *d, const int64_t *a);

__attribute__((visibility("default"))) int64_t EXPAND(CALLER_NAME, _call)(
    fake_call_t *const function, const double *const d, const int64_t *const a)
{
    const int64_t result = function(
        d[0], d[1], a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13], a[14],
        a[15], a[16], a[17], a[18], a[19], a[20], a[21], a[22], a[23], a[24], a[25], a[26], a[27], a[28], a[29], a[30],
        a[31], a[32], a[33], a[34], a[35]);

    /* No tail call: the return address must lie in this object. */
    __asm__ volatile("");
    return result;
}

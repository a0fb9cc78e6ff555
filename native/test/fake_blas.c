/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_blas.h"

#include <string.h>

#define CONCATENATE(a, b) a##b
#define EXPAND(a, b) CONCATENATE(a, b)

static __thread fake_state_t state;

__attribute__((visibility("default"))) fake_state_t *EXPAND(FAKE_NAME, _state)(void);
__attribute__((visibility("default"))) fake_state_t *EXPAND(FAKE_NAME, _state)(void)
{
    return &state;
}

__attribute__((visibility("default"), used)) fake_call_t fake_entry;
int64_t fake_entry(
    const double d0, const double d1,
    int64_t a0, int64_t a1, int64_t a2, int64_t a3, int64_t a4, int64_t a5, int64_t a6, int64_t a7, int64_t a8,
    int64_t a9,
    int64_t a10, int64_t a11, int64_t a12, int64_t a13, int64_t a14, int64_t a15, int64_t a16, int64_t a17, int64_t a18,
    int64_t a19, int64_t a20, int64_t a21, int64_t a22, int64_t a23, int64_t a24, int64_t a25, int64_t a26, int64_t a27,
    int64_t a28, int64_t a29, int64_t a30, int64_t a31, int64_t a32, int64_t a33, int64_t a34, int64_t a35)
{
    const int64_t word[FAKE_WORDS] = { a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,
        a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35 };

    state.calls++;
    memcpy(state.word, word, sizeof(word));
    memcpy(&state.scalar[0], &d0, sizeof(d0));
    memcpy(&state.scalar[1], &d1, sizeof(d1));
    if (NULL != state.hook)
    {
        state.hook();
    }
    return 0;
}

#define FAKE(name) __asm__(".globl " #name "\n.type " #name ",%function\n.set " #name ",fake_entry\n");
#include "fake.inc"

/* Written by hand in the interception, so not in the list. */
FAKE(sgemm_batch_)
FAKE(dgemm_batch_64_)
FAKE(scipy_cgemm_batch_64_)
FAKE(cblas_zgemm_batch)
FAKE(scipy_cblas_dgemm_batch64_)
FAKE(cblas_sgemm_batch_64)

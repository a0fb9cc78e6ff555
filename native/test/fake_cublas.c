/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cuBLAS that computes nothing: every intercepted name is the same function, which keeps what it was called with in
 * its handle. Built with the symbol version that the real one has.
 */

#include <string.h>

#include "fake_cuda_script.h"

#define FAKE_API __attribute__((visibility("default")))

static __thread fake_handle_t xt_state;

FAKE_API fake_handle_t *fake_cublas_state(void);
fake_handle_t *fake_cublas_state(void)
{
    return &xt_state;
}

FAKE_API int cublasGetPointerMode_v2(const fake_handle_t *handle, int *mode);
int cublasGetPointerMode_v2(const fake_handle_t *const handle, int *const mode)
{
    *mode = handle->pointer_mode;
    return handle->getter_status;
}

#ifndef FAKE_BARE
FAKE_API int cublasGetMathMode(const fake_handle_t *handle, int *mode);
int cublasGetMathMode(const fake_handle_t *const handle, int *const mode)
{
    *mode = handle->math_mode;
    return handle->getter_status;
}

FAKE_API int cublasGetStream_v2(const fake_handle_t *handle, void **stream);
int cublasGetStream_v2(const fake_handle_t *const handle, void **const stream)
{
    *stream = handle->stream;
    return handle->getter_status;
}
#endif

__attribute__((visibility("default"), used)) int fake_entry(
    fake_handle_t *handle, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7,
    uint64_t a8, uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13, uint64_t a14, uint64_t a15,
    uint64_t a16, uint64_t a17, uint64_t a18, uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22, uint64_t a23);
int fake_entry(
    fake_handle_t *const handle, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
    uint64_t a7, uint64_t a8, uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13, uint64_t a14,
    uint64_t a15, uint64_t a16, uint64_t a17, uint64_t a18, uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22,
    uint64_t a23)
{
    fake_handle_t *const state = NULL == handle ? &xt_state : handle;
    const uint64_t word[FAKE_CUBLAS_WORDS] = { (uint64_t)(uintptr_t)handle, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10,
        a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23 };

    state->calls++;
    memcpy(state->word, word, sizeof(word));
    if (NULL != state->hook)
    {
        state->hook();
    }
    return state->status;
}

#define FAKE(name) __asm__(".globl " #name "\n.type " #name ",%function\n.set " #name ",fake_entry\n");
#include "cublas_fake.inc"

/* Written by hand in the interception, so not in the list. */
FAKE(cublasSgemmGroupedBatched)
FAKE(cublasSgemmGroupedBatched_64)
FAKE(cublasDgemmGroupedBatched)
FAKE(cublasDgemmGroupedBatched_64)
FAKE(cublasGemmGroupedBatchedEx)
FAKE(cublasGemmGroupedBatchedEx_64)
FAKE(cublasRotEx)
FAKE(cublasRotmEx_64)

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A library that has a name of cuBLAS itself and looks for the real one with dlsym(), as XLA's stubs and cuDNN's front
 * library do. With FAKE_HIDDEN it has none, but looks and calls for its program.
 */

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "fake_cuda_script.h"

typedef int gemm_fn(fake_handle_t *handle, uint64_t transa, uint64_t transb, uint64_t m, uint64_t n, uint64_t k,
    const void *alpha, const void *a, uint64_t lda, const void *b, uint64_t ldb, const void *beta, void *c,
    uint64_t ldc);

__attribute__((visibility("default"))) extern void *fake_shim_library;
void *fake_shim_library;

#ifdef FAKE_HIDDEN
#define SHIM fake_shim_call
#else
#define SHIM cublasSgemm_v2
#endif

__attribute__((visibility("default"))) gemm_fn SHIM;

int SHIM(fake_handle_t *const handle, const uint64_t transa, const uint64_t transb, const uint64_t m, const uint64_t n,
    const uint64_t k, const void *const alpha, const void *const a, const uint64_t lda, const void *const b,
    const uint64_t ldb, const void *const beta, void *const c, const uint64_t ldc)
{
    void *const address = dlsym(fake_shim_library, "cublasSgemm_v2");
    gemm_fn *real;

    memcpy(&real, &address, sizeof(real));
    return NULL == real ? 99 : real(handle, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

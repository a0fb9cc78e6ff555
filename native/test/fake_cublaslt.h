/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cuBLASLt that computes nothing. Its descriptors answer as the real library's do: each attribute in its own length
 * and in no other.
 */

#ifndef FLOPMETER_FAKE_CUBLASLT_H
#define FLOPMETER_FAKE_CUBLASLT_H

#include <stddef.h>
#include <stdint.h>

typedef struct fake_layout_stct
{
    int32_t type;
    uint64_t rows;
    uint64_t cols;
    int32_t batch;
    uint32_t batch_mode;
    int has_batch_mode;        /* 0: older than the attribute */
    int status;
}
fake_layout_t;

typedef struct fake_desc_stct
{
    int32_t compute;
    int32_t scale;
    int32_t pointer_mode;
    int32_t transa;
    int32_t transb;
    int status;
    int status_matmul;
    int calls;
}
fake_desc_t;

int cublasLtMatmul(const void *handle, fake_desc_t *desc, const void *alpha, const void *a,
    const fake_layout_t *a_layout, const void *b, const fake_layout_t *b_layout, const void *beta, const void *c,
    const fake_layout_t *c_layout, void *d, const fake_layout_t *d_layout, const void *algo, void *workspace,
    size_t workspace_length, const void *stream);

/** Call `hook` inside of the following cublasLtMatmul(), whoever calls it; NULL = none. */
void fake_cublaslt_hook(void (*hook)(void));

/** Calls cublasLtMatmul() from inside that library, as cuBLAS does. */
void fake_cublaslt_inner(void);

#endif /* FLOPMETER_FAKE_CUBLASLT_H */

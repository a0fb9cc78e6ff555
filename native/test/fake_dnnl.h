/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A oneDNN that computes nothing: its handles are scripts of what it shall answer. FAKE_MAJOR decides how it answers.
 */

#ifndef FLOPMETER_FAKE_DNNL_H
#define FLOPMETER_FAKE_DNNL_H

#include <stdint.h>

#include "onednn_abi.h"

#define FAKE_ARG_MAX (8)

#if 3 == FAKE_MAJOR
/* Opaque in major 3: whoever reads it as major 2's struct gets nonsense. */
typedef struct fake_desc_stct
{
    int64_t dims[FLOPMETER_DNNL_DIMS_MAX];
    int32_t data_type;
    int32_t ndims;
    int32_t status;
}
fake_desc_t;
#else
typedef struct fake_desc_stct
{
    int32_t ndims;
    int64_t dims[FLOPMETER_DNNL_DIMS_MAX];
    int32_t data_type;
    int32_t status;
}
fake_desc_t;
#endif

typedef struct fake_primitive_stct
{
    int32_t kind;
    int32_t prop;
    int32_t arg_count;
    int32_t arg[FAKE_ARG_MAX];
    fake_desc_t desc[FAKE_ARG_MAX];
    int status_execute;
    int status_get_desc;
    int status_query;
    int calls_gemm;                /* executes by calling dnnl_sgemm() through the dynamic linker */
    int executions;
}
fake_primitive_t;

/* A memory is its descriptor; NULL in `desc` makes the library refuse. */
typedef struct fake_memory_stct
{
    fake_desc_t *desc;
}
fake_memory_t;

int dnnl_primitive_execute(const void *primitive, void *stream, int arg_count, const flopmeter_dnnl_arg_t *args);
int dnnl_sgemm(char transa, char transb, int64_t m, int64_t n, int64_t k, float alpha, const void *a, int64_t lda,
    const void *b, int64_t ldb, float beta, float *c, int64_t ldc);
int dnnl_gemm_bf16bf16f32(char transa, char transb, int64_t m, int64_t n, int64_t k, float alpha, const void *a,
    int64_t lda, const void *b, int64_t ldb, float beta, float *c, int64_t ldc);
int dnnl_gemm_u8s8s32(char transa, char transb, char offsetc, int64_t m, int64_t n, int64_t k, float alpha,
    const void *a, int64_t lda, uint8_t ao, const void *b, int64_t ldb, int8_t bo, float beta, int32_t *c, int64_t ldc,
    const int32_t *co);
int dnnl_gemm_s8s8s32(char transa, char transb, char offsetc, int64_t m, int64_t n, int64_t k, float alpha,
    const void *a, int64_t lda, int8_t ao, const void *b, int64_t ldb, int8_t bo, float beta, int32_t *c, int64_t ldc,
    const int32_t *co);
int dnnl_threadpool_interop_sgemm(char transa, char transb, int64_t m, int64_t n, int64_t k, float alpha, const void *a,
    int64_t lda, const void *b, int64_t ldb, float beta, float *c, int64_t ldc, void *threadpool);
int dnnl_brgemm_execute(
    const void *brgemm, const void *a, const void *b, const int64_t *offsets, void *c, void *scratchpad);

#endif /* FLOPMETER_FAKE_DNNL_H */

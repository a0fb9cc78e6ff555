/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stddef.h>

#include "fake_dnnl.h"

#define FAKE_API __attribute__((visibility("default")))
#define INVALID (2)

FAKE_API const flopmeter_dnnl_version_t *dnnl_version(void);
FAKE_API int dnnl_primitive_get_primitive_desc(const void *primitive, const void **primitive_desc);
FAKE_API int dnnl_primitive_desc_query(const void *primitive_desc, int what, int index, void *result);
FAKE_API const void *dnnl_primitive_desc_query_md(const void *primitive_desc, int what, int index);
FAKE_API int dnnl_memory_get_memory_desc(const void *memory, const void **desc);
FAKE_API int dnnl_memory_desc_query(const void *desc, int what, void *result);

const flopmeter_dnnl_version_t *dnnl_version(void)
{
    static const flopmeter_dnnl_version_t version = { FAKE_MAJOR, 6, 3 };

    return &version;
}

int dnnl_primitive_get_primitive_desc(const void *const primitive, const void **const primitive_desc)
{
    *primitive_desc = primitive;
    return ((const fake_primitive_t *)primitive)->status_get_desc;
}

int dnnl_primitive_desc_query(const void *const primitive_desc, const int what, const int index, void *const result)
{
    const fake_primitive_t *const primitive = primitive_desc;

    (void)index;
    if (0 != primitive->status_query)
    {
        return primitive->status_query;
    }
    if (FLOPMETER_DNNL_QUERY_KIND == what)
    {
        *(int32_t *)result = primitive->kind;
        return FLOPMETER_DNNL_SUCCESS;
    }
    if (FLOPMETER_DNNL_QUERY_PROP == what && 0 != primitive->prop)
    {
        *(int32_t *)result = primitive->prop;
        return FLOPMETER_DNNL_SUCCESS;
    }
    return FLOPMETER_DNNL_UNIMPLEMENTED;
}

const void *dnnl_primitive_desc_query_md(const void *const primitive_desc, const int what, const int index)
{
    const fake_primitive_t *const primitive = primitive_desc;

    for (int32_t i = 0; FLOPMETER_DNNL_QUERY_ARG_MD == what && i < primitive->arg_count; i++)
    {
        if (primitive->arg[i] == index)
        {
            return &primitive->desc[i];
        }
    }
    return NULL;
}

int dnnl_memory_get_memory_desc(const void *const memory, const void **const desc)
{
    *desc = ((const fake_memory_t *)memory)->desc;
    return NULL == *desc ? INVALID : FLOPMETER_DNNL_SUCCESS;
}

#ifndef FAKE_BARE
int dnnl_memory_desc_query(const void *const desc, const int what, void *const result)
{
    const fake_desc_t *const fake = desc;

    switch (0 == fake->status ? what : 0)
    {
        case FLOPMETER_DNNL_QUERY_NDIMS:
            *(int32_t *)result = fake->ndims;
            return FLOPMETER_DNNL_SUCCESS;

        case FLOPMETER_DNNL_QUERY_DIMS:
            *(const int64_t **)result = fake->dims;
            return FLOPMETER_DNNL_SUCCESS;

        case FLOPMETER_DNNL_QUERY_DATA_TYPE:
            *(int32_t *)result = fake->data_type;
            return FLOPMETER_DNNL_SUCCESS;

        default:
            return INVALID;
    }
}
#endif

FAKE_API int dnnl_primitive_execute(
    const void *const primitive, void *const stream, const int arg_count, const flopmeter_dnnl_arg_t *const args)
{
    fake_primitive_t *const fake = (fake_primitive_t *)(uintptr_t)primitive;

    (void)stream;
    if (NULL == fake || (0 != arg_count && NULL == args))
    {
        return INVALID;
    }
    __atomic_fetch_add(&fake->executions, 1, __ATOMIC_RELAXED);
    if (fake->calls_gemm)
    {
        (void)dnnl_sgemm('N', 'N', 100, 100, 100, 1.0f, NULL, 0, NULL, 0, 0.0f, NULL, 0);
    }
    return fake->status_execute;
}

FAKE_API int dnnl_sgemm(const char transa, const char transb, const int64_t m, const int64_t n, const int64_t k,
    const float alpha, const void *const a, const int64_t lda, const void *const b, const int64_t ldb, const float beta,
    float *const c, const int64_t ldc)
{
    (void)transa, (void)transb, (void)m, (void)n, (void)k, (void)alpha, (void)a, (void)b, (void)ldb, (void)beta;
    (void)c, (void)ldc;
    return -1 == lda ? INVALID : FLOPMETER_DNNL_SUCCESS;
}

FAKE_API int dnnl_gemm_bf16bf16f32(const char transa, const char transb, const int64_t m, const int64_t n,
    const int64_t k, const float alpha, const void *const a, const int64_t lda, const void *const b, const int64_t ldb,
    const float beta, float *const c, const int64_t ldc)
{
    return dnnl_sgemm(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/* The last argument must arrive: 17 arguments, most of them on the stack. */
FAKE_API int dnnl_gemm_u8s8s32(const char transa, const char transb, const char offsetc, const int64_t m,
    const int64_t n, const int64_t k, const float alpha, const void *const a, const int64_t lda, const uint8_t ao,
    const void *const b, const int64_t ldb, const int8_t bo, const float beta, int32_t *const c, const int64_t ldc,
    const int32_t *const co)
{
    (void)transa, (void)transb, (void)offsetc, (void)m, (void)n, (void)k, (void)a, (void)lda, (void)b, (void)ldb;
    (void)c, (void)ldc;
    return (201 == ao && -3 == bo && alpha > 0.9f && beta < 0.1f && NULL != co) ? FLOPMETER_DNNL_SUCCESS : INVALID;
}

FAKE_API int dnnl_gemm_s8s8s32(const char transa, const char transb, const char offsetc, const int64_t m,
    const int64_t n, const int64_t k, const float alpha, const void *const a, const int64_t lda, const int8_t ao,
    const void *const b, const int64_t ldb, const int8_t bo, const float beta, int32_t *const c, const int64_t ldc,
    const int32_t *const co)
{
    return dnnl_gemm_u8s8s32(transa, transb, offsetc, m, n, k, alpha, a, lda, (uint8_t)(-ao), b, ldb, bo, beta, c, ldc,
        co);
}

FAKE_API int dnnl_threadpool_interop_sgemm(const char transa, const char transb, const int64_t m, const int64_t n,
    const int64_t k, const float alpha, const void *const a, const int64_t lda, const void *const b, const int64_t ldb,
    const float beta, float *const c, const int64_t ldc, void *const threadpool)
{
    (void)threadpool;
    return dnnl_sgemm(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

FAKE_API int dnnl_brgemm_execute(const void *const brgemm, const void *const a, const void *const b,
    const int64_t *const offsets, void *const c, void *const scratchpad)
{
    (void)brgemm, (void)a, (void)b, (void)offsets, (void)c, (void)scratchpad;
    return FLOPMETER_DNNL_SUCCESS;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "fake_cublaslt.h"

#define FAKE_API __attribute__((visibility("default")))
#define INVALID (7)

static int answer(
    const void *const value, const size_t length, void *const buffer, const size_t buffer_length, size_t *const written)
{
    if (length != buffer_length)
    {
        return INVALID;
    }
    memcpy(buffer, value, length);
    *written = length;
    return 0;
}

#ifndef FAKE_BARE
FAKE_API int cublasLtMatrixLayoutGetAttribute(
    const fake_layout_t *layout, int attribute, void *buffer, size_t length, size_t *written);
int cublasLtMatrixLayoutGetAttribute(const fake_layout_t *const layout, const int attribute, void *const buffer,
    const size_t length, size_t *const written)
{
    const uint64_t zero = 0;

    switch (0 == layout->status ? attribute : -1)
    {
        case 0:
            return answer(&layout->type, sizeof(layout->type), buffer, length, written);
        case 2:
            return answer(&layout->rows, sizeof(layout->rows), buffer, length, written);
        case 3:
            return answer(&layout->cols, sizeof(layout->cols), buffer, length, written);
        case 5:
            return answer(&layout->batch, sizeof(layout->batch), buffer, length, written);
        case 8:
            return layout->has_batch_mode
                ? answer(&layout->batch_mode, sizeof(layout->batch_mode), buffer, length, written)
                : INVALID;
        case -1:
            return layout->status;
        default:
            return answer(&zero, 4, buffer, length, written);
    }
}
#endif

FAKE_API int cublasLtMatmulDescGetAttribute(
    const fake_desc_t *desc, int attribute, void *buffer, size_t length, size_t *written);
int cublasLtMatmulDescGetAttribute(const fake_desc_t *const desc, const int attribute, void *const buffer,
    const size_t length, size_t *const written)
{
    const int32_t values[] = { desc->compute, desc->scale, desc->pointer_mode, desc->transa, desc->transb };

    return 0 != desc->status ? desc->status
        : attribute < 5      ? answer(&values[attribute], sizeof(values[0]), buffer, length, written)
                             : INVALID;
}

static void (*_Atomic inside)(void);

FAKE_API void fake_cublaslt_hook(void (*const hook)(void))
{
    inside = hook;
}

FAKE_API int cublasLtMatmul(const void *const handle, fake_desc_t *const desc, const void *const alpha,
    const void *const a, const fake_layout_t *const a_layout, const void *const b, const fake_layout_t *const b_layout,
    const void *const beta, const void *const c, const fake_layout_t *const c_layout, void *const d,
    const fake_layout_t *const d_layout, const void *const algo, void *const workspace, const size_t workspace_length,
    const void *const stream)
{
    (void)handle, (void)alpha, (void)a, (void)a_layout, (void)b, (void)b_layout, (void)beta, (void)c, (void)c_layout;
    (void)d, (void)d_layout, (void)algo, (void)workspace, (void)stream;
    void (*const hook)(void) = inside;

    desc->calls++;
    if (NULL != hook)
    {
        hook();
    }
    return 12345 == workspace_length ? desc->status_matmul : INVALID;
}

FAKE_API void fake_cublaslt_inner(void)
{
    static const float one = 1.0f;
    fake_desc_t desc = { .compute = 68 };
    const fake_layout_t layout = { .rows = 10, .cols = 10, .batch = 1 };

    (void)cublasLtMatmul(
        NULL, &desc, &one, NULL, &layout, NULL, &layout, &one, NULL, &layout, NULL, &layout, NULL, NULL, 12345, NULL);
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>
#include <string.h>

#include "fake_cudnn.h"

#define FAKE_API __attribute__((visibility("default")))
#define INVALID (2000)

static _Atomic(fake_cudnn_hook_t *) hook;

FAKE_API void fake_cudnn_hook(fake_cudnn_hook_t *const to_call)
{
    hook = to_call;
}

static int answer(fake_dnn_t *const handle, const int is_whole)
{
    fake_cudnn_hook_t *const to_call = hook;

    handle->calls++;
    if (NULL != to_call)
    {
        to_call();
    }
    return is_whole ? handle->status : INVALID;
}

#ifndef FAKE_BARE
FAKE_API int cudnnGetStream(const fake_dnn_t *handle, void **stream);
int cudnnGetStream(const fake_dnn_t *const handle, void **const stream)
{
    *stream = handle->stream;
    return handle->getter_status;
}

FAKE_API int cudnnGetTensorNdDescriptor(
    const fake_shape_t *shape, int count_max, int *type, int *count, int *dims, int *strides);
int cudnnGetTensorNdDescriptor(const fake_shape_t *const shape, const int count_max, int *const type, int *const count,
    int *const dims, int *const strides)
{
    *type = shape->type;
    *count = shape->count;
    const int given = count_max < shape->count ? count_max : shape->count;
    memcpy(dims, shape->dims, sizeof(dims[0]) * (size_t)(given < 0 ? 0 : given));
    strides[0] = 1;
    return shape->status;
}

FAKE_API int cudnnGetFilterNdDescriptor(
    const fake_shape_t *shape, int count_max, int *type, int *format, int *count, int *dims);
int cudnnGetFilterNdDescriptor(const fake_shape_t *const shape, const int count_max, int *const type,
    int *const format, int *const count, int *const dims)
{
    int stride = 0;

    *format = shape->layout;
    return cudnnGetTensorNdDescriptor(shape, count_max, type, count, dims, &stride);
}

/* As cuDNN 9.24 answers: where sizes count vectors, each is as long as its type says. */
FAKE_API int cudnnGetTensorSizeInBytes(const fake_shape_t *shape, size_t *length);
int cudnnGetTensorSizeInBytes(const fake_shape_t *const shape, size_t *const length)
{
    *length = 2 == shape->layout ? 1 : 8 == shape->type ? 32 : 5 == shape->type || 7 == shape->type ? 4 : 1;
    for (int i = 0; i < shape->count; i++)
    {
        *length *= (size_t)shape->dims[i];
    }
    return shape->size_status;
}

FAKE_API int cudnnGetConvolutionMathType(const fake_shape_t *desc, int *math);
int cudnnGetConvolutionMathType(const fake_shape_t *const desc, int *const math)
{
    *math = desc->math;
    return desc->status;
}
#endif

FAKE_API int cudnnConvolutionForward(fake_dnn_t *const handle, const void *const alpha,
    const fake_shape_t *const x_desc, const void *const x, const fake_shape_t *const w_desc, const void *const w,
    const fake_shape_t *const desc, const int algo, void *const workspace, const size_t length, const void *const beta,
    const fake_shape_t *const y_desc, void *const y)
{
    (void)alpha, (void)x_desc, (void)x, (void)w_desc, (void)w, (void)desc, (void)algo, (void)workspace, (void)length;
    (void)beta, (void)y_desc;
    return answer(handle, (void *)77 == y);
}

FAKE_API int cudnnConvolutionBackwardData(fake_dnn_t *const handle, const void *const alpha,
    const fake_shape_t *const w_desc, const void *const w, const fake_shape_t *const dy_desc, const void *const dy,
    const fake_shape_t *const desc, const int algo, void *const workspace, const size_t length, const void *const beta,
    const fake_shape_t *const dx_desc, void *const dx)
{
    return cudnnConvolutionForward(
        handle, alpha, dy_desc, dy, w_desc, w, desc, algo, workspace, length, beta, dx_desc, dx);
}

FAKE_API int cudnnConvolutionBackwardFilter(fake_dnn_t *const handle, const void *const alpha,
    const fake_shape_t *const x_desc, const void *const x, const fake_shape_t *const dy_desc, const void *const dy,
    const fake_shape_t *const desc, const int algo, void *const workspace, const size_t length, const void *const beta,
    const fake_shape_t *const dw_desc, void *const dw)
{
    (void)dy_desc, (void)dy;
    return cudnnConvolutionForward(
        handle, alpha, x_desc, x, dw_desc, NULL, desc, algo, workspace, length, beta, dw_desc, dw);
}

FAKE_API int cudnnConvolutionBiasActivationForward(fake_dnn_t *const handle, const void *const alpha,
    const fake_shape_t *const x_desc, const void *const x, const fake_shape_t *const w_desc, const void *const w,
    const fake_shape_t *const desc, const int algo, void *const workspace, const size_t length,
    const void *const alpha2, const fake_shape_t *const z_desc, const void *const z,
    const fake_shape_t *const bias_desc, const void *const bias, const void *const activation,
    const fake_shape_t *const y_desc, void *const y)
{
    (void)alpha2, (void)z_desc, (void)z, (void)bias_desc, (void)bias, (void)activation;
    return cudnnConvolutionForward(
        handle, alpha, x_desc, x, w_desc, w, desc, algo, workspace, length, alpha, y_desc, y);
}

FAKE_API int cudnnFindConvolutionForwardAlgorithm(fake_dnn_t *const handle, const fake_shape_t *const x_desc,
    const fake_shape_t *const w_desc, const fake_shape_t *const desc, const fake_shape_t *const y_desc,
    const int requested, int *const returned, void *const results)
{
    (void)x_desc, (void)w_desc, (void)desc, (void)y_desc, (void)requested, (void)returned;
    return answer(handle, (void *)77 == results);
}

#ifndef FAKE_BARE
FAKE_API int cudnnGetRNNDescriptor_v8(const fake_rnn_t *desc, int *algo, int *mode, int *bias, int *direction,
    int *input_mode, int *type, int *math_precision, int *math, int *input, int *hidden, int *projected, int *layers,
    void **dropout, unsigned *flags);
int cudnnGetRNNDescriptor_v8(const fake_rnn_t *const desc, int *const algo, int *const mode, int *const bias,
    int *const direction, int *const input_mode, int *const type, int *const math_precision, int *const math,
    int *const input, int *const hidden, int *const projected, int *const layers, void **const dropout,
    unsigned *const flags)
{
    *algo = *bias = *math_precision = 0;
    *mode = desc->mode;
    *direction = desc->direction;
    *input_mode = desc->input_mode;
    *type = desc->type;
    *math = desc->math;
    *input = desc->input;
    *hidden = desc->hidden;
    *projected = desc->projected;
    *layers = desc->layers;
    *dropout = NULL;
    *flags = 0;
    return desc->status;
}

FAKE_API int cudnnGetRNNDataDescriptor(const fake_data_t *desc, int *type, int *layout, int *length_max, int *batch,
    int *vector, int count_max, int *lengths, void *padding);
int cudnnGetRNNDataDescriptor(const fake_data_t *const desc, int *const type, int *const layout, int *const length_max,
    int *const batch, int *const vector, const int count_max, int *const lengths, void *const padding)
{
    *type = *layout = *length_max = *vector = 0;
    *batch = desc->batch;
    for (int i = 0; i < count_max; i++)
    {
        lengths[i] = i < desc->batch ? desc->lengths[i] : 0;
    }
    memset(padding, 0, 8);
    return desc->status;
}
#endif

FAKE_API int cudnnRNNForward(fake_dnn_t *const handle, const fake_rnn_t *const desc, const int mode,
    const int *const lengths, const fake_data_t *const x_desc, const void *const x, const fake_data_t *const y_desc,
    void *const y, const void *const h_desc, const void *const hx, void *const hy, const void *const c_desc,
    const void *const cx, void *const cy, const size_t weight_length, const void *const weights,
    const size_t work_length, void *const work, const size_t reserve_length, void *const reserve)
{
    (void)desc, (void)mode, (void)lengths, (void)x_desc, (void)x, (void)y_desc, (void)y, (void)h_desc, (void)hx;
    (void)hy, (void)c_desc, (void)cx, (void)cy, (void)weight_length, (void)weights, (void)work_length, (void)work;
    (void)reserve_length;
    return answer(handle, (void *)77 == reserve);
}

FAKE_API int cudnnRNNBackwardData_v8(fake_dnn_t *const handle, const fake_rnn_t *const desc, const int *const lengths,
    const fake_data_t *const y_desc, const void *const y, const void *const dy, const fake_data_t *const x_desc,
    void *const dx, const void *const h_desc, const void *const hx, const void *const dhy, void *const dhx,
    const void *const c_desc, const void *const cx, const void *const dcy, void *const dcx, const size_t weight_length,
    const void *const weights, const size_t work_length, void *const work, const size_t reserve_length,
    void *const reserve)
{
    (void)y_desc, (void)dy, (void)dhy, (void)dhx, (void)dcy, (void)dcx;
    return cudnnRNNForward(handle, desc, 0, lengths, x_desc, y, y_desc, dx, h_desc, hx, NULL, c_desc, cx, NULL,
        weight_length, weights, work_length, work, reserve_length, reserve);
}

FAKE_API int cudnnRNNBackwardWeights_v8(fake_dnn_t *const handle, const fake_rnn_t *const desc, const int mode,
    const int *const lengths, const fake_data_t *const x_desc, const void *const x, const void *const h_desc,
    const void *const hx, const fake_data_t *const y_desc, const void *const y, const size_t weight_length,
    void *const dweights, const size_t work_length, void *const work, const size_t reserve_length, void *const reserve)
{
    (void)y;
    return cudnnRNNForward(handle, desc, mode, lengths, x_desc, x, y_desc, NULL, h_desc, hx, NULL, h_desc, hx, NULL,
        weight_length, dweights, work_length, work, reserve_length, reserve);
}

/* ---- The backend ---- */
static int notes_set[8];
static int note_count;
static fake_deaf_t deaf;
static int alive;

FAKE_API void fake_cudnn_notes(const int *const notes, const int count)
{
    note_count = count;
    memcpy(notes_set, notes, sizeof(notes[0]) * (size_t)count);
}

FAKE_API void fake_cudnn_deaf(const fake_deaf_t deaf_now)
{
    deaf = deaf_now;
}

FAKE_API int fake_cudnn_alive(void)
{
    return __atomic_load_n(&alive, __ATOMIC_RELAXED);
}

FAKE_API int cudnnBackendCreateDescriptor(const int type, void **const descriptor)
{
    int *const made = malloc(64);

    if (NULL == made)
    {
        return INVALID;
    }
    made[0] = type;
    *descriptor = made;
    __atomic_fetch_add(&alive, 1, __ATOMIC_RELAXED);
    return 0;
}

FAKE_API int cudnnBackendDestroyDescriptor(void *const descriptor)
{
    __atomic_fetch_sub(&alive, 1, __ATOMIC_RELAXED);
    free(descriptor);
    return 0;
}

FAKE_API int cudnnBackendSetAttribute(
    void *const descriptor, const int name, const int type, const int64_t count, const void *const elements)
{
    (void)descriptor, (void)name, (void)count, (void)elements;
    return 99 == type ? INVALID : 0;
}

#ifndef FAKE_BARE
static int get_notes(const int64_t count_max, int64_t *const count, void *const elements)
{
    const int64_t given = count_max < note_count ? count_max : note_count;

    if (FAKE_DEAF_NOTES == deaf || (FAKE_DEAF_COUNT == deaf && (0 == count_max || count_max > 10)))
    {
        return INVALID;
    }
    *count = FAKE_DEAF_LIES == deaf ? -1 : note_count;
    if (0 != given)
    {
        memcpy(elements, notes_set, sizeof(notes_set[0]) * (size_t)given);
    }
    return 0;
}

/* Results are written into descriptors that the program made. */
FAKE_API int cudnnBackendGetAttribute(const void *const descriptor, const int name, const int type,
    const int64_t count_max, int64_t *const count, void *const elements)
{
    (void)descriptor, (void)type;
    if (1303 == name)
    {
        return get_notes(count_max, count, elements);
    }
    if (300 == name && FAKE_DEAF_ENGINE == deaf)
    {
        return INVALID;
    }
    *count = 202 == name ? FAKE_DEAF_MORE == deaf ? 100 : 2 : 1;
    return NULL == elements || ((int *const *)elements)[0][0] == (202 == name ? 3 : 2) || 0 == count_max ? 0 : INVALID;
}
#endif

FAKE_API int cudnnBackendExecute(fake_dnn_t *const handle, void *const plan, void *const pack)
{
    (void)pack;
    return answer(handle, NULL != plan);
}

FAKE_API int cudnnBackendPopulateCudaGraph(
    fake_dnn_t *const handle, void *const plan, void *const pack, void *const graph)
{
    (void)pack, (void)graph;
    return answer(handle, NULL != plan);
}

FAKE_API int cudnnBackendUpdateCudaGraph(
    fake_dnn_t *const handle, void *const plan, void *const pack, void *const graph)
{
    (void)pack, (void)graph;
    return answer(handle, NULL != plan);
}

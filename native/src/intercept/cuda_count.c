/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counts now, or keeps with the graph that a stream is being captured into. The driver is only ever asked, by functions
 * that change nothing and do not touch the runtime's last error.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_abi.h"
#include "cuda_graph.h"
#include "cuda_nodes.h"

typedef int capture_info_fn(
    const void *stream, int *status, uint64_t *id, const void **graph, const void **nodes, size_t *node_count);
typedef int is_capturing_fn(const void *stream, int *status);
typedef int context_device_fn(int *device);
typedef int device_attribute_fn(int *value, int attribute, int device);

/* dlsym() gives addresses of functions as addresses of objects. */
typedef union function_unn
{
    void *address;
    capture_info_fn *capture_info;
    is_capturing_fn *is_capturing;
    context_device_fn *context_device;
    device_attribute_fn *device_attribute;
}
function_t;

enum
{
    CAPTURE_INFO,
    IS_CAPTURING,
    CONTEXT_DEVICE,
    DEVICE_ATTRIBUTE,
    FUNCTION_COUNT
};

static _Atomic(void *) functions[FUNCTION_COUNT];
static _Atomic(int) driver_is_known;

/* The driver never goes again. */
bool flopmeter_cuda_driver_find(_Atomic(int) *const state, const char (*const names)[FLOPMETER_CUDA_DRIVER_NAME],
    _Atomic(void *) *const found, const int count)
{
    if (FLOPMETER_LIKELY(0 != atomic_load_explicit(state, memory_order_acquire)))
    {
        return true;
    }
    const int errno_saved = errno;
    void *const handle = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);

    for (int i = 0; NULL != handle && i < count; i++)
    {
        atomic_store_explicit(&found[i], dlsym(handle, names[i]), memory_order_relaxed);
    }
    if (NULL != handle)
    {
        atomic_store_explicit(state, 1, memory_order_release);
    }
    (void)dlerror();
    errno = errno_saved;
    return NULL != handle;
}

/* False: there is none yet. */
static bool driver_open(void)
{
    static const char names[FUNCTION_COUNT][FLOPMETER_CUDA_DRIVER_NAME] = { "cuStreamGetCaptureInfo_v2",
        "cuStreamIsCapturing", "cuCtxGetDevice", "cuDeviceGetAttribute" };

    return flopmeter_cuda_driver_find(&driver_is_known, names, functions, FUNCTION_COUNT);
}

static function_t function_of(const int which)
{
    return (function_t){ .address = driver_open() ? atomic_load_explicit(&functions[which], memory_order_relaxed)
                                                  : NULL };
}

typedef enum capture_enum
{
    CAPTURE_NO,
    CAPTURE_YES,  /* *graph is set */
    CAPTURE_LOST  /* yes, but into what can't be told; or the driver does not answer */
}
capture_t;

static capture_t capture_of(const void *const stream, const void **const graph)
{
    const function_t info = function_of(CAPTURE_INFO);
    const function_t is_capturing = function_of(IS_CAPTURING);
    uint64_t id = 0;
    int status = FLOPMETER_CUDA_CAPTURE_NONE;

    *graph = NULL;
    if ((uintptr_t)stream <= FLOPMETER_CUDA_STREAM_LEGACY)
    {
        return CAPTURE_NO;
    }
    if (NULL != info.capture_info)
    {
        /* Asked for dependencies it would refuse to answer where edges carry data (programmatic launches). */
        const int result = info.capture_info(stream, &status, &id, graph, NULL, NULL);

        return FLOPMETER_CUDA_SUCCESS != result         ? CAPTURE_LOST
            : FLOPMETER_CUDA_CAPTURE_NONE == status     ? CAPTURE_NO
            : FLOPMETER_CUDA_CAPTURE_ACTIVE == status && NULL != *graph ? CAPTURE_YES
                                                                        : CAPTURE_LOST;
    }
    /* Older than 11.3: it can tell that, not into what. Without that either there are no captures. */
    return NULL != is_capturing.is_capturing &&
            (FLOPMETER_CUDA_SUCCESS != is_capturing.is_capturing(stream, &status) ||
                FLOPMETER_CUDA_CAPTURE_NONE != status)
        ? CAPTURE_LOST
        : CAPTURE_NO;
}

const void *flopmeter_cuda_capture_graph(const void *const stream)
{
    const void *graph;

    return CAPTURE_YES == capture_of(stream, &graph) ? graph : NULL;
}

void flopmeter_cuda_gap(void)
{
    flopmeter_core_gap(FLOPMETER_GAP_SHAPE, FLOPMETER_SOURCE_CUDA);
    flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_UNCOUNTED);
}

void flopmeter_cuda_sum_add(
    flopmeter_cuda_sum_t *const sum, const flopmeter_precision_t precision, const flopmeter_shape_t *const shape)
{
    flopmeter_shape_t *const target = &sum->by_precision[precision];

    target->flop_count += shape->flop_count;
    target->estimate += shape->estimate;
    target->bound += shape->bound;
}

bool flopmeter_cuda_sum_is_nothing(const flopmeter_cuda_sum_t *const sum)
{
    flopmeter_u128_t all = 0;

    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        all |= sum->by_precision[p].flop_count | sum->by_precision[p].estimate | sum->by_precision[p].bound;
    }
    return 0 == all;
}

void flopmeter_cuda_sum_weaken(flopmeter_cuda_sum_t *const sum)
{
    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        sum->by_precision[p].estimate += sum->by_precision[p].flop_count;
        sum->by_precision[p].flop_count = 0;
    }
}

/* Who watches learns on which card: that of the context is the one that library handles and streams belong to. */
static void count(const flopmeter_precision_t precision, const flopmeter_shape_t *const shape)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    flopmeter_core_count(precision, FLOPMETER_SOURCE_CUDA, shape);
    if (!FLOPMETER_LIKELY(NULL == watching) && NULL != watching->states)
    {
        const function_t context_device = function_of(CONTEXT_DEVICE);
        int device = -1;

        if (NULL == context_device.context_device ||
            FLOPMETER_CUDA_SUCCESS != context_device.context_device(&device))
        {
            device = -1;
        }
        watching->states(device, shape);
    }
}

static void count_now(const flopmeter_cuda_sum_t *const sum)
{
    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        const flopmeter_shape_t *const shape = &sum->by_precision[p];

        if (0 != (shape->flop_count | shape->estimate | shape->bound))
        {
            count((flopmeter_precision_t)p, shape);
        }
    }
    if (sum->is_open)
    {
        /* Not flopmeter_cuda_gap(): what was counted of this call stays counted for whoever watches kernels. */
        flopmeter_core_gap(FLOPMETER_GAP_SHAPE, FLOPMETER_SOURCE_CUDA);
    }
}

void flopmeter_cuda_graph_add(const void *const graph, const flopmeter_cuda_sum_t *const sum)
{
    if (!flopmeter_cuda_table_add(FLOPMETER_CUDA_GRAPH, graph, sum, flopmeter_cuda_nodes_are_known(graph)))
    {
        flopmeter_cuda_gap();
    }
}

void flopmeter_cuda_count_sum(const void *const stream, const flopmeter_cuda_sum_t *const sum)
{
    const void *graph;

#ifdef FLOPMETER_CANARY_CAPTURE
    /* The bug that the tests must catch: a capture is taken for a call that computes. */
    count_now(sum);
    return;
#endif
    switch (capture_of(stream, &graph))
    {
        case CAPTURE_NO:
            count_now(sum);
            flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_COUNTED);
            break;

        case CAPTURE_YES:
            flopmeter_cuda_graph_add(graph, sum);
            break;

        default:
            flopmeter_cuda_gap();
            break;
    }
}

void flopmeter_cuda_count(
    const void *const stream, const flopmeter_precision_t precision, const flopmeter_shape_t *const shape)
{
    const void *graph;

    /* The usual call: not captured, and no table of precisions to be filled for it. */
    if (CAPTURE_NO == capture_of(stream, &graph))
    {
        count(precision, shape);
        flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_COUNTED);
        return;
    }
    flopmeter_cuda_sum_t sum = { 0 };

    flopmeter_cuda_sum_add(&sum, precision, shape);
    flopmeter_cuda_count_sum(stream, &sum);
}

/* NVIDIA's libraries then never multiply in TF32, whatever the program says; other values are reserved. */
static bool is_tf32_forbidden(void)
{
    static _Atomic(int) state;
    int known = atomic_load_explicit(&state, memory_order_relaxed);

    if (0 == known)
    {
        const char *const text = getenv("NVIDIA_TF32_OVERRIDE");

        known = NULL != text && 0 == strcmp("0", text) ? 2 : 1;
        atomic_store_explicit(&state, known, memory_order_relaxed);
    }
    return 2 == known;
}

bool flopmeter_cuda_has_tf32(void)
{
    const function_t context_device = function_of(CONTEXT_DEVICE);
    const function_t device_attribute = function_of(DEVICE_ATTRIBUTE);
    int device = 0;
    int major = 0;

    return !is_tf32_forbidden() && (
        NULL == context_device.context_device || NULL == device_attribute.device_attribute ||
        FLOPMETER_CUDA_SUCCESS != context_device.context_device(&device) ||
        FLOPMETER_CUDA_SUCCESS != device_attribute.device_attribute(&major, FLOPMETER_CUDA_CAPABILITY_MAJOR, device) ||
        major >= 8);
}

void *flopmeter_cuda_beside(
    flopmeter_symbol_t *const symbol,
    const flopmeter_symbol_name_t *const name,
    const void *const real,
    _Atomic(int) *const is_missing)
{
    if (0 != atomic_load_explicit(is_missing, memory_order_relaxed))
    {
        return NULL;
    }
    void *const found = flopmeter_symbol_find(symbol, name, real);

    if (NULL == found)
    {
        atomic_store_explicit(is_missing, 1, memory_order_relaxed);
    }
    return found;
}

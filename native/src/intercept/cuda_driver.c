/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cuda_driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_abi.h"

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

flopmeter_cuda_capture_t flopmeter_cuda_capture_of(const void *const stream, const void **const graph)
{
    const function_t info = function_of(CAPTURE_INFO);
    const function_t is_capturing = function_of(IS_CAPTURING);
    uint64_t id = 0;
    int status = FLOPMETER_CUDA_CAPTURE_NONE;

    *graph = NULL;
    if ((uintptr_t)stream <= FLOPMETER_CUDA_STREAM_LEGACY)
    {
        return FLOPMETER_CUDA_CAPTURED_NOT;
    }
    if (NULL != info.capture_info)
    {
        /* Asked for dependencies it would refuse to answer where edges carry data (programmatic launches). */
        const int result = info.capture_info(stream, &status, &id, graph, NULL, NULL);

        return FLOPMETER_CUDA_SUCCESS != result         ? FLOPMETER_CUDA_CAPTURED_LOST
            : FLOPMETER_CUDA_CAPTURE_NONE == status     ? FLOPMETER_CUDA_CAPTURED_NOT
            : FLOPMETER_CUDA_CAPTURE_ACTIVE == status && NULL != *graph ? FLOPMETER_CUDA_CAPTURED_YES
                                                                        : FLOPMETER_CUDA_CAPTURED_LOST;
    }
    /* Older than 11.3: it can tell that, not into what. Without that either there are no captures. */
    return NULL != is_capturing.is_capturing &&
            (FLOPMETER_CUDA_SUCCESS != is_capturing.is_capturing(stream, &status) ||
                FLOPMETER_CUDA_CAPTURE_NONE != status)
        ? FLOPMETER_CUDA_CAPTURED_LOST
        : FLOPMETER_CUDA_CAPTURED_NOT;
}

const void *flopmeter_cuda_capture_graph(const void *const stream)
{
    const void *graph;

    return FLOPMETER_CUDA_CAPTURED_YES == flopmeter_cuda_capture_of(stream, &graph) ? graph : NULL;
}

int flopmeter_cuda_current_device(void)
{
    const function_t context_device = function_of(CONTEXT_DEVICE);
    int device = -1;

    return NULL == context_device.context_device || FLOPMETER_CUDA_SUCCESS != context_device.context_device(&device)
        ? -1
        : device;
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

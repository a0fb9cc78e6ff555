/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcuda.so.1, as far as the meter asks it.
 */

#include <string.h>

#include "fake_cuda_script.h"

#define FAKE_API __attribute__((visibility("default")))

static int device_major = 9;

FAKE_API void fake_cuda_major(const int major)
{
    device_major = major;
}

#ifndef FAKE_BARE
FAKE_API int cuStreamGetCaptureInfo_v2(
    fake_stream_t *stream, int *status, uint64_t *id, void **graph, const void **nodes, size_t *node_count);
int cuStreamGetCaptureInfo_v2(fake_stream_t *const stream, int *const status, uint64_t *const id, void **const graph,
    const void **const nodes, size_t *const node_count)
{
    __atomic_fetch_add(&stream->queries, 1, __ATOMIC_RELAXED);
    *status = stream->status;
    *id = 1;
    *graph = stream->graph;
    /* The real one refuses to hand out dependencies without the data that their edges carry. */
    return NULL != nodes || NULL != node_count ? 918 : stream->query_result;
}
#endif

FAKE_API int cuStreamIsCapturing(fake_stream_t *stream, int *status);
int cuStreamIsCapturing(fake_stream_t *const stream, int *const status)
{
    *status = stream->status;
    return stream->query_result;
}

FAKE_API int cuCtxGetDevice(int *device);
int cuCtxGetDevice(int *const device)
{
    *device = 3;
    return 0;
}

FAKE_API int cuDeviceGetAttribute(int *value, int attribute, int device);
int cuDeviceGetAttribute(int *const value, const int attribute, const int device)
{
    *value = 75 == attribute && 3 == device ? device_major : 0;
    return 0;
}

/* Its own address: the name alone may lead to whoever is preloaded. */
static int graph_launch_here(void *exec, fake_stream_t *stream) __attribute__((alias("cuGraphLaunch")));

FAKE_API int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status);
int cuGetProcAddress_v2(
    const char *const name, void **const function, const int version, const uint64_t flags, int *const status)
{
    (void)version, (void)flags, (void)status;
    int (*const launch)(void *, fake_stream_t *) = graph_launch_here;
    *function = 0 == strcmp("cuGraphLaunch", name) ? (void *)(uintptr_t)launch : (void *)&device_major;
    return 0 == strcmp("cuNothing", name) ? 500 : 0;
}

FAKE_API int cuGraphLaunch(void *const exec, fake_stream_t *const stream)
{
    (void)stream;
    return NULL == exec ? 1 : 0;
}

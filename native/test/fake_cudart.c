/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcudart: graphs are addresses. A launch goes on to the driver through the dynamic linker, as it must not: so it is
 * counted once or the test fails.
 */

#include "fake_cuda_script.h"

#define FAKE_API __attribute__((visibility("default")))
#define RETURN_IF_FAILING if (0 != failure) return failure

static void *const *next_addresses;
static int next_count;
static int failure;
static char places[1 << 20];
static size_t place_count;

FAKE_API void fake_cuda_next(void *const *const addresses, const int count)
{
    next_addresses = addresses;
    next_count = count;
}

FAKE_API void fake_cuda_fail(const int result)
{
    failure = result;
}

static void *make(void)
{
    if (next_count > 0)
    {
        next_count--;
        return *next_addresses++;
    }
    return &places[__atomic_fetch_add(&place_count, 1, __ATOMIC_RELAXED) % sizeof(places)];
}

FAKE_API int cudaStreamBeginCapture(fake_stream_t *const stream, const int mode)
{
    (void)mode;
    RETURN_IF_FAILING;
    stream->status = 1;
    stream->graph = make();
    return 0;
}

FAKE_API int cudaStreamBeginCaptureToGraph(fake_stream_t *const stream, void *const graph, const void *const nodes,
    const void *const edges, const size_t node_count, const int mode)
{
    (void)nodes, (void)edges, (void)node_count, (void)mode;
    stream->status = 1;
    stream->graph = graph;
    return 0;
}

FAKE_API int cudaStreamEndCapture(fake_stream_t *const stream, void **const graph)
{
    *graph = 1 == stream->status ? stream->graph : NULL;
    stream->status = 0;
    stream->graph = NULL;
    RETURN_IF_FAILING;
    return 0;
}

FAKE_API int cudaGraphCreate(void **const graph, const unsigned flags)
{
    (void)flags;
    *graph = make();
    return failure;
}

FAKE_API int cudaGraphClone(void **const clone, void *const graph)
{
    (void)graph;
    *clone = make();
    return failure;
}

FAKE_API int cudaGraphDestroy(void *const graph)
{
    (void)graph;
    return failure;
}

FAKE_API int cudaGraphInstantiate(void **const exec, void *const graph, const unsigned long long flags)
{
    (void)graph, (void)flags;
    RETURN_IF_FAILING;
    *exec = make();
    return 0;
}

FAKE_API int cudaGraphInstantiateWithFlags(void **const exec, void *const graph, const unsigned long long flags)
{
    (void)graph, (void)flags;
    *exec = make();
    return failure;
}

FAKE_API int cudaGraphInstantiateWithParams(void **const exec, void *const graph, unsigned long long *const parameters)
{
    (void)graph, (void)parameters;
    *exec = make();
    return failure;
}

FAKE_API int cudaGraphExecUpdate(void *const exec, void *const graph, void *const information)
{
    (void)exec, (void)graph, (void)information;
    return failure;
}

FAKE_API int cudaGraphExecDestroy(void *const exec)
{
    (void)exec;
    return failure;
}

FAKE_API int cudaGraphLaunch(void *const exec, fake_stream_t *const stream)
{
    RETURN_IF_FAILING;
    const int result = cuGraphLaunch(exec, stream);

    __asm__ volatile("");
    return result;
}

FAKE_API int cudaGraphAddChildGraphNode(
    void **const node, void *const graph, const void *const nodes, const size_t node_count, void *const child)
{
    (void)graph, (void)nodes, (void)node_count, (void)child;
    *node = make();
    return failure;
}

FAKE_API int cudaGraphAddNode(void **const node, void *const graph, const void *const nodes, const void *const edges,
    const size_t node_count, void *const parameters)
{
    (void)graph, (void)nodes, (void)edges, (void)node_count, (void)parameters;
    *node = make();
    return failure;
}

FAKE_API int cudaGraphExecKernelNodeSetParams(void *const exec, void *const node, const void *const parameters)
{
    (void)exec, (void)node, (void)parameters;
    return failure;
}

FAKE_API int cudaGraphExecChildGraphNodeSetParams(void *const exec, void *const node, void *const child)
{
    (void)exec, (void)node, (void)child;
    return failure;
}

FAKE_API int cudaGraphExecNodeSetParams(void *const exec, void *const node, void *const parameters)
{
    (void)exec, (void)node, (void)parameters;
    return failure;
}

FAKE_API int cudaGraphKernelNodeSetParams(void *const node, const void *const parameters)
{
    (void)node, (void)parameters;
    return failure;
}

FAKE_API int cudaGraphNodeSetParams(void *const node, void *const parameters)
{
    (void)node, (void)parameters;
    return failure;
}

FAKE_API int cudaGraphKernelNodeSetAttribute(void *const node, const int attribute, const void *const value)
{
    (void)node, (void)attribute, (void)value;
    return failure;
}

FAKE_API int cudaGraphDestroyNode(void *const node)
{
    (void)node;
    return failure;
}

FAKE_API int cudaGraphNodeSetEnabled(void *const exec, void *const node, const unsigned is_enabled)
{
    (void)exec, (void)node, (void)is_enabled;
    return failure;
}

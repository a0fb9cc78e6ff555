/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What libcuda.so.1 tells of graphs, for both of its fakes: a list of nodes that the test makes.
 */

#include <string.h>

#include "cuda_abi.h"
#include "fake_cuda_script.h"

#define FAKE_API __attribute__((visibility("default")))

#ifndef FAKE_BARE
#define NODES_MAX (65536)

typedef struct node_stct
{
    const void *graph;
    int type;
    unsigned grid;
    const char *name;
    void *child;
}
node_t;

static node_t nodes[NODES_MAX];
static size_t node_count;
static int is_newest_first;
static int are_kernels;
static int graph_failure;
static int questions;

FAKE_API void *fake_graph_node(
    void *const graph, const int type, const char *const name, const unsigned grid, void *const child)
{
    node_t *const node = &nodes[node_count++];

    *node = (node_t){ graph, type, grid, name, child };
    return node;
}

FAKE_API void fake_graph_change(void *const which, const char *const name, const unsigned grid)
{
    node_t *const node = which;

    node->name = name;
    node->grid = grid;
}

FAKE_API void fake_graph_copy(void *const graph, const void *const from)
{
    const size_t before = node_count;

    for (size_t i = 0; i < before; i++)
    {
        if (from == nodes[i].graph)
        {
            fake_graph_node(graph, nodes[i].type, nodes[i].name, nodes[i].grid, nodes[i].child);
        }
    }
}

FAKE_API void fake_graph_order(const int is_first)
{
    is_newest_first = is_first;
}

FAKE_API void fake_graph_kernels(const int are)
{
    are_kernels = are;
}

FAKE_API void fake_graph_fail(const int result)
{
    graph_failure = result;
}

FAKE_API int fake_graph_questions(void)
{
    return questions;
}

FAKE_API int cuGraphGetNodes(const void *graph, const void **list, size_t *count);
int cuGraphGetNodes(const void *const graph, const void **const list, size_t *const count)
{
    size_t found = 0;

    questions++;
    for (size_t i = 0; i < node_count; i++)
    {
        const node_t *const node = &nodes[is_newest_first ? node_count - 1 - i : i];
        if (graph == node->graph)
        {
            if (NULL != list && found < *count)
            {
                list[found] = node;
            }
            found++;
        }
    }
    *count = found;
    return graph_failure;
}

FAKE_API int cuGraphNodeGetType(const void *node, int *type);
int cuGraphNodeGetType(const void *const node, int *const type)
{
    *type = ((const node_t *)node)->type;
    return graph_failure;
}

FAKE_API int cuGraphChildGraphNodeGetGraph(const void *node, void **graph);
int cuGraphChildGraphNodeGetGraph(const void *const node, void **const graph)
{
    *graph = ((const node_t *)node)->child;
    return graph_failure;
}

FAKE_API int cuGraphKernelNodeGetParams_v2(const void *node, flopmeter_cuda_kernel_node_t *kernel);
int cuGraphKernelNodeGetParams_v2(const void *const which, flopmeter_cuda_kernel_node_t *const kernel)
{
    const node_t *const node = which;

    memset(kernel, 0, sizeof(*kernel));
    kernel->function = are_kernels ? NULL : node->name;
    kernel->kernel = are_kernels ? node->name : NULL;
    kernel->grid[0] = node->grid;
    kernel->grid[1] = kernel->grid[2] = 1;
    kernel->block[0] = 128;
    kernel->block[1] = kernel->block[2] = 1;
    kernel->shared_length = 1024;
    return graph_failure;
}

FAKE_API int cuFuncGetName(const char **name, const void *function);
int cuFuncGetName(const char **const name, const void *const function)
{
    *name = function;
    return NULL == function ? 400 : graph_failure;
}

FAKE_API int cuKernelGetName(const char **name, const void *kernel);
int cuKernelGetName(const char **const name, const void *const kernel)
{
    *name = kernel;
    return NULL == kernel ? 400 : graph_failure;
}

FAKE_API int cuStreamGetCaptureInfo_v2(
    fake_stream_t *stream, int *status, uint64_t *id, void **graph, const void **leaves, size_t *leaf_count);
int cuStreamGetCaptureInfo_v2(fake_stream_t *const stream, int *const status, uint64_t *const id, void **const graph,
    const void **const leaves, size_t *const leaf_count)
{
    __atomic_fetch_add(&stream->queries, 1, __ATOMIC_RELAXED);
    *status = stream->status;
    *id = 1;
    *graph = stream->graph;
    /* The real one refuses to hand out dependencies without the data that their edges carry. */
    return NULL != leaves || NULL != leaf_count ? 918 : stream->query_result;
}
#endif

static void (*launch_hook)(void);

FAKE_API void fake_graph_launches(void (*const hook)(void))
{
    launch_hook = hook;
}

/* Its own address: the name alone may lead to whoever is preloaded. */
static int graph_launch_here(void *exec, fake_stream_t *stream) __attribute__((alias("cuGraphLaunch")));

FAKE_API int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status);
int cuGetProcAddress_v2(
    const char *const name, void **const function, const int version, const uint64_t flags, int *const status)
{
    (void)version, (void)flags, (void)status;
    int (*const launch)(void *, fake_stream_t *) = graph_launch_here;
    *function = 0 == strcmp("cuGraphLaunch", name) ? (void *)(uintptr_t)launch : (void *)&launch_hook;
    return 0 == strcmp("cuNothing", name) ? 500 : 0;
}

FAKE_API int cuGraphLaunch(void *const exec, fake_stream_t *const stream)
{
    (void)stream;
    if (NULL != launch_hook)
    {
        launch_hook();
    }
    return NULL == exec ? 1 : 0;
}

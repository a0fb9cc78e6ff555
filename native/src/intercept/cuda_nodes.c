/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A call that is captured made the nodes that are in the graph when it ends and were not when it began: graphs are not
 * to be used by two threads at once, so nobody else made one. What can't be told is unclear, and then the kernels of
 * such a graph are neither covered nor uncovered. The driver is only ever asked.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "cuda_abi.h"
#include "cuda_driver.h"
#include "cuda_graph.h"
#include "cuda_nodes.h"
#include "cuda_signature.h"

#define NODES_MAX (16384)               /* that a graph which is looked at may have */
#define PLACES (2 * NODES_MAX)          /* a power of two */
#define DEPTH_MAX (8)                   /* of graphs in graphs */

typedef int graph_nodes_fn(const void *graph, const void **nodes, size_t *count);
typedef int node_type_fn(const void *node, int *type);
typedef int node_graph_fn(const void *node, const void **graph);
typedef int node_kernel_fn(const void *node, flopmeter_cuda_kernel_node_t *kernel);
typedef int name_fn(const char **name, const void *function);

/* dlsym() gives addresses of functions as addresses of objects. */
typedef union function_unn
{
    void *address;
    graph_nodes_fn *graph_nodes;
    node_type_fn *node_type;
    node_graph_fn *node_graph;
    node_kernel_fn *node_kernel;
    name_fn *name;
}
function_t;

enum
{
    GRAPH_NODES,
    NODE_TYPE,
    NODE_GRAPH,
    NODE_KERNEL,
    FUNCTION_NAME,
    KERNEL_NAME,
    FUNCTION_COUNT
};

static _Atomic(void *) functions[FUNCTION_COUNT];

/* Nodes before and after a call, and a set of those before. */
typedef struct capture_stct
{
    const void *before[NODES_MAX];
    const void *after[NODES_MAX];
    const void *places[PLACES];
}
capture_t;

/* All signatures of a graph, and what is told of them. */
typedef struct tally_stct
{
    flopmeter_cuda_node_count_t places[2 * 1024];
    flopmeter_cuda_node_count_t counts[FLOPMETER_CUDA_SIGNATURES];
    uint64_t told[FLOPMETER_CUDA_SIGNATURES];
    size_t signatures;
    size_t nodes;
}
tally_t;

#define TALLY_PLACES (sizeof(((tally_t *)NULL)->places) / sizeof(flopmeter_cuda_node_count_t))

static __thread struct
{
    const void *stream;
    const void *graph;      /* that it is captured into, NULL = this thread captures nothing that we know of */
    capture_t *capture;
    size_t before;          /* nodes */
    bool is_taken;          /* of the running call */
    bool is_owed;           /* it brought counted work into the graph */
    const void *exec;       /* that it launches */
}
here __attribute__((tls_model("initial-exec")));

/* ---- The driver ---- */

static bool have_driver(void)
{
    static const char names[FUNCTION_COUNT][FLOPMETER_CUDA_DRIVER_NAME] = { "cuGraphGetNodes", "cuGraphNodeGetType",
        "cuGraphChildGraphNodeGetGraph", "cuGraphKernelNodeGetParams_v2", "cuFuncGetName", "cuKernelGetName" };
    static _Atomic(int) state;

    if (!flopmeter_cuda_driver_find(&state, names, functions, FUNCTION_COUNT))
    {
        return false;
    }
    for (int i = 0; i < FUNCTION_COUNT; i++)
    {
        /* Older than 12.3: kernels have no names there. */
        if (NULL == atomic_load_explicit(&functions[i], memory_order_relaxed))
        {
            return false;
        }
    }
    return true;
}

static function_t function_of(const int which)
{
    return (function_t){ .address = atomic_load_explicit(&functions[which], memory_order_relaxed) };
}

/* False: it does not say, or there are too many. */
static bool nodes_of(const void *const graph, const void **const nodes, size_t *const count)
{
    const function_t ask = function_of(GRAPH_NODES);

    *count = 0;
    if (FLOPMETER_CUDA_SUCCESS != ask.graph_nodes(graph, NULL, count) || *count > NODES_MAX)
    {
        return false;
    }
    return 0 == *count || FLOPMETER_CUDA_SUCCESS == ask.graph_nodes(graph, nodes, count);
}

/* 0: it does not say. */
static uint64_t signature_of(const void *const node)
{
    flopmeter_cuda_kernel_node_t kernel;
    const char *name = NULL;

    memset(&kernel, 0, sizeof(kernel));
    if (FLOPMETER_CUDA_SUCCESS != function_of(NODE_KERNEL).node_kernel(node, &kernel))
    {
        return 0;
    }
    const bool is_kernel = NULL == kernel.function;
    const int result =
        function_of(is_kernel ? KERNEL_NAME : FUNCTION_NAME).name(&name, is_kernel ? kernel.kernel : kernel.function);

    return FLOPMETER_CUDA_SUCCESS != result ? 0 :
        flopmeter_cuda_signature(name, kernel.grid, kernel.block, kernel.shared_length);
}

/* False: it does not say, or it may launch what it does not say. */
static bool type_of(const void *const node, int *const type)
{
    return FLOPMETER_CUDA_SUCCESS == function_of(NODE_TYPE).node_type(node, type) && *type >= 0 &&
        *type <= FLOPMETER_CUDA_NODE_LAST_PLAIN;
}

static void *memory_take(const size_t length)
{
    const int errno_saved = errno;
    void *const pages =
        mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    errno = errno_saved;
    return MAP_FAILED == pages ? NULL : pages;
}

static void memory_give(void *const pages, const size_t length)
{
    const int errno_saved = errno;

    if (NULL != pages)
    {
        munmap(pages, length);
    }
    errno = errno_saved;
}

/* ---- Captures ---- */

static const flopmeter_cuda_watch_t *asks_for_nodes(void)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    return NULL == watching || NULL == watching->instance ? NULL : watching;
}

void flopmeter_cuda_nodes_capture(const void *const stream, const void *const graph)
{
    here.is_taken = false;
    here.stream = stream;
    here.graph = NULL == asks_for_nodes() || !have_driver() ? NULL : graph;
    if (NULL == here.graph)
    {
        memory_give(here.capture, sizeof(*here.capture));
        here.capture = NULL;
    }
    else if (NULL == here.capture)
    {
        here.capture = memory_take(sizeof(*here.capture));
        here.graph = NULL == here.capture ? NULL : here.graph;
    }
}

/* A handle is used only while it is known to be one: our own list says so, and then the driver. */
static bool is_captured(void)
{
    return flopmeter_cuda_table_is_captured(here.stream, here.graph) &&
        here.graph == flopmeter_cuda_capture_graph(here.stream);
}

void flopmeter_cuda_nodes_call_begin(const flopmeter_cuda_watch_t *const watching)
{
    here.exec = NULL;
    here.is_owed = false;
    here.is_taken = false;
    if (NULL == here.graph || NULL == watching->instance)
    {
        return;
    }
    if (!is_captured())
    {
        flopmeter_cuda_nodes_capture(NULL, NULL);
        return;
    }
    here.is_taken = nodes_of(here.graph, here.capture->before, &here.before);
}

bool flopmeter_cuda_nodes_are_known(const void *const graph)
{
    here.is_owed = here.is_owed || (here.is_taken && graph == here.graph);
    return here.is_taken && graph == here.graph;
}

static size_t place_of(const void *const node)
{
    return (size_t)(flopmeter_cuda_signature_mix(0, (uint64_t)(uintptr_t)node) >> 32) & (PLACES - 1);
}

static void remember(const void *const node)
{
    size_t i = place_of(node);

    while (NULL != here.capture->places[i] && node != here.capture->places[i])
    {
        i = (i + 1) & (PLACES - 1);
    }
    here.capture->places[i] = node;
}

static bool was_there(const void *const node)
{
    size_t i = place_of(node);

    while (NULL != here.capture->places[i] && node != here.capture->places[i])
    {
        i = (i + 1) & (PLACES - 1);
    }
    return NULL != here.capture->places[i];
}

/* Nodes that came: the tail of `after` from what is returned on. Usually the driver adds at the end. */
static size_t put_new_ones_last(const size_t count)
{
    const void **const after = here.capture->after;
    size_t kept = 0;

    if (count >= here.before && 0 == memcmp(here.capture->before, after, here.before * sizeof(*after)))
    {
        return here.before;
    }
    memset(here.capture->places, 0, sizeof(here.capture->places));
    for (size_t i = 0; i < here.before; i++)
    {
        remember(here.capture->before[i]);
    }
    for (size_t i = 0; i < count; i++)
    {
        if (was_there(after[i]))
        {
            const void *const node = after[kept];

            after[kept++] = after[i];
            after[i] = node;
        }
    }
    return kept;
}

/* Give nodes that a call made to its graph. Other things than kernels are no kernel time. */
static bool book(const void *const graph, const void *const *const nodes, const size_t first, const size_t count)
{
    for (size_t i = first; i < count; i++)
    {
        int type = 0;

        if (!type_of(nodes[i], &type) || FLOPMETER_CUDA_NODE_GRAPH == type)
        {
            return false;
        }
        if (FLOPMETER_CUDA_NODE_KERNEL == type)
        {
            const uint64_t signature = signature_of(nodes[i]);

            if (0 == signature)
            {
                return false;
            }
            flopmeter_cuda_table_came(graph, &signature, 1);
        }
    }
    return true;
}

static bool book_nodes(void)
{
    size_t count = 0;

    return is_captured() && nodes_of(here.graph, here.capture->after, &count) &&
        book(here.graph, here.capture->after, put_new_ones_last(count), count);
}

/* A handle that we never saw made may be none: the driver is not asked of it. */
bool flopmeter_cuda_nodes_are_none(const void *const graph)
{
    flopmeter_cuda_sum_t sum;
    size_t count = 0;

    return NULL != asks_for_nodes() && have_driver() && flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, graph, &sum) &&
        FLOPMETER_CUDA_SUCCESS == function_of(GRAPH_NODES).graph_nodes(graph, NULL, &count) && 0 == count;
}

bool flopmeter_cuda_nodes_fill(const void *const graph)
{
    const void **const nodes = memory_take(NODES_MAX * sizeof(*nodes));
    size_t count = 0;
    const bool is_known = NULL != nodes && nodes_of(graph, nodes, &count) && book(graph, nodes, 0, count);

    memory_give(nodes, NODES_MAX * sizeof(*nodes));
    return is_known;
}

void flopmeter_cuda_nodes_call_end(
    const flopmeter_cuda_watch_t *const watching, const uint64_t number, const bool is_whole)
{
    const void *const exec = here.exec;

    here.exec = NULL;
    if (NULL != exec && here.is_taken && here.is_owed)
    {
        flopmeter_cuda_table_follow(FLOPMETER_CUDA_GRAPH, here.graph, FLOPMETER_CUDA_EXEC, exec);
    }
    else if (NULL != exec && 0 != number && NULL != watching->launches)
    {
        watching->launches(number, flopmeter_cuda_table_instance(exec, NULL));
    }
    else if (here.is_taken && here.is_owed && is_whole && !book_nodes())
    {
        flopmeter_cuda_table_came(here.graph, NULL, 0);
    }
    here.is_taken = false;
}

/* ---- Instances ---- */

void flopmeter_cuda_nodes_launch(const void *const exec)
{
    here.exec = NULL == asks_for_nodes() ? NULL : exec;
}

void flopmeter_cuda_nodes_gone(const void *const exec)
{
    static const uint64_t none = 0;
    const uint64_t instance = flopmeter_cuda_table_instance(exec, &none);
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    if (0 != instance && NULL != watching && NULL != watching->instance_gone)
    {
        watching->instance_gone(instance);
    }
}

/* False: too many. */
static bool tally_add(tally_t *const tally, const uint64_t signature, const uint32_t counted, const uint32_t total)
{
    size_t i = (size_t)(signature >> 16) & (TALLY_PLACES - 1);

    while (0 != tally->places[i].signature && signature != tally->places[i].signature)
    {
        i = (i + 1) & (TALLY_PLACES - 1);
    }
    if (0 == tally->places[i].signature)
    {
        if (FLOPMETER_CUDA_SIGNATURES == tally->signatures)
        {
            return false;
        }
        tally->signatures++;
        tally->places[i].signature = signature;
    }
    tally->places[i].counted += counted;
    tally->places[i].total += total;
    return true;
}

static bool tally_graph(tally_t *tally, const void *graph, int depth);

static bool tally_node(tally_t *const tally, const void *const node, const int depth)
{
    const void *child = NULL;
    int type = 0;

    if (++tally->nodes > NODES_MAX || !type_of(node, &type))
    {
        return false;
    }
    if (FLOPMETER_CUDA_NODE_KERNEL == type)
    {
        const uint64_t signature = signature_of(node);

        return 0 != signature && tally_add(tally, signature, 0, 1);
    }
    return FLOPMETER_CUDA_NODE_GRAPH != type ||
        (FLOPMETER_CUDA_SUCCESS == function_of(NODE_GRAPH).node_graph(node, &child) && NULL != child &&
            tally_graph(tally, child, depth + 1));
}

/* False: not all kernels of the graph are known. */
static bool tally_graph(tally_t *const tally, const void *const graph, const int depth)
{
    const void **const nodes = DEPTH_MAX < depth ? NULL : memory_take(NODES_MAX * sizeof(*nodes));
    size_t count = 0;
    bool is_known = NULL != nodes && nodes_of(graph, nodes, &count);

    for (size_t i = 0; is_known && i < count; i++)
    {
        is_known = tally_node(tally, nodes[i], depth);
    }
    memory_give(nodes, NODES_MAX * sizeof(*nodes));
    return is_known;
}

/* Signatures of which all or none of the nodes are counted; of others nothing is said. False: it does not add up. */
static bool tally_tell(tally_t *const tally, size_t *const told)
{
    *told = 0;
    for (size_t i = 0; i < TALLY_PLACES; i++)
    {
        const flopmeter_cuda_node_count_t *const place = &tally->places[i];

        if (place->counted > place->total)
        {
            return false;
        }
        if (0 != place->signature && (0 == place->counted || place->total == place->counted))
        {
            tally->told[(*told)++] = place->signature |
                (0 == place->counted ? FLOPMETER_CUDA_NODES_OTHER : FLOPMETER_CUDA_NODES_COUNTED);
        }
    }
    return true;
}

void flopmeter_cuda_nodes_instance(const void *const exec, const void *const graph)
{
    const flopmeter_cuda_watch_t *const watching = asks_for_nodes();
    tally_t *const tally = NULL == watching || !have_driver() ? NULL : memory_take(sizeof(*tally));
    size_t count = 0;
    size_t told = 0;

    if (NULL == tally)
    {
        return;
    }
    bool is_known = flopmeter_cuda_table_nodes(exec, tally->counts, &count);
    for (size_t i = 0; is_known && i < count; i++)
    {
        is_known = tally_add(tally, tally->counts[i].signature, tally->counts[i].counted, 0);
    }
    if (is_known && tally_graph(tally, graph, 0) && tally_tell(tally, &told))
    {
        const uint64_t instance = watching->instance(tally->told, told);

        flopmeter_cuda_table_instance(exec, &instance);
    }
    memory_give(tally, sizeof(*tally));
}

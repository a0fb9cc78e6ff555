/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUDA libraries that compute nothing: their handles are scripts of what they shall answer, and stay the test's own.
 */

#ifndef FLOPMETER_FAKE_CUDA_SCRIPT_H
#define FLOPMETER_FAKE_CUDA_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#define FAKE_CUBLAS_WORDS (24)

typedef struct fake_stream_stct
{
    int status;                /* CUstreamCaptureStatus */
    int query_result;          /* what asking for it returns */
    void *graph;
    int queries;
}
fake_stream_t;

typedef struct fake_handle_stct
{
    int pointer_mode;
    int math_mode;
    fake_stream_t *stream;
    int getter_status;         /* what the reading functions return */
    int status;                /* what the routines return */
    uint64_t calls;
    uint64_t word[FAKE_CUBLAS_WORDS];
    void (*hook)(void);        /* called inside */
}
fake_handle_t;

/** Where the fakes keep what routines without a handle of ours were called with. */
typedef fake_handle_t *fake_cublas_state_t(void);

/* ---- The runtime and the driver: graphs are what a capture leaves, their content is nobody's business ---- */
int cudaStreamBeginCapture(fake_stream_t *stream, int mode);
int cudaStreamBeginCaptureToGraph(
    fake_stream_t *stream, void *graph, const void *nodes, const void *edges, size_t node_count, int mode);
int cudaStreamEndCapture(fake_stream_t *stream, void **graph);
int cudaGraphCreate(void **graph, unsigned flags);
int cudaGraphClone(void **clone, void *graph);
int cudaGraphDestroy(void *graph);
int cudaGraphInstantiate(void **exec, void *graph, unsigned long long flags);
int cudaGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long flags);
int cudaGraphInstantiateWithParams(void **exec, void *graph, unsigned long long *parameters);
int cudaGraphExecUpdate(void *exec, void *graph, void *information);
int cudaGraphExecDestroy(void *exec);
int cudaGraphLaunch(void *exec, fake_stream_t *stream);
int cudaGraphAddChildGraphNode(void **node, void *graph, const void *nodes, size_t node_count, void *child);
int cudaGraphAddNode(
    void **node, void *graph, const void *nodes, const void *edges, size_t node_count, void *parameters);
int cudaGraphExecKernelNodeSetParams(void *exec, void *node, const void *parameters);
int cudaGraphExecChildGraphNodeSetParams(void *exec, void *node, void *child);
int cudaGraphExecNodeSetParams(void *exec, void *node, void *parameters);
int cudaGraphKernelNodeSetParams(void *node, const void *parameters);
int cudaGraphNodeSetParams(void *node, void *parameters);
int cudaGraphKernelNodeSetAttribute(void *node, int attribute, const void *value);
int cudaGraphDestroyNode(void *node);
int cudaGraphNodeSetEnabled(void *exec, void *node, unsigned is_enabled);
int cuGraphLaunch(void *exec, fake_stream_t *stream);

/** Let the next captures, graphs and instances come from these addresses, in turn (else from new ones). */
void fake_cuda_next(void *const *addresses, int count);

/** What the functions above that do something return from now on. */
void fake_cuda_fail(int result);

/** A node of `graph` as the driver tells of it: a kernel by its name and grid, a graph in a graph by that. */
void *fake_graph_node(void *graph, int type, const char *name, unsigned grid, void *child);

/** Name and grid of a kernel's node are others now. */
void fake_graph_change(void *node, const char *name, unsigned grid);

/** Copy all nodes, as a clone has them. */
void fake_graph_copy(void *graph, const void *from);

/** From now on: the newest node comes first; kernels have no CUfunction; functions of graphs fail with `result`. */
void fake_graph_order(int is_newest_first);
void fake_graph_kernels(int are_kernels);
void fake_graph_fail(int result);

/** Called inside each launch of a graph; NULL: nothing is. */
void fake_graph_launches(void (*hook)(void));

/** How often the nodes of graphs were asked for. */
int fake_graph_questions(void);

/** Compute capability of the device. */
void fake_cuda_major(int major);

#endif /* FLOPMETER_FAKE_CUDA_SCRIPT_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Wrappers of cuDNN's backend interface. A plan's worth comes along graph -> engine or heuristics -> configuration ->
 * plan, by what the program sets and by what the library hands out.
 */

#include <string.h>

#include "cuda_graph.h"
#include "cuda_nodes.h"
#include "cudnn_backend.h"

typedef int create_fn(int type, void **descriptor);
typedef int destroy_fn(void *descriptor);
typedef int set_fn(void *descriptor, int name, int type, int64_t count, const void *elements);
typedef int get_fn(const void *descriptor, int name, int type, int64_t count_max, int64_t *count, void *elements);

#define NOTES_MAX (32)
#define NOTES_KNOWN (10) /* CUDNN_NUMERICAL_NOTE_TYPE_COUNT of cuDNN 9 */
#define RESHAPES_MAX (4) /* one after another */

/* What else is set on variant packs, with each execution */
#define PACK_FIRST (1000)
#define PACK_LAST (1012)

static _Atomic(int) has_odd_packs;

static const void *element_at(const void *const elements, const int64_t index)
{
    return ((const void *const *)elements)[index];
}

/* The worth of what `from` stands for, as that of `to`. */
static void inherit(const void *const to, const void *const from)
{
    flopmeter_cudnn_memory_t memory;
    flopmeter_cudnn_memory_t source;

    if (flopmeter_cudnn_recall(to, &memory) && flopmeter_cudnn_recall(from, &source))
    {
        memory.of.worth = source.of.worth;
        memory.is_partial = source.is_partial;
        flopmeter_cudnn_remember(to, &memory);
    }
}

static int64_t number_at(const void *const elements)
{
    int64_t number;

    memcpy(&number, elements, sizeof(number));
    return number;
}

/* A tensor's sizes and type. */
static void set_tensor(const void *const descriptor, flopmeter_cudnn_memory_t *const memory, const int name,
    const int64_t count, const void *const elements)
{
    flopmeter_cudnn_tensor_t *const tensor = &memory->of.tensor;

    if (FLOPMETER_CUDNN_ATTR_TENSOR_TYPE == name)
    {
        memcpy(&tensor->type, elements, sizeof(tensor->type));
    }
    else if (FLOPMETER_CUDNN_ATTR_TENSOR_DIMS == name)
    {
        tensor->ndims = count > 0 && count <= FLOPMETER_CUDNN_DIMS_MAX ? (int32_t)count : 0;
        memcpy(tensor->dims, elements, sizeof(tensor->dims[0]) * (size_t)tensor->ndims);
    }
    else if (FLOPMETER_CUDNN_ATTR_TENSOR_UID == name)
    {
        tensor->uid = number_at(elements);
        tensor->has_uid = true;
    }
    else if (FLOPMETER_CUDNN_ATTR_TENSOR_VIRTUAL == name)
    {
        tensor->is_virtual = 0 != *(const unsigned char *)elements;
    }
    else if (FLOPMETER_CUDNN_ATTR_TENSOR_VECTOR_COUNT == name)
    {
        tensor->vector_length = number_at(elements);
    }
    else if (FLOPMETER_CUDNN_ATTR_TENSOR_VECTOR_DIM == name)
    {
        const int64_t dim = number_at(elements);

        tensor->vector_place = dim >= 0 && dim < FLOPMETER_CUDNN_DIMS_MAX ? (int32_t)dim + 1 : 0;
    }
    else if (FLOPMETER_CUDNN_ATTR_TENSOR_RAGGED == name)
    {
        memory->is_partial = true; /* its sizes are the most that its sequences have */
    }
    else
    {
        return;
    }
    flopmeter_cudnn_remember(descriptor, memory);
}

/* An element-wise operation's own descriptor: only whether masks are made of what it computes. */
static void set_pointwise(const void *const descriptor, flopmeter_cudnn_memory_t *const memory, const int name,
    const void *const elements)
{
    int32_t mode;

    if (FLOPMETER_CUDNN_ATTR_POINTWISE_MODE == name)
    {
        memcpy(&mode, elements, sizeof(mode));
        memory->is_partial = flopmeter_cudnn_is_mask_mode(mode);
        flopmeter_cudnn_remember(descriptor, memory);
    }
}

static bool has_products(const flopmeter_cudnn_worth_t *const worth)
{
    flopmeter_u128_t all = 0;

    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        all |= worth->flop_count[p];
    }
    return 0 != all;
}

/* One descriptor that is set on an operation: its operand, what it is like, a graph of its own. */
static void take(flopmeter_cudnn_memory_t *const memory, const int name, const void *const element)
{
    const bool is_subgraph = FLOPMETER_CUDNN_EFFECT_SUBGRAPH == flopmeter_cudnn_effect(memory->type, name);
    const int role = flopmeter_cudnn_role(memory->type, name);
    flopmeter_cudnn_memory_t taken;

    if (!flopmeter_cudnn_recall(element, &taken))
    {
        memory->is_odd = memory->is_odd || is_subgraph;
        return;
    }
    memory->is_partial = memory->is_partial || taken.is_partial;
    if (role >= 0 && FLOPMETER_CUDNN_TENSOR == taken.type)
    {
        memory->of.roles[role] = taken.of.tensor;
        flopmeter_cudnn_unfold(&memory->of.roles[role]);
    }
    if (is_subgraph && (FLOPMETER_CUDNN_OPERATIONGRAPH != taken.type || !taken.of.worth.is_known ||
        has_products(&taken.of.worth)))
    {
        memory->is_odd = true; /* it is not one that changes scores only */
    }
}

static void set_operation(const void *const descriptor, flopmeter_cudnn_memory_t *const memory, const int name,
    const int type, const int64_t count, const void *const elements)
{
    const flopmeter_cudnn_effect_t effect = flopmeter_cudnn_effect(memory->type, name);

    if (FLOPMETER_CUDNN_OP_MATMUL == memory->type && FLOPMETER_CUDNN_ATTR_MATMUL_BATCH == name &&
        number_at(elements) <= 1)
    {
        return; /* as it is when it is not set; else there are so many products of these sizes */
    }
    for (int64_t i = 0; FLOPMETER_CUDNN_TYPE_DESCRIPTOR == type && i < count; i++)
    {
        take(memory, name, element_at(elements, i));
    }
    memory->is_partial = memory->is_partial || FLOPMETER_CUDNN_EFFECT_PART == effect;
    memory->is_odd = memory->is_odd || FLOPMETER_CUDNN_EFFECT_ODD == effect;
    flopmeter_cudnn_remember(descriptor, memory);
}

/*
 * The front end gives what it reshapes the format of intermediate results, fp32: attention's gradient multiplies two of
 * those (dQ = dS x reshaped K). A reshape only moves its operand, whose format is the product's.
 */
static void trace(flopmeter_cudnn_memory_t *const operation, const int64_t count, const void *const elements)
{
    for (int role = 0; FLOPMETER_CUDNN_OP_MATMUL == operation->type && role < 2; role++)
    {
        flopmeter_cudnn_tensor_t *const tensor = &operation->of.roles[role];

        for (int step = 0; step < RESHAPES_MAX && flopmeter_cudnn_is_inner(tensor); step++)
        {
            bool is_traced = false;

            for (int64_t i = 0; i < count && !is_traced; i++)
            {
                flopmeter_cudnn_memory_t reshape;

                is_traced = flopmeter_cudnn_recall(element_at(elements, i), &reshape) &&
                    flopmeter_cudnn_trace(tensor, &reshape);
            }
            if (!is_traced)
            {
                break;
            }
        }
    }
}

/* A graph's operations: what all of them compute. */
static void set_graph(const void *const descriptor, const int64_t count, const void *const elements)
{
    flopmeter_cudnn_memory_t graph = { .type = FLOPMETER_CUDNN_OPERATIONGRAPH, .of.worth.is_known = true };

    for (int64_t i = 0; i < count; i++)
    {
        flopmeter_cudnn_memory_t operation;

        if (!flopmeter_cudnn_recall(element_at(elements, i), &operation))
        {
            graph.of.worth.is_known = false;
            continue;
        }
        graph.is_partial =
            graph.is_partial || operation.is_partial || flopmeter_cudnn_is_mask(operation.type);
        trace(&operation, count, elements);
        if (!flopmeter_cudnn_operation(&operation, &graph.of.worth))
        {
            graph.of.worth.is_known = false;
        }
    }
    flopmeter_cudnn_remember(descriptor, &graph);
}

/* What the library says of the engine that does fp32 products. */
typedef enum narrowness_enum
{
    NARROW_NO,
    NARROW_YES,     /* it uses tensor cores, or narrows its inputs */
    NARROW_UNKNOWN  /* it did not answer */
}
narrowness_t;

static narrowness_t narrowness_of_engine(get_fn *const get, const void *const engine)
{
    int32_t notes[NOTES_MAX];
    int64_t count = 0;

    memset(notes, 0xFF, sizeof(notes)); /* a library may say that it wrote more than it did */

    /* How many there are first: asked for more than it knows a library may refuse to answer. One that refuses this
       question is asked as the front end asks. */
    const int sized = get(engine, FLOPMETER_CUDNN_ATTR_ENGINE_NOTE, FLOPMETER_CUDNN_TYPE_NOTE, 0, &count, NULL);
    const int64_t wanted = FLOPMETER_CUDA_SUCCESS == sized ? flopmeter_lesser(count, NOTES_MAX) : NOTES_KNOWN;

    if (wanted < 0 ||
        (0 != wanted &&
            FLOPMETER_CUDA_SUCCESS !=
                get(engine, FLOPMETER_CUDNN_ATTR_ENGINE_NOTE, FLOPMETER_CUDNN_TYPE_NOTE, wanted, &count, notes)) ||
        count < 0)
    {
        return NARROW_UNKNOWN;
    }
    for (int64_t i = 0; i < flopmeter_lesser(count, wanted); i++)
    {
        if (notes[i] >= 0 && notes[i] <= FLOPMETER_CUDNN_NOTE_LAST_NARROW)
        {
            return NARROW_YES;
        }
    }
    return NARROW_NO;
}

static narrowness_t narrowness_of(const void *const real, const void *const configuration)
{
    FLOPMETER_BESIDE(create, create_fn, "cudnnBackendCreateDescriptor", real);
    FLOPMETER_BESIDE(destroy, destroy_fn, "cudnnBackendDestroyDescriptor", real);
    FLOPMETER_BESIDE(get, get_fn, "cudnnBackendGetAttribute", real);
    int64_t count = 0;
    void *engine = NULL;

    if (NULL == create || NULL == destroy || NULL == get ||
        FLOPMETER_CUDA_SUCCESS != create(FLOPMETER_CUDNN_ENGINE, &engine) || NULL == engine)
    {
        return NARROW_UNKNOWN;
    }
    const int configured = get(
        configuration, FLOPMETER_CUDNN_ATTR_CFG_ENGINE, FLOPMETER_CUDNN_TYPE_DESCRIPTOR, 1, &count, &engine);
    const narrowness_t narrowness =
        FLOPMETER_CUDA_SUCCESS == configured ? narrowness_of_engine(get, engine) : NARROW_UNKNOWN;

    (void)destroy(engine);
    return narrowness;
}

/*
 * The configuration decides how fp32 is multiplied: the library says so of its engine. Where it says nothing the count
 * is as exact, its precision is not known.
 */
static void set_plan(const void *const real, const void *const plan, const void *const configuration)
{
    flopmeter_cudnn_memory_t memory;

    inherit(plan, configuration);
    if (!flopmeter_cudnn_recall(plan, &memory) || 0 == memory.of.worth.flop_count[FLOPMETER_FP32] ||
        !flopmeter_cuda_has_tf32())
    {
        return;
    }
    const narrowness_t narrowness = narrowness_of(real, configuration);

    if (NARROW_NO != narrowness)
    {
        const flopmeter_precision_t precision = NARROW_YES == narrowness ? FLOPMETER_TF32 : FLOPMETER_PRECISION_UNKNOWN;

        memory.of.worth.flop_count[precision] += memory.of.worth.flop_count[FLOPMETER_FP32];
        memory.of.worth.flop_count[FLOPMETER_FP32] = 0;
        flopmeter_cudnn_remember(plan, &memory);
    }
}

static void attribute_set(const void *const real, const void *const descriptor, const int name, const int type,
    const int64_t count, const void *const elements)
{
    flopmeter_cudnn_memory_t memory = { .type = FLOPMETER_CUDNN_VARIANT_PACK, .is_odd = true };

    if (FLOPMETER_CUDNN_ATTR_PACK_SHAPES == name)
    {
        atomic_store_explicit(&has_odd_packs, 1, memory_order_relaxed);
        flopmeter_cudnn_remember(descriptor, &memory);
        return;
    }
    if (NULL == elements || count < 1 || (name >= PACK_FIRST && name <= PACK_LAST) ||
        !flopmeter_cudnn_recall(descriptor, &memory))
    {
        return;
    }
    switch (memory.type)
    {
        case FLOPMETER_CUDNN_POINTWISE:
            set_pointwise(descriptor, &memory, name, elements);
            break;

        case FLOPMETER_CUDNN_TENSOR:
            set_tensor(descriptor, &memory, name, count, elements);
            break;

        case FLOPMETER_CUDNN_OPERATIONGRAPH:
            if (FLOPMETER_CUDNN_ATTR_GRAPH_OPS == name)
            {
                set_graph(descriptor, count, elements);
            }
            break;

        case FLOPMETER_CUDNN_ENGINE:
        case FLOPMETER_CUDNN_ENGINEHEUR:
        case FLOPMETER_CUDNN_ENGINECFG:
            if (FLOPMETER_CUDNN_ATTR_ENGINE_GRAPH == name || FLOPMETER_CUDNN_ATTR_HEUR_GRAPH == name ||
                FLOPMETER_CUDNN_ATTR_CFG_ENGINE == name)
            {
                inherit(descriptor, element_at(elements, 0));
            }
            break;

        case FLOPMETER_CUDNN_PLAN:
            if (FLOPMETER_CUDNN_ATTR_PLAN_CFG == name)
            {
                set_plan(real, descriptor, element_at(elements, 0));
            }
            break;

        default:
            set_operation(descriptor, &memory, name, type, count, elements);
            break;
    }
}

/* Configurations that the heuristics found, and the engine or configuration inside another. */
static void attribute_got(const void *const descriptor, const int name, const int64_t count, const void *const elements)
{
    for (int64_t i = 0;
         i < count && (FLOPMETER_CUDNN_ATTR_HEUR_RESULTS == name || FLOPMETER_CUDNN_ATTR_CFG_ENGINE == name ||
                          FLOPMETER_CUDNN_ATTR_PLAN_CFG == name);
         i++)
    {
        inherit(element_at(elements, i), descriptor);
    }
}

/*
 * What one execution computes; false, and a gap, when that is not known. Of a graph whose lengths lie on the device, or
 * in which a mask lets kernels leave something out, at most all and at least nothing: a part of it was never seen.
 */
static bool worth_of(const void *const plan, const void *const pack, flopmeter_cuda_sum_t *const sum)
{
    flopmeter_cudnn_memory_t memory;
    flopmeter_cudnn_memory_t variant;

    if (!flopmeter_cudnn_recall(plan, &memory) || !memory.of.worth.is_known ||
        (0 != atomic_load_explicit(&has_odd_packs, memory_order_relaxed) && flopmeter_cudnn_recall(pack, &variant) &&
            variant.is_odd))
    {
        flopmeter_cuda_gap();
        return false;
    }
    memset(sum, 0, sizeof(*sum));
    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        const flopmeter_u128_t flop_count = memory.of.worth.flop_count[p];

        sum->by_precision[p] = (flopmeter_shape_t){ memory.is_partial ? 0 : flop_count,
            memory.is_partial ? flop_count : 0, 0 };
    }
    return true;
}

static void executed(const void *const real, const void *const handle, const void *const plan, const void *const pack)
{
    flopmeter_cuda_sum_t sum;
    const void *stream;

    if (worth_of(plan, pack, &sum) && flopmeter_cudnn_stream(real, handle, &stream))
    {
        flopmeter_cuda_count_sum(stream, &sum);
    }
}

/* All nodes of a graph that was empty are the plan's; of another one nobody knows which are. */
static void populated(
    const void *const plan, const void *const pack, const void *const graph, const bool is_empty)
{
    flopmeter_cuda_sum_t sum;

    if (!worth_of(plan, pack, &sum))
    {
        return;
    }
    if (!is_empty || !flopmeter_cuda_table_add(FLOPMETER_CUDA_GRAPH, graph, &sum, true))
    {
        flopmeter_cuda_graph_add(graph, &sum);
    }
    else if (is_empty && !flopmeter_cuda_nodes_fill(graph))
    {
        flopmeter_cuda_table_came(graph, NULL, 0);
    }
}

/* By precision, and whatever of it is in a lower end. */
static bool is_same(const flopmeter_cuda_sum_t *const before, const flopmeter_cuda_sum_t *const now)
{
    bool is = true;

    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        is = is && before->by_precision[p].flop_count + before->by_precision[p].estimate ==
            now->by_precision[p].flop_count + now->by_precision[p].estimate;
    }
    return is;
}

/*
 * A graph that a plan filled has other addresses now, and the same work, unless the plan is another or brings sizes.
 * The graph is often one that its parent handed out, which is in no table: then it may be in any, and a plan of known
 * worth is taken for the one that filled it.
 */
static void renewed(const void *const plan, const void *const pack, const void *const graph)
{
    flopmeter_cuda_sum_t sum;
    flopmeter_cuda_sum_t before;

    if (!worth_of(plan, pack, &sum))
    {
        flopmeter_cuda_table_alter_graphs(FLOPMETER_CUDA_ALTERED_ANY);
    }
    else if (flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, graph, &before) && !is_same(&before, &sum))
    {
        (void)flopmeter_cuda_table_alter(FLOPMETER_CUDA_GRAPH, graph, FLOPMETER_CUDA_ALTERED_ANY);
    }
}

static void created(const int type, void *const *const descriptor)
{
    const flopmeter_cudnn_memory_t memory = { .type = type };

    /* Variant packs come and go with each execution, and are of interest only when they carry shapes. */
    if (NULL != descriptor && FLOPMETER_CUDNN_VARIANT_PACK != type)
    {
        flopmeter_cudnn_remember(*descriptor, &memory);
    }
}

#define REAL (const void *)(uintptr_t)real
#define P2 word_t a0, word_t a1
#define A2 a0, a1
#define P4 P3, word_t a3
#define A4 A3, a3
#define P5 P4, word_t a4
#define A5 A4, a4
#define P6 P5, word_t a5
#define A6 A5, a5
#define P1 word_t a0
#define A1 a0

FLOPMETER_CUDNN_WRAPPER(
    cudnnBackendCreateDescriptor, 2, created((int32_t)a0, (void *const *)flopmeter_cudnn_at(a1)))
FLOPMETER_CUDNN_WRAPPER(
    cudnnBackendSetAttribute, 5,
    attribute_set(
        REAL, flopmeter_cudnn_at(a0), (int32_t)a1, (int32_t)a2, (int64_t)a3, flopmeter_cudnn_at(a4)))
FLOPMETER_CUDNN_WRAPPER(
    cudnnBackendGetAttribute, 6,
    if (0 != a4 && 0 != a5) attribute_got(
        flopmeter_cudnn_at(a0), (int32_t)a1,
        flopmeter_lesser((int64_t)a3, *(const int64_t *)flopmeter_cudnn_at(a4)), flopmeter_cudnn_at(a5)))
FLOPMETER_CUDNN_WRAPPER(
    cudnnBackendExecute, 3,
    executed(REAL, flopmeter_cudnn_at(a0), flopmeter_cudnn_at(a1), flopmeter_cudnn_at(a2)))
FLOPMETER_CUDNN_WRAPPER_AROUND(
    cudnnBackendPopulateCudaGraph, 4, const bool is_empty = flopmeter_cuda_nodes_are_none(flopmeter_cudnn_at(a3)),
    populated(flopmeter_cudnn_at(a1), flopmeter_cudnn_at(a2), flopmeter_cudnn_at(a3), is_empty))
FLOPMETER_CUDNN_WRAPPER(
    cudnnBackendUpdateCudaGraph, 4,
    renewed(flopmeter_cudnn_at(a1), flopmeter_cudnn_at(a2), flopmeter_cudnn_at(a3)))

/* Forgotten before it is gone: its address may be another thread's next descriptor. */
FLOPMETER_WRAPPER int cudnnBackendDestroyDescriptor(word_t a0);
FLOPMETER_WRAPPER int cudnnBackendDestroyDescriptor(const word_t a0)
{
    typedef int real_t(word_t);
    FLOPMETER_SYMBOL(symbol, "cudnnBackendDestroyDescriptor", "", FLOPMETER_SOURCE_CUDA);
    FLOPMETER_BEGIN(real_t)
    if (NULL == real)
    {
        return FLOPMETER_CUDNN_NOT_SUPPORTED;
    }
    flopmeter_cudnn_forget(flopmeter_cudnn_at(a0));
    return real(a0);
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's backend where sizes are no sizes: lengths that lie on the device, masks, page tables and vectors. What may
 * be left out by a kernel is in no lower end, what can be done is in the upper one.
 */

#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "fake_cudnn.h"
#include "stub_core.h"

#define DESCRIPTOR (15)
#define MANY (8)
#define FLOP_COUNT (2 * 2 * 3 * 64 * 80 * (16 + 24))

static fake_stream_t stream;
static fake_dnn_t handle = { .stream = &stream };

static const int64_t queries[] = { 2, 3, 64, 16 };
static const int64_t keys[] = { 2, 3, 16, 80 };
static const int64_t scores[] = { 2, 3, 64, 80 };
static const int64_t values[] = { 2, 3, 80, 24 };
static const int64_t output[] = { 2, 3, 64, 24 };
static const int64_t lengths[] = { 2, 1, 1, 1 };

/* Descriptors of the graph at hand, all of which go before its plan is executed. */
static void *descriptors[64];
static int descriptor_count;

static void *make(int type)
{
    CHECK(descriptor_count < 64, "too many descriptors");
    CHECK(0 == cudnnBackendCreateDescriptor(type, &descriptors[descriptor_count]), "create");
    return descriptors[descriptor_count++];
}

static void destroy_all(void)
{
    while (descriptor_count > 0)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(descriptors[--descriptor_count]), "destroy");
    }
}

static void set(void *descriptor, int name, void *other)
{
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, DESCRIPTOR, 1, &other), "set %d", name);
}

static void set_number(void *descriptor, int name, int64_t number)
{
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, 3, 1, &number), "set %d", name);
}

static void *tensor(int type, bool is_virtual, const int64_t *dims)
{
    void *const made = make(17);

    CHECK(0 == cudnnBackendSetAttribute(made, 901, 1, 1, &type), "type");
    CHECK(0 == cudnnBackendSetAttribute(made, 902, 3, 4, dims), "dims");
    CHECK(0 == cudnnBackendSetAttribute(made, 907, 2, 1, &is_virtual), "virtual");
    return made;
}

static void *ragged(int type, const int64_t *dims)
{
    void *const made = tensor(type, false, dims);

    set(made, 913, tensor(4, false, lengths));
    return made;
}

static void *operation(int type, int first, void *a, void *b, void *c)
{
    void *const made = make(type);

    set(made, first, a);
    set(made, first + 1, b);
    set(made, first + 2, c);
    return made;
}

static void *graph_of(int count, void *const *operations)
{
    void *const graph = make(15);

    CHECK(0 == cudnnBackendSetAttribute(graph, 801, DESCRIPTOR, count, operations), "operations");
    return graph;
}

/* What an execution of a plan for these operations is worth: lower, estimate. A negative lower end: a gap. */
static void check(const char *what, int count, void *const *operations, int64_t lower, int64_t estimate)
{
    void *const engine = make(2);
    void *const configuration = make(3);
    void *plan = NULL;
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    CHECK(0 == cudnnBackendCreateDescriptor(5, &plan), "create");
    set(engine, 1300, graph_of(count, operations));
    set(configuration, 300, engine);
    set(plan, 401, configuration);
    destroy_all();
    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == cudnnBackendExecute(&handle, plan, NULL), "execute");
    CHECK((lower < 0 ? 0u : 1u) == stub_last()->calls, "%s: %llu counts", what,
        (unsigned long long)stub_last()->calls);
    CHECK(gaps + (lower < 0 ? 1 : 0) == stub_gaps(FLOPMETER_GAP_SHAPE), "%s: gaps", what);
    CHECK(lower < 0 || (flopmeter_u128_t)lower == stub_last()->shape.flop_count, "%s: lower end %llu", what,
        (unsigned long long)stub_last()->shape.flop_count);
    CHECK(lower < 0 || (flopmeter_u128_t)estimate == stub_last()->shape.estimate, "%s: estimate %llu", what,
        (unsigned long long)stub_last()->shape.estimate);
    CHECK(0 == stub_last()->shape.bound, "%s: bound", what);
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
}

static void check_full(const char *what, int count, void *const *operations)
{
    check(what, count, operations, FLOP_COUNT, 0);
}

static void check_partial(const char *what, int count, void *const *operations)
{
    check(what, count, operations, 0, FLOP_COUNT);
}

static void *pointwise(int mode)
{
    void *const descriptor = make(0);
    void *const made = make(13);

    CHECK(0 == cudnnBackendSetAttribute(descriptor, 0, 14, 1, &mode), "mode");
    set(made, 750, descriptor);
    set(made, 751, tensor(0, true, scores));
    set(made, 753, tensor(0, true, scores));
    return made;
}

/* Attention as the front end builds it. Return how many operations there are; room for two is left between. */
static int attention(void **operations, int type, bool is_ragged)
{
    operations[0] = operation(19, 1520, is_ragged ? ragged(type, queries) : tensor(type, false, queries),
        tensor(type, false, keys), tensor(0, true, scores));
    operations[1] = pointwise(13); /* exponential function */
    operations[2] = operation(19, 1520, tensor(0, true, scores), tensor(type, false, values),
        is_ragged ? ragged(type, output) : tensor(type, false, output));
    return 3;
}

/* One tensor with lengths behind it, one operation with a mask: all products of the graph depend on it. */
static void should_not_claim_what_lengths_leave_out(void)
{
    void *operations[MANY];
    int count = attention(operations, 9, false);

    check_full("attention without lengths", count, operations);
    count = attention(operations, 9, true);
    check_partial("packed sequences", count, operations);
    for (int name = 1525; name <= 1528; name++)
    {
        for (int which = 0; which <= 2; which += 2)
        {
            count = attention(operations, 2, false);
            set(operations[which], name, tensor(4, false, lengths)); /* 1528: an attribute of a later version */
            check_partial("rows, columns or depth given on the device", count, operations);
        }
    }
    count = attention(operations, 9, false);
    operations[count++] = pointwise(0);
    set(operations[1], 752, ragged(9, scores));
    check_partial("packed operand of an element-wise operation", count, operations);
    count = attention(operations, 9, false);
    void *inputs[2] = { tensor(9, false, values), ragged(9, values) };
    operations[count] = make(27);
    CHECK(0 == cudnnBackendSetAttribute(operations[count++], 1801, DESCRIPTOR, 2, inputs), "concatenation");
    check_partial("packed operand among others", count, operations);
}

/* Products at addresses of their own: how many is beside the sizes. */
static void should_tell_of_batches_beside_the_sizes(void)
{
    for (int64_t batch = 0; batch <= 2; batch++)
    {
        void *product =
            operation(19, 1520, tensor(9, false, queries), tensor(9, false, keys), tensor(9, false, scores));

        set_number(product, 1524, batch);
        check("a batch", 1, &product, 2 == batch ? -1 : 2 * 2 * 3 * 64 * 80 * 16, 0);
    }
}

static void should_not_claim_what_masks_leave_out(void)
{
    static const int masks[] = { 35, 39, 40, 44 }; /* loads of pages, band matrices, diagonal masks */
    void *operations[MANY];
    int count;

    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
    {
        count = attention(operations, 9, false);
        operations[count++] = make(masks[i]);
        check_partial("an operation that masks", count, operations);
    }
    count = attention(operations, 9, false);
    operations[count++] = pointwise(303);
    operations[count++] = pointwise(601);
    check_full("a mask that is data: no kernel knows what is in it", count, operations);
    count = attention(operations, 9, false);
    operations[count++] = pointwise(501);
    operations[count++] = pointwise(501);
    operations[count++] = pointwise(303);
    operations[count++] = pointwise(601);
    check_partial("a causal mask, made of places", count, operations);
    count = attention(operations, 9, false);
    operations[count++] = pointwise(777);
    check_partial("an element-wise operation of a later version", count, operations);
}

static void *fused(int type, int first)
{
    return operation(
        type, first, tensor(9, false, queries), tensor(9, false, keys), tensor(9, false, values));
}

/* Attention as one operation: what is set on it beside its operands. */
static void should_know_what_changes_fused_attention(void)
{
    static const int harmless[] = { 2804, 2805, 2814, 2815, 2816, 2817 };
    static const int lengthy[] = { 2806, 2809, 2810, 2820, 2821, 2830 };
    void *attention_of;

    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
    {
        attention_of = fused(41, 2800);
        set(attention_of, harmless[i], tensor(0, false, lengths));
        check_full("statistics, scale, dropout", 1, &attention_of);
    }
    for (size_t i = 0; i < sizeof(lengthy) / sizeof(lengthy[0]); i++)
    {
        attention_of = fused(41, 2800);
        set(attention_of, lengthy[i], tensor(4, false, lengths));
        check_partial("lengths, blocks", 1, &attention_of);
    }
    for (int name = 2807; name <= 2808; name++)
    {
        attention_of = fused(41, 2800);
        set(attention_of, 2810, tensor(4, false, lengths));
        set(attention_of, name, tensor(4, false, lengths));
        check("pages", 1, &attention_of, -1, 0);
    }
    attention_of = operation(
        41, 2800, ragged(9, queries), tensor(9, false, keys), tensor(9, false, values));
    check_partial("packed queries", 1, &attention_of);
}

static void should_know_what_changes_the_gradient(void)
{
    static const int harmless[] = { 2855, 2856, 2859, 2860, 2861, 2862, 2863, 2864 };
    static const int lengthy[] = { 2857, 2858, 2870 };
    const int64_t flop_count = 2 * 2 * 3 * 64 * 80 * (3 * 16 + 2 * 24);
    void *gradient;

    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
    {
        gradient = fused(43, 2851);
        set(gradient, harmless[i], tensor(0, false, lengths));
        check("statistics, gradients", 1, &gradient, flop_count, 0);
    }
    for (size_t i = 0; i < sizeof(lengthy) / sizeof(lengthy[0]); i++)
    {
        gradient = fused(43, 2851);
        set(gradient, lengthy[i], tensor(4, false, lengths));
        check("lengths", 1, &gradient, 0, flop_count);
    }
    for (int name = 2865; name <= 2866; name++)
    {
        gradient = fused(43, 2851);
        set_number(gradient, name, 100);
        check("most that all lengths are", 1, &gradient, 0, flop_count);
    }
}

/* What is done to the scores is a graph of its own, set on the operation. */
static void should_look_into_subgraphs(void)
{
    static const int where[][3] = { { 41, 2800, 2811 }, { 43, 2851, 2867 } };

    for (int i = 0; i < 2; i++)
    {
        const int64_t flop_count = 0 == i ? FLOP_COUNT : 2 * 2 * 3 * 64 * 80 * (3 * 16 + 2 * 24);
        void *attention_of = fused(where[i][0], where[i][1]);
        void *inner[3] = { pointwise(0) };

        set_number(attention_of, where[i][2] + 1, 7);
        set_number(attention_of, where[i][2] + 2, 8);
        set(attention_of, where[i][2], graph_of(1, inner));
        check("a bias", 1, &attention_of, flop_count, 0);
        attention_of = fused(where[i][0], where[i][1]);
        inner[0] = make(44);
        set(attention_of, where[i][2], graph_of(1, inner));
        check("a diagonal mask", 1, &attention_of, 0, flop_count);
        attention_of = fused(where[i][0], where[i][1]);
        inner[0] = pointwise(501);
        inner[1] = pointwise(303);
        inner[2] = pointwise(601);
        set(attention_of, where[i][2], graph_of(3, inner));
        check("a causal mask", 1, &attention_of, 0, flop_count);
        attention_of = fused(where[i][0], where[i][1]);
        CHECK(3 == attention(inner, 9, false), "three operations");
        set(attention_of, where[i][2], graph_of(3, inner));
        check("products inside", 1, &attention_of, -1, 0);
        attention_of = fused(where[i][0], where[i][1]);
        inner[0] = make(77);
        set(attention_of, where[i][2], graph_of(1, inner));
        check("an operation of a later version inside", 1, &attention_of, -1, 0);
        attention_of = fused(where[i][0], where[i][1]);
        set(attention_of, where[i][2], &stream);
        check("a graph that nobody saw", 1, &attention_of, -1, 0);
    }
}

/* 16 sequences of at most 4096, of 512 on average: what is true lies between the ends. */
static void should_hold_the_truth_of_packed_training(void)
{
    const int64_t packed[] = { 16, 16, 4096, 128 };
    const uint64_t most = 2 * UINT64_C(16) * 16 * 4096 * 4096 * (128 + 128);
    const uint64_t truth = 2 * UINT64_C(16) * 16 * 512 * 512 * (128 + 128);
    void *attention_of = operation(41, 2800, ragged(9, packed), ragged(9, packed), ragged(9, packed));

    set(attention_of, 2809, tensor(4, false, lengths));
    set(attention_of, 2810, tensor(4, false, lengths));
    check("packed training", 1, &attention_of, 0, (int64_t)most);
    CHECK(stub_last()->shape.flop_count <= truth && truth <= stub_last()->shape.estimate, "the truth lies outside");
}

static void *vectors(const int64_t *dims, int64_t count, int64_t dim, bool is_first)
{
    void *const made = make(17);
    const int type = 3;

    for (int i = 0; i < 2; i++)
    {
        if ((0 == i) == is_first)
        {
            set_number(made, 904, count);
            set_number(made, 905, dim);
        }
        else
        {
            CHECK(0 == cudnnBackendSetAttribute(made, 901, 1, 1, &type), "type");
            CHECK(0 == cudnnBackendSetAttribute(made, 902, 3, 4, dims), "dims");
        }
    }
    return made;
}

/* A dimension of vectors has one count for all elements of a vector. */
static void should_count_vectors_by_their_elements(void)
{
    const int64_t x[] = { 2, 3, 9, 8 };
    const int64_t w[] = { 64, 3, 3, 3 };
    const int64_t y[] = { 2, 2, 7, 6 };
    const int64_t huge[] = { 2, INT64_C(1) << 62, 7, 6 };
    static const int64_t counts[] = { 4, 32 };
    void *convolution;

    for (int i = 0; i < 4; i++)
    {
        const int64_t count = counts[i % 2];
        const int64_t flop_count = 2 * (2 * 2 * count * 7 * 6) * (3 * count * 3 * 3);

        convolution = operation(
            10, 703, vectors(w, count, 1, i < 2), vectors(x, count, 1, i < 2), vectors(y, count, 1, i < 2));
        check("forward", 1, &convolution, flop_count, 0);
        convolution = operation(
            12, 709, vectors(w, count, 1, i < 2), vectors(x, count, 1, i < 2), vectors(y, count, 1, i < 2));
        check("data", 1, &convolution, flop_count, 0);
        convolution = operation(
            11, 715, vectors(w, count, 1, i < 2), vectors(x, count, 1, i < 2), vectors(y, count, 1, i < 2));
        check("filter", 1, &convolution, flop_count, 0);
        convolution = operation(
            10, 703, vectors(w, 1, -1, i < 2), vectors(x, 1, 9, i < 2), vectors(y, 1, 0, i < 2));
        check("vectors of one", 1, &convolution, 2 * (2 * 2 * 7 * 6) * (3 * 3 * 3), 0);
        convolution = operation(
            10, 703, vectors(w, count, 1, i < 2), vectors(x, count, 1, i < 2), vectors(y, count, 4, i < 2));
        check("no such dimension", 1, &convolution, -1, 0);
        convolution = operation(
            10, 703, vectors(w, count, -1, i < 2), vectors(x, count, 1, i < 2), vectors(y, count, 1, i < 2));
        check("no dimension", 1, &convolution, -1, 0);
        convolution = operation(
            10, 703, vectors(w, count, 1, i < 2), vectors(x, count, 1, i < 2), vectors(huge, count, 1, i < 2));
        check("beyond 63 bits", 1, &convolution, -1, 0);
        convolution = operation(
            10, 703, vectors(w, -count, 1, i < 2), vectors(x, count, 1, i < 2), vectors(y, count, 1, i < 2));
        check("fewer than none", 1, &convolution, -1, 0);
    }
}

/* A captured plan keeps its interval for each launch. */
static void should_keep_intervals_with_graphs(void)
{
    void *operations[MANY];
    void *plan = NULL;
    void *graph = NULL;
    void *exec = NULL;
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
    const int count = attention(operations, 9, true);
    void *const engine = make(2);
    void *const configuration = make(3);

    CHECK(0 == cudnnBackendCreateDescriptor(5, &plan), "create");
    set(engine, 1300, graph_of(count, operations));
    set(configuration, 300, engine);
    set(plan, 401, configuration);
    destroy_all();
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    CHECK(0 == cudnnBackendExecute(&handle, plan, NULL), "execute");
    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && 0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK(0 == stub_last()->shape.flop_count && FLOP_COUNT == stub_last()->shape.estimate, "launch: another count");
    CHECK(0 == cudnnBackendDestroyDescriptor(plan) && gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

int main(void)
{
    should_not_claim_what_lengths_leave_out();
    should_tell_of_batches_beside_the_sizes();
    should_not_claim_what_masks_leave_out();
    should_know_what_changes_fused_attention();
    should_know_what_changes_the_gradient();
    should_look_into_subgraphs();
    should_hold_the_truth_of_packed_training();
    should_count_vectors_by_their_elements();
    should_keep_intervals_with_graphs();
    CHECK(0 == fake_cudnn_alive(), "%d descriptors left", fake_cudnn_alive());
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's backend: graphs of operations built as its front end builds them, executed after everything but the plan is
 * gone.
 */

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "cuda_abi.h"
#include "fake_cudnn.h"
#include "stub_core.h"

#define DESCRIPTOR (15)

static fake_stream_t stream;
static fake_dnn_t handle = { .stream = &stream };
static __thread uint64_t seed = 20261127;

static int draw(const int low, const int high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (int)((seed >> 33) % (uint64_t)(high - low + 1));
}

static void *make(const int type)
{
    void *descriptor = NULL;

    CHECK(0 == cudnnBackendCreateDescriptor(type, &descriptor), "create");
    return descriptor;
}

static void set(void *const descriptor, const int name, void *const other)
{
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, DESCRIPTOR, 1, &other), "set %d", name);
}

static void *tensor(const int type, const bool is_virtual, const int count, const int64_t *const dims)
{
    void *const made = make(17);

    CHECK(0 == cudnnBackendSetAttribute(made, 901, 1, 1, &type), "type");
    CHECK(0 == cudnnBackendSetAttribute(made, 902, 3, count, dims), "dims");
    CHECK(0 == cudnnBackendSetAttribute(made, 903, 3, count, dims), "strides");
    CHECK(0 == cudnnBackendSetAttribute(made, 907, 2, 1, &is_virtual), "virtual");
    return made;
}

/* An operation over three tensors, which are destroyed at once: it is the operation's now. */
static void *operation(const int type, const int first, void *const a, const int second, void *const b, const int third,
    void *const c)
{
    void *const made = make(type);

    set(made, first, a);
    set(made, second, b);
    set(made, third, c);
    CHECK(0 == cudnnBackendDestroyDescriptor(a) && 0 == cudnnBackendDestroyDescriptor(b), "destroy");
    CHECK(0 == cudnnBackendDestroyDescriptor(c), "destroy");
    return made;
}

/* By heuristics, or by the number of an engine. */
static void *plan_of(void *const *const operations, const int count, const bool by_heuristics)
{
    void *const graph = make(15);
    void *const plan = make(5);
    void *configurations[2] = { make(3), make(3) };
    void *const source = make(by_heuristics ? 4 : 2);
    int64_t results = 0;

    CHECK(0 == cudnnBackendSetAttribute(graph, 801, DESCRIPTOR, count, operations), "operations");
    set(source, by_heuristics ? 201 : 1300, graph);
    if (by_heuristics)
    {
        CHECK(0 == cudnnBackendGetAttribute(source, 202, DESCRIPTOR, 0, &results, NULL) && 2 == results, "how many");
        CHECK(0 == cudnnBackendGetAttribute(source, 202, DESCRIPTOR, 2, &results, configurations), "results");
    }
    else
    {
        set(configurations[1], 300, source);
    }
    CHECK(0 == cudnnBackendDestroyDescriptor(graph) && 0 == cudnnBackendDestroyDescriptor(source), "destroy");
    set(plan, 401, configurations[1]);
    CHECK(0 == cudnnBackendDestroyDescriptor(configurations[0]), "destroy");
    CHECK(0 == cudnnBackendDestroyDescriptor(configurations[1]), "destroy");
    for (int i = 0; i < count; i++)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(operations[i]), "destroy");
    }
    return plan;
}

static void execute(void *const plan)
{
    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == cudnnBackendExecute(&handle, plan, NULL), "execute");
}

static void check_worth(void *const plan, const flopmeter_precision_t precision, const uint64_t flop_count)
{
    for (int i = 0; i < 3; i++)
    {
        execute(plan);
        CHECK(
            flop_count == stub_last()->by_precision[precision] && flop_count == stub_last()->sum, "%llu, not %llu",
            (unsigned long long)stub_last()->by_precision[precision], (unsigned long long)flop_count);
    }
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
}

static void *convolution(const int way, const int type, uint64_t *const flop_count)
{
    const int64_t groups = draw(1, 3);
    const int64_t w[5] = { groups * draw(1, 5), draw(1, 6), draw(1, 3), draw(1, 3), draw(1, 3) };
    const int64_t y[5] = { draw(1, 4), w[0], draw(1, 9), draw(1, 9), draw(1, 9) };
    const int64_t x[5] = { y[0], groups * w[1], y[2] + w[2] - 1, y[3] + w[3] - 1, y[4] + w[4] - 1 };
    const int count = draw(3, 5);
    void *const input = tensor(type, false, count, x);
    void *const filter = tensor(type, false, count, w);
    void *const output = tensor(type, false, count, y);

    *flop_count = 2 * (uint64_t)w[1];
    for (int i = 0; i < count; i++)
    {
        *flop_count *= (uint64_t)(y[i] * (i < 2 ? 1 : w[i]));
    }
    return 0 == way ? operation(10, 704, input, 703, filter, 705, output)
        : 1 == way  ? operation(12, 710, input, 709, filter, 711, output)
                    : operation(11, 716, input, 715, filter, 717, output);
}

static void should_count_convolutions(void)
{
    static const int types[][2] = { { 2, FLOPMETER_FP16 }, { 9, FLOPMETER_BF16 }, { 1, FLOPMETER_FP64 },
        { 0, FLOPMETER_FP32 }, { 3, FLOPMETER_INT8 }, { 12, FLOPMETER_FP8 } };

    for (int i = 0; i < 500; i++)
    {
        const int *const type = types[draw(0, 5)];
        const int count = draw(1, 2);
        void *operations[2] = { NULL, NULL };
        uint64_t flop_count;

        operations[0] = convolution(draw(0, 2), type[0], &flop_count);
        if (2 == count)
        {
            operations[1] = make(13); /* an activation, which is not counted */
        }
        check_worth(plan_of(operations, count, draw(0, 1)), (flopmeter_precision_t)type[1], flop_count);
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

/* The engine's notes say whether fp32 goes to tensor cores. */
static void should_ask_the_engine_for_tf32(void)
{
    static const int narrow[] = { 4, 0 };
    static const int plain[] = { 3, 5 };
    uint64_t flop_count;

    for (int by_heuristics = 0; by_heuristics < 2; by_heuristics++)
    {
        void *operation_of = convolution(0, 0, &flop_count);

        fake_cudnn_notes(narrow, 2);
        check_worth(plan_of(&operation_of, 1, by_heuristics), FLOPMETER_TF32, flop_count);
        operation_of = convolution(1, 9, &flop_count);
        check_worth(plan_of(&operation_of, 1, by_heuristics), FLOPMETER_BF16, flop_count);
        operation_of = convolution(2, 0, &flop_count);
        fake_cudnn_notes(plain, 2);
        check_worth(plan_of(&operation_of, 1, by_heuristics), FLOPMETER_FP32, flop_count);
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

/* A library that does not say how an engine multiplies fp32: the count stands, its precision is not known. */
static void should_not_guess_what_the_engine_does_not_say(void)
{
    static const int narrow[] = { 4, 0 };
    static const struct
    {
        fake_deaf_t deaf;
        flopmeter_precision_t precision;
    }
    cases[] = { { FAKE_DEAF_COUNT, FLOPMETER_TF32 }, { FAKE_DEAF_NOTES, FLOPMETER_PRECISION_UNKNOWN },
        { FAKE_DEAF_ENGINE, FLOPMETER_PRECISION_UNKNOWN }, { FAKE_DEAF_LIES, FLOPMETER_PRECISION_UNKNOWN },
        { FAKE_DEAF_NO, FLOPMETER_TF32 } };

    fake_cudnn_notes(narrow, 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        uint64_t flop_count;
        void *operation_of = convolution(0, 0, &flop_count);

        fake_cudnn_deaf(cases[i].deaf);
        check_worth(plan_of(&operation_of, 1, true), cases[i].precision, flop_count);
        operation_of = convolution(0, 9, &flop_count);
        check_worth(plan_of(&operation_of, 1, true), FLOPMETER_BF16, flop_count);
    }
    fake_cudnn_notes(narrow, 1);
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void *matmul(const int64_t *const a, const int type_a, const bool is_a_virtual, const int64_t *const b,
    const int type_b, const bool is_b_virtual, const int64_t *const c)
{
    return operation(19, 1520, tensor(type_a, is_a_virtual, 4, a), 1521, tensor(type_b, is_b_virtual, 4, b), 1522,
        tensor(0, true, 4, c));
}

/* Attention as the front end builds it: product, softmax as element-wise operations, product. */
static void should_count_attention(void)
{
    const int64_t b = 2;
    const int64_t h = 3;
    const int64_t q = 64;
    const int64_t k = 80;
    const int64_t d = 16;
    const int64_t dv = 24;
    const int64_t queries[] = { b, h, q, d };
    const int64_t keys[] = { b, h, d, k };
    const int64_t scores[] = { b, h, q, k };
    const int64_t values[] = { b, h, k, dv };
    const int64_t output[] = { b, h, q, dv };
    const uint64_t forward = 2 * (uint64_t)(b * h * q * k * d) + 2 * (uint64_t)(b * h * q * k * dv);
    void *operations[4] = { matmul(queries, 9, false, keys, 9, false, scores), make(13), make(22),
        matmul(scores, 0, true, values, 9, false, output) };

    check_worth(plan_of(operations, 4, true), FLOPMETER_BF16, forward);
    void *fused = operation(41, 2800, tensor(2, false, 4, queries), 2801, tensor(2, false, 4, keys), 2802,
        tensor(2, false, 4, values));

    check_worth(plan_of(&fused, 1, false), FLOPMETER_FP16, forward);
    fused = operation(43, 2851, tensor(2, false, 4, queries), 2852, tensor(2, false, 4, keys), 2853,
        tensor(2, false, 4, values));
    check_worth(plan_of(&fused, 1, false), FLOPMETER_FP16,
        2 * (uint64_t)(b * h * q * k) * (uint64_t)(3 * d + 2 * dv));
    /* Both operands are fp32 inside the kernel: block-scaled formats, of which only the kernel knows. */
    fused = matmul(scores, 0, true, values, 0, true, output);
    check_worth(plan_of(&fused, 1, false), FLOPMETER_PRECISION_UNKNOWN, 2 * (uint64_t)(b * h * q * k * dv));
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void *with_uid(void *const made, const int64_t uid)
{
    CHECK(0 == cudnnBackendSetAttribute(made, 906, 3, 1, &uid), "uid");
    return made;
}

static void *reshape(void *const from, void *const to)
{
    void *const made = make(31);

    set(made, 2200, from);
    set(made, 2201, to);
    CHECK(0 == cudnnBackendDestroyDescriptor(from) && 0 == cudnnBackendDestroyDescriptor(to), "destroy");
    return made;
}

/*
 * The gradient of the queries, as the front end builds it: keys are reshaped into an fp32 tensor inside the kernel, and
 * multiplied with another. Twice reshaped, and in whatever order the operations come.
 */
static void should_follow_reshaped_operands(void)
{
    const int64_t keys[] = { 2, 3, 16, 80 };
    const int64_t moved[] = { 2, 3, 80, 16 };
    const int64_t scores[] = { 2, 3, 64, 80 };
    const int64_t output[] = { 2, 3, 64, 16 };
    const uint64_t flop_count = 2 * 2 * 3 * 64 * 80 * 16;

    for (int way = 0; way < 6; way++)
    {
        const int type = way < 4 ? 9 : 0;
        void *const product = operation(19, 1520, with_uid(tensor(0, true, 4, scores), 1), 1521,
            with_uid(tensor(0, true, 4, moved), 3 == way ? 77 : 3), 1522, tensor(0, false, 4, output));
        void *const first =
            reshape(with_uid(tensor(type, 5 == way, 4, keys), 2), with_uid(tensor(0, true, 4, keys), 4));
        void *const second = reshape(with_uid(tensor(0, true, 4, keys), 4), with_uid(tensor(0, true, 4, moved), 3));
        void *operations[3] = { 1 == way ? second : first, 2 == way ? product : 1 == way ? first : second,
            2 == way ? second : product };
        /* 3: made by something else; 4: keys in fp32, which this engine does not narrow; 5: a reshape of what is itself
           inside the kernel. */
        check_worth(plan_of(operations, 3, 0 == way), way < 3 ? FLOPMETER_BF16
                : 4 == way                                    ? FLOPMETER_FP32
                                                              : FLOPMETER_PRECISION_UNKNOWN,
            flop_count);
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void should_keep_a_capture_for_its_launches(void)
{
    uint64_t flop_count;
    void *operation_of = convolution(0, 9, &flop_count);
    void *const plan = plan_of(&operation_of, 1, true);
    void *graph = NULL;
    void *exec = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    execute(plan);
    CHECK(0 == stub_last()->calls, "counted at capture");
    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && 0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    CHECK(0 == cudaGraphLaunch(exec, &stream) && 0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK(2 * flop_count == stub_last()->sum, "two launches");

    CHECK(0 == cudaGraphCreate(&graph, 0), "create");
    CHECK(0 == cudnnBackendPopulateCudaGraph(&handle, plan, NULL, graph), "populate");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    CHECK(2 * flop_count == stub_last()->sum, "nothing is executed yet");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK(3 * flop_count == stub_last()->sum, "one launch");
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void check_gap(void *const plan, void *const pack)
{
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == cudnnBackendExecute(&handle, plan, pack), "execute");
    CHECK(0 == stub_last()->calls && gaps + 1 == stub_gaps(FLOPMETER_GAP_SHAPE), "nobody told");
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
}

static void should_tell_what_it_does_not_know(void)
{
    static const int unknown[] = { 42, 48, 51, 77 };
    const int64_t five[] = { 1, 2, 3, 4, 5 };
    uint64_t flop_count;
    void *operations[2];

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
    {
        operations[0] = convolution(0, 9, &flop_count);
        operations[1] = make(unknown[i]);
        check_gap(plan_of(operations, 2, true), NULL);
    }
    operations[0] = make(19); /* a product whose tensors were never set */
    check_gap(plan_of(operations, 1, false), NULL);
    operations[0] = operation(41, 2800, tensor(2, false, 5, five), 2801, tensor(2, false, 5, five), 2802,
        tensor(2, false, 5, five));
    check_gap(plan_of(operations, 1, false), NULL);
    operations[0] = operation(41, 2800, tensor(2, false, 4, five), 2801, tensor(2, false, 4, five), 2802,
        tensor(2, false, 4, five));
    void *const pages = tensor(4, false, 4, five);

    set(operations[0], 2808, pages); /* values are pages: their number is not in their sizes */
    CHECK(0 == cudnnBackendDestroyDescriptor(pages), "destroy");
    check_gap(plan_of(operations, 1, false), NULL);
    check_gap(make(5), NULL); /* read back from JSON */

    operations[0] = convolution(0, 9, &flop_count);
    void *const pack = make(16);

    set(pack, 1011, NULL); /* shapes given at execution */
    check_gap(plan_of(operations, 1, true), pack);
    CHECK(0 == cudnnBackendDestroyDescriptor(pack), "destroy");
}

static void *other_thread(void *const argument)
{
    seed = (uint64_t)(uintptr_t)argument;
    should_count_convolutions();
    return NULL;
}

static void should_keep_threads_apart(void)
{
    pthread_t threads[4];

    for (uintptr_t t = 0; t < 4; t++)
    {
        CHECK(0 == pthread_create(&threads[t], NULL, other_thread, (void *)(t + 1)), "thread");
    }
    for (int t = 0; t < 4; t++)
    {
        CHECK(0 == pthread_join(threads[t], NULL), "join");
    }
}

/* More descriptors than the table holds, then room again. */
static void should_tell_when_it_is_full(void)
{
    static void *descriptors[60000];
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
    uint64_t flop_count;
    void *operation_of = convolution(0, 9, &flop_count);
    void *const plan = plan_of(&operation_of, 1, true);

    for (int i = 0; i < 60000; i++)
    {
        descriptors[i] = make(17);
    }
    CHECK(gaps < stub_gaps(FLOPMETER_GAP_SHAPE), "nobody told");
    for (int i = 59999; i >= 0; i--)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(descriptors[(int)(((int64_t)i * 7919) % 60000)]), "destroy");
    }
    check_worth(plan, FLOPMETER_BF16, flop_count);
}

int main(void)
{
    should_count_convolutions();
    should_ask_the_engine_for_tf32();
    should_not_guess_what_the_engine_does_not_say();
    should_count_attention();
    should_follow_reshaped_operands();
    should_keep_a_capture_for_its_launches();
    should_keep_threads_apart();
    should_tell_when_it_is_full();
    should_tell_what_it_does_not_know();
    CHECK(0 == fake_cudnn_alive(), "%d descriptors left", fake_cudnn_alive());
    return 0;
}

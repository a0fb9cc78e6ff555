/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cuDNN whose answers can't be, or not yet: more dimensions than there are, negative and enormous sizes, types and
 * kinds of later versions. Each call is counted exactly or is one gap, and nothing else happens.
 */

#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "fake_cudnn.h"
#include "stub_core.h"

#define ROUNDS (20000)

static fake_stream_t stream;
static fake_dnn_t handle = { .stream = &stream };
static uint64_t seed = 20261129;

static uint32_t draw(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

/* Mostly what can be, now and then what can't. */
static int odd(int low, int high)
{
    static const int extremes[] = { -1, INT32_MIN, INT32_MAX, 0, 1 << 30, 4096 };
    const uint32_t number = draw();

    return 0 == number % 8 ? extremes[draw() % 6] : low + (int)(number / 8 % (uint32_t)(high - low + 1));
}

static void make_odd(fake_shape_t *shape)
{
    memset(shape, 0, sizeof(*shape));
    shape->type = odd(0, 3);
    shape->count = odd(3, 5);
    for (int i = 0; i < 8; i++)
    {
        shape->dims[i] = odd(1, 9);
    }
    /* The fake's own copy of the sizes must not leave its struct. */
    shape->count = shape->count < 0 ? -1 : shape->count > 8 ? 9 : shape->count;
}

/* False: not a size, or beyond 128 bits. */
static bool walk(const fake_shape_t *shape, int first, flopmeter_u128_t *product)
{
    bool is_good = shape->count >= first && shape->count <= 8;

    for (int i = first; is_good && i < shape->count; i++)
    {
        is_good = shape->dims[i] >= 0 && !__builtin_mul_overflow(*product, (flopmeter_u128_t)shape->dims[i], product);
    }
    return is_good;
}

static void check(bool is_known, flopmeter_u128_t flop_count, uint64_t gaps, const char *what, int round)
{
    const bool is_counted = is_known && 0 != flop_count;

    CHECK((is_counted ? UINT64_C(1) : 0) == stub_last()->calls, "%s, round %d: %llu counts", what, round,
        (unsigned long long)stub_last()->calls);
    CHECK(!is_counted || flop_count == stub_last()->shape.flop_count, "%s, round %d: another count", what, round);
    CHECK(gaps + (is_known ? UINT64_C(0) : 1) == stub_gaps(FLOPMETER_GAP_SHAPE), "%s, round %d: %llu gaps", what, round,
        (unsigned long long)(stub_gaps(FLOPMETER_GAP_SHAPE) - gaps));
    memset(stub_last(), 0, sizeof(*stub_last()));
}

static int convolve(void)
{
    static const double full[2] = { 1.0, 1.0 };
    static const float single[2] = { 1.0f, 1.0f };
    int known = 0;

    for (int round = 0; round < ROUNDS; round++)
    {
        fake_shape_t x;
        fake_shape_t w;
        fake_shape_t y;
        fake_shape_t desc;
        flopmeter_u128_t flop_count = 2;
        const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

        make_odd(&x);
        make_odd(&w);
        make_odd(&y);
        make_odd(&desc);
        desc.math = odd(0, 3);
        x.status = 0 == draw() % 64 ? 2000 : 0;
        /* Of what is multiplied only the type matters. */
        const bool is_known = 0 == x.status && walk(&y, 0, &flop_count) && walk(&w, 1, &flop_count);
        const void *const one = 1 == x.type ? (const void *)full : single;
        CHECK(0 == cudnnConvolutionForward(
            &handle, one, &x, NULL, &w, NULL, &desc, 0, NULL, 0, one, &y, (void *)77), "status");
        check(is_known, flop_count, gaps, "convolution", round);
        known += is_known ? 1 : 0;
    }
    return known;
}

static int recur(void)
{
    static const int lengths[4096] = { 3, 0, -5, INT32_MAX };
    int known = 0;

    for (int round = 0; round < ROUNDS; round++)
    {
        const fake_rnn_t rnn = { .mode = odd(0, 1), .direction = odd(0, 1), .input_mode = 0, .type = odd(0, 3),
            .math = odd(0, 3), .input = odd(0, 9), .hidden = odd(0, 9), .projected = 0, .layers = odd(0, 3) };
        const fake_data_t data = { odd(0, 4), lengths, 0 };
        const bool is_known = rnn.mode >= 0 && rnn.mode <= 3 && rnn.input >= 0 && rnn.hidden >= 0 &&
            rnn.layers >= 0 && rnn.layers <= 3 && data.batch >= 0 && data.batch <= 4;
        const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
        const flopmeter_u128_t directions = 1 == rnn.direction ? 2 : 1;
        const flopmeter_u128_t hidden = (flopmeter_u128_t)rnn.hidden;
        flopmeter_u128_t flop_count = 0;

        /* Sizes that the meter refuses are its own; here they are only far from any that are. */
        if (4096 == data.batch || 4096 == rnn.layers || 1 << 30 == data.batch || 1 << 30 == rnn.layers ||
            rnn.mode > 1)
        {
            continue;
        }
        for (int layer = 0; is_known && layer < rnn.layers; layer++)
        {
            const flopmeter_u128_t input = 0 == layer ? (flopmeter_u128_t)rnn.input : directions * hidden;

            flop_count += directions * 2 * (hidden * (hidden + input));
        }
        flop_count *= (flopmeter_u128_t)(data.batch >= 4 ? INT64_C(3) + INT32_MAX : data.batch >= 1 ? 3 : 0);
        CHECK(0 == cudnnRNNForward(&handle, &rnn, 1, NULL, &data, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            0, NULL, 0, NULL, 0, (void *)77), "status");
        check(is_known, flop_count, gaps, "network", round);
        known += is_known ? 1 : 0;
    }
    return known;
}

static void *make(int type, int name, int kind, int64_t count, const void *elements)
{
    void *descriptor = NULL;

    CHECK(0 == cudnnBackendCreateDescriptor(type, &descriptor), "create");
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, kind, count, elements), "set %d", name);
    return descriptor;
}

/* Its operations, which go with it. By heuristics, which say that they found more than they were asked for. */
static void *plan_of(void *const *operations, int count, bool by_heuristics)
{
    void *const graph = make(15, 801, 15, count, operations);
    void *const source = make(by_heuristics ? 4 : 2, by_heuristics ? 201 : 1300, 15, 1, &graph);
    void *configurations[2];
    int64_t results = 0;

    for (int i = 0; i < 2; i++)
    {
        CHECK(0 == cudnnBackendCreateDescriptor(3, &configurations[i]), "create");
    }
    if (by_heuristics)
    {
        fake_cudnn_deaf(FAKE_DEAF_MORE);
        CHECK(0 == cudnnBackendGetAttribute(source, 202, 15, 2, &results, configurations), "results");
        fake_cudnn_deaf(FAKE_DEAF_NO);
        CHECK(100 == results, "%d results", (int)results);
    }
    else
    {
        CHECK(0 == cudnnBackendSetAttribute(configurations[1], 300, 15, 1, &source), "engine");
    }
    void *const plan = make(5, 401, 15, 1, &configurations[1]);
    for (int i = 0; i < count; i++)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(operations[i]), "destroy");
    }
    CHECK(0 == cudnnBackendDestroyDescriptor(graph) && 0 == cudnnBackendDestroyDescriptor(source), "destroy");
    CHECK(0 == cudnnBackendDestroyDescriptor(configurations[0]), "destroy");
    CHECK(0 == cudnnBackendDestroyDescriptor(configurations[1]), "destroy");
    return plan;
}

/* Sizes have 64 bits each here. */
static void *product(int64_t m, int64_t n, int64_t k, int64_t count)
{
    static const int full = 1;
    const int64_t dims[3][16] = { { 1, m, k }, { 1, k, n }, { 1, m, n } };
    void *tensors[3];

    for (int i = 0; i < 3; i++)
    {
        tensors[i] = make(17, 902, 3, count, dims[i]);
        CHECK(0 == cudnnBackendSetAttribute(tensors[i], 901, 1, 1, &full), "type");
    }
    void *const operation = make(19, 1520, 15, 1, &tensors[0]);
    for (int i = 1; i < 3; i++)
    {
        CHECK(0 == cudnnBackendSetAttribute(operation, 1520 + i, 15, 1, &tensors[i]), "operand");
    }
    for (int i = 0; i < 3; i++)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(tensors[i]), "destroy");
    }
    return operation;
}

static void execute(int64_t m, int64_t n, int64_t k, int64_t count, bool is_known)
{
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
    void *const operation = product(m, n, k, count);
    void *const plan = plan_of(&operation, 1, 0 == m % 2);

    CHECK(0 == cudnnBackendExecute(&handle, plan, NULL), "status");
    check(is_known, 2 * (flopmeter_u128_t)m * (flopmeter_u128_t)n * (flopmeter_u128_t)k, gaps, "plan", (int)count);
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
}

/* 2^127 each: one can be counted, two can't. */
static void execute_two(void)
{
    const int64_t large = INT64_C(1) << 42;
    void *const operations[2] = { product(large, large, large, 3), product(large, large, large, 3) };
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
    void *const plan = plan_of(operations, 2, false);

    CHECK(0 == cudnnBackendExecute(&handle, plan, NULL), "status");
    check(false, 0, gaps, "two of 2^127 each", 0);
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
}

/* A driver that refuses to say whether the stream is captured: nobody knows when that is computed. */
static void be_refused(void)
{
    stream.query_result = 4;
    execute(11, 5, 7, 3, false);
    stream.query_result = 0;
    stream.status = 2; /* a capture that was spoilt */
    execute(11, 5, 7, 3, false);
    stream.status = 0;
    execute(11, 5, 7, 3, true);
}

int main(void)
{
    const int convolutions = convolve();
    const int networks = recur();

    CHECK(ROUNDS / 20 < convolutions && ROUNDS / 20 * 19 > convolutions, "%d convolutions are known", convolutions);
    CHECK(ROUNDS / 20 < networks && ROUNDS / 20 * 19 > networks, "%d networks are known", networks);
    execute(11, 5, 7, 3, true);
    execute(INT64_C(1) << 40, INT64_C(1) << 40, INT64_C(1) << 40, 3, true);
    execute(INT64_MAX, INT64_MAX, INT64_MAX, 3, false);
    execute(-1, 5, 7, 3, false);
    execute(INT64_MIN, 5, 7, 3, false);
    execute(11, 5, 7, 16, false);
    execute(11, 5, 7, 1, false);
    execute_two();
    be_refused();
    CHECK(0 == fake_cudnn_alive(), "%d descriptors left", fake_cudnn_alive());
    return 0;
}

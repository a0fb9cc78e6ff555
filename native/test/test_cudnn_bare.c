/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cuDNN without the functions that the meter asks with: the program runs on, what can't be told is a gap each time,
 * a function that is missing is looked for once, and a format that nobody tells is unknown.
 */

#include <string.h>

#include "check.h"
#include "fake_cudnn.h"
#include "stub_core.h"

static fake_dnn_t handle;

static void check_gaps(uint64_t symbols, uint64_t shapes, const char *what)
{
    CHECK(0 == stub_last()->calls, "%s was counted", what);
    CHECK(symbols == stub_gaps(FLOPMETER_GAP_SYMBOL) && shapes == stub_gaps(FLOPMETER_GAP_SHAPE),
        "%s: %llu gaps for functions, %llu for shapes", what, (unsigned long long)stub_gaps(FLOPMETER_GAP_SYMBOL),
        (unsigned long long)stub_gaps(FLOPMETER_GAP_SHAPE));
}

static void *make(int type, int name, int kind, int64_t count, const void *elements)
{
    void *descriptor = NULL;

    CHECK(0 == cudnnBackendCreateDescriptor(type, &descriptor), "create");
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, kind, count, elements), "set %d", name);
    return descriptor;
}

/* A product of 2 x 11 x 5 x 7 in fp32, as its front end makes it. */
static void *make_plan(void)
{
    static const int64_t dims[3][3] = { { 1, 11, 7 }, { 1, 7, 5 }, { 1, 11, 5 } };
    static const int single = 0;
    void *made[7] = { NULL };

    for (int i = 0; i < 3; i++)
    {
        made[i] = make(17, 902, 3, 3, dims[i]);
        CHECK(0 == cudnnBackendSetAttribute(made[i], 901, 1, 1, &single), "type");
    }
    made[3] = make(19, 1520, 15, 1, &made[0]);
    CHECK(0 == cudnnBackendSetAttribute(made[3], 1521, 15, 1, &made[1]), "right");
    CHECK(0 == cudnnBackendSetAttribute(made[3], 1522, 15, 1, &made[2]), "result");
    made[4] = make(15, 801, 15, 1, &made[3]);
    made[5] = make(2, 1300, 15, 1, &made[4]);
    made[6] = make(3, 300, 15, 1, &made[5]);
    void *const plan = make(5, 401, 15, 1, &made[6]);
    for (int i = 0; i < 7; i++)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(made[i]), "destroy");
    }
    return plan;
}

int main(void)
{
    static const float one = 1.0f;
    static const int lengths[1] = { 3 };
    const fake_shape_t shape = { .count = 4, .dims = { 2, 2, 2, 2 } };
    const fake_rnn_t rnn = { .input = 2, .hidden = 5, .layers = 1 };
    const fake_data_t data = { 1, lengths, 0 };
    fake_stream_t stream = { 0 };
    void *graph = NULL;
    void *exec = NULL;

    for (uint64_t i = 1; i <= 3; i++)
    {
        CHECK(0 == cudnnConvolutionForward(&handle, &one, &shape, NULL, &shape, NULL, &shape, 0, NULL, 0, &one, &shape,
            (void *)77), "status");
        check_gaps(1, i, "a convolution");
    }
    for (uint64_t i = 1; i <= 3; i++)
    {
        CHECK(0 == cudnnRNNForward(&handle, &rnn, 1, NULL, &data, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            0, NULL, 0, NULL, 0, (void *)77), "status");
        check_gaps(2, 3 + i, "a network");
    }
    /* Nobody says how its engine multiplies fp32; and then not on which stream. */
    void *const plan = make_plan();
    for (uint64_t i = 1; i <= 3; i++)
    {
        CHECK(0 == cudnnBackendExecute(&handle, plan, NULL), "status");
        check_gaps(3, 6 + i, "a plan");
    }
    CHECK(0 == cudaGraphCreate(&graph, 0), "create");
    CHECK(0 == cudnnBackendPopulateCudaGraph(&handle, plan, NULL, graph), "populate");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0) && 0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK(2 * 11 * 5 * 7 == stub_last()->sum && FLOPMETER_PRECISION_UNKNOWN == stub_last()->precision,
        "%llu FLOP of format %d", (unsigned long long)stub_last()->sum, (int)stub_last()->precision);
    CHECK(0 == cudnnBackendDestroyDescriptor(plan) && 0 == fake_cudnn_alive(), "descriptors left");
    return 0;
}

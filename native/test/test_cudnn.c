/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's convolutions and recurrent networks. Expectations come from walking through the loops of the definition.
 */

#include <string.h>

#include "check.h"
#include "cuda_abi.h"
#include "fake_cudnn.h"
#include "stub_core.h"

static fake_stream_t stream;
static fake_dnn_t handle = { .stream = &stream };
static uint64_t seed = 20261127;

static int draw(const int low, const int high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (int)((seed >> 33) % (uint64_t)(high - low + 1));
}

typedef struct convolution_stct
{
    fake_shape_t x;
    fake_shape_t w;
    fake_shape_t y;
    fake_shape_t desc;
    uint64_t flop_count;
    flopmeter_precision_t precision;
}
convolution_t;

/* Types of the operands, math type, format of the product. */
static const int kinds[][4] =
{
    { 0, 0, 0, FLOPMETER_TF32 }, { 0, 0, 1, FLOPMETER_TF32 }, { 0, 0, 2, FLOPMETER_FP16 }, { 0, 0, 3, FLOPMETER_FP32 },
    { 1, 1, 0, FLOPMETER_FP64 }, { 2, 2, 1, FLOPMETER_FP16 }, { 9, 9, 0, FLOPMETER_BF16 }, { 3, 3, 0, FLOPMETER_INT8 },
    { 6, 3, 0, FLOPMETER_INT8 }, { 12, 13, 0, FLOPMETER_FP8 }, { 2, 0, 3, FLOPMETER_FP32 },
    { 44, 0, 0, FLOPMETER_PRECISION_UNKNOWN },
};

/* One multiply and one add for each output, input channel of its group and place in the kernel. */
static uint64_t walk(const convolution_t *const convolution)
{
    uint64_t total = 0;
    int outputs = 1;
    int kernel = 1;

    for (int i = 2; i < convolution->y.count; i++)
    {
        outputs *= convolution->y.dims[i];
        kernel *= convolution->w.dims[i];
    }
    for (int n = 0; n < convolution->y.dims[0]; n++)
    {
        for (int k = 0; k < convolution->w.dims[0]; k++)
        {
            for (int o = 0; o < outputs; o++)
            {
                for (int c = 0; c < convolution->w.dims[1]; c++)
                {
                    for (int r = 0; r < kernel; r++)
                    {
                        total += 2;
                    }
                }
            }
        }
    }
    return total;
}

static void prepare(convolution_t *const convolution)
{
    const int *const kind = kinds[draw(0, (int)(sizeof(kinds) / sizeof(kinds[0])) - 1)];
    const int groups = draw(1, 3);
    const int count = draw(3, 5);

    memset(convolution, 0, sizeof(*convolution));
    convolution->x.type = kind[0];
    convolution->w.type = kind[1];
    convolution->y.type = kind[0];
    convolution->desc.math = kind[2];
    convolution->precision = (flopmeter_precision_t)kind[3];
    convolution->x.count = convolution->w.count = convolution->y.count = count;
    convolution->w.dims[1] = draw(1, 4);
    convolution->x.dims[0] = convolution->y.dims[0] = draw(1, 4);
    convolution->x.dims[1] = groups * convolution->w.dims[1];
    convolution->w.dims[0] = convolution->y.dims[1] = groups * draw(1, 4);
    for (int i = 2; i < count; i++)
    {
        convolution->w.dims[i] = draw(1, 3);
        convolution->y.dims[i] = draw(1, 5);
        convolution->x.dims[i] = convolution->y.dims[i] + convolution->w.dims[i] - 1;
    }
    convolution->flop_count = walk(convolution);
}

static int run(convolution_t *const item, const int way, const void *const alpha)
{
    const int calls = handle.calls;
    void *const end = (void *)77;
    int status;

    memset(stub_last(), 0, sizeof(*stub_last()));
    switch (way)
    {
        case 0:
            status = cudnnConvolutionForward(
                &handle, alpha, &item->x, NULL, &item->w, NULL, &item->desc, 1, NULL, 0, alpha, &item->y, end);
            break;
        case 1:
            status = cudnnConvolutionBackwardData(
                &handle, alpha, &item->w, NULL, &item->y, NULL, &item->desc, 1, NULL, 0, alpha, &item->x, end);
            break;
        case 2:
            status = cudnnConvolutionBackwardFilter(
                &handle, alpha, &item->x, NULL, &item->y, NULL, &item->desc, 1, NULL, 0, alpha, &item->w, end);
            break;
        default:
            status = cudnnConvolutionBiasActivationForward(&handle, alpha, &item->x, NULL, &item->w, NULL, &item->desc,
                1, NULL, 0, alpha, &item->y, NULL, &item->w, NULL, NULL, &item->y, end);
            break;
    }
    CHECK(calls + 1 == handle.calls, "way %d did not reach the library", way);
    return status;
}

static void should_count_convolutions(void)
{
    const float single[2] = { 1.0f, 7.0f };
    const double full = 1.0;

    for (int i = 0; i < 4000; i++)
    {
        const int way = draw(0, 3);
        convolution_t item;

        prepare(&item);
        CHECK(0 == run(&item, way, 1 == item.x.type ? (const void *)&full : (const void *)single), "status");
        CHECK(
            item.flop_count == stub_last()->shape.flop_count && 1 == stub_last()->calls,
            "round %d way %d: %llu, expected %llu", i, way, (unsigned long long)stub_last()->shape.flop_count,
            (unsigned long long)item.flop_count);
        CHECK(item.precision == stub_last()->precision, "round %d: precision %d", i, (int)stub_last()->precision);
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void should_count_nothing(void)
{
    const float zero_single[2] = { 0, 1.0f };
    const double zero_full[2] = { 0, 1.0 };
    const float one = 1.0f;
    convolution_t item;

    for (int way = 0; way < 4; way++)
    {
        do
        {
            prepare(&item);
        }
        while (1 == item.x.type);
        CHECK(0 == run(&item, way, zero_single) && 0 == stub_last()->calls, "alpha = 0");
        handle.status = 3000;
        CHECK(3000 == run(&item, way, &one) && 0 == stub_last()->calls, "status");
        handle.status = 0;
        item.y.dims[0] = item.x.dims[0] = 0;
        CHECK(0 == run(&item, way, &one) && 0 == stub_last()->calls, "nothing to do");
        do
        {
            prepare(&item);
        }
        while (1 != item.x.type);
        CHECK(0 == run(&item, way, zero_full) && 0 == stub_last()->calls, "alpha = 0");
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void should_tell_what_it_cannot_read(void)
{
    const double one[2] = { 1.0, 1.0 };
    uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
    convolution_t item;

    for (int broken = 0; broken < 6; broken++)
    {
        prepare(&item);
        item.x.status = 0 == broken ? 2000 : 0;
        item.w.status = 1 == broken ? 2000 : 0;
        item.y.status = 2 == broken ? 2000 : 0;
        item.desc.status = 3 == broken ? 2000 : 0;
        handle.getter_status = 4 == broken ? 2000 : 0;
        item.y.dims[2] = 5 == broken ? -1 : item.y.dims[2];
        CHECK(0 == run(&item, 0, one) && 0 == stub_last()->calls, "broken %d", broken);
        CHECK(++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "broken %d", broken);
    }
    handle.getter_status = 0;
    CHECK(0 == cudnnFindConvolutionForwardAlgorithm(&handle, NULL, NULL, NULL, NULL, 1, NULL, (void *)77), "find");
    CHECK(++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "trials of algorithms");
}

/* int8x4 and int8x32: in the layout of vectors sizes count elements all the same, in others vectors. */
static void should_know_what_sizes_of_vectors_count(void)
{
    static const int types[] = { 5, 7, 8 };
    const float one[2] = { 1.0f, 1.0f };
    uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    for (int i = 0; i < 3 * 4; i++)
    {
        const int length = 8 == types[i % 3] ? 32 : 4;
        convolution_t item;

        prepare(&item);
        item.x.type = item.w.type = item.y.type = types[i % 3];
        item.x.layout = item.w.layout = item.y.layout = 2;
        item.w.dims[1] = item.x.dims[1] = length * draw(1, 3);
        item.y.dims[1] = item.w.dims[0] = length * draw(1, 3);
        CHECK(0 == run(&item, i / 3, one) && walk(&item) == stub_last()->shape.flop_count, "way %d: %llu", i / 3,
            (unsigned long long)stub_last()->shape.flop_count);
        CHECK(FLOPMETER_INT8 == stub_last()->precision, "precision");
        /* Others are a gap: that cuDNN multiplies such has not been seen. */
        for (int broken = 0; broken < 3; broken++)
        {
            item.y.layout = 0 == broken ? 0 : 2;
            item.w.layout = 1 == broken ? 1 : 2;
            item.y.size_status = 2 == broken ? 2000 : 0;
            CHECK(0 == run(&item, i / 3, one) && 0 == stub_last()->calls, "way %d, broken %d", i / 3, broken);
            CHECK(++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "way %d, broken %d", i / 3, broken);
        }
    }
}

/* ---- Recurrent networks ---- */
static uint64_t walk_rnn(const fake_rnn_t *const rnn, const fake_data_t *const data)
{
    static const int gates[] = { 1, 1, 4, 3 };
    const int has_projection = rnn->projected > 0 && rnn->projected < rnn->hidden;
    const int state = has_projection ? rnn->projected : rnn->hidden;
    uint64_t total = 0;

    for (int sequence = 0; sequence < data->batch; sequence++)
    {
        for (int token = 0; token < data->lengths[sequence]; token++)
        {
            for (int layer = 0; layer < rnn->layers; layer++)
            {
                for (int direction = 0; direction <= rnn->direction; direction++)
                {
                    const int input = 0 == layer ? (1 == rnn->input_mode ? 0 : rnn->input)
                                                 : (1 + rnn->direction) * state;

                    for (int gate = 0; gate < gates[rnn->mode]; gate++)
                    {
                        total += 2 * (uint64_t)rnn->hidden * (uint64_t)(input + state);
                    }
                    total += has_projection ? 2 * (uint64_t)rnn->hidden * (uint64_t)state : 0;
                }
            }
        }
    }
    return total;
}

static int run_rnn(const fake_rnn_t *const rnn, const fake_data_t *const data, const int way)
{
    void *const end = (void *)77;

    memset(stub_last(), 0, sizeof(*stub_last()));
    switch (way)
    {
        case 0:
            return cudnnRNNForward(&handle, rnn, 1, NULL, data, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0,
                NULL, 0, NULL, 0, end);
        case 1:
            return cudnnRNNBackwardData_v8(&handle, rnn, NULL, NULL, NULL, NULL, data, NULL, NULL, NULL, NULL, NULL,
                NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0, end);
        default:
            return cudnnRNNBackwardWeights_v8(
                &handle, rnn, 1, NULL, data, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0, end);
    }
}

static void should_count_recurrent_networks(void)
{
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    for (int i = 0; i < 3000; i++)
    {
        const int way = draw(0, 2);
        const int hidden = draw(1, 20);
        const int lengths[3] = { draw(1, 9), draw(0, 5), draw(1, 3) };
        const int is_half = draw(0, 1);
        const fake_rnn_t rnn = { .mode = draw(0, 3), .direction = draw(0, 1), .input_mode = draw(0, 1),
            .type = is_half ? 2 : 0, .math = 3, .input = draw(1, 20), .hidden = hidden,
            .projected = draw(0, 1) ? hidden : draw(0, hidden), .layers = draw(1, 4) };
        const fake_data_t data = { draw(1, 3), lengths, 0 };

        CHECK(0 == run_rnn(&rnn, &data, way), "status");
        CHECK(
            walk_rnn(&rnn, &data) == stub_last()->shape.flop_count, "round %d way %d: %llu, expected %llu", i, way,
            (unsigned long long)stub_last()->shape.flop_count, (unsigned long long)walk_rnn(&rnn, &data));
        CHECK((is_half ? FLOPMETER_FP16 : FLOPMETER_FP32) == stub_last()->precision, "precision");
    }
    CHECK(gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void should_tell_what_it_cannot_read_of_networks(void)
{
    const int lengths[1] = { 3 };
    fake_rnn_t rnn = { .mode = 2, .input = 5, .hidden = 6, .layers = 1, .status = 2000 };
    fake_data_t data = { 1, lengths, 0 };
    uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    CHECK(0 == run_rnn(&rnn, &data, 0) && ++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "descriptor");
    rnn.status = 0;
    rnn.mode = 9;
    CHECK(0 == run_rnn(&rnn, &data, 0) && ++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "a kind of cell not known");
    rnn.mode = 2;
    data.status = 2000;
    CHECK(0 == run_rnn(&rnn, &data, 0) && ++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "data");
    static const int many[3000] = { 1 };

    data = (fake_data_t){ 3000, many, 0 };
    CHECK(0 == run_rnn(&rnn, &data, 0) && ++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "a batch beyond what is looked at");
    CHECK(0 == stub_last()->calls, "counted");
}

int main(void)
{
    should_count_convolutions();
    should_count_nothing();
    should_know_what_sizes_of_vectors_count();
    should_count_recurrent_networks();
    should_tell_what_it_cannot_read();
    should_tell_what_it_cannot_read_of_networks();
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wrappers over the machine's own oneDNN (major 2: the C API of major 3 creates primitives otherwise). Layouts are
 * left to the library, so that blocked and padded ones occur: channels are chosen not to fill a block.
 */

#include <stdio.h>
#include <stdlib.h>

#include "onednn_core_stub.h"

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#endif

#if defined(DNNL_VERSION_MAJOR) && 2 == DNNL_VERSION_MAJOR

#define CHECK(condition) \
    do \
    { \
        if (!(condition)) \
        { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static dnnl_memory_desc_t tensor(const dnnl_data_type_t type, const int ndims, const dnnl_dims_t dims)
{
    dnnl_memory_desc_t desc;

    CHECK(dnnl_success == dnnl_memory_desc_init_by_tag(&desc, ndims, dims, type, dnnl_format_tag_any));
    return desc;
}

static dnnl_primitive_desc_t describe(const void *const operation, const_dnnl_primitive_desc_t hint)
{
    dnnl_primitive_desc_t desc;

    CHECK(dnnl_success == dnnl_primitive_desc_create(&desc, operation, NULL, engine, hint));
    return desc;
}

/* Execute with the three memories that the operation wants and return what was counted. */
static stub_tally_t execute(const_dnnl_primitive_desc_t desc, const int first, const int second, const int third)
{
    const int names[] = { first, second, third };
    dnnl_exec_arg_t args[3];
    dnnl_primitive_t primitive;

    CHECK(dnnl_success == dnnl_primitive_create(&primitive, desc));
    for (int i = 0; i < 3; i++)
    {
        args[i].arg = names[i];
        CHECK(dnnl_success ==
            dnnl_memory_create(&args[i].memory, dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, names[i]),
                engine, DNNL_MEMORY_ALLOCATE));
    }

    (void)stub_take();
    CHECK(dnnl_success == dnnl_primitive_execute(primitive, stream, 3, args));
    CHECK(dnnl_success == dnnl_stream_wait(stream));
    const stub_tally_t tally = stub_take();

    for (int i = 0; i < 3; i++)
    {
        dnnl_memory_destroy(args[i].memory);
    }
    dnnl_primitive_destroy(primitive);
    CHECK(0 == tally.gaps[FLOPMETER_GAP_SHAPE] && 0 == tally.gaps[FLOPMETER_GAP_SYMBOL] && 0 == tally.strays);
    return tally;
}

#define EXPECT(expected, precision, desc, first, second, third) \
    do \
    { \
        const stub_tally_t tally_taken = execute((desc), (first), (second), (third)); \
        CHECK((expected) == tally_taken.flop_count[precision]); \
        CHECK(1 == tally_taken.calls[precision]); \
    } while (0)

/* Batch 2, 6 -> 9 channels in 3 groups, 3 x 3 kernel dilated to 5 x 5, 13 x 11 with padding 1 and stride 2 -> 6 x 5. */
static void test_convolution(const dnnl_data_type_t type, const flopmeter_precision_t precision)
{
    const dnnl_memory_desc_t src = tensor(type, 4, (dnnl_dims_t){ 2, 6, 13, 11 });
    const dnnl_memory_desc_t weights = tensor(type, 5, (dnnl_dims_t){ 3, 3, 2, 3, 3 });
    const dnnl_memory_desc_t dst = tensor(type, 4, (dnnl_dims_t){ 2, 9, 6, 5 });
    const dnnl_dims_t strides = { 2, 2 };
    const dnnl_dims_t dilates = { 1, 1 };
    const dnnl_dims_t padding = { 1, 1 };
    const flopmeter_u128_t expected = 2 * (2 * 9 * 6 * 5) * (2 * 3 * 3);
    dnnl_convolution_desc_t operation;

    CHECK(dnnl_success == dnnl_dilated_convolution_forward_desc_init(&operation, dnnl_forward_training,
        dnnl_convolution_direct, &src, &weights, NULL, &dst, strides, dilates, padding, padding));
    const dnnl_primitive_desc_t forward = describe(&operation, NULL);

    EXPECT(expected, precision, forward, DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);

    CHECK(dnnl_success == dnnl_dilated_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &src,
        &weights, &dst, strides, dilates, padding, padding));
    const dnnl_primitive_desc_t backward_data = describe(&operation, forward);

    EXPECT(expected, precision, backward_data, DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC);

    CHECK(dnnl_success == dnnl_dilated_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct,
        &src, &weights, NULL, &dst, strides, dilates, padding, padding));
    const dnnl_primitive_desc_t backward_weights = describe(&operation, forward);

    EXPECT(expected, precision, backward_weights, DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS);
    dnnl_primitive_desc_destroy(backward_weights);
    dnnl_primitive_desc_destroy(backward_data);
    dnnl_primitive_desc_destroy(forward);
}

/* The transpose of 5 -> 7 channels, 3 x 3, stride 2, 9 x 9 -> 4 x 4: from 7 channels of 4 x 4 to 5 of 9 x 9. */
static void test_deconvolution(void)
{
    const dnnl_memory_desc_t src = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 7, 4, 4 });
    const dnnl_memory_desc_t weights = tensor(dnnl_f32, 4, (dnnl_dims_t){ 5, 7, 3, 3 });
    const dnnl_memory_desc_t dst = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 5, 9, 9 });
    const dnnl_dims_t strides = { 2, 2 };
    const dnnl_dims_t none = { 0, 0 };
    const flopmeter_u128_t expected = 2 * (2 * 7 * 4 * 4) * (5 * 3 * 3);
    dnnl_deconvolution_desc_t operation;

    CHECK(dnnl_success == dnnl_dilated_deconvolution_forward_desc_init(&operation, dnnl_forward_training,
        dnnl_deconvolution_direct, &src, &weights, NULL, &dst, strides, none, none, none));
    const dnnl_primitive_desc_t forward = describe(&operation, NULL);

    EXPECT(expected, FLOPMETER_FP32, forward, DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);

    CHECK(dnnl_success == dnnl_dilated_deconvolution_backward_data_desc_init(&operation, dnnl_deconvolution_direct,
        &src, &weights, &dst, strides, none, none, none));
    const dnnl_primitive_desc_t backward_data = describe(&operation, forward);

    EXPECT(expected, FLOPMETER_FP32, backward_data, DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC);

    CHECK(dnnl_success == dnnl_dilated_deconvolution_backward_weights_desc_init(&operation, dnnl_deconvolution_direct,
        &src, &weights, NULL, &dst, strides, none, none, none));
    const dnnl_primitive_desc_t backward_weights = describe(&operation, forward);

    EXPECT(expected, FLOPMETER_FP32, backward_weights, DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS);
    dnnl_primitive_desc_destroy(backward_weights);
    dnnl_primitive_desc_destroy(backward_data);
    dnnl_primitive_desc_destroy(forward);
}

static void test_inner_product(void)
{
    const dnnl_memory_desc_t src = tensor(dnnl_f32, 4, (dnnl_dims_t){ 5, 3, 4, 2 });
    const dnnl_memory_desc_t weights = tensor(dnnl_f32, 4, (dnnl_dims_t){ 7, 3, 4, 2 });
    const dnnl_memory_desc_t dst = tensor(dnnl_f32, 2, (dnnl_dims_t){ 5, 7 });
    const flopmeter_u128_t expected = 2 * 5 * 7 * (3 * 4 * 2);
    dnnl_inner_product_desc_t operation;

    CHECK(dnnl_success ==
        dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_training, &src, &weights, NULL, &dst));
    const dnnl_primitive_desc_t forward = describe(&operation, NULL);

    EXPECT(expected, FLOPMETER_FP32, forward, DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);

    CHECK(dnnl_success == dnnl_inner_product_backward_data_desc_init(&operation, &src, &weights, &dst));
    const dnnl_primitive_desc_t backward_data = describe(&operation, forward);

    EXPECT(expected, FLOPMETER_FP32, backward_data, DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC);

    CHECK(dnnl_success == dnnl_inner_product_backward_weights_desc_init(&operation, &src, &weights, NULL, &dst));
    const dnnl_primitive_desc_t backward_weights = describe(&operation, forward);

    EXPECT(expected, FLOPMETER_FP32, backward_weights, DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS);
    dnnl_primitive_desc_destroy(backward_weights);
    dnnl_primitive_desc_destroy(backward_data);
    dnnl_primitive_desc_destroy(forward);
}

static void test_matmul(void)
{
    const dnnl_memory_desc_t src = tensor(dnnl_f32, 3, (dnnl_dims_t){ 4, 5, 6 });
    const dnnl_memory_desc_t weights = tensor(dnnl_f32, 3, (dnnl_dims_t){ 1, 6, 7 });
    const dnnl_memory_desc_t dst = tensor(dnnl_f32, 3, (dnnl_dims_t){ 4, 5, 7 });
    const dnnl_memory_desc_t src_u8 = tensor(dnnl_u8, 2, (dnnl_dims_t){ 8, 9 });
    const dnnl_memory_desc_t weights_s8 = tensor(dnnl_s8, 2, (dnnl_dims_t){ 9, 3 });
    const dnnl_memory_desc_t dst_s32 = tensor(dnnl_s32, 2, (dnnl_dims_t){ 8, 3 });
    dnnl_matmul_desc_t operation;

    CHECK(dnnl_success == dnnl_matmul_desc_init(&operation, &src, &weights, NULL, &dst));
    const dnnl_primitive_desc_t broadcast = describe(&operation, NULL);

    EXPECT(2 * 4 * 5 * 7 * 6, FLOPMETER_FP32, broadcast, DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);
    dnnl_primitive_desc_destroy(broadcast);

    CHECK(dnnl_success == dnnl_matmul_desc_init(&operation, &src_u8, &weights_s8, NULL, &dst_s32));
    const dnnl_primitive_desc_t quantized = describe(&operation, NULL);

    EXPECT(2 * 8 * 3 * 9, FLOPMETER_INT8, quantized, DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);
    dnnl_primitive_desc_destroy(quantized);
}

/* One primitive, sizes left open, two executions of different sizes. */
static void test_runtime_dims(void)
{
    const dnnl_dims_t open = { DNNL_RUNTIME_DIM_VAL, DNNL_RUNTIME_DIM_VAL };
    const int names[] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST };
    dnnl_memory_desc_t any;
    dnnl_matmul_desc_t operation;
    dnnl_primitive_t primitive;

    CHECK(dnnl_success == dnnl_memory_desc_init_by_tag(&any, 2, open, dnnl_f32, dnnl_ab));
    CHECK(dnnl_success == dnnl_matmul_desc_init(&operation, &any, &any, NULL, &any));
    const dnnl_primitive_desc_t desc = describe(&operation, NULL);

    CHECK(dnnl_success == dnnl_primitive_create(&primitive, desc));
    for (dnnl_dim_t m = 3; m <= 4; m++)
    {
        const dnnl_dims_t dims[] = { { m, 5 }, { 5, 7 }, { m, 7 } };
        dnnl_exec_arg_t args[3];

        for (int i = 0; i < 3; i++)
        {
            dnnl_memory_desc_t known;

            CHECK(dnnl_success == dnnl_memory_desc_init_by_tag(&known, 2, dims[i], dnnl_f32, dnnl_ab));
            args[i].arg = names[i];
            CHECK(dnnl_success == dnnl_memory_create(&args[i].memory, &known, engine, DNNL_MEMORY_ALLOCATE));
        }
        (void)stub_take();
        CHECK(dnnl_success == dnnl_primitive_execute(primitive, stream, 3, args));
        CHECK((flopmeter_u128_t)(2 * m * 7 * 5) == stub_take().flop_count[FLOPMETER_FP32]);
        for (int i = 0; i < 3; i++)
        {
            dnnl_memory_destroy(args[i].memory);
        }
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(desc);
}

/* 2 layers of LSTM, 4 steps, batch 3, 6 channels in and out: a layer's weights are inputs x 4 gates x outputs. */
static void test_lstm(void)
{
    const dnnl_memory_desc_t src = tensor(dnnl_f32, 3, (dnnl_dims_t){ 4, 3, 6 });
    const dnnl_memory_desc_t layer = tensor(dnnl_f32, 5, (dnnl_dims_t){ 2, 1, 6, 4, 6 });
    const dnnl_memory_desc_t bias = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 1, 4, 6 });
    const dnnl_memory_desc_t none = { 0 };
    dnnl_rnn_desc_t operation;
    dnnl_primitive_t primitive;
    const int names[] = { DNNL_ARG_SRC_LAYER, DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_BIAS,
        DNNL_ARG_DST_LAYER };
    dnnl_exec_arg_t args[5];

    CHECK(dnnl_success == dnnl_lstm_forward_desc_init(&operation, dnnl_forward_inference,
        dnnl_unidirectional_left2right, &src, &none, &none, &layer, &layer, &bias, &src, &none, &none, 0));
    const dnnl_primitive_desc_t desc = describe(&operation, NULL);

    CHECK(dnnl_success == dnnl_primitive_create(&primitive, desc));
    for (int i = 0; i < 5; i++)
    {
        args[i].arg = names[i];
        CHECK(dnnl_success ==
            dnnl_memory_create(&args[i].memory, dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, names[i]),
                engine, DNNL_MEMORY_ALLOCATE));
    }
    (void)stub_take();
    CHECK(dnnl_success == dnnl_primitive_execute(primitive, stream, 5, args));
    CHECK((flopmeter_u128_t)2 * 2 * (4 * 3) * 2 * (6 * 4 * 6) == stub_take().flop_count[FLOPMETER_FP32]);
    for (int i = 0; i < 5; i++)
    {
        dnnl_memory_destroy(args[i].memory);
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(desc);
}

static void test_gemm(void)
{
    float a[6] = { 1, 2, 3, 4, 5, 6 };
    float b[12] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
    float c[8] = { 0 };

    CHECK(dnnl_success == dnnl_sgemm('N', 'N', 2, 4, 3, 1.0f, a, 3, b, 4, 0.0f, c, 4));
    CHECK(1.0f == c[0] && 6.0f == c[6]);
    CHECK(48 == stub_take().flop_count[FLOPMETER_FP32]);
    CHECK(dnnl_success != dnnl_sgemm('N', 'N', 2, 4, 3, 1.0f, a, 1, b, 4, 0.0f, c, 4));
    CHECK(0 == stub_take().calls[FLOPMETER_FP32]);
}

int main(void)
{
    CHECK(dnnl_success == dnnl_engine_create(&engine, dnnl_cpu, 0));
    CHECK(dnnl_success == dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    test_convolution(dnnl_f32, FLOPMETER_FP32);
    test_deconvolution();
    test_inner_product();
    test_matmul();
    test_runtime_dims();
    test_lstm();
    test_gemm();
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return 0;
}

#else

int main(void)
{
    printf("SKIPPED: no oneDNN 2 for development on this machine\n");
    return 77;
}

#endif

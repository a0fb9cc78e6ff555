/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * As test_onednn_real.c, for a machine that has oneDNN of major 3: opaque descriptors, other numbers of primitive
 * kinds.
 */

#include <stdio.h>
#include <stdlib.h>

#include "onednn_core_stub.h"

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#endif

#if defined(DNNL_VERSION_MAJOR) && 3 == DNNL_VERSION_MAJOR

#define CHECK(condition) \
    do \
    { \
        if (!(condition)) \
        { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define TENSOR_MAX (64)

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_memory_desc_t tensors[TENSOR_MAX];
static int tensor_count;

static dnnl_memory_desc_t tensor_as(
    const dnnl_data_type_t type, const int ndims, const dnnl_dims_t dims, const dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t *const desc = &tensors[tensor_count++];

    CHECK(tensor_count <= TENSOR_MAX);
    CHECK(dnnl_success == dnnl_memory_desc_create_with_tag(desc, ndims, dims, type, tag));
    return *desc;
}

static dnnl_memory_desc_t tensor(const dnnl_data_type_t type, const int ndims, const dnnl_dims_t dims)
{
    return tensor_as(type, ndims, dims, dnnl_format_tag_any);
}

/* Execute with three memories, of the given descriptors or else of those that the primitive has. */
static void expect(
    const flopmeter_u128_t expected,
    const flopmeter_precision_t precision,
    const_dnnl_primitive_desc_t desc,
    const int *const names,
    const_dnnl_memory_desc_t *const known)
{
    dnnl_exec_arg_t args[3];
    dnnl_primitive_t primitive;

    CHECK(dnnl_success == dnnl_primitive_create(&primitive, desc));
    for (int i = 0; i < 3; i++)
    {
        const_dnnl_memory_desc_t memory_desc =
            NULL != known ? known[i] : dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, names[i]);

        args[i].arg = names[i];
        CHECK(dnnl_success == dnnl_memory_create(&args[i].memory, memory_desc, engine, DNNL_MEMORY_ALLOCATE));
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
    CHECK(expected == tally.flop_count[precision] && 1 == tally.calls[precision]);
}

static const int forward_args[] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST };
static const int backward_data_args[] = { DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC };
static const int backward_weights_args[] = { DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS };

/* Batch 2, 6 -> 9 channels in 3 groups, 3 x 3 kernel dilated to 5 x 5, 13 x 11 with padding 1 and stride 2 -> 6 x 5. */
static void test_convolution(void)
{
    const dnnl_memory_desc_t src = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 6, 13, 11 });
    const dnnl_memory_desc_t weights = tensor(dnnl_f32, 5, (dnnl_dims_t){ 3, 3, 2, 3, 3 });
    const dnnl_memory_desc_t dst = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 9, 6, 5 });
    const dnnl_dims_t two = { 2, 2 };
    const dnnl_dims_t one = { 1, 1 };
    const flopmeter_u128_t expected = 2 * (2 * 9 * 6 * 5) * (2 * 3 * 3);
    dnnl_primitive_desc_t forward;
    dnnl_primitive_desc_t backward;

    CHECK(dnnl_success == dnnl_convolution_forward_primitive_desc_create(&forward, engine, dnnl_forward_training,
        dnnl_convolution_direct, src, weights, NULL, dst, two, one, one, one, NULL));
    expect(expected, FLOPMETER_FP32, forward, forward_args, NULL);

    CHECK(dnnl_success == dnnl_convolution_backward_data_primitive_desc_create(&backward, engine,
        dnnl_convolution_direct, src, weights, dst, two, one, one, one, forward, NULL));
    expect(expected, FLOPMETER_FP32, backward, backward_data_args, NULL);
    dnnl_primitive_desc_destroy(backward);

    CHECK(dnnl_success == dnnl_convolution_backward_weights_primitive_desc_create(&backward, engine,
        dnnl_convolution_direct, src, weights, NULL, dst, two, one, one, one, forward, NULL));
    expect(expected, FLOPMETER_FP32, backward, backward_weights_args, NULL);
    dnnl_primitive_desc_destroy(backward);
    dnnl_primitive_desc_destroy(forward);
}

/* From 7 channels of 4 x 4 to 5 of 9 x 9; and 5 x 24 -> 7 in an inner product. */
static void test_deconvolution_and_inner_product(void)
{
    const dnnl_memory_desc_t src = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 7, 4, 4 });
    const dnnl_memory_desc_t weights = tensor(dnnl_f32, 4, (dnnl_dims_t){ 5, 7, 3, 3 });
    const dnnl_memory_desc_t dst = tensor(dnnl_f32, 4, (dnnl_dims_t){ 2, 5, 9, 9 });
    const dnnl_memory_desc_t flat = tensor(dnnl_f32, 4, (dnnl_dims_t){ 5, 3, 4, 2 });
    const dnnl_memory_desc_t flat_weights = tensor(dnnl_f32, 4, (dnnl_dims_t){ 7, 3, 4, 2 });
    const dnnl_memory_desc_t flat_dst = tensor(dnnl_f32, 2, (dnnl_dims_t){ 5, 7 });
    const dnnl_dims_t two = { 2, 2 };
    const dnnl_dims_t none = { 0, 0 };
    dnnl_primitive_desc_t desc;

    CHECK(dnnl_success == dnnl_deconvolution_forward_primitive_desc_create(&desc, engine, dnnl_forward_training,
        dnnl_deconvolution_direct, src, weights, NULL, dst, two, none, none, none, NULL));
    expect(2 * (2 * 7 * 4 * 4) * (5 * 3 * 3), FLOPMETER_FP32, desc, forward_args, NULL);
    dnnl_primitive_desc_destroy(desc);

    CHECK(dnnl_success == dnnl_inner_product_forward_primitive_desc_create(
        &desc, engine, dnnl_forward_training, flat, flat_weights, NULL, flat_dst, NULL));
    expect(2 * 5 * 7 * (3 * 4 * 2), FLOPMETER_FP32, desc, forward_args, NULL);
    dnnl_primitive_desc_destroy(desc);
}

static void test_matmul(void)
{
    static const struct
    {
        dnnl_data_type_t src, weights, dst;
        flopmeter_precision_t precision;
    }
    types[] =
    {
        { dnnl_f32, dnnl_f32, dnnl_f32, FLOPMETER_FP32 },
        { dnnl_bf16, dnnl_bf16, dnnl_f32, FLOPMETER_BF16 },
        { dnnl_u8, dnnl_s8, dnnl_s32, FLOPMETER_INT8 },
    };
    dnnl_primitive_desc_t desc;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    {
        const dnnl_memory_desc_t src = tensor(types[i].src, 3, (dnnl_dims_t){ 4, 5, 6 });
        const dnnl_memory_desc_t weights = tensor(types[i].weights, 3, (dnnl_dims_t){ 1, 6, 7 });
        const dnnl_memory_desc_t dst = tensor(types[i].dst, 3, (dnnl_dims_t){ 4, 5, 7 });
        const dnnl_status_t status =
            dnnl_matmul_primitive_desc_create(&desc, engine, src, weights, NULL, dst, NULL);

        CHECK(dnnl_success == status || (dnnl_unimplemented == status && dnnl_bf16 == types[i].src));
        if (dnnl_success == status)
        {
            expect(2 * 4 * 5 * 7 * 6, types[i].precision, desc, forward_args, NULL);
            dnnl_primitive_desc_destroy(desc);
        }
    }

    const dnnl_dims_t open = { DNNL_RUNTIME_DIM_VAL, DNNL_RUNTIME_DIM_VAL };
    const dnnl_memory_desc_t any = tensor_as(dnnl_f32, 2, open, dnnl_ab);
    const_dnnl_memory_desc_t known[] =
    {
        tensor_as(dnnl_f32, 2, (dnnl_dims_t){ 3, 5 }, dnnl_ab),
        tensor_as(dnnl_f32, 2, (dnnl_dims_t){ 5, 7 }, dnnl_ab),
        tensor_as(dnnl_f32, 2, (dnnl_dims_t){ 3, 7 }, dnnl_ab)
    };

    CHECK(dnnl_success == dnnl_matmul_primitive_desc_create(&desc, engine, any, any, NULL, any, NULL));
    expect(2 * 3 * 7 * 5, FLOPMETER_FP32, desc, forward_args, known);
    dnnl_primitive_desc_destroy(desc);
}

int main(void)
{
    float a[6] = { 1, 2, 3, 4, 5, 6 };
    float b[12] = { 1 };
    float c[8] = { 0 };

    CHECK(dnnl_success == dnnl_engine_create(&engine, dnnl_cpu, 0));
    CHECK(dnnl_success == dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    test_convolution();
    test_deconvolution_and_inner_product();
    test_matmul();
    CHECK(dnnl_success == dnnl_sgemm('N', 'N', 2, 4, 3, 1.0f, a, 3, b, 4, 0.0f, c, 4));
    CHECK(48 == stub_take().flop_count[FLOPMETER_FP32]);
    while (tensor_count > 0)
    {
        dnnl_memory_desc_destroy(tensors[--tensor_count]);
    }
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return 0;
}

#else

int main(void)
{
    printf("SKIPPED: no oneDNN 3 for development on this machine\n");
    return 77;
}

#endif

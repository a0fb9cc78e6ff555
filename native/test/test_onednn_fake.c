/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wrappers over a scripted oneDNN of major FAKE_MAJOR. The truth is the definition itself, walked loop by loop.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_dnnl.h"
#include "onednn_core_stub.h"

#define ROUNDS (300)
#define SEED_DEFAULT (20240611u)

#define CHECK(condition) \
    do \
    { \
        if (!(condition)) \
        { \
            fprintf(stderr, "%s:%d: %s (seed %u)\n", __FILE__, __LINE__, #condition, seed); \
            exit(1); \
        } \
    } while (0)

static unsigned seed = SEED_DEFAULT;
static uint32_t random_state;

static int64_t draw(const int64_t low, const int64_t high)
{
    random_state = random_state * 1664525u + 1013904223u;
    return low + (int64_t)(random_state >> 8) % (high - low + 1);
}

static fake_desc_t desc_of(const int32_t data_type, const int32_t ndims, const int64_t *const dims)
{
    fake_desc_t desc;

    memset(&desc, 0, sizeof(desc));
    desc.ndims = ndims;
    desc.data_type = data_type;
    memcpy(desc.dims, dims, (size_t)ndims * sizeof(dims[0]));
    return desc;
}

static void add_arg(fake_primitive_t *const primitive, const int32_t arg, const fake_desc_t desc)
{
    primitive->arg[primitive->arg_count] = arg;
    primitive->desc[primitive->arg_count] = desc;
    primitive->arg_count++;
}

/* Execute and demand exactly `expected` in `precision` and no gap; an expected 0 means: nothing counted at all. */
static void expect(const fake_primitive_t *const primitive, const int precision, const flopmeter_u128_t expected)
{
    const int before = primitive->executions;

    CHECK(FLOPMETER_DNNL_SUCCESS == dnnl_primitive_execute(primitive, NULL, 0, NULL));
    const stub_tally_t tally = stub_take();

    CHECK(before + 1 == primitive->executions);
    CHECK(expected == tally.flop_count[precision]);
    CHECK((0 == expected ? 0 : 1) == tally.calls[precision]);
    for (int i = 0; i < STUB_PRECISION_COUNT; i++)
    {
        CHECK(i == precision || 0 == tally.calls[i]);
        CHECK(0 == tally.gaps[i]);
    }
    CHECK(0 == tally.strays);
}

static void expect_gap(
    const fake_primitive_t *const primitive, const int arg_count, const flopmeter_dnnl_arg_t *const args)
{
    (void)stub_take();
    CHECK(FLOPMETER_DNNL_SUCCESS == dnnl_primitive_execute(primitive, NULL, arg_count, args));
    const stub_tally_t tally = stub_take();

    CHECK(1 == tally.gaps[FLOPMETER_GAP_SHAPE]);
    for (int i = 0; i < STUB_PRECISION_COUNT; i++)
    {
        CHECK(0 == tally.calls[i]);
    }
}

#define KIND(name) (2 == FAKE_MAJOR ? FLOPMETER_DNNL_V2_##name : FLOPMETER_DNNL_V3_##name)

static const int32_t props[] =
{
    FLOPMETER_DNNL_FORWARD_TRAINING,
    FLOPMETER_DNNL_FORWARD_INFERENCE,
    FLOPMETER_DNNL_BACKWARD_DATA,
    FLOPMETER_DNNL_BACKWARD_WEIGHTS
};

typedef struct convolution_stct
{
    int64_t batch, groups, inputs, outputs; /* channels in all */
    int64_t height, width, out_height, out_width, kernel_height, kernel_width;
}
convolution_t;

static convolution_t draw_convolution(void)
{
    convolution_t c;
    int64_t pad;
    int64_t stride;
    int64_t dilation;

    c.batch = draw(1, 3);
    c.groups = draw(1, 3);
    c.inputs = c.groups * draw(1, 4);
    c.outputs = c.groups * draw(1, 4);
    c.kernel_height = draw(1, 3);
    c.kernel_width = draw(1, 4);
    c.height = draw(7, 11);
    c.width = draw(10, 13);
    pad = draw(0, 2);
    stride = draw(1, 2);
    dilation = draw(1, 3);
    c.out_height = (c.height + 2 * pad - ((c.kernel_height - 1) * dilation + 1)) / stride + 1;
    c.out_width = (c.width + 2 * pad - ((c.kernel_width - 1) * dilation + 1)) / stride + 1;
    return c;
}

/* One multiply-add per output element, input channel of its group and kernel element. Padding is not subtracted. */
static flopmeter_u128_t walk_convolution(const convolution_t *const c)
{
    flopmeter_u128_t count = 0;

    for (int64_t n = 0; n < c->batch; n++)
    {
        for (int64_t o = 0; o < c->outputs * c->out_height * c->out_width; o++)
        {
            for (int64_t i = 0; i < c->inputs / c->groups; i++)
            {
                for (int64_t k = 0; k < c->kernel_height * c->kernel_width; k++)
                {
                    count += 2;
                }
            }
        }
    }
    return count;
}

/*
 * A deconvolution is given as the convolution that it transposes: its source is that convolution's destination. Its
 * weights are [groups,] its outputs per group, its inputs per group, kernel.
 */
static fake_primitive_t convolution_primitive(
    const convolution_t *const c, const int32_t prop, const int is_transposed, const int32_t type)
{
    const int64_t large[] = { c->batch, c->inputs, c->height, c->width };
    const int64_t small[] = { c->batch, c->outputs, c->out_height, c->out_width };
    const int64_t out = (is_transposed ? c->inputs : c->outputs) / c->groups;
    const int64_t in = (is_transposed ? c->outputs : c->inputs) / c->groups;
    const int64_t grouped[] = { c->groups, out, in, c->kernel_height, c->kernel_width };
    const int is_forward = FLOPMETER_DNNL_FORWARD_TRAINING == prop || FLOPMETER_DNNL_FORWARD_INFERENCE == prop;
    const fake_desc_t weights = 1 == c->groups ? desc_of(type, 4, grouped + 1) : desc_of(type, 5, grouped);
    fake_primitive_t primitive;

    memset(&primitive, 0, sizeof(primitive));
    primitive.kind = is_transposed ? FLOPMETER_DNNL_DECONVOLUTION : FLOPMETER_DNNL_CONVOLUTION;
    primitive.prop = prop;
    add_arg(&primitive, is_forward ? FLOPMETER_DNNL_ARG_DST : FLOPMETER_DNNL_ARG_DIFF_DST,
        desc_of(type, 4, is_transposed ? large : small));
    add_arg(&primitive,
        FLOPMETER_DNNL_BACKWARD_DATA == prop ? FLOPMETER_DNNL_ARG_DIFF_SRC : FLOPMETER_DNNL_ARG_SRC,
        desc_of(type, 4, is_transposed ? small : large));
    add_arg(&primitive,
        FLOPMETER_DNNL_BACKWARD_WEIGHTS == prop ? FLOPMETER_DNNL_ARG_DIFF_WEIGHTS : FLOPMETER_DNNL_ARG_WEIGHTS,
        weights);
    return primitive;
}

static void test_convolutions(void)
{
    for (int round = 0; round < ROUNDS; round++)
    {
        const convolution_t c = draw_convolution();
        const flopmeter_u128_t expected = walk_convolution(&c);

        for (size_t i = 0; i < sizeof(props) / sizeof(props[0]); i++)
        {
            const fake_primitive_t direct = convolution_primitive(&c, props[i], 0, FLOPMETER_DNNL_F32);
            const fake_primitive_t transposed = convolution_primitive(&c, props[i], 1, FLOPMETER_DNNL_BF16);

            expect(&direct, FLOPMETER_FP32, expected);
            expect(&transposed, FLOPMETER_BF16, expected);
        }
    }
}

static void test_inner_products(void)
{
    for (int round = 0; round < ROUNDS; round++)
    {
        const int64_t src[] = { draw(1, 9), draw(1, 9), draw(1, 4), draw(1, 4) };
        const int64_t out = draw(1, 9);
        const int64_t weights[] = { out, src[1], src[2], src[3] };
        const int64_t dst[] = { src[0], out };
        flopmeter_u128_t expected = 0;

        for (int64_t o = 0; o < src[0] * out; o++)
        {
            for (int64_t i = 0; i < src[1] * src[2] * src[3]; i++)
            {
                expected += 2;
            }
        }
        for (size_t i = 0; i < sizeof(props) / sizeof(props[0]); i++)
        {
            fake_primitive_t primitive = { .kind = KIND(INNER_PRODUCT), .prop = props[i] };
            const int is_forward = i < 2;

            add_arg(&primitive, is_forward ? FLOPMETER_DNNL_ARG_DST : FLOPMETER_DNNL_ARG_DIFF_DST,
                desc_of(FLOPMETER_DNNL_F16, 2, dst));
            add_arg(&primitive, 2 == i ? FLOPMETER_DNNL_ARG_DIFF_SRC : FLOPMETER_DNNL_ARG_SRC,
                desc_of(FLOPMETER_DNNL_F16, 4, src));
            add_arg(&primitive, 3 == i ? FLOPMETER_DNNL_ARG_DIFF_WEIGHTS : FLOPMETER_DNNL_ARG_WEIGHTS,
                desc_of(3 == i ? FLOPMETER_DNNL_F32 : FLOPMETER_DNNL_F16, 4, weights));
            expect(&primitive, FLOPMETER_FP16, expected);
        }
    }
}

static fake_primitive_t matmul_primitive(
    const int64_t *const src, const int64_t *const weights, const int64_t *const dst, const int32_t ndims)
{
    fake_primitive_t primitive;

    memset(&primitive, 0, sizeof(primitive));
    primitive.kind = KIND(MATMUL);
    add_arg(&primitive, FLOPMETER_DNNL_ARG_SRC, desc_of(FLOPMETER_DNNL_F32, ndims, src));
    add_arg(&primitive, FLOPMETER_DNNL_ARG_WEIGHTS, desc_of(FLOPMETER_DNNL_F32, ndims, weights));
    add_arg(&primitive, FLOPMETER_DNNL_ARG_DST, desc_of(FLOPMETER_DNNL_F32, ndims, dst));
    return primitive;
}

static void test_matmuls(void)
{
    for (int round = 0; round < ROUNDS; round++)
    {
        const int64_t m = draw(1, 9);
        const int64_t n = draw(1, 9);
        const int64_t k = draw(1, 9);
        const int64_t batch = draw(1, 5);
        const int64_t heads = draw(1, 5);
        const int is_broadcast = 0 != draw(0, 1);
        const int64_t src[] = { batch, is_broadcast ? 1 : heads, m, k };
        const int64_t weights[] = { is_broadcast ? 1 : batch, heads, k, n };
        const int64_t dst[] = { batch, heads, m, n };
        fake_primitive_t primitive = matmul_primitive(src, weights, dst, 4);
        flopmeter_u128_t expected = 0;

        for (int64_t i = 0; i < batch * heads; i++)
        {
            for (int64_t j = 0; j < m * n; j++)
            {
                for (int64_t l = 0; l < k; l++)
                {
                    expected += 2;
                }
            }
        }
        expect(&primitive, FLOPMETER_FP32, expected);

        /* Sizes left open at creation come with the memories; without them nothing can be said. */
        fake_desc_t descs[3];
        fake_memory_t memories[3];
        flopmeter_dnnl_arg_t args[3];

        for (int i = 0; i < 3; i++)
        {
            descs[i] = primitive.desc[i];
            memories[i].desc = &descs[i];
            args[2 - i] = (flopmeter_dnnl_arg_t){ primitive.arg[i], &memories[i] };
            primitive.desc[i].dims[2] = FLOPMETER_DNNL_DIM_RUNTIME;
            primitive.desc[i].dims[3] = FLOPMETER_DNNL_DIM_RUNTIME;
        }
        CHECK(FLOPMETER_DNNL_SUCCESS == dnnl_primitive_execute(&primitive, NULL, 3, args));
        CHECK(expected == stub_take().flop_count[FLOPMETER_FP32]);
        expect_gap(&primitive, 0, NULL);
        expect_gap(&primitive, 2, args);
        memories[0].desc = NULL;
        expect_gap(&primitive, 3, args);
    }
}

static void test_rnn(void)
{
    const int64_t src[] = { 5, 3, 7 };          /* steps, batch, inputs */
    const int64_t layer[] = { 2, 1, 7, 4, 7 };  /* layers, directions, inputs, gates, outputs */
    const int64_t iter[] = { 2, 1, 7, 4, 7 };
    fake_primitive_t primitive = { .kind = KIND(RNN), .prop = FLOPMETER_DNNL_FORWARD_TRAINING };
    flopmeter_u128_t expected = 0;

    add_arg(&primitive, FLOPMETER_DNNL_ARG_SRC, desc_of(FLOPMETER_DNNL_F32, 3, src));
    add_arg(&primitive, FLOPMETER_DNNL_ARG_WEIGHTS, desc_of(FLOPMETER_DNNL_F32, 5, layer));
    add_arg(&primitive, FLOPMETER_DNNL_ARG_WEIGHTS_ITER, desc_of(FLOPMETER_DNNL_F32, 5, iter));
    for (int step = 0; step < 5 * 3 * 2; step++)
    {
        expected += 2 * 4 * 7 * 7 + 2 * 4 * 7 * 7;
    }
    expect(&primitive, FLOPMETER_FP32, expected);
    primitive.prop = FLOPMETER_DNNL_BACKWARD;
    expect(&primitive, FLOPMETER_FP32, 2 * expected);
    primitive.arg_count = 2;
    expect_gap(&primitive, 0, NULL);
}

static void test_precisions(void)
{
    static const struct
    {
        int32_t left, right, precision, major_min;
    }
    cases[] =
    {
        { FLOPMETER_DNNL_U8, FLOPMETER_DNNL_S8, FLOPMETER_INT8, 2 },
        { FLOPMETER_DNNL_F32, FLOPMETER_DNNL_BF16, FLOPMETER_FP32, 2 },
        { FLOPMETER_DNNL_S8, FLOPMETER_DNNL_F16, FLOPMETER_FP16, 2 },
        { FLOPMETER_DNNL_F64, FLOPMETER_DNNL_F64, FLOPMETER_FP64, 3 },
        { FLOPMETER_DNNL_F8_E5M2, FLOPMETER_DNNL_F8_E4M3, FLOPMETER_FP8, 3 },
        { FLOPMETER_DNNL_BF16, FLOPMETER_DNNL_U4, FLOPMETER_BF16, 3 },
        { FLOPMETER_DNNL_S4, FLOPMETER_DNNL_S8, FLOPMETER_INT8, 3 },
        { FLOPMETER_DNNL_U4, FLOPMETER_DNNL_S4, FLOPMETER_INT4, 3 },
        { FLOPMETER_DNNL_F4_E2M1, FLOPMETER_DNNL_F4_E3M0, FLOPMETER_FP4, 3 },
    };
    const int64_t square[] = { 4, 4 };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        fake_primitive_t primitive = matmul_primitive(square, square, square, 2);

        primitive.desc[0].data_type = cases[i].left;
        primitive.desc[1].data_type = cases[i].right;
        if (cases[i].major_min <= FAKE_MAJOR)
        {
            expect(&primitive, cases[i].precision, 128);
        }
    }

    fake_primitive_t strange = matmul_primitive(square, square, square, 2);

    strange.desc[1].data_type = 77;
    expect_gap(&strange, 0, NULL);
    strange.desc[1].data_type = 8; /* boolean */
    expect_gap(&strange, 0, NULL);
    strange.desc[1].data_type = -1;
    expect_gap(&strange, 0, NULL);
}

static void test_kinds_and_errors(void)
{
    const int64_t square[] = { 4, 4 };
    const int64_t empty[] = { 0, 4 };
    const int64_t huge[] = { INT64_MAX, INT64_MAX, INT64_MAX };
    const int32_t last = KIND(KIND_LAST);
    const flopmeter_dnnl_arg_t fused = { KIND(ARG_POST_OP_DW) | FLOPMETER_DNNL_ARG_WEIGHTS, "memory" };
    const convolution_t c = { 1, 1, 2, 2, 4, 4, 4, 4, 1, 1 };
    fake_primitive_t primitive = matmul_primitive(square, square, square, 2);
    fake_primitive_t convolution = convolution_primitive(&c, FLOPMETER_DNNL_FORWARD_INFERENCE, 0, FLOPMETER_DNNL_F32);

    for (int32_t kind = 1; kind <= last; kind++)
    {
        if (FLOPMETER_DNNL_CONVOLUTION != kind && FLOPMETER_DNNL_DECONVOLUTION != kind && KIND(MATMUL) != kind &&
            KIND(INNER_PRODUCT) != kind && KIND(RNN) != kind && KIND(GEMM) != kind)
        {
            const fake_primitive_t other = { .kind = kind };

            expect(&other, FLOPMETER_FP32, 0);
        }
    }
    expect_gap(&(fake_primitive_t){ .kind = last + 1 }, 0, NULL);
    expect_gap(&(fake_primitive_t){ .kind = KIND(GEMM) }, 0, NULL);
    expect_gap(&(fake_primitive_t){ .kind = FLOPMETER_DNNL_CONVOLUTION }, 0, NULL); /* no prop kind */
    expect_gap(&convolution, 1, &fused);
    convolution.prop = 193;
    expect_gap(&convolution, 0, NULL);

    /* Refused by the library: nothing was computed, nothing is missing. */
    primitive.status_execute = 5;
    CHECK(5 == dnnl_primitive_execute(&primitive, NULL, 0, NULL));
    CHECK(2 == dnnl_primitive_execute(NULL, NULL, 0, NULL));
    CHECK(2 == dnnl_primitive_execute(&primitive, NULL, 3, NULL));
    const stub_tally_t tally = stub_take();

    CHECK(0 == tally.calls[FLOPMETER_FP32] && 0 == tally.gaps[FLOPMETER_GAP_SHAPE]);
    primitive.status_execute = 0;
    primitive.status_get_desc = 2;
    expect_gap(&primitive, 0, NULL);
    primitive.status_get_desc = 0;
    primitive.status_query = 2;
    expect_gap(&primitive, 0, NULL);
    primitive.status_query = 0;
    expect(&primitive, FLOPMETER_FP32, 128);

    primitive = matmul_primitive(empty, square, empty, 2);
    expect(&primitive, FLOPMETER_FP32, 0);
    primitive = matmul_primitive(huge, huge, huge, 3);
    expect_gap(&primitive, 0, NULL);
    primitive = matmul_primitive(square, square, square, 2);
    primitive.desc[2].ndims = FLOPMETER_DNNL_DIMS_MAX + 1;
    expect_gap(&primitive, 0, NULL);
    primitive.arg_count = 2;
    expect_gap(&primitive, 0, NULL);
}

static void test_gemms(void)
{
    const int32_t offset = 0;

    CHECK(0 == dnnl_sgemm('N', 'T', 3, 5, 7, 1.0f, NULL, 7, NULL, 7, 0.0f, NULL, 5));
    CHECK(0 == dnnl_threadpool_interop_sgemm('N', 'N', 3, 5, 7, 1.0f, NULL, 7, NULL, 5, 0.0f, NULL, 5, NULL));
    CHECK(2 == dnnl_sgemm('N', 'T', 3, 5, 7, 1.0f, NULL, -1, NULL, 7, 0.0f, NULL, 5));
    CHECK(0 == dnnl_sgemm('N', 'T', 3, 5, 7, 0.0f, NULL, 7, NULL, 7, 1.0f, NULL, 5));
    CHECK(0 == dnnl_sgemm('N', 'T', 0, 5, 7, 1.0f, NULL, 7, NULL, 7, 0.0f, NULL, 5));
    CHECK(0 == dnnl_sgemm('N', 'T', 3, -5, 7, 1.0f, NULL, 7, NULL, 7, 0.0f, NULL, 5));
    CHECK(0 == dnnl_gemm_bf16bf16f32('N', 'N', 2, 3, 4, 1.0f, NULL, 4, NULL, 3, 0.0f, NULL, 3));
    CHECK(0 == dnnl_gemm_u8s8s32('N', 'N', 'F', 2, 3, 5, 1.0f, NULL, 5, 201, NULL, 3, -3, 0.0f, NULL, 3, &offset));
    CHECK(0 == dnnl_gemm_s8s8s32('N', 'N', 'F', 2, 3, 5, 1.0f, NULL, 5, 55, NULL, 3, -3, 0.0f, NULL, 3, &offset));
    CHECK(2 == dnnl_gemm_s8s8s32('N', 'N', 'F', 2, 3, 5, 1.0f, NULL, 5, 0, NULL, 3, -3, 0.0f, NULL, 3, &offset));
    CHECK(0 == dnnl_brgemm_execute(NULL, NULL, NULL, NULL, NULL, NULL));
    const stub_tally_t tally = stub_take();

    CHECK(2 * 210 == tally.flop_count[FLOPMETER_FP32] && 2 == tally.calls[FLOPMETER_FP32]);
    CHECK(48 == tally.flop_count[FLOPMETER_BF16] && 1 == tally.calls[FLOPMETER_BF16]);
    CHECK(2 * 60 == tally.flop_count[FLOPMETER_INT8] && 2 == tally.calls[FLOPMETER_INT8]);
    CHECK(1 == tally.gaps[FLOPMETER_GAP_SHAPE]);
}

/* A primitive that calls a product through the dynamic linker counts once; one that does not compute leaves that to
   it. */
static void test_nesting(void)
{
    const int64_t square[] = { 4, 4 };
    fake_primitive_t primitive = matmul_primitive(square, square, square, 2);

    primitive.calls_gemm = 1;
    expect(&primitive, FLOPMETER_FP32, 128);
    expect(&primitive, FLOPMETER_FP32, 128);
}

static void *execute_often(void *const primitive)
{
    for (int i = 0; i < 1000; i++)
    {
        (void)dnnl_primitive_execute(primitive, NULL, 0, NULL);
    }
    return NULL;
}

static void test_threads(void)
{
    const int64_t square[] = { 4, 4 };
    fake_primitive_t primitive = matmul_primitive(square, square, square, 2);
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, execute_often, &primitive));
    }
    for (int i = 0; i < 8; i++)
    {
        CHECK(0 == pthread_join(threads[i], NULL));
    }
    CHECK((flopmeter_u128_t)128 * 8000 == stub_take().flop_count[FLOPMETER_FP32]);
    CHECK(8000 == primitive.executions);
}

int main(const int argc, char *const *const argv)
{
    seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : SEED_DEFAULT;
    random_state = seed;

    test_threads(); /* first: the threads also race for the discovery of the library */
    test_convolutions();
    test_inner_products();
    test_matmuls();
    test_rnn();
    test_precisions();
    test_kinds_and_errors();
    test_gemms();
    test_nesting();
    return 0;
}

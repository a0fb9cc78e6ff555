/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cublasLtMatmul over a library whose descriptors answer as the real one's: random products of every kind, what is
 * worth nothing, what can't be read; and that cuBLAS calling it counts once.
 */

#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "cuda_abi.h"
#include "fake_cuda_script.h"
#include "fake_cublaslt.h"
#include "stub_core.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);

/* What one product is made of, and what it is done in. */
typedef struct kind_stct
{
    int left;
    int right;
    int compute;
    int scale;
    int weight;
    flopmeter_precision_t precision;
}
kind_t;

static const kind_t kinds[] =
{
    { 0, 0, 68, 0, 2, FLOPMETER_FP32 },
    { 0, 0, 77, 0, 2, FLOPMETER_TF32 },
    { 0, 0, 75, 0, 2, FLOPMETER_BF16 },
    { 0, 0, 74, 0, 2, FLOPMETER_FP16 },
    { 0, 0, 78, 0, 2, FLOPMETER_FP32 },
    { 2, 2, 64, 2, 2, FLOPMETER_FP16 },
    { 2, 2, 68, 0, 2, FLOPMETER_FP16 },
    { 14, 14, 68, 0, 2, FLOPMETER_BF16 },
    { 28, 28, 68, 0, 2, FLOPMETER_FP8 },
    { 29, 28, 68, 0, 2, FLOPMETER_FP8 },
    { 31, 28, 68, 0, 2, FLOPMETER_FP8 },
    { 32, 31, 68, 0, 2, FLOPMETER_FP6 },
    { 33, 33, 68, 0, 2, FLOPMETER_FP4 },
    { 3, 3, 72, 10, 2, FLOPMETER_INT8 },
    { 3, 3, 72, 0, 2, FLOPMETER_INT8 },
    { 1, 1, 70, 1, 2, FLOPMETER_FP64 },
    { 4, 4, 68, 4, 8, FLOPMETER_FP32 },
    { 4, 4, 77, 4, 8, FLOPMETER_TF32 },
    { 5, 5, 70, 5, 8, FLOPMETER_FP64 },
    { 6, 6, 68, 4, 8, FLOPMETER_FP16 },
};

typedef struct product_stct
{
    fake_desc_t desc;
    fake_layout_t left;
    fake_layout_t right;
    fake_layout_t result;
    uint64_t alpha[2];
    const void *alpha_at;
    uint64_t flop_count;
    flopmeter_precision_t precision;
}
product_t;

static uint64_t seed = 20261127;
static fake_stream_t stream;

static uint64_t draw(const uint64_t low, const uint64_t high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (seed >> 33) % (high - low + 1);
}

static void set_alpha(product_t *const product, const double value)
{
    const float single = (float)value;
    const int32_t integer = (int32_t)value;
    const uint16_t half = 0 == value ? 0 : 0x3C00;

    memset(product->alpha, 0x55, sizeof(product->alpha));
    switch (product->desc.scale)
    {
        case 0:
            memcpy(product->alpha, &single, sizeof(single));
            break;
        case 1:
            memcpy(product->alpha, &value, sizeof(value));
            break;
        case 2:
            memcpy(product->alpha, &half, sizeof(half));
            break;
        case 10:
            memcpy(product->alpha, &integer, sizeof(integer));
            break;
        default:
            memset(product->alpha, 0, sizeof(product->alpha));
            memcpy(product->alpha, 4 == product->desc.scale ? (const void *)&single : (const void *)&value,
                4 == product->desc.scale ? sizeof(single) : sizeof(value));
            break;
    }
}

static void prepare(product_t *const product)
{
    const kind_t *const kind = &kinds[draw(0, sizeof(kinds) / sizeof(kinds[0]) - 1)];
    const uint64_t m = draw(1, 1 << 20);
    const uint64_t n = draw(1, 5000);
    const uint64_t k = draw(1, 5000);
    const int transa = (int)draw(0, 2);
    const int transb = (int)draw(0, 2);
    const int batch = (int)draw(1, 9);
    const int has_batch_mode = (int)draw(0, 1);

    *product = (product_t){
        .desc = { kind->compute, kind->scale, 0, transa, transb, 0, 0, 0 },
        .left = { kind->left, 0 == transa ? m : k, 0 == transa ? k : m, batch, 0, has_batch_mode, 0 },
        .right = { kind->right, 0 == transb ? k : n, 0 == transb ? n : k, batch, 0, has_batch_mode, 0 },
        .result = { kind->left, m, n, batch, (uint32_t)draw(0, 1), has_batch_mode, 0 },
        .flop_count = (uint64_t)kind->weight * m * n * k * (uint64_t)batch,
        .precision = kind->precision,
    };
    set_alpha(product, 1);
    product->alpha_at = product->alpha;
}

static void run(product_t *const product, const int status)
{
    memset(stub_last(), 0, sizeof(*stub_last()));
    const int got = cublasLtMatmul(&stream, &product->desc, product->alpha_at, NULL, &product->left, NULL,
        &product->right, NULL, NULL, &product->result, NULL, &product->result, NULL, NULL, 12345, &stream);

    CHECK(status == got, "status %d", got);
    CHECK(1 == product->desc.calls, "the real function was called %d times", product->desc.calls);
}

static void should_count_products(void)
{
    for (int i = 0; i < 3000; i++)
    {
        product_t product;

        prepare(&product);
        run(&product, 0);
        CHECK(
            product.flop_count == stub_last()->shape.flop_count && product.precision == stub_last()->precision,
            "round %d: %" PRIu64 " in %d, expected %" PRIu64 " in %d", i, (uint64_t)stub_last()->shape.flop_count,
            (int)stub_last()->precision, product.flop_count, (int)product.precision);
        CHECK(1 == stub_last()->calls && FLOPMETER_SOURCE_CUDA == stub_last()->source, "once");
        CHECK(0 == stub_last()->shape.estimate && 0 == stub_last()->shape.bound, "exact");
    }
}

static void should_count_nothing(void)
{
    for (int i = 0; i < 200; i++)
    {
        product_t product;

        prepare(&product);
        set_alpha(&product, 0);
        run(&product, 0);
        CHECK(0 == stub_last()->calls, "alpha = 0 in type %d", product.desc.scale);
        prepare(&product);
        product.desc.status_matmul = 15;
        run(&product, 15);
        CHECK(0 == stub_last()->calls, "status");
        prepare(&product);
        product.result.batch = 0;
        run(&product, 0);
        CHECK(0 == stub_last()->calls, "no batch");
        prepare(&product);
        product.desc.pointer_mode = (int)draw(1, 4);
        product.alpha_at = (const void *)64; /* on the device: not to be read */
        run(&product, 0);
        CHECK(
            0 == stub_last()->shape.flop_count && product.flop_count == stub_last()->shape.estimate,
            "alpha on the device");
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
}

static void should_tell_what_it_cannot_read(void)
{
    for (int way = 0; way < 6; way++)
    {
        const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
        product_t product;

        prepare(&product);
        product.left.status = 0 == way ? 7 : 0;
        product.right.status = 1 == way ? 7 : 0;
        product.result.status = 2 == way ? 7 : 0;
        product.desc.status = 3 == way ? 7 : 0;
        product.left.has_batch_mode = product.left.has_batch_mode || 4 == way;
        product.left.batch_mode = 4 == way ? 2 : 0; /* groups, sizes on the device */
        product.result.rows = 5 == way ? UINT64_MAX : product.result.rows;
        product.result.cols = 5 == way ? UINT64_MAX : product.result.cols;
        run(&product, 0);
        CHECK(0 == stub_last()->calls && gaps + 1 == stub_gaps(FLOPMETER_GAP_SHAPE), "way %d", way);
    }
}

static void should_keep_a_capture_for_its_launches(void)
{
    product_t product;
    void *graph = NULL;
    void *exec = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    prepare(&product);
    run(&product, 0);
    CHECK(0 == stub_last()->calls, "counted at capture");
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    for (int i = 1; i <= 5; i++)
    {
        CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
        CHECK((uint64_t)i * product.flop_count == stub_last()->by_precision[product.precision], "launch %d", i);
    }
}

static void should_count_cublas_on_lt_once(void)
{
    static const float one = 1.0f;
    fake_handle_t handle = { .stream = &stream, .hook = fake_cublaslt_inner };

    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
    CHECK(1 == stub_last()->calls && 210 == stub_last()->sum, "counted %d times", (int)stub_last()->calls);
}

int main(void)
{
    should_count_products();
    should_count_nothing();
    should_keep_a_capture_for_its_launches();
    should_count_cublas_on_lt_once();
    should_tell_what_it_cannot_read();
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How the author of a runtime meters it: a matrix product that says what it did. Build it with
 *
 *     cc matmul.c $(pkg-config --cflags --libs flopmeter) -o matmul
 *
 * and run it as `flopmeter run -- ./matmul`: 2 x 64 x 64 x 64 = 524 288 FLOP per product, 100 of them in the node
 * "warm-up" and 1000 in "products". Without a meter it prints the same and costs the same.
 */

#include <flopmeter/flopmeter.h>
#include <stdio.h>

#define SIDE (64)

static float a[SIDE][SIDE];
static float b[SIDE][SIDE];
static float c[SIDE][SIDE];

static uint64_t multiply(void)
{
    for (int i = 0; i < SIDE; i++)
    {
        for (int j = 0; j < SIDE; j++)
        {
            float sum = 0;
            for (int k = 0; k < SIDE; k++)
            {
                sum += a[i][k] * b[k][j];
            }
            c[i][j] = sum;
        }
    }
    /* A multiplication and an addition each time: 2 m n k. */
    return 2ULL * SIDE * SIDE * SIDE;
}

/* The plain way: a key is interned once, then each record costs a few ns. */
static uint64_t warm_up(void)
{
    flopmeter_key_t key;
    uint64_t total = 0;

    flopmeter_intern(NULL, "warm-up", FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key);
    for (int i = 0; i < 100; i++)
    {
        const uint64_t flop_count = multiply();
        flopmeter_record(key, flop_count);
        total += flop_count;
    }
    return total;
}

/* The fast way: one time stamp for many samples. The node comes from the context, as for intercepted calls. */
static uint64_t products(void)
{
    flopmeter_key_t key;
    uint64_t total = 0;

    flopmeter_context_push(NULL, "products");
    flopmeter_intern_here(FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key);
    for (int i = 0; i < 10; i++)
    {
        flopmeter_batch_t batch = flopmeter_batch_begin();
        for (int j = 0; j < 100; j++)
        {
            const uint64_t flop_count = multiply();
            flopmeter_batch_add(&batch, key, flop_count);
            total += flop_count;
        }
        flopmeter_batch_end(&batch);
    }
    flopmeter_context_pop();
    return total;
}

int main(void)
{
    for (int i = 0; i < SIDE; i++)
    {
        for (int j = 0; j < SIDE; j++)
        {
            a[i][j] = (float)(i + j) / SIDE;
            b[i][j] = (float)(i - j) / SIDE;
        }
    }

    if (FLOPMETER_OK != flopmeter_attach())
    {
        fprintf(stderr, "not metered: %s\n", flopmeter_errmsg());
    }
    const uint64_t total = warm_up() + products();
    printf("%llu FLOP, c[1][2] = %f\n", (unsigned long long)total, (double)c[1][2]);
    return 0;
}

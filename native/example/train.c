/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Trains a classifier of digits (256-HIDDEN-10, ReLU, softmax, SGD with momentum) with loops of its own and tells the
 * meter what each operation was. This is how the author of a runtime uses flopmeter.h: intern a key per node once, then
 * one batch per step and one sample per operation. It runs the same, and prints the same, without a meter.
 *
 * Counted: additions, multiplications, divisions, square roots, one each. Not counted: comparisons, exp, log, copies.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flopmeter/flopmeter.h"

#include "digits.h"

#define INPUTS (DIGITS_PIXELS)
#define HIDDEN (256)
#define OUTPUTS (DIGITS_CLASSES)
#define PARAMETERS ((INPUTS + 1) * HIDDEN + (HIDDEN + 1) * OUTPUTS)
#define BATCH (64)
#define TRAIN_PICTURES (32768)
#define TEST_PICTURES (2048)
#define EPOCHS_DEFAULT (15)
#define EPOCHS_MAX (1000000)
#define SEED (UINT64_C(20261123))

static const float RATE = 0.01f;
static const float MOMENTUM = 0.9f;

typedef struct network_stct
{
    float weights_1[INPUTS * HIDDEN];
    float bias_1[HIDDEN];
    float weights_2[HIDDEN * OUTPUTS];
    float bias_2[OUTPUTS];
}
network_t;

typedef struct pictures_stct
{
    int count;
    float *pixels;
    int *digits;
}
pictures_t;

/* Everything of one step; the gradient has the layout of the network, so that the update is one loop. */
typedef struct step_stct
{
    float hidden[BATCH * HIDDEN];
    float outputs[BATCH * OUTPUTS];
    float hidden_delta[BATCH * HIDDEN];
    network_t gradient;
    network_t velocity;
}
step_t;

static flopmeter_key_t key_of(const char *node)
{
    flopmeter_key_t key = 0;

    /* The result can be ignored: without a meter, and after an error, key 0 counts nothing and harms nothing. */
    (void)flopmeter_intern(NULL, node, FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key);
    return key;
}

/* c[m x n] = bias or 0, + a[m x k] b[k x n]: 2 m n k, and m n for the bias. */
static void multiply(float *c, const float *a, const float *b, const float *bias, int m, int n, int k)
{
    for (int i = 0; i < m; i++)
    {
        float *const row = c + (size_t)i * (size_t)n;

        memset(row, 0, (size_t)n * sizeof(float));
        for (int l = 0; l < k; l++)
        {
            const float factor = a[i * k + l];
            const float *const b_row = b + (size_t)l * (size_t)n;

            for (int j = 0; j < n; j++)
            {
                row[j] += factor * b_row[j];
            }
        }
        for (int j = 0; NULL != bias && j < n; j++)
        {
            row[j] += bias[j];
        }
    }
}

/* c[k x n] = transposed a[m x k] times b[m x n]: 2 m n k. */
static void multiply_transposed(float *c, const float *a, const float *b, int m, int n, int k)
{
    memset(c, 0, (size_t)k * (size_t)n * sizeof(float));
    for (int i = 0; i < m; i++)
    {
        for (int l = 0; l < k; l++)
        {
            const float factor = a[i * k + l];
            float *const row = c + (size_t)l * (size_t)n;

            for (int j = 0; j < n; j++)
            {
                row[j] += factor * b[i * n + j];
            }
        }
    }
}

/* sums[n] = column sums of a[m x n]: m n. */
static void sum_columns(float *sums, const float *a, int m, int n)
{
    memset(sums, 0, (size_t)n * sizeof(float));
    for (int i = 0; i < m; i++)
    {
        for (int j = 0; j < n; j++)
        {
            sums[j] += a[i * n + j];
        }
    }
}

static void forward(
    const network_t *network, const float *pixels, step_t *step, flopmeter_batch_t *batch, flopmeter_key_t key)
{
    multiply(step->hidden, pixels, network->weights_1, network->bias_1, BATCH, HIDDEN, INPUTS);
    flopmeter_batch_add(batch, key, UINT64_C(2) * BATCH * HIDDEN * INPUTS);
    flopmeter_batch_add(batch, key, UINT64_C(1) * BATCH * HIDDEN);
    for (int i = 0; i < BATCH * HIDDEN; i++)
    {
        step->hidden[i] = step->hidden[i] > 0.0f ? step->hidden[i] : 0.0f;
    }
    multiply(step->outputs, step->hidden, network->weights_2, network->bias_2, BATCH, OUTPUTS, HIDDEN);
    flopmeter_batch_add(batch, key, UINT64_C(2) * BATCH * OUTPUTS * HIDDEN);
    flopmeter_batch_add(batch, key, UINT64_C(1) * BATCH * OUTPUTS);
}

/* Turns outputs into the gradient of the loss: (softmax - truth) / BATCH. Per row: subtract, sum, divide, -1, scale. */
static float softmax_delta(float *outputs, const int *digits)
{
    float loss = 0.0f;

    for (int i = 0; i < BATCH; i++)
    {
        float *const row = outputs + i * OUTPUTS;
        float largest = row[0];
        float sum = 0.0f;

        for (int j = 1; j < OUTPUTS; j++)
        {
            largest = row[j] > largest ? row[j] : largest;
        }
        for (int j = 0; j < OUTPUTS; j++)
        {
            row[j] = expf(row[j] - largest);
            sum += row[j];
        }
        for (int j = 0; j < OUTPUTS; j++)
        {
            row[j] = row[j] / sum;
        }
        loss -= logf(row[digits[i]] + 1e-12f);
        row[digits[i]] -= 1.0f;
        for (int j = 0; j < OUTPUTS; j++)
        {
            row[j] *= 1.0f / BATCH;
        }
    }
    return loss / BATCH;
}

/* hidden_delta = outputs transposed weights_2, 0 where the unit was off: 2 BATCH HIDDEN OUTPUTS. */
static void backward_hidden(const network_t *network, step_t *step)
{
    for (int i = 0; i < BATCH; i++)
    {
        for (int j = 0; j < HIDDEN; j++)
        {
            float sum = 0.0f;

            for (int l = 0; l < OUTPUTS; l++)
            {
                sum += step->outputs[i * OUTPUTS + l] * network->weights_2[j * OUTPUTS + l];
            }
            step->hidden_delta[i * HIDDEN + j] = step->hidden[i * HIDDEN + j] > 0.0f ? sum : 0.0f;
        }
    }
}

/* 4 per parameter: velocity = MOMENTUM velocity - RATE gradient; weight += velocity. */
static void update(network_t *network, step_t *step)
{
    float *const weights = (float *)(void *)network;
    float *const velocity = (float *)(void *)&step->velocity;
    const float *const gradient = (const float *)(const void *)&step->gradient;

    for (int i = 0; i < PARAMETERS; i++)
    {
        velocity[i] = MOMENTUM * velocity[i] - RATE * gradient[i];
        weights[i] += velocity[i];
    }
}

static float train_step(
    network_t *network, const float *pixels, const int *digits, step_t *step, flopmeter_key_t key)
{
    flopmeter_batch_t batch = flopmeter_batch_begin();

    forward(network, pixels, step, &batch, key);
    const float loss = softmax_delta(step->outputs, digits);
    /* 10 differences, 10 sums, 10 divisions, the loss (+ epsilon, -), -1, 10 scalings per picture; 1 for the mean. */
    flopmeter_batch_add(&batch, key, UINT64_C(43) * BATCH + 1);

    multiply_transposed(step->gradient.weights_2, step->hidden, step->outputs, BATCH, OUTPUTS, HIDDEN);
    flopmeter_batch_add(&batch, key, UINT64_C(2) * BATCH * OUTPUTS * HIDDEN);
    sum_columns(step->gradient.bias_2, step->outputs, BATCH, OUTPUTS);
    flopmeter_batch_add(&batch, key, UINT64_C(1) * BATCH * OUTPUTS);
    backward_hidden(network, step);
    flopmeter_batch_add(&batch, key, UINT64_C(2) * BATCH * HIDDEN * OUTPUTS);
    multiply_transposed(step->gradient.weights_1, pixels, step->hidden_delta, BATCH, HIDDEN, INPUTS);
    flopmeter_batch_add(&batch, key, UINT64_C(2) * BATCH * HIDDEN * INPUTS);
    sum_columns(step->gradient.bias_1, step->hidden_delta, BATCH, HIDDEN);
    flopmeter_batch_add(&batch, key, UINT64_C(1) * BATCH * HIDDEN);
    update(network, step);
    flopmeter_batch_add(&batch, key, UINT64_C(4) * PARAMETERS);

    flopmeter_batch_end(&batch);
    return loss;
}

static int evaluate(const network_t *network, const pictures_t *pictures, step_t *step, flopmeter_key_t key)
{
    int right = 0;

    for (int first = 0; first < pictures->count; first += BATCH)
    {
        flopmeter_batch_t batch = flopmeter_batch_begin();

        forward(network, pictures->pixels + (size_t)first * INPUTS, step, &batch, key);
        flopmeter_batch_end(&batch);
        for (int i = 0; i < BATCH; i++)
        {
            const float *const row = step->outputs + i * OUTPUTS;
            int best = 0;

            for (int j = 1; j < OUTPUTS; j++)
            {
                best = row[j] > row[best] ? j : best;
            }
            right += best == pictures->digits[first + i] ? 1 : 0;
        }
    }
    return right;
}

static int prepare(pictures_t *pictures, int count, uint64_t *random, flopmeter_key_t key)
{
    pictures->count = count;
    pictures->pixels = malloc((size_t)count * INPUTS * sizeof(float));
    pictures->digits = malloc((size_t)count * sizeof(int));
    if (NULL == pictures->pixels || NULL == pictures->digits)
    {
        return -1;
    }
    for (int i = 0; i < count; i++)
    {
        float *const pixels = pictures->pixels + (size_t)i * INPUTS;

        pictures->digits[i] = digits_draw(random, pixels);
        flopmeter_record(key, DIGITS_DRAW_FLOP);
        digits_normalize(pixels);
        flopmeter_record(key, DIGITS_NORMALIZE_FLOP);
    }
    return 0;
}

static void initialize(network_t *network, uint64_t *random)
{
    /* Part of training by our book: one scaling per weight, uniform in +-1/16. */
    memset(network, 0, sizeof(*network));
    for (int i = 0; i < INPUTS * HIDDEN; i++)
    {
        network->weights_1[i] = (float)((int)digits_random(random, 2001) - 1000) * (1.0f / 16000.0f);
    }
    for (int i = 0; i < HIDDEN * OUTPUTS; i++)
    {
        network->weights_2[i] = (float)((int)digits_random(random, 2001) - 1000) * (1.0f / 16000.0f);
    }
}

/*
 * What each node must have taken, from layer sizes and step counts alone: shares no number with the code above but
 * the sizes. With B pictures per step, forward is 2 B W + B U for W weights and U units.
 */
static int write_expectation(const char *path, uint64_t epochs)
{
    const uint64_t weights = (uint64_t)INPUTS * HIDDEN + (uint64_t)HIDDEN * OUTPUTS;
    const uint64_t units = HIDDEN + OUTPUTS;
    const uint64_t forward_per_picture = 2 * weights + units;
    const uint64_t backward_per_picture = 2 * weights + 2 * (uint64_t)HIDDEN * OUTPUTS + units;
    const uint64_t steps = epochs * (TRAIN_PICTURES / BATCH);
    const uint64_t training = (uint64_t)INPUTS * HIDDEN + (uint64_t)HIDDEN * OUTPUTS +
        epochs * TRAIN_PICTURES * (forward_per_picture + backward_per_picture + 43) +
        steps * (4 * (weights + units) + 1);
    FILE *const file = fopen(path, "w");

    if (NULL == file)
    {
        return -1;
    }
    fprintf(file, "data-preparation %llu\n",
        (unsigned long long)((uint64_t)(TRAIN_PICTURES + TEST_PICTURES) * (8 * INPUTS + 5)));
    fprintf(file, "training %llu\n", (unsigned long long)training);
    fprintf(file, "evaluation %llu\n", (unsigned long long)(epochs * TEST_PICTURES * forward_per_picture));
    return 0 == fclose(file) ? 0 : -1;
}

static int run(int epochs, const char *expectation_path)
{
    static network_t network;
    static step_t step;
    uint64_t random = SEED;
    pictures_t train_set;
    pictures_t test_set;
    const flopmeter_key_t preparation = key_of("data-preparation");
    const flopmeter_key_t training = key_of("training");
    const flopmeter_key_t evaluation = key_of("evaluation");

    printf("drawing %d + %d pictures of digits (seed %llu)\n", TRAIN_PICTURES, TEST_PICTURES, (unsigned long long)SEED);
    if (prepare(&train_set, TRAIN_PICTURES, &random, preparation) < 0 ||
        prepare(&test_set, TEST_PICTURES, &random, preparation) < 0)
    {
        fprintf(stderr, "train: out of memory\n");
        return EXIT_FAILURE;
    }

    initialize(&network, &random);
    flopmeter_record(training, (uint64_t)INPUTS * HIDDEN + (uint64_t)HIDDEN * OUTPUTS);
    for (int epoch = 1; epoch <= epochs; epoch++)
    {
        float loss = 0.0f;

        for (int first = 0; first < TRAIN_PICTURES; first += BATCH)
        {
            loss += train_step(
                &network, train_set.pixels + (size_t)first * INPUTS, train_set.digits + first, &step, training);
        }
        const int right = evaluate(&network, &test_set, &step, evaluation);
        printf("epoch %2d/%d  loss %.4f  accuracy %5.2f %%\n", epoch, epochs,
            (double)loss * BATCH / TRAIN_PICTURES, 100.0 * right / TEST_PICTURES);
        fflush(stdout);
    }

    if (NULL != expectation_path && write_expectation(expectation_path, (uint64_t)epochs) < 0)
    {
        fprintf(stderr, "train: cannot write %s\n", expectation_path);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int epochs = EPOCHS_DEFAULT;
    const char *expectation_path = NULL;

    for (int i = 1; i < argc; i++)
    {
        const int number = i + 1 < argc ? atoi(argv[i + 1]) : 0;

        if (0 == strcmp(argv[i], "--epochs") && 0 < number && number <= EPOCHS_MAX)
        {
            epochs = number;
            i++;
        }
        else if (0 == strcmp(argv[i], "--expect") && i + 1 < argc)
        {
            expectation_path = argv[++i];
        }
        else
        {
            fprintf(stderr, "usage: flopmeter-demo-train [--epochs N] [--expect FILE]\n");
            return 2;
        }
    }
    return run(epochs, expectation_path);
}

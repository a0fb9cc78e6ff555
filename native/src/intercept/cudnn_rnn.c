/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's recurrent networks (its 8.0 interface). Per direction, layer and token: gates x 2 hidden (inputs + recurrent
 * inputs), and 2 hidden projected where there is a projection. The gradient of the data is as many products again, that
 * of the weights as well. Element-wise work is not counted.
 */

#include "cudnn_words.h"

#define BATCH_MAX (2048) /* lengths that fit on a stack; a greater batch is a gap */
#define LAYERS_MAX (65536)

/* cudnnRNNMode_t, cudnnDirectionMode_t, cudnnRNNInputMode_t */
#define MODE_LSTM (2)
#define MODE_GRU (3)
#define BIDIRECTIONAL (1)
#define SKIP_INPUT (1)

typedef int get_rnn_fn(const void *desc, int *algo, int *mode, int *bias, int *direction, int *input_mode, int *type,
    int *math_precision, int *math, int32_t *input, int32_t *hidden, int32_t *projected, int32_t *layers,
    const void **dropout, uint32_t *flags);
typedef int get_data_fn(const void *desc, int *type, int *layout, int *length_max, int *batch, int *vector,
    int count_max, int *lengths, void *padding);

typedef struct network_stct
{
    int mode;
    int direction;
    int input_mode;
    int type;
    int math;
    int32_t input;
    int32_t hidden;
    int32_t projected;
    int32_t layers;
}
network_t;

static bool read_network(const void *const real, const void *const desc, network_t *const network)
{
    FLOPMETER_BESIDE(get_rnn, get_rnn_fn, "cudnnGetRNNDescriptor_v8", real);
    const void *dropout;
    uint32_t flags;
    int algo;
    int bias;
    int math_precision;

    return NULL != get_rnn &&
        FLOPMETER_CUDA_SUCCESS ==
        get_rnn(desc, &algo, &network->mode, &bias, &network->direction, &network->input_mode, &network->type,
            &math_precision, &network->math, &network->input, &network->hidden, &network->projected,
            &network->layers, &dropout, &flags) &&
        network->mode >= 0 && network->mode <= MODE_GRU && network->input >= 0 && network->hidden >= 0 &&
        network->projected >= 0 && network->layers >= 0 && network->layers < LAYERS_MAX;
}

/* Tokens of all sequences of the batch; -1 when that can't be told. */
static int64_t read_tokens(const void *const real, const void *const desc)
{
    FLOPMETER_BESIDE(get_data, get_data_fn, "cudnnGetRNNDataDescriptor", real);
    int lengths[BATCH_MAX];
    uint64_t padding[2];
    int type;
    int layout;
    int length_max;
    int batch;
    int vector;
    int64_t tokens = 0;

    if (NULL == get_data ||
        FLOPMETER_CUDA_SUCCESS !=
            get_data(desc, &type, &layout, &length_max, &batch, &vector, BATCH_MAX, lengths, padding) ||
        batch < 0 || batch > BATCH_MAX)
    {
        return -1;
    }
    for (int i = 0; i < batch; i++)
    {
        tokens += lengths[i] > 0 ? lengths[i] : 0;
    }
    return tokens;
}

/* Sizes are 31 bits each: the sum over layers has room in 128. */
static flopmeter_u128_t flop_count_of(const network_t *const network, const int64_t tokens)
{
    const flopmeter_u128_t directions = BIDIRECTIONAL == network->direction ? 2 : 1;
    const flopmeter_u128_t gates = MODE_LSTM == network->mode ? 4 : MODE_GRU == network->mode ? 3 : 1;
    const bool has_projection = network->projected > 0 && network->projected < network->hidden;
    const flopmeter_u128_t hidden = (flopmeter_u128_t)network->hidden;
    const flopmeter_u128_t recurrent = has_projection ? (flopmeter_u128_t)network->projected : hidden;
    flopmeter_u128_t per_token = 0;

    for (int32_t layer = 0; layer < network->layers; layer++)
    {
        const flopmeter_u128_t input = layer > 0      ? directions * recurrent
            : SKIP_INPUT == network->input_mode ? 0
                                                : (flopmeter_u128_t)network->input;

        const flopmeter_u128_t projection = has_projection ? hidden * recurrent : 0;

        per_token += directions * 2 * (gates * hidden * (input + recurrent) + projection);
    }
    per_token *= (uint64_t)tokens;
    return per_token;
}

static void recurred(const void *const real, const word_t handle, const word_t desc, const word_t data)
{
    const int64_t tokens = read_tokens(real, flopmeter_cudnn_at(data));
    network_t network = { 0 };
    const void *stream;

    if (tokens < 0 || !read_network(real, flopmeter_cudnn_at(desc), &network))
    {
        flopmeter_cuda_gap();
        return;
    }
    const flopmeter_shape_t shape = { flop_count_of(&network, tokens), 0, 0 };

    if (0 != shape.flop_count && flopmeter_cudnn_stream(real, flopmeter_cudnn_at(handle), &stream))
    {
        flopmeter_cuda_count(
            stream,
            flopmeter_cudnn_precision_of_math(flopmeter_cudnn_precision(network.type, network.type), network.math),
            &shape);
    }
}

#define RECURRENT(routine, count, data)                                                                                \
    FLOPMETER_CUDNN_WRAPPER(routine, count, recurred((const void *)(uintptr_t)real, a0, a1, data))

RECURRENT(cudnnRNNForward, 20, a4)
RECURRENT(cudnnRNNBackwardData_v8, 22, a6)
RECURRENT(cudnnRNNBackwardWeights_v8, 16, a4)

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the operations of a cuDNN graph compute. Element-wise operations, reductions and normalisations are not counted.
 */

#include "cudnn_backend.h"

enum
{
    LEFT,
    RIGHT,
    RESULT,
    FOURTH
};

int flopmeter_cudnn_role(const int32_t type, const int attribute)
{
    /* First attribute of each kind of operation; then what its successors are. Of a convolution: the tensor that is
       multiplied, the filter, the one whose positions count. Of attention: queries, keys, values, output. */
    static const struct
    {
        int16_t type;
        int16_t first;
        int8_t roles[4];
    }
    kinds[] =
    {
        { FLOPMETER_CUDNN_OP_CONVOLUTION_FORWARD, 703, { RIGHT, LEFT, RESULT, -1 } },
        { FLOPMETER_CUDNN_OP_CONVOLUTION_DATA, 709, { RIGHT, -1, RESULT, -1 } },
        { FLOPMETER_CUDNN_OP_CONVOLUTION_FILTER, 715, { RIGHT, LEFT, RESULT, -1 } },
        { FLOPMETER_CUDNN_OP_MATMUL, 1520, { LEFT, RIGHT, RESULT, -1 } },
        { FLOPMETER_CUDNN_OP_RESHAPE, 2200, { LEFT, RESULT, -1, -1 } },
        { FLOPMETER_CUDNN_OP_SDPA_FORWARD, 2800, { LEFT, RIGHT, RESULT, FOURTH } },
        { FLOPMETER_CUDNN_OP_SDPA_BACKWARD, 2851, { LEFT, RIGHT, RESULT, FOURTH } },
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    {
        if (type == kinds[i].type && attribute >= kinds[i].first && attribute < kinds[i].first + 4)
        {
            return kinds[i].roles[attribute - kinds[i].first];
        }
    }
    return -1;
}

flopmeter_cudnn_effect_t flopmeter_cudnn_effect(const int32_t type, const int attribute)
{
    /* Of each kind of operation whose amount may lie on the device: the attributes that say nothing about it. */
    static const struct
    {
        int16_t type;
        int16_t first;
        int16_t last;
    }
    plain[] =
    {
        { FLOPMETER_CUDNN_OP_MATMUL, FLOPMETER_CUDNN_ATTR_MATMUL_FIRST, FLOPMETER_CUDNN_ATTR_MATMUL_DESC },
        { FLOPMETER_CUDNN_OP_SDPA_FORWARD, FLOPMETER_CUDNN_ATTR_SDPA_FIRST, FLOPMETER_CUDNN_ATTR_SDPA_SCALE },
        { FLOPMETER_CUDNN_OP_SDPA_FORWARD, FLOPMETER_CUDNN_ATTR_SDPA_SUBGRAPH, FLOPMETER_CUDNN_ATTR_SDPA_UNFUSE },
        { FLOPMETER_CUDNN_OP_SDPA_BACKWARD, FLOPMETER_CUDNN_ATTR_GRADIENT_FIRST, FLOPMETER_CUDNN_ATTR_GRADIENT_SCALE },
        { FLOPMETER_CUDNN_OP_SDPA_BACKWARD, FLOPMETER_CUDNN_ATTR_GRADIENT_DQ, FLOPMETER_CUDNN_ATTR_GRADIENT_DSINK },
        { FLOPMETER_CUDNN_OP_SDPA_BACKWARD, FLOPMETER_CUDNN_ATTR_GRADIENT_SUBGRAPH,
            FLOPMETER_CUDNN_ATTR_GRADIENT_RESULT },
    };
    const bool is_forward = FLOPMETER_CUDNN_OP_SDPA_FORWARD == type;
    const bool is_backward = FLOPMETER_CUDNN_OP_SDPA_BACKWARD == type;

    if ((is_forward && FLOPMETER_CUDNN_ATTR_SDPA_SUBGRAPH == attribute) ||
        (is_backward && FLOPMETER_CUDNN_ATTR_GRADIENT_SUBGRAPH == attribute))
    {
        return FLOPMETER_CUDNN_EFFECT_SUBGRAPH;
    }
    if ((is_forward &&
            (FLOPMETER_CUDNN_ATTR_SDPA_PAGES_K == attribute || FLOPMETER_CUDNN_ATTR_SDPA_PAGES_V == attribute)) ||
        (FLOPMETER_CUDNN_OP_MATMUL == type && FLOPMETER_CUDNN_ATTR_MATMUL_BATCH == attribute))
    {
        return FLOPMETER_CUDNN_EFFECT_ODD;
    }
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
    {
        if (type == plain[i].type && attribute >= plain[i].first && attribute <= plain[i].last)
        {
            return FLOPMETER_CUDNN_EFFECT_NO;
        }
    }
    return is_forward || is_backward || FLOPMETER_CUDNN_OP_MATMUL == type ? FLOPMETER_CUDNN_EFFECT_PART
                                                                         : FLOPMETER_CUDNN_EFFECT_NO;
}

bool flopmeter_cudnn_is_mask(const int32_t type)
{
    return FLOPMETER_CUDNN_OP_PAGED_LOAD == type || FLOPMETER_CUDNN_OP_EXPAND_BAND == type ||
        FLOPMETER_CUDNN_OP_CONTRACT_BAND == type || FLOPMETER_CUDNN_OP_DIAGONAL_MASK == type;
}

bool flopmeter_cudnn_is_mask_mode(const int32_t mode)
{
    return mode > FLOPMETER_CUDNN_MODE_NOT && FLOPMETER_CUDNN_MODE_SELECT != mode;
}

static bool multiply_dims(
    const flopmeter_cudnn_tensor_t *const tensor, const int first, const int last, flopmeter_u128_t *const product)
{
    for (int i = first; i < last; i++)
    {
        if (tensor->dims[i] < 0 || __builtin_mul_overflow(*product, (flopmeter_u128_t)tensor->dims[i], product))
        {
            return false;
        }
    }
    return true;
}

static bool convolution(const flopmeter_cudnn_tensor_t *const roles, flopmeter_u128_t *const flop_count)
{
    *flop_count = 2;
    return roles[RESULT].ndims > 0 && roles[RIGHT].ndims > 1 &&
        multiply_dims(&roles[RESULT], 0, roles[RESULT].ndims, flop_count) &&
        multiply_dims(&roles[RIGHT], 1, roles[RIGHT].ndims, flop_count);
}

static bool matmul(const flopmeter_cudnn_tensor_t *const roles, flopmeter_u128_t *const flop_count)
{
    const int last = roles[LEFT].ndims;

    *flop_count = 2;
    return roles[RESULT].ndims > 1 && last > 1 &&
        multiply_dims(&roles[RESULT], 0, roles[RESULT].ndims, flop_count) &&
        multiply_dims(&roles[LEFT], last - 1, last, flop_count);
}

/*
 * Queries are [batch, heads, queries, depth], values [batch, heads, keys, value depth]: 2 products forward; backward 5,
 * of which 3 are as deep as a query and 2 as deep as a value. The full square: what may be left out is said elsewhere.
 */
static bool attention(
    const flopmeter_cudnn_tensor_t *const roles, const bool is_backward, flopmeter_u128_t *const flop_count)
{
    const flopmeter_cudnn_tensor_t *const queries = &roles[LEFT];
    const flopmeter_cudnn_tensor_t *const values = &roles[RESULT];

    *flop_count = 2;
    if (4 != queries->ndims || 4 != values->ndims || queries->dims[3] < 0 || values->dims[3] < 0 ||
        !multiply_dims(queries, 0, 3, flop_count) || !multiply_dims(values, 2, 3, flop_count))
    {
        return false;
    }
    const flopmeter_u128_t depth = (flopmeter_u128_t)queries->dims[3] * (is_backward ? 3 : 1) +
        (flopmeter_u128_t)values->dims[3] * (is_backward ? 2 : 1);

    return !__builtin_mul_overflow(*flop_count, depth, flop_count);
}

void flopmeter_cudnn_unfold(flopmeter_cudnn_tensor_t *const tensor)
{
    if (0 == tensor->vector_length || 1 == tensor->vector_length)
    {
        return;
    }
    if (tensor->vector_length < 0 || tensor->vector_place < 1 || tensor->vector_place > tensor->ndims ||
        __builtin_mul_overflow(tensor->dims[tensor->vector_place - 1], tensor->vector_length,
            &tensor->dims[tensor->vector_place - 1]))
    {
        tensor->ndims = 0;
    }
    tensor->vector_length = 1;
}

bool flopmeter_cudnn_is_inner(const flopmeter_cudnn_tensor_t *const tensor)
{
    return tensor->is_virtual && FLOPMETER_CUDNN_FLOAT == tensor->type;
}

bool flopmeter_cudnn_trace(
    flopmeter_cudnn_tensor_t *const tensor, const flopmeter_cudnn_memory_t *const reshape)
{
    const flopmeter_cudnn_tensor_t *const from = &reshape->of.roles[LEFT];
    const flopmeter_cudnn_tensor_t *const made = &reshape->of.roles[RESULT];

    if (FLOPMETER_CUDNN_OP_RESHAPE != reshape->type || 0 == from->ndims || !tensor->has_uid || !made->has_uid ||
        tensor->uid != made->uid)
    {
        return false;
    }
    tensor->type = from->type;
    tensor->is_virtual = from->is_virtual;
    tensor->has_uid = from->has_uid;
    tensor->uid = from->uid;
    return true;
}

/*
 * An fp32 tensor inside a kernel is what something else was turned into: attention's probabilities, a block-scaled
 * operand. The other operand's format is that of the product; with two of them nobody can tell.
 */
static flopmeter_precision_t precision_of(
    const flopmeter_cudnn_tensor_t *const left, const flopmeter_cudnn_tensor_t *const right)
{
    const bool is_left_inner = flopmeter_cudnn_is_inner(left);
    const bool is_right_inner = flopmeter_cudnn_is_inner(right);

    if (is_left_inner && is_right_inner)
    {
        return FLOPMETER_PRECISION_UNKNOWN;
    }
    return flopmeter_cudnn_precision(
        is_left_inner ? right->type : left->type, is_right_inner ? left->type : right->type);
}

bool flopmeter_cudnn_operation(
    const flopmeter_cudnn_memory_t *const operation, flopmeter_cudnn_worth_t *const worth)
{
    const flopmeter_cudnn_tensor_t *const roles = operation->of.roles;
    flopmeter_u128_t flop_count = 0;
    int right = RIGHT;
    bool is_known;

    switch (operation->type)
    {
        case FLOPMETER_CUDNN_OP_CONVOLUTION_FORWARD:
        case FLOPMETER_CUDNN_OP_CONVOLUTION_FILTER:
            is_known = convolution(roles, &flop_count);
            right = FLOPMETER_CUDNN_OP_CONVOLUTION_FILTER == operation->type ? RESULT : RIGHT;
            break;

        case FLOPMETER_CUDNN_OP_CONVOLUTION_DATA:
            is_known = convolution(roles, &flop_count);
            right = RESULT;
            break;

        case FLOPMETER_CUDNN_OP_MATMUL:
            is_known = matmul(roles, &flop_count);
            break;

        case FLOPMETER_CUDNN_OP_SDPA_FORWARD:
        case FLOPMETER_CUDNN_OP_SDPA_BACKWARD:
            is_known = attention(roles, FLOPMETER_CUDNN_OP_SDPA_BACKWARD == operation->type, &flop_count);
            break;

        case FLOPMETER_CUDNN_OP_MOE_MATMUL:
        case FLOPMETER_CUDNN_OP_MOE_MATMUL_BACKWARD:
            return false; /* how many rows go to which product lies on the device */

        default:
            return operation->type <= FLOPMETER_CUDNN_TYPE_LAST; /* younger than this table: it may well compute */
    }
    if (!is_known || operation->is_odd)
    {
        return false;
    }
    const bool is_data = FLOPMETER_CUDNN_OP_CONVOLUTION_DATA == operation->type;

    flopmeter_u128_t *const sum = &worth->flop_count[precision_of(&roles[is_data ? RIGHT : LEFT], &roles[right])];

    return !__builtin_add_overflow(*sum, flop_count, sum);
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every formula here is 2 x positions x product of a weights tensor: a convolution's weights are [groups,] outputs per
 * group, inputs per group, kernel, so their product is already outputs x reduction length, whatever the groups.
 */

#include <stdbool.h>

#include "onednn_shape.h"

typedef enum family_enum
{
    FAMILY_NOTHING,
    FAMILY_UNKNOWN,
    FAMILY_CONVOLUTION,
    FAMILY_DECONVOLUTION,
    FAMILY_MATMUL,
    FAMILY_RNN
}
family_t;

/* One execution: what every look at a tensor needs. */
typedef struct execution_stct
{
    const flopmeter_onednn_t *onednn;
    const void *primitive_desc;
    const flopmeter_dnnl_arg_t *args;
    int arg_count;
}
execution_t;

typedef struct tensor_stct
{
    const int64_t *dims;
    int32_t ndims;
    int32_t data_type;
}
tensor_t;

/* Which arguments say how often the weights are used, what the weights are, and which two are multiplied. */
typedef struct roles_stct
{
    int32_t positions;
    int32_t weights;
    int32_t left;
    int32_t right;
}
roles_t;

static family_t family_of(const int major, const int32_t kind)
{
    const bool is_v2 = 2 == major;

    if (FLOPMETER_DNNL_CONVOLUTION == kind ||
        (is_v2 ? FLOPMETER_DNNL_V2_INNER_PRODUCT : FLOPMETER_DNNL_V3_INNER_PRODUCT) == kind)
    {
        /* An inner product is a convolution whose kernel is the whole input: no spatial output. */
        return FAMILY_CONVOLUTION;
    }
    if (FLOPMETER_DNNL_DECONVOLUTION == kind)
    {
        return FAMILY_DECONVOLUTION;
    }
    if ((is_v2 ? FLOPMETER_DNNL_V2_MATMUL : FLOPMETER_DNNL_V3_MATMUL) == kind)
    {
        return FAMILY_MATMUL;
    }
    if ((is_v2 ? FLOPMETER_DNNL_V2_RNN : FLOPMETER_DNNL_V3_RNN) == kind)
    {
        return FAMILY_RNN;
    }
    if (kind <= 0 || kind > (is_v2 ? FLOPMETER_DNNL_V2_KIND_LAST : FLOPMETER_DNNL_V3_KIND_LAST) ||
        (is_v2 ? FLOPMETER_DNNL_V2_GEMM : FLOPMETER_DNNL_V3_GEMM) == kind)
    {
        return FAMILY_UNKNOWN; /* younger than this table, or internal: attention, gated MLP */
    }
    return FAMILY_NOTHING;
}

/* Read a memory descriptor. False when the library does not answer as its version should. */
static bool tensor_read(const flopmeter_onednn_t *const onednn, const void *const desc, tensor_t *const tensor)
{
    if (NULL == desc)
    {
        return false;
    }

    if (2 == onednn->major)
    {
        const flopmeter_dnnl_desc_v2_t *const desc_v2 = desc;

        tensor->dims = desc_v2->dims;
        tensor->ndims = desc_v2->ndims;
        tensor->data_type = desc_v2->data_type;
    }
    else if (
        FLOPMETER_DNNL_SUCCESS != onednn->memory_desc_query(desc, FLOPMETER_DNNL_QUERY_NDIMS, &tensor->ndims) ||
        FLOPMETER_DNNL_SUCCESS != onednn->memory_desc_query(desc, FLOPMETER_DNNL_QUERY_DIMS, &tensor->dims) ||
        FLOPMETER_DNNL_SUCCESS != onednn->memory_desc_query(desc, FLOPMETER_DNNL_QUERY_DATA_TYPE, &tensor->data_type))
    {
        return false;
    }

    return NULL != tensor->dims && tensor->ndims >= 0 && tensor->ndims <= FLOPMETER_DNNL_DIMS_MAX;
}

static bool tensor_has(const tensor_t *const tensor, const int64_t dim)
{
    for (int32_t i = 0; i < tensor->ndims; i++)
    {
        if (dim == tensor->dims[i])
        {
            return true;
        }
    }
    return false;
}

static const void *memory_of(const execution_t *const execution, const int32_t arg)
{
    for (int i = 0; i < execution->arg_count; i++)
    {
        if (arg == execution->args[i].arg)
        {
            return execution->args[i].memory;
        }
    }
    return NULL;
}

/* The tensor behind an argument; sizes left open at creation are those of the memory of this execution. */
static bool tensor_of(const execution_t *const execution, const int32_t arg, tensor_t *const tensor)
{
    const flopmeter_onednn_t *const onednn = execution->onednn;
    const void *desc =
        onednn->primitive_desc_query_md(execution->primitive_desc, FLOPMETER_DNNL_QUERY_ARG_MD, arg);

    if (!tensor_read(onednn, desc, tensor))
    {
        return false;
    }
    if (tensor_has(tensor, FLOPMETER_DNNL_DIM_RUNTIME))
    {
        const void *const memory = memory_of(execution, arg);

        desc = NULL;
        if (NULL == memory || FLOPMETER_DNNL_SUCCESS != onednn->memory_get_memory_desc(memory, &desc) ||
            !tensor_read(onednn, desc, tensor))
        {
            return false;
        }
    }
    return true;
}

/* Multiply `*product` by the sizes from dimension `first` on. False: a size that no tensor has. */
static bool multiply_dims(const tensor_t *const tensor, const int32_t first, flopmeter_u128_t *const product)
{
    for (int32_t i = first; i < tensor->ndims; i++)
    {
        if (tensor->dims[i] < 0 || __builtin_mul_overflow(*product, (flopmeter_u128_t)tensor->dims[i], product))
        {
            return false;
        }
    }
    return true;
}

/* Precision and its rank: of two different operands the one that the arithmetic must be done in has the higher rank. */
static int precision_of(const int32_t data_type, flopmeter_precision_t *const precision)
{
    static const struct
    {
        uint8_t precision;
        uint8_t rank;
    }
    types[] =
    {
        [FLOPMETER_DNNL_U4] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_DNNL_S4] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_DNNL_U8] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_DNNL_S8] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_DNNL_S32] = { FLOPMETER_INT32, 3 },
        [FLOPMETER_DNNL_F4_E2M1] = { FLOPMETER_FP4, 4 },
        [FLOPMETER_DNNL_F4_E3M0] = { FLOPMETER_FP4, 4 },
        [FLOPMETER_DNNL_F8_E5M2] = { FLOPMETER_FP8, 5 },
        [FLOPMETER_DNNL_F8_E4M3] = { FLOPMETER_FP8, 5 },
        [FLOPMETER_DNNL_F16] = { FLOPMETER_FP16, 6 },
        [FLOPMETER_DNNL_BF16] = { FLOPMETER_BF16, 7 },
        [FLOPMETER_DNNL_F32] = { FLOPMETER_FP32, 8 },
        [FLOPMETER_DNNL_F64] = { FLOPMETER_FP64, 9 },
    };

    if (data_type <= 0 || data_type >= (int32_t)(sizeof(types) / sizeof(types[0])))
    {
        return 0;
    }
    *precision = (flopmeter_precision_t)types[data_type].precision;
    return types[data_type].rank;
}

static bool precision_of_product(
    const tensor_t *const left, const tensor_t *const right, flopmeter_precision_t *const precision)
{
    flopmeter_precision_t precision_right = FLOPMETER_FP32;
    const int rank_left = precision_of(left->data_type, precision);
    const int rank_right = precision_of(right->data_type, &precision_right);

    if (rank_right > rank_left)
    {
        *precision = precision_right;
    }
    return 0 != rank_left && 0 != rank_right;
}

/* Convolution positions lie on the output side, those of a deconvolution, which is its transpose, on the input side. */
static bool roles_of(const family_t family, const int32_t prop, roles_t *const roles)
{
    const bool is_transposed = FAMILY_DECONVOLUTION == family;

    switch (prop)
    {
        case FLOPMETER_DNNL_FORWARD_TRAINING:
        case FLOPMETER_DNNL_FORWARD_INFERENCE:
            roles->positions = is_transposed ? FLOPMETER_DNNL_ARG_SRC : FLOPMETER_DNNL_ARG_DST;
            roles->weights = FLOPMETER_DNNL_ARG_WEIGHTS;
            roles->left = FLOPMETER_DNNL_ARG_SRC;
            roles->right = FLOPMETER_DNNL_ARG_WEIGHTS;
            return true;

        case FLOPMETER_DNNL_BACKWARD_DATA:
            roles->positions = is_transposed ? FLOPMETER_DNNL_ARG_DIFF_SRC : FLOPMETER_DNNL_ARG_DIFF_DST;
            roles->weights = FLOPMETER_DNNL_ARG_WEIGHTS;
            roles->left = FLOPMETER_DNNL_ARG_DIFF_DST;
            roles->right = FLOPMETER_DNNL_ARG_WEIGHTS;
            return true;

        case FLOPMETER_DNNL_BACKWARD_WEIGHTS:
            roles->positions = is_transposed ? FLOPMETER_DNNL_ARG_SRC : FLOPMETER_DNNL_ARG_DIFF_DST;
            roles->weights = FLOPMETER_DNNL_ARG_DIFF_WEIGHTS;
            roles->left = FLOPMETER_DNNL_ARG_SRC;
            roles->right = FLOPMETER_DNNL_ARG_DIFF_DST;
            return true;

        default:
            return false;
    }
}

/* 2 x batch x positions x product of the weights. */
static bool count_convolution(
    const execution_t *const execution,
    const family_t family,
    const int32_t prop,
    flopmeter_precision_t *const precision,
    flopmeter_u128_t *const flop_count)
{
    const int32_t arg_fused = FLOPMETER_DNNL_ARG_WEIGHTS |
        (2 == execution->onednn->major ? FLOPMETER_DNNL_V2_ARG_POST_OP_DW : FLOPMETER_DNNL_V3_ARG_POST_OP_DW);
    roles_t roles;
    tensor_t positions;
    tensor_t weights;
    tensor_t left;
    tensor_t right;

    /* With a fused depthwise convolution the output is the second one's: the first one's positions are not told. */
    if (!roles_of(family, prop, &roles) || NULL != memory_of(execution, arg_fused) ||
        !tensor_of(execution, roles.positions, &positions) || !tensor_of(execution, roles.weights, &weights))
    {
        return false;
    }

    left = positions;
    right = weights;
    if ((roles.left != roles.positions && !tensor_of(execution, roles.left, &left)) ||
        (roles.right != roles.weights && !tensor_of(execution, roles.right, &right)) ||
        !precision_of_product(&left, &right, precision) || positions.ndims < 2 || weights.ndims < 2 ||
        positions.dims[0] < 0)
    {
        return false;
    }

    *flop_count = 2 * (flopmeter_u128_t)positions.dims[0];
    return multiply_dims(&positions, 2, flop_count) && multiply_dims(&weights, 0, flop_count);
}

/* 2 x elements of the (broadcast) result x length of the reduction. */
static bool count_matmul(
    const execution_t *const execution,
    flopmeter_precision_t *const precision,
    flopmeter_u128_t *const flop_count)
{
    tensor_t source;
    tensor_t weights;
    tensor_t result;

    if (!tensor_of(execution, FLOPMETER_DNNL_ARG_SRC, &source) ||
        !tensor_of(execution, FLOPMETER_DNNL_ARG_WEIGHTS, &weights) ||
        !tensor_of(execution, FLOPMETER_DNNL_ARG_DST, &result) || source.ndims < 1 || result.ndims < 1 ||
        !precision_of_product(&source, &weights, precision) || source.dims[source.ndims - 1] < 0)
    {
        return false;
    }

    *flop_count = 2 * (flopmeter_u128_t)source.dims[source.ndims - 1];
    return multiply_dims(&result, 0, flop_count);
}

/* 2 x steps x batch x products of the layer, iteration and projection weights; backward does both gradients. */
static bool count_rnn(
    const execution_t *const execution,
    const int32_t prop,
    flopmeter_precision_t *const precision,
    flopmeter_u128_t *const flop_count)
{
    static const int32_t weights_args[] =
    {
        FLOPMETER_DNNL_ARG_WEIGHTS, FLOPMETER_DNNL_ARG_WEIGHTS_ITER, FLOPMETER_DNNL_ARG_WEIGHTS_PROJECTION
    };
    const bool is_forward = FLOPMETER_DNNL_FORWARD_TRAINING == prop || FLOPMETER_DNNL_FORWARD_INFERENCE == prop;
    flopmeter_u128_t total = 0;
    tensor_t source;

    if ((!is_forward && FLOPMETER_DNNL_BACKWARD != prop) ||
        !tensor_of(execution, FLOPMETER_DNNL_ARG_SRC, &source) || 3 != source.ndims)
    {
        return false;
    }

    for (size_t i = 0; i < sizeof(weights_args) / sizeof(weights_args[0]); i++)
    {
        flopmeter_u128_t product = (is_forward ? 2 : 4);
        tensor_t weights;

        if (2 == i && NULL == memory_of(execution, weights_args[i]))
        {
            break;
        }
        if (!tensor_of(execution, weights_args[i], &weights) || weights.ndims < 4 ||
            (0 == i && !precision_of_product(&source, &weights, precision)) ||
            !multiply_dims(&(tensor_t){ source.dims, 2, source.data_type }, 0, &product) ||
            !multiply_dims(&weights, 0, &product) || __builtin_add_overflow(total, product, &total))
        {
            return false;
        }
    }
    *flop_count = total;
    return true;
}

flopmeter_onednn_verdict_t flopmeter_onednn_shape(
    const flopmeter_onednn_t *const onednn,
    const void *const primitive,
    const int arg_count,
    const flopmeter_dnnl_arg_t *const args,
    flopmeter_precision_t *const precision,
    flopmeter_u128_t *const flop_count)
{
    execution_t execution = { .onednn = onednn, .args = args, .arg_count = NULL == args ? 0 : arg_count };
    int32_t kind = 0;
    int32_t prop = 0;
    bool is_counted = false;

    *flop_count = 0;
    if (NULL == primitive)
    {
        return FLOPMETER_ONEDNN_NOTHING; /* the library will refuse it */
    }
    if (FLOPMETER_DNNL_SUCCESS != onednn->primitive_get_primitive_desc(primitive, &execution.primitive_desc) ||
        FLOPMETER_DNNL_SUCCESS !=
            onednn->primitive_desc_query(execution.primitive_desc, FLOPMETER_DNNL_QUERY_KIND, 0, &kind))
    {
        return FLOPMETER_ONEDNN_UNKNOWN;
    }

    const family_t family = family_of(onednn->major, kind);

    if (FAMILY_NOTHING == family)
    {
        return FLOPMETER_ONEDNN_NOTHING;
    }
    if (FAMILY_UNKNOWN == family ||
        (FAMILY_MATMUL != family &&
         FLOPMETER_DNNL_SUCCESS !=
             onednn->primitive_desc_query(execution.primitive_desc, FLOPMETER_DNNL_QUERY_PROP, 0, &prop)))
    {
        return FLOPMETER_ONEDNN_UNKNOWN;
    }

    if (FAMILY_MATMUL == family)
    {
        is_counted = count_matmul(&execution, precision, flop_count);
    }
    else if (FAMILY_RNN == family)
    {
        is_counted = count_rnn(&execution, prop, precision, flop_count);
    }
    else
    {
        is_counted = count_convolution(&execution, family, prop, precision, flop_count);
    }
    if (!is_counted)
    {
        *flop_count = 0;
        return FLOPMETER_ONEDNN_UNKNOWN;
    }
    return 0 == *flop_count ? FLOPMETER_ONEDNN_NOTHING : FLOPMETER_ONEDNN_COUNTED;
}

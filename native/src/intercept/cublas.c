/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Precision and worth of one cuBLAS call. Device memory is never read: an alpha that lies there may be 0, so such a
 * call is an interval from 0 to the full count, with the full count as its estimate.
 */

#include <string.h>

#include "cublas.h"

typedef int get_int_fn(const void *handle, int *value);
typedef int get_stream_fn(const void *handle, const void **stream);

/* Precision and its rank: of two different operands the one that the arithmetic must be done in has the higher rank. */
static int rank_of(const int32_t type, flopmeter_precision_t *const precision)
{
    static const struct
    {
        uint8_t precision;
        uint8_t rank;
    }
    types[] =
    {
        [FLOPMETER_CUDA_R_4I] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_CUDA_C_4I] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_CUDA_R_4U] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_CUDA_C_4U] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_CUDA_R_8I] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDA_C_8I] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDA_R_8U] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDA_C_8U] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDA_R_16I] = { FLOPMETER_INT16, 3 },
        [FLOPMETER_CUDA_C_16I] = { FLOPMETER_INT16, 3 },
        [FLOPMETER_CUDA_R_16U] = { FLOPMETER_INT16, 3 },
        [FLOPMETER_CUDA_C_16U] = { FLOPMETER_INT16, 3 },
        [FLOPMETER_CUDA_R_32I] = { FLOPMETER_INT32, 4 },
        [FLOPMETER_CUDA_C_32I] = { FLOPMETER_INT32, 4 },
        [FLOPMETER_CUDA_R_32U] = { FLOPMETER_INT32, 4 },
        [FLOPMETER_CUDA_C_32U] = { FLOPMETER_INT32, 4 },
        [FLOPMETER_CUDA_R_4F_E2M1] = { FLOPMETER_FP4, 5 },
        [FLOPMETER_CUDA_R_6F_E2M3] = { FLOPMETER_FP6, 6 },
        [FLOPMETER_CUDA_R_6F_E3M2] = { FLOPMETER_FP6, 6 },
        [FLOPMETER_CUDA_R_8F_E4M3] = { FLOPMETER_FP8, 7 },
        [FLOPMETER_CUDA_R_8F_E5M2] = { FLOPMETER_FP8, 7 },
        [FLOPMETER_CUDA_R_16F] = { FLOPMETER_FP16, 8 },
        [FLOPMETER_CUDA_C_16F] = { FLOPMETER_FP16, 8 },
        [FLOPMETER_CUDA_R_16BF] = { FLOPMETER_BF16, 9 },
        [FLOPMETER_CUDA_C_16BF] = { FLOPMETER_BF16, 9 },
        [FLOPMETER_CUDA_R_32F] = { FLOPMETER_FP32, 10 },
        [FLOPMETER_CUDA_C_32F] = { FLOPMETER_FP32, 10 },
        [FLOPMETER_CUDA_R_64F] = { FLOPMETER_FP64, 11 },
        [FLOPMETER_CUDA_C_64F] = { FLOPMETER_FP64, 11 },
    };

    if (type < 0 || type >= (int32_t)(sizeof(types) / sizeof(types[0])) || 0 == types[type].rank)
    {
        *precision = FLOPMETER_PRECISION_UNKNOWN;
        return 99;
    }
    *precision = (flopmeter_precision_t)types[type].precision;
    return types[type].rank;
}

/* How fp32 operands are multiplied: the compute type is the word of this call, the math mode that of the handle. */
static flopmeter_precision_t precision_of_fp32(const int32_t compute, const int32_t math_mode)
{
    switch (compute)
    {
        case FLOPMETER_CUBLAS_COMPUTE_16F:
        case FLOPMETER_CUBLAS_COMPUTE_16F_PEDANTIC:
        case FLOPMETER_CUBLAS_COMPUTE_32F_FAST_16F:
            return FLOPMETER_FP16;

        case FLOPMETER_CUBLAS_COMPUTE_32F_FAST_16BF:
            return FLOPMETER_BF16;

        case FLOPMETER_CUBLAS_COMPUTE_32F_FAST_TF32:
            return FLOPMETER_TF32;

        case FLOPMETER_CUBLAS_COMPUTE_64F:
        case FLOPMETER_CUBLAS_COMPUTE_64F_PEDANTIC:
            return FLOPMETER_FP64;

        case FLOPMETER_CUBLAS_COMPUTE_32F_PEDANTIC:
        case FLOPMETER_CUBLAS_COMPUTE_32F_EMULATED_16BFX9:
            return FLOPMETER_FP32;

        default:
            break;
    }
    switch (math_mode & FLOPMETER_CUBLAS_MATH_MASK)
    {
        case FLOPMETER_CUBLAS_MATH_TF32:
            return FLOPMETER_TF32;

        case FLOPMETER_CUBLAS_MATH_TENSOR_OP:
            return FLOPMETER_FP16;

        default:
            return FLOPMETER_FP32;
    }
}

flopmeter_precision_t flopmeter_cublas_precision(
    const int32_t left, const int32_t right, const int32_t compute, const int32_t math_mode)
{
    flopmeter_precision_t precision_left;
    flopmeter_precision_t precision_right;
    const int rank_left = rank_of(left, &precision_left);
    const int rank_right = rank_of(right, &precision_right);
    flopmeter_precision_t precision = rank_right > rank_left ? precision_right : precision_left;

    if (FLOPMETER_FP32 == precision)
    {
        precision = precision_of_fp32(compute, math_mode);
        if (FLOPMETER_TF32 == precision && !flopmeter_cuda_has_tf32())
        {
            precision = FLOPMETER_FP32;
        }
    }
    return precision;
}

int32_t flopmeter_cublas_scale_type(const int32_t compute, const int32_t operand)
{
    const bool is_complex = 0 != flopmeter_cuda_is_complex(operand);

    switch (compute)
    {
        case FLOPMETER_CUBLAS_COMPUTE_16F:
        case FLOPMETER_CUBLAS_COMPUTE_16F_PEDANTIC:
            return FLOPMETER_CUDA_R_16F;

        case FLOPMETER_CUBLAS_COMPUTE_32I:
        case FLOPMETER_CUBLAS_COMPUTE_32I_PEDANTIC:
            return FLOPMETER_CUDA_R_32I;

        case FLOPMETER_CUBLAS_COMPUTE_64F:
        case FLOPMETER_CUBLAS_COMPUTE_64F_PEDANTIC:
        case FLOPMETER_CUBLAS_COMPUTE_64F_EMULATED_FIXEDPOINT:
            return is_complex ? FLOPMETER_CUDA_C_64F : FLOPMETER_CUDA_R_64F;

        default:
            break;
    }
    /* Smaller values are cudaDataTypes, from before CUDA 11. */
    return compute >= 0 && compute < FLOPMETER_CUBLAS_COMPUTE_16F ? compute
        : is_complex                                             ? FLOPMETER_CUDA_C_32F
                                                                 : FLOPMETER_CUDA_R_32F;
}

bool flopmeter_cuda_is_zero(const void *const scalar, const int32_t type)
{
    uint16_t half = 1;
    int32_t integer = 1;

    switch (type)
    {
        case FLOPMETER_CUDA_R_16F:
        case FLOPMETER_CUDA_R_16BF:
            memcpy(&half, scalar, sizeof(half));
            return 0 == (half & 0x7FFF);

        case FLOPMETER_CUDA_R_32I:
            memcpy(&integer, scalar, sizeof(integer));
            return 0 == integer;

        case FLOPMETER_CUDA_R_32F:
            return flopmeter_is_zero(scalar, 's');

        case FLOPMETER_CUDA_R_64F:
            return flopmeter_is_zero(scalar, 'd');

        case FLOPMETER_CUDA_C_32F:
            return flopmeter_is_zero(scalar, 'c');

        case FLOPMETER_CUDA_C_64F:
            return flopmeter_is_zero(scalar, 'z');

        default:
            return false;
    }
}

void flopmeter_cublas_count(const flopmeter_cublas_call_t *const call, const flopmeter_u128_t flop_count)
{
    flopmeter_shape_t shape = { flop_count, 0, 0 };
    const void *stream = NULL;
    int math_mode = 0;

    if (0 == flop_count)
    {
        return;
    }
    if (NULL != call->alpha)
    {
        FLOPMETER_BESIDE(get_pointer_mode, get_int_fn, "cublasGetPointerMode_v2", call->real);
        int pointer_mode = FLOPMETER_CUBLAS_POINTER_HOST;
        const bool is_host = NULL == call->handle ||
            (NULL != get_pointer_mode &&
                FLOPMETER_CUDA_SUCCESS == get_pointer_mode(call->handle, &pointer_mode) &&
                FLOPMETER_CUBLAS_POINTER_HOST == pointer_mode);

        if (!is_host)
        {
            shape = (flopmeter_shape_t){ 0, flop_count, 0 };
        }
        else if (flopmeter_cuda_is_zero(call->alpha, call->alpha_type))
        {
            return;
        }
    }
    if (NULL != call->handle)
    {
        FLOPMETER_BESIDE(get_stream, get_stream_fn, "cublasGetStream_v2", call->real);

        if (NULL == get_stream || FLOPMETER_CUDA_SUCCESS != get_stream(call->handle, &stream))
        {
            flopmeter_cuda_gap(); /* counted at once or with a graph: it can't be told */
            return;
        }
        if (call->has_math_mode)
        {
            FLOPMETER_BESIDE(get_math_mode, get_int_fn, "cublasGetMathMode", call->real);

            if (NULL != get_math_mode && FLOPMETER_CUDA_SUCCESS != get_math_mode(call->handle, &math_mode))
            {
                math_mode = 0;
            }
        }
    }
    flopmeter_cuda_count(
        stream, flopmeter_cublas_precision(call->left, call->right, call->compute, math_mode), &shape);
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's convolutions: 2 x positions of the result x (products of the filter / its outputs), which is the reduction
 * length whatever the groups; the gradients are the same sums in other orders. Alpha is always in host memory.
 */

#include "cudnn_words.h"

#define DIMS_MAX (8) /* CUDNN_DIM_MAX */

typedef int get_stream_fn(const void *handle, const void **stream);
typedef int get_tensor_fn(const void *desc, int count_max, int *type, int *count, int *dims, int *strides);
typedef int get_filter_fn(const void *desc, int count_max, int *type, int *format, int *count, int *dims);
typedef int get_math_fn(const void *desc, int *math);
typedef int get_length_fn(const void *desc, size_t *length);

#define FORMAT_NCHW_VECT_C (2)

bool flopmeter_cudnn_stream(const void *const real, const void *const handle, const void **const stream)
{
    FLOPMETER_BESIDE(get_stream, get_stream_fn, "cudnnGetStream", real);

    *stream = NULL;
    if (NULL == get_stream || FLOPMETER_CUDA_SUCCESS != get_stream(handle, stream))
    {
        flopmeter_cuda_gap();
        return false;
    }
    return true;
}

static int rank_of(const int32_t type, flopmeter_precision_t *const precision)
{
    static const struct
    {
        uint8_t precision;
        uint8_t rank;
    }
    types[] =
    {
        [FLOPMETER_CUDNN_FLOAT] = { FLOPMETER_FP32, 8 },
        [FLOPMETER_CUDNN_DOUBLE] = { FLOPMETER_FP64, 9 },
        [FLOPMETER_CUDNN_HALF] = { FLOPMETER_FP16, 6 },
        [FLOPMETER_CUDNN_INT8] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDNN_INT32] = { FLOPMETER_INT32, 3 },
        [FLOPMETER_CUDNN_INT8X4] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDNN_UINT8] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDNN_UINT8X4] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDNN_INT8X32] = { FLOPMETER_INT8, 2 },
        [FLOPMETER_CUDNN_BFLOAT16] = { FLOPMETER_BF16, 7 },
        [FLOPMETER_CUDNN_FP8_E4M3] = { FLOPMETER_FP8, 5 },
        [FLOPMETER_CUDNN_FP8_E5M2] = { FLOPMETER_FP8, 5 },
        [FLOPMETER_CUDNN_FP4_E2M1] = { FLOPMETER_FP4, 4 },
        [FLOPMETER_CUDNN_INT4] = { FLOPMETER_INT4, 1 },
        [FLOPMETER_CUDNN_UINT4] = { FLOPMETER_INT4, 1 },
    };

    if (type < 0 || type >= (int32_t)(sizeof(types) / sizeof(types[0])) || 0 == types[type].rank)
    {
        *precision = FLOPMETER_PRECISION_UNKNOWN;
        return 99;
    }
    *precision = (flopmeter_precision_t)types[type].precision;
    return types[type].rank;
}

flopmeter_precision_t flopmeter_cudnn_precision(const int32_t left, const int32_t right)
{
    flopmeter_precision_t precision_left;
    flopmeter_precision_t precision_right;
    const int rank_left = rank_of(left, &precision_left);

    return rank_of(right, &precision_right) > rank_left ? precision_right : precision_left;
}

/* What one convolution is made of: the tensor that is multiplied with the filter, the one that says how often. */
typedef struct convolution_stct
{
    const void *real;
    const void *handle;
    const void *alpha;
    const void *operand;
    const void *positions;
    const void *filter;
    const void *desc;
}
convolution_t;

static bool multiply_dims(const int *const dims, const int first, const int count, flopmeter_u128_t *const product)
{
    for (int i = first; i < count; i++)
    {
        if (dims[i] < 0 || __builtin_mul_overflow(*product, (flopmeter_u128_t)dims[i], product))
        {
            return false;
        }
    }
    return true;
}

flopmeter_precision_t flopmeter_cudnn_precision_of_math(const flopmeter_precision_t precision, const int math)
{
    if (FLOPMETER_FP32 != precision || FLOPMETER_CUDNN_MATH_FMA == math)
    {
        return precision;
    }
    return FLOPMETER_CUDNN_MATH_ALLOW_CONVERSION == math ? FLOPMETER_FP16
        : flopmeter_cuda_has_tf32()                       ? FLOPMETER_TF32
                                                          : FLOPMETER_FP32;
}

static bool is_vector(const int type)
{
    return FLOPMETER_CUDNN_INT8X4 == type || FLOPMETER_CUDNN_UINT8X4 == type || FLOPMETER_CUDNN_INT8X32 == type;
}

/*
 * Do a tensor's sizes, whose product is `element_count`, count elements? Those of vectors do in the layout NCHW_VECT_C,
 * which convolutions take; in others they count vectors. No getter tells the layout, but then the bytes are more.
 */
static bool are_elements(
    const void *const real, const void *const desc, const int type, const flopmeter_u128_t element_count)
{
    FLOPMETER_BESIDE(get_length, get_length_fn, "cudnnGetTensorSizeInBytes", real);
    size_t length = 0;

    return !is_vector(type) ||
        (NULL != get_length && FLOPMETER_CUDA_SUCCESS == get_length(desc, &length) && length == element_count);
}

/* False: a descriptor can't be read. */
static bool convolution_count(const convolution_t *const convolution, const void *const stream)
{
    FLOPMETER_BESIDE(get_tensor, get_tensor_fn, "cudnnGetTensorNdDescriptor", convolution->real);
    FLOPMETER_BESIDE(get_filter, get_filter_fn, "cudnnGetFilterNdDescriptor", convolution->real);
    FLOPMETER_BESIDE(get_math, get_math_fn, "cudnnGetConvolutionMathType", convolution->real);
    int dims[DIMS_MAX] = { 0 };
    int strides[DIMS_MAX] = { 0 };
    int type_tensor = 0;
    int type_filter = 0;
    int format = 0;
    int count = 0;
    int math = 0;
    flopmeter_u128_t flop_count = 2;

    if (NULL == get_tensor || NULL == get_filter || NULL == get_math ||
        FLOPMETER_CUDA_SUCCESS != get_math(convolution->desc, &math) ||
        FLOPMETER_CUDA_SUCCESS !=
            get_tensor(convolution->positions, DIMS_MAX, &type_tensor, &count, dims, strides) ||
        count < 0 || count > DIMS_MAX || !multiply_dims(dims, 0, count, &flop_count) ||
        !are_elements(convolution->real, convolution->positions, type_tensor, flop_count / 2) ||
        FLOPMETER_CUDA_SUCCESS !=
            get_filter(convolution->filter, DIMS_MAX, &type_filter, &format, &count, dims) ||
        (is_vector(type_filter) && FORMAT_NCHW_VECT_C != format) ||
        count < 1 || count > DIMS_MAX || !multiply_dims(dims, 1, count, &flop_count) ||
        FLOPMETER_CUDA_SUCCESS != get_tensor(convolution->operand, DIMS_MAX, &type_tensor, &count, dims, strides))
    {
        return false;
    }
    const bool is_double = FLOPMETER_CUDNN_DOUBLE == type_tensor;

    if (0 != flop_count && NULL != convolution->alpha &&
        !flopmeter_is_zero(convolution->alpha, is_double ? 'd' : 's'))
    {
        const flopmeter_shape_t shape = { flop_count, 0, 0 };

        flopmeter_cuda_count(
            stream, flopmeter_cudnn_precision_of_math(flopmeter_cudnn_precision(type_tensor, type_filter), math),
            &shape);
    }
    return true;
}

static void convolved(const void *const real, const word_t handle, const word_t alpha, const word_t operand,
    const word_t positions, const word_t filter, const word_t desc)
{
    const convolution_t convolution = { real, flopmeter_cudnn_at(handle), flopmeter_cudnn_at(alpha),
        flopmeter_cudnn_at(operand), flopmeter_cudnn_at(positions), flopmeter_cudnn_at(filter),
        flopmeter_cudnn_at(desc) };
    const void *stream;

    if (flopmeter_cudnn_stream(real, convolution.handle, &stream) && !convolution_count(&convolution, stream))
    {
        flopmeter_cuda_gap();
    }
}

/* Words of the tensor that is multiplied, of the one whose positions count, of filter and descriptor. */
#define CONVOLUTION(routine, count, operand, positions, filter, desc)                                                  \
    FLOPMETER_CUDNN_WRAPPER(                                                                                           \
        routine, count, convolved((const void *)(uintptr_t)real, a0, a1, operand, positions, filter, desc))

CONVOLUTION(cudnnConvolutionForward, 13, a2, a11, a4, a6)
CONVOLUTION(cudnnConvolutionBiasActivationForward, 18, a2, a16, a4, a6)
CONVOLUTION(cudnnConvolutionBackwardData, 13, a4, a4, a2, a6)
CONVOLUTION(cudnnConvolutionBackwardFilter, 13, a2, a4, a11, a6)

/* ---- Work whose amount the arguments do not say: trials of algorithms, and interfaces without a closed form ---- */
#define UNCOUNTED(routine, count) FLOPMETER_CUDNN_WRAPPER(routine, count, flopmeter_cuda_gap())

UNCOUNTED(cudnnFindConvolutionForwardAlgorithm, 8)
UNCOUNTED(cudnnFindConvolutionForwardAlgorithmEx, 13)
UNCOUNTED(cudnnFindConvolutionBackwardDataAlgorithm, 8)
UNCOUNTED(cudnnFindConvolutionBackwardDataAlgorithmEx, 13)
UNCOUNTED(cudnnFindConvolutionBackwardFilterAlgorithm, 8)
UNCOUNTED(cudnnFindConvolutionBackwardFilterAlgorithmEx, 13)
UNCOUNTED(cudnnFusedOpsExecute, 3)
UNCOUNTED(cudnnMultiHeadAttnForward, 22)
UNCOUNTED(cudnnMultiHeadAttnBackwardData, 23)
UNCOUNTED(cudnnMultiHeadAttnBackwardWeights, 18)
UNCOUNTED(cudnnCausalConv1dForward, 11)
UNCOUNTED(cudnnCausalConv1dBackward, 15)
UNCOUNTED(cudnnCausalConv1dNwhForward, 11)
UNCOUNTED(cudnnCausalConv1dNwhBackward, 15)
UNCOUNTED(cudnnB2BCausalConv1dForward, 13)
UNCOUNTED(cudnnB2BCausalConv1dBackward, 18)

/* cuDNN before 9 */
UNCOUNTED(cudnnRNNForwardInference, 19)
UNCOUNTED(cudnnRNNForwardTraining, 21)
UNCOUNTED(cudnnRNNBackwardData, 27)
UNCOUNTED(cudnnRNNBackwardWeights, 15)

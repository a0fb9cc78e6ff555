/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the generated wrappers of cuBLAS hand over: one call that succeeded, and what it computes by its sizes.
 */

#ifndef FLOPMETER_CUBLAS_H
#define FLOPMETER_CUBLAS_H

#include "cuda_abi.h"
#include "cuda_count.h"
#include "flopmeter_shape.h"

/** The computation is done in what the operands are. */
#define FLOPMETER_CUBLAS_COMPUTE_NONE (-1)

/** One call. Types are cudaDataTypes. */
typedef struct flopmeter_cublas_call_stct
{
    const void *real;         /* the function that was called: its library is asked */
    const void *handle;       /* NULL: cublasXt, whose scalars are always the host's, and which has no stream */
    const void *alpha;        /* NULL: the routine has none */
    int32_t alpha_type;
    int32_t left;             /* type of the operands */
    int32_t right;
    int32_t compute;          /* cublasComputeType_t, or FLOPMETER_CUBLAS_COMPUTE_NONE */
    bool has_math_mode;       /* the handle's math mode says how fp32 is multiplied */
}
flopmeter_cublas_call_t;

/** Is it a complex type? */
static inline int flopmeter_cuda_is_complex(const int32_t type)
{
    return FLOPMETER_CUDA_C_32F == type || FLOPMETER_CUDA_C_64F == type || FLOPMETER_CUDA_C_16F == type ||
        FLOPMETER_CUDA_C_8I == type || FLOPMETER_CUDA_C_8U == type || FLOPMETER_CUDA_C_32I == type ||
        FLOPMETER_CUDA_C_32U == type || FLOPMETER_CUDA_C_16BF == type || FLOPMETER_CUDA_C_4I == type ||
        FLOPMETER_CUDA_C_4U == type || FLOPMETER_CUDA_C_16I == type || FLOPMETER_CUDA_C_16U == type;
}

/** Type of alpha when only the compute type and an operand tell. */
int32_t flopmeter_cublas_scale_type(int32_t compute, int32_t operand);

/** Is the scalar of that type zero? Unknown types are not. */
bool flopmeter_cuda_is_zero(const void *scalar, int32_t type);

/**
 * The format in which `left` and `right` are multiplied: what the compute type or the math mode says for fp32, else the
 * operands' own, the wider one when they differ. FLOPMETER_PRECISION_UNKNOWN for a type that is not known.
 */
flopmeter_precision_t flopmeter_cublas_precision(int32_t left, int32_t right, int32_t compute, int32_t math_mode);

/** Count a call that succeeded and was the outermost. `flop_count` is what it computes unless alpha is 0. */
void flopmeter_cublas_count(const flopmeter_cublas_call_t *call, flopmeter_u128_t flop_count);

#endif /* FLOPMETER_CUBLAS_H */

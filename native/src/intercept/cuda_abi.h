/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of CUDA's public C ABI that the wrappers touch, so that no CUDA header is needed to build. Values from
 * NVIDIA's documentation of cuBLAS, cuBLASLt, cuDNN 9 and the CUDA runtime and driver; test_cuda_abi.c compares them
 * with the headers of the machine, when there are any. Handles are addresses, every enumerator is an int.
 */

#ifndef FLOPMETER_CUDA_ABI_H
#define FLOPMETER_CUDA_ABI_H

#include <stdint.h>

/* cublasStatus_t, cudnnStatus_t, cudaError_t and CUresult agree on what success is. */
#define FLOPMETER_CUDA_SUCCESS (0)
#define FLOPMETER_CUBLAS_NOT_SUPPORTED (15)
#define FLOPMETER_CUDNN_NOT_SUPPORTED (9)     /* cuDNN 8; unknown to cuDNN 9, and an error there as well */
#define FLOPMETER_CUPTI_NOT_INITIALIZED (15)
#define FLOPMETER_CUDA_NO_SYMBOL (500)        /* cudaErrorSymbolNotFound, CUDA_ERROR_NOT_FOUND */

/* cudaDataType */
#define FLOPMETER_CUDA_R_32F (0)
#define FLOPMETER_CUDA_R_64F (1)
#define FLOPMETER_CUDA_R_16F (2)
#define FLOPMETER_CUDA_R_8I (3)
#define FLOPMETER_CUDA_C_32F (4)
#define FLOPMETER_CUDA_C_64F (5)
#define FLOPMETER_CUDA_C_16F (6)
#define FLOPMETER_CUDA_C_8I (7)
#define FLOPMETER_CUDA_R_8U (8)
#define FLOPMETER_CUDA_C_8U (9)
#define FLOPMETER_CUDA_R_32I (10)
#define FLOPMETER_CUDA_C_32I (11)
#define FLOPMETER_CUDA_R_32U (12)
#define FLOPMETER_CUDA_C_32U (13)
#define FLOPMETER_CUDA_R_16BF (14)
#define FLOPMETER_CUDA_C_16BF (15)
#define FLOPMETER_CUDA_R_4I (16)
#define FLOPMETER_CUDA_C_4I (17)
#define FLOPMETER_CUDA_R_4U (18)
#define FLOPMETER_CUDA_C_4U (19)
#define FLOPMETER_CUDA_R_16I (20)
#define FLOPMETER_CUDA_C_16I (21)
#define FLOPMETER_CUDA_R_16U (22)
#define FLOPMETER_CUDA_C_16U (23)
#define FLOPMETER_CUDA_R_8F_E4M3 (28)
#define FLOPMETER_CUDA_R_8F_E5M2 (29)
#define FLOPMETER_CUDA_R_6F_E2M3 (31)
#define FLOPMETER_CUDA_R_6F_E3M2 (32)
#define FLOPMETER_CUDA_R_4F_E2M1 (33)

/* cublasComputeType_t. Before CUDA 11 the same argument was a cudaDataType, all of which are smaller. */
#define FLOPMETER_CUBLAS_COMPUTE_16F (64)
#define FLOPMETER_CUBLAS_COMPUTE_16F_PEDANTIC (65)
#define FLOPMETER_CUBLAS_COMPUTE_32F (68)
#define FLOPMETER_CUBLAS_COMPUTE_32F_PEDANTIC (69)
#define FLOPMETER_CUBLAS_COMPUTE_64F (70)
#define FLOPMETER_CUBLAS_COMPUTE_64F_PEDANTIC (71)
#define FLOPMETER_CUBLAS_COMPUTE_32I (72)
#define FLOPMETER_CUBLAS_COMPUTE_32I_PEDANTIC (73)
#define FLOPMETER_CUBLAS_COMPUTE_32F_FAST_16F (74)
#define FLOPMETER_CUBLAS_COMPUTE_32F_FAST_16BF (75)
#define FLOPMETER_CUBLAS_COMPUTE_32F_FAST_TF32 (77)
#define FLOPMETER_CUBLAS_COMPUTE_32F_EMULATED_16BFX9 (78)
#define FLOPMETER_CUBLAS_COMPUTE_64F_EMULATED_FIXEDPOINT (79)

/* cublasMath_t without its flag for reductions, cublasPointerMode_t, cublasOperation_t, cublasSideMode_t */
#define FLOPMETER_CUBLAS_MATH_TENSOR_OP (1)
#define FLOPMETER_CUBLAS_MATH_TF32 (3)
#define FLOPMETER_CUBLAS_MATH_MASK (15)
#define FLOPMETER_CUBLAS_POINTER_HOST (0)
#define FLOPMETER_CUBLAS_OP_N (0)
#define FLOPMETER_CUBLAS_SIDE_LEFT (0)

/* cublasLtMatmulDescAttributes_t, cublasLtMatrixLayoutAttribute_t, cublasLtBatchMode_t */
#define FLOPMETER_CUBLASLT_DESC_COMPUTE_TYPE (0)
#define FLOPMETER_CUBLASLT_DESC_SCALE_TYPE (1)
#define FLOPMETER_CUBLASLT_DESC_POINTER_MODE (2)
#define FLOPMETER_CUBLASLT_DESC_TRANSA (3)
#define FLOPMETER_CUBLASLT_LAYOUT_TYPE (0)
#define FLOPMETER_CUBLASLT_LAYOUT_ROWS (2)
#define FLOPMETER_CUBLASLT_LAYOUT_COLS (3)
#define FLOPMETER_CUBLASLT_LAYOUT_BATCH_COUNT (5)
#define FLOPMETER_CUBLASLT_LAYOUT_BATCH_MODE (8)
#define FLOPMETER_CUBLASLT_BATCH_POINTER_ARRAY (1)

/* CUstream: the legacy stream (0 and 1) is never captured, 2 is the calling thread's own */
#define FLOPMETER_CUDA_STREAM_LEGACY (1)
#define FLOPMETER_CUDA_STREAM_PER_THREAD (2)

/* CUstreamCaptureStatus, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, CUgraphNodeType and instantiation flags */
#define FLOPMETER_CUDA_CAPTURE_NONE (0)
#define FLOPMETER_CUDA_CAPTURE_ACTIVE (1)
#define FLOPMETER_CUDA_CAPABILITY_MAJOR (75)
#define FLOPMETER_CUDA_NODE_KERNEL (0)
#define FLOPMETER_CUDA_NODE_GRAPH (4)
#define FLOPMETER_CUDA_NODE_LAST_PLAIN (12)   /* behind it: conditional nodes, whose bodies are graphs of their own */
#define FLOPMETER_CUDA_INSTANTIATE_DEVICE_LAUNCH (4)
#define FLOPMETER_CUDA_OWNERSHIP_MOVE (1)
#define FLOPMETER_CUDA_ATTRIBUTE_UPDATABLE (13)   /* CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE */

/** The first fields of cudaGraphNodeParams and CUgraphNodeParams of a child graph. */
typedef struct flopmeter_cuda_node_stct
{
    int32_t type;
    int32_t reserved[3];
    const void *graph;
    int32_t ownership;          /* CUDA 13; before it reserved, and 0 */
}
flopmeter_cuda_node_t;

/** CUDA_KERNEL_NODE_PARAMS_v2. */
typedef struct flopmeter_cuda_kernel_node_stct
{
    const void *function;
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t shared_length;     /* dynamic */
    void **arguments;
    void **extra;
    const void *kernel;         /* where there is no function */
    const void *context;
}
flopmeter_cuda_kernel_node_t;

/* cudnnDataType_t */
#define FLOPMETER_CUDNN_FLOAT (0)
#define FLOPMETER_CUDNN_DOUBLE (1)
#define FLOPMETER_CUDNN_HALF (2)
#define FLOPMETER_CUDNN_INT8 (3)
#define FLOPMETER_CUDNN_INT32 (4)
#define FLOPMETER_CUDNN_INT8X4 (5)
#define FLOPMETER_CUDNN_UINT8 (6)
#define FLOPMETER_CUDNN_UINT8X4 (7)
#define FLOPMETER_CUDNN_INT8X32 (8)
#define FLOPMETER_CUDNN_BFLOAT16 (9)
#define FLOPMETER_CUDNN_FP8_E4M3 (12)
#define FLOPMETER_CUDNN_FP8_E5M2 (13)
#define FLOPMETER_CUDNN_FP4_E2M1 (16)
#define FLOPMETER_CUDNN_INT4 (17)
#define FLOPMETER_CUDNN_UINT4 (18)

/* cudnnMathType_t */
#define FLOPMETER_CUDNN_MATH_ALLOW_CONVERSION (2)
#define FLOPMETER_CUDNN_MATH_FMA (3)

#endif /* FLOPMETER_CUDA_ABI_H */

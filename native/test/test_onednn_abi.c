/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What onednn_abi.h says against the oneDNN header of this machine, whichever major it is. Skipped where there is none.
 */

#include <stdio.h>

#include "onednn_abi.h"

#if __has_include(<oneapi/dnnl/dnnl_types.h>)
#include <oneapi/dnnl/dnnl_types.h>
#if __has_include(<oneapi/dnnl/dnnl_version.h>)
#include <oneapi/dnnl/dnnl_version.h>
#endif

#define SAME(ours, theirs) _Static_assert((long long)(ours) == (long long)(theirs), #theirs)

SAME(FLOPMETER_DNNL_SUCCESS, dnnl_success);
SAME(FLOPMETER_DNNL_UNIMPLEMENTED, dnnl_unimplemented);
SAME(FLOPMETER_DNNL_DIMS_MAX, DNNL_MAX_NDIMS);
SAME(FLOPMETER_DNNL_DIM_RUNTIME, DNNL_RUNTIME_DIM_VAL);
SAME(FLOPMETER_DNNL_QUERY_KIND, dnnl_query_primitive_kind);
SAME(FLOPMETER_DNNL_QUERY_PROP, dnnl_query_prop_kind);
SAME(FLOPMETER_DNNL_QUERY_ARG_MD, dnnl_query_exec_arg_md);
SAME(FLOPMETER_DNNL_FORWARD_TRAINING, dnnl_forward_training);
SAME(FLOPMETER_DNNL_FORWARD_INFERENCE, dnnl_forward_inference);
SAME(FLOPMETER_DNNL_BACKWARD, dnnl_backward);
SAME(FLOPMETER_DNNL_BACKWARD_DATA, dnnl_backward_data);
SAME(FLOPMETER_DNNL_BACKWARD_WEIGHTS, dnnl_backward_weights);
SAME(FLOPMETER_DNNL_CONVOLUTION, dnnl_convolution);
SAME(FLOPMETER_DNNL_DECONVOLUTION, dnnl_deconvolution);
SAME(FLOPMETER_DNNL_ARG_SRC, DNNL_ARG_SRC);
SAME(FLOPMETER_DNNL_ARG_SRC, DNNL_ARG_SRC_LAYER);
SAME(FLOPMETER_DNNL_ARG_DST, DNNL_ARG_DST);
SAME(FLOPMETER_DNNL_ARG_WEIGHTS, DNNL_ARG_WEIGHTS);
SAME(FLOPMETER_DNNL_ARG_WEIGHTS, DNNL_ARG_WEIGHTS_LAYER);
SAME(FLOPMETER_DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_WEIGHTS_ITER);
SAME(FLOPMETER_DNNL_ARG_WEIGHTS_PROJECTION, DNNL_ARG_WEIGHTS_PROJECTION);
SAME(FLOPMETER_DNNL_ARG_DIFF_SRC, DNNL_ARG_DIFF_SRC);
SAME(FLOPMETER_DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_DST);
SAME(FLOPMETER_DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_WEIGHTS);
SAME(FLOPMETER_DNNL_F16, dnnl_f16);
SAME(FLOPMETER_DNNL_BF16, dnnl_bf16);
SAME(FLOPMETER_DNNL_F32, dnnl_f32);
SAME(FLOPMETER_DNNL_S32, dnnl_s32);
SAME(FLOPMETER_DNNL_S8, dnnl_s8);
SAME(FLOPMETER_DNNL_U8, dnnl_u8);
SAME(offsetof(flopmeter_dnnl_arg_t, arg), offsetof(dnnl_exec_arg_t, arg));
SAME(offsetof(flopmeter_dnnl_arg_t, memory), offsetof(dnnl_exec_arg_t, memory));
SAME(sizeof(flopmeter_dnnl_arg_t), sizeof(dnnl_exec_arg_t));
SAME(offsetof(flopmeter_dnnl_version_t, major), offsetof(dnnl_version_t, major));

#if 2 == DNNL_VERSION_MAJOR
SAME(FLOPMETER_DNNL_V2_INNER_PRODUCT, dnnl_inner_product);
SAME(FLOPMETER_DNNL_V2_RNN, dnnl_rnn);
SAME(FLOPMETER_DNNL_V2_GEMM, dnnl_gemm);
SAME(FLOPMETER_DNNL_V2_MATMUL, dnnl_matmul);
SAME(FLOPMETER_DNNL_V2_ARG_POST_OP_DW, DNNL_ARG_ATTR_POST_OP_DW);
SAME(offsetof(flopmeter_dnnl_desc_v2_t, ndims), offsetof(dnnl_memory_desc_t, ndims));
SAME(offsetof(flopmeter_dnnl_desc_v2_t, dims), offsetof(dnnl_memory_desc_t, dims));
SAME(offsetof(flopmeter_dnnl_desc_v2_t, data_type), offsetof(dnnl_memory_desc_t, data_type));
#if DNNL_VERSION_MINOR >= 7
SAME(FLOPMETER_DNNL_V2_KIND_LAST, dnnl_layer_normalization_v2);
#endif
#else
SAME(FLOPMETER_DNNL_V3_INNER_PRODUCT, dnnl_inner_product);
SAME(FLOPMETER_DNNL_V3_RNN, dnnl_rnn);
SAME(FLOPMETER_DNNL_V3_GEMM, dnnl_gemm);
SAME(FLOPMETER_DNNL_V3_MATMUL, dnnl_matmul);
SAME(FLOPMETER_DNNL_V3_ARG_POST_OP_DW, DNNL_ARG_ATTR_POST_OP_DW);
SAME(FLOPMETER_DNNL_QUERY_NDIMS, dnnl_query_ndims_s32);
SAME(FLOPMETER_DNNL_QUERY_DIMS, dnnl_query_dims);
SAME(FLOPMETER_DNNL_QUERY_DATA_TYPE, dnnl_query_data_type);
#if DNNL_VERSION_MINOR >= 9
SAME(FLOPMETER_DNNL_V3_KIND_LAST, dnnl_group_normalization);
SAME(FLOPMETER_DNNL_F64, dnnl_f64);
SAME(FLOPMETER_DNNL_F8_E5M2, dnnl_f8_e5m2);
SAME(FLOPMETER_DNNL_F8_E4M3, dnnl_f8_e4m3);
SAME(FLOPMETER_DNNL_S4, dnnl_s4);
SAME(FLOPMETER_DNNL_U4, dnnl_u4);
SAME(FLOPMETER_DNNL_F4_E2M1, dnnl_f4_e2m1);
SAME(FLOPMETER_DNNL_F4_E3M0, dnnl_f4_e3m0);
#endif
#endif

int main(void)
{
    printf("checked against oneDNN %d.%d\n", DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR);
    return 0;
}

#else

int main(void)
{
    printf("SKIPPED: no oneDNN header on this machine\n");
    return 77;
}

#endif

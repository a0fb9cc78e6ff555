/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of oneDNN's public C ABI that the wrappers touch, so that no oneDNN header is needed to build. Both majors
 * in use: 2 (memory descriptors are public structs) and 3 (opaque, asked by dnnl_memory_desc_query). Values from
 * include/oneapi/dnnl/dnnl_types.h of v2.6.3 and v3.9 (there partly in dnnl_common_types.h); test_onednn_abi.c
 * compares them with the header of the machine, when there is one (it was also run by hand over those of v2.0, 2.6,
 * 2.7.5, 3.0, 3.9.2 and 3.13). Statuses, queries, data types and most arguments did not change between the majors,
 * kinds of primitives did.
 */

#ifndef FLOPMETER_ONEDNN_ABI_H
#define FLOPMETER_ONEDNN_ABI_H

#include <stddef.h>
#include <stdint.h>

/* dnnl_status_t */
#define FLOPMETER_DNNL_SUCCESS (0)
#define FLOPMETER_DNNL_UNIMPLEMENTED (3)

/* DNNL_MAX_NDIMS, DNNL_RUNTIME_DIM_VAL */
#define FLOPMETER_DNNL_DIMS_MAX (12)
#define FLOPMETER_DNNL_DIM_RUNTIME (INT64_MIN)

/* dnnl_query_t; the last three only in major 3 */
#define FLOPMETER_DNNL_QUERY_KIND (2)
#define FLOPMETER_DNNL_QUERY_PROP (11)
#define FLOPMETER_DNNL_QUERY_ARG_MD (255)
#define FLOPMETER_DNNL_QUERY_NDIMS (256)
#define FLOPMETER_DNNL_QUERY_DIMS (257)
#define FLOPMETER_DNNL_QUERY_DATA_TYPE (258)

/* dnnl_prop_kind_t */
#define FLOPMETER_DNNL_FORWARD_TRAINING (64)
#define FLOPMETER_DNNL_FORWARD_INFERENCE (96)
#define FLOPMETER_DNNL_BACKWARD (128)
#define FLOPMETER_DNNL_BACKWARD_DATA (160)
#define FLOPMETER_DNNL_BACKWARD_WEIGHTS (192)

/* dnnl_primitive_kind_t */
#define FLOPMETER_DNNL_CONVOLUTION (5)
#define FLOPMETER_DNNL_DECONVOLUTION (6)
#define FLOPMETER_DNNL_V2_INNER_PRODUCT (13)
#define FLOPMETER_DNNL_V2_RNN (14)
#define FLOPMETER_DNNL_V2_GEMM (15)
#define FLOPMETER_DNNL_V2_MATMUL (18)
#define FLOPMETER_DNNL_V2_KIND_LAST (24)
#define FLOPMETER_DNNL_V3_INNER_PRODUCT (10)
#define FLOPMETER_DNNL_V3_RNN (11)
#define FLOPMETER_DNNL_V3_GEMM (12)
#define FLOPMETER_DNNL_V3_MATMUL (14)
#define FLOPMETER_DNNL_V3_KIND_LAST (21)

/* DNNL_ARG_*. Of an RNN: SRC = src_layer, WEIGHTS = weights_layer */
#define FLOPMETER_DNNL_ARG_SRC (1)
#define FLOPMETER_DNNL_ARG_DST (17)
#define FLOPMETER_DNNL_ARG_WEIGHTS (33)
#define FLOPMETER_DNNL_ARG_WEIGHTS_ITER (34)
#define FLOPMETER_DNNL_ARG_WEIGHTS_PROJECTION (36)
#define FLOPMETER_DNNL_ARG_DIFF_SRC (129)
#define FLOPMETER_DNNL_ARG_DIFF_DST (145)
#define FLOPMETER_DNNL_ARG_DIFF_WEIGHTS (161)
#define FLOPMETER_DNNL_V2_ARG_POST_OP_DW (8192)
#define FLOPMETER_DNNL_V3_ARG_POST_OP_DW (16384)

/* dnnl_data_type_t; major 2 ends at U8 */
#define FLOPMETER_DNNL_F16 (1)
#define FLOPMETER_DNNL_BF16 (2)
#define FLOPMETER_DNNL_F32 (3)
#define FLOPMETER_DNNL_S32 (4)
#define FLOPMETER_DNNL_S8 (5)
#define FLOPMETER_DNNL_U8 (6)
#define FLOPMETER_DNNL_F64 (7)
#define FLOPMETER_DNNL_F8_E5M2 (9)
#define FLOPMETER_DNNL_F8_E4M3 (10)
#define FLOPMETER_DNNL_S4 (11)
#define FLOPMETER_DNNL_U4 (12)
#define FLOPMETER_DNNL_F4_E2M1 (14)
#define FLOPMETER_DNNL_F4_E3M0 (15)

/** dnnl_exec_arg_t */
typedef struct flopmeter_dnnl_arg_stct
{
    int32_t arg;
    const void *memory;
}
flopmeter_dnnl_arg_t;

/** The first fields of dnnl_memory_desc_t of major 2. */
typedef struct flopmeter_dnnl_desc_v2_stct
{
    int32_t ndims;
    int64_t dims[FLOPMETER_DNNL_DIMS_MAX];
    int32_t data_type;
}
flopmeter_dnnl_desc_v2_t;

/** The first fields of dnnl_version_t. */
typedef struct flopmeter_dnnl_version_stct
{
    int32_t major;
    int32_t minor;
    int32_t patch;
}
flopmeter_dnnl_version_t;

typedef const flopmeter_dnnl_version_t *flopmeter_dnnl_version_fn(void);
typedef int flopmeter_dnnl_get_desc_fn(const void *handle, const void **desc);
typedef int flopmeter_dnnl_query_fn(const void *primitive_desc, int what, int index, void *result);
typedef const void *flopmeter_dnnl_query_md_fn(const void *primitive_desc, int what, int index);
typedef int flopmeter_dnnl_desc_query_fn(const void *memory_desc, int what, void *result);

#endif /* FLOPMETER_ONEDNN_ABI_H */

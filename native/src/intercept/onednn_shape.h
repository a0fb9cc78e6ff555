/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What one execution of a oneDNN primitive computes, read from its descriptors. Formulas and their sources:
 * docs/onednn.md.
 */

#ifndef FLOPMETER_ONEDNN_SHAPE_H
#define FLOPMETER_ONEDNN_SHAPE_H

#include "flopmeter_core.h"
#include "onednn_abi.h"

/**
 * The functions of one loaded oneDNN. Those of another copy in the same process must not be asked about its handles.
 */
typedef struct flopmeter_onednn_stct
{
    int major;                                                 /* 2 or 3 */
    flopmeter_dnnl_get_desc_fn *primitive_get_primitive_desc;
    flopmeter_dnnl_query_fn *primitive_desc_query;
    flopmeter_dnnl_query_md_fn *primitive_desc_query_md;
    flopmeter_dnnl_get_desc_fn *memory_get_memory_desc;
    flopmeter_dnnl_desc_query_fn *memory_desc_query;           /* major 3 only */
}
flopmeter_onednn_t;

typedef enum flopmeter_onednn_verdict_enum
{
    /** Nothing to count: reorder, pooling, eltwise ..., or an empty tensor. */
    FLOPMETER_ONEDNN_NOTHING = 0,
    /** The precision and the count are set. */
    FLOPMETER_ONEDNN_COUNTED = 1,
    /** It may well compute, but how much is not known: a gap. */
    FLOPMETER_ONEDNN_UNKNOWN = 2
}
flopmeter_onednn_verdict_t;

/**
 * Read what executing `primitive` with `args` computes. Asks the library only for constant properties and keeps
 * nothing: a destroyed primitive's address may be that of the next one.
 */
flopmeter_onednn_verdict_t flopmeter_onednn_shape(
    const flopmeter_onednn_t *onednn,
    const void *primitive,
    int arg_count,
    const flopmeter_dnnl_arg_t *args,
    flopmeter_precision_t *precision,
    flopmeter_u128_t *flop_count);

#endif /* FLOPMETER_ONEDNN_SHAPE_H */

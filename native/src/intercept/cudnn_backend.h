/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's backend interface: descriptors are filled attribute by attribute, an execution plan is made of them, and they
 * may be gone when the plan is executed. So what is set is remembered here: of tensors their sizes, of operations their
 * tensors, of everything from the operation graph on what one execution of it computes.
 */

#ifndef FLOPMETER_CUDNN_BACKEND_H
#define FLOPMETER_CUDNN_BACKEND_H

#include "cudnn_words.h"

#define FLOPMETER_CUDNN_DIMS_MAX (8)
#define FLOPMETER_CUDNN_ROLES (4)

/* cudnnBackendDescriptorType_t */
#define FLOPMETER_CUDNN_POINTWISE (0)
#define FLOPMETER_CUDNN_ENGINE (2)
#define FLOPMETER_CUDNN_ENGINECFG (3)
#define FLOPMETER_CUDNN_ENGINEHEUR (4)
#define FLOPMETER_CUDNN_PLAN (5)
#define FLOPMETER_CUDNN_OP_CONVOLUTION_FORWARD (10)
#define FLOPMETER_CUDNN_OP_CONVOLUTION_FILTER (11)
#define FLOPMETER_CUDNN_OP_CONVOLUTION_DATA (12)
#define FLOPMETER_CUDNN_OPERATIONGRAPH (15)
#define FLOPMETER_CUDNN_VARIANT_PACK (16)
#define FLOPMETER_CUDNN_TENSOR (17)
#define FLOPMETER_CUDNN_OP_MATMUL (19)
#define FLOPMETER_CUDNN_OP_RESHAPE (31)
#define FLOPMETER_CUDNN_OP_PAGED_LOAD (35)
#define FLOPMETER_CUDNN_OP_EXPAND_BAND (39)
#define FLOPMETER_CUDNN_OP_CONTRACT_BAND (40)
#define FLOPMETER_CUDNN_OP_SDPA_FORWARD (41)
#define FLOPMETER_CUDNN_OP_MOE_MATMUL (42)
#define FLOPMETER_CUDNN_OP_SDPA_BACKWARD (43)
#define FLOPMETER_CUDNN_OP_DIAGONAL_MASK (44)
#define FLOPMETER_CUDNN_OP_MOE_MATMUL_BACKWARD (48)
#define FLOPMETER_CUDNN_TYPE_LAST (50)

/* cudnnBackendAttributeName_t */
#define FLOPMETER_CUDNN_ATTR_POINTWISE_MODE (0)
#define FLOPMETER_CUDNN_ATTR_HEUR_GRAPH (201)
#define FLOPMETER_CUDNN_ATTR_HEUR_RESULTS (202)
#define FLOPMETER_CUDNN_ATTR_CFG_ENGINE (300)
#define FLOPMETER_CUDNN_ATTR_PLAN_CFG (401)
#define FLOPMETER_CUDNN_ATTR_PLAN_JSON (405)
#define FLOPMETER_CUDNN_ATTR_GRAPH_OPS (801)
#define FLOPMETER_CUDNN_ATTR_TENSOR_TYPE (901)
#define FLOPMETER_CUDNN_ATTR_TENSOR_DIMS (902)
#define FLOPMETER_CUDNN_ATTR_TENSOR_VECTOR_COUNT (904)
#define FLOPMETER_CUDNN_ATTR_TENSOR_VECTOR_DIM (905)
#define FLOPMETER_CUDNN_ATTR_TENSOR_UID (906)
#define FLOPMETER_CUDNN_ATTR_TENSOR_VIRTUAL (907)
#define FLOPMETER_CUDNN_ATTR_TENSOR_RAGGED (913)
#define FLOPMETER_CUDNN_ATTR_PACK_SHAPES (1011)
#define FLOPMETER_CUDNN_ATTR_ENGINE_GRAPH (1300)
#define FLOPMETER_CUDNN_ATTR_ENGINE_NOTE (1303)
#define FLOPMETER_CUDNN_ATTR_MATMUL_FIRST (1520)
#define FLOPMETER_CUDNN_ATTR_MATMUL_DESC (1523)
#define FLOPMETER_CUDNN_ATTR_MATMUL_BATCH (1524)
#define FLOPMETER_CUDNN_ATTR_SDPA_FIRST (2800)
#define FLOPMETER_CUDNN_ATTR_SDPA_SCALE (2805)
#define FLOPMETER_CUDNN_ATTR_SDPA_PAGES_K (2807)
#define FLOPMETER_CUDNN_ATTR_SDPA_PAGES_V (2808)
#define FLOPMETER_CUDNN_ATTR_SDPA_SUBGRAPH (2811)
#define FLOPMETER_CUDNN_ATTR_SDPA_UNFUSE (2819)
#define FLOPMETER_CUDNN_ATTR_GRADIENT_FIRST (2851)
#define FLOPMETER_CUDNN_ATTR_GRADIENT_SCALE (2856)
#define FLOPMETER_CUDNN_ATTR_GRADIENT_DQ (2859)
#define FLOPMETER_CUDNN_ATTR_GRADIENT_DSINK (2864)
#define FLOPMETER_CUDNN_ATTR_GRADIENT_SUBGRAPH (2867)
#define FLOPMETER_CUDNN_ATTR_GRADIENT_RESULT (2869)

/* cudnnPointwiseMode_t; behind the last of these, places, and what is younger than this table */
#define FLOPMETER_CUDNN_MODE_NOT (402)
#define FLOPMETER_CUDNN_MODE_GEN_INDEX (501)
#define FLOPMETER_CUDNN_MODE_SELECT (601)

/* cudnnBackendAttributeType_t; notes: tensor core, inputs down-converted */
#define FLOPMETER_CUDNN_TYPE_NOTE (11)
#define FLOPMETER_CUDNN_TYPE_DESCRIPTOR (15)
#define FLOPMETER_CUDNN_NOTE_LAST_NARROW (1)

typedef struct flopmeter_cudnn_tensor_stct
{
    int64_t dims[FLOPMETER_CUDNN_DIMS_MAX];
    int32_t ndims;                 /* 0: not set, or more than are kept */
    int32_t type;
    int64_t vector_length;         /* 0, 1: no vectors; else a size counts as many elements each */
    int32_t vector_place;          /* which size, from 1 on; 0: not set, or none that there is */
    bool has_uid;
    int64_t uid;                   /* by which operations of one graph share a tensor */
    bool is_virtual;               /* lives inside the kernel: its type need not be what is multiplied */
}
flopmeter_cudnn_tensor_t;

/** What one execution computes, by precision; fp32 may still turn out to be tf32. */
typedef struct flopmeter_cudnn_worth_stct
{
    flopmeter_u128_t flop_count[FLOPMETER_CUDA_PRECISIONS];
    bool is_known;                 /* it was set from a graph whose operations are all known */
}
flopmeter_cudnn_worth_t;

/** What is remembered about one descriptor. */
typedef struct flopmeter_cudnn_memory_stct
{
    int32_t type;
    bool is_odd;                   /* paged operands, shapes given at execution: not to be counted */
    bool is_partial;               /* lengths on the device or a mask: at most what its sizes say is computed */
    union
    {
        flopmeter_cudnn_tensor_t tensor;
        flopmeter_cudnn_tensor_t roles[FLOPMETER_CUDNN_ROLES];
        flopmeter_cudnn_worth_t worth;
    }
    of;
}
flopmeter_cudnn_memory_t;

/** Remember `memory` for `descriptor`, which is new or known. A full table is a gap. */
void flopmeter_cudnn_remember(const void *descriptor, const flopmeter_cudnn_memory_t *memory);

/** Copy what is remembered. False: nothing. */
bool flopmeter_cudnn_recall(const void *descriptor, flopmeter_cudnn_memory_t *memory);

void flopmeter_cudnn_forget(const void *descriptor);

/** What an attribute of an operation says about how much is computed. */
typedef enum flopmeter_cudnn_effect_enum
{
    FLOPMETER_CUDNN_EFFECT_NO,
    FLOPMETER_CUDNN_EFFECT_PART,      /* perhaps not all that the sizes say; or it is younger than this table */
    FLOPMETER_CUDNN_EFFECT_ODD,       /* the sizes are others */
    FLOPMETER_CUDNN_EFFECT_SUBGRAPH   /* what that graph says */
}
flopmeter_cudnn_effect_t;

flopmeter_cudnn_effect_t flopmeter_cudnn_effect(int32_t type, int attribute);

/** May an operation of `type` make that other ones of its graph leave out a part? */
bool flopmeter_cudnn_is_mask(int32_t type);

/** May an element-wise operation of that mode? Of places masks are made; of younger modes nobody knows. */
bool flopmeter_cudnn_is_mask_mode(int32_t mode);

/** Which tensor of an operation of `type` the attribute names; -1: none that matters. */
int flopmeter_cudnn_role(int32_t type, int attribute);

/** A reshape only moves its operand: is `tensor` what `reshape` makes? Then it is given the operand's format. */
bool flopmeter_cudnn_trace(flopmeter_cudnn_tensor_t *tensor, const flopmeter_cudnn_memory_t *reshape);

/** Make sizes count elements where they count vectors. What makes no sense has no sizes any more. */
void flopmeter_cudnn_unfold(flopmeter_cudnn_tensor_t *tensor);

/** Does an fp32 tensor inside a kernel hide what is multiplied? */
bool flopmeter_cudnn_is_inner(const flopmeter_cudnn_tensor_t *tensor);

/** Add what one operation computes. False: not known. */
bool flopmeter_cudnn_operation(const flopmeter_cudnn_memory_t *operation, flopmeter_cudnn_worth_t *worth);

#endif /* FLOPMETER_CUDNN_BACKEND_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Contexts that a program makes by the driver's own functions. Nothing is counted here: the executed counts need to
 * know of them (native/src/cuda/cuda_contexts.h), and the driver has no list to ask for.
 */

#include "cuda_abi.h"
#include "cuda_call.h"
#include "flopmeter_intercept.h"

typedef uint64_t word_t;
typedef int function5_t(word_t, word_t, word_t, word_t, word_t);

static void made(const word_t result, const word_t device)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    if (NULL != watching && NULL != watching->made && 0 != result)
    {
        watching->made(*(struct CUctx_st *const *)(uintptr_t)result, (int)device);
    }
}

static void ending(const word_t context)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    if (NULL != watching && NULL != watching->ending)
    {
        watching->ending((struct CUctx_st *)(uintptr_t)context);
    }
}

/* `before` and `after` are statements; `after` runs when the call succeeded. */
#define CONTEXT_WRAPPER(routine, before, after)                                                                        \
    FLOPMETER_WRAPPER int routine(word_t a, word_t b, word_t c, word_t d, word_t e);                                   \
    FLOPMETER_WRAPPER int routine(const word_t a, const word_t b, const word_t c, const word_t d, const word_t e)      \
    {                                                                                                                  \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        function5_t *const real = __extension__(function5_t *)flopmeter_symbol_find(                                   \
            &symbol, &symbol_name, __builtin_return_address(0));                                                       \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUDA_NO_SYMBOL;                                                                           \
        }                                                                                                              \
        before;                                                                                                        \
        const int status = real(a, b, c, d, e);                                                                        \
        if (FLOPMETER_CUDA_SUCCESS == status)                                                                          \
        {                                                                                                              \
            after;                                                                                                     \
        }                                                                                                              \
        return status;                                                                                                 \
    }

/* The device is the third argument, the fifth of the one version that has affinities; the newest has a block third. */
CONTEXT_WRAPPER(cuCtxCreate, (void)0, made(a, c))
CONTEXT_WRAPPER(cuCtxCreate_v2, (void)0, made(a, c))
CONTEXT_WRAPPER(cuCtxCreate_v3, (void)0, made(a, e))
CONTEXT_WRAPPER(cuCtxCreate_v4, (void)0, made(a, d))
CONTEXT_WRAPPER(cuCtxDestroy, ending(a), (void)0)
CONTEXT_WRAPPER(cuCtxDestroy_v2, ending(a), (void)0)

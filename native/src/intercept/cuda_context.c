/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Contexts that a program makes by the driver's own functions. Nothing is counted here: the executed counts need to
 * know of them (native/src/cuda/cuda_contexts.h), and the driver has no list to ask for.
 */

#include "cuda_watching.h"
#include "cuda_words.h"

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

/* The device is the third argument, the fifth of the one version that has affinities; the newest has a block third. */
FLOPMETER_CUDA_WORDS(cuCtxCreate, FLOPMETER_CUDA_NO_SYMBOL, FLOPMETER_CUDA_NOTHING, made(a, c))
FLOPMETER_CUDA_WORDS(cuCtxCreate_v2, FLOPMETER_CUDA_NO_SYMBOL, FLOPMETER_CUDA_NOTHING, made(a, c))
FLOPMETER_CUDA_WORDS(cuCtxCreate_v3, FLOPMETER_CUDA_NO_SYMBOL, FLOPMETER_CUDA_NOTHING, made(a, e))
FLOPMETER_CUDA_WORDS(cuCtxCreate_v4, FLOPMETER_CUDA_NO_SYMBOL, FLOPMETER_CUDA_NOTHING, made(a, d))
FLOPMETER_CUDA_WORDS(cuCtxDestroy, FLOPMETER_CUDA_NO_SYMBOL, ending(a), FLOPMETER_CUDA_NOTHING)
FLOPMETER_CUDA_WORDS(cuCtxDestroy_v2, FLOPMETER_CUDA_NO_SYMBOL, ending(a), FLOPMETER_CUDA_NOTHING)

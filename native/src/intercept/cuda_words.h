/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Functions of the driver, the runtime and CUPTI that count nothing, but tell something: a wrapper passes on five whole
 * registers, as many as any of them takes, and the status.
 */

#ifndef FLOPMETER_CUDA_WORDS_H
#define FLOPMETER_CUDA_WORDS_H

#include "cuda_abi.h"
#include "flopmeter_shape.h"

typedef uint64_t word_t;

#define FLOPMETER_CUDA_NOTHING (void)0

/**
 * One wrapper. `before` and `after` are statements, which see the words a to e and the `caller`; `after` runs when the
 * call succeeded. `missing` is the status where there is no such function.
 */
#define FLOPMETER_CUDA_WORDS(routine, missing, before, after)                                                          \
    FLOPMETER_WRAPPER int routine(word_t a, word_t b, word_t c, word_t d, word_t e);                                   \
    FLOPMETER_WRAPPER int routine(const word_t a, const word_t b, const word_t c, const word_t d, const word_t e)      \
    {                                                                                                                  \
        typedef int real_t(word_t, word_t, word_t, word_t, word_t);                                                    \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return missing;                                                                                            \
        }                                                                                                              \
        before;                                                                                                        \
        const int status = real(a, b, c, d, e);                                                                        \
        if (FLOPMETER_CUDA_SUCCESS == status)                                                                          \
        {                                                                                                              \
            after;                                                                                                     \
        }                                                                                                              \
        return status;                                                                                                 \
    }

#endif /* FLOPMETER_CUDA_WORDS_H */

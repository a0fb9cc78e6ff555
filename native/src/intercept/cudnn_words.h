/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuDNN's functions take integers and addresses only: a wrapper passes on whole registers and stack slots, exactly as
 * many as the routine has. Pn declares them, An passes them on.
 */

#ifndef FLOPMETER_CUDNN_WORDS_H
#define FLOPMETER_CUDNN_WORDS_H

#include "cuda_abi.h"
#include "cuda_count.h"
#include "flopmeter_shape.h"

typedef uint64_t word_t;

#define P3 word_t a0, word_t a1, word_t a2
#define P8 P3, word_t a3, word_t a4, word_t a5, word_t a6, word_t a7
#define P11 P8, word_t a8, word_t a9, word_t a10
#define P13 P11, word_t a11, word_t a12
#define P15 P13, word_t a13, word_t a14
#define P16 P15, word_t a15
#define P18 P16, word_t a16, word_t a17
#define P19 P18, word_t a18
#define P20 P19, word_t a19
#define P21 P20, word_t a20
#define P22 P21, word_t a21
#define P23 P22, word_t a22
#define P27 P23, word_t a23, word_t a24, word_t a25, word_t a26
#define A3 a0, a1, a2
#define A8 A3, a3, a4, a5, a6, a7
#define A11 A8, a8, a9, a10
#define A13 A11, a11, a12
#define A15 A13, a13, a14
#define A16 A15, a15
#define A18 A16, a16, a17
#define A19 A18, a18
#define A20 A19, a19
#define A21 A20, a20
#define A22 A21, a21
#define A23 A22, a22
#define A27 A23, a23, a24, a25, a26

/** One wrapper; `after` runs when the call succeeded and is the outermost. It sees the words, and `real`. */
#define FLOPMETER_CUDNN_WRAPPER(routine, count, after) FLOPMETER_CUDNN_WRAPPER_AROUND(routine, count, (void)0, after)

/** As that; `before` runs before each call, and `after` sees what it declares. */
#define FLOPMETER_CUDNN_WRAPPER_AROUND(routine, count, before, after)                                                  \
    FLOPMETER_WRAPPER int routine(P##count);                                                                           \
    FLOPMETER_WRAPPER int routine(P##count)                                                                            \
    {                                                                                                                  \
        typedef int real_t(P##count);                                                                                  \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUDNN_NOT_SUPPORTED;                                                                      \
        }                                                                                                              \
        FLOPMETER_GUARD(guard, caller);                                                                                \
        FLOPMETER_CUDA_CALL(guard);                                                                                    \
        before;                                                                                                        \
        const int status = real(A##count);                                                                             \
        if (FLOPMETER_CUDA_SUCCESS == status && flopmeter_guard_is_outermost(&guard))                                  \
        {                                                                                                              \
            after;                                                                                                     \
        }                                                                                                              \
        return status;                                                                                                 \
    }

/** The address in a word. */
static inline const void *flopmeter_cudnn_at(const word_t word)
{
    return (const void *)(uintptr_t)word;
}

/** The stream of a handle. False, and a gap: it can't be told. */
bool flopmeter_cudnn_stream(const void *real, const void *handle, const void **stream);

/** The format two operands of these types are multiplied in, before fp32 may turn to tf32; UNKNOWN when not known. */
flopmeter_precision_t flopmeter_cudnn_precision(int32_t left, int32_t right);

/**
 * What a cudnnMathType_t makes of that precision: FMA forbids tensor cores, conversion allows fp16, anything else
 * allows TF32, where the device has it.
 */
flopmeter_precision_t flopmeter_cudnn_precision_of_math(flopmeter_precision_t precision, int math);

#endif /* FLOPMETER_CUDNN_WORDS_H */

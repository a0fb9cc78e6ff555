/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * xerbla_, what BLAS and LAPACK call when they refuse an argument. R's and Octave's leave it by longjmp, and a refused
 * call is worth no FLOP: so the guard is taken down for its duration, and the refused call is remembered. A program
 * that defines its own xerbla_ in its executable is not disturbed (ours is never called), one in a library is called
 * from here.
 */

#include "flopmeter_intercept.h"

typedef void xerbla_t(const void *name, const void *info, size_t length);

static void refuse(
    flopmeter_symbol_t *const symbol,
    const flopmeter_symbol_name_t *const symbol_name,
    const void *const caller,
    const void *const name,
    const void *const info,
    const size_t length)
{
    flopmeter_guard_state_t *const state = &flopmeter_guard_state;
    flopmeter_guard_t *const outermost = state->outermost;
    const uint64_t cookie = NULL == outermost ? 0 : outermost->cookie;
    const uint64_t cookie_last = state->cookie;
    const void *const outermost_caller = state->caller;
    xerbla_t *const real = (xerbla_t *)(uintptr_t)flopmeter_symbol_find(symbol, symbol_name, caller);

    state->cookie_refused = 0 == cookie ? state->cookie_refused : cookie;
    state->outermost = NULL;
    if (NULL != real)
    {
        real(name, info, length);
    }

    /* Back: the outermost call goes on. Cookies must stay unique, so it keeps its own only when none was given out
     * since. */
    if (NULL != outermost && cookie_last == state->cookie)
    {
        state->outermost = outermost;
        state->caller = outermost_caller;
    }
}

#define REFUSE(wrapped, sister)                                                                                        \
    void wrapped(const void *name, const void *info, size_t length);                                                   \
    FLOPMETER_WRAPPER void wrapped(const void *const name, const void *const info, const size_t length)                \
    {                                                                                                                  \
        FLOPMETER_SYMBOL(symbol, #wrapped, sister, FLOPMETER_SOURCE_BLAS);                                             \
        refuse(&symbol, &symbol_name, __builtin_return_address(0), name, info, length);                                \
    }

REFUSE(xerbla_, "")
REFUSE(xerbla_64_, "xerbla64_")
REFUSE(xerbla64_, "xerbla_64_")
REFUSE(scipy_xerbla_, "")
REFUSE(scipy_xerbla_64_, "")

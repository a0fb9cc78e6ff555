/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every wrapper of the preload library uses: find the real function, know whether this is the outermost call,
 * count it.
 *
 *     FLOPMETER_WRAPPER void dgemm_(...)
 *     {
 *         FLOPMETER_SYMBOL(symbol, "dgemm_", "", FLOPMETER_SOURCE_BLAS);
 *         const void *const caller = __builtin_return_address(0);
 *         real_type *const real = (real_type *)flopmeter_symbol_find(&symbol, &symbol_name, caller);
 *         if (NULL == real) { return; }
 *         FLOPMETER_GUARD(guard, caller);
 *         const flopmeter_u128_t flop_count = flopmeter_guard_is_outermost(&guard) ? ... : 0;
 *         real(...);
 *         flopmeter_guard_count(&guard, FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, flop_count);
 *     }
 *
 * Shapes are read before the real call (a routine may overwrite what its arguments point to), counted after it: a call
 * that never returned is not counted. Sources with wrappers must be compiled with -fexceptions, or a C++ exception,
 * pthread_exit or a cancellation that passes through would leave the guard standing.
 */

#ifndef FLOPMETER_INTERCEPT_H
#define FLOPMETER_INTERCEPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flopmeter_core.h"

#define FLOPMETER_WRAPPER __attribute__((visibility("default"), used))
#define FLOPMETER_SYMBOL_LENGTH (48)
#define FLOPMETER_LIKELY(x) (__builtin_expect(!!(x), 1))

/* ---- The real function ---- */

/** One loaded object as far as wrappers care. Entries are never freed: a range that is gone only costs a failed
 * compare. */
typedef struct flopmeter_object_stct
{
    uintptr_t begin;
    uintptr_t end;
    _Atomic(int) is_provider; /* some wrapper's real function lives in it */
    struct flopmeter_object_stct *next;
}
flopmeter_object_t;

/** What one caller object gets for one symbol. */
typedef struct flopmeter_binding_stct
{
    const flopmeter_object_t *caller;
    void *real; /* NULL: looked for and not there */
    struct flopmeter_binding_stct *next;
}
flopmeter_binding_t;

/**
 * What a wrapper stands for. The names are in place, not pointed to: thousands of pointers would be relocated, and
 * their pages copied, at each start of each program.
 */
typedef struct flopmeter_symbol_name_stct
{
    char name[FLOPMETER_SYMBOL_LENGTH];
    char sister[FLOPMETER_SYMBOL_LENGTH]; /* another name of the very same function, or "" */
    flopmeter_source_t source;            /* for the gap when nothing is found */
}
flopmeter_symbol_name_t;

/** Cache of one wrapper. Static, zero at first. */
typedef struct flopmeter_symbol_stct
{
    _Atomic(void *) global; /* found in the global scope: what everybody gets */
    _Atomic(flopmeter_binding_t *) bindings;
}
flopmeter_symbol_t;

/** Declare the cache `variable` and the name `variable_name` of one wrapper. */
#define FLOPMETER_SYMBOL(variable, symbol_name, sister_name, symbol_source)                                            \
    static const flopmeter_symbol_name_t variable##_name = { symbol_name, sister_name, symbol_source };                \
    static flopmeter_symbol_t variable

/** The out-of-line part of flopmeter_symbol_find(). */
void *flopmeter_symbol_find_slow(
    flopmeter_symbol_t *symbol, const flopmeter_symbol_name_t *name, const void *caller);

/**
 * dlsym() found `real` under `name` for `caller`: the wrapper that may be given out in its place, and will call `real`.
 * NULL: none, or one that would have to stand for two functions (a gap), or a library that looks behind its own entry.
 */
void *flopmeter_symbol_offer(const char *name, void *real, const void *caller);

/**
 * The function that `caller` (a return address) would have reached without us: global scope, then the caller's own
 * dependencies, then any loaded object that has it. NULL when there is none: the gap is reported, the wrapper returns.
 */
static inline void *flopmeter_symbol_find(
    flopmeter_symbol_t *const symbol, const flopmeter_symbol_name_t *const name, const void *const caller)
{
    void *const real = atomic_load_explicit(&symbol->global, memory_order_acquire);

    return FLOPMETER_LIKELY(NULL != real) ? real : flopmeter_symbol_find_slow(symbol, name, caller);
}

/* ---- The nesting guard ---- */

/** Lives in the frame of a wrapper. */
typedef struct flopmeter_guard_stct
{
    volatile uint64_t cookie; /* unique per outermost call of this thread, 0 in a nested call */
}
flopmeter_guard_t;

/** The outermost wrapper of this thread. */
typedef struct flopmeter_guard_state_stct
{
    flopmeter_guard_t *outermost;
    uint64_t cookie;         /* what `outermost->cookie` must still be */
    uint64_t cookie_refused; /* of the call whose arguments the library refused (xerbla) */
    const void *caller;      /* return address of the outermost call */
}
flopmeter_guard_state_t;

extern __thread flopmeter_guard_state_t flopmeter_guard_state
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/** Is the call that stands at `guard` and came from `caller` really inside the outermost one? Out of line. */
bool flopmeter_guard_is_nested(const flopmeter_guard_t *guard, const void *caller);

/** Enter a wrapper. Use FLOPMETER_GUARD. */
static inline void flopmeter_guard_enter(flopmeter_guard_t *const guard, const void *const caller)
{
    flopmeter_guard_state_t *const state = &flopmeter_guard_state;

    if (!FLOPMETER_LIKELY(NULL == state->outermost) && flopmeter_guard_is_nested(guard, caller))
    {
        guard->cookie = 0;
        return;
    }

    state->cookie += 2;
    guard->cookie = state->cookie | 1;
    state->caller = caller;
    state->outermost = guard;
}

/** Leave a wrapper, also by an exception. */
static inline void flopmeter_guard_leave(flopmeter_guard_t *const guard)
{
    flopmeter_guard_state_t *const state = &flopmeter_guard_state;

    if (state->outermost == guard)
    {
        guard->cookie = 0;
        state->outermost = NULL;
    }
}

/** Declare and enter; left at the end of the scope. */
#define FLOPMETER_GUARD(guard_name, caller_address)                                                                    \
    flopmeter_guard_t guard_name __attribute__((cleanup(flopmeter_guard_leave)));                                      \
    flopmeter_guard_enter(&guard_name, (caller_address))

static inline bool flopmeter_guard_is_outermost(const flopmeter_guard_t *const guard)
{
    return 0 != guard->cookie;
}

/** Count a call that has returned, unless it was nested or the library refused its arguments. */
static inline void flopmeter_guard_count_shape(
    const flopmeter_guard_t *const guard,
    const flopmeter_precision_t precision,
    const flopmeter_source_t source,
    const flopmeter_shape_t *const shape)
{
    if (0 != guard->cookie && flopmeter_guard_state.cookie_refused != guard->cookie)
    {
        flopmeter_core_count(precision, source, shape);
    }
}

/** As flopmeter_guard_count_shape() for a count without estimate and bound. Zero counts nothing. */
static inline void flopmeter_guard_count(
    const flopmeter_guard_t *const guard,
    const flopmeter_precision_t precision,
    const flopmeter_source_t source,
    const flopmeter_u128_t flop_count)
{
    if (0 != flop_count)
    {
        const flopmeter_shape_t shape = {flop_count, 0, 0};

        flopmeter_guard_count_shape(guard, precision, source, &shape);
    }
}

#endif /* FLOPMETER_INTERCEPT_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Wrappers of oneDNN's C API. Its C++ API is inline over the C functions, so callers built with either arrive here.
 * Compile with -fexceptions: oneDNN is C++, and what passes through must leave the guard.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr */
#endif
#include <dlfcn.h>
#include <errno.h>

#include "flopmeter_intercept.h"
#include "onednn_shape.h"

/* More copies than this of oneDNN in one process are not counted: a gap. */
#define LIBRARY_COUNT_MAX (8)

typedef struct library_stct
{
    _Atomic(const void *) execute; /* key, stored last; NULL ends the list */
    flopmeter_onednn_t onednn;     /* major 0: not one that can be asked */
}
library_t;

static library_t libraries[LIBRARY_COUNT_MAX];
static _Atomic(int) libraries_locked;

/* dlsym() gives addresses of functions as addresses of objects. */
typedef union function_unn
{
    void *address;
    flopmeter_dnnl_version_fn *version;
    flopmeter_dnnl_get_desc_fn *get_desc;
    flopmeter_dnnl_query_fn *query;
    flopmeter_dnnl_query_md_fn *query_md;
    flopmeter_dnnl_desc_query_fn *desc_query;
}
function_t;

static function_t function_of(void *const handle, const char *const name)
{
    return (function_t){ .address = dlsym(handle, name) };
}

/* The reading functions of the very object that `execute` is in. Major 0 when they are not all there. */
static void library_open(const void *const execute, flopmeter_onednn_t *const onednn)
{
    Dl_info info;
    void *const handle = (dladdr(execute, &info) && NULL != info.dli_fname)
        ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD)
        : NULL;

    onednn->major = 0;
    if (NULL == handle)
    {
        return;
    }

    const function_t version = function_of(handle, "dnnl_version");
    const int major = NULL != version.address && NULL != version.version() ? version.version()->major : 0;

    onednn->primitive_get_primitive_desc = function_of(handle, "dnnl_primitive_get_primitive_desc").get_desc;
    onednn->primitive_desc_query = function_of(handle, "dnnl_primitive_desc_query").query;
    onednn->primitive_desc_query_md = function_of(handle, "dnnl_primitive_desc_query_md").query_md;
    onednn->memory_get_memory_desc = function_of(handle, "dnnl_memory_get_memory_desc").get_desc;
    onednn->memory_desc_query = function_of(handle, "dnnl_memory_desc_query").desc_query;

    if (NULL != onednn->primitive_get_primitive_desc && NULL != onednn->primitive_desc_query &&
        NULL != onednn->primitive_desc_query_md && NULL != onednn->memory_get_memory_desc &&
        (2 == major || (3 == major && NULL != onednn->memory_desc_query)))
    {
        onednn->major = major;
    }
    dlclose(handle); /* the resolver keeps the object of a real function loaded */
}

static const flopmeter_onednn_t *library_add(const void *const execute)
{
    const int errno_saved = errno;
    const flopmeter_onednn_t *onednn = NULL;
    int expected = 0;

    if (!atomic_compare_exchange_strong_explicit(
            &libraries_locked, &expected, 1, memory_order_acquire, memory_order_relaxed))
    {
        /* Another thread, or a signal handler's victim, is at it: read for ourselves rather than wait. */
        static __thread flopmeter_onednn_t onednn_own __attribute__((tls_model("initial-exec")));

        library_open(execute, &onednn_own);
        onednn = &onednn_own;
    }
    else
    {
        for (int i = 0; i < LIBRARY_COUNT_MAX && NULL == onednn; i++)
        {
            const void *const key = atomic_load_explicit(&libraries[i].execute, memory_order_relaxed);

            if (NULL == key)
            {
                library_open(execute, &libraries[i].onednn);
                atomic_store_explicit(&libraries[i].execute, execute, memory_order_release);
            }
            if (NULL == key || execute == key)
            {
                onednn = &libraries[i].onednn;
            }
        }
        atomic_store_explicit(&libraries_locked, 0, memory_order_release);
    }

    (void)dlerror();
    errno = errno_saved;
    return onednn;
}

/* NULL: more libraries than we keep. Major 0 in the answer: one that can't be asked. */
static const flopmeter_onednn_t *library_of(const void *const execute)
{
    for (int i = 0; i < LIBRARY_COUNT_MAX; i++)
    {
        const void *const key = atomic_load_explicit(&libraries[i].execute, memory_order_acquire);

        if (FLOPMETER_LIKELY(execute == key))
        {
            return &libraries[i].onednn;
        }
        if (NULL == key)
        {
            return library_add(execute);
        }
    }
    return NULL;
}

typedef int execute_fn(const void *primitive, void *stream, int arg_count, const flopmeter_dnnl_arg_t *args);

FLOPMETER_WRAPPER int dnnl_primitive_execute(
    const void *primitive, void *stream, int arg_count, const flopmeter_dnnl_arg_t *args);

FLOPMETER_WRAPPER int dnnl_primitive_execute(
    const void *const primitive, void *const stream, const int arg_count, const flopmeter_dnnl_arg_t *const args)
{
    FLOPMETER_SYMBOL(symbol, "dnnl_primitive_execute", "", FLOPMETER_SOURCE_ONEDNN);
    const void *const caller = __builtin_return_address(0);
    void *const address = flopmeter_symbol_find(&symbol, &symbol_name, caller);
    execute_fn *const real = __extension__(execute_fn *)address;
    flopmeter_onednn_verdict_t verdict = FLOPMETER_ONEDNN_NOTHING;
    flopmeter_precision_t precision = FLOPMETER_FP32;
    flopmeter_u128_t flop_count = 0;

    if (NULL == real)
    {
        return FLOPMETER_DNNL_UNIMPLEMENTED;
    }

    FLOPMETER_GUARD(guard, caller);
    if (flopmeter_guard_is_outermost(&guard))
    {
        const flopmeter_onednn_t *const onednn = library_of(address);

        if (NULL == onednn || 0 == onednn->major)
        {
            flopmeter_core_gap(FLOPMETER_GAP_SYMBOL, FLOPMETER_SOURCE_ONEDNN);
        }
        else
        {
            verdict = flopmeter_onednn_shape(onednn, primitive, arg_count, args, &precision, &flop_count);
        }
    }

    const int status = real(primitive, stream, arg_count, args);

    if (FLOPMETER_DNNL_SUCCESS == status)
    {
        if (FLOPMETER_ONEDNN_COUNTED == verdict)
        {
            flopmeter_guard_count(&guard, precision, FLOPMETER_SOURCE_ONEDNN, flop_count);
        }
        else if (FLOPMETER_ONEDNN_UNKNOWN == verdict)
        {
            flopmeter_core_gap(FLOPMETER_GAP_SHAPE, FLOPMETER_SOURCE_ONEDNN);
        }
    }
    return status;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry points of the driver that a program asks the driver itself for, or the runtime. Names come without the version
 * behind them; which function it is the address says. Like dlsym.c, and by the same rules: NVIDIA's own libraries get
 * what they asked for.
 */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "cuda_words.h"

/* Others have no wrappers, and a runtime asks for hundreds. */
static bool is_ours(const char *const name)
{
    static const char prefixes[][24] = { "cuGraph", "cuStreamBeginCapture", "cuStreamEndCapture", "cuCtxCreate",
        "cuCtxDestroy", "cuGetProcAddress" };

    for (size_t i = 0; NULL != name && i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
    {
        if (0 == strncmp(name, prefixes[i], strlen(prefixes[i])))
        {
            return true;
        }
    }
    return false;
}

/* The wrapper of the function at `real`, whichever version it is. NULL: none. */
static void *wrapper_of(const char *const name, void *const real, const void *const caller)
{
    static const char versions[][8] = { "", "_v2", "_v3", "_v4" };
    static const char streams[][8] = { "", "_ptsz" };
    void *const driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    void *wrapper = NULL;

    for (size_t i = 0; NULL != driver && i < 8; i++)
    {
        char full[FLOPMETER_SYMBOL_LENGTH];
        const char *const version = versions[i / 2];
        const char *const stream = streams[i % 2];
        if (strlen(name) + strlen(version) + strlen(stream) >= sizeof(full))
        {
            continue;
        }
        strcpy(full, name);
        strcat(full, version);
        strcat(full, stream);
        if (real == dlsym(driver, full))
        {
            wrapper = flopmeter_symbol_offer(full, real, caller);
            break;
        }
    }
    if (NULL != driver)
    {
        dlclose(driver);
    }
    return wrapper;
}

static void found(const word_t name, const word_t result, const void *const caller)
{
    void **const place = (void **)(uintptr_t)result;
    const char *const text = (const char *)(uintptr_t)name;
    const int errno_saved = errno;

    if (NULL != place && NULL != *place && is_ours(text))
    {
        void *const wrapper = wrapper_of(text, *place, caller);

        *place = NULL == wrapper ? *place : wrapper;
        (void)dlerror();
        errno = errno_saved;
    }
}

/* Name and result are the first two arguments in every version. */
#define ENTRY_WRAPPER(routine)                                                                                         \
    FLOPMETER_CUDA_WORDS(routine, FLOPMETER_CUDA_NO_SYMBOL, FLOPMETER_CUDA_NOTHING, found(a, b, caller))

ENTRY_WRAPPER(cuGetProcAddress)
ENTRY_WRAPPER(cuGetProcAddress_v2)
ENTRY_WRAPPER(cudaGetDriverEntryPoint)
ENTRY_WRAPPER(cudaGetDriverEntryPoint_ptsz)
ENTRY_WRAPPER(cudaGetDriverEntryPointByVersion)
ENTRY_WRAPPER(cudaGetDriverEntryPointByVersion_ptsz)

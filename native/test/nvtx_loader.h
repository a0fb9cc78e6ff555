/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of the NVTX headers that the tests use, written anew from how they attach a tool: for machines without them.
 * As there, each shared object that includes this has its own copy and attaches on its own.
 */

#ifndef FLOPMETER_TEST_NVTX_LOADER_H
#define FLOPMETER_TEST_NVTX_LOADER_H

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define NVTX_VERSION (3)
#define NVTX_EVENT_ATTRIB_STRUCT_SIZE ((uint16_t)sizeof(nvtxEventAttributes_t))
#define NVTX_PAYLOAD_TYPE_INT64 (2)
#define NVTX_MESSAGE_TYPE_ASCII (1)
#define NVTX_MESSAGE_TYPE_UNICODE (2)
#define NVTX_MESSAGE_TYPE_REGISTERED (3)

typedef struct nvtxDomainRegistration_st *nvtxDomainHandle_t;
typedef struct nvtxStringRegistration_st *nvtxStringHandle_t;

typedef struct nvtxEventAttributes_st
{
    uint16_t version;
    uint16_t size;
    uint32_t category;
    int32_t colorType;
    uint32_t color;
    int32_t payloadType;
    int32_t reserved0;
    union
    {
        int64_t llValue;
        double dValue;
    }
    payload;
    int32_t messageType;
    union
    {
        const char *ascii;
        const wchar_t *unicode;
        nvtxStringHandle_t registered;
    }
    message;
}
nvtxEventAttributes_t;

typedef void (*loader_fn)(void);
typedef const void *(*loader_export)(uint32_t table);

/* Places in the tables of both modules. */
enum
{
    PUSH_EX = 8, PUSH_A = 9, PUSH_W = 10, POP = 11, CORE_END = 16,
    DOMAIN_PUSH_EX = 4, DOMAIN_POP = 5, REGISTER_A = 10, REGISTER_W = 11, CREATE_A = 12, CREATE_W = 13
};

static loader_fn loader_core[CORE_END];
static loader_fn loader_core2[CORE_END];
static loader_fn *loader_core_table[CORE_END];
static loader_fn *loader_core2_table[CORE_END];
static pthread_once_t loader_once = PTHREAD_ONCE_INIT;

static int loader_module(uint32_t module, loader_fn ***table, unsigned *entries)
{
    for (size_t i = 1; i < CORE_END; i++)
    {
        loader_core_table[i] = &loader_core[i];
        loader_core2_table[i] = &loader_core2[i];
    }
    *table = 1 == module ? loader_core_table : loader_core2_table;
    *entries = CORE_END;
    return 1 == module || 5 == module;
}

static const void *loader_export_table(uint32_t table)
{
    static struct
    {
        size_t size;
        int (*module)(uint32_t module, loader_fn ***table, unsigned *entries);
    }
    callbacks = { sizeof(callbacks), loader_module };

    return 1 == table ? &callbacks : NULL;
}

static void loader_load(void)
{
    const char *const path = getenv("NVTX_INJECTION64_PATH");
    void *const handle = NULL == path ? NULL : dlopen(path, RTLD_LAZY);
    void *const symbol = NULL == handle ? NULL : dlsym(handle, "InitializeInjectionNvtx2");
    int (*initialize)(loader_export export_table) = NULL;

    memcpy(&initialize, &symbol, sizeof(symbol));
    if (NULL == initialize || 0 == initialize(loader_export_table))
    {
        memset(loader_core, 0, sizeof(loader_core));
        memset(loader_core2, 0, sizeof(loader_core2));
    }
}

#define LOADER_CALL(result, none, table, place, types, arguments) \
    pthread_once(&loader_once, loader_load); \
    return NULL == table[place] ? none : ((result (*)types)table[place])arguments

static inline int nvtxRangePushA(const char *message)
{
    LOADER_CALL(int, -2, loader_core, PUSH_A, (const char *), (message));
}

static inline int nvtxRangePushW(const wchar_t *message)
{
    LOADER_CALL(int, -2, loader_core, PUSH_W, (const wchar_t *), (message));
}

static inline int nvtxRangePushEx(const nvtxEventAttributes_t *attributes)
{
    LOADER_CALL(int, -2, loader_core, PUSH_EX, (const nvtxEventAttributes_t *), (attributes));
}

static inline int nvtxRangePop(void)
{
    LOADER_CALL(int, -2, loader_core, POP, (void), ());
}

static inline int nvtxDomainRangePushEx(nvtxDomainHandle_t domain, const nvtxEventAttributes_t *attributes)
{
    LOADER_CALL(int, -2, loader_core2, DOMAIN_PUSH_EX, (nvtxDomainHandle_t, const nvtxEventAttributes_t *),
        (domain, attributes));
}

static inline int nvtxDomainRangePop(nvtxDomainHandle_t domain)
{
    LOADER_CALL(int, -2, loader_core2, DOMAIN_POP, (nvtxDomainHandle_t), (domain));
}

static inline nvtxDomainHandle_t nvtxDomainCreateA(const char *name)
{
    LOADER_CALL(nvtxDomainHandle_t, NULL, loader_core2, CREATE_A, (const char *), (name));
}

static inline nvtxDomainHandle_t nvtxDomainCreateW(const wchar_t *name)
{
    LOADER_CALL(nvtxDomainHandle_t, NULL, loader_core2, CREATE_W, (const wchar_t *), (name));
}

static inline nvtxStringHandle_t nvtxDomainRegisterStringA(nvtxDomainHandle_t domain, const char *text)
{
    LOADER_CALL(nvtxStringHandle_t, NULL, loader_core2, REGISTER_A, (nvtxDomainHandle_t, const char *), (domain, text));
}

static inline nvtxStringHandle_t nvtxDomainRegisterStringW(nvtxDomainHandle_t domain, const wchar_t *text)
{
    LOADER_CALL(nvtxStringHandle_t, NULL, loader_core2, REGISTER_W, (nvtxDomainHandle_t, const wchar_t *),
        (domain, text));
}

#endif /* FLOPMETER_TEST_NVTX_LOADER_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry point of libflopmeter_nvtx.so. Each copy of the NVTX headers in a process, one in each shared object that uses
 * them, loads the library that NVTX_INJECTION64_PATH names at its first call, asks it to attach, and calls what it then
 * finds in its tables. What is not set there does nothing. Design: docs/design/0027-nvtx.md.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nvtx_abi.h"
#include "nvtx_label.h"
#include "nvtx_range.h"

#include "flopmeter/flopmeter.h"

/* What strings of domains that are not read are registered as. */
static const char nothing;

int InitializeInjectionNvtx2(flopmeter_nvtx_export_fn *export_table);
int InitializeInjectionNvtxExtension(const flopmeter_nvtx_extension_t *extension);

static flopmeter_nvtx_label_t *narrow(const char *text)
{
    return flopmeter_nvtx_label((flopmeter_nvtx_name_t) { .narrow = text, .wide = NULL });
}

static flopmeter_nvtx_label_t *wide(const wchar_t *text)
{
    return flopmeter_nvtx_label((flopmeter_nvtx_name_t) { .narrow = NULL, .wide = text });
}

/* NULL for a range that has a color, a category or a payload, and no name. */
static flopmeter_nvtx_label_t *label_of(const flopmeter_nvtx_attributes_t *attributes)
{
    if (NULL == attributes || attributes->length < sizeof(*attributes))
    {
        return NULL;
    }
    switch (attributes->message_type)
    {
        case FLOPMETER_NVTX_MESSAGE_ASCII:
            return narrow(attributes->message.ascii);

        case FLOPMETER_NVTX_MESSAGE_WIDE:
            return wide(attributes->message.wide);

        case FLOPMETER_NVTX_MESSAGE_REGISTERED:
            return flopmeter_nvtx_label_of(attributes->message.registered);

        default:
            return NULL;
    }
}

static int domain_push_ex(const void *domain, const flopmeter_nvtx_attributes_t *attributes)
{
    return flopmeter_nvtx_is_read(domain) ?
        flopmeter_nvtx_push(domain, label_of(attributes)) : FLOPMETER_NVTX_NOT_TRACKED;
}

static int domain_pop(const void *domain)
{
    return flopmeter_nvtx_pop(domain);
}

static int push_ex(const flopmeter_nvtx_attributes_t *attributes)
{
    return domain_push_ex(NULL, attributes);
}

static int push_a(const char *text)
{
    return flopmeter_nvtx_push(NULL, narrow(text));
}

static int push_w(const wchar_t *text)
{
    return flopmeter_nvtx_push(NULL, wide(text));
}

static int pop(void)
{
    return flopmeter_nvtx_pop(NULL);
}

static const void *registered(const void *domain, flopmeter_nvtx_name_t name)
{
    const void *const label = flopmeter_nvtx_is_read(domain) ? flopmeter_nvtx_label(name) : NULL;

    return NULL == label ? &nothing : label;
}

static const void *register_a(const void *domain, const char *text)
{
    return registered(domain, (flopmeter_nvtx_name_t) { .narrow = text, .wide = NULL });
}

static const void *register_w(const void *domain, const wchar_t *text)
{
    return registered(domain, (flopmeter_nvtx_name_t) { .narrow = NULL, .wide = text });
}

static const void *create_a(const char *text)
{
    return flopmeter_nvtx_domain((flopmeter_nvtx_name_t) { .narrow = text, .wide = NULL });
}

static const void *create_w(const wchar_t *text)
{
    return flopmeter_nvtx_domain((flopmeter_nvtx_name_t) { .narrow = NULL, .wide = text });
}

/* The name, if there is one, is somewhere in data of the program's own layout. */
static int push_payload(const void *domain, const void *payload, size_t count)
{
    (void)payload;
    (void)count;
    return flopmeter_nvtx_push(domain, NULL);
}

/* Ends what any of the calls has pushed. */
static int pop_payload(const void *domain, const void *payload, size_t count)
{
    (void)payload;
    (void)count;
    return flopmeter_nvtx_pop(domain);
}

/* Libraries that ask spare themselves the trouble. */
static uint8_t is_enabled(const void *domain)
{
    return flopmeter_nvtx_is_read(domain) ? 1 : 0;
}

/* A table that is shorter than ours lacks what is not in it. */
static void set(flopmeter_nvtx_table_t table, unsigned entries, unsigned place, flopmeter_nvtx_fn *function)
{
    if (place < entries && NULL != table[place])
    {
        *table[place] = function;
    }
}

static bool module(
    flopmeter_nvtx_export_fn *export_table, uint32_t number, flopmeter_nvtx_table_t *table, unsigned *entries)
{
    const flopmeter_nvtx_callbacks_t *const callbacks = export_table(FLOPMETER_NVTX_TABLE_CALLBACKS);

    return NULL != callbacks && callbacks->length >= sizeof(*callbacks) && NULL != callbacks->module_table &&
        0 != callbacks->module_table(number, table, entries) && NULL != *table;
}

static bool attach(flopmeter_nvtx_export_fn *export_table)
{
    flopmeter_nvtx_table_t core = NULL;
    flopmeter_nvtx_table_t core2 = NULL;
    unsigned entries = 0;
    unsigned entries2 = 0;

    if (!module(export_table, FLOPMETER_NVTX_MODULE_CORE, &core, &entries))
    {
        return false;
    }
    if (flopmeter_nvtx_default_is_read())
    {
        set(core, entries, FLOPMETER_NVTX_RANGE_PUSH_EX, (flopmeter_nvtx_fn *)push_ex);
        set(core, entries, FLOPMETER_NVTX_RANGE_PUSH_A, (flopmeter_nvtx_fn *)push_a);
        set(core, entries, FLOPMETER_NVTX_RANGE_PUSH_W, (flopmeter_nvtx_fn *)push_w);
        set(core, entries, FLOPMETER_NVTX_RANGE_POP, (flopmeter_nvtx_fn *)pop);
    }
    if (module(export_table, FLOPMETER_NVTX_MODULE_CORE2, &core2, &entries2))
    {
        /* Where none but the default is read, too: without a handle a domain's ranges would be the default's. */
        set(core2, entries2, FLOPMETER_NVTX_DOMAIN_CREATE_A, (flopmeter_nvtx_fn *)create_a);
        set(core2, entries2, FLOPMETER_NVTX_DOMAIN_CREATE_W, (flopmeter_nvtx_fn *)create_w);
        set(core2, entries2, FLOPMETER_NVTX_DOMAIN_REGISTER_STRING_A, (flopmeter_nvtx_fn *)register_a);
        set(core2, entries2, FLOPMETER_NVTX_DOMAIN_REGISTER_STRING_W, (flopmeter_nvtx_fn *)register_w);
        set(core2, entries2, FLOPMETER_NVTX_DOMAIN_RANGE_PUSH_EX, (flopmeter_nvtx_fn *)domain_push_ex);
        set(core2, entries2, FLOPMETER_NVTX_DOMAIN_RANGE_POP, (flopmeter_nvtx_fn *)domain_pop);
    }
    return true;
}

static void load_settings(void)
{
    flopmeter_nvtx_choose(secure_getenv("FLOPMETER_NVTX"));
}

static bool is_metered(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_settings);
    return FLOPMETER_OK == flopmeter_attach();
}

/** Called by each copy of the headers. 0: it calls nothing, and its calls cost what they do without a tool. */
FLOPMETER_EXPORT int InitializeInjectionNvtx2(flopmeter_nvtx_export_fn *export_table)
{
    const int errno_before = errno;
    const int result = NULL != export_table && is_metered() && attach(export_table) ? 1 : 0;

    errno = errno_before;
    return result;
}

/** Called by each copy of an extension's headers, likewise. Its calls push and pop the ranges of the same domains. */
FLOPMETER_EXPORT int InitializeInjectionNvtxExtension(const flopmeter_nvtx_extension_t *extension)
{
    const int errno_before = errno;
    const bool is_ours = NULL != extension && extension->length >= sizeof(*extension) &&
        FLOPMETER_NVTX_PAYLOAD_MODULE == extension->module && extension->segment_count > 0 &&
        extension->segments[0].slot_count > FLOPMETER_NVTX_DOMAIN_IS_ENABLED;
    const int result = is_ours && is_metered() ? 1 : 0;

    if (1 == result)
    {
        intptr_t *const slots = extension->segments[0].slots;
        slots[FLOPMETER_NVTX_RANGE_PUSH_PAYLOAD] = (intptr_t)push_payload;
        slots[FLOPMETER_NVTX_RANGE_POP_PAYLOAD] = (intptr_t)pop_payload;
        slots[FLOPMETER_NVTX_DOMAIN_IS_ENABLED] = (intptr_t)is_enabled;
    }
    errno = errno_before;
    return result;
}

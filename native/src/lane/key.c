/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "flopmeter_key.h"

#define KEY_BUCKETS (131072)
#define CONTEXT_BUCKETS (65536)
#define PROBES_MAX (1024)
#define SPARES (64)

_Static_assert(FLOPMETER_CONTEXTS < FLOPMETER_CONTEXT_OVERFLOW, "the overflow context is no index");

/** Ids handed out in order; one that lost a race is put aside and handed out again, so that races leak nothing. */
typedef struct id_pool_stct
{
    uint32_t next;
    uint32_t limit;
    uint32_t spare[SPARES];
}
id_pool_t;

static id_pool_t key_ids = { .next = 1, .limit = FLOPMETER_KEYS - FLOPMETER_KEYS_RESERVED, .spare = { 0 } };
static id_pool_t context_ids = { .next = 1, .limit = FLOPMETER_CONTEXTS, .spare = { 0 } };

/* Static and zero: untouched pages cost nothing, and there is no allocation that could fail. */
static uint64_t key_bucket[KEY_BUCKETS];          /* content << 32 | key, 0 = free */
static uint32_t key_content[FLOPMETER_KEYS];
static uint32_t context_bucket[CONTEXT_BUCKETS];  /* context, 0 = free */
static flopmeter_context_t context_table[FLOPMETER_CONTEXTS];

static uint32_t id_take(id_pool_t *pool)
{
    for (size_t i = 0; i < SPARES; i++)
    {
        if (0 != __atomic_load_n(&pool->spare[i], __ATOMIC_RELAXED))
        {
            const uint32_t id = __atomic_exchange_n(&pool->spare[i], 0, __ATOMIC_ACQ_REL);
            if (0 != id)
            {
                return id;
            }
        }
    }

    if (__atomic_load_n(&pool->next, __ATOMIC_RELAXED) >= pool->limit)
    {
        return 0;
    }

    const uint32_t id = __atomic_fetch_add(&pool->next, 1, __ATOMIC_RELAXED);
    return id < pool->limit ? id : 0;
}

static void id_put_aside(id_pool_t *pool, uint32_t id)
{
    for (size_t i = 0; i < SPARES; i++)
    {
        uint32_t none = 0;
        if (__atomic_compare_exchange_n(&pool->spare[i], &none, id, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            return;
        }
    }
}

static uint32_t mix(uint32_t value)
{
    value ^= value >> 16;
    value *= UINT32_C(0x7FEB352D);
    value ^= value >> 15;
    value *= UINT32_C(0x846CA68B);
    value ^= value >> 16;
    return value;
}

static uint32_t context_hash(const flopmeter_context_t *context)
{
    uint32_t hash = UINT32_C(2166136261) ^ ((uint32_t)context->run_length << 8) ^ context->node_length;

    for (size_t i = 0; i < context->run_length; i++)
    {
        hash = (hash ^ (uint8_t)context->run[i]) * UINT32_C(16777619);
    }
    for (size_t i = 0; i < context->node_length; i++)
    {
        hash = (hash ^ (uint8_t)context->node[i]) * UINT32_C(16777619);
    }
    return mix(hash);
}

static bool context_equals(const flopmeter_context_t *a, const flopmeter_context_t *b)
{
    return a->run_length == b->run_length && a->node_length == b->node_length &&
        0 == memcmp(a->run, b->run, a->run_length) && 0 == memcmp(a->node, b->node, a->node_length);
}

/* The last keys name no run and no node; the very last one takes whatever finds no other. */
static flopmeter_key_t key_overflow(uint32_t content)
{
    const uint32_t bare = (content & 0xFFFF) | ((uint32_t)FLOPMETER_CONTEXT_OVERFLOW << 16);

    for (uint32_t key = FLOPMETER_KEYS - FLOPMETER_KEYS_RESERVED; key < FLOPMETER_KEYS; key++)
    {
        uint32_t found = __atomic_load_n(&key_content[key], __ATOMIC_RELAXED);
        if (0 == found && __atomic_compare_exchange_n(
            &key_content[key], &found, bare, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        {
            return key;
        }
        if (found == bare)
        {
            return key;
        }
    }
    return FLOPMETER_KEYS - 1;
}

static flopmeter_key_t key_find_or_add(uint32_t content)
{
    uint32_t mine = 0;
    uint32_t index = mix(content);

    for (size_t i = 0; i < PROBES_MAX; i++, index++)
    {
        uint64_t *const bucket = &key_bucket[index & (KEY_BUCKETS - 1)];
        uint64_t found = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);

        if (0 == found)
        {
            mine = 0 == mine ? id_take(&key_ids) : mine;
            if (0 == mine)
            {
                return 0;
            }
            __atomic_store_n(&key_content[mine], content, __ATOMIC_RELAXED);
            if (__atomic_compare_exchange_n(
                bucket, &found, ((uint64_t)content << 32) | mine, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
            {
                return mine;
            }
        }

        if ((found >> 32) == content)
        {
            if (0 != mine)
            {
                id_put_aside(&key_ids, mine);
            }
            return (flopmeter_key_t)(found & UINT32_MAX);
        }
    }

    if (0 != mine)
    {
        id_put_aside(&key_ids, mine);
    }
    return 0;
}

bool flopmeter_id_valid(const char *id, uint8_t *length)
{
    size_t i = 0;

    for (; i <= FLOPMETER_ID_LENGTH_MAX && '\0' != id[i]; i++)
    {
        const char c = id[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            '.' == c || '_' == c || ':' == c || '-' == c))
        {
            return false;
        }
    }

    *length = (uint8_t)i;
    return i >= 1 && i <= FLOPMETER_ID_LENGTH_MAX;
}

uint32_t flopmeter_context_intern(const flopmeter_context_t *context)
{
    uint32_t mine = 0;
    uint32_t index = context_hash(context);

    if (0 == context->run_length && 0 == context->node_length)
    {
        return FLOPMETER_CONTEXT_ENVIRONMENT;
    }

    for (size_t i = 0; i < PROBES_MAX; i++, index++)
    {
        uint32_t *const bucket = &context_bucket[index & (CONTEXT_BUCKETS - 1)];
        uint32_t found = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);

        if (0 == found)
        {
            mine = 0 == mine ? id_take(&context_ids) : mine;
            if (0 == mine)
            {
                return FLOPMETER_CONTEXT_OVERFLOW;
            }
            context_table[mine] = *context;
            if (__atomic_compare_exchange_n(bucket, &found, mine, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
            {
                return mine;
            }
        }

        if (context_equals(&context_table[found], context))
        {
            if (0 != mine)
            {
                id_put_aside(&context_ids, mine);
            }
            return found;
        }
    }

    if (0 != mine)
    {
        id_put_aside(&context_ids, mine);
    }
    return FLOPMETER_CONTEXT_OVERFLOW;
}

const flopmeter_context_t *flopmeter_context_of(uint32_t id)
{
    return &context_table[id < FLOPMETER_CONTEXTS ? id : FLOPMETER_CONTEXT_ENVIRONMENT];
}

flopmeter_key_t flopmeter_key_intern(uint32_t content, bool *overflow)
{
    const flopmeter_key_t key =
        FLOPMETER_CONTEXT_OVERFLOW == flopmeter_key_context(content) ? 0 : key_find_or_add(content);

    *overflow = 0 == key;
    return 0 == key ? key_overflow(content) : key;
}

uint32_t flopmeter_key_content(flopmeter_key_t key)
{
    return key < FLOPMETER_KEYS ? __atomic_load_n(&key_content[key], __ATOMIC_ACQUIRE) : 0;
}

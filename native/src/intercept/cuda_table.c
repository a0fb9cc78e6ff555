/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing; an entry that goes lets later ones of its run move up, so that there are no
 * tombstones and a look-up ends at the first free place.
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "cuda_graph.h"
#include "cuda_lock.h"
#include "cuda_nodeset.h"
#include "cuda_watching.h"

#define ENTRY_COUNT (8192) /* a power of two */
#define ENTRY_LIMIT (ENTRY_COUNT / 4 * 3)

typedef struct entry_stct
{
    const void *handle; /* NULL: free */
    uint64_t kind;
    const void *stream;  /* of a graph: it is being captured from there */
    flopmeter_cuda_nodeset_t nodes;
    uint64_t instance;   /* number with whoever watches, 0 = none */
    uint64_t updates;    /* of an instance */
    bool is_less;        /* nodes of an instance were switched off */
    flopmeter_cuda_sum_t sum;
}
entry_t;

static _Atomic(entry_t *) table;
static flopmeter_cuda_lock_t table_lock;
static size_t entry_count;
static bool is_fresh[2];    /* work came to a graph since all were altered so, by flopmeter_cuda_alteration_t */

/* Under the lock. */
static void refresh(const flopmeter_cuda_kind_t kind)
{
    if (FLOPMETER_CUDA_GRAPH == kind)
    {
        is_fresh[FLOPMETER_CUDA_ALTERED_LESS] = true;
        is_fresh[FLOPMETER_CUDA_ALTERED_ANY] = true;
    }
}

/* Pages come when they are touched: the table's length is address space only. */
static entry_t *table_create(void)
{
    const int errno_saved = errno;
    void *const pages = mmap(
        NULL, sizeof(entry_t) * ENTRY_COUNT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
        0);

    errno = errno_saved;
    if (MAP_FAILED == pages)
    {
        flopmeter_core_gap(FLOPMETER_GAP_MEMORY, FLOPMETER_SOURCE_CUDA);
        return NULL;
    }
    atomic_store_explicit(&table, pages, memory_order_release);
    return pages;
}

static size_t place_of(const flopmeter_cuda_kind_t kind, const void *const handle)
{
    uint64_t hash = ((uint64_t)(uintptr_t)handle >> 3) + (uint64_t)kind * 0x9E3779B97F4A7C15u;

    hash = (hash ^ (hash >> 31)) * 0xBF58476D1CE4E5B9u;
    return (size_t)(hash >> 40) & (ENTRY_COUNT - 1);
}

/* Under the lock: where the entry is, or the free place where it would be. */
static entry_t *entry_find(entry_t *const entries, const flopmeter_cuda_kind_t kind, const void *const handle)
{
    size_t i = place_of(kind, handle);

    while (NULL != entries[i].handle && (handle != entries[i].handle || (uint64_t)kind != entries[i].kind))
    {
        i = (i + 1) & (ENTRY_COUNT - 1);
    }
    return &entries[i];
}

static void entry_erase(entry_t *const entries, entry_t *const entry)
{
    size_t hole = (size_t)(entry - entries);

    flopmeter_cuda_nodeset_clear(&entry->nodes);
    for (size_t i = (hole + 1) & (ENTRY_COUNT - 1); NULL != entries[i].handle; i = (i + 1) & (ENTRY_COUNT - 1))
    {
        const size_t home = place_of((flopmeter_cuda_kind_t)entries[i].kind, entries[i].handle);

        /* May it move up? Not past the place where a look-up for it begins. */
        if (((i - home) & (ENTRY_COUNT - 1)) >= ((i - hole) & (ENTRY_COUNT - 1)))
        {
            entries[hole] = entries[i];
            hole = i;
        }
    }
    entries[hole].handle = NULL;
    entry_count--;
}

/* The table, locked; NULL when there is none, or its lock could not be had, which is a gap. */
static entry_t *table_open(const bool create)
{
    entry_t *entries = atomic_load_explicit(&table, memory_order_acquire);

    if (NULL == entries && !create)
    {
        return NULL;
    }
    if (!flopmeter_cuda_lock(&table_lock))
    {
        flopmeter_cuda_gap();
        return NULL;
    }
    entries = atomic_load_explicit(&table, memory_order_relaxed);
    if (NULL == entries)
    {
        entries = table_create();
        if (NULL == entries)
        {
            flopmeter_cuda_unlock(&table_lock);
        }
    }
    return entries;
}

bool flopmeter_cuda_table_put(
    const flopmeter_cuda_kind_t kind, const void *const handle, const flopmeter_cuda_sum_t *const sum)
{
    entry_t *const entries = NULL == handle ? NULL : table_open(true);

    if (NULL == entries)
    {
        return false;
    }
    entry_t *const entry = entry_find(entries, kind, handle);
    const bool is_new = NULL == entry->handle;
    const bool fits = !is_new || entry_count < ENTRY_LIMIT;

    if (fits)
    {
        if (is_new)
        {
            entry_count++;
            memset(entry, 0, sizeof(*entry));
        }
        flopmeter_cuda_nodeset_clear(&entry->nodes);
        entry->handle = handle;
        entry->kind = (uint64_t)kind;
        entry->stream = NULL;
        if (NULL == sum)
        {
            memset(&entry->sum, 0, sizeof(entry->sum));
        }
        else
        {
            entry->sum = *sum;
            refresh(kind);
        }
    }
    flopmeter_cuda_unlock(&table_lock);
    if (!fits)
    {
        flopmeter_cuda_gap();
    }
    return fits;
}

bool flopmeter_cuda_table_get(
    const flopmeter_cuda_kind_t kind, const void *const handle, flopmeter_cuda_sum_t *const sum)
{
    entry_t *const entries = NULL == handle ? NULL : table_open(false);

    if (NULL == entries)
    {
        return false;
    }
    const entry_t *const entry = entry_find(entries, kind, handle);
    const bool is_there = NULL != entry->handle;

    if (is_there)
    {
        *sum = entry->sum;
    }
    flopmeter_cuda_unlock(&table_lock);
    return is_there;
}

bool flopmeter_cuda_table_add(const flopmeter_cuda_kind_t kind, const void *const handle,
    const flopmeter_cuda_sum_t *const sum, const bool is_clear)
{
    entry_t *const entries = NULL == handle ? NULL : table_open(false);

    if (NULL == entries)
    {
        return false;
    }
    entry_t *const entry = entry_find(entries, kind, handle);
    const bool is_there = NULL != entry->handle;

    for (int p = 0; is_there && p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        flopmeter_cuda_sum_add(&entry->sum, (flopmeter_precision_t)p, &sum->by_precision[p]);
    }
    if (is_there)
    {
        entry->sum.is_open = entry->sum.is_open || sum->is_open;
        refresh(kind);
    }
    if (is_there && !is_clear)
    {
        entry->nodes.is_unclear = true;
    }
    flopmeter_cuda_unlock(&table_lock);
    return is_there;
}

void flopmeter_cuda_table_remove(const flopmeter_cuda_kind_t kind, const void *const handle)
{
    entry_t *const entries = NULL == handle ? NULL : table_open(false);

    if (NULL != entries)
    {
        entry_t *const entry = entry_find(entries, kind, handle);

        if (NULL != entry->handle)
        {
            entry_erase(entries, entry);
        }
        flopmeter_cuda_unlock(&table_lock);
    }
}

static void entry_alter(entry_t *const entry, const flopmeter_cuda_alteration_t alteration)
{
    flopmeter_cuda_sum_weaken(&entry->sum);
    entry->sum.is_open = entry->sum.is_open || FLOPMETER_CUDA_ALTERED_ANY == alteration;
}

bool flopmeter_cuda_table_alter(const flopmeter_cuda_kind_t kind, const void *const handle,
    const flopmeter_cuda_alteration_t alteration)
{
    entry_t *const entries = NULL == handle ? NULL : table_open(false);
    bool is_there = false;

    if (NULL != entries)
    {
        entry_t *const entry = entry_find(entries, kind, handle);

        is_there = NULL != entry->handle;
        if (is_there)
        {
            entry_alter(entry, alteration);
            entry->is_less = entry->is_less || FLOPMETER_CUDA_ALTERED_LESS == alteration;
        }
        flopmeter_cuda_unlock(&table_lock);
    }
    return is_there;
}

bool flopmeter_cuda_table_raise(const void *const exec, const flopmeter_cuda_sum_t *const sum)
{
    entry_t *const entries = NULL == exec ? NULL : table_open(false);
    bool is_there = false;

    if (NULL != entries)
    {
        entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_EXEC, exec);

        is_there = NULL != entry->handle;
        if (is_there)
        {
            flopmeter_cuda_sum_raise(&entry->sum, sum);
        }
        flopmeter_cuda_unlock(&table_lock);
    }
    return is_there;
}

void flopmeter_cuda_table_less(const void *const exec)
{
    if (!flopmeter_cuda_table_alter(FLOPMETER_CUDA_EXEC, exec, FLOPMETER_CUDA_ALTERED_LESS) &&
        flopmeter_cuda_table_put(FLOPMETER_CUDA_EXEC, exec, NULL))
    {
        (void)flopmeter_cuda_table_alter(FLOPMETER_CUDA_EXEC, exec, FLOPMETER_CUDA_ALTERED_LESS);
    }
}

bool flopmeter_cuda_table_is_less(const void *const exec)
{
    entry_t *const entries = NULL == exec ? NULL : table_open(false);
    bool is_less = false;

    if (NULL != entries)
    {
        const entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_EXEC, exec);

        is_less = NULL != entry->handle && entry->is_less;
        flopmeter_cuda_unlock(&table_lock);
    }
    return is_less;
}

void flopmeter_cuda_table_renew(const void *const exec)
{
    entry_t *const entries = NULL == exec ? NULL : table_open(false);

    if (NULL != entries)
    {
        entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_EXEC, exec);

        if (NULL != entry->handle)
        {
            entry->is_less = false;
        }
        flopmeter_cuda_unlock(&table_lock);
    }
}

/* The handles are not used: a graph may be gone by a way that was not seen, and the driver asked of it would fall. */
void flopmeter_cuda_table_alter_graphs(const flopmeter_cuda_alteration_t alteration)
{
    entry_t *const entries = table_open(false);

    if (NULL == entries)
    {
        return;
    }
    for (size_t i = 0; is_fresh[alteration] && i < ENTRY_COUNT; i++)
    {
        if (NULL != entries[i].handle && FLOPMETER_CUDA_GRAPH == entries[i].kind &&
            !flopmeter_cuda_sum_is_nothing(&entries[i].sum))
        {
            entry_alter(&entries[i], alteration);
        }
    }
    is_fresh[alteration] = false;
    flopmeter_cuda_unlock(&table_lock);
}

void flopmeter_cuda_table_begin(const void *const stream, const void *const graph)
{
    if (flopmeter_cuda_table_put(FLOPMETER_CUDA_GRAPH, graph, NULL))
    {
        entry_t *const entries = table_open(false);

        if (NULL != entries)
        {
            entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_GRAPH, graph);

            entry->stream = NULL == entry->handle ? NULL : stream;
            flopmeter_cuda_unlock(&table_lock);
        }
    }
}

void flopmeter_cuda_table_end(const void *const stream, const void *const graph)
{
    entry_t *const entries = table_open(false);

    if (NULL == entries)
    {
        return;
    }
    entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_GRAPH, graph);

    if (NULL != graph && NULL != entry->handle)
    {
        entry->stream = NULL;
    }
    for (size_t i = 0; NULL == graph && i < ENTRY_COUNT; i++)
    {
        if (NULL != entries[i].handle && stream == entries[i].stream)
        {
            entry_erase(entries, &entries[i]);
            break;
        }
    }
    flopmeter_cuda_unlock(&table_lock);
}

bool flopmeter_cuda_table_is_captured(const void *const stream, const void *const graph)
{
    entry_t *const entries = NULL == graph ? NULL : table_open(false);
    bool is_captured = false;

    if (NULL != entries)
    {
        const entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_GRAPH, graph);

        is_captured = NULL != entry->handle && stream == entry->stream;
        flopmeter_cuda_unlock(&table_lock);
    }
    return is_captured;
}

void flopmeter_cuda_table_came(const void *const graph, const uint64_t *const signatures, const size_t count)
{
    entry_t *const entries = NULL == graph ? NULL : table_open(false);

    if (NULL == entries)
    {
        return;
    }
    entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_GRAPH, graph);

    for (size_t i = 0; NULL != entry->handle && NULL != signatures && i < count; i++)
    {
        flopmeter_cuda_nodeset_add(&entry->nodes, signatures[i], 1);
    }
    if (NULL != entry->handle && NULL == signatures)
    {
        entry->nodes.is_unclear = true;
    }
    flopmeter_cuda_unlock(&table_lock);
}

void flopmeter_cuda_table_follow(const flopmeter_cuda_kind_t kind, const void *const handle,
    const flopmeter_cuda_kind_t from_kind, const void *const from_handle)
{
    entry_t *const entries = NULL == handle || NULL == from_handle ? NULL : table_open(false);

    if (NULL == entries)
    {
        return;
    }
    entry_t *const entry = entry_find(entries, kind, handle);
    const entry_t *const from = entry_find(entries, from_kind, from_handle);

    if (NULL != entry->handle && NULL != from->handle && entry != from)
    {
        flopmeter_cuda_nodeset_add_all(&entry->nodes, &from->nodes);
    }
    flopmeter_cuda_unlock(&table_lock);
}

bool flopmeter_cuda_table_nodes(
    const void *const exec, flopmeter_cuda_node_count_t *const counts, size_t *const count)
{
    entry_t *const entries = NULL == exec ? NULL : table_open(false);
    bool is_clear = false;

    if (NULL != entries)
    {
        const entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_EXEC, exec);

        is_clear = NULL != entry->handle && !entry->nodes.is_unclear;
        *count = is_clear ? flopmeter_cuda_nodeset_copy(&entry->nodes, counts) : 0;
        flopmeter_cuda_unlock(&table_lock);
    }
    return is_clear;
}

uint64_t flopmeter_cuda_table_instance(const void *const exec, const uint64_t *const instance)
{
    entry_t *const entries = NULL == exec ? NULL : table_open(false);
    uint64_t before = 0;

    if (NULL != entries)
    {
        entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_EXEC, exec);

        if (NULL != entry->handle)
        {
            before = entry->instance;
            entry->instance = NULL == instance ? before : *instance;
        }
        flopmeter_cuda_unlock(&table_lock);
    }
    return before;
}

uint64_t flopmeter_cuda_table_updated(const void *const exec)
{
    entry_t *const entries = NULL == exec ? NULL : table_open(false);
    uint64_t updates = 0;

    if (NULL != entries)
    {
        entry_t *const entry = entry_find(entries, FLOPMETER_CUDA_EXEC, exec);

        updates = NULL == entry->handle ? 0 : ++entry->updates;
        flopmeter_cuda_unlock(&table_lock);
    }
    return updates;
}

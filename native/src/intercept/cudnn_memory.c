/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A table of descriptors, as cuda_table.c is one of graphs.
 */

#include <errno.h>
#include <sys/mman.h>

#include "cuda_lock.h"
#include "cudnn_backend.h"

#define ENTRY_COUNT (65536) /* a power of two */
#define ENTRY_LIMIT (ENTRY_COUNT / 4 * 3)

typedef struct entry_stct
{
    const void *descriptor; /* NULL: free */
    flopmeter_cudnn_memory_t memory;
}
entry_t;

static _Atomic(entry_t *) table;
static flopmeter_cuda_lock_t table_lock;
static size_t entry_count;

static size_t place_of(const void *const descriptor)
{
    const uint64_t hash = ((uint64_t)(uintptr_t)descriptor >> 3) * 0x9E3779B97F4A7C15u;

    return (size_t)(hash >> 40) & (ENTRY_COUNT - 1);
}

static entry_t *entry_find(entry_t *const entries, const void *const descriptor)
{
    size_t i = place_of(descriptor);

    while (NULL != entries[i].descriptor && descriptor != entries[i].descriptor)
    {
        i = (i + 1) & (ENTRY_COUNT - 1);
    }
    return &entries[i];
}

/* The table, locked. NULL: there is none, or a gap was told. */
static entry_t *table_open(const bool create)
{
    if (NULL == atomic_load_explicit(&table, memory_order_acquire) && !create)
    {
        return NULL;
    }
    if (!flopmeter_cuda_lock(&table_lock))
    {
        flopmeter_cuda_gap();
        return NULL;
    }
    entry_t *entries = atomic_load_explicit(&table, memory_order_relaxed);

    if (NULL == entries)
    {
        const int errno_saved = errno;
        void *const pages = mmap(
            NULL, sizeof(entry_t) * ENTRY_COUNT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1, 0);

        errno = errno_saved;
        if (MAP_FAILED == pages)
        {
            flopmeter_cuda_unlock(&table_lock);
            flopmeter_core_gap(FLOPMETER_GAP_MEMORY, FLOPMETER_SOURCE_CUDA);
            return NULL;
        }
        entries = pages;
        atomic_store_explicit(&table, entries, memory_order_release);
    }
    return entries;
}

void flopmeter_cudnn_remember(const void *const descriptor, const flopmeter_cudnn_memory_t *const memory)
{
    entry_t *const entries = NULL == descriptor ? NULL : table_open(true);

    if (NULL == entries)
    {
        return;
    }
    entry_t *const entry = entry_find(entries, descriptor);
    const bool is_new = NULL == entry->descriptor;
    const bool fits = !is_new || entry_count < ENTRY_LIMIT;

    if (fits)
    {
        entry_count += is_new ? 1 : 0;
        entry->descriptor = descriptor;
        entry->memory = *memory;
    }
    flopmeter_cuda_unlock(&table_lock);
    if (!fits)
    {
        flopmeter_cuda_gap();
    }
}

bool flopmeter_cudnn_recall(const void *const descriptor, flopmeter_cudnn_memory_t *const memory)
{
    entry_t *const entries = NULL == descriptor ? NULL : table_open(false);

    if (NULL == entries)
    {
        return false;
    }
    const entry_t *const entry = entry_find(entries, descriptor);
    const bool is_there = NULL != entry->descriptor;

    if (is_there)
    {
        *memory = entry->memory;
    }
    flopmeter_cuda_unlock(&table_lock);
    return is_there;
}

void flopmeter_cudnn_forget(const void *const descriptor)
{
    entry_t *const entries = NULL == descriptor ? NULL : table_open(false);

    if (NULL == entries)
    {
        return;
    }
    size_t hole = (size_t)(entry_find(entries, descriptor) - entries);

    if (NULL != entries[hole].descriptor)
    {
        for (size_t i = (hole + 1) & (ENTRY_COUNT - 1); NULL != entries[i].descriptor; i = (i + 1) & (ENTRY_COUNT - 1))
        {
            const size_t home = place_of(entries[i].descriptor);

            /* May it move up? Not past the place where a look-up for it begins. */
            if (((i - home) & (ENTRY_COUNT - 1)) >= ((i - hole) & (ENTRY_COUNT - 1)))
            {
                entries[hole] = entries[i];
                hole = i;
            }
        }
        entries[hole].descriptor = NULL;
        entry_count--;
    }
    flopmeter_cuda_unlock(&table_lock);
}

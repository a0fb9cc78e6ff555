/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_nodeset.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK_COUNT (16384)
#define BLOCK_ENTRIES (31)

typedef struct block_stct
{
    uint32_t next;
    uint32_t count;
    uint64_t reserved;
    flopmeter_cuda_node_count_t entries[BLOCK_ENTRIES];
}
block_t;

_Static_assert(512 == sizeof(block_t), "eight in a page");

static block_t *blocks;
static uint32_t blocks_used = 1;    /* number 0 is none */
static uint32_t free_head;

/* Pages come when they are touched. */
static bool have_blocks(void)
{
    const int errno_saved = errno;

    if (NULL == blocks)
    {
        void *const pages = mmap(NULL, sizeof(block_t) * BLOCK_COUNT, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        blocks = MAP_FAILED == pages ? NULL : pages;
    }
    errno = errno_saved;
    return NULL != blocks;
}

static uint32_t block_take(uint32_t next)
{
    uint32_t number = free_head;

    if (!have_blocks() || (0 == number && BLOCK_COUNT == blocks_used))
    {
        return 0;
    }
    if (0 == number)
    {
        number = blocks_used++;
    }
    else
    {
        free_head = blocks[number].next;
    }
    blocks[number].next = next;
    blocks[number].count = 0;
    return number;
}

void flopmeter_cuda_nodeset_add(flopmeter_cuda_nodeset_t *const set, const uint64_t signature, const uint32_t counted)
{
    for (uint32_t number = set->head; 0 != number; number = blocks[number].next)
    {
        for (uint32_t i = 0; i < blocks[number].count; i++)
        {
            if (signature == blocks[number].entries[i].signature)
            {
                blocks[number].entries[i].counted += counted;
                return;
            }
        }
    }
    const bool is_full = 0 == set->head || BLOCK_ENTRIES == blocks[set->head].count;
    const uint32_t head = FLOPMETER_CUDA_SIGNATURES <= set->count ? 0 : is_full ? block_take(set->head) : set->head;

    if (0 == head)
    {
        set->is_unclear = true;
        return;
    }
    set->head = head;
    block_t *const block = &blocks[set->head];
    block->entries[block->count++] = (flopmeter_cuda_node_count_t){ .signature = signature, .counted = counted };
    set->count++;
}

void flopmeter_cuda_nodeset_add_all(flopmeter_cuda_nodeset_t *const set, const flopmeter_cuda_nodeset_t *const from)
{
    set->is_unclear = set->is_unclear || from->is_unclear;
    for (uint32_t number = from->head; 0 != number; number = blocks[number].next)
    {
        for (uint32_t i = 0; i < blocks[number].count; i++)
        {
            flopmeter_cuda_nodeset_add(set, blocks[number].entries[i].signature, blocks[number].entries[i].counted);
        }
    }
}

size_t flopmeter_cuda_nodeset_copy(
    const flopmeter_cuda_nodeset_t *const set, flopmeter_cuda_node_count_t *const counts)
{
    size_t count = 0;

    for (uint32_t number = set->head; 0 != number; number = blocks[number].next)
    {
        for (uint32_t i = 0; i < blocks[number].count && count < FLOPMETER_CUDA_SIGNATURES; i++)
        {
            counts[count++] = blocks[number].entries[i];
        }
    }
    return count;
}

void flopmeter_cuda_nodeset_clear(flopmeter_cuda_nodeset_t *const set)
{
    while (0 != set->head)
    {
        const uint32_t number = set->head;

        set->head = blocks[number].next;
        blocks[number].next = free_head;
        free_head = number;
    }
    memset(set, 0, sizeof(*set));
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "nvtx_range.h"

#include <stdint.h>
#include <string.h>

#include "flopmeter_here.h"
#include "nvtx_abi.h"

#define NAMES_LENGTH_MAX (2048)

/* Handles are addresses of these; whose name a domain has is in `names`. */
typedef struct domain_stct
{
    const char *name;
}
domain_t;

static char names[NAMES_LENGTH_MAX];
static domain_t domains[FLOPMETER_NVTX_DOMAINS_MAX];
static const domain_t not_read;
static size_t domain_count;
static size_t default_domain = FLOPMETER_NVTX_DOMAINS_MAX;

/*
 * By domain. Copied by fork(), as the contexts are. `unplaced`: of the ranges that are open, so many innermost ones
 * have no context, because there was no room; they are popped first.
 */
static __thread struct
{
    uint32_t level;
    uint32_t unplaced;
}
open[FLOPMETER_NVTX_DOMAINS_MAX];

static bool same(flopmeter_nvtx_name_t a, flopmeter_nvtx_name_t b)
{
    uint32_t character = 0;

    do
    {
        character = flopmeter_nvtx_next(&a);
        if (character != flopmeter_nvtx_next(&b))
        {
            return false;
        }
    }
    while (0 != character);
    return true;
}

/* FLOPMETER_NVTX_DOMAINS_MAX for one that is not read. */
static size_t index_of(const void *domain)
{
    const uintptr_t offset = (uintptr_t)domain - (uintptr_t)domains;
    const size_t index = offset / sizeof(domains[0]);

    if (NULL == domain)
    {
        return default_domain;
    }
    return 0 == offset % sizeof(domains[0]) && index < domain_count && index != default_domain ?
        index : FLOPMETER_NVTX_DOMAINS_MAX;
}

void flopmeter_nvtx_choose(const char *list)
{
    char *rest = NULL;

    strncpy(names, NULL == list ? FLOPMETER_NVTX_DEFAULT : list, sizeof(names) - 1);
    for (char *name = strtok_r(names, ",", &rest); NULL != name && domain_count < FLOPMETER_NVTX_DOMAINS_MAX;
        name = strtok_r(NULL, ",", &rest))
    {
        if (0 == strcmp(FLOPMETER_NVTX_DEFAULT, name))
        {
            default_domain = domain_count;
        }
        domains[domain_count++].name = name;
    }
}

bool flopmeter_nvtx_default_is_read(void)
{
    return default_domain < domain_count;
}

const void *flopmeter_nvtx_domain(flopmeter_nvtx_name_t name)
{
    for (size_t i = 0; i < domain_count; i++)
    {
        const flopmeter_nvtx_name_t wanted = { domains[i].name, NULL };
        if (i != default_domain && same(wanted, name))
        {
            return &domains[i];
        }
    }
    return &not_read;
}

bool flopmeter_nvtx_is_read(const void *domain)
{
    return index_of(domain) < domain_count;
}

int flopmeter_nvtx_push(const void *domain, flopmeter_nvtx_label_t *label)
{
    const size_t index = index_of(domain);
    uint32_t *memo = NULL;

    if (index >= domain_count)
    {
        return FLOPMETER_NVTX_NOT_TRACKED;
    }

    const char *const node = NULL == label ? NULL : flopmeter_nvtx_label_node(label, &memo);
    /* One that finds no place is popped before those that did, so none may find one while such a range is open. */
    if (0 != open[index].unplaced || FLOPMETER_OK != flopmeter_here_enter((uint8_t)(1 + index), node, memo))
    {
        open[index].unplaced += 1;
    }
    return (int)open[index].level++;
}

int flopmeter_nvtx_pop(const void *domain)
{
    const size_t index = index_of(domain);

    if (index >= domain_count)
    {
        return FLOPMETER_NVTX_NOT_TRACKED;
    }
    if (0 == open[index].level)
    {
        return -1;
    }
    if (0 != open[index].unplaced)
    {
        open[index].unplaced -= 1;
    }
    else
    {
        (void)flopmeter_here_leave((uint8_t)(1 + index));
    }
    return (int)--open[index].level;
}

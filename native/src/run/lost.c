/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "lost.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX (256)

static int compare(const void *a, const void *b)
{
    const pid_t pid_a = ((const flopmeter_process_t *)a)->pid;
    const pid_t pid_b = ((const flopmeter_process_t *)b)->pid;
    return (pid_a > pid_b) - (pid_a < pid_b);
}

static flopmeter_process_t *find(const flopmeter_process_list_t *list, pid_t pid)
{
    flopmeter_process_t key;
    key.pid = pid;
    return 0 == list->count ? NULL : bsearch(&key, list->items, list->count, sizeof(key), compare);
}

/*
 * Is it still the process that was seen before? Then `current` is its newest reading, and was taken after the look:
 * whoever was missing there and had been waited for is in it.
 */
static bool is_left(
    const flopmeter_lost_t *lost, const flopmeter_process_t *process, flopmeter_process_t *current)
{
    for (size_t i = 0; i < lost->ended.count; i++)
    {
        *current = lost->ended.items[i];
        if (process->pid == current->pid && process->start == current->start)
        {
            return true;
        }
    }
    return flopmeter_proc_read(process->pid, current) && process->start == current->start;
}

/*
 * Add what has gone to the debt of its nearest ancestor that is left. NULL: none is, the supervisor itself has it.
 */
static void charge(const flopmeter_lost_t *lost, const flopmeter_process_t *gone)
{
    flopmeter_process_t current;
    flopmeter_process_t *ancestor = find(&lost->before, gone->parent);

    for (int depth = 0; NULL != ancestor && depth < DEPTH_MAX; depth++)
    {
        if (is_left(lost, ancestor, &current))
        {
            ancestor->owed += gone->minor_faults + gone->minor_faults_of_children;
            ancestor->owes_orphans = ancestor->owes_orphans || ancestor->pid != gone->parent;
            return;
        }
        ancestor = find(&lost->before, ancestor->parent);
    }
}

static bool is_listed(const flopmeter_process_list_t *sorted, const flopmeter_process_t *process)
{
    const flopmeter_process_t *const found = find(sorted, process->pid);
    return NULL != found && found->start == process->start;
}

static bool copy(flopmeter_process_list_t *to, const flopmeter_process_list_t *from)
{
    if (to->capacity < from->count)
    {
        flopmeter_process_t *const items = realloc(to->items, from->count * sizeof(*items));
        if (NULL == items)
        {
            return false;
        }
        to->items = items;
        to->capacity = from->count;
    }
    if (from->count > 0)
    {
        memcpy(to->items, from->items, from->count * sizeof(*from->items));
        qsort(to->items, from->count, sizeof(*to->items), compare);
    }
    to->count = from->count;
    return true;
}

void flopmeter_lost_ending(flopmeter_lost_t *lost, pid_t pid)
{
    flopmeter_process_list_t *const ended = &lost->ended;

    if (ended->count == ended->capacity)
    {
        const size_t capacity = 0 == ended->capacity ? 16 : 2 * ended->capacity;
        flopmeter_process_t *const items = realloc(ended->items, capacity * sizeof(*items));
        if (NULL == items)
        {
            return;
        }
        ended->items = items;
        ended->capacity = capacity;
    }
    ended->count += flopmeter_proc_read(pid, &ended->items[ended->count]) ? 1 : 0;
}

/*
 * What it has inherited since the look before, less what it should have. Negative: something is missing.
 */
static int64_t surplus(const flopmeter_lost_t *lost, const flopmeter_process_t *process)
{
    flopmeter_process_t current;
    return is_left(lost, process, &current) ? (int64_t)(current.minor_faults_of_children -
        process->minor_faults_of_children) - (int64_t)process->owed : 0;
}

/*
 * An orphan may have gone to a subreaper farther up, such as the supervisor of a nested run.
 */
static bool is_with_subreaper(const flopmeter_lost_t *lost, const flopmeter_process_t *process, int64_t missing)
{
    const flopmeter_process_t *ancestor = find(&lost->before, process->parent);

    for (int depth = 0; NULL != ancestor && depth < DEPTH_MAX; depth++)
    {
        if (surplus(lost, ancestor) >= missing)
        {
            return true;
        }
        ancestor = find(&lost->before, ancestor->parent);
    }
    return false;
}

bool flopmeter_lost_check(flopmeter_lost_t *lost, const flopmeter_process_list_t *now)
{
    flopmeter_process_list_t sorted = { NULL, 0, 0, false };
    flopmeter_process_t current;
    bool is_lost = false;

    if (!copy(&sorted, now))
    {
        return true;
    }
    for (size_t i = 0; i < lost->before.count; i++)
    {
        /* The kernel's list of children may miss one while others come and go: only a second reading tells. */
        const flopmeter_process_t *const process = &lost->before.items[i];
        if (!is_listed(&sorted, process) && !is_left(lost, process, &current))
        {
            charge(lost, process);
        }
    }
    for (size_t i = 0; i < lost->before.count; i++)
    {
        const flopmeter_process_t *const process = &lost->before.items[i];
        const int64_t missing = process->owed > 0 ? -surplus(lost, process) : 0;
        is_lost = is_lost || (missing > 0 &&
            !(process->owes_orphans && is_with_subreaper(lost, process, missing)));
    }
    free(lost->before.items);
    lost->before = sorted;
    lost->ended.count = 0;
    return is_lost;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_select.h"

#include <string.h>

static bool is_subset(uint64_t part, uint64_t whole)
{
    return 0 == (part & ~whole);
}

static int compare_u8(uint8_t a, uint8_t b)
{
    return a < b ? -1 : a > b;
}

/* Keep a set that no other contains; its metrics sorted, so that equal sets look alike. */
static void keep(flopmeter_cuda_sets_t *sets, flopmeter_cuda_set_t *set)
{
    for (size_t i = 1; i < set->count; i++)
    {
        for (size_t j = i; j > 0 && compare_u8(set->metrics[j - 1], set->metrics[j]) > 0; j--)
        {
            const uint8_t metric = set->metrics[j];
            set->metrics[j] = set->metrics[j - 1];
            set->metrics[j - 1] = metric;
        }
    }
    for (size_t i = 0; i < sets->count; i++)
    {
        if (set->count == sets->sets[i].count && 0 == memcmp(set->metrics, sets->sets[i].metrics, set->count))
        {
            return;
        }
    }
    if (0 != set->count && sets->count < FLOPMETER_CUDA_SETS_MAX)
    {
        sets->sets[sets->count++] = *set;
    }
}

/* Add `metric` when it overlaps none and the whole is still one pass. */
static bool try_metric(
    flopmeter_cuda_set_t *set,
    const flopmeter_cuda_table_t *table,
    uint32_t metric,
    flopmeter_cuda_passes_t passes,
    void *context)
{
    if (set->count >= FLOPMETER_CUDA_SET_METRICS_MAX || 0 != (set->atoms & table->metrics[metric].atoms))
    {
        return false;
    }
    const uint64_t dense = set->dense;
    set->metrics[set->count++] = (uint8_t)metric;
    set->dense |= table->metrics[metric].dense;
    bool is_one = set->count + (size_t)__builtin_popcountll(set->dense) <= FLOPMETER_CUDA_SET_NAMES_MAX &&
        1 == passes(context, table, set);
    if (!is_one)
    {
        /* By itself rather without what tells what is sparse than not at all. */
        set->dense = dense;
        is_one = 1 == set->count && 0 != table->metrics[metric].dense && 1 == passes(context, table, set);
    }
    set->count -= is_one ? 0 : 1;
    set->atoms |= is_one ? table->metrics[metric].atoms : 0;
    return is_one;
}

/* Add what still fits: roots first, or ops first; those of root `first` before others. */
static void fill(
    flopmeter_cuda_set_t *set,
    const flopmeter_cuda_table_t *table,
    uint32_t first,
    bool by_op,
    flopmeter_cuda_passes_t passes,
    void *context)
{
    for (int kind = 0; kind < 2; kind++)
    {
        const bool wants_roots = by_op == (1 == kind);
        for (uint32_t i = 0; i < table->roots_count; i++)
        {
            const uint32_t root = (first + i) % (uint32_t)table->roots_count;
            if (wants_roots)
            {
                try_metric(set, table, table->roots[root], passes, context);
                continue;
            }
            for (uint32_t metric = 0; metric < table->count; metric++)
            {
                if (root == table->metrics[metric].root && table->roots[root] != metric)
                {
                    try_metric(set, table, metric, passes, context);
                }
            }
        }
    }
}

/*
 * Where a chip counts per op, more fits when it is asked per op than per source format. So from each root two sets are
 * grown: the root and further roots first, then ops; and the root's ops and further ops first, then roots. What none of
 * them has got is then the seed of a set of its own.
 */
void flopmeter_cuda_sets_find(
    flopmeter_cuda_sets_t *sets, const flopmeter_cuda_table_t *table, flopmeter_cuda_passes_t passes, void *context)
{
    uint64_t seen = 0;

    memset(sets, 0, sizeof(*sets));
    for (uint32_t root = 0; root < table->roots_count; root++)
    {
        for (int by_op = 0; by_op < (table->count > table->roots_count ? 2 : 1); by_op++)
        {
            flopmeter_cuda_set_t set = { .count = 0 };
            fill(&set, table, root, 1 == by_op, passes, context);
            seen |= set.atoms;
            keep(sets, &set);
        }
    }
    for (uint32_t metric = 0; metric < table->count; metric++)
    {
        flopmeter_cuda_set_t set = { .count = 0 };
        if (0 != (table->metrics[metric].atoms & ~seen) && try_metric(&set, table, metric, passes, context))
        {
            fill(&set, table, table->metrics[metric].root, true, passes, context);
            seen |= set.atoms;
            keep(sets, &set);
        }
    }
}

static size_t worth(const flopmeter_cuda_set_t *set, uint64_t wanted)
{
    return (size_t)__builtin_popcountll(set->atoms & wanted);
}

/* Roots that `set` reads whole and no set of the survey did yet count most, then atoms that none has. */
static size_t news(const flopmeter_cuda_table_t *table, const flopmeter_cuda_set_t *set, uint64_t whole, uint64_t seen)
{
    size_t count = worth(set, ~seen);

    for (size_t i = 0; i < table->roots_count; i++)
    {
        const uint64_t atoms = table->metrics[table->roots[i]].atoms;
        count += is_subset(atoms, set->atoms) && !is_subset(atoms, whole) ? FLOPMETER_CUDA_METRICS_MAX : 0;
    }
    return count;
}

bool flopmeter_cuda_turns_begin(
    flopmeter_cuda_turns_t *turns, const flopmeter_cuda_table_t *table, const flopmeter_cuda_sets_t *sets)
{
    uint64_t whole = 0;
    uint64_t seen = 0;

    memset(turns, 0, sizeof(*turns));
    while (0 != sets->count && turns->survey_count < FLOPMETER_CUDA_TURNS_MAX)
    {
        size_t best = 0;
        for (size_t i = 1; i < sets->count; i++)
        {
            if (news(table, &sets->sets[i], whole, seen) > news(table, &sets->sets[best], whole, seen))
            {
                best = i;
            }
        }
        if (0 == news(table, &sets->sets[best], whole, seen))
        {
            break;
        }
        for (size_t i = 0; i < table->roots_count; i++)
        {
            const uint64_t atoms = table->metrics[table->roots[i]].atoms;
            whole |= is_subset(atoms, sets->sets[best].atoms) ? atoms : 0;
        }
        seen |= sets->sets[best].atoms;
        turns->survey[turns->survey_count++] = (uint8_t)best;
    }
    return 0 != turns->survey_count;
}

/* Fewest sets that cover `used`, or nearly: always the one that covers most of what is left. */
static void arrange(flopmeter_cuda_turns_t *turns, const flopmeter_cuda_sets_t *sets, uint64_t used)
{
    uint64_t left = used;

    turns->used = used;
    turns->count = 0;
    turns->next = 0;
    while (0 != left && turns->count < FLOPMETER_CUDA_TURNS_MAX)
    {
        size_t best = 0;
        for (size_t i = 1; i < sets->count; i++)
        {
            const size_t more = worth(&sets->sets[i], left);
            const size_t most = worth(&sets->sets[best], left);
            if (more > most || (more == most && worth(&sets->sets[i], used) > worth(&sets->sets[best], used)))
            {
                best = i;
            }
        }
        if (0 == worth(&sets->sets[best], left))
        {
            break;
        }
        left &= ~sets->sets[best].atoms;
        turns->turns[turns->count++] = (uint8_t)best;
    }
}

static const flopmeter_cuda_set_t *survey(flopmeter_cuda_turns_t *turns, const flopmeter_cuda_sets_t *sets)
{
    const flopmeter_cuda_set_t *const set = &sets->sets[turns->survey[turns->survey_next]];

    turns->is_survey = true;
    turns->survey_next = (turns->survey_next + 1) % turns->survey_count;
    return set;
}

const flopmeter_cuda_set_t *flopmeter_cuda_turns_next(
    flopmeter_cuda_turns_t *turns, const flopmeter_cuda_sets_t *sets, uint64_t used)
{
    const size_t range = turns->ranges++;

    if (range >= turns->survey_count && (used != turns->used || 0 == turns->count))
    {
        arrange(turns, sets, used);
    }
    if (range < turns->survey_count || 0 == turns->count ||
        FLOPMETER_CUDA_SURVEY_EACH - 1 == range % FLOPMETER_CUDA_SURVEY_EACH)
    {
        return survey(turns, sets);
    }
    const flopmeter_cuda_set_t *const set = &sets->sets[turns->turns[turns->next]];
    turns->is_survey = false;
    turns->next = (turns->next + 1) % turns->count;
    return set;
}

size_t flopmeter_cuda_turns_round(flopmeter_cuda_turns_t *turns, const flopmeter_cuda_sets_t *sets, uint64_t used)
{
    if (turns->ranges < turns->survey_count || 0 == used)
    {
        return turns->survey_count;
    }
    if (used != turns->used || 0 == turns->count)
    {
        arrange(turns, sets, used);
    }
    return 0 == turns->count ? turns->survey_count : turns->count;
}

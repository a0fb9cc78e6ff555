/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pm_metric.h"

#include <stdio.h>
#include <string.h>

/* In each style candidates are tried from the first place on. */
#define STYLES (4)

static const struct
{
    const char *text;
    flopmeter_pm_kind_t kind;
}
stems[] = {
    { "sm__cycles_active", FLOPMETER_PM_ACTIVE },
    { "sm__pipe_tensor_cycles_active", FLOPMETER_PM_TENSOR },
    { "sm__pipe_tensor_op_hmma_cycles_active", FLOPMETER_PM_HMMA },
    { "sm__pipe_tensor_subpipe_hmma_cycles_active", FLOPMETER_PM_HMMA },
    { "sm__pipe_tensor_op_imma_cycles_active", FLOPMETER_PM_IMMA },
    { "sm__pipe_tensor_subpipe_imma_cycles_active", FLOPMETER_PM_IMMA },
    { "sm__pipe_tensor_op_dmma_cycles_active", FLOPMETER_PM_DMMA },
    { "smsp__pipe_tensor_op_dmma_cycles_active", FLOPMETER_PM_DMMA },
    { "smsp__pipe_tensor_subpipe_dmma_cycles_active", FLOPMETER_PM_DMMA },
    { "sm__pipe_fp64_cycles_active", FLOPMETER_PM_FP64 },
    { "sm__pipe_fma_cycles_active", FLOPMETER_PM_FMA },
    /* A warp's instruction keeps a quarter of the pipe busy for a cycle. */
    { "sm__inst_executed_pipe_fma", FLOPMETER_PM_FMA }
};

const char *flopmeter_pm_kind_text(flopmeter_pm_kind_t kind)
{
    static const char *const texts[FLOPMETER_PM_KINDS] = { "tensor", "active", "hmma", "imma", "fp64", "fma", "dmma" };

    return texts[kind];
}

void flopmeter_pm_table_take(void *context, const char *name)
{
    static const char realtime[] = "_realtime";
    flopmeter_pm_table_t *const table = context;
    const char *const dot = strrchr(name, '.');
    const char *const base = NULL == dot ? name : dot + 1;

    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
    {
        const size_t length = strlen(stems[i].text);
        const char *const rest = base + length;
        if (0 != strncmp(base, stems[i].text, length) || ('\0' != rest[0] && 0 != strcmp(rest, realtime)))
        {
            continue;
        }
        if (FLOPMETER_PM_METRICS_MAX == table->count || strlen(name) + sizeof(".sum") > FLOPMETER_PM_NAME_LENGTH)
        {
            table->left_out += 1;
            return;
        }
        flopmeter_pm_metric_t *const metric = &table->metrics[table->count++];
        snprintf(metric->name, sizeof(metric->name), "%s.sum", name);
        metric->kind = stems[i].kind;
        metric->is_grouped = NULL != dot;
        metric->is_realtime = '\0' != rest[0];
        return;
    }
}

/* Places 0 to 3 of a metric in a style; which of them is first is what styles differ in. */
static int place_of(const flopmeter_pm_metric_t *metric, int style)
{
    return ((metric->is_grouped ? 0 : 2) ^ (style & 2)) + ((metric->is_realtime ? 0 : 1) ^ (style & 1));
}

static bool fits(flopmeter_pm_set_t *set, const flopmeter_pm_metric_t *metric, flopmeter_pm_passes_t passes,
    void *context)
{
    const char *names[FLOPMETER_PM_KINDS];

    for (size_t i = 0; i < set->count; i++)
    {
        names[i] = set->names[i];
    }
    names[set->count] = metric->name;
    if (1 != passes(context, names, set->count + 1))
    {
        return false;
    }
    set->kinds[set->count] = metric->kind;
    memcpy(set->names[set->count], metric->name, sizeof(metric->name));
    set->count += 1;
    return true;
}

static void add_kind(flopmeter_pm_set_t *set, const flopmeter_pm_table_t *table, flopmeter_pm_kind_t kind, int style,
    flopmeter_pm_passes_t passes, void *context)
{
    for (int place = 0; place < 4; place++)
    {
        for (size_t i = 0; i < table->count; i++)
        {
            const flopmeter_pm_metric_t *const metric = &table->metrics[i];
            if (kind == metric->kind && place == place_of(metric, style) && fits(set, metric, passes, context))
            {
                return;
            }
        }
    }
}

/* One bit for each kind that is read, the most wanted highest. */
static unsigned worth_of(const flopmeter_pm_set_t *set)
{
    unsigned worth = 0;

    for (size_t i = 0; i < set->count; i++)
    {
        worth |= 1U << (FLOPMETER_PM_KINDS - 1 - set->kinds[i]);
    }
    return worth;
}

bool flopmeter_pm_set_find(
    flopmeter_pm_set_t *set, const flopmeter_pm_table_t *table, flopmeter_pm_passes_t passes, void *context)
{
    unsigned offered = 0;

    memset(set, 0, sizeof(*set));
    for (size_t i = 0; i < table->count; i++)
    {
        offered |= 1U << (FLOPMETER_PM_KINDS - 1 - table->metrics[i].kind);
    }
    /* Each style once with the most wanted first and once the other way round. */
    for (int style = 0; style < STYLES && offered != worth_of(set); style++)
    {
        for (int is_reversed = 0; is_reversed < 2 && offered != worth_of(set); is_reversed++)
        {
            flopmeter_pm_set_t found;
            memset(&found, 0, sizeof(found));
            for (int i = 0; i < FLOPMETER_PM_KINDS; i++)
            {
                const int kind = 0 == is_reversed ? i : FLOPMETER_PM_KINDS - 1 - i;
                add_kind(&found, table, (flopmeter_pm_kind_t)kind, style, passes, context);
            }
            *set = worth_of(&found) > worth_of(set) ? found : *set;
        }
    }
    return set->count > 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What PM sampling can read of a chip: cycles in which a pipe was active, never operations. A name says all:
 * [GROUP.]sm__pipe_tensor[_op_OP|_subpipe_OP]_cycles_active[_realtime] and alike. Which of them fit into one pass
 * depends on the order in which they are asked for.
 */

#ifndef FLOPMETER_PM_METRIC_H
#define FLOPMETER_PM_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOPMETER_PM_NAME_LENGTH (96)
#define FLOPMETER_PM_METRICS_MAX (64)

/** What a metric counts cycles of, the most wanted first. */
typedef enum flopmeter_pm_kind_enum
{
    FLOPMETER_PM_TENSOR = 0,    /* any tensor pipe */
    FLOPMETER_PM_ACTIVE = 1,    /* the SM has a warp: without one no pipe works */
    FLOPMETER_PM_HMMA = 2,
    FLOPMETER_PM_IMMA = 3,
    FLOPMETER_PM_FP64 = 4,
    FLOPMETER_PM_FMA = 5,
    FLOPMETER_PM_DMMA = 6,
    FLOPMETER_PM_KINDS = 7
}
flopmeter_pm_kind_t;

typedef struct flopmeter_pm_metric_stct
{
    char name[FLOPMETER_PM_NAME_LENGTH];    /* with ".sum": the total over all SMs */
    flopmeter_pm_kind_t kind;
    bool is_grouped;                        /* of a group of NVIDIA's that is made to be read together */
    bool is_realtime;
}
flopmeter_pm_metric_t;

typedef struct flopmeter_pm_table_stct
{
    size_t count;
    flopmeter_pm_metric_t metrics[FLOPMETER_PM_METRICS_MAX];
    size_t left_out;
}
flopmeter_pm_table_t;

/** Metrics of one pass, at most one of each kind, in the order in which they are to be asked for. */
typedef struct flopmeter_pm_set_stct
{
    size_t count;
    flopmeter_pm_kind_t kinds[FLOPMETER_PM_KINDS];
    char names[FLOPMETER_PM_KINDS][FLOPMETER_PM_NAME_LENGTH];
}
flopmeter_pm_set_t;

/** Passes that the metrics need in this order, 0 when that can't be told. */
typedef size_t (*flopmeter_pm_passes_t)(void *context, const char *const *names, size_t count);

/** Take the metric into the table (flopmeter_pm_table_t) if it is one; zero at first. */
void flopmeter_pm_table_take(void *table, const char *name);

/** Find the set that reads most of what is wanted. False when not even one metric can be read in one pass. */
bool flopmeter_pm_set_find(
    flopmeter_pm_set_t *set, const flopmeter_pm_table_t *table, flopmeter_pm_passes_t passes, void *context);

/** Text of a kind ("hmma"). */
const char *flopmeter_pm_kind_text(flopmeter_pm_kind_t kind);

#endif /* FLOPMETER_PM_METRIC_H */

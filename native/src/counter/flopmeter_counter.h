/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One vtable for every source that reads a counter of the silicon (docs/design/0008-counters.md). Internal; not
 * installed. A source is an entry, not a special case: whoever uses it asks, opens, reads and closes through this.
 */

#ifndef FLOPMETER_COUNTER_H
#define FLOPMETER_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "flopmeter_core.h"

#define FLOPMETER_COUNTER_TEXT_LENGTH (192)
#define FLOPMETER_COUNTER_DEVICE_LENGTH (64)
#define FLOPMETER_COUNTER_FIGURES_MAX (16)
#define FLOPMETER_COUNTER_GAPS_MAX (16)

/** Whether a source can count here. Never a zero in place of "unknown". */
typedef enum flopmeter_counter_state_enum
{
    FLOPMETER_COUNTER_AVAILABLE = 0,
    FLOPMETER_COUNTER_ABSENT = 1,          /* no such hardware, library or counter here */
    FLOPMETER_COUNTER_NO_PERMISSION = 2,
    FLOPMETER_COUNTER_TAKEN = 3,           /* another profiler has it */
    FLOPMETER_COUNTER_WRONG_DRIVER = 4,    /* too old, too new, or not the one of this card */
    FLOPMETER_COUNTER_FAILED = 5,          /* it was there and gave an error nobody expects */
    FLOPMETER_COUNTER_PAUSED = 6           /* given to another profiler by pause(); never the answer of a probe */
}
flopmeter_counter_state_t;

/** Answer of a probe: what is there, and what a person can do about it ("" when nothing is to be done). */
typedef struct flopmeter_counter_probe_stct
{
    flopmeter_counter_state_t state;
    char detail[FLOPMETER_COUNTER_TEXT_LENGTH];
    char remedy[FLOPMETER_COUNTER_TEXT_LENGTH];
}
flopmeter_counter_probe_t;

/** What is to be counted. */
typedef struct flopmeter_counter_target_stct
{
    pid_t pid;             /* a process and its later descendants; 0 = this thread; -1 = the whole device */
    int cpu;               /* with pid -1: which CPU, -1 = every one; else unused */
    bool from_exec;        /* with pid > 0: begin when it calls exec, so that nothing of its preparation is counted */
    const char *device;    /* accelerator by UUID or index as text, NULL = the first */
}
flopmeter_counter_target_t;

/** FLOP of one precision since open: lower <= point <= upper, in which `upper` counts only when `is_bounded`. */
typedef struct flopmeter_counter_figure_stct
{
    flopmeter_precision_t precision;
    flopmeter_u128_t lower;
    flopmeter_u128_t point;
    flopmeter_u128_t upper;
    bool is_bounded;
}
flopmeter_counter_figure_t;

/** An interval in which nothing could be read. What may have happened in it is in `upper` of the figures already. */
typedef struct flopmeter_counter_gap_stct
{
    uint64_t begin_ns;     /* CLOCK_MONOTONIC */
    uint64_t end_ns;
    flopmeter_counter_state_t reason;
}
flopmeter_counter_gap_t;

/** One reading: cumulative since open. No figure of a later reading is below that of an earlier one. */
typedef struct flopmeter_counter_reading_stct
{
    flopmeter_counter_state_t state;   /* not AVAILABLE: figures are as of the last good reading, a gap is open */
    char device[FLOPMETER_COUNTER_DEVICE_LENGTH];
    uint64_t begin_ns;                 /* CLOCK_MONOTONIC of open */
    uint64_t end_ns;                   /* and of this reading */
    uint64_t covered_ns;               /* CPU or device time in which the counters watched; 0 = the source can't tell */
    uint64_t running_ns;               /* of covered_ns: each event was on the PMU so long at least; less = turns */
    size_t figures_count;
    flopmeter_counter_figure_t figures[FLOPMETER_COUNTER_FIGURES_MAX];
    size_t gaps_count;                 /* those beyond the last entry are merged into it */
    flopmeter_counter_gap_t gaps[FLOPMETER_COUNTER_GAPS_MAX];
    uint64_t gaps_unasked;             /* of a GPU: all that were no pauses that somebody wished, listed or merged */
}
flopmeter_counter_reading_t;

/** An open counter; each source has its own. One thread at a time. */
typedef struct flopmeter_counter_stct flopmeter_counter_t;

/** One source. Constant; every function is given. None throws, exits, prints, or waits for longer than it says. */
typedef struct flopmeter_counter_source_stct
{
    const char *name;                  /* "perf", "gpm", "dcgm", "cupti-range" */
    flopmeter_source_t source;
    flopmeter_basis_t basis;

    /** Can it count `target` here? Opens nothing that stays open. */
    void (*probe)(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe);

    /** Begin to count. NULL when it can't, with `probe` saying why. */
    flopmeter_counter_t *(*open)(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe);

    /** Read. The reading is whole in any case; its state tells whether this call added to it. */
    void (*read)(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading);

    /** Give the hardware to another profiler until resume: a gap, bounded by peak x time. Idempotent. */
    void (*pause)(flopmeter_counter_t *counter);
    void (*resume)(flopmeter_counter_t *counter);

    void (*close)(flopmeter_counter_t *counter);
}
flopmeter_counter_source_t;

#endif /* FLOPMETER_COUNTER_H */

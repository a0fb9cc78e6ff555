/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_TALLY_H
#define FLOPMETER_RUN_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "flopmeter_perf.h"

/**
 * CPU time of COMMAND and everything that it starts, by a clock that hangs on the tasks themselves (the software event
 * task-clock, inherited at each fork) and needs nobody to wait for them: a process that was killed with its PID
 * namespace, or that a parent forgot, is in it. It begins with COMMAND's exec and leaves out what the kernel does to
 * take a task down, so it bounds the time in which the program's own code can have run.
 *
 * The kernel takes the clock off a task that gains rights at exec or whose program may not be read: such a process
 * makes the tally doubtful, see flopmeter_tally_doubt().
 */
typedef struct flopmeter_tally_stct
{
    const flopmeter_perf_sys_t *sys;    /* NULL = never opened */
    int fd;                             /* < 0 = not open */
    bool is_doubtful;
    bool is_read;
    uint64_t cpu_ns;
}
flopmeter_tally_t;

/** Open it on `pid`, which has not called exec yet. Where the kernel refuses, the tally stays unknown. */
void flopmeter_tally_open(flopmeter_tally_t *tally, const flopmeter_perf_sys_t *sys, pid_t pid);

/** Somebody was seen, or may have been, who no longer carries the clock. */
void flopmeter_tally_doubt(flopmeter_tally_t *tally);

/** Can it still tell, as far as is known now? */
bool flopmeter_tally_is_trusted(const flopmeter_tally_t *tally);

/** COMMAND has ended: read it, descendants that are still alive included, and close it. */
void flopmeter_tally_read(flopmeter_tally_t *tally);

void flopmeter_tally_close(flopmeter_tally_t *tally);

/** The CPU time read. Return false when it is not known. */
bool flopmeter_tally_cpu_ns(const flopmeter_tally_t *tally, uint64_t *cpu_ns);

#endif /* FLOPMETER_RUN_TALLY_H */

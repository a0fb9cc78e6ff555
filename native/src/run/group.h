/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_GROUP_H
#define FLOPMETER_RUN_GROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * CPU time of the control group that the supervisor runs in, for where the clock of tasks can't tell (tally.h): all
 * that ran there since the begin, less the meter's own processes. Others in the group are in it, so it errs upwards;
 * processes that have left it make it doubtful. Version 2, or cpuacct of version 1.
 */
typedef struct flopmeter_group_stct
{
    char file[PATH_MAX];      /* of the usage; empty = not known */
    char members[PATH_MAX];   /* cgroup.procs beside it */
    char line[PATH_MAX];      /* our line of /proc/self/cgroup: version and path */
    bool is_doubtful;
    bool is_read;
    uint64_t begin_ns;
    uint64_t own_begin_ns;    /* of the supervisor */
    uint64_t cpu_ns;
}
flopmeter_group_t;

/** Take the first reading, before COMMAND is there. `root` is "" for this machine. */
void flopmeter_group_begin(flopmeter_group_t *group, const char *root);

/** Does the process run in the group, or in one inside it? It, or what it starts, is not counted else. */
void flopmeter_group_check(flopmeter_group_t *group, const char *root, pid_t pid);

/** Somebody may have left the group unseen. */
void flopmeter_group_doubt(flopmeter_group_t *group);

/** Can it still tell, as far as is known now? */
bool flopmeter_group_is_trusted(const flopmeter_group_t *group);

/** CPU time of a living process of the meter, which was started after the begin. Never more than it used. */
uint64_t flopmeter_group_cpu_ns_of(pid_t pid);

/** Take the last reading. `meter_ns`: what the meter's other processes have used at least, read before this call. */
void flopmeter_group_read(flopmeter_group_t *group, uint64_t meter_ns);

/** The CPU time. Return false when it is not known. */
bool flopmeter_group_cpu_ns(const flopmeter_group_t *group, uint64_t *cpu_ns);

#endif /* FLOPMETER_RUN_GROUP_H */

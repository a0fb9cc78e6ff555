/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_PROC_H
#define FLOPMETER_RUN_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** One descendant as /proc/PID/stat tells it. */
typedef struct flopmeter_process_stct
{
    pid_t pid;
    pid_t parent;
    char state;
    char comm[32];
    uint64_t start;    /* tells a pid that was used again */
    uint64_t minor_faults;
    uint64_t minor_faults_of_children;    /* of those waited for */
    uint64_t owed;     /* lost.c: faults that it should have inherited */
    bool owes_orphans; /* lost.c: some of these had another parent, who has gone too */
    uint64_t cpu_ns;   /* own and waited-for children, upper end of the kernel's ticks */
}
flopmeter_process_t;

typedef struct flopmeter_process_list_stct
{
    flopmeter_process_t *items;
    size_t count;
    size_t capacity;
    bool is_hiding;    /* there are descendants that we can't look into */
}
flopmeter_process_list_t;

/**
 * All living and dead descendants of this process, without the subtrees of `excluded` (0-terminated). Return 0, or -1.
 */
int flopmeter_proc_descendants(flopmeter_process_list_t *list, const pid_t *excluded);

void flopmeter_proc_free(flopmeter_process_list_t *list);

/** Read one process, living or dead. Return false when there is none. */
bool flopmeter_proc_read(pid_t pid, flopmeter_process_t *process);

/** State letter of a process, 0 when there is none. */
char flopmeter_proc_state(pid_t pid);

/** What of a process decides about its CPU time. */
typedef struct flopmeter_process_traits_stct
{
    bool ignores_sigchld;    /* its children's CPU times are lost then */
    bool gained_rights;      /* the kernel may have taken counters off it: other ids than before, or not dumpable */
}
flopmeter_process_traits_t;

/** Read the traits of one process; all false when there is none. */
void flopmeter_proc_traits(pid_t pid, flopmeter_process_traits_t *traits);

#endif /* FLOPMETER_RUN_PROC_H */

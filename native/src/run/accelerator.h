/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_ACCELERATOR_H
#define FLOPMETER_RUN_ACCELERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "proc.h"

#define FLOPMETER_ACCELERATORS_MAX (256)

typedef struct flopmeter_accelerator_device_stct
{
    char path[128];
    int watch;        /* of inotify, -1 = none */
    bool pending;     /* an open was seen and not explained yet */
    bool opened;      /* by a process of this run */
}
flopmeter_accelerator_device_t;

/** Device nodes of accelerators, and which of them the run has opened. */
typedef struct flopmeter_accelerators_stct
{
    const char *root;   /* "/dev" */
    int fd;             /* inotify */
    bool overflowed;    /* more devices than we can name, or lost events: all pending */
    size_t count;
    flopmeter_accelerator_device_t devices[FLOPMETER_ACCELERATORS_MAX];
}
flopmeter_accelerators_t;

/** Watch the devices under `root`, and the folders where new ones appear. Never fails: without inotify it polls. */
void flopmeter_accelerators_open(flopmeter_accelerators_t *accelerators, const char *root);

/** Take the events that have arrived. Return true when somebody has opened a device that is not yet known as opened. */
bool flopmeter_accelerators_take_events(flopmeter_accelerators_t *accelerators);

/** Is there something flopmeter_accelerators_check() should look for? */
bool flopmeter_accelerators_is_due(const flopmeter_accelerators_t *accelerators);

/**
 * Find out who has opened the pending devices. A descendant that holds one settles it. When nobody of the run does and
 * no other process of the machine that we may look into holds it either, the open counts as the run's: a program that
 * opened and closed a device between two looks must not go unseen, and a false "opened" only widens the upper bound.
 */
void flopmeter_accelerators_check(
    flopmeter_accelerators_t *accelerators, const flopmeter_process_list_t *descendants);

/** Watch no more. What was seen stays. */
void flopmeter_accelerators_close(flopmeter_accelerators_t *accelerators);

/** Mark the devices that process `pid` holds open. */
void flopmeter_accelerators_mark_held(flopmeter_accelerators_t *accelerators, pid_t pid);

#endif /* FLOPMETER_RUN_ACCELERATOR_H */

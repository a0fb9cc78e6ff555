/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_LOST_H
#define FLOPMETER_RUN_LOST_H

#include <stdbool.h>

#include "proc.h"

/**
 * Finds descendants whose CPU time the kernel has dropped: SA_NOCLDWAIT, a SIGCHLD ignored between two looks, the end
 * of a PID namespace. Nothing of that can be asked for, but one counter tells: whoever waits for a child inherits its
 * minor faults, exactly, and every process has some. A child that has gone and whose faults are not with the nearest
 * ancestor that is left was not waited for. A hint and no proof: late faults of others that are waited for hide it.
 * What decides is flopmeter_tally_t.
 */
typedef struct flopmeter_lost_stct
{
    flopmeter_process_list_t before;    /* the look before */
    flopmeter_process_list_t ended;     /* what the supervisor has reaped since then, as it was at its end */
}
flopmeter_lost_t;

/** `pid` has ended and is about to be waited for by the supervisor. */
void flopmeter_lost_ending(flopmeter_lost_t *lost, pid_t pid);

/** Compare a look with the one before, then keep it. Return true when CPU time has been lost between the two. */
bool flopmeter_lost_check(flopmeter_lost_t *lost, const flopmeter_process_list_t *now);

#endif /* FLOPMETER_RUN_LOST_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process beside this one that runs CPU kernels in children of its own: a process tree of known FLOP.
 */

#ifndef FLOPMETER_CALIBRATE_TREE_H
#define FLOPMETER_CALIBRATE_TREE_H

#include "cpu_kernels.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct flopmeter_tree_stct
{
    pid_t pid;                      /* of the process that waits for orders; its children do the work */
    int socket;
}
flopmeter_tree_t;

/** Start it. To be called before a driver is loaded: drivers do not survive a fork. Return false when it can't be. */
bool flopmeter_tree_open(flopmeter_tree_t *tree);

/** A child of that process executes exactly `iterations` and ends. Return false when that is not sure. */
bool flopmeter_tree_run(const flopmeter_tree_t *tree, const flopmeter_cpu_kernel_t *kernel, uint64_t iterations);

/** End it; it ends by itself with this process, too. */
void flopmeter_tree_close(flopmeter_tree_t *tree);

#endif /* FLOPMETER_CALIBRATE_TREE_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How far a counter has come, in a file beside its lanes, for the one that comes after it and for its supervisor.
 */

#ifndef FLOPMETER_WATCH_STATE_H
#define FLOPMETER_WATCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

/** Its name: two u64, the time (CLOCK_MONOTONIC) up to which everything is recorded, and the number of cards. */
#define FLOPMETER_WATCH_STATE_FILE "counter.state"

/**
 * Open it. Return the descriptor, -1 = none. `is_there`: somebody was here before; `covered_ns` is what he says then.
 */
int flopmeter_watch_state_open(const char *folder, bool *is_there, uint64_t *covered_ns);

/** Say it. After an error nothing more is said. */
void flopmeter_watch_state_write(int *fd, uint64_t covered_ns, uint64_t cards);

#endif /* FLOPMETER_WATCH_STATE_H */

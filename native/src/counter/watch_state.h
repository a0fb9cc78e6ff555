/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How far flopmeter-counter has come, in a file of the meter's folder: for the one that comes after it, and for the
 * supervisor.
 */

#ifndef FLOPMETER_WATCH_STATE_H
#define FLOPMETER_WATCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Open it, -1 where there is no folder or it can't be. True: there was one before us, and it came to `covered_ns`. The
 * program can write to the folder: the time is to be believed only as far as it makes sense.
 */
bool flopmeter_watch_state_open(int *fd, const char *meter_dir, uint64_t *covered_ns);

/** Everything up to `covered_ns` is recorded, of so many cards; of none, nothing is said. On an error it is closed. */
void flopmeter_watch_state_write(int *fd, uint64_t covered_ns, uint64_t cards);

#endif /* FLOPMETER_WATCH_STATE_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter pause and resume (docs/design/0029-pause.md) on the meter's thread of a program. Not linked into the tests
 * that have no lanes: it tells gaps with an end.
 */

#ifndef FLOPMETER_CUDA_PAUSE_H
#define FLOPMETER_CUDA_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/** Give way or come back. False: something is still held, or it can't come back. Called at each look in a pause. */
typedef bool flopmeter_cuda_pause_fn(void *context, bool is_paused);

/** Be a holder under that constant name, before anything is opened. No folder: nobody wishes anything. */
void flopmeter_cuda_pause_open(const char *folder, const char *name);

/** Carry out what is wished now. */
void flopmeter_cuda_pause_obey(uint64_t now_ns, flopmeter_cuda_pause_fn *give_way, void *context);

/** Hold nothing any more. */
void flopmeter_cuda_pause_close(void);

#endif /* FLOPMETER_CUDA_PAUSE_H */

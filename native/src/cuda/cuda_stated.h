/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What calls counted, by device. Each thread of the program adds to a cell of its own and waits for nobody; the meter's
 * thread sums them up. The same count is in the lane.
 */

#ifndef FLOPMETER_CUDA_STATED_H
#define FLOPMETER_CUDA_STATED_H

#include "flopmeter_core.h"

#define FLOPMETER_CUDA_STATED_DEVICES (32)
#define FLOPMETER_CUDA_STATED_CELLS (128)       /* threads alive; later ones share one, behind a lock */

/** As at the start of a process, before anybody adds. */
void flopmeter_cuda_stated_reset(void);

/** On any thread, signal handlers included where its thread does not wait for the lock. */
void flopmeter_cuda_stated_add(int device, const flopmeter_shape_t *stated);

/** Sums of the first `count` devices. One thread at a time. They never fall. */
void flopmeter_cuda_stated_read(flopmeter_shape_t *sums, int count);

/** So many cells are or were in use. */
int flopmeter_cuda_stated_cells(void);

#endif /* FLOPMETER_CUDA_STATED_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process's note on its kernels in the meter directory: flopmeter/kernels/v1, docs/design/0024-kernel-activity.md.
 */

#ifndef FLOPMETER_CUDA_NOTE_H
#define FLOPMETER_CUDA_NOTE_H

#include "cuda_kernels.h"

/** Names a context: room for FLOPMETER_ID_LENGTH_MAX + 1 each; "" = not known, or no node. */
typedef void flopmeter_cuda_names_fn(uint32_t context, char *run, char *node);

/** Write `state` anew, by rename, as kernels-<16 hex digits of nonce>.json in `folder`. False: the old one stays. */
bool flopmeter_cuda_note_write(const flopmeter_cuda_kernels_state_t *state, flopmeter_cuda_names_fn *names,
    const char *folder, uint64_t nonce);

#endif /* FLOPMETER_CUDA_NOTE_H */

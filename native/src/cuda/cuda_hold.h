/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The contexts of a session's device: its primary one, which is retained while a window is open in it, and those that
 * the program made (cuda_contexts.h), which are held. Of several, one is counted in at a time.
 */

#ifndef FLOPMETER_CUDA_HOLD_H
#define FLOPMETER_CUDA_HOLD_H

#include "cuda_session.h"

bool flopmeter_cuda_hold_is_primary(
    const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device);

/** How many contexts there are, the primary one included. */
unsigned flopmeter_cuda_hold_count(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device);

bool flopmeter_cuda_hold_is_any(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device);

/**
 * Hold the context of the next window: those that the program made take turns, as they came, then comes the primary
 * one. False: there is none, or it can't be had; nothing is held then.
 */
bool flopmeter_cuda_hold_take(const flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device);

/** Let go of it. `is_lost`: it is not there any more. */
void flopmeter_cuda_hold_give_back(
    const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device, bool is_lost);

/** Is the held context still there? A reset makes a new one, perhaps at the same address. */
bool flopmeter_cuda_hold_is_same(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device);

/** The program is about to destroy the held context and waits for us. */
bool flopmeter_cuda_hold_is_wanted(const flopmeter_cuda_device_t *device);

/** Was there another context on the device since the range began? What ran in it the range has not seen. */
bool flopmeter_cuda_hold_is_shared(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device);

#endif /* FLOPMETER_CUDA_HOLD_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a session knows of the chip of a device: its metrics, and which of them are collected together.
 */

#ifndef FLOPMETER_CUDA_CHIP_H
#define FLOPMETER_CUDA_CHIP_H

#include "cuda_session.h"

/**
 * Learn the chip of the held context, from a device that has the same one, or by a search. Was that cut short
 * (`known.chip.was_stopped`), there are no sets, whatever the result. A result of CUPTI.
 */
int flopmeter_cuda_chip_know(const flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device);

#endif /* FLOPMETER_CUDA_CHIP_H */

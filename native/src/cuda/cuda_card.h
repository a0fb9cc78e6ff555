/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_CUDA_CARD_H
#define FLOPMETER_CUDA_CARD_H

#include "cuda_kernels.h"

/** Fill in the name, the chip and the peak of a device, as far as the driver says. */
void flopmeter_cuda_card_know(flopmeter_cuda_card_t *card, const flopmeter_cuda_api_t *api, int ordinal);

#endif /* FLOPMETER_CUDA_CARD_H */

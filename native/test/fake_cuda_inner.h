/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the driver and the CUPTI made of scripts share. Nothing of it leaves the library.
 */

#ifndef FLOPMETER_TEST_FAKE_CUDA_INNER_H
#define FLOPMETER_TEST_FAKE_CUDA_INNER_H

#include <pthread.h>

#include "cuda_abi.h"
#include "fake_cuda.h"

#define EXPORT __attribute__((visibility("default")))
#define LOST (46)                         /* CUDA_ERROR_DEVICE_UNAVAILABLE */

extern fake_cuda_t fake;
extern pthread_mutex_t fake_lock;
extern __thread const fake_device_t *fake_current;

/** A call that a real CUPTI might crash on. */
void fake_misuse(const char *what);

/** Begin a call: with the lock held, unless it fails. `length` is that of the caller's block, `known` of ours. */
int fake_enter(fake_call_t call, size_t length, size_t known);

/** End it, with success. */
int fake_leave(void);

void fake_activity_reset(void);

/** How much of `ns` may go by until a sample is due; and take those that are due. With the lock held. */
uint64_t fake_pm_step(uint64_t ns);
void fake_pm_due(void);

/** Let the clock and the work go on, with the lock held. */
void fake_work(uint64_t ns);

/** Number of the metric NAME.sum, -1 = none. */
int fake_metric_of(const char *name);

/** Is it an image of PM sampling? Then its values. */
bool fake_pm_is_image(const uint8_t *image);
int fake_pm_evaluate(flopmeter_cupti_evaluate_t *params);
fake_device_t *fake_device_of(const void *context);
bool fake_is_lost(const fake_device_t *device);

#define ENTER(call, params, type, last) \
    do \
    { \
        const int entered = fake_enter((call), (params)->length, FLOPMETER_CUPTI_LENGTH(type, last)); \
        if (0 != entered) \
        { \
            return entered; \
        } \
    } \
    while (0)

#endif /* FLOPMETER_TEST_FAKE_CUDA_INNER_H */

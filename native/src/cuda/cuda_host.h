/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUPTI's host side: which metrics a chip has, how many passes a set needs, the image that configures the hardware for
 * it, and the values in what came back. Needs neither a GPU nor a driver.
 */

#ifndef FLOPMETER_CUDA_HOST_H
#define FLOPMETER_CUDA_HOST_H

#include <stdatomic.h>

#include "cuda_api.h"
#include "cuda_select.h"

/** A chip as the host side knows it. `availability` (of the context, NULL = all there is) must stay as long as this. */
typedef struct flopmeter_cuda_chip_stct
{
    const flopmeter_cuda_api_t *api;
    char name[32];
    int profiler;                        /* FLOPMETER_CUPTI_RANGE_PROFILER or _PM_SAMPLING */
    const uint8_t *availability;
    const atomic_bool *is_stopped;       /* ends a search, NULL = never */
    bool was_stopped;                    /* it has: what was found is not all there is */
    size_t trials;                       /* sets asked about so far */
}
flopmeter_cuda_chip_t;

/** One set made ready: a host object and its configuration image. Zero is closed. */
typedef struct flopmeter_cuda_config_stct
{
    void *host;
    uint8_t *image;
    size_t image_length;
    const char *names[FLOPMETER_CUDA_SET_NAMES_MAX];
    size_t count;
}
flopmeter_cuda_config_t;

/** Read the chip's metrics into `table`. A result of CUPTI. */
int flopmeter_cuda_chip_table(const flopmeter_cuda_chip_t *chip, flopmeter_cuda_table_t *table);

/** flopmeter_cuda_passes_t over a flopmeter_cuda_chip_t. */
size_t flopmeter_cuda_chip_passes(
    void *chip, const flopmeter_cuda_table_t *table, const flopmeter_cuda_set_t *set);

/** Make `set` ready; `table` must stay. A result of CUPTI; nothing is to be closed unless it is success. */
int flopmeter_cuda_config_open(
    flopmeter_cuda_config_t *config,
    const flopmeter_cuda_chip_t *chip,
    const flopmeter_cuda_table_t *table,
    const flopmeter_cuda_set_t *set);

/** As flopmeter_cuda_config_open() for metrics by name, FLOPMETER_CUDA_SET_NAMES_MAX at most; `names` must stay. */
int flopmeter_cuda_config_open_names(
    flopmeter_cuda_config_t *config, const flopmeter_cuda_chip_t *chip, const char *const *names, size_t count);

/** Passes that metrics need in that order, 0 when that can't be told. */
size_t flopmeter_cuda_chip_names_passes(flopmeter_cuda_chip_t *chip, const char *const *names, size_t count);

/** Hand the names of all metrics of the chip over; they last for the call only. A result of CUPTI. */
int flopmeter_cuda_chip_names(
    const flopmeter_cuda_chip_t *chip, void (*take)(void *context, const char *name), void *context);

/** Values of the set's metrics, in its order, of range (or sample) `range` in `image`. A result of CUPTI. */
int flopmeter_cuda_config_evaluate(
    const flopmeter_cuda_config_t *config,
    const flopmeter_cuda_chip_t *chip,
    const uint8_t *image,
    size_t image_length,
    size_t range,
    double *values);

void flopmeter_cuda_config_close(flopmeter_cuda_config_t *config, const flopmeter_cuda_chip_t *chip);

#endif /* FLOPMETER_CUDA_HOST_H */

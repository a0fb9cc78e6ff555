/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sources of NVIDIA GPUs in the order in which a device asks them. The first that opens is the device's only one.
 */

#ifndef FLOPMETER_PROVIDER_H
#define FLOPMETER_PROVIDER_H

#include "gpm_device.h"

#define FLOPMETER_PROVIDERS_MAX (3)

typedef struct flopmeter_provider_stct
{
    const flopmeter_counter_source_t *source;
    const flopmeter_gpm_device_t *(*device)(const flopmeter_counter_t *counter);
    uint64_t (*begun_at)(const flopmeter_counter_t *counter);
    void (*begin_at)(flopmeter_counter_t *counter, uint64_t begin_ns);
    bool (*collapse)(
        const flopmeter_counter_t *counter,
        flopmeter_gpu_pipe_t pipe,
        unsigned units,
        flopmeter_precision_t precision,
        flopmeter_counter_figure_t *figure);
    uint64_t settle_ns;        /* a last reading is whole at the latest so long after the end of what is read */
}
flopmeter_provider_t;

/** The provider that is asked at that turn, from 0 on. */
const flopmeter_provider_t *flopmeter_provider_at(size_t turn);

/**
 * Open `target` by the first provider that can. `probes` has the answers of all that were asked, `asked` their number.
 * Return the counter, or NULL when none can; `provider` is the one that did.
 */
flopmeter_counter_t *flopmeter_provider_open(
    const flopmeter_counter_target_t *target,
    const flopmeter_provider_t **provider,
    flopmeter_counter_probe_t probes[FLOPMETER_PROVIDERS_MAX],
    size_t *asked);

#endif /* FLOPMETER_PROVIDER_H */

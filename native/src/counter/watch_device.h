/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a counter of a host says of its devices, in a document beside its lanes: docs/design/0019-sidecar.md section 7.
 * The lanes have the totals; this says whose they are now, what counters of runs have of them, and what can't be read.
 */

#ifndef FLOPMETER_WATCH_DEVICE_H
#define FLOPMETER_WATCH_DEVICE_H

#include <stdio.h>

#include "gpm_device.h"
#include "provider.h"
#include "tenant.h"

#define FLOPMETER_WATCH_DEVICES_MAX (64)
/** Its name in the meter's folder. */
#define FLOPMETER_WATCH_DEVICES_FILE "devices.json"

/** Of one device, since its counter was opened. */
typedef struct flopmeter_watch_device_stct
{
    flopmeter_tenant_t tenant;         /* at the last look */
    flopmeter_shape_t counted;         /* in the lane as it is */
    flopmeter_shape_t shared;          /* in the lane as an upper end */
    flopmeter_shape_t elsewhere;       /* counters of runs have it */
}
flopmeter_watch_device_t;

/** Devices that can't be read, and why. */
typedef struct flopmeter_watch_refused_stct
{
    size_t count;
    struct
    {
        char name[FLOPMETER_GPM_NAME_LENGTH];
        flopmeter_counter_probe_t probe;
    }
    items[FLOPMETER_WATCH_DEVICES_MAX];
}
flopmeter_watch_refused_t;

/** Add it, or say anew why. */
void flopmeter_watch_refuse(
    flopmeter_watch_refused_t *refused, const char *name, const flopmeter_counter_probe_t *probe);

bool flopmeter_watch_is_refused(const flopmeter_watch_refused_t *refused, const char *name);

/** It can be read after all. */
void flopmeter_watch_admit(flopmeter_watch_refused_t *refused, const char *name);

/** Figure of that precision; zero where there is none. */
const flopmeter_counter_figure_t *flopmeter_watch_figure(
    const flopmeter_counter_reading_t *reading, flopmeter_precision_t precision);

/** Have all figures an upper end? */
bool flopmeter_watch_is_bounded(const flopmeter_counter_reading_t *reading);

/** What was done between two readings goes where `charge` says. */
void flopmeter_watch_device_take(
    flopmeter_watch_device_t *device,
    const flopmeter_charge_t *charge,
    const flopmeter_counter_reading_t *before,
    const flopmeter_counter_reading_t *now);

/** The document, in the making. */
typedef struct flopmeter_watch_document_stct
{
    const char *folder;
    FILE *out;
    size_t count;
}
flopmeter_watch_document_t;

/** Begin one. `covered_ns`: everything up to then is in the lanes. False when there can be none. */
bool flopmeter_watch_document_begin(
    flopmeter_watch_document_t *document, const char *folder, uint64_t begin_ns, uint64_t covered_ns, uint64_t now_ns);

void flopmeter_watch_document_add(
    flopmeter_watch_document_t *document,
    const char *name,
    const char *node,
    const char *provider,
    const flopmeter_gpm_device_t *known,
    const flopmeter_watch_device_t *device,
    const flopmeter_counter_reading_t *reading);

/** End it and put it in place, by rename; where that fails the old one stays. */
void flopmeter_watch_document_end(
    flopmeter_watch_document_t *document, const flopmeter_watch_refused_t *refused, bool is_bounded);

#endif /* FLOPMETER_WATCH_DEVICE_H */

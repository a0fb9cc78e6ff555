/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The connection to a DCGM engine, one for all devices, and the watch of one device over it. One thread at a time.
 */

#ifndef FLOPMETER_DCGM_LINK_H
#define FLOPMETER_DCGM_LINK_H

#include "dcgm.h"
#include "gpm_device.h"

/* Two of the driver's refreshes. In less there may be none, and then the engine reads zero whatever is done. */
#define FLOPMETER_DCGM_INTERVAL_US (200000)
#define FLOPMETER_DCGM_WATCH_FIELDS_MAX (8)

/** What is watched of one GPU or GPU instance. */
typedef struct flopmeter_dcgm_watch_stct
{
    unsigned generation;           /* of the connection; 0 = not open */
    flopmeter_dcgm_group_t group;
    flopmeter_dcgm_fields_t fields;
    int entity_group;
    unsigned entity;
    long long since_us;
    size_t ids_count;
    unsigned short ids[FLOPMETER_DCGM_WATCH_FIELDS_MAX];
}
flopmeter_dcgm_watch_t;

/**
 * Connect if that is still to be done, find `device` there and watch as many of its fields as the hardware can in one
 * pass. Return 0, or -1 with `probe`. To connect, it waits for an engine for 1 s at most, and not again within a second
 * of having waited in vain; the calls after that last as long as the engine takes.
 */
int flopmeter_dcgm_watch_open(
    flopmeter_dcgm_watch_t *watch,
    const flopmeter_dcgm_host_t *host,
    const flopmeter_gpm_device_t *device,
    flopmeter_counter_probe_t *probe);

/** End the watch; the last one ends the connection. Idempotent. */
void flopmeter_dcgm_watch_close(flopmeter_dcgm_watch_t *watch);

bool flopmeter_dcgm_watch_has(const flopmeter_dcgm_watch_t *watch, unsigned short field);

/**
 * Hand every value since the last call to `take`. On an error some may have been handed over, and come again. When the
 * connection is gone it is ended for all devices.
 */
flopmeter_dcgm_return_t flopmeter_dcgm_watch_read(
    flopmeter_dcgm_watch_t *watch, flopmeter_dcgm_take_t take, void *context);

/** Forget what was learnt of engines that did not answer. For tests. */
void flopmeter_dcgm_link_reset(void);

#endif /* FLOPMETER_DCGM_LINK_H */

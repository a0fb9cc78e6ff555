/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who of a whole host is on a device, for a counter that belongs to no run: docs/design/0019-sidecar.md section 7. A
 * run under `flopmeter run` has a counter of its own; what that one counts must not be counted here as well.
 */

#ifndef FLOPMETER_TENANT_H
#define FLOPMETER_TENANT_H

#include <stdbool.h>
#include <stddef.h>

#include "gpm_device.h"

#define FLOPMETER_TENANT_JOB_LENGTH (65)
#define FLOPMETER_TENANT_JOBS_MAX (32)
#define FLOPMETER_TENANT_PLACES_MAX (4)
/** Of what has no owner. */
#define FLOPMETER_TENANT_HOST ("host")

typedef enum flopmeter_tenant_kind_enum
{
    FLOPMETER_TENANT_NOBODY = 0,   /* no process, and no file that names one */
    FLOPMETER_TENANT_JOB = 1,      /* one job of a scheduler and nobody else, unmetered */
    FLOPMETER_TENANT_OTHERS = 2,   /* unmetered processes of no job in particular */
    FLOPMETER_TENANT_METERED = 3,  /* only processes of runs whose own counters watch */
    FLOPMETER_TENANT_MIXED = 4,    /* one that counts its own work, among others or without such a counter */
    FLOPMETER_TENANT_UNKNOWN = 5   /* it can't be told, and somebody who counts his own work may be there */
}
flopmeter_tenant_kind_t;

/** Jobs by name, each once. */
typedef struct flopmeter_tenant_jobs_stct
{
    size_t count;
    bool is_more;                              /* than fit */
    char names[FLOPMETER_TENANT_JOBS_MAX][FLOPMETER_TENANT_JOB_LENGTH];
}
flopmeter_tenant_jobs_t;

typedef struct flopmeter_tenant_stct
{
    flopmeter_tenant_kind_t kind;
    char job[FLOPMETER_TENANT_JOB_LENGTH];     /* of a JOB, a valid id; else "" */
    flopmeter_tenant_jobs_t jobs;              /* all whose work it may be, of whatever kind; none where runs have it */
}
flopmeter_tenant_t;

/** Where evidence is. What is NULL is none. */
typedef struct flopmeter_tenant_host_stct
{
    const char *proc_root;                     /* "/proc" */
    const char *mapping_dir;                   /* files as dcgm-exporter's --hpc-job-mapping-dir has them */
    const char *places[FLOPMETER_TENANT_PLACES_MAX];   /* in which supervisors make meter directories */
    size_t places_count;
}
flopmeter_tenant_host_t;

/** Everything taken together. */
void flopmeter_tenant_of(
    const flopmeter_tenant_host_t *host, const flopmeter_gpm_device_t *device, flopmeter_tenant_t *tenant);

/** What was seen in a time: one bit for each kind, and the jobs. */
typedef struct flopmeter_seen_stct
{
    unsigned kinds;
    flopmeter_tenant_jobs_t jobs;
}
flopmeter_seen_t;

void flopmeter_seen_add(flopmeter_seen_t *seen, const flopmeter_tenant_t *tenant);

/** As if all of `other` had been seen, too. */
void flopmeter_seen_merge(flopmeter_seen_t *seen, const flopmeter_seen_t *other);

/** To whom a time's work goes. */
typedef struct flopmeter_charge_stct
{
    bool is_elsewhere;     /* counters of runs have it, all of it: it is not counted here */
    bool is_whole;         /* false: somebody may count it as well, so it is in the upper end only */
    const char *run;       /* NULL = this process's */
    const char *node;      /* NULL = likewise */
}
flopmeter_charge_t;

/** In a counter of a run, where kinds are those of owner.h: the run's own, or what may be its own. */
flopmeter_charge_t flopmeter_seen_charge_of_run(const flopmeter_seen_t *seen, const char *node);

/** In a counter of a host. `node` is the device's. `seen` must outlive the charge. */
flopmeter_charge_t flopmeter_seen_charge(const flopmeter_seen_t *seen, const char *node);

#endif /* FLOPMETER_TENANT_H */

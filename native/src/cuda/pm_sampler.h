/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUPTI's PM sampling of one device: opened, decoded at intervals, closed. No context, no kernel, nothing of a program
 * is touched; the hardware is, and it has one owner. For a process of the meter's own.
 */

#ifndef FLOPMETER_PM_SAMPLER_H
#define FLOPMETER_PM_SAMPLER_H

#include "cuda_host.h"
#include "pm_metric.h"

/** The hardware puts a sample into its buffer so often. A trigger in clocks of the system comes near it. */
#define FLOPMETER_PM_INTERVAL_NS (UINT64_C(1000000))

/** Zero is closed. What is found once (`chip`, `set`) stays when it is closed and opened again. */
typedef struct flopmeter_pm_sampler_stct
{
    const flopmeter_cuda_api_t *api;
    size_t ordinal;
    flopmeter_cuda_chip_t chip;
    uint8_t *availability;
    flopmeter_pm_set_t set;
    flopmeter_cuda_config_t config;
    void *object;                   /* NULL = not enabled */
    uint8_t *image;
    size_t image_length;
    bool is_started;
    bool is_timed;                  /* the trigger is a time; else clocks, which don't tell one */
    uint64_t last_end;              /* of the sample before, in ticks */
    bool has_last;
}
flopmeter_pm_sampler_t;

/** What one decoding came to. */
typedef struct flopmeter_pm_batch_stct
{
    uint64_t samples;
    uint64_t covered_ticks;         /* of the samples: ticks of a clock whose rate nobody tells */
    uint64_t missing_ticks;         /* between them */
    bool is_overflow;               /* the buffer was full: what came after these samples is lost */
    bool is_drained;                /* there are no more samples for the time being */
    bool is_odd[FLOPMETER_PM_KINDS];            /* a value was no count: that kind is not known */
    uint64_t lower[FLOPMETER_PM_KINDS];         /* cycles, 0 of a kind that is not read */
    uint64_t upper[FLOPMETER_PM_KINDS];
}
flopmeter_pm_batch_t;

/** Enable and start sampling of device number `ordinal`. A result of CUPTI; nothing is open unless it is success. */
int flopmeter_pm_sampler_open(flopmeter_pm_sampler_t *sampler, const flopmeter_cuda_api_t *api, size_t ordinal);

/** Is that kind read? */
bool flopmeter_pm_sampler_has(const flopmeter_pm_sampler_t *sampler, flopmeter_pm_kind_t kind);

/**
 * Take what there is. A result of CUPTI; when it is none, `batch` has what was taken before the call that failed. After
 * an overflow sampling has to begin anew.
 */
int flopmeter_pm_sampler_read(flopmeter_pm_sampler_t *sampler, flopmeter_pm_batch_t *batch);

/** Throw away what is in the buffer, and begin anew. A result of CUPTI. */
int flopmeter_pm_sampler_restart(flopmeter_pm_sampler_t *sampler);

/** Stop and disable, whatever each call says. Idempotent. */
void flopmeter_pm_sampler_close(flopmeter_pm_sampler_t *sampler);

#endif /* FLOPMETER_PM_SAMPLER_H */

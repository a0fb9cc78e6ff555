/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every kernel of this machine under every source of this build, within a budget of time.
 */

#ifndef FLOPMETER_CALIBRATE_PLAN_H
#define FLOPMETER_CALIBRATE_PLAN_H

#include "document.h"
#include "gpu.h"

#define FLOPMETER_PLAN_WORKLOADS_MAX (80)

typedef struct flopmeter_plan_settings_stct
{
    bool is_quick;
    int device;                     /* ordinal of the CUDA device */
    unsigned int passes_count;      /* how often each kernel is measured under each source */
    uint64_t budget_ns;             /* of each source; one that samples has more, docs/calibrate.md */
}
flopmeter_plan_settings_t;

/** One chip, and what runs on it. */
typedef struct flopmeter_plan_chip_stct
{
    const char *kind;               /* "cpu" or "gpu" */
    const char *name;
    const char *device;             /* "cpu" or the UUID */
    flopmeter_counter_probe_t probe;
    flopmeter_workload_t workloads[FLOPMETER_PLAN_WORKLOADS_MAX];
    size_t workloads_count;
}
flopmeter_plan_chip_t;

/**
 * Run it and append the whole document. Return false when memory ran out. Sources that cannot count and kernels that
 * cannot run are part of the answer, not a failure.
 */
bool flopmeter_plan_run(const flopmeter_plan_settings_t *settings, flopmeter_text_t *document);

/** Vendor, family, model and name of this CPU as the kernel's file has them, "unknown" where it does not. */
void flopmeter_plan_cpu_name(const char *cpuinfo, char *name, size_t length);

#endif /* FLOPMETER_CALIBRATE_PLAN_H */

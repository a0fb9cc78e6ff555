/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flopmeter_control.h"

#include "flopmeter_perf.h"

#include <stdio.h>

int flopmeter_control_probe_perf(const char *const root, char *const answer, const uint64_t length)
{
    const flopmeter_perf_setup_t setup = { &flopmeter_perf_sys, root, NULL, 0 };
    const flopmeter_counter_target_t self = { .pid = 0, .cpu = -1 };
    flopmeter_counter_probe_t probe;

    flopmeter_perf_probe(&setup, &self, &probe);
    snprintf(answer, (size_t)length, "%s\n%s", probe.detail, probe.remedy);
    return (int)probe.state;
}

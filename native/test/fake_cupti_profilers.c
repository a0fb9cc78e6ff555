/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A CUPTI of which every profiler begins and ends as the script says.
 */

/* Functions of NVIDIA's. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC visibility push(default)

int fake_profilers_status;

#define FAKE(routine)                       \
    int routine(void *params)               \
    {                                       \
        (void)params;                       \
        return fake_profilers_status;       \
    }

FAKE(cuptiRangeProfilerEnable)
FAKE(cuptiRangeProfilerDisable)
FAKE(cuptiProfilerBeginSession)
FAKE(cuptiProfilerEndSession)
FAKE(cuptiProfilerDeInitialize)
FAKE(cuptiPCSamplingEnable)
FAKE(cuptiPCSamplingDisable)
FAKE(cuptiEventGroupEnable)
FAKE(cuptiEventGroupDisable)
FAKE(cuptiEventGroupSetEnable)
FAKE(cuptiEventGroupSetDisable)

#pragma GCC visibility pop

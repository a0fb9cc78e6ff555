/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A library that looks like NVML and does as it is told: what the GPU did and when, how often the driver renews its
 * figures, and which call goes wrong how.
 */

#ifndef FLOPMETER_TEST_FAKE_NVML_H
#define FLOPMETER_TEST_FAKE_NVML_H

#include <stdio.h>
#include <string.h>

#include "gpu_chip.h"
#include "nvml.h"

#define FAKE_SEGMENTS_MAX (512)
#define FAKE_FAULTS_MAX (16)
#define FAKE_PROCESSES_MAX (64)
#define FAKE_WHOLE (1000000000)
/* Nobody's id: the fault is about a call. */
#define FAKE_ANY_METRIC (0)

/** What the GPU does from begin to end. */
typedef struct fake_segment_stct
{
    uint64_t begin_ns;
    uint64_t end_ns;
    uint32_t activity[FLOPMETER_GPU_PIPES];   /* of FAKE_WHOLE */
    uint32_t sm_util;
    uint64_t clock_hz;                        /* true */
    unsigned nominal_mhz;                     /* as NVML says */
}
fake_segment_t;

/** From its `first` call on (0 = the next), `count` calls of `function` go wrong. */
typedef struct fake_fault_stct
{
    const char *function;
    unsigned first;
    unsigned count;
    int result;               /* 0 = goes well */
    uint64_t delay_ns;        /* the virtual clock jumps while the call is made */
    unsigned metric;          /* this id gets `value` and `metric_result`, all else is well */
    double value;
    int metric_result;
    int action;               /* 1 = end the process, 2 = never return, 3 = take 400 ms of real time */
}
fake_fault_t;

typedef struct fake_nvml_stct
{
    uint64_t now_ns;          /* virtual clock; 0 = the real one */
    uint64_t refresh_ns;
    uint64_t refresh_phase_ns;
    unsigned sm_count;
    unsigned clock_mhz_max;
    unsigned clock_mhz_min;
    int major;
    int minor;
    char name[96];
    unsigned is_supported;
    char unsupported_while[64];   /* it is, whatever was said, once this file is gone; "" = none */
    int cumulative;           /* 0 = the ids give INVALID_ARGUMENT, 1 = cycles of one SM, 2 = summed over the SM */
    uint64_t reset_ns;        /* the counters begin at 0 again then */
    uint64_t wrap_mask;       /* what fits the counters, 0 = everything */
    uint64_t counted_before;  /* cycles of one SM that each of them had at time 0; a reset takes them */
    unsigned is_mig;          /* two GPU instances: 3 with 60 SM and 5 with 16 SM; all work is on 3 */
    uint64_t mig_at_ns;       /* so it is from then on; 0 = never */
    unsigned instance_sm;     /* of GPU instance 3 */
    unsigned compute_sm;      /* that its compute instances have of them */
    unsigned generation;      /* instance 3 was made anew so often: it has another UUID */
    uint64_t grow_at_ns;      /* made anew with 60 SM then; 0 = never */
    size_t process_length;    /* of an entry in the list of processes, 0 = that of most drivers */
    size_t segments_count;
    fake_segment_t segments[FAKE_SEGMENTS_MAX];
    size_t faults_count;
    fake_fault_t faults[FAKE_FAULTS_MAX];
    size_t processes_count;
    unsigned processes[FAKE_PROCESSES_MAX];
    size_t drawing_count;     /* processes in the other list, of graphics */
    unsigned drawing[FAKE_PROCESSES_MAX];
    unsigned samples_open;    /* allocated and not freed */
    unsigned is_initialised;
    unsigned calls_after_shutdown;
}
fake_nvml_t;

/** Its name in the library. */
#define FAKE_NVML_STATE "fake_nvml_state"

/** An H200 that is idle, refreshed every 100 ms. */
static inline void fake_nvml_reset(fake_nvml_t *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->refresh_ns = 100000000;
    fake->sm_count = 132;
    fake->clock_mhz_max = 1980;
    fake->clock_mhz_min = 345;
    fake->major = 9;
    snprintf(fake->name, sizeof(fake->name), "NVIDIA H200");
    fake->is_supported = 1;
    fake->instance_sm = 60;
    fake->compute_sm = 60;
}

#endif /* FLOPMETER_TEST_FAKE_NVML_H */

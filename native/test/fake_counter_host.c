/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-counter with the libraries that FLOPMETER_TEST_NVML and FLOPMETER_TEST_DCGM name in place of the vendor's,
 * and with a clock in place of a PMU.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#include "dcgm.h"
#include "flopmeter_perf.h"
#include "nvml.h"
#include "watch.h"

const flopmeter_nvml_host_t *flopmeter_counter_test_host(void);
const flopmeter_dcgm_host_t *flopmeter_counter_test_dcgm_host(void);
uint64_t flopmeter_counter_test_unseen_ns(void);
const flopmeter_perf_setup_t *flopmeter_counter_test_perf(void);

static void *open_library(void)
{
    const char *const path = getenv("FLOPMETER_TEST_NVML");
    return NULL != path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

static void *open_dcgm(void)
{
    const char *const path = getenv("FLOPMETER_TEST_DCGM");
    return NULL != path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

static void *symbol_of(void *library, const char *name)
{
    return dlsym(library, name);
}

static void close_library(void *library)
{
    /* Kept, so that the fake goes on counting its calls. */
    (void)library;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

const flopmeter_nvml_host_t *flopmeter_counter_test_host(void)
{
    static const flopmeter_nvml_host_t host = { open_library, symbol_of, close_library, now_ns };
    return &host;
}

const flopmeter_dcgm_host_t *flopmeter_counter_test_dcgm_host(void)
{
    static flopmeter_dcgm_host_t host = { open_dcgm, symbol_of, close_library, NULL, NULL, NULL };

    host.now_ns = flopmeter_dcgm_system.now_ns;
    host.wall_us = flopmeter_dcgm_system.wall_us;
    return &host;
}

uint64_t flopmeter_counter_test_unseen_ns(void)
{
    return NULL != getenv("FLOPMETER_TEST_UNSEEN") ? FLOPMETER_WATCH_UNSEEN_NS : UINT64_C(3600000000000);
}

/* Nanoseconds of each CPU stand for FLOP: what a machine without a PMU can count. */
const flopmeter_perf_setup_t *flopmeter_counter_test_perf(void)
{
    static const flopmeter_cpu_event_t events[] = { { "test", 0, 0, 0, 1, "cpu-clock", PERF_TYPE_SOFTWARE,
        PERF_COUNT_SW_CPU_CLOCK, 1, 1, 1, FLOPMETER_FP64, 1, false } };
    static const flopmeter_perf_setup_t setup = { &flopmeter_perf_sys, "", events, 1 };

    return &setup;
}

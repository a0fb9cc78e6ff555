/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is told of CUPTI before a run, over a root, an environment and libraries of the test's own.
 */

#include "check.h"
#include "counter_root.h"
#include "cupti_probe.h"

#include <string.h>

#define VERSION "proc/driver/nvidia/version"
#define PARAMS "proc/driver/nvidia/params"
#define STATUS "proc/self/status"
#define ADMIN "Name:\tx\nCapEff:\t0000000000200000\n"
#define USER "Name:\tx\nCapEff:\t0000000000000000\n"

static const char *set_name;
static const char *set_value;
static const char *library;         /* the one that can be loaded */
static bool has_range;
static int opens;

static const char *variable(const char *name)
{
    return NULL != set_name && 0 == strcmp(set_name, name) ? set_value : NULL;
}

static void *open_library(const char *path)
{
    opens++;
    return NULL != library && 0 == strcmp(library, path) ? &opens : NULL;
}

static int get_version(uint32_t *version)
{
    *version = 130001;
    return 0;
}

static void *symbol_of(void *from, const char *name)
{
    int (*const function)(uint32_t *) = get_version;
    void *address = NULL;

    CHECK(&opens == from, "a library that was never loaded");
    memcpy(&address, &function, sizeof(address));
    return 0 == strcmp("cuptiGetVersion", name) ? address :
        0 == strcmp("cuptiRangeProfilerEnable", name) && has_range ? &opens : NULL;
}

static flopmeter_cupti_look_t look;

static void begin(const char *params, const char *status)
{
    look = (flopmeter_cupti_look_t){ counter_root_make(), variable, open_library, symbol_of };
    set_name = NULL;
    library = "libcupti.so.13";
    has_range = true;
    opens = 0;
    counter_root_write(VERSION, "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.159.04\n");
    if (NULL != params)
    {
        counter_root_write(PARAMS, params);
    }
    counter_root_write(STATUS, status);
}

static void expect(flopmeter_counter_state_t range_state, flopmeter_counter_state_t activity_state, const char *part)
{
    flopmeter_counter_probe_t range;
    flopmeter_counter_probe_t activity;

    flopmeter_cupti_probe(&look, &range, &activity);
    CHECK(range_state == range.state && activity_state == activity.state, "%s: states %d and %d: %s", part,
        (int)range.state, (int)activity.state, range.detail);
    CHECK(NULL != strstr(range.detail, part), "\"%s\" says nothing of \"%s\"", range.detail, part);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == range.state || '\0' != range.remedy[0], "no remedy for %s", range.detail);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == activity.state || '\0' != activity.remedy[0], "no remedy: %s",
        activity.detail);
}

static void should_tell_who_may_read_counters(void)
{
    static const char restricted[] = "ResmanDebugLevel: 4294967295\nRmProfilingAdminOnly: 1\nDmaRemap: 0\n";
    static const char open_to_all[] = "ResmanDebugLevel: 4294967295\nRmProfilingAdminOnly: 0\n";

    begin(restricted, USER);
    expect(FLOPMETER_COUNTER_NO_PERMISSION, FLOPMETER_COUNTER_AVAILABLE, "administrators only");
    begin(restricted, ADMIN);
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "by CAP_SYS_ADMIN");
    begin(open_to_all, USER);
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "API 130001; counters: for everybody");
    begin(NULL, USER);
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "not told");
    begin("RmProfilingAdminOnly: x\n", USER);
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "not told");
    begin(restricted, "Name:\tx\n");
    expect(FLOPMETER_COUNTER_NO_PERMISSION, FLOPMETER_COUNTER_AVAILABLE, "administrators only");
    begin(open_to_all, USER);
    counter_root_write("proc/driver/nvidia/capabilities/gpu1/mig/gi3/access", "DeviceFileMinor: 30\n");
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "MIG");
}

static void should_find_the_library_that_a_run_would(void)
{
    begin(NULL, USER);
    library = "/usr/local/cuda/extras/CUPTI/lib64/libcupti.so.12";
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "API 130001");
    has_range = false;
    expect(FLOPMETER_COUNTER_WRONG_DRIVER, FLOPMETER_COUNTER_AVAILABLE, "API 130001 has no range profiler");
    library = NULL;
    expect(FLOPMETER_COUNTER_ABSENT, FLOPMETER_COUNTER_ABSENT, "neither libcupti.so.13 nor");
    begin(NULL, USER);
    set_name = "FLOPMETER_CUPTI";
    set_value = "/opt/libcupti.so";
    expect(FLOPMETER_COUNTER_ABSENT, FLOPMETER_COUNTER_ABSENT, "FLOPMETER_CUPTI names a file");
    CHECK(1 == opens, "another library was tried in place of the one that was named");
    library = set_value;
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "API 130001");
    /* A program looks for its own where the path depends on the folder that it is in. */
    begin(NULL, USER);
    set_name = "FLOPMETER_CUPTI";
    set_value = "libcupti.so";
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "API 130001");
}

static void should_give_way_to_another_profiler(void)
{
    static const char *const taken[][2] = {
        { "NV_COMPUTE_PROFILER", "1" }, { "NSYS_PROFILING_SESSION_ID", "7" }, { "QUADD_INJECTION_PROXY", "x" },
        { "CUDA_INJECTION64_PATH", "/opt/nvidia/libToolsInjection64.so" }, { "CUDA_INJECTION64_PATH", "bare.so" },
    };

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
    {
        begin(NULL, ADMIN);
        set_name = taken[i][0];
        set_value = taken[i][1];
        expect(FLOPMETER_COUNTER_TAKEN, FLOPMETER_COUNTER_TAKEN, taken[i][0]);
        CHECK(0 == opens, "a library was loaded beside another profiler");
    }
    set_value = "/x/lib/libflopmeter_cuda.so";
    expect(FLOPMETER_COUNTER_AVAILABLE, FLOPMETER_COUNTER_AVAILABLE, "API");
    begin(NULL, ADMIN);
    look.root = "/nonexistent";
    expect(FLOPMETER_COUNTER_ABSENT, FLOPMETER_COUNTER_ABSENT, "no NVIDIA driver");
    CHECK(0 == opens, "a library was loaded without a driver");
}

int main(void)
{
    check_cleanup = counter_root_remove;
    should_tell_who_may_read_counters();
    should_find_the_library_that_a_run_would();
    should_give_way_to_another_profiler();
    counter_root_remove();
    return 0;
}

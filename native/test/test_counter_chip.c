/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which chip this is, how fast it may be, and what a person is told where its counters can't be had.
 */

#include "check.h"
#include "counter_root.h"
#include "fake_pmu.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static fake_pmu_t pmu;
static flopmeter_perf_setup_t setup;

static const flopmeter_counter_target_t tree = { .pid = 4711, .cpu = -1, .from_exec = true };
static const flopmeter_counter_target_t thread = { .pid = 0, .cpu = -1 };
static const flopmeter_counter_target_t everywhere = { .pid = -1, .cpu = -1 };

static void begin(const char *const vendor, const uint32_t family, const uint32_t model)
{
    fake_pmu_init(&pmu);
    setup = (flopmeter_perf_setup_t){ &pmu.sys, counter_root_make(), NULL, 0 };
    counter_root_write_cpuinfo(vendor, family, model, 2);
}

/*
 * A maximum that is the one without turbo, while that is off, is none: somebody may turn it on while we count.
 */
static void should_not_take_a_clock_without_turbo_for_the_highest(void)
{
    static const struct
    {
        const char *driver;
        const char *file;
        const char *text;
        uint64_t hz;
    } cases[] = {
        { "intel_pstate", NULL, NULL, 2000000000ULL },
        { "intel_pstate", "intel_pstate/no_turbo", "0\n", 2000000000ULL },
        { "intel_pstate", "intel_pstate/no_turbo", "1\n", FLOPMETER_CPU_HZ_DEFAULT },
        { "intel_cpufreq", "intel_pstate/no_turbo", "1\n", FLOPMETER_CPU_HZ_DEFAULT },
        { "amd-pstate-epp", "cpufreq/boost", "1\n", 2000000000ULL },
        { "amd-pstate-epp", "cpufreq/boost", "0\n", FLOPMETER_CPU_HZ_DEFAULT },
        { "amd-pstate", "cpu1/cpufreq/boost", "0\n", FLOPMETER_CPU_HZ_DEFAULT },
        { "amd-pstate", "cpu1/cpufreq/boost", "1\n", 2000000000ULL },
        { "cppc_cpufreq", "cpufreq/boost", "\n", FLOPMETER_CPU_HZ_DEFAULT },
        { "acpi-cpufreq", "cpufreq/boost", "1\n", FLOPMETER_CPU_HZ_DEFAULT },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        char name[128];
        begin("intel", 6, 85);
        counter_root_write("sys/devices/system/cpu/online", "0-1\n");
        for (int cpu = 0; cpu < 2; cpu++)
        {
            snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", cpu);
            counter_root_write(name, "2000000\n");
            snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/scaling_driver", cpu);
            counter_root_write(name, cases[i].driver);
        }
        if (NULL != cases[i].file)
        {
            snprintf(name, sizeof(name), "sys/devices/system/cpu/%s", cases[i].file);
            counter_root_write(name, cases[i].text);
        }
        CHECK(cases[i].hz == flopmeter_cpu_hz_max(setup.root), "case %zu: %" PRIu64, i,
            flopmeter_cpu_hz_max(setup.root));
    }
}

static void should_tell_errors_apart(void)
{
    static const struct
    {
        int error;
        const char *paranoid;
        const flopmeter_counter_target_t *target;
        flopmeter_counter_state_t state;
        const char *detail;
        const char *remedy;
    } cases[] = {
        { ENOENT, "2", &tree, FLOPMETER_COUNTER_ABSENT, "ENOENT", "virtual machine with a PMU" },
        { ENOENT, "-1", &everywhere, FLOPMETER_COUNTER_ABSENT, "ENOENT", "virtual machine with a PMU" },
        { EACCES, "4", &tree, FLOPMETER_COUNTER_NO_PERMISSION, "EACCES), perf_event_paranoid is 4", "paranoid=2" },
        { EACCES, "3", &thread, FLOPMETER_COUNTER_NO_PERMISSION, "EACCES", "paranoid=2" },
        { EACCES, "2", &everywhere, FLOPMETER_COUNTER_NO_PERMISSION, "EACCES", "paranoid=0" },
        { EACCES, "1", &everywhere, FLOPMETER_COUNTER_NO_PERMISSION, "EACCES", "paranoid=0" },
        { EPERM, "2", &tree, FLOPMETER_COUNTER_NO_PERMISSION, "EPERM", "seccomp" },
        { EPERM, "0", &everywhere, FLOPMETER_COUNTER_NO_PERMISSION, "EPERM", "seccomp" },
        { EBUSY, "2", &tree, FLOPMETER_COUNTER_TAKEN, "EBUSY", "end the other profiler" },
        { EINVAL, "2", &tree, FLOPMETER_COUNTER_WRONG_DRIVER, "EINVAL", "newer kernel" },
        { EMFILE, "2", &tree, FLOPMETER_COUNTER_FAILED, "EMFILE", "ulimit -n" },
        { ENFILE, "2", &tree, FLOPMETER_COUNTER_FAILED, "ENFILE", "file-max" },
        { ENOSYS, "2", &tree, FLOPMETER_COUNTER_ABSENT, "ENOSYS", "CONFIG_PERF_EVENTS" },
        { ENODEV, "2", &tree, FLOPMETER_COUNTER_ABSENT, "ENODEV", "" },
        { ESRCH, "2", &tree, FLOPMETER_COUNTER_FAILED, "ESRCH", "" },
        { EIO, "2", &tree, FLOPMETER_COUNTER_FAILED, "errno 5", "" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        for (int at = 0; at < 3; at++)
        {
            flopmeter_counter_probe_t probe;
            begin("intel", 6, 143);
            counter_root_write("proc/sys/kernel/perf_event_paranoid", cases[i].paranoid);
            counter_root_write("sys/devices/system/cpu/online", "0-1\n");
            counter_root_write("sys/bus/event_source/devices/cpu/type", "4\n");
            /* An event of a group that is refused is tried alone. */
            pmu.open_fails_at = EINVAL == cases[i].error ? 0 : at;
            pmu.open_error = cases[i].error;
            flopmeter_perf_probe(&setup, cases[i].target, &probe);
            CHECK(cases[i].state == probe.state, "case %zu: state %d", i, (int)probe.state);
            CHECK(NULL != strstr(probe.detail, cases[i].detail), "case %zu: %s", i, probe.detail);
            CHECK(NULL != strstr(probe.remedy, cases[i].remedy), "case %zu: %s", i, probe.remedy);
            CHECK('\0' != *cases[i].remedy || '\0' == *probe.remedy, "case %zu: %s", i, probe.remedy);
            CHECK(0 == fake_pmu_open_count(&pmu), "case %zu: descriptors are left", i);
        }
    }
}

/*
 * seccomp (EPERM) and Debian's paranoid kernels (EACCES) refuse before anybody has looked for a PMU: only the kernel's
 * list tells whether there is one.
 */
static void should_not_claim_a_pmu_that_the_kernel_does_not_list(void)
{
    static const struct
    {
        const char *listed;
        flopmeter_counter_state_t state;
        const char *detail;
        const char *remedy;
    } cases[] = {
        { "software", FLOPMETER_COUNTER_ABSENT, "the kernel lists no PMU of this CPU", "virtual machine with a PMU" },
        { "uncore_imc_0", FLOPMETER_COUNTER_ABSENT, "the kernel lists no PMU", "virtual machine with a PMU" },
        { "cpuless", FLOPMETER_COUNTER_ABSENT, "the kernel lists no PMU", "virtual machine with a PMU" },
        { "arm_spe_0", FLOPMETER_COUNTER_ABSENT, "the kernel lists no PMU", "virtual machine with a PMU" },
        { NULL, FLOPMETER_COUNTER_NO_PERMISSION, "whether there is a PMU can't be told", "" },
        { "cpu", FLOPMETER_COUNTER_NO_PERMISSION, "a PMU is here", "" },
        { "cpu_core", FLOPMETER_COUNTER_NO_PERMISSION, "a PMU is here", "" },
        { "armv8_pmuv3_0", FLOPMETER_COUNTER_NO_PERMISSION, "a PMU is here", "" },
        { "armv9_neoverse_n2", FLOPMETER_COUNTER_NO_PERMISSION, "a PMU is here", "" },
    };
    static const int errors[] = { EPERM, EACCES };

    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++)
    {
        flopmeter_counter_probe_t probe;
        char name[128];
        begin("intel", 6, 143);
        counter_root_write("proc/sys/kernel/perf_event_paranoid", "4\n");
        if (NULL != cases[i / 2].listed)
        {
            snprintf(name, sizeof(name), "sys/bus/event_source/devices/%s/type", cases[i / 2].listed);
            counter_root_write(name, "1\n");
        }
        pmu.open_fails_at = 0;
        pmu.open_error = errors[i % 2];
        flopmeter_perf_probe(&setup, &tree, &probe);
        CHECK(cases[i / 2].state == probe.state, "%zu: state %d, %s", i, (int)probe.state, probe.detail);
        CHECK(NULL != strstr(probe.detail, cases[i / 2].detail), "%zu: %s", i, probe.detail);
        CHECK(NULL != strstr(probe.detail, 0 == i % 2 ? "EPERM" : "EACCES"), "%zu: %s", i, probe.detail);
        CHECK(NULL != strstr(probe.remedy, '\0' != *cases[i / 2].remedy ? cases[i / 2].remedy : "paranoid=2"),
            "%zu: %s", i, probe.remedy);
    }
}

static void should_say_which_cpu_has_no_counter(void)
{
    flopmeter_counter_probe_t probe;

    begin("arm", 0x41, 0xd0c);
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "arm 65/3340 has no counter of FLOP"),
        "%s", probe.detail);
    CHECK(0 == pmu.open_calls, "a chip without rows opens nothing");
    counter_root_write("proc/cpuinfo", "");
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "does not tell"), "%s", probe.detail);
    /* MIDR of a Neoverse V2. */
    counter_root_write("sys/devices/system/cpu/cpu0/regs/identification/midr_el1", "0x00000000410fd4f0\n");
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == probe.state && NULL != strstr(probe.detail, "arm 65/3407, 2 events"), "%s",
        probe.detail);
    begin("intel", 6, 143);
    counter_root_write("sys/bus/event_source/devices/cpu_atom/type", "10\n");
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "several kinds"), "%s", probe.detail);
}

/*
 * A chip that is not there is not guessed: models that a generation's list of Linux (bsp_init_amd) does not have. What
 * another generation counts under the same code is another thing.
 */
static void should_not_guess_a_chip_by_its_family(void)
{
    static const struct
    {
        uint32_t family;
        uint32_t model;
        bool is_known;
    }
    chips[] = {
        { 26, 0x00, true }, { 26, 0x2f, true }, { 26, 0x30, false }, { 26, 0x3f, false }, { 26, 0x40, true },
        { 26, 0x4f, true }, { 26, 0x50, false }, { 26, 0x5f, false }, { 26, 0x60, true }, { 26, 0x7f, true },
        { 26, 0x80, false }, { 26, 0xa8, false }, { 26, 0xaf, false }, { 26, 0xb0, false }, { 26, 0xc0, false },
        { 26, 0xef, false }, { 26, 0xff, false }, { 25, 0x5f, true }, { 25, 0xaf, true }, { 25, 0xb0, false },
        { 23, 0x01, false }, { 23, 0x31, true }, { 23, 0x50, false }, { 23, 0x71, true }, { 23, 0x90, true },
        { 23, 0x92, false }, { 23, 0xa0, true }, { 23, 0xb0, false }, { 27, 0x00, false },
    };
    flopmeter_counter_probe_t probe;

    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
    {
        begin("amd", chips[i].family, chips[i].model);
        flopmeter_perf_probe(&setup, &tree, &probe);
        CHECK((FLOPMETER_COUNTER_ABSENT != probe.state) == chips[i].is_known, "amd %u/0x%x: state %d, %s",
            chips[i].family, chips[i].model, (int)probe.state, probe.detail);
        CHECK(chips[i].is_known || 0 == pmu.open_calls, "amd %u/0x%x opens something", chips[i].family, chips[i].model);
    }
}

/* The instruction and the kernel's text must name the same chip. */
static void should_identify_this_machine_either_way(void)
{
    flopmeter_cpu_chip_t here;
    flopmeter_cpu_chip_t told;
    char text[64 * 1024];
    FILE *const file = fopen("/proc/cpuinfo", "re");

    CHECK(NULL != file, "/proc/cpuinfo");
    const size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    begin("intel", 6, 143);
    counter_root_write("proc/cpuinfo", text);
    CHECK(flopmeter_cpu_identify("", &here) && flopmeter_cpu_identify(setup.root, &told), "no chip");
    CHECK(0 == strcmp(here.vendor, told.vendor) && here.family == told.family && here.model == told.model &&
        0 == strcmp(here.text, told.text), "%s and %s", here.text, told.text);
}

int main(void)
{
    should_not_take_a_clock_without_turbo_for_the_highest();
    should_tell_errors_apart();
    should_not_claim_a_pmu_that_the_kernel_does_not_list();
    should_say_which_cpu_has_no_counter();
    should_not_guess_a_chip_by_its_family();
    should_identify_this_machine_either_way();
    counter_root_remove();
    return 0;
}

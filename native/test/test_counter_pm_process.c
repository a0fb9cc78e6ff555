/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The process flopmeter-counter reading a card through PM sampling: what it puts into lanes, when it is opened at all,
 * and how it ends where CUPTI ends or holds it. test_counter_pm_process COUNTER FAKE_NVML FAKE_CUDA.
 */

#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "meter_dir.h"

#define GAP_COUNTER (9)
#define GAP_SHARED (10)
#define DEVICE_NODE "device:GPU-11111111"
/* FLOP of the fake GPU in one ns: 100 cycles of the parts of its SM, at 4096 per SM. The point takes 0.903 of it. */
#define FLOP_PER_NS (UINT64_C(4096) * 100 / 4)

static const char *counter;
static meter_t *meter;
static unsigned long long begin_ns;
static pid_t running;

static void clean(void)
{
    if (running > 0)
    {
        kill(running, SIGKILL);
    }
    if (NULL != meter)
    {
        meter_destroy(meter);
    }
}

static void begin(const char *nvml, const char *pm, const char *executed, pid_t computing)
{
    char pid[32];

    meter = meter_create();
    begin_ns = test_now_ns();
    snprintf(pid, sizeof(pid), "%d", (int)computing);
    setenv("FAKE_NVML", nvml, 1);
    setenv("FAKE_NVML_PID", pid, 1);
    setenv("FAKE_PM", pm, 1);
    setenv("FLOPMETER_EXECUTED", executed, 1);
}

static void end(void)
{
    meter_drain(meter, true);
    meter_destroy(meter);
    meter = NULL;
}

static pid_t start(const char *command)
{
    char since[32];
    const pid_t pid = fork();

    CHECK(pid >= 0, "fork");
    if (0 == pid)
    {
        snprintf(since, sizeof(since), "%llu", begin_ns);
        execl(counter, counter, command, 0 == strcmp(command, "watch") ? "--interval-ms" : NULL, "20", "--begin-ns",
            since, NULL);
        _exit(127);
    }
    running = pid;
    return pid;
}

static int await_end(pid_t pid)
{
    int status = -1;

    CHECK(pid == waitpid(pid, &status, 0), "waitpid");
    running = 0;
    return status;
}

static u128_t total(const char *node, int part)
{
    meter_drain(meter, true);
    return meter_total(meter, node, part).flop;
}

/* With GPM at hand, and without it: the card is read by one of them, so nothing is there twice. */
static void should_record_what_is_ours(const char *nvml)
{
    begin(nvml, "busy", "pm", getpid());
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total("", 1) > 0, "%s: no estimate in the lane", nvml);
    const u128_t before = total("", 1);
    CHECK_EVENTUALLY(total("", 1) > 2 * before, "%s: it does not go on", nvml);
    const unsigned long long term_ns = test_now_ns();
    kill(pid, SIGTERM);
    const int status = await_end(pid);
    const unsigned long long end_ns = test_now_ns();
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "%s: status %#x", nvml, (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, false);
    const u128_t point = total("", 0) + total("", 1);
    CHECK(0 == total("", 0), "%s: HMMA activity alone has no lower end", nvml);
    CHECK(point <= (u128_t)FLOP_PER_NS * (end_ns - begin_ns), "%s: more than was done", nvml);
    CHECK(point + total("", 2) >= (u128_t)FLOP_PER_NS * (term_ns - begin_ns), "%s: the beginning or the end is missing",
        nvml);
    CHECK(0 == meter_gaps(meter, GAP_COUNTER) && 0 == meter_gaps(meter, GAP_SHARED), "%s: a gap", nvml);
    CHECK(0 == total(DEVICE_NODE, -1), "%s: on the device's node", nvml);
    end();
}

static void should_leave_the_hardware_alone(const char *executed)
{
    begin("absent", "busy", executed, getpid());
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(meter_gaps(meter, GAP_COUNTER) > 0, "%s: no gap", executed);
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "%s: failed", executed);
    CHECK(0 == meter->lane_count, "%s: a lane although nobody asked", executed);
    end();
}

/* The library in the program opens no ranges: from then on, and the time before is in the upper end. */
static void should_sample_where_no_range_can_be_opened(bool is_wanted)
{
    char path[512];

    begin("absent", "busy", "windows,bf16", getpid());
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(test_now_ns() > begin_ns + 300000000ULL, "time");
    CHECK((meter_drain(meter, true), 0 == meter->lane_count), "sampled before it is wanted");
    snprintf(path, sizeof(path), "%s/pm.wanted", meter->path);
    FILE *const file = is_wanted ? fopen(path, "w") : NULL;
    CHECK(is_wanted == (NULL != file && 0 == fclose(file)), "%s", path);
    if (is_wanted)
    {
        CHECK_EVENTUALLY(total("", 1) > 0, "not sampled");
    }
    const unsigned long long term_ns = test_now_ns();
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    meter_drain(meter, true);
    CHECK(is_wanted == (0 == meter_gaps(meter, GAP_COUNTER)), "%u gaps", meter_gaps(meter, GAP_COUNTER));
    CHECK(!is_wanted || total("", -1) >= (u128_t)FLOP_PER_NS * (term_ns - begin_ns), "what was before is missing");
    CHECK(is_wanted || 0 == meter->lane_count, "sampled although it is not wanted");
    end();
}

static void should_say_when_others_are_there(void)
{
    begin("absent", "busy", "pm", 1);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total(DEVICE_NODE, 2) > 0 && meter_gaps(meter, GAP_SHARED) > 0, "nothing on the device's node");
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    CHECK(0 == total("", -1) && 0 == total(DEVICE_NODE, 0) && 0 == total(DEVICE_NODE, 1), "claimed for the run");
    end();
}

static void should_go_on_where_a_call_ended_it(void)
{
    begin("absent", "exit", "pm", getpid());
    const int status = await_end(start("watch"));
    CHECK(WIFEXITED(status) && 9 == WEXITSTATUS(status), "status %#x", (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, true);
    const u128_t before = total("", -1);
    setenv("FAKE_PM", "busy", 1);
    const pid_t next = start("watch");
    CHECK_EVENTUALLY(total("", -1) > before && meter_gaps(meter, GAP_COUNTER) > 0, "the successor says nothing");
    const unsigned long long term_ns = test_now_ns();
    kill(next, SIGTERM);
    CHECK(0 == await_end(next), "the successor failed");
    meter_drain(meter, true);
    meter_check(meter, true);
    CHECK(total("", -1) >= (u128_t)FLOP_PER_NS * (term_ns - begin_ns), "what was between is missing");
    end();
}

static void should_hang_alone(void)
{
    begin("absent", "hang", "pm", getpid());
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY((meter_drain(meter, true), meter->lane_count > 0), "no lane");
    kill(pid, SIGTERM);
    kill(pid, SIGKILL);
    CHECK(WIFSIGNALED(await_end(pid)), "killed");
    CHECK(0 == await_end(start("gap")), "gap");
    CHECK(1 == meter_gaps(meter, GAP_COUNTER), "%u gaps", meter_gaps(meter, GAP_COUNTER));
    meter_check(meter, true);
    end();
}

int main(int argc, char **argv)
{
    CHECK(4 == argc, "usage");
    counter = argv[1];
    setenv("FLOPMETER_TEST_NVML", argv[2], 1);
    setenv("FLOPMETER_CUPTI", argv[3], 1);
    setenv("LD_LIBRARY_PATH", dirname(argv[3]), 1);
    setenv("FLOPMETER_DCGM", "off", 1);
    unsetenv("SLURM_JOB_ID");
    unsetenv("FLOPMETER_CGROUP");
    check_cleanup = clean;
    should_record_what_is_ours("absent");
    should_record_what_is_ours("busy");
    should_leave_the_hardware_alone("off");
    should_leave_the_hardware_alone("pm,bf16");
    should_sample_where_no_range_can_be_opened(true);
    should_sample_where_no_range_can_be_opened(false);
    should_say_when_others_are_there();
    should_go_on_where_a_call_ended_it();
    should_hang_alone();
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The process flopmeter-counter: what it puts into lanes, and how it ends.
 * test_counter_watch COUNTER FAKE_NVML FAKE_DCGM.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "meter_dir.h"

#define GAP_COUNTER (9)
#define GAP_SHARED (10)
#define DEVICE_NODE "device:GPU-11111111"
#define DEVICE_NODE_3 "device:MIG-31111111"
/* FLOP of the fake GPU in one ns at the rate of the point (4096): half of 132 SM at 1.7 GHz, taken at 0.903 of it. */
#define FLOP_PER_NS (UINT64_C(4096) * 132 * 17 / 20)

static const char *counter;
static char interval[] = "20";
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

static void begin(const char *script, pid_t computing)
{
    char pid[32];

    meter = meter_create();
    begin_ns = test_now_ns();
    snprintf(pid, sizeof(pid), "%d", (int)computing);
    setenv("FAKE_NVML", script, 1);
    setenv("FAKE_NVML_PID", pid, 1);
    if (0 == computing)
    {
        unsetenv("FAKE_NVML_PID");
    }
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
        execl(counter, counter, command, 0 == strcmp(command, "watch") ? "--interval-ms" : NULL, interval,
            "--begin-ns", since, NULL);
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

static void should_record_what_is_ours(void)
{
    begin("busy", getpid());
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total("", 1) > 0, "no estimate in the lane");
    const unsigned long long term_ns = test_now_ns();
    kill(pid, SIGTERM);
    const int status = await_end(pid);
    const unsigned long long end_ns = test_now_ns();
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %#x", (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, false);
    const u128_t point = total("", 0) + total("", 1);
    const u128_t upper = point + total("", 2);
    CHECK(0 == total("", 0), "HMMA activity alone has no lower end");
    /* The first sample may be a refresh old. */
    CHECK(point <= (u128_t)FLOP_PER_NS * (end_ns - begin_ns + 100000000), "more than was done");
    CHECK(upper >= (u128_t)FLOP_PER_NS * (term_ns - begin_ns), "the beginning or the last refresh is missing");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "a gap");
    CHECK(0 == total(DEVICE_NODE, -1), "on the device's node");
    CHECK(0 == meter_gaps(meter, GAP_SHARED), "shared");
    end();
}

static void should_say_when_others_are_there(const char *script, pid_t computing)
{
    begin(script, computing);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total(DEVICE_NODE, 2) > 0 && meter_gaps(meter, GAP_SHARED) > 0, "nothing on the device's node");
    kill(pid, SIGTERM);
    const int status = await_end(pid);
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %#x", (unsigned)status);
    CHECK(0 == total("", -1), "charged to the run");
    CHECK(0 == total(DEVICE_NODE, 0) && 0 == total(DEVICE_NODE, 1), "it may be nobody's of ours");
    end();
}

/*
 * While a call hangs nobody looks who computes: somebody may have come and gone. Afterwards it is ours again.
 */
static void should_not_claim_what_was_done_unseen(const char *script)
{
    begin(script, getpid());
    setenv("FLOPMETER_TEST_UNSEEN", "1", 1);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total(DEVICE_NODE, 2) > 0 && meter_gaps(meter, GAP_SHARED) > 0, "%s: claimed unseen", script);
    const u128_t before = total("", 1);
    CHECK_EVENTUALLY(total("", 1) > before, "%s: nothing is ours any more", script);
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    CHECK(0 == total(DEVICE_NODE, 0) && 0 == total(DEVICE_NODE, 1), "it may be nobody's of ours");
    unsetenv("FLOPMETER_TEST_UNSEEN");
    end();
}

/*
 * No process to be seen, as in a container: what a scheduler wrote is the evidence, and it comes by the environment,
 * since nobody hands options to the counter of a run.
 */
static void should_go_by_the_scheduler(const char *job, bool is_ours)
{
    char folder[] = "/tmp/flopmeter_map_XXXXXX";
    char path[64];

    begin("busy", 0);
    CHECK(NULL != mkdtemp(folder), "mkdtemp");
    snprintf(path, sizeof(path), "%s/0", folder);
    FILE *const file = fopen(path, "w");
    CHECK(NULL != file && fputs("job-7\n", file) >= 0 && 0 == fclose(file), "%s", path);
    setenv("FLOPMETER_JOB", job, 1);
    setenv("FLOPMETER_JOB_MAPPING_DIR", folder, 1);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total(is_ours ? "" : DEVICE_NODE, is_ours ? 1 : 2) > 0, "job %s: nothing where it belongs", job);
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    CHECK(0 == total(is_ours ? DEVICE_NODE : "", 1), "job %s: charged to the other one", job);
    unsetenv("FLOPMETER_JOB");
    unsetenv("FLOPMETER_JOB_MAPPING_DIR");
    CHECK(0 == unlink(path) && 0 == rmdir(folder), "%s", folder);
    end();
}

static void should_go_on_where_a_crash_ended_it(void)
{
    begin("crash-at=6", getpid());
    const pid_t pid = start("watch");
    const int status = await_end(pid);
    CHECK(WIFSIGNALED(status) && SIGABRT == WTERMSIG(status), "status %#x", (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, true);
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "too early");
    const u128_t before = total("", -1) + total(DEVICE_NODE, -1);
    setenv("FAKE_NVML", "busy", 1);
    const pid_t next = start("watch");
    CHECK_EVENTUALLY(total("", -1) + total(DEVICE_NODE, -1) > before && meter_gaps(meter, GAP_COUNTER) > 0,
        "the successor says nothing");
    kill(next, SIGTERM);
    CHECK(0 == await_end(next), "the successor failed");
    meter_drain(meter, true);
    meter_check(meter, true);
    end();
}

static void should_hang_alone(void)
{
    begin("hang-at=3", getpid());
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

static void should_end_with_its_parent(void)
{
    int status = -1;

    begin("busy", getpid());
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t parent = fork();
    if (0 == parent)
    {
        (void)start("watch");
        for (;;)
        {
            pause();
        }
    }
    CHECK_EVENTUALLY((meter_drain(meter, true), meter->lane_count > 0), "no lane");
    kill(parent, SIGKILL);
    CHECK(parent == waitpid(parent, &status, 0), "parent");
    CHECK(waitpid(-1, &status, 0) > 0 && WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %#x",
        (unsigned)status);
    end();
}

static void should_stay_and_say_so_without_a_counter(void)
{
    begin("absent", getpid());
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(meter_gaps(meter, GAP_COUNTER) > 0, "no gap");
    CHECK(0 == waitpid(pid, NULL, WNOHANG), "it left, and with it the device that it had opened");
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    CHECK(0 == meter->lane_count, "a lane");
    end();
}

/*
 * This NVML goes on giving figures of the whole card when it has become two instances: in both they would count twice.
 */
static void should_read_each_instance_once(void)
{
    char script[64];
    const u128_t whole_per_ns = FLOP_PER_NS;

    begin("busy", getpid());
    snprintf(script, sizeof(script), "mig-at=%llu", begin_ns + 500000000ULL);
    setenv("FAKE_NVML", script, 1);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(meter_gaps(meter, GAP_COUNTER) > 0, "instances are not noticed");
    const u128_t before = total("", 1);
    const unsigned long long before_ns = test_now_ns();
    CHECK_EVENTUALLY(test_now_ns() > before_ns + 3000000000ULL, "time");
    const u128_t grown = total("", 1) - before;
    const unsigned long long after_ns = test_now_ns();
    /* 60 SM of 132, and not 192 of them. */
    CHECK(grown > 0, "the instances are not read");
    CHECK(grown < whole_per_ns * (after_ns - before_ns), "an instance and its card are both counted");
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    end();
}

/*
 * Instance 3 is made anew while the run lasts, under the same number: 60 SM, half busy, where there were 16.
 */
static void should_follow_an_instance_that_is_made_anew(void)
{
    char script[64];
    const u128_t large_per_ns = (u128_t)4096 * 60 * 17 / 20;

    begin("busy", getpid());
    snprintf(script, sizeof(script), "grow-at=%llu", begin_ns + 1000000000ULL);
    setenv("FAKE_NVML", script, 1);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(test_now_ns() > begin_ns + 4000000000ULL, "time");
    kill(pid, SIGTERM);
    const unsigned long long term_ns = test_now_ns();
    CHECK(0 == await_end(pid), "failed");
    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(total("", -1) + total(DEVICE_NODE_3, -1) >= large_per_ns * (term_ns - begin_ns - 1000000000ULL),
        "an instance that is made anew: the upper end is below the truth");
    CHECK(meter_gaps(meter, GAP_COUNTER) > 0, "an instance that is made anew: no gap");
    end();
}

/*
 * The fake engine shows half of HMMA; this NVML has no GPM, and says which GPU it is.
 */
static void should_read_through_dcgm_where_there_is_no_gpm(const char *engine)
{
    begin("absent", getpid());
    setenv("FAKE_DCGM", engine, 1);
    const pid_t pid = start("watch");
    CHECK_EVENTUALLY(total("", 1) > 0, "no estimate in the lane");
    const unsigned long long term_ns = test_now_ns();
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    meter_drain(meter, true);
    meter_check(meter, false);
    const u128_t point = total("", 0) + total("", 1);
    const u128_t per_ns = (u128_t)4096 * 132 * 198 / 200;
    CHECK(point <= per_ns * (test_now_ns() - begin_ns), "more than was done");
    CHECK(point + total("", 2) >= per_ns * (term_ns - begin_ns), "the beginning or the end is missing");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "a gap");
    unsetenv("FAKE_DCGM");
    end();
}

/*
 * DCGM's library takes the process with it in the middle of a call: what was read before stays, once, and the successor
 * tells the time that nobody saw.
 */
static void should_go_on_where_dcgm_crashed(void)
{
    begin("absent", getpid());
    setenv("FAKE_DCGM", "crash-at=6", 1);
    const pid_t pid = start("watch");
    const int status = await_end(pid);
    CHECK(WIFSIGNALED(status) && SIGABRT == WTERMSIG(status), "DCGM's crash: status %#x", (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, true);
    const u128_t before = total("", -1) + total(DEVICE_NODE, -1);
    CHECK(before > 0, "DCGM's crash: nothing was read before");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "too early");
    setenv("FAKE_DCGM", "", 1);
    const pid_t next = start("watch");
    CHECK_EVENTUALLY(total("", -1) + total(DEVICE_NODE, -1) > before && meter_gaps(meter, GAP_COUNTER) > 0,
        "the successor says nothing");
    kill(next, SIGTERM);
    CHECK(0 == await_end(next), "the successor failed");
    meter_drain(meter, true);
    meter_check(meter, true);
    unsetenv("FAKE_DCGM");
    end();
}

int main(int argc, char **argv)
{
    CHECK(4 == argc, "usage");
    counter = argv[1];
    setenv("FLOPMETER_TEST_NVML", argv[2], 1);
    unsetenv("SLURM_JOB_ID");
    unsetenv("FLOPMETER_DCGM");
    unsetenv("FLOPMETER_CGROUP");
    check_cleanup = clean;
    should_record_what_is_ours();
    should_say_when_others_are_there("busy", 1);
    should_say_when_others_are_there("busy", 0);
    should_not_claim_what_was_done_unseen("stall=nvmlGpmSampleGet:5");
    should_not_claim_what_was_done_unseen("stall=nvmlDeviceGetComputeRunningProcesses_v3:9");
    should_go_by_the_scheduler("job-7", true);
    should_go_by_the_scheduler("job-77", false);
    should_go_on_where_a_crash_ended_it();
    should_hang_alone();
    should_end_with_its_parent();
    should_stay_and_say_so_without_a_counter();
    should_read_each_instance_once();
    should_follow_an_instance_that_is_made_anew();
    setenv("FLOPMETER_TEST_DCGM", argv[3], 1);
    should_read_through_dcgm_where_there_is_no_gpm("");
    should_read_through_dcgm_where_there_is_no_gpm("own");
    should_go_on_where_dcgm_crashed();
    return 0;
}

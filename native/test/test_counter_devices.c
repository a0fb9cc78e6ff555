/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The process flopmeter-counter for a whole host: what it puts into its lanes, and what it leaves to counters of runs.
 * test_counter_devices COUNTER FAKE_NVML FAKE_DCGM.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "meter_dir.h"

#define GAP_COUNTER (9)
#define GAP_SHARED (10)
#define GAP_BOUNDED (17)
#define HOST "host"
#define NODE "device:GPU-11111111"
#define NODE_3 "device:MIG-31111111"
#define SHARES "shared:GPU-11111111"
/* Of the fake GPU in one ns at the rate of the point: half of 132 SM at 1.7 GHz, taken at 0.903 of it. */
#define FLOP_PER_NS (UINT64_C(4096) * 132 * 17 / 20)
#define TEXT_LENGTH (8192)

static const char *counter;
static meter_t *meter;
static char place[64];
static char folder_of_run[160];
static pid_t running;
static pid_t computing;
static pid_t supervisor;
static char mapping[64];

static void end_process(pid_t *pid)
{
    if (*pid > 0)
    {
        kill(*pid, SIGKILL);
        (void)waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static void clean(void)
{
    char command[256];

    end_process(&running);
    end_process(&computing);
    end_process(&supervisor);
    snprintf(command, sizeof(command), "rm -rf '%s' '%s'", '\0' != place[0] ? place : "/tmp/flopmeter-none",
        '\0' != mapping[0] ? mapping : "/tmp/flopmeter-none");
    if (0 != system(command))
    {
        fprintf(stderr, "%s: failed\n", command);
    }
    if (NULL != meter)
    {
        meter_destroy(meter);
    }
    meter = NULL;
    place[0] = '\0';
    mapping[0] = '\0';
}

static void begin(const char *script)
{
    snprintf(place, sizeof(place), "/tmp/flopmeter_place_XXXXXX");
    CHECK(NULL != mkdtemp(place), "mkdtemp");
    meter = meter_create();
    check_cleanup = clean;
    setenv("FAKE_NVML", script, 1);
    unsetenv("FAKE_NVML_PID");
}

static void use_pid(pid_t pid)
{
    char text[32];

    snprintf(text, sizeof(text), "%d", (int)pid);
    setenv("FAKE_NVML_PID", text, 1);
}

/*
 * Somebody computes. `lanes`: the folder that his environment names, NULL = he is not metered.
 */
static pid_t compute(const char *lanes)
{
    const pid_t pid = fork();

    CHECK(pid >= 0, "fork");
    if (0 == pid)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (NULL != lanes)
        {
            setenv("FLOPMETER_LANE_DIR", lanes, 1);
        }
        else
        {
            unsetenv("FLOPMETER_LANE_DIR");
        }
        execlp("sleep", "sleep", "600", NULL);
        _exit(127);
    }
    return pid;
}

/*
 * A supervisor as far as it can be seen: its name, its meter directory, and what the counter in it says.
 */
static void supervise(void)
{
    int ready[2];
    pid_t child = 0;

    CHECK(0 == pipe(ready), "pipe");
    supervisor = fork();
    CHECK(supervisor >= 0, "fork");
    if (0 == supervisor)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "flopmeter-run");
        child = compute(place);
        (void)!write(ready[1], &child, sizeof(child));
        pause();
        _exit(0);
    }
    CHECK((ssize_t)sizeof(child) == read(ready[0], &child, sizeof(child)), "supervisor");
    close(ready[0]);
    close(ready[1]);
    snprintf(folder_of_run, sizeof(folder_of_run), "%s/20261128T230000Z-%d-89abcdef", place, (int)supervisor);
    CHECK(0 == mkdir(folder_of_run, 0700), "%s", folder_of_run);
    use_pid(child);
}

/* What the run's own counter would write each second, in place as it does. */
static void cover(unsigned long long covered_ns)
{
    char path[256];
    const uint64_t state[] = { covered_ns, 1 };

    snprintf(path, sizeof(path), "%s/counter.state", folder_of_run);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && (ssize_t)sizeof(state) == pwrite(fd, state, sizeof(state), 0) && 0 == close(fd), "%s", path);
}

static void start(void)
{
    running = fork();
    CHECK(running >= 0, "fork");
    if (0 == running)
    {
        execl(counter, counter, "devices", "--interval-ms", "20", "--retry-ms", "50", "--place", place,
            '\0' != mapping[0] ? "--job-mapping-dir" : NULL, mapping, NULL);
        _exit(127);
    }
}

static void stop(void)
{
    int status = -1;

    kill(running, SIGTERM);
    CHECK(running == waitpid(running, &status, 0), "waitpid");
    running = 0;
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %#x", (unsigned)status);
    meter_drain(meter, true);
}

static u128_t total(const char *run, const char *node, int part)
{
    u128_t sum = 0;

    meter_drain(meter, true);
    for (int i = 0; i < meter->lane_count; i++)
    {
        for (uint32_t slot = 0; slot < lane_reader_slot_count(meter->lanes[i]); slot++)
        {
            const uint8_t *const key = lane_reader_slot(meter->lanes[i], slot);
            const bool is_named = strlen(run) == key[8] && 0 == memcmp(key + 16, run, key[8]) &&
                strlen(node) == key[9] && 0 == memcmp(key + 80, node, key[9]);
            sum += is_named && (part < 0 || part == key[6]) ? lane_reader_slot_total(meter->lanes[i], slot).flop : 0;
        }
    }
    return sum;
}

static u128_t everything(void)
{
    meter_drain(meter, true);
    return meter_total(meter, NULL, -1).flop;
}

/* The document is replaced as a whole, so it is read as a whole. */
static bool says(const char *text)
{
    static char bytes[TEXT_LENGTH];
    char path[300];

    snprintf(path, sizeof(path), "%s/devices.json", meter->path);
    FILE *const file = fopen(path, "r");
    const size_t length = NULL != file ? fread(bytes, 1, sizeof(bytes) - 1, file) : 0;
    bytes[length] = '\0';
    if (NULL != file)
    {
        fclose(file);
    }
    return NULL != strstr(bytes, text);
}

/* "elsewhere" of the document has an upper end. */
static bool has_elsewhere(void)
{
    return says("\"elsewhere\": {\"lower\": ") && !says("\"elsewhere\": {\"lower\": \"0\", \"point\": \"0\", ");
}

static void should_count_what_nobody_else_counts(bool is_there)
{
    begin("busy");
    const unsigned long long begin_ns = test_now_ns();
    if (is_there)
    {
        computing = compute(NULL);
        use_pid(computing);
    }
    start();
    CHECK_EVENTUALLY(says("\"name\": \"0\""), "no document");
    const unsigned long long open_ns = test_now_ns();
    CHECK_EVENTUALLY(total(HOST, NODE, 1) > 0, "nothing on the device's node");
    const unsigned long long term_ns = test_now_ns();
    stop();
    const unsigned long long end_ns = test_now_ns();
    const u128_t point = total(HOST, NODE, 0) + total(HOST, NODE, 1);
    meter_check(meter, false);
    CHECK(point <= (u128_t)FLOP_PER_NS * (end_ns - begin_ns + 100000000), "more than was done");
    CHECK(everything() == total(HOST, NODE, -1), "somewhere else, too");
    CHECK(point + total(HOST, NODE, 2) >= (u128_t)FLOP_PER_NS * (term_ns - open_ns), "the end is missing");
    CHECK(0 == meter_gaps(meter, GAP_SHARED) && 0 == meter_gaps(meter, GAP_COUNTER), "a gap");
    CHECK(says(is_there ? "\"tenant\": \"unmetered\"" : "\"tenant\": \"nobody\""), "the tenant");
    CHECK(says("\"isBounded\": true}") && says("\"notRead\": []"), "the document");
    clean();
}

/* What the scheduler says, replaced as a whole. */
static void map_to(const char *jobs)
{
    char path[80];
    char fresh[80];

    if ('\0' == mapping[0])
    {
        snprintf(mapping, sizeof(mapping), "/tmp/flopmeter_map_XXXXXX");
        CHECK(NULL != mkdtemp(mapping), "mkdtemp");
    }
    snprintf(path, sizeof(path), "%s/0", mapping);
    snprintf(fresh, sizeof(fresh), "%s/fresh", mapping);
    FILE *const file = fopen(fresh, "w");
    CHECK(NULL != file && fputs(jobs, file) >= 0 && 0 == fclose(file) && 0 == rename(fresh, path), "%s", path);
}

static void should_charge_the_job_that_has_the_device(const char *jobs, const char *run)
{
    begin("busy");
    computing = compute(NULL);
    use_pid(computing);
    map_to(jobs);
    start();
    CHECK_EVENTUALLY(total(run, NODE, 1) > 0, "%s: nothing under %s", jobs, run);
    stop();
    CHECK(everything() == total(run, NODE, -1), "%s: charged to somebody else, too", jobs);
    clean();
}

/*
 * Two at a time: the host has the work, and each of them an end that holds whatever part of it was its own.
 */
static void should_bound_each_job_of_several(void)
{
    begin("busy");
    computing = compute(NULL);
    use_pid(computing);
    map_to("7\n8\n");
    start();
    CHECK_EVENTUALLY(total(HOST, NODE, 1) > 0, "nothing under %s", HOST);
    stop();
    const u128_t all = total(HOST, NODE, -1);
    for (int job = 7; job <= 8; job++)
    {
        const char *const name = 7 == job ? "7" : "8";
        CHECK(0 == total(name, NODE, -1) && 0 == total(name, SHARES, 0) && 0 == total(name, SHARES, 1),
            "%s: charged what may be another's", name);
        CHECK(all == total(name, SHARES, 2), "the upper end of job %s", name);
    }
    CHECK(everything() == 3 * all, "somewhere else, too");
    CHECK(meter_gaps(meter, GAP_SHARED) > 0, "no gap");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "a gap without a bound");
    clean();
}

/*
 * One after another: the intervals at the border are the host's, and in the upper end of both. Nothing is there twice.
 */
static void should_bound_jobs_that_follow_each_other(void)
{
    u128_t point = 0;

    begin("busy");
    computing = compute(NULL);
    use_pid(computing);
    map_to("7\n");
    const unsigned long long begin_ns = test_now_ns();
    start();
    CHECK_EVENTUALLY(says("\"name\": \"0\""), "no document");
    const unsigned long long open_ns = test_now_ns();
    CHECK_EVENTUALLY(total("7", NODE, 1) > 0, "nothing under 7");
    const unsigned long long left_ns = test_now_ns();
    map_to("8\n");
    const unsigned long long come_ns = test_now_ns();
    CHECK_EVENTUALLY(total("8", NODE, 1) > 0, "nothing under 8");
    const unsigned long long term_ns = test_now_ns();
    stop();
    const unsigned long long end_ns = test_now_ns();
    CHECK(total("7", NODE, -1) + total("7", SHARES, -1) >= (u128_t)FLOP_PER_NS * (left_ns - open_ns),
        "the upper end of job 7");
    CHECK(total("8", NODE, -1) + total("8", SHARES, -1) >= (u128_t)FLOP_PER_NS * (term_ns - come_ns),
        "the upper end of job 8");
    CHECK(total("7", SHARES, -1) == total("7", SHARES, 2) && total("8", SHARES, -1) == total("8", SHARES, 2),
        "claims what may be another's");
    for (int part = 0; part < 2; part++)
    {
        point += total(HOST, NODE, part) + total("7", NODE, part) + total("8", NODE, part);
    }
    CHECK(point <= (u128_t)FLOP_PER_NS * (end_ns - begin_ns + 100000000), "counted twice");
    CHECK(total(HOST, NODE, -1) > 0 && meter_gaps(meter, GAP_SHARED) > 0, "the border is nobody's");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "a gap without a bound");
    clean();
}

/* The run's counter goes on; is anything left to it? */
static bool is_left(const char *what)
{
    cover(test_now_ns());
    CHECK(0 == total(HOST, NODE, 0) && 0 == total(HOST, NODE, 1), "%s", what);
    return has_elsewhere();
}

/*
 * Only a run is there, whose own counter reads the device: what it has must not be here as well.
 */
static void should_leave_to_a_run_what_it_counts(void)
{
    begin("busy");
    supervise();
    cover(test_now_ns());
    start();
    CHECK_EVENTUALLY(is_left("what a run has is counted twice"), "nothing is left to the run");
    stop();
    CHECK(is_left("what a run has is counted twice"), "it was left to the run, and is not any more");
    CHECK(says("\"tenant\": \"metered\""), "the tenant");
    /* It began to look while the run was there: only the first moments are not known to be the run's. */
    const u128_t before = everything();
    start();
    const unsigned long long since_ns = test_now_ns();
    CHECK_EVENTUALLY(is_left("the time between two counters: claims what may be counted elsewhere") &&
        test_now_ns() > since_ns + 1000000000ULL, "time");
    stop();
    CHECK(everything() > before, "the time between two counters is nobody's");
    CHECK(meter_gaps(meter, GAP_BOUNDED) > 0, "the successor says nothing");
    clean();
}

static void should_claim_nothing_that_others_may_count(const char *what)
{
    const bool is_service = 0 == strcmp(what, "service");

    begin("busy");
    if (is_service)
    {
        computing = compute("/dev/shm/flopmeter-none/services");
        use_pid(computing);
    }
    else
    {
        supervise();
        if (0 == strcmp(what, "silent counter"))
        {
            cover(test_now_ns() - 60000000000ULL);
        }
    }
    start();
    CHECK_EVENTUALLY(total(HOST, NODE, 2) > 0 && meter_gaps(meter, GAP_SHARED) > 0, "%s: no upper end", what);
    stop();
    CHECK(0 == total(HOST, NODE, 0) && 0 == total(HOST, NODE, 1), "%s: claims what may be counted elsewhere", what);
    CHECK(everything() == total(HOST, NODE, 2), "%s: somewhere else, too", what);
    CHECK(says("\"tenant\": \"shared\""), "%s: the tenant", what);
    clean();
}

static void should_go_on_where_a_crash_ended_it(void)
{
    int status = -1;

    begin("crash-at=6");
    start();
    CHECK(running == waitpid(running, &status, 0) && WIFSIGNALED(status), "status %#x", (unsigned)status);
    running = 0;
    const u128_t before = everything();
    const unsigned long long dead_ns = test_now_ns();
    setenv("FAKE_NVML", "busy", 1);
    CHECK_EVENTUALLY(test_now_ns() > dead_ns + 500000000ULL, "time");
    start();
    CHECK_EVENTUALLY(everything() > before && meter_gaps(meter, GAP_BOUNDED) > 0, "the successor says nothing");
    stop();
    const u128_t grown = everything() - before;
    CHECK(grown >= (u128_t)FLOP_PER_NS * 500000000ULL, "the time in which nobody looked has no upper end");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "a gap without a bound");
    meter_check(meter, true);
    clean();
}

/*
 * A host outlives its driver: what can't be read has no bound, and once it can, it has one since the beginning.
 */
static void should_try_again_what_can_not_be_read(void)
{
    char script[96];

    begin("busy");
    snprintf(script, sizeof(script), "absent-while=%s", place);
    setenv("FAKE_NVML", script, 1);
    start();
    CHECK_EVENTUALLY(says("\"notRead\": [\n") && says("\"isBounded\": false}"), "it can't be read, and is bounded");
    const unsigned long long begin_ns = test_now_ns();
    CHECK_EVENTUALLY(test_now_ns() > begin_ns + 500000000ULL, "time");
    CHECK(0 == everything(), "counted");
    CHECK(0 == rmdir(place), "%s", place);
    CHECK_EVENTUALLY(total(HOST, NODE, 1) > 0, "it is not tried again");
    CHECK_EVENTUALLY(says("\"notRead\": []") && says("\"isBounded\": true}"), "still without a bound");
    const unsigned long long term_ns = test_now_ns();
    stop();
    CHECK(everything() >= (u128_t)FLOP_PER_NS * (term_ns - begin_ns), "the time before is nobody's");
    clean();
}

static void should_read_instances(void)
{
    char script[64];
    bool was_whole = false;

    begin("busy");
    snprintf(script, sizeof(script), "mig-at=%llu", test_now_ns() + 1000000000ULL);
    setenv("FAKE_NVML", script, 1);
    start();
    CHECK_EVENTUALLY((was_whole = was_whole || total(HOST, NODE, 1) > 0, total(HOST, NODE_3, 1) > 0),
        "the instance is not read");
    /* On a slow machine it may have been in parts from the beginning. */
    CHECK(!was_whole || meter_gaps(meter, GAP_BOUNDED) > 0, "no gap");
    CHECK_EVENTUALLY(says("\"name\": \"0.3\""), "the document");
    stop();
    meter_check(meter, false);
    clean();
}

/*
 * A card has one provider, here as in a run.
 */
static void should_read_through_dcgm_where_there_is_no_gpm(const char *library)
{
    begin("absent");
    setenv("FLOPMETER_TEST_DCGM", library, 1);
    unsetenv("FLOPMETER_DCGM");
    setenv("FAKE_DCGM", "", 1);
    start();
    CHECK_EVENTUALLY(total(HOST, NODE, 1) > 0, "no estimate in the lane");
    stop();
    CHECK(says("\"provider\": \"dcgm\", \"state\": \"AVAILABLE\"") && says("\"notRead\": []"), "the document");
    CHECK(everything() == total(HOST, NODE, -1), "somewhere else, too");
    meter_check(meter, false);
    clean();
}

int main(int argc, char **argv)
{
    CHECK(4 == argc, "usage");
    counter = argv[1];
    setenv("FLOPMETER_TEST_NVML", argv[2], 1);
    setenv("FLOPMETER_DCGM", "off", 1);
    unsetenv("FLOPMETER_JOB_MAPPING_DIR");
    check_cleanup = clean;
    should_count_what_nobody_else_counts(false);
    should_count_what_nobody_else_counts(true);
    should_charge_the_job_that_has_the_device("job-7\n", "job-7");
    should_charge_the_job_that_has_the_device("7\n\n 7\n", "7");
    should_bound_each_job_of_several();
    should_bound_jobs_that_follow_each_other();
    should_charge_the_job_that_has_the_device("../../no id\n", HOST);
    should_leave_to_a_run_what_it_counts();
    should_claim_nothing_that_others_may_count("no counter");
    should_claim_nothing_that_others_may_count("silent counter");
    should_claim_nothing_that_others_may_count("service");
    should_go_on_where_a_crash_ended_it();
    should_try_again_what_can_not_be_read();
    should_read_instances();
    should_read_through_dcgm_where_there_is_no_gpm(argv[3]);
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hostile and missing environments: the meter is off or in trouble, the program notices nothing.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <pthread.h>

#include "check.h"
#include "flopmeter_core.h"
#include "meter_dir.h"

static const char *self;

static flopmeter_key_t key_of(const char *node)
{
    flopmeter_key_t key = 0;
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, node, FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
    return key;
}

/* Everything once, with an errno that must come out as it went in. */
static void use_everything(void)
{
    const flopmeter_shape_t shape = { .flop_count = 1, .estimate = 1, .bound = 1 };
    flopmeter_key_t key = 0;

    errno = 4711;
    flopmeter_intern("r", "n", FLOPMETER_FP32, FLOPMETER_DERIVED, FLOPMETER_SOURCE_API, &key);
    flopmeter_intern("not an id", NULL, FLOPMETER_FP32, FLOPMETER_DERIVED, FLOPMETER_SOURCE_API, &key);
    flopmeter_intern_here(FLOPMETER_FP32, FLOPMETER_DERIVED, FLOPMETER_SOURCE_API, &key);
    flopmeter_record(key, 1);
    flopmeter_batch_t batch = flopmeter_batch_begin();
    for (int i = 0; i < 300; i++)
    {
        flopmeter_batch_add(&batch, key, 1);
    }
    flopmeter_batch_end(&batch);
    flopmeter_context_push(NULL, "x");
    flopmeter_core_count(FLOPMETER_FP32, FLOPMETER_SOURCE_BLAS, &shape);
    flopmeter_context_pop();
    flopmeter_core_gap(FLOPMETER_GAP_SYMBOL, FLOPMETER_SOURCE_ONEDNN);
    flopmeter_core_flag_cpu_incomplete();
    CHECK(NULL != flopmeter_errmsg(), "errmsg");
    CHECK(4711 == errno, "errno is %d", errno);
}

/* In a child: the meter is off, nothing else happens. */
static void expect_off(const char *what)
{
    int status = -1;
    const pid_t pid = fork();

    if (0 == pid)
    {
        CHECK(FLOPMETER_OFF == flopmeter_attach(), "%s: attached", what);
        CHECK('\0' != flopmeter_errmsg()[0], "%s: no error text", what);
        use_everything();
        _exit(0);
    }
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "%s: status %#x", what, (unsigned)status);
}

static void expect_off_for(const char *value)
{
    if (NULL == value)
    {
        unsetenv("FLOPMETER_LANE_DIR");
    }
    else
    {
        setenv("FLOPMETER_LANE_DIR", value, 1);
    }
    expect_off(NULL == value ? "unset" : value);
}

static void bad_directories(void)
{
    static char longest[8192];
    meter_t *const meter = meter_create();
    char path[400];

    memset(longest, 'x', sizeof(longest) - 1);
    longest[0] = '/';
    expect_off_for(NULL);
    expect_off_for("");
    expect_off_for("relative");
    expect_off_for("/nowhere/at/all");
    expect_off_for("/proc/self/exe");
    expect_off_for("/dev/null");
    expect_off_for(longest);
    expect_off_for(meter->spill);
    snprintf(path, sizeof(path), "%s/link", meter->spill);
    CHECK(0 == symlink(meter->path, path), "symlink");
    expect_off_for(path);
    setenv("FLOPMETER_LANE_DIR", meter->path, 1);
    CHECK(0 == chmod(meter->path, 0777), "chmod");
    expect_off("directory that all may write");
    CHECK(0 == chmod(meter->path, 0700), "chmod");
    if (0 == geteuid())
    {
        CHECK(0 == chown(meter->path, 12345, 12345), "chown");
        expect_off("directory of somebody else");
        CHECK(0 == chown(meter->path, 0, 0), "chown");
    }
    meter_destroy(meter);
}

static void expect_off_with(meter_t *meter, size_t offset, uint32_t value)
{
    uint32_t before;
    char what[64];

    memcpy(&before, meter->control + offset, sizeof(before));
    memcpy(meter->control + offset, &value, sizeof(value));
    snprintf(what, sizeof(what), "control word at %zu = %u", offset, value);
    expect_off(what);
    memcpy(meter->control + offset, &before, sizeof(before));
}

static void bad_controls(void)
{
    meter_t *const meter = meter_create();
    char path[400];
    char other[400];

    expect_off_with(meter, 0, 0);
    expect_off_with(meter, 8, 2);
    expect_off_with(meter, 12, 4096);
    expect_off_with(meter, 28, 2);
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_DIRECTORY), "an ended meter is a gap");
    snprintf(path, sizeof(path), "%s/control", meter->path);
    CHECK(0 == chmod(path, 0666), "chmod");
    expect_off("control that all may write");
    CHECK(0 == chmod(path, 0600) && 0 == truncate(path, 4096), "truncate");
    expect_off("short control");
    CHECK(0 == truncate(path, 8193), "truncate");
    expect_off("long control");
    CHECK(0 == truncate(path, 8192), "truncate");
    snprintf(other, sizeof(other), "%s/elsewhere", meter->path);
    CHECK(0 == rename(path, other) && 0 == symlink(other, path), "symlink");
    expect_off("symlink as control");
    CHECK(0 == unlink(path) && 0 == mkdir(path, 0700), "mkdir");
    expect_off("directory as control");
    rmdir(path);
    expect_off("no control");
    meter_destroy(meter);
}

static uint32_t slots_expected;
static uint32_t ring_expected;
static const char *run_expected;
static const char *node_expected;

static void check_lane(meter_t *meter)
{
    flopmeter_record(key_of(NULL), 1);
    meter_expect(meter, 1, 1);
    const uint8_t *const slot = lane_reader_slot(meter->lanes[0], 0);
    CHECK(slots_expected == meter->lanes[0]->slot_capacity, "%u slots", meter->lanes[0]->slot_capacity);
    CHECK(ring_expected == meter->lanes[0]->ring_capacity, "ring of %u", meter->lanes[0]->ring_capacity);
    CHECK(strlen(run_expected) == slot[8] && 0 == memcmp(slot + 16, run_expected, slot[8]), "run");
    CHECK(strlen(node_expected) == slot[9] && 0 == memcmp(slot + 80, node_expected, slot[9]), "node");
}

static void value_gives(const char *name, const char *value, uint32_t slots, uint32_t ring, const char *run,
    const char *node)
{
    meter_t *const meter = meter_create();

    setenv(name, value, 1);
    slots_expected = slots;
    ring_expected = ring;
    run_expected = run;
    node_expected = node;
    meter_run_ok(meter, check_lane);
    unsetenv(name);
    meter_destroy(meter);
}

static void bad_values(void)
{
    static const char *const numbers[] = { "", "abc", "0", "-1", "1000", "64 ", "0x400", "99999999999999999999999" };
    char id[66];

    memset(id, 'a', 65);
    id[65] = '\0';
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
    {
        value_gives("FLOPMETER_LANE_SLOTS", numbers[i], 1024, 262144, "test", "");
        value_gives("FLOPMETER_LANE_RING", numbers[i], 1024, 262144, "test", "");
    }
    value_gives("FLOPMETER_LANE_SLOTS", "131072", 1024, 262144, "test", "");
    value_gives("FLOPMETER_LANE_SLOTS", "65536", 65536, 262144, "test", "");
    value_gives("FLOPMETER_LANE_RING", "4194304", 1024, 4194304, "test", "");
    value_gives("FLOPMETER_LANE_RING", "8388608", 1024, 262144, "test", "");
    value_gives("FLOPMETER_RUN", "", 1024, 262144, "default", "");
    value_gives("FLOPMETER_RUN", "no id", 1024, 262144, "default", "");
    value_gives("FLOPMETER_RUN", id, 1024, 262144, "default", "");
    value_gives("FLOPMETER_RUN", id + 1, 1024, 262144, id + 1, "");
    value_gives("FLOPMETER_NODE", "\x1b[2J", 1024, 262144, "test", "");
    value_gives("FLOPMETER_NODE", "prep.v1:a-b_c", 1024, 262144, "test", "prep.v1:a-b_c");
}

static void keeps_errno_and_mode(meter_t *meter)
{
    umask(0777);
    use_everything();
    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(304 == meter_total(meter, NULL, -1).samples, "samples");
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_SYMBOL), "gap");
    flopmeter_core_gap(FLOPMETER_GAP_SYMBOL, FLOPMETER_SOURCE_ONEDNN);
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_SYMBOL), "a gap is told once");
    CHECK(1 == meter->control[4100], "flag");
}

static void *use_in_thread(void *argument)
{
    (void)argument;
    use_everything();
    return NULL;
}

static void in_new_thread(void)
{
    pthread_t thread;
    CHECK(0 == pthread_create(&thread, NULL, use_in_thread, NULL), "thread");
    pthread_join(thread, NULL);
}

static void limited_file_size(meter_t *meter)
{
    struct rlimit limit;
    const struct rlimit small = { 1024, RLIM_INFINITY };
    const flopmeter_key_t key = key_of("late");

    CHECK(0 == getrlimit(RLIMIT_FSIZE, &limit) && 0 == setrlimit(RLIMIT_FSIZE, &small), "rlimit");
    use_everything();
    meter_drain(meter, true);
    CHECK(0 == meter->lane_count && 304 == meter_lost(meter), "%" PRIu64 " lost", meter_lost(meter));
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_LANE), "gap");

    CHECK(0 == setrlimit(RLIMIT_FSIZE, &limit), "rlimit");
    CHECK_EVENTUALLY((flopmeter_record(key, 1), meter_drain(meter, true), meter->lane_count > 0), "never tried again");
    uint64_t end_ns;
    memcpy(&end_ns, meter->control + 4160 + 24, sizeof(end_ns));
    CHECK(0 != end_ns, "the gap has no end");
}

static void directory_vanishes(meter_t *meter)
{
    const flopmeter_key_t key = key_of("v");
    char command[600];

    flopmeter_record(key, 1);
    meter_drain(meter, true);
    snprintf(command, sizeof(command), "rm -r %s %s", meter->path, meter->spill);
    CHECK(0 == system(command), "%s", command);
    for (int i = 0; i < 1000; i++)
    {
        flopmeter_record(key, 1);
    }
    in_new_thread();
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_DIRECTORY), "gap");
    CHECK(304 == meter_lost(meter), "%" PRIu64 " lost", meter_lost(meter));
    CHECK(1 == meter->lane_count, "%d lanes", meter->lane_count);
    lane_reader_drain(meter->lanes[0], true);
    meter_check(meter, false);
    CHECK(1001 == meter_total(meter, NULL, -1).flop, "the lane that was there goes on");
}

static void meter_ends(meter_t *meter)
{
    const flopmeter_key_t key = key_of("e");

    flopmeter_record(key, 1);
    meter->control[28] = 2;
    flopmeter_record(key, 1);
    in_new_thread();
    meter_expect(meter, 2, 2);
    CHECK(1 == meter->lane_count && 1 == meter_gaps(meter, FLOPMETER_GAP_DIRECTORY), "new lanes");
}

static void small_file_system(meter_t *meter)
{
    /* Room for one small lane and a bit: the first lane goes to the spill directory, and when that is gone too it
     * is a small one, and then there is none. */
    flopmeter_record(key_of("s"), 1);
    meter_drain(meter, true);
    CHECK(1 == meter->lane_count && 262144 == meter->lanes[0]->ring_capacity, "spill");
    char spilt[400];
    snprintf(spilt, sizeof(spilt), "%s/%016" PRIx64 ".lane", meter->spill, meter->lanes[0]->nonce);
    CHECK(0 == access(spilt, F_OK), "%s", spilt);
    setenv("FLOPMETER_SPILL_DIR", "", 1);

    const pid_t pid = fork();
    if (0 == pid)
    {
        execl(self, self, "two-threads", (char *)NULL);
        _exit(1);
    }
    int status = -1;
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "status %#x", (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(2 == meter->lane_count && 16384 == meter->lanes[1]->ring_capacity, "%d lanes", meter->lane_count);
    CHECK(304 == meter_lost(meter) && 1 == meter_gaps(meter, FLOPMETER_GAP_LANE), "%" PRIu64, meter_lost(meter));
}

static void with_small_file_system(void)
{
    char parent[] = "/tmp/flopmeter-test-XXXXXX";

    CHECK(NULL != mkdtemp(parent), "mkdtemp");
    const pid_t pid = fork();
    if (0 == pid)
    {
        if (0 != unshare(CLONE_NEWNS) || 0 != mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
            0 != mount("none", parent, "tmpfs", 0, "size=100k,mode=0700"))
        {
            fprintf(stderr, "part skipped: no right to mount a small tmpfs\n");
            _exit(0);
        }
        meter_t *const meter = meter_create_in(parent);
        meter_run_ok(meter, small_file_system);
        meter_destroy(meter);
        _exit(0);
    }
    int status = -1;
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "status %#x", (unsigned)status);
    rmdir(parent);
}

/* Attached by the first record, with nothing but the environment of exec. */
static void execs(meter_t *meter)
{
    flopmeter_record(key_of("before"), 1);
    const pid_t pid = fork();
    if (0 == pid)
    {
        flopmeter_record(key_of("before"), 1);
        execl(self, self, "lazy", (char *)NULL);
        _exit(1);
    }
    int status = -1;
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "status %#x", (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(3 == meter->lane_count && 306 == meter_total(meter, NULL, -1).samples, "%d lanes", meter->lane_count);
}

static void secure_execution(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    /* LeakSanitizer can't look into a setuid program. */
    meter_t *const meter = meter_create();
    char command[1200];
    char copy[300];

    snprintf(copy, sizeof(copy), "%s/copy", meter->spill);
    CHECK(sizeof(command) > (size_t)snprintf(command, sizeof(command), "cp %s %s && chmod 755 %s", self, copy,
        meter->spill), "path");
    if (0 == geteuid() && 0 == system(command) && 0 == chown(copy, 65534, 65534) && 0 == chmod(copy, 04755))
    {
        snprintf(command, sizeof(command), "%s secure", copy);
        const int status = system(command);
        if (WIFEXITED(status) && 127 == WEXITSTATUS(status))
        {
            fprintf(stderr, "part skipped: the build tree is closed to other users\n");
        }
        else
        {
            CHECK(0 == status, "status %#x", (unsigned)status);
        }
        meter_drain(meter, true);
        CHECK(0 == meter->lane_count, "a setuid program believed its environment");
    }
    meter_destroy(meter);
#endif
}

static int child(const char *mode)
{
    if (0 == strcmp(mode, "secure") && 0 == getauxval(AT_SECURE))
    {
        fprintf(stderr, "part skipped: setuid has no effect here\n");
        return 0;
    }
    use_everything();
    if (0 == strcmp(mode, "two-threads"))
    {
        in_new_thread();
    }
    return 0;
}

static void run(void (*scenario)(meter_t *))
{
    meter_t *const meter = meter_create();

    meter_run_ok(meter, scenario);
    meter_destroy(meter);
}

int main(int argc, char **argv)
{
    static char path[300];

    if (argc > 1)
    {
        return child(argv[1]);
    }
    CHECK(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0, "readlink");
    self = path;
    bad_directories();
    bad_controls();
    bad_values();
    run(keeps_errno_and_mode);
    run(limited_file_size);
    run(directory_vanishes);
    run(meter_ends);
    run(execs);
    with_small_file_system();
    secure_execution();
    (void)argv;
    return 0;
}

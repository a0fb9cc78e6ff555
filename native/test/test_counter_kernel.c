/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "perf" over the real kernel. Software events are everywhere, so they show what a machine without a PMU
 * can't show else: that a process tree is followed from its exec on, that groups are read right, that nothing leaks.
 */

#include "check.h"
#include "flopmeter_perf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define BURN_MS (20)
#define NS_PER_MS ((uint64_t)1000000)
/* perf's clock of a task is not the scheduler's: on a loaded machine they were 13 us apart. */
#define CLOCKS_APART_NS (NS_PER_MS)

/* Nanoseconds on a CPU stand for FLOP: their sum is known from elsewhere. */
static const flopmeter_cpu_event_t software[] = {
    { "any", 0, 0, 0, 1, "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 1, 1, 1, FLOPMETER_FP64, 0,
      false },
    { "any", 0, 0, 0, 1, "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 1, 1, 1, FLOPMETER_FP32, 0,
      false },
};
static const flopmeter_perf_setup_t setup = { &flopmeter_perf_sys, "", software, 2 };

static uint64_t cpu_ns(const clockid_t clock)
{
    struct timespec used;
    clock_gettime(clock, &used);
    return (uint64_t)used.tv_sec * 1000 * NS_PER_MS + (uint64_t)used.tv_nsec;
}

static void burn(const uint64_t milliseconds)
{
    const uint64_t begin_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns < milliseconds * NS_PER_MS)
    {
    }
}

static void *burn_thread(void *const unused)
{
    burn(BURN_MS);
    return unused;
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *const stream = opendir("/proc/self/fd");
    for (const struct dirent *entry = readdir(stream); NULL != entry; entry = readdir(stream))
    {
        count += '.' != entry->d_name[0] ? 1 : 0;
    }
    closedir(stream);
    return count;
}

/*
 * The metered program: itself, a thread, a child, and a grandchild that outlives them until `hold_fd` is closed. Tells
 * by `ready_fd` when all have burned.
 */
static int program(const int hold_fd, const int ready_fd)
{
    pthread_t other;
    char byte = 0;

    CHECK(0 == pthread_create(&other, NULL, burn_thread, NULL), "thread");
    burn(BURN_MS);
    pthread_join(other, NULL);
    const pid_t child = fork();
    if (0 == child)
    {
        burn(BURN_MS);
        if (0 == fork())
        {
            burn(BURN_MS);
            CHECK(1 == write(ready_fd, "r", 1), "ready");
            CHECK(0 == read(hold_fd, &byte, 1), "hold");
            _exit(0);
        }
        _exit(0);
    }
    CHECK(child == waitpid(child, NULL, 0), "child");
    return 0;
}

static const flopmeter_counter_figure_t *fp64_of(const flopmeter_counter_reading_t *const reading)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (FLOPMETER_FP64 == reading->figures[i].precision)
        {
            return &reading->figures[i];
        }
    }
    CHECK(false, "no figure");
    return NULL;
}

/* Between fork and exec the child burns for itself: that is ours, and must not be counted. */
static pid_t start_child(const char *const self, const int go_fd, const int hold_fd, const int ready_fd)
{
    char hold[16];
    char ready[16];
    char byte;
    const pid_t pid = fork();

    if (0 == pid)
    {
        burn(3 * BURN_MS);
        CHECK(1 == read(go_fd, &byte, 1), "go");
        fcntl(hold_fd, F_SETFD, 0);
        fcntl(ready_fd, F_SETFD, 0);
        snprintf(hold, sizeof(hold), "%d", hold_fd);
        snprintf(ready, sizeof(ready), "%d", ready_fd);
        execl(self, self, "program", hold, ready, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void should_follow_a_tree_from_its_exec_on(const char *const self)
{
    int go[2];
    int hold[2];
    int ready[2];
    char byte;
    struct rusage usage;
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    const int before = open_descriptors();

    CHECK(0 == pipe2(go, O_CLOEXEC) && 0 == pipe2(hold, O_CLOEXEC) && 0 == pipe2(ready, O_CLOEXEC), "pipes");
    const pid_t pid = start_child(self, go[0], hold[0], ready[1]);
    const flopmeter_counter_target_t target = { .pid = pid, .cpu = -1, .from_exec = true };
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &target, &probe);
    CHECK(NULL != counter, "%s", probe.detail);
    close(hold[0]);
    close(ready[1]);
    CHECK(1 == write(go[1], "g", 1) && 1 == read(ready[0], &byte, 1), "ready");
    CHECK(pid == wait4(pid, NULL, 0, &usage), "wait");
    flopmeter_perf_read(counter, &reading);
    const uint64_t lower = (uint64_t)fp64_of(&reading)->lower;
    CHECK(4 * BURN_MS * NS_PER_MS <= lower + CLOCKS_APART_NS,
        "the tree is not followed: %" PRIu64 " ns of at least %" PRIu64, lower, 4 * BURN_MS * NS_PER_MS);
    /* The program, its thread and its child are in `usage`, and so is what came before exec; the grandchild is not. */
    const uint64_t used_ns = ((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * 1000 * NS_PER_MS +
        ((uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec) * 1000;
    CHECK(lower <= used_ns - 3 * BURN_MS * NS_PER_MS + 2 * BURN_MS * NS_PER_MS + CLOCKS_APART_NS,
        "time before exec is counted: %" PRIu64 " of %" PRIu64, lower, used_ns);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "state %d", (int)reading.state);
    CHECK(reading.covered_ns + CLOCKS_APART_NS >= 4 * BURN_MS * NS_PER_MS, "covered %" PRIu64, reading.covered_ns);
    /* A software event takes no turns. */
    CHECK(reading.running_ns <= reading.covered_ns && reading.running_ns + CLOCKS_APART_NS >= reading.covered_ns,
        "on the PMU for %" PRIu64 " of %" PRIu64, reading.running_ns, reading.covered_ns);
    flopmeter_perf_close(counter);
    close(hold[1]);
    close(ready[0]);
    close(go[0]);
    close(go[1]);
    CHECK(before == open_descriptors(), "descriptors are left");
}

static void should_read_groups_of_this_thread_and_pause(void)
{
    const flopmeter_counter_target_t target = { .pid = 0, .cpu = -1 };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t first;
    flopmeter_counter_reading_t second;

    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &target, &probe);
    CHECK(NULL != counter, "%s", probe.detail);
    burn(BURN_MS);
    flopmeter_perf_pause(counter);
    flopmeter_perf_pause(counter);
    burn(2 * BURN_MS);
    flopmeter_perf_read(counter, &first);
    CHECK(FLOPMETER_COUNTER_PAUSED == first.state && 1 == first.gaps_count && !fp64_of(&first)->is_bounded,
        "a pause is a gap, and without a rate nothing bounds it");
    flopmeter_perf_resume(counter);
    flopmeter_perf_resume(counter);
    burn(BURN_MS);
    const uint64_t end_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    flopmeter_perf_read(counter, &second);
    const uint64_t lower = (uint64_t)fp64_of(&second)->lower;
    CHECK(2 * BURN_MS * NS_PER_MS <= lower + CLOCKS_APART_NS &&
        lower + 2 * BURN_MS * NS_PER_MS <= end_ns + CLOCKS_APART_NS,
        "lower %" PRIu64 " of %" PRIu64, lower, end_ns);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == second.state && 1 == second.gaps_count, "state %d", (int)second.state);
    flopmeter_perf_close(counter);
}

/* What the kernel itself answers decides what the probe has to say. */
static void should_say_what_the_kernel_says(void)
{
    const flopmeter_counter_target_t target = { .pid = 0, .cpu = -1 };
    flopmeter_counter_probe_t probe;
    struct perf_event_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.size = sizeof(attr);
    attr.type = PERF_TYPE_RAW;
    attr.config = 0x0702;
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;
    const long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    const int error = fd < 0 ? errno : 0;
    if (fd >= 0)
    {
        close((int)fd);
    }
    flopmeter_perf_source.probe(&target, &probe);
    printf("perf here: state %d, %s; remedy: %s\n", (int)probe.state, probe.detail, probe.remedy);
    if (FLOPMETER_COUNTER_ABSENT == probe.state && NULL == strstr(probe.detail, "ENOENT"))
    {
        printf("no table for this CPU: the kernel was not asked\n");
        return;
    }
    CHECK((ENOENT == error) == (FLOPMETER_COUNTER_ABSENT == probe.state), "errno %d, state %d", error,
        (int)probe.state);
    CHECK((EACCES == error || EPERM == error) == (FLOPMETER_COUNTER_NO_PERMISSION == probe.state),
        "errno %d, state %d", error, (int)probe.state);
}

/* A CPU is watched whole, where that is permitted. */
static void should_watch_every_cpu(void)
{
    static const flopmeter_cpu_event_t clock[] = { { "any", 0, 0, 0, 1, "cpu-clock", PERF_TYPE_SOFTWARE,
        PERF_COUNT_SW_CPU_CLOCK, 1, 1, 1, FLOPMETER_FP64, 1, false } };
    static const flopmeter_perf_setup_t cpus = { &flopmeter_perf_sys, "", clock, 1 };
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1 };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;

    flopmeter_counter_t *const counter = flopmeter_perf_open(&cpus, &target, &probe);
    if (NULL == counter)
    {
        CHECK(FLOPMETER_COUNTER_NO_PERMISSION == probe.state, "%s", probe.detail);
        printf("every CPU: %s; %s\n", probe.detail, probe.remedy);
        return;
    }
    burn(BURN_MS);
    flopmeter_perf_read(counter, &reading);
    CHECK(reading.covered_ns + CLOCKS_APART_NS >= BURN_MS * NS_PER_MS &&
        fp64_of(&reading)->lower + CLOCKS_APART_NS >= BURN_MS * NS_PER_MS,
        "covered %" PRIu64, reading.covered_ns);
    flopmeter_perf_close(counter);
}

int main(const int argc, char **const argv)
{
    const flopmeter_counter_target_t target = { .pid = 0, .cpu = -1 };
    flopmeter_counter_probe_t probe;

    if (argc > 3 && 0 == strcmp(argv[1], "program"))
    {
        return program(atoi(argv[2]), atoi(argv[3]));
    }
    flopmeter_perf_probe(&setup, &target, &probe);
    if (FLOPMETER_COUNTER_AVAILABLE != probe.state)
    {
        printf("skipped: no perf events at all here: %s\n", probe.detail);
        return TEST_SKIP;
    }
    should_say_what_the_kernel_says();
    should_read_groups_of_this_thread_and_pause();
    should_watch_every_cpu();
    should_follow_a_tree_from_its_exec_on(argv[0]);
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every kind of child gets a lane of its own, nothing is counted twice, and a cursor open across a fork works in both.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

#define FORKS (200)

static flopmeter_key_t key_of(const char *node)
{
    flopmeter_key_t key = 0;
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, node, FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
    return key;
}

static void record_many(flopmeter_key_t key, int count)
{
    for (int i = 0; i < count; i++)
    {
        flopmeter_record(key, 1);
    }
}

static void wait_for(pid_t pid)
{
    int status = -1;
    CHECK(pid > 0 && pid == waitpid(pid, &status, 0), "waitpid %d", (int)pid);
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "child ended with status %#x", (unsigned)status);
}

static pid_t plain_fork(void)
{
    return fork();
}

#if !defined(FLOPMETER_TEST_NO_WIPEONFORK)
/* No fork handlers run: this is what a runtime without libc does. */
static pid_t raw_fork(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
#endif

static void check_fork(meter_t *meter, pid_t (*fork_somehow)(void))
{
    const flopmeter_key_t key = key_of("f");

    record_many(key, 10);
    const pid_t pid = fork_somehow();
    if (0 == pid)
    {
        record_many(key, 300);
        record_many(key_of("child"), 7);
        _exit(0);
    }
    record_many(key, 200);
    wait_for(pid);
    record_many(key, 1);
    meter_expect(meter, 518, 518);
    CHECK(2 == meter->lane_count, "%d lanes", meter->lane_count);
    CHECK(lane_reader_u32(meter->lanes[0], 24) != lane_reader_u32(meter->lanes[1], 24), "same pid in both lanes");
    CHECK(7 == meter_total(meter, "child", 0).samples, "child");
}

static void forks(meter_t *meter)
{
    check_fork(meter, plain_fork);
}

#if !defined(FLOPMETER_TEST_NO_WIPEONFORK)
static void forks_raw(meter_t *meter)
{
    check_fork(meter, raw_fork);
}
#endif

static void check_open_cursor(meter_t *meter, pid_t (*fork_somehow)(void))
{
    const flopmeter_key_t key = key_of("cursor");
    flopmeter_batch_t batch = flopmeter_batch_begin();

    flopmeter_batch_add(&batch, key, 1);
    const pid_t pid = fork_somehow();
    for (int i = 0; i < 1000; i++)
    {
        flopmeter_batch_add(&batch, key, 1);
    }
    flopmeter_batch_end(&batch);
    batch = flopmeter_batch_begin();
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_batch_end(&batch);
    if (0 == pid)
    {
        _exit(0);
    }
    wait_for(pid);
    meter_expect(meter, 2003, 2003);
    CHECK(2 == meter->lane_count, "%d lanes", meter->lane_count);
}

static void forks_with_open_cursor(meter_t *meter)
{
    check_open_cursor(meter, plain_fork);
}

#if !defined(FLOPMETER_TEST_NO_WIPEONFORK)
static void forks_raw_with_open_cursor(meter_t *meter)
{
    check_open_cursor(meter, raw_fork);
}
#endif

static void vforks(meter_t *meter)
{
    const flopmeter_key_t key = key_of("v");

    for (int i = 0; i < 20; i++)
    {
        record_many(key, 1);
        const pid_t pid = vfork();
        if (0 == pid)
        {
            flopmeter_record(key, 1);
            execl("/bin/true", "true", (char *)NULL);
            _exit(1);
        }
        wait_for(pid);
    }
    meter_expect(meter, 40, 40);
}

/* The first record of the process is made by a vfork child: the lane is that of the parent. */
static void vforks_first(meter_t *meter)
{
    const flopmeter_key_t key = key_of("v");
    const pid_t pid = vfork();

    if (0 == pid)
    {
        flopmeter_record(key, 1);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    wait_for(pid);
    record_many(key, 1);
    meter_expect(meter, 2, 2);
#if !defined(__SANITIZE_THREAD__)
    CHECK(1 == meter->lane_count, "%d lanes", meter->lane_count);
    CHECK((uint32_t)getpid() == lane_reader_u32(meter->lanes[0], 24), "the lane is the dead child's");
#endif
}

static void daemonises(meter_t *meter)
{
    const flopmeter_key_t key = key_of("d");

    record_many(key, 1);
    const pid_t pid = fork();
    if (0 == pid)
    {
        record_many(key, 1);
        setsid();
        if (0 == fork())
        {
            record_many(key, 1);
        }
        _exit(0);
    }
    wait_for(pid);
    CHECK_EVENTUALLY((meter_drain(meter, true), 3 == meter_total(meter, NULL, -1).samples), "the daemon's sample");
    CHECK(3 == meter->lane_count, "%d lanes", meter->lane_count);
}

static uint32_t stop;
static uint64_t recorded_by_threads;

static void *record_until_stopped(void *argument)
{
    const flopmeter_key_t key = *(flopmeter_key_t *)argument;
    uint64_t count = 0;

    while (0 == __atomic_load_n(&stop, __ATOMIC_RELAXED) || count < 100)
    {
        flopmeter_record(key, 1);
        count++;
    }
    __atomic_fetch_add(&recorded_by_threads, count, __ATOMIC_RELAXED);
    return NULL;
}

static void forks_among_threads(meter_t *meter)
{
    flopmeter_key_t key = key_of("t");
    const flopmeter_key_t child_key = key_of("child");
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, record_until_stopped, &key), "thread");
    }
    for (int i = 0; i < 50; i++)
    {
        const pid_t pid = fork();
        if (0 == pid)
        {
            record_many(child_key, 100);
            _exit(0);
        }
        wait_for(pid);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++)
    {
        pthread_join(threads[i], NULL);
    }
    meter_expect(meter, recorded_by_threads + 5000, recorded_by_threads + 5000);
    CHECK(5000 == meter_total(meter, "child", 0).samples, "children");
}

static volatile sig_atomic_t is_child;
static volatile sig_atomic_t forked;

static void fork_in_handler(int number)
{
    (void)number;
    /* Where a fork takes longer than the timer, as under a sanitizer, the loop below hardly comes to ask. */
    if (!is_child && forked < FORKS)
    {
        const pid_t pid = fork();
        is_child = 0 == pid;
        forked += 0 < pid ? 1 : 0;
    }
}

/* The child returns from the handler into whatever the signal interrupted. */
static void forks_in_handlers(meter_t *meter)
{
    const struct itimerval storm = { { 0, 700 }, { 0, 700 } };
    const flopmeter_key_t key = key_of("h");
    const flopmeter_key_t child_key = key_of("child");
    struct sigaction action = { .sa_handler = fork_in_handler };
    uint64_t recorded = 0;

    CHECK(0 == sigaction(SIGALRM, &action, NULL) && 0 == setitimer(ITIMER_REAL, &storm, NULL), "timer");
    while (!is_child && forked < FORKS)
    {
        flopmeter_batch_t batch = flopmeter_batch_begin();
        for (int i = 0; i < 100 && !is_child; i++, recorded++)
        {
            flopmeter_batch_add(&batch, key, 1);
        }
        flopmeter_batch_end(&batch);
        for (int i = 0; i < 100 && !is_child; i++, recorded++)
        {
            flopmeter_record(key, 1);
        }
    }
    /* First: a signal behind the question would leave a child that waits for children. */
    const struct itimerval none = { { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_REAL, &none, NULL);
    if (is_child)
    {
        record_many(child_key, 10);
        _exit(0);
    }
    const uint64_t children = (uint64_t)forked;
    for (uint64_t i = 0; i < children; i++)
    {
        int status = -1;
        CHECK(wait(&status) > 0 && WIFEXITED(status) && 0 == WEXITSTATUS(status), "child: %#x", (unsigned)status);
    }

    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(10 * children == meter_total(meter, "child", 0).samples, "children");
    /* A call that had not begun to record when its thread forked is a call of both processes. */
    const uint64_t samples = meter_total(meter, "h", 0).samples;
    CHECK(samples >= recorded && samples <= recorded + children,
        "%" PRIu64 " samples of %" PRIu64 ", %" PRIu64 " forks", samples, recorded, children);
}

static void run(void (*scenario)(meter_t *))
{
    meter_t *const meter = meter_create();

    meter_run_ok(meter, scenario);
    meter_destroy(meter);
}

int main(void)
{
    setenv("FLOPMETER_LANE_SLOTS", "128", 1);
    setenv("FLOPMETER_LANE_RING", "4096", 1);
    run(forks);
    run(forks_with_open_cursor);
#if !defined(FLOPMETER_TEST_NO_WIPEONFORK)
    run(forks_raw);
    run(forks_raw_with_open_cursor);
#endif
    run(vforks);
    run(vforks_first);
    run(daemonises);
    run(forks_among_threads);
    run(forks_in_handlers);
    return 0;
}

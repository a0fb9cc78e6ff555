/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sums by card that any number of threads add to: exact at the end, whole while they add, and never falling; also from
 * signal handlers, by threads that come and go, by more of them than have cells, and in children.
 */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cuda_mine.h"
#include "cuda_stated.h"
#include "session_rig.h"

#define CARDS (3)
#define ADDERS (4)
#define ADDS (20000)
#define READS (40)
#define MANY (FLOPMETER_CUDA_STATED_CELLS + 40)

/* Each addition carries every second time, and is the same in all fields: a half one shows. */
static const flopmeter_u128_t step = ((flopmeter_u128_t)3 << 63) + 7;

static atomic_int adders_left;
static atomic_int reads_left;       /* so many are to be made before they end */

static void add(int device)
{
    const flopmeter_shape_t stated = { step, step, step };

    flopmeter_cuda_stated_add(device, &stated);
}

static flopmeter_u128_t read_whole(int device, const char *what)
{
    flopmeter_shape_t sums[CARDS];

    flopmeter_cuda_stated_read(sums, CARDS);
    CHECK(sums[device].flop_count == sums[device].estimate && sums[device].estimate == sums[device].bound,
        "%s: an addition is torn", what);
    CHECK(0 == sums[device].flop_count % step, "%s: torn within a sum", what);
    return sums[device].flop_count / step;
}

static void check_sum(int device, uint64_t expected, const char *what)
{
    const uint64_t sum = (uint64_t)read_whole(device, what);

    CHECK(expected == sum, "%s: %llu additions on card %d in place of %llu", what, (unsigned long long)sum, device,
        (unsigned long long)expected);
}

static void test_words(void)
{
    const flopmeter_shape_t large = { UINT64_MAX, 1, 0 };
    flopmeter_shape_t sums[CARDS];

    flopmeter_cuda_stated_reset();
    for (int i = 0; i < 5; i++)
    {
        flopmeter_cuda_stated_add(1, &large);
        flopmeter_cuda_stated_add(-1, &large);
        flopmeter_cuda_stated_add(FLOPMETER_CUDA_STATED_DEVICES, &large);
    }
    flopmeter_cuda_stated_read(sums, CARDS);
    CHECK((flopmeter_u128_t)UINT64_MAX * 5 == sums[1].flop_count && 5 == sums[1].estimate && 0 == sums[1].bound,
        "a sum beyond 64 bits");
    CHECK(0 == sums[0].flop_count && 0 == sums[2].flop_count, "another card's");
    flopmeter_cuda_stated_reset();
    flopmeter_cuda_stated_read(sums, CARDS);
    CHECK(0 == sums[1].flop_count && 0 == sums[1].estimate, "left after a reset");
    /* This thread had a cell of before. */
    add(1);
    check_sum(1, 1, "after a reset");
}

static void *adder(void *argument)
{
    uint64_t *const count = argument;

    for (*count = 0; *count < ADDS || atomic_load_explicit(&reads_left, memory_order_relaxed) > 0; (*count)++)
    {
        add((int)(*count % 2));
    }
    atomic_fetch_sub(&adders_left, 1);
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
    add(2);
}

/* While they add somebody reads. */
static void test_threads(void)
{
    uint64_t counts[ADDERS];
    uint64_t expected[2] = { 0, 0 };
    pthread_t threads[ADDERS];
    flopmeter_u128_t before = 0;

    flopmeter_cuda_stated_reset();
    atomic_store(&adders_left, ADDERS);
    atomic_store(&reads_left, READS);
    for (int i = 0; i < ADDERS; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, adder, &counts[i]), "thread");
    }
    while (0 != atomic_load(&adders_left))
    {
        const flopmeter_u128_t now = read_whole(0, "while they add");
        CHECK(now >= before, "a sum fell");
        before = now;
        atomic_fetch_sub(&reads_left, 1);
    }
    for (int i = 0; i < ADDERS; i++)
    {
        CHECK(0 == pthread_join(threads[i], NULL), "join");
        expected[0] += (counts[i] + 1) / 2;
        expected[1] += counts[i] / 2;
    }
    check_sum(0, expected[0], "threads");
    check_sum(1, expected[1], "threads");
}

/* Signals come in the middle of additions, and their handler adds. */
static void test_signals(void)
{
    const struct sigaction action = { .sa_handler = on_signal };
    pthread_t thread;
    uint64_t count = 0;
    uint64_t sent = 0;

    CHECK(0 == sigaction(SIGUSR1, &action, NULL), "sigaction");
    flopmeter_cuda_stated_reset();
    atomic_store(&adders_left, 1);
    atomic_store(&reads_left, READS);
    CHECK(0 == pthread_create(&thread, NULL, adder, &count), "thread");
    while (0 != atomic_load(&adders_left))
    {
        add(1);
        CHECK(0 == raise(SIGUSR1), "raise");
        sent++;
        pthread_kill(thread, SIGUSR1);
        atomic_fetch_sub(&reads_left, 1);
    }
    CHECK(0 == pthread_join(thread, NULL), "join");
    CHECK((uint64_t)read_whole(2, "signals") <= 2 * sent && (uint64_t)read_whole(2, "signals") > sent, "signals");
    check_sum(0, (count + 1) / 2, "beside signals");
    check_sum(1, count / 2 + sent, "beside signals");
}

static void on_look(int number)
{
    (void)number;
    read_whole(0, "in the middle of an addition");
    atomic_fetch_sub(&reads_left, 1);
}

/* A reader for whom the writer stands still in the middle of an addition: its own thread's signal handler. */
static void test_standstill(void)
{
    const struct sigaction action = { .sa_handler = on_look };
    pthread_t thread;
    uint64_t count = 0;

    CHECK(0 == sigaction(SIGUSR2, &action, NULL), "sigaction");
    flopmeter_cuda_stated_reset();
    atomic_store(&adders_left, 1);
    atomic_store(&reads_left, READS);
    CHECK(0 == pthread_create(&thread, NULL, adder, &count), "thread");
    while (0 != atomic_load(&adders_left))
    {
        pthread_kill(thread, SIGUSR2);
        sched_yield();
    }
    CHECK(0 == pthread_join(thread, NULL), "join");
    check_sum(0, (count + 1) / 2, "standstill");
}

static pthread_barrier_t barrier;

static void *short_adder(void *argument)
{
    add(1);
    if (NULL != argument)
    {
        pthread_barrier_wait(argument);
        add(1);
    }
    return NULL;
}

/* More threads than cells: one after the other, which leave theirs, and all at once, which share one. */
static void test_many(void)
{
    static pthread_t threads[MANY];
    int taken = 0;

    flopmeter_cuda_stated_reset();
    for (int i = 0; i < 2 * MANY; i++)
    {
        CHECK(0 == pthread_create(&threads[0], NULL, short_adder, NULL) && 0 == pthread_join(threads[0], NULL),
            "thread");
    }
    check_sum(1, 2 * MANY, "one after the other");
    taken = flopmeter_cuda_stated_cells();
    CHECK(1 == taken, "%d cells are taken one after the other", taken);
    CHECK(0 == pthread_barrier_init(&barrier, NULL, MANY), "barrier");
    for (int i = 0; i < MANY; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, short_adder, &barrier), "thread");
    }
    for (int i = 0; i < MANY; i++)
    {
        CHECK(0 == pthread_join(threads[i], NULL), "join");
    }
    check_sum(1, 4 * MANY, "all at once");
    CHECK(FLOPMETER_CUDA_STATED_CELLS == flopmeter_cuda_stated_cells(), "not all at once");
}

/* A child's state is not its own, however it was made, until it begins anew. */
static void test_child(void)
{
    int status = -1;

    flopmeter_cuda_mine_begin();
    flopmeter_cuda_stated_reset();
    add(1);
    CHECK(flopmeter_cuda_mine_is(), "not its own");
    const pid_t pid = fork();
    if (0 == pid)
    {
        const bool was_mine = flopmeter_cuda_mine_is();
        flopmeter_cuda_mine_begin();
        flopmeter_cuda_stated_reset();
        add(1);
        check_sum(1, 1, "a child");
        _exit(was_mine ? 1 : flopmeter_cuda_mine_is() ? 0 : 2);
    }
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "child: %#x", (unsigned)status);
    CHECK(flopmeter_cuda_mine_is(), "its child took it");
    check_sum(1, 1, "beside a child");
}

int main(void)
{
    test_words();
    test_threads();
    test_signals();
    test_standstill();
    test_many();
    test_child();
    return 0;
}

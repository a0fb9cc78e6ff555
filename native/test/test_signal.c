/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Handlers that record, intern and push contexts while they interrupt code that does the same: exact, and no deadlock.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "check.h"
#include "flopmeter_core.h"
#include "meter_dir.h"

#define HANDLED_MIN (1000)

static flopmeter_key_t key;
static uint64_t handled;

static flopmeter_key_t key_of(const char *node)
{
    flopmeter_key_t found = 0;
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, node, FLOPMETER_FP16, FLOPMETER_DECLARED, FLOPMETER_SOURCE_API, &found), "intern");
    return found;
}

/* 4 samples, one of them on a name of its own. */
static void handler(int number)
{
    const flopmeter_shape_t shape = { .flop_count = 1, .estimate = 0, .bound = 0 };
    const uint64_t n = __atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
    char node[16] = "h0000";

    (void)number;
    for (int i = 4; i > 0; i--)
    {
        node[i] = (char)('0' + (n >> (3 * (4 - i))) % 8);
    }
    flopmeter_record(key, 1);
    flopmeter_batch_t batch = flopmeter_batch_begin();
    flopmeter_batch_add(&batch, key_of(node), 1);
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_batch_end(&batch);
    flopmeter_context_push(NULL, "handler");
    flopmeter_core_count(FLOPMETER_FP16, FLOPMETER_SOURCE_BLAS, &shape);
    flopmeter_context_pop();
}

static void storm_begin(int period_us)
{
    const struct itimerval storm = { { 0, period_us }, { 0, period_us } };
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

    CHECK(0 == sigaction(SIGALRM, &action, NULL) && 0 == setitimer(ITIMER_REAL, &storm, NULL), "timer");
}

static void storm_end(void)
{
    const struct itimerval none = { { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_REAL, &none, NULL);
}

static void storm(meter_t *meter)
{
    const flopmeter_shape_t shape = { .flop_count = 1, .estimate = 0, .bound = 0 };
    uint64_t samples = 0;

    key = key_of("main");
    storm_begin(50);
    for (uint64_t i = 0; __atomic_load_n(&handled, __ATOMIC_RELAXED) < HANDLED_MIN; i++)
    {
        char node[16];
        snprintf(node, sizeof(node), "n%" PRIu64, i % 3000);
        flopmeter_record(key_of(node), 1);
        flopmeter_batch_t batch = flopmeter_batch_begin();
        for (int n = 0; n < 20; n++)
        {
            flopmeter_batch_add(&batch, key, 1);
        }
        flopmeter_batch_end(&batch);
        flopmeter_core_count(FLOPMETER_FP16, FLOPMETER_SOURCE_BLAS, &shape);
        samples += 22;
    }
    storm_end();
    samples += 4 * handled;
    meter_expect(meter, samples, samples);
    CHECK(0 == meter_lost(meter) && 0 == meter_gaps(meter, FLOPMETER_GAP_NESTING), "lost");
    CHECK(handled == meter_total(meter, "handler", 0).samples, "the handlers' context");
}

static void *record_once(void *argument)
{
    (void)argument;
    flopmeter_record(key, 1);
    return NULL;
}

/* Signals that arrive while a lane is being made for a new thread. */
static void storm_over_new_threads(meter_t *meter)
{
    uint64_t threads = 0;

    key = key_of("main");
    storm_begin(30);
    for (; threads < 300 || __atomic_load_n(&handled, __ATOMIC_RELAXED) < HANDLED_MIN; threads++)
    {
        pthread_t thread;
        CHECK(0 == pthread_create(&thread, NULL, record_once, NULL), "thread");
        pthread_join(thread, NULL);
    }
    storm_end();
    meter_expect(meter, 4 * handled + threads, 4 * handled + threads);
    CHECK(meter->lane_count < 40, "%d lanes", meter->lane_count);
}

static uint32_t stop;

static void *record_until_stopped(void *count)
{
    while (0 == __atomic_load_n(&stop, __ATOMIC_RELAXED))
    {
        flopmeter_record(key, 1);
        *(uint64_t *)count += 1;
    }
    return NULL;
}

static void storm_by_other_threads(meter_t *meter)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    uint64_t counts[3] = { 0, 0, 0 };
    pthread_t threads[3];

    key = key_of("main");
    CHECK(0 == sigaction(SIGUSR1, &action, NULL), "sigaction");
    for (int i = 0; i < 3; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, record_until_stopped, &counts[i]), "thread");
    }
    for (int i = 0; __atomic_load_n(&handled, __ATOMIC_RELAXED) < HANDLED_MIN; i++)
    {
        pthread_kill(threads[i % 3], SIGUSR1);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
    {
        pthread_join(threads[i], NULL);
    }
    const uint64_t samples = counts[0] + counts[1] + counts[2] + 4 * handled;
    meter_expect(meter, samples, samples);
}

#if !defined(__SANITIZE_THREAD__)
/* TSan puts signals off, so nothing nests there. */
static volatile sig_atomic_t depth;

static void nest(int number)
{
    flopmeter_batch_t batch = flopmeter_batch_begin();

    flopmeter_batch_add(&batch, key, 1);
    depth = depth + 1;
    if (depth < 10)
    {
        raise(number);
    }
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_batch_end(&batch);
}

static void nests_at_most_8_deep(meter_t *meter)
{
    struct sigaction action = { .sa_handler = nest, .sa_flags = SA_NODEFER };

    key = key_of("nested");
    CHECK(0 == sigaction(SIGUSR1, &action, NULL), "sigaction");
    raise(SIGUSR1);
    meter_expect(meter, 16, 16);
    CHECK(8 == meter->lane_count, "%d lanes", meter->lane_count);
    CHECK(4 == meter_lost(meter), "%" PRIu64 " lost", meter_lost(meter));
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_NESTING), "gap");
    depth = 2;
    raise(SIGUSR1);
    meter_expect(meter, 32, 32);
    CHECK(4 == meter_lost(meter), "%" PRIu64 " lost", meter_lost(meter));
}

#endif

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
    run(storm);
    run(storm_over_new_threads);
    run(storm_by_other_threads);
#if !defined(__SANITIZE_THREAD__)
    run(nests_at_most_8_deep);
#endif
    return 0;
}

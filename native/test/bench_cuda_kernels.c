/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not a test: what a counted cuBLAS call costs while kernels are watched, in turn with the same call watched by nobody,
 * without what cuBLAS and CUPTI cost themselves. Run with the preload library: docs/measured has the command.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cuda_kernels.h"
#include "session_rig.h"

#define CALLS (100000)
#define TRIES (15)
#define THREADS (2)

/* In a file of its own: its fake has other functions of the same names. */
void bench_calls(int count);

static uint64_t no_begin(void)
{
    return 1;
}

static void no_end(uint64_t number, flopmeter_cuda_outcome_t outcome)
{
    (void)number, (void)outcome;
}

/* The fake driver has no current device. */
static void states(int device, const flopmeter_shape_t *stated)
{
    (void)device;
    flopmeter_cuda_kernels_states(0, stated);
}

static void no_states(int device, const flopmeter_shape_t *stated)
{
    (void)device, (void)stated;
}

static const struct
{
    const char *name;
    flopmeter_cuda_watch_t watch;
}
ways[] =
{
    { "nobody watches", { .made = NULL } },
    { "told, and nothing done", { .call_begin = no_begin, .call_end = no_end, .states = no_states } },
    { "stated by card", { .call_begin = no_begin, .call_end = no_end, .states = states } },
    { "numbered", { .call_begin = flopmeter_cuda_kernels_call_begin, .call_end = flopmeter_cuda_kernels_call_end } },
    { "both: as with --kernels", { .call_begin = flopmeter_cuda_kernels_call_begin,
        .call_end = flopmeter_cuda_kernels_call_end, .states = states } }
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static pthread_barrier_t barrier;

static void *loop(void *argument)
{
    struct timespec begin;
    struct timespec end;

    pthread_barrier_wait(&barrier);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    bench_calls(CALLS);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    *(double *)argument = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / CALLS;
    return NULL;
}

/* CPU time of the slowest thread: others on the machine take none of it. */
static double ns_of(int threads_count)
{
    pthread_t threads[THREADS];
    double ns[THREADS] = { 0 };

    pthread_barrier_init(&barrier, NULL, (unsigned)threads_count);
    for (int t = 0; t < threads_count; t++)
    {
        CHECK(0 == pthread_create(&threads[t], NULL, loop, &ns[t]), "thread");
    }
    for (int t = 0; t < threads_count; t++)
    {
        CHECK(0 == pthread_join(threads[t], NULL), "join");
    }
    return ns[1] > ns[0] ? ns[1] : ns[0];
}

int main(void)
{
    flopmeter_cuda_watch_fn *watch = NULL;
    void *const symbol = dlsym(RTLD_DEFAULT, FLOPMETER_CUDA_WATCH_NAME);
    double best[WAYS][THREADS];

    CHECK(NULL != symbol, "run it with LD_PRELOAD=libflopmeter_intercept.so");
    memcpy(&watch, &symbol, sizeof(symbol));
    reset("GH100");
    flopmeter_cuda_kernels_reset();
    CHECK(FLOPMETER_COUNTER_AVAILABLE == flopmeter_cuda_kernels_open(&settings, &rig_world, fake->now_ns), "open");
    for (int try = 0; try < TRIES; try++)
    {
        for (size_t way = 0; way < WAYS; way++)
        {
            for (int t = 0; t < THREADS; t++)
            {
                watch(0 == way ? NULL : &ways[way].watch);
                const double ns = ns_of(t + 1);
                best[way][t] = 0 == try || ns < best[way][t] ? ns : best[way][t];
            }
        }
    }
    watch(NULL);
    for (size_t way = 0; way < WAYS; way++)
    {
        printf("%-26s one thread %6.1f ns (%.2f), two %6.1f ns (%.2f)\n", ways[way].name, best[way][0],
            best[way][0] / best[0][0], best[way][1], best[way][1] / best[0][1]);
    }
    return 0;
}

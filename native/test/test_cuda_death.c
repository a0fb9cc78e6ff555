/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program that ends, forks or waits inside a call of cuBLAS or cuBLASLt: it ends as it would without the meter, what
 * was done before is counted, once, what was not finished is not, and nobody else waits. Real lanes.
 */

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fake_cublaslt.h"
#include "fake_cuda_script.h"
#include "meter_dir.h"

/* 2 x 11 x 5 x 7, and 2 x 13 x 5 x 7. */
#define FIRST (770)
#define SECOND (910)

int cublasDgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const double *alpha,
    const void *a, int lda, const void *b, int ldb, const double *beta, void *c, int ldc);

static const double one = 1.0;
static fake_stream_t stream;
static meter_t *meter;
static bool is_lt;
static sem_t is_inside;
static sem_t may_go;

static void clean(void)
{
    if (NULL != meter)
    {
        meter_destroy(meter);
    }
}

static void multiply_lt(int m, void (*hook)(void))
{
    fake_desc_t desc = { .compute = 70, .scale = 1 };
    const fake_layout_t left = { .type = 1, .rows = (uint64_t)m, .cols = 7, .batch = 1 };
    const fake_layout_t right = { .type = 1, .rows = 7, .cols = 5, .batch = 1 };
    const fake_layout_t result = { .type = 1, .rows = (uint64_t)m, .cols = 5, .batch = 1 };

    fake_cublaslt_hook(hook);
    CHECK(0 == cublasLtMatmul(NULL, &desc, &one, NULL, &left, NULL, &right, &one, NULL, &result, NULL, &result, NULL,
        NULL, 12345, NULL), "cublasLtMatmul");
    fake_cublaslt_hook(NULL);
}

static void multiply(int m, void (*hook)(void))
{
    fake_handle_t handle = { .stream = &stream, .hook = hook };

    if (is_lt)
    {
        multiply_lt(m, hook);
        return;
    }
    CHECK(0 == cublasDgemm_v2(&handle, 0, 0, m, 5, 7, &one, NULL, m, NULL, 7, &one, NULL, m), "cublasDgemm");
}

static void leave(void)
{
    exit(3);
}

static void leave_at_once(void)
{
    _exit(4);
}

static void be_killed(void)
{
    raise(SIGKILL);
}

static void crash(void)
{
    abort();
}

static void part(void)
{
    const pid_t pid = fork();

    if (0 == pid)
    {
        _exit(0);
    }
    CHECK(pid > 0 && pid == waitpid(pid, NULL, 0), "fork");
}

static void wait_inside(void)
{
    sem_post(&is_inside);
    while (0 != sem_wait(&may_go))
    {
        // A signal.
    }
}

static void end_inside(meter_t *unused, void (*hook)(void))
{
    (void)unused;
    multiply(11, NULL);
    multiply(13, hook);
}

static void by_exit(meter_t *at)
{
    end_inside(at, leave);
}

static void by_exit_at_once(meter_t *at)
{
    end_inside(at, leave_at_once);
}

static void by_kill(meter_t *at)
{
    end_inside(at, be_killed);
}

static void by_crash(meter_t *at)
{
    end_inside(at, crash);
}

static void by_fork(meter_t *at)
{
    end_inside(at, part);
}

static void *be_slow(void *unused)
{
    (void)unused;
    multiply(13, wait_inside);
    return NULL;
}

/* The first thread's call does not end before the second one's have. */
static void beside_a_slow_call(meter_t *unused)
{
    pthread_t thread;

    (void)unused;
    CHECK(0 == sem_init(&is_inside, 0, 0) && 0 == sem_init(&may_go, 0, 0), "sem_init");
    CHECK(0 == pthread_create(&thread, NULL, be_slow, NULL), "pthread_create");
    while (0 != sem_wait(&is_inside))
    {
        // A signal.
    }
    fake_cublaslt_hook(NULL);
    multiply(11, NULL);
    multiply(11, NULL);
    sem_post(&may_go);
    CHECK(0 == pthread_join(thread, NULL), "pthread_join");
}

static void expect(const char *what, void (*scenario)(meter_t *), int status, uint64_t flop_count)
{
    meter = meter_create();
    const int found = meter_run(meter, scenario);
    CHECK(status == found, "%s: status %#x in place of %#x", what, (unsigned)found, (unsigned)status);
    meter_drain(meter, true);
    const uint64_t counted = (uint64_t)meter_total(meter, "", -1).flop;
    CHECK(flop_count == counted, "%s: %llu FLOP in place of %llu", what, (unsigned long long)counted,
        (unsigned long long)flop_count);
    meter_check(meter, false);
    meter_destroy(meter);
    meter = NULL;
}

int main(void)
{
    check_cleanup = clean;
    for (int lt = 0; lt < 2; lt++)
    {
        is_lt = 1 == lt;
        expect("exit", by_exit, 3 << 8, FIRST);
        expect("_exit", by_exit_at_once, 4 << 8, FIRST);
        expect("SIGKILL", by_kill, SIGKILL, FIRST);
        expect("abort", by_crash, SIGABRT, FIRST);
        expect("fork", by_fork, 0, FIRST + SECOND);
        expect("slow", beside_a_slow_call, 0, 2 * FIRST + SECOND);
    }
    return 0;
}

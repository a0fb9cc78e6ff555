/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program that ends, forks or waits inside a call of cuBLAS, cuBLASLt or cuDNN: it ends as it would without the
 * meter, what was done before is counted, once, what was not finished is not, and nobody else waits. Real lanes.
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
#include "fake_cudnn.h"
#include "meter_dir.h"

/* 2 x 11 x 5 x 7, and 2 x 13 x 5 x 7. */
#define FIRST (770)
#define SECOND (910)

int cublasDgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const double *alpha,
    const void *a, int lda, const void *b, int ldb, const double *beta, void *c, int ldc);

static const double one = 1.0;
static fake_stream_t stream;
static meter_t *meter;
static enum
{
    BLAS,
    BLAS_LT,
    CONVOLUTION,
    NETWORK,
    PLAN,
    LIBRARIES
}
library;
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

/* 2 x m x 5 x 7 as a convolution with a kernel of one place, as one layer of a network without a recurrent part to
   speak of (2 x 5 x 7 a token), and as a product that a plan executes. */
static void convolve(fake_dnn_t *handle, int m)
{
    const fake_shape_t x = { .type = 1, .count = 4, .dims = { 1, 7, 5, 1 } };
    const fake_shape_t w = { .type = 1, .count = 4, .dims = { m, 7, 1, 1 } };
    const fake_shape_t y = { .type = 1, .count = 4, .dims = { 1, m, 5, 1 } };

    CHECK(0 == cudnnConvolutionForward(
        handle, &one, &x, NULL, &w, NULL, &x, 0, NULL, 0, &one, &y, (void *)77), "cudnnConvolutionForward");
}

static void recur(fake_dnn_t *handle, int m)
{
    const fake_rnn_t rnn = { .type = 1, .input = 2, .hidden = 5, .layers = 1 };
    const int lengths[1] = { m };
    const fake_data_t data = { 1, lengths, 0 };

    CHECK(0 == cudnnRNNForward(handle, &rnn, 1, NULL, &data, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0,
        NULL, 0, NULL, 0, (void *)77), "cudnnRNNForward");
}

static void *make(int type, int name, int kind, int64_t count, const void *elements)
{
    void *descriptor = NULL;

    CHECK(0 == cudnnBackendCreateDescriptor(type, &descriptor), "create");
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, kind, count, elements), "set %d", name);
    return descriptor;
}

static void execute(fake_dnn_t *handle, int m)
{
    static const int full = 1;
    const int64_t dims[3][3] = { { 1, m, 7 }, { 1, 7, 5 }, { 1, m, 5 } };
    void *made[7] = { NULL };

    for (int i = 0; i < 3; i++)
    {
        made[i] = make(17, 902, 3, 3, dims[i]);
        CHECK(0 == cudnnBackendSetAttribute(made[i], 901, 1, 1, &full), "type");
    }
    made[3] = make(19, 1520, 15, 1, &made[0]);
    CHECK(0 == cudnnBackendSetAttribute(made[3], 1521, 15, 1, &made[1]), "right");
    CHECK(0 == cudnnBackendSetAttribute(made[3], 1522, 15, 1, &made[2]), "result");
    made[4] = make(15, 801, 15, 1, &made[3]);
    made[5] = make(2, 1300, 15, 1, &made[4]);
    made[6] = make(3, 300, 15, 1, &made[5]);
    void *const plan = make(5, 401, 15, 1, &made[6]);
    CHECK(0 == cudnnBackendExecute(handle, plan, NULL), "cudnnBackendExecute");
    for (int i = 0; i < 7; i++)
    {
        CHECK(0 == cudnnBackendDestroyDescriptor(made[i]), "destroy");
    }
    CHECK(0 == cudnnBackendDestroyDescriptor(plan), "destroy");
}

static void compute(int m, void (*hook)(void))
{
    fake_dnn_t handle = { .stream = &stream };

    fake_cudnn_hook(hook);
    (CONVOLUTION == library ? convolve : NETWORK == library ? recur : execute)(&handle, m);
    fake_cudnn_hook(NULL);
}

static void multiply(int m, void (*hook)(void))
{
    fake_handle_t handle = { .stream = &stream, .hook = hook };

    if (BLAS != library)
    {
        (BLAS_LT == library ? multiply_lt : compute)(m, hook);
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

/* The thread goes, the program does not. */
static void leave_thread(void)
{
    pthread_exit(NULL);
}

static void *leave_inside(void *unused)
{
    (void)unused;
    multiply(13, leave_thread);
    return NULL;
}

static void unhook(void)
{
    fake_cublaslt_hook(NULL);
    fake_cudnn_hook(NULL);
}

static void by_thread_exit(meter_t *unused)
{
    pthread_t thread;

    (void)unused;
    CHECK(0 == pthread_create(&thread, NULL, leave_inside, NULL) && 0 == pthread_join(thread, NULL), "thread");
    unhook();
    multiply(11, NULL);
}

static void multiply_at_exit(void)
{
    unhook();
    multiply(13, NULL);
}

static void in_exit_handler(meter_t *unused)
{
    (void)unused;
    CHECK(0 == atexit(multiply_at_exit), "atexit");
    multiply(11, NULL);
    exit(3);
}

static void *be_slow(void *unused)
{
    (void)unused;
    multiply(13, wait_inside);
    return NULL;
}

/* The program ends while another thread is inside a call that never ends, and calls the library on its way. */
static void beside_an_endless_call(meter_t *unused)
{
    pthread_t thread;

    (void)unused;
    CHECK(0 == sem_init(&is_inside, 0, 0) && 0 == sem_init(&may_go, 0, 0), "sem_init");
    CHECK(0 == atexit(multiply_at_exit), "atexit");
    CHECK(0 == pthread_create(&thread, NULL, be_slow, NULL), "pthread_create");
    while (0 != sem_wait(&is_inside))
    {
        // A signal.
    }
    unhook();
    multiply(11, NULL);
    exit(3);
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
    unhook();
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
    for (int i = 0; i < LIBRARIES; i++)
    {
        library = i;
        expect("exit", by_exit, 3 << 8, FIRST);
        expect("_exit", by_exit_at_once, 4 << 8, FIRST);
        expect("SIGKILL", by_kill, SIGKILL, FIRST);
        expect("abort", by_crash, SIGABRT, FIRST);
        expect("fork", by_fork, 0, FIRST + SECOND);
        expect("slow", beside_a_slow_call, 0, 2 * FIRST + SECOND);
        expect("pthread_exit", by_thread_exit, 0, FIRST);
        expect("exit handler", in_exit_handler, 3 << 8, FIRST + SECOND);
        expect("endless", beside_an_endless_call, 3 << 8, FIRST + SECOND);
    }
    return 0;
}

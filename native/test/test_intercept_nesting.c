/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One count per outermost call, whatever way the call is left: nested calls, longjmp, C++ exceptions, threads,
 * refusals, and what happens when there is no library at all. Usage: FAKE_ONE FAKE_LAPACK [THROWER]
 */

#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_blas.h"
#include "stub_core.h"

#define GEMM_FLOP (2 * 3 * 4 * 5)

typedef void dgemm_t(
    const char *,
    const char *,
    const int32_t *,
    const int32_t *,
    const int32_t *,
    const double *,
    const void *,
    const int32_t *,
    const void *,
    const int32_t *,
    const double *,
    void *,
    const int32_t *);
typedef void
dgesv_t(const int32_t *, const int32_t *, void *, const int32_t *, int32_t *, void *, const int32_t *, int32_t *);
typedef void cblas_dgemm_t(
    int,
    int,
    int,
    int32_t,
    int32_t,
    int32_t,
    double,
    const void *,
    int32_t,
    const void *,
    int32_t,
    double,
    void *,
    int32_t);
typedef double ddot_t(const int32_t *, const double *, const int32_t *, const double *, const int32_t *);
typedef void (**hook_t(void))(void);
typedef void throw_t(void);
typedef int try_t(void (*)(void));

static int failures;
static dgemm_t *gemm;
static dgesv_t *gesv;
static cblas_dgemm_t *cblas_gemm;
static fake_state_t *fake;
static hook_t *lapack_hook;
static jmp_buf out;

#define CHECK_SUM(expected, what)                                                                                      \
    do                                                                                                                 \
    {                                                                                                                  \
        if ((flopmeter_u128_t)(expected) != stub_last()->sum)                                                          \
        {                                                                                                              \
            fprintf(                                                                                                   \
                stderr, "%s:%d: %s: expected %lld, counted %lld\n", __FILE__, __LINE__, (what), (long long)(expected), \
                (long long)stub_last()->sum);                                                                          \
            failures++;                                                                                                \
        }                                                                                                              \
        stub_last()->sum = 0;                                                                                          \
    } while (0)

static void *find(void *const handle, const char *const name)
{
    return dlsym(NULL == handle ? RTLD_DEFAULT : handle, name);
}

static __attribute__((noinline)) void call_gemm(void)
{
    const int32_t m = 3, n = 4, k = 5, ld = 8;
    const double one = 1;
    static double a[64];

    gemm("N", "N", &m, &n, &k, &one, a, &ld, a, &ld, &one, a, &ld);
}

static __attribute__((noinline)) void call_gesv(const int32_t n)
{
    const int32_t nrhs = 1, ld = 2000;
    static double a[64];
    int32_t pivots[4];
    int32_t info = 0;

    gesv(&n, &nrhs, a, &ld, pivots, a, &ld, &info);
}

static long long gesv_flop(const long long n)
{
    /* getrf + getrs of the reference table for nrhs = 1, times 6. */
    return (4 * n * n * n - 3 * n * n + 5 * n + 6 * (2 * n * n - n)) / 6;
}

/* A frame that owns a stretch of stack and writes nothing into it: an old cookie in there stays intact. */
static __attribute__((noinline)) void call_below_hole(const size_t length)
{
    char *const hole = alloca(length);

    __asm__ volatile("" : : "r"(hole) : "memory");
    call_gemm();
    __asm__ volatile("" : : "r"(hole) : "memory");
}

static __attribute__((noinline)) void call_deeper(const int depth)
{
    volatile char pad[200];

    pad[0] = 1;
    if (0 == depth)
    {
        call_gemm();
    }
    else
    {
        call_deeper(depth - 1);
    }
    pad[1] = pad[0];
}

static void jump(void)
{
    longjmp(out, 1);
}

static void leave_by_longjmp(void (*const function)(size_t), const size_t argument)
{
    fake->hook = jump;
    if (0 == setjmp(out))
    {
        function(argument);
        abort();
    }
    fake->hook = NULL;
}

static void deeper(const size_t depth)
{
    call_deeper((int)depth);
}

static void test_longjmp(void)
{
    for (size_t depth = 0; depth < 30; depth++)
    {
        leave_by_longjmp(deeper, depth);
        CHECK_SUM(0, "a call that never returned");
        call_gemm();
        CHECK_SUM(GEMM_FLOP, "shallower after longjmp");

        leave_by_longjmp(deeper, depth);
        call_deeper((int)depth + 7);
        CHECK_SUM(GEMM_FLOP, "deeper after longjmp");

        for (size_t hole = 512; hole <= 65536; hole *= 2)
        {
            leave_by_longjmp(deeper, depth);
            call_below_hole(hole);
            CHECK_SUM(GEMM_FLOP, "below an untouched hole after longjmp");
        }
        leave_by_longjmp(call_below_hole, 64 + depth * 16);
        call_gesv(5);
        CHECK_SUM(gesv_flop(5), "a nested routine after longjmp");
    }
}

static void test_nesting(void)
{
    call_gesv(6);
    CHECK_SUM(gesv_flop(6), "gesv with BLAS inside");
    cblas_gemm(102, 111, 111, 3, 4, 5, 1.0, NULL, 8, NULL, 8, 0.0, NULL, 8);
    CHECK_SUM(GEMM_FLOP, "cblas over Fortran");
    for (int i = 0; i < 100; i++)
    {
        call_gemm();
    }
    CHECK_SUM(100 * GEMM_FLOP, "a loop");
}

static void *thread_main(void *const argument)
{
    long long *const sum = argument;

    for (int i = 0; i < 1000; i++)
    {
        call_gemm();
        call_gesv(6);
    }
    *sum = (long long)stub_last()->sum;
    return NULL;
}

static long long threads_sum;

/* Runs inside an outermost call of the main thread. */
static void run_threads(void)
{
    pthread_t threads[8];
    long long sums[8];

    *lapack_hook() = NULL;
    for (int i = 0; i < 8; i++)
    {
        pthread_create(&threads[i], NULL, thread_main, &sums[i]);
    }
    for (int i = 0; i < 8; i++)
    {
        pthread_join(threads[i], NULL);
        threads_sum += sums[i];
    }
}

static void test_threads(void)
{
    *lapack_hook() = run_threads;
    call_gesv(6);
    CHECK_SUM(gesv_flop(6), "the thread that waits");
    if (8000 * (GEMM_FLOP + gesv_flop(6)) != threads_sum)
    {
        fprintf(stderr, "threads: expected %lld, counted %lld\n", 8000 * (GEMM_FLOP + gesv_flop(6)), threads_sum);
        failures++;
    }
}

static void test_refusal(void)
{
    call_gesv(1001);
    CHECK_SUM(0, "a call that the library refused");
    call_gesv(6);
    CHECK_SUM(gesv_flop(6), "the call after it");

    *lapack_hook() = jump;
    if (0 == setjmp(out))
    {
        call_gesv(1001);
        abort();
    }
    *lapack_hook() = NULL;
    CHECK_SUM(0, "xerbla left by longjmp");
    call_below_hole(4096);
    CHECK_SUM(GEMM_FLOP, "the call after it");
}

static void test_exception(const char *const path)
{
    void *const handle = NULL == path ? NULL : dlopen(path, RTLD_NOW);

    if (NULL == handle)
    {
        return;
    }
    throw_t *const thrower = (throw_t *)(uintptr_t)find(handle, "thrower_throw");
    try_t *const catcher = (try_t *)(uintptr_t)find(handle, "thrower_try");

    fake->hook = thrower;
    if (42 != catcher(call_gemm))
    {
        fprintf(stderr, "exception did not arrive\n");
        failures++;
    }
    fake->hook = NULL;
    CHECK_SUM(0, "a call left by an exception");
    call_below_hole(4096);
    CHECK_SUM(GEMM_FLOP, "the call after it");
}

static void test_missing(void)
{
    const int32_t n = 2, one = 1;
    const double x[2] = {1, 2};
    ddot_t *const dot = (ddot_t *)(uintptr_t)find(NULL, "ddot_");
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SYMBOL);

    if (NULL != dot && (0 != dot(&n, x, &one, x, &one) || gaps == stub_gaps(FLOPMETER_GAP_SYMBOL)))
    {
        fprintf(stderr, "missing symbol: no zero or no gap\n");
        failures++;
    }
    call_gemm();
    CHECK_SUM(0, "a routine that nobody has");
}

int main(const int argc, char **const argv)
{
    gemm = (dgemm_t *)(uintptr_t)find(NULL, "dgemm_");
    if (argc < 3 || NULL == gemm)
    {
        fprintf(stderr, "usage, or no interception\n");
        return 1;
    }
    test_missing();

    void *const lapack = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    void *const blas = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);

    if (NULL == lapack || NULL == blas)
    {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    gesv = (dgesv_t *)(uintptr_t)find(NULL, "dgesv_");
    cblas_gemm = (cblas_dgemm_t *)(uintptr_t)find(NULL, "cblas_dgemm");
    fake = ((fake_state_function_t *)(uintptr_t)find(blas, "fake_one_state"))();
    lapack_hook = (hook_t *)(uintptr_t)find(lapack, "fake_lapack_hook");
    gesv = NULL == gesv ? (dgesv_t *)(uintptr_t)find(lapack, "dgesv_") : gesv;

    test_nesting();
    test_longjmp();
    test_threads();
    test_refusal();
    test_exception(argc > 3 ? argv[3] : NULL);
    printf("%d failures\n", failures);
    return 0 == failures ? 0 : 1;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuBLAS opened by the program itself: counted once, whoever opens it how. dlsym() is to everybody else what it was.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fake_cuda_script.h"
#include "stub_core.h"

#define FLOP (2 * 3 * 5 * 7)

typedef int gemm_fn(fake_handle_t *handle, uint64_t transa, uint64_t transb, uint64_t m, uint64_t n, uint64_t k,
    const void *alpha, const void *a, uint64_t lda, const void *b, uint64_t ldb, const void *beta, void *c,
    uint64_t ldc);

static bool is_off;

static void *open_library(const char *const path)
{
    void *const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    CHECK(NULL != handle, "%s", dlerror());
    return handle;
}

/* dlsym() as programs use it: an old error is thrown away, then there is none, or the answer is wrong. */
static void *find(void *const handle, const char *const name)
{
    (void)dlerror();
    void *const found = dlsym(handle, name);
    const char *const error = dlerror();

    CHECK(NULL != found && NULL == error, "%s: %s", name, NULL == error ? "no error" : error);
    return found;
}

static int call(void *const address, const float alpha, fake_handle_t *const handle)
{
    gemm_fn *gemm;

    memcpy(&gemm, &address, sizeof(gemm));
    return gemm(handle, 0, 0, 3, 5, 7, &alpha, NULL, 3, NULL, 7, &alpha, NULL, 3);
}

static void check_call(void *const address, const int worth)
{
    fake_handle_t handle;

    memset(&handle, 0, sizeof(handle));
    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == call(address, 1, &handle), "status");
    CHECK(1 == handle.calls && 3 == handle.word[3] && 7 == handle.word[5], "the real one was not called");
    CHECK((is_off ? 0 : worth * FLOP) == (int)stub_last()->sum, "%d FLOP counted, not %d", (int)stub_last()->sum,
        worth * FLOP);
    CHECK((is_off ? 0 : worth) == (int)stub_last()->calls, "%d calls", (int)stub_last()->calls);
}

static void *other_thread(void *const library)
{
    for (int i = 0; i < 200; i++)
    {
        check_call(find(library, i % 2 ? "cublasSgemm_v2" : "cublasSgemm_v2_64"), 1);
    }
    return NULL;
}

static void should_count_from_many_threads(void *const library)
{
    pthread_t threads[4];

    for (int t = 0; t < 4; t++)
    {
        CHECK(0 == pthread_create(&threads[t], NULL, other_thread, library), "thread");
    }
    for (int t = 0; t < 4; t++)
    {
        CHECK(0 == pthread_join(threads[t], NULL), "join");
    }
}

static void should_leave_other_names_alone(void *const library)
{
    (void)dlerror();
    CHECK(NULL == dlsym(library, "cublasNoSuchRoutine"), "found");
    const char *const error = dlerror();

    CHECK(NULL != error && NULL != strstr(error, "cublasNoSuchRoutine"), "%s", NULL == error ? "no error" : error);
    CHECK(NULL == dlsym(library, "cu") && NULL == dlsym(library, "c") && NULL == dlsym(library, ""), "found");
    CHECK(NULL != dlerror() && NULL == dlerror(), "errors");
    CHECK(NULL != dlsym(library, "fake_cublas_state"), "%s", dlerror());
    CHECK(NULL != dlsym(RTLD_DEFAULT, "getpid"), "default");
    /* RTLD_NEXT is what follows the caller: the stub stands before the meter, and behind it there is none. */
    CHECK(NULL != dlsym(RTLD_NEXT, "stub_last"), "RTLD_NEXT of the meter, not of its caller");
    CHECK(NULL == dlsym(RTLD_NEXT, "should_leave_other_names_alone"), "what follows the program is in it");
    (void)dlerror();
}

/* A stub of the same name that looks for what is behind it: one call, and no circle. */
static void should_count_a_stub_once(void *const library, const char *const path)
{
    void *const shim = open_library(path);
    void **const slot = dlsym(shim, "fake_shim_library");

    CHECK(NULL != slot, "%s", dlerror());
    *slot = library;
    check_call(find(shim, "cublasSgemm_v2"), 1);
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SYMBOL), "gaps");
}

static void should_count_what_a_library_finds(void *const library, const char *const path)
{
    void *const hidden = open_library(path);
    void **const slot = dlsym(hidden, "fake_shim_library");

    CHECK(NULL != slot, "%s", dlerror());
    *slot = library;
    check_call(dlsym(hidden, "fake_shim_call"), 1);
}

/* Another cuBLAS in the same process keeps its own functions, and that it isn't counted is told. */
static void should_not_mix_two_libraries(void *const library, const char *const path)
{
    void *const other = open_library(path);
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SYMBOL);
    void *const address = find(other, "cublasSgemm_v2");
    Dl_info info;

    CHECK(dladdr(address, &info) && 0 == strcmp(path, info.dli_fname), "%s", info.dli_fname);
    CHECK(is_off || gaps < stub_gaps(FLOPMETER_GAP_SYMBOL), "nobody told");
    check_call(address, 0);
    check_call(find(library, "cublasSgemm_v2"), 1);
}

int main(int argc, char **argv)
{
    CHECK(6 == argc, "usage: test_intercept_dlsym program|stub CUBLAS OTHER SHIM HIDDEN");
    const char *const text = getenv("FLOPMETER_DLSYM");

    is_off = NULL != text && 0 == strcmp("off", text);
    void *const library = open_library(argv[2]);

    if (0 == strcmp("stub", argv[1]))
    {
        should_count_a_stub_once(library, argv[4]);
        return 0;
    }
    check_call(find(library, "cublasSgemm_v2"), 1);
    CHECK(find(library, "cublasSgemm_v2") == find(library, "cublasSgemm_v2"), "another each time");
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SYMBOL), "gaps");
    should_leave_other_names_alone(library);
    should_count_from_many_threads(library);
    should_count_what_a_library_finds(library, argv[5]);
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SYMBOL), "gaps");
    should_not_mix_two_libraries(library, argv[3]);
    return 0;
}

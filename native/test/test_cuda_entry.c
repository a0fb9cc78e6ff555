/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry points that the driver itself hands out, and tf32 forbidden by the user. Usage: test_cuda_entry fp32|tf32, as
 * NVIDIA_TF32_OVERRIDE has it.
 */

#include <dlfcn.h>
#include <string.h>

#include "check.h"
#include "fake_cuda_script.h"
#include "stub_core.h"

typedef int entry_fn(const char *name, void **function, int version, uint64_t flags, int *status);
typedef int launch_fn(void *exec, fake_stream_t *stream);

int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status);
int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);

static const float one = 1.0f;

static void test_launch(entry_fn *const entry, uint64_t before)
{
    fake_stream_t stream = { 0 };
    fake_handle_t handle = { .stream = &stream };
    void *graph = NULL;
    void *exec = NULL;
    void *function = NULL;
    launch_fn *launch = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    CHECK(0 == entry("cuGraphLaunch", &function, 12000, 0, NULL) && NULL != function, "entry");
    memcpy(&launch, &function, sizeof(function));
    for (uint64_t i = 1; i <= 3; i++)
    {
        CHECK(0 == launch(exec, &stream), "launch");
        CHECK(before + 210 * i == stub_last()->sum, "a graph launched by an entry point is not counted");
    }
    CHECK(1 == launch(NULL, &stream), "a status is lost");
}

int main(int argc, char **argv)
{
    fake_stream_t stream = { 0 };
    fake_handle_t handle = { .stream = &stream, .math_mode = 3 };
    entry_fn *entry = NULL;
    void *function = NULL;
    void *other = NULL;

    CHECK(2 == argc, "usage: test_cuda_entry fp32|tf32");
    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
    CHECK(210 == stub_last()->sum, "not counted");
    CHECK((0 == strcmp("tf32", argv[1]) ? FLOPMETER_TF32 : FLOPMETER_FP32) == stub_last()->precision,
        "precision is %d, expected %s", (int)stub_last()->precision, argv[1]);

    test_launch(cuGetProcAddress_v2, 210);
    /* As one that opens the driver does. */
    void *const driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    function = NULL == driver ? NULL : dlsym(driver, "cuGetProcAddress_v2");
    CHECK(NULL != function, "dlsym");
    memcpy(&entry, &function, sizeof(function));
    test_launch(entry, 840);

    CHECK(0 == entry("cuMemAlloc", &function, 12000, 0, NULL) && 0 == entry("cuGraphNoWrapper", &other, 12000, 0, NULL),
        "entry");
    CHECK(function == other && NULL != function, "a function that is not wrapped is another one");
    CHECK(500 == entry("cuNothing", &other, 12000, 0, NULL), "a status is lost");
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A libcuda.so.1 that misbehaves on demand: FAKE_CUDA names how. It executes nothing; a launch takes 1 ns per iteration
 * and is booked in the FLOP that its kernel declares, so that a fake source can read what was "executed".
 */

#include "fake_cuda.h"

#include "cuda_driver.h"
#include "kernel_list.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The entry points are the driver's: no header of ours declares them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define MODULES_MAX (16)

/** What fails is a launch that is measured, before all kernels were. Those before double, until a kernel is sized. */
#define FAILING_LAUNCH (44)
#define LAUNCH_FAILED (719)
#define INVALID_VALUE (1)

typedef struct fake_kernel_stct
{
    const char *name;
    flopmeter_precision_t precision;
    unsigned int threads;
    unsigned int shared_bytes;
    uint64_t flop_count;
}
fake_kernel_t;

#define ROW(name, precision, threads, shared_bytes, flop_count) \
    { "flopmeter_" #name, FLOPMETER_##precision, threads, shared_bytes, flop_count },
static fake_kernel_t kernels[] = { FLOPMETER_KERNELS(ROW) };

static flopmeter_u128_t executed[FAKE_CUDA_PRECISIONS];
static const void *images[MODULES_MAX];
static int modules_count;
static unsigned int measured_launches;
static int is_lost;

static int mode_is(const char *mode)
{
    const char *const chosen = getenv("FAKE_CUDA");
    return NULL != chosen && 0 == strcmp(chosen, mode);
}

FAKE_EXPORT flopmeter_u128_t fake_cuda_executed(flopmeter_precision_t precision)
{
    return executed[precision];
}

FAKE_EXPORT int cuInit(unsigned int flags)
{
    return 0 != flags ? INVALID_VALUE : mode_is("no_device") ? FLOPMETER_CUDA_NO_DEVICE :
        mode_is("mismatch") ? FLOPMETER_CUDA_DRIVER_MISMATCH : mode_is("forbidden") ? FLOPMETER_CUDA_NOT_PERMITTED : 0;
}

FAKE_EXPORT int cuDriverGetVersion(int *version)
{
    *version = mode_is("old_driver") ? 11040 : 99000;
    return 0;
}

FAKE_EXPORT int cuGetErrorName(int result, const char **name)
{
    *name = LAUNCH_FAILED == result ? "CUDA_ERROR_LAUNCH_FAILED" :
        FLOPMETER_CUDA_NO_DEVICE == result ? "CUDA_ERROR_NO_DEVICE" : NULL;
    return NULL == *name ? INVALID_VALUE : 0;
}

FAKE_EXPORT int cuDeviceGetCount(int *count)
{
    *count = 2;
    return 0;
}

FAKE_EXPORT int cuDeviceGet(int *device, int ordinal)
{
    *device = 70 + ordinal;
    return 0;
}

FAKE_EXPORT int cuDeviceGetName(char *name, int length, int device)
{
    snprintf(name, (size_t)length, "Fake \"GPU\" %d", device);
    return 0;
}

FAKE_EXPORT int cuDeviceGetUuid(flopmeter_cuda_uuid_t *uuid, int device)
{
    for (unsigned int i = 0; i < sizeof(uuid->bytes); i++)
    {
        uuid->bytes[i] = (unsigned char)((unsigned int)device + i);
    }
    return 0;
}

/* FAKE_CUDA=sm_121: capability 12.1; 9.0 unless it is named. */
static int capability(void)
{
    const char *const chosen = getenv("FAKE_CUDA");
    return mode_is("new_chip") ? 150 : NULL != chosen && 0 == strncmp(chosen, "sm_", 3) ? atoi(chosen + 3) : 90;
}

FAKE_EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    (void)device;
    *value = FLOPMETER_CUDA_MULTIPROCESSOR_COUNT == attribute ? 132 :
        FLOPMETER_CUDA_CAPABILITY_MINOR == attribute ? capability() % 10 : capability() / 10;
    return FLOPMETER_CUDA_MULTIPROCESSOR_COUNT == attribute || FLOPMETER_CUDA_CAPABILITY_MINOR == attribute ||
        FLOPMETER_CUDA_CAPABILITY_MAJOR == attribute ? 0 : INVALID_VALUE;
}

FAKE_EXPORT int cuDevicePrimaryCtxRetain(void **context, int device)
{
    *context = kernels;
    return 70 == device || 71 == device ? 0 : INVALID_VALUE;
}

#if !defined(FAKE_CUDA_INCOMPLETE)
FAKE_EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
{
    return 70 == device ? 0 : INVALID_VALUE;
}
#endif

FAKE_EXPORT int cuCtxSetCurrent(void *context)
{
    return kernels == context ? 0 : INVALID_VALUE;
}

FAKE_EXPORT int cuCtxSynchronize(void)
{
    return is_lost ? LAUNCH_FAILED : 0;
}

FAKE_EXPORT int cuModuleLoadData(void **module, const void *image)
{
    if (mode_is("bad_image") || 0 != memcmp(image, "\177ELF", 4) || MODULES_MAX == modules_count)
    {
        return FLOPMETER_CUDA_NO_BINARY;
    }
    images[modules_count] = image;
    *module = &images[modules_count++];
    return 0;
}

FAKE_EXPORT int cuModuleUnload(void *module)
{
    return NULL == module ? INVALID_VALUE : 0;
}

/* A function is there when the image's section table names it, ".text.NAME", as a real cubin does. */
FAKE_EXPORT int cuModuleGetFunction(void **function, void *module, const char *name)
{
    const char *const image = *(const char *const *)module;
    char section[128];
    const int length = snprintf(section, sizeof(section), ".text.%s", name);
    uint64_t table = 0;
    memcpy(&table, image + 40, sizeof(table));
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
    {
        if (0 == strcmp(name, kernels[i].name) && NULL != memmem(image, table, section, (size_t)length + 1))
        {
            *function = &kernels[i];
            return 0;
        }
    }
    *function = (void *)1;
    return FLOPMETER_CUDA_NOT_FOUND;
}

FAKE_EXPORT int cuMemAlloc_v2(unsigned long long *address, size_t length)
{
    *address = 4096;
    return 0 == length ? INVALID_VALUE : 0;
}

FAKE_EXPORT int cuMemFree_v2(unsigned long long address)
{
    return 4096 == address ? 0 : INVALID_VALUE;
}

static void take(uint64_t duration_ns)
{
    struct timespec begin;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
    {
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    while ((uint64_t)((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec) < duration_ns);
}

FAKE_EXPORT int cuLaunchKernel(void *function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
    unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared_bytes, void *stream,
    void **arguments, void **extra)
{
    const fake_kernel_t *const kernel = function;
    const uint32_t iterations = *(const uint32_t *)arguments[0];
    measured_launches += 0 == (iterations & (iterations - 1)) ? 0 : 1;
    if (is_lost || (mode_is("launch_failure") && FAILING_LAUNCH == measured_launches))
    {
        is_lost = 1;
        return LAUNCH_FAILED;
    }
    if (1 != grid_y || 1 != grid_z || kernel->threads != block_x || 1 != block_y || 1 != block_z ||
        kernel->shared_bytes != shared_bytes || NULL != stream || NULL != extra ||
        0 != *(const uint32_t *)arguments[1] || 4096 != *(const unsigned long long *)arguments[2])
    {
        return INVALID_VALUE;
    }
    take(iterations);
    /* Every other element of a sparse matrix is not there to be multiplied. */
    executed[kernel->precision] += (flopmeter_u128_t)grid_x * iterations * kernel->flop_count /
        (NULL == strstr(kernel->name, "_sparse_") ? 1 : 2);
    return 0;
}

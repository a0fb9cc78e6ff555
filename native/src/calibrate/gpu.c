/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpu.h"

#include "kernel_list.h"

#include <stdio.h>
#include <string.h>

#define BLOCKS_PER_MULTIPROCESSOR (4)
#define SINK_BYTES (64)
#define FUNCTION_LENGTH (80)
#define CUDA_MAJOR (1000)
#define CUDA_MINOR (10)

#define KERNEL_ROW(name, precision, threads, shared_bytes, flop_count) \
    { #name, FLOPMETER_##precision, threads, shared_bytes, flop_count, NULL },

static const flopmeter_gpu_kernel_t kernel_rows[] = { FLOPMETER_KERNELS(KERNEL_ROW) };

#define KERNEL_ROWS_COUNT (sizeof(kernel_rows) / sizeof(kernel_rows[0]))

_Static_assert(KERNEL_ROWS_COUNT <= FLOPMETER_GPU_KERNELS_MAX, "room for every kernel");

static bool succeeded(
    const flopmeter_gpu_t *gpu, int result, const char *doing, flopmeter_counter_probe_t *probe)
{
    if (FLOPMETER_CUDA_SUCCESS == result)
    {
        return true;
    }
    flopmeter_cuda_driver_explain(&gpu->driver, result, doing, probe);
    return false;
}

/* As nvidia-smi and NVML write it. */
static void print_uuid(char *text, size_t length, const flopmeter_cuda_uuid_t *uuid)
{
    const unsigned char *const b = uuid->bytes;
    snprintf(text, length, "GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
        b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static bool describe(flopmeter_gpu_t *gpu, int ordinal, flopmeter_counter_probe_t *probe)
{
    const flopmeter_cuda_driver_t *const driver = &gpu->driver;
    flopmeter_cuda_uuid_t uuid;
    if (!succeeded(gpu, driver->device_count(&gpu->device_count), "cuDeviceGetCount", probe))
    {
        return false;
    }
    if (ordinal < 0 || gpu->device_count <= ordinal)
    {
        flopmeter_cuda_driver_explain(driver, FLOPMETER_CUDA_NO_DEVICE, "cuDeviceGet", probe);
        return false;
    }
    if (!succeeded(gpu, driver->device_get(&gpu->device, ordinal), "cuDeviceGet", probe) ||
        !succeeded(gpu, driver->device_name(gpu->name, sizeof(gpu->name), gpu->device), "cuDeviceGetName", probe) ||
        !succeeded(gpu, driver->device_uuid(&uuid, gpu->device), "cuDeviceGetUuid", probe) ||
        !succeeded(gpu, driver->device_attribute(&gpu->multiprocessor_count, FLOPMETER_CUDA_MULTIPROCESSOR_COUNT,
            gpu->device), "cuDeviceGetAttribute", probe) ||
        !succeeded(gpu, driver->device_attribute(&gpu->major, FLOPMETER_CUDA_CAPABILITY_MAJOR, gpu->device),
            "cuDeviceGetAttribute", probe) ||
        !succeeded(gpu, driver->device_attribute(&gpu->minor, FLOPMETER_CUDA_CAPABILITY_MINOR, gpu->device),
            "cuDeviceGetAttribute", probe))
    {
        return false;
    }
    gpu->name[sizeof(gpu->name) - 1] = '\0';
    print_uuid(gpu->uuid, sizeof(gpu->uuid), &uuid);
    return true;
}

static bool fits(const flopmeter_kernel_image_t *image, const flopmeter_gpu_t *gpu)
{
    return (int)image->major == gpu->major &&
        (image->is_exact ? (int)image->minor == gpu->minor : (int)image->minor <= gpu->minor);
}

/*
 * Of the images of one source file: the one of this very capability if there is such, else the highest lower minor of
 * this major. What only one architecture has is an image of its own, beside those that its major shares.
 */
static bool is_best(const flopmeter_kernel_image_t *image, const flopmeter_gpu_t *gpu)
{
    if (!fits(image, gpu))
    {
        return false;
    }
    for (size_t i = 0; i < flopmeter_kernel_images_count; i++)
    {
        const flopmeter_kernel_image_t *const other = &flopmeter_kernel_images[i];
        if (0 == strcmp(other->name, image->name) && fits(other, gpu) && (image->minor < other->minor ||
            (image->minor == other->minor && !image->is_exact && other->is_exact)))
        {
            return false;
        }
    }
    return true;
}

/* The architectures of the images that this device runs, each once. */
static void name_architectures(flopmeter_gpu_t *gpu)
{
    size_t used = 0;
    const char *last = "";
    for (size_t i = 0; i < flopmeter_kernel_images_count && used < sizeof(gpu->architecture); i++)
    {
        const flopmeter_kernel_image_t *const image = &flopmeter_kernel_images[i];
        if (is_best(image, gpu) && 0 != strcmp(last, image->architecture))
        {
            last = image->architecture;
            used += (size_t)snprintf(gpu->architecture + used, sizeof(gpu->architecture) - used, "%s%s",
                0 == used ? "" : ", ", last);
        }
    }
}

static bool check_images(flopmeter_gpu_t *gpu, flopmeter_counter_probe_t *probe)
{
    if (0 == flopmeter_kernel_images_count)
    {
        probe->state = FLOPMETER_COUNTER_ABSENT;
        snprintf(probe->detail, sizeof(probe->detail), "this build carries no kernels: it found no nvcc");
        snprintf(probe->remedy, sizeof(probe->remedy), "build flopmeter where nvcc of CUDA 12 or newer is in the PATH");
        return false;
    }
    name_architectures(gpu);
    if ('\0' == gpu->architecture[0])
    {
        probe->state = FLOPMETER_COUNTER_ABSENT;
        snprintf(probe->detail, sizeof(probe->detail),
            "no kernels for compute capability %d.%d", gpu->major, gpu->minor);
        snprintf(probe->remedy, sizeof(probe->remedy),
            "add it to FLOPMETER_CUDA_ARCHITECTURES and build (docs/calibrate.md, \"a new chip\")");
        return false;
    }
    if (gpu->driver.version / CUDA_MAJOR < (int)flopmeter_kernel_images_toolkit / CUDA_MAJOR)
    {
        probe->state = FLOPMETER_COUNTER_WRONG_DRIVER;
        snprintf(probe->detail, sizeof(probe->detail), "the driver is of CUDA %d.%d, the kernels are of CUDA %u.%u",
            gpu->driver.version / CUDA_MAJOR, gpu->driver.version % CUDA_MAJOR / CUDA_MINOR,
            flopmeter_kernel_images_toolkit / CUDA_MAJOR, flopmeter_kernel_images_toolkit % CUDA_MAJOR / CUDA_MINOR);
        snprintf(probe->remedy, sizeof(probe->remedy), "install a driver of CUDA %u, or build with an older toolkit",
            flopmeter_kernel_images_toolkit / CUDA_MAJOR);
        return false;
    }
    return true;
}

static bool load_modules(flopmeter_gpu_t *gpu, flopmeter_counter_probe_t *probe)
{
    for (size_t i = 0; i < flopmeter_kernel_images_count; i++)
    {
        const flopmeter_kernel_image_t *const image = &flopmeter_kernel_images[i];
        if (!is_best(image, gpu))
        {
            continue;
        }
        if (FLOPMETER_GPU_MODULES_MAX == gpu->modules_count)
        {
            probe->state = FLOPMETER_COUNTER_FAILED;
            snprintf(probe->detail, sizeof(probe->detail), "this build has more than %d images for capability %d.%d",
                FLOPMETER_GPU_MODULES_MAX, gpu->major, gpu->minor);
            snprintf(probe->remedy, sizeof(probe->remedy), "raise FLOPMETER_GPU_MODULES_MAX and build");
            return false;
        }
        if (!succeeded(gpu, gpu->driver.module_load(&gpu->modules[gpu->modules_count], image->bytes),
            "cuModuleLoadData", probe))
        {
            return false;
        }
        gpu->images[gpu->modules_count++] = image;
    }
    return true;
}

static bool find_functions(flopmeter_gpu_t *gpu, flopmeter_counter_probe_t *probe)
{
    for (size_t i = 0; i < gpu->kernels_count; i++)
    {
        char name[FUNCTION_LENGTH];
        snprintf(name, sizeof(name), "flopmeter_%s", gpu->kernels[i].name);
        for (size_t m = 0; m < gpu->modules_count && NULL == gpu->kernels[i].function; m++)
        {
            const int result = gpu->driver.module_function(&gpu->kernels[i].function, gpu->modules[m], name);
            if (FLOPMETER_CUDA_SUCCESS != result)
            {
                gpu->kernels[i].function = NULL;
            }
            if (FLOPMETER_CUDA_NOT_FOUND != result && !succeeded(gpu, result, "cuModuleGetFunction", probe))
            {
                return false;
            }
        }
    }
    return true;
}

bool flopmeter_gpu_open(flopmeter_gpu_t *gpu, int ordinal, flopmeter_counter_probe_t *probe)
{
    memset(gpu, 0, sizeof(*gpu));
    memcpy(gpu->kernels, kernel_rows, sizeof(kernel_rows));
    gpu->kernels_count = KERNEL_ROWS_COUNT;
    if (!flopmeter_cuda_driver_open(&gpu->driver, probe) || !describe(gpu, ordinal, probe) ||
        !check_images(gpu, probe) ||
        !succeeded(gpu, gpu->driver.context_retain(&gpu->context, gpu->device), "cuDevicePrimaryCtxRetain", probe) ||
        !succeeded(gpu, gpu->driver.context_set(gpu->context), "cuCtxSetCurrent", probe) ||
        !load_modules(gpu, probe) || !find_functions(gpu, probe) ||
        !succeeded(gpu, gpu->driver.memory_allocate(&gpu->sink, SINK_BYTES), "cuMemAlloc", probe))
    {
        return false;
    }
    probe->state = FLOPMETER_COUNTER_AVAILABLE;
    return true;
}

/* A cubin has a section of code for each kernel, named after it. */
static bool has_kernel(const flopmeter_kernel_image_t *image, const flopmeter_gpu_kernel_t *kernel)
{
    char section[FUNCTION_LENGTH];
    const int length = snprintf(section, sizeof(section), ".text.flopmeter_%s", kernel->name);
    return NULL != memmem(image->bytes, (size_t)(image->end - image->bytes), section, (size_t)length + 1);
}

void flopmeter_gpu_why_not(const flopmeter_gpu_kernel_t *kernel, char *text, size_t length)
{
    size_t used = 0;
    snprintf(text, length, "the nvcc of this build knows no architecture that has it");
    for (size_t i = 0; i < flopmeter_kernel_images_count && used < length; i++)
    {
        if (has_kernel(&flopmeter_kernel_images[i], kernel))
        {
            used += (size_t)snprintf(text + used, length - used, "%s%s", 0 == used ? "needs " : " or ",
                flopmeter_kernel_images[i].architecture);
        }
    }
}

unsigned int flopmeter_gpu_blocks(const flopmeter_gpu_t *gpu)
{
    return BLOCKS_PER_MULTIPROCESSOR * (unsigned int)gpu->multiprocessor_count;
}

bool flopmeter_gpu_run(
    const flopmeter_gpu_t *gpu,
    const flopmeter_gpu_kernel_t *kernel,
    uint32_t iterations,
    flopmeter_counter_probe_t *probe)
{
    uint32_t seed = 0;              /* zeros heat the chip least, and FLOP do not depend on operands */
    unsigned long long sink = gpu->sink;
    void *arguments[] = { &iterations, &seed, &sink };
    return succeeded(gpu, gpu->driver.launch(kernel->function, flopmeter_gpu_blocks(gpu), 1, 1, kernel->threads, 1, 1,
            kernel->shared_bytes, NULL, arguments, NULL), "cuLaunchKernel", probe) &&
        succeeded(gpu, gpu->driver.context_synchronize(), "cuCtxSynchronize", probe);
}

void flopmeter_gpu_close(flopmeter_gpu_t *gpu)
{
    if (NULL != gpu->context)
    {
        // Answers are of no use here: after a failed launch every call of the context fails, and its end frees all of
        // it.
        if (0 != gpu->sink)
        {
            (void)gpu->driver.memory_free(gpu->sink);
        }
        for (size_t i = 0; i < gpu->modules_count; i++)
        {
            (void)gpu->driver.module_unload(gpu->modules[i]);
        }
        (void)gpu->driver.context_release(gpu->device);
    }
    flopmeter_cuda_driver_close(&gpu->driver);
    memset(gpu, 0, sizeof(*gpu));
}

bool flopmeter_gpu_is_sparse(const flopmeter_gpu_kernel_t *kernel)
{
    return NULL != strstr(kernel->name, "_sparse_");
}

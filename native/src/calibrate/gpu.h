/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One CUDA device and the kernels that this program carries for it. One thread at a time.
 */

#ifndef FLOPMETER_GPU_H
#define FLOPMETER_GPU_H

#include "cuda_driver.h"
#include "kernel_images.h"

#define FLOPMETER_GPU_NAME_LENGTH (128)
#define FLOPMETER_GPU_MODULES_MAX (8)
#define FLOPMETER_GPU_KERNELS_MAX (80)
#define FLOPMETER_GPU_WHY_LENGTH (128)
#define FLOPMETER_GPU_ARCHITECTURES_LENGTH (32)

/** A kernel of kernel_list.h, and whether the image of this chip has it. */
typedef struct flopmeter_gpu_kernel_stct
{
    const char *name;
    flopmeter_precision_t precision;
    unsigned int threads;
    unsigned int shared_bytes;
    uint64_t block_flop_count;      /* of one iteration of one block, zeros included */
    void *function;                 /* NULL: this architecture has no such instruction */
}
flopmeter_gpu_kernel_t;

typedef struct flopmeter_gpu_stct
{
    flopmeter_cuda_driver_t driver;
    char uuid[FLOPMETER_COUNTER_DEVICE_LENGTH];
    char name[FLOPMETER_GPU_NAME_LENGTH];
    int device_count;
    int device;
    int major;
    int minor;
    int multiprocessor_count;
    char architecture[FLOPMETER_GPU_ARCHITECTURES_LENGTH];  /* of the images in use, "sm_120, sm_120a"; "": none fits */
    void *context;
    void *modules[FLOPMETER_GPU_MODULES_MAX];
    const flopmeter_kernel_image_t *images[FLOPMETER_GPU_MODULES_MAX];
    size_t modules_count;
    unsigned long long sink;
    flopmeter_gpu_kernel_t kernels[FLOPMETER_GPU_KERNELS_MAX];
    size_t kernels_count;
}
flopmeter_gpu_t;

/**
 * Open device number `ordinal`. Return true with everything loaded, or false with the reason in `probe` and whatever
 * was learnt about the device filled in. flopmeter_gpu_close() in either case.
 */
bool flopmeter_gpu_open(flopmeter_gpu_t *gpu, int ordinal, flopmeter_counter_probe_t *probe);

/** Blocks of one launch: four for each multiprocessor. */
unsigned int flopmeter_gpu_blocks(const flopmeter_gpu_t *gpu);

/** Why a kernel is missing: which architectures of this build's images have its instruction, such as "sm_90a". */
void flopmeter_gpu_why_not(const flopmeter_gpu_kernel_t *kernel, char *text, size_t length);

/** Launch once and wait. Return false with the driver's answer in `probe`; the context may be lost then. */
bool flopmeter_gpu_run(
    const flopmeter_gpu_t *gpu,
    const flopmeter_gpu_kernel_t *kernel,
    uint32_t iterations,
    flopmeter_counter_probe_t *probe);

void flopmeter_gpu_close(flopmeter_gpu_t *gpu);

/** Does it work on 2:4 sparse matrices (tf32: one of two)? Then half of its FLOP are executed. */
bool flopmeter_gpu_is_sparse(const flopmeter_gpu_kernel_t *kernel);

#endif /* FLOPMETER_GPU_H */

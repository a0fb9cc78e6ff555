/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The little of the CUDA driver API that running a kernel needs, from libcuda.so.1 by dlopen: no header and no library
 * of CUDA while building, none of the runtime's while running.
 */

#ifndef FLOPMETER_CUDA_DRIVER_H
#define FLOPMETER_CUDA_DRIVER_H

#include <stddef.h>

#include "flopmeter_counter.h"

/** Answers of the driver, by their numbers in cuda.h. */
#define FLOPMETER_CUDA_SUCCESS (0)
#define FLOPMETER_CUDA_NO_DEVICE (100)
#define FLOPMETER_CUDA_INVALID_IMAGE (200)
#define FLOPMETER_CUDA_NO_BINARY (209)
#define FLOPMETER_CUDA_UNSUPPORTED_PTX (222)
#define FLOPMETER_CUDA_NOT_FOUND (500)
#define FLOPMETER_CUDA_NOT_PERMITTED (800)
#define FLOPMETER_CUDA_DRIVER_MISMATCH (803)
#define FLOPMETER_CUDA_COMPAT_UNSUPPORTED (804)

/** CUdevice_attribute. */
#define FLOPMETER_CUDA_MULTIPROCESSOR_COUNT (16)
#define FLOPMETER_CUDA_CAPABILITY_MAJOR (75)
#define FLOPMETER_CUDA_CAPABILITY_MINOR (76)

typedef struct flopmeter_cuda_uuid_stct
{
    unsigned char bytes[16];
}
flopmeter_cuda_uuid_t;

/**
 * Entry points, in the types of cuda.h spelt out: CUresult and CUdevice are int, CUdeviceptr is 64 bits, handles
 * pointers.
 */
typedef struct flopmeter_cuda_driver_stct
{
    void *library;
    int version;                    /* the driver's CUDA, 1000 x major + 10 x minor */
    int (*init)(unsigned int flags);
    int (*driver_version)(int *version);
    int (*error_name)(int result, const char **name);
    int (*device_count)(int *count);
    int (*device_get)(int *device, int ordinal);
    int (*device_name)(char *name, int length, int device);
    int (*device_uuid)(flopmeter_cuda_uuid_t *uuid, int device);
    int (*device_attribute)(int *value, int attribute, int device);
    int (*context_retain)(void **context, int device);
    int (*context_release)(int device);
    int (*context_set)(void *context);
    int (*context_synchronize)(void);
    int (*module_load)(void **module, const void *image);
    int (*module_unload)(void *module);
    int (*module_function)(void **function, void *module, const char *name);
    int (*memory_allocate)(unsigned long long *address, size_t length);
    int (*memory_free)(unsigned long long address);
    int (*launch)(void *function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z, unsigned int block_x,
        unsigned int block_y, unsigned int block_z, unsigned int shared_bytes, void *stream, void **arguments,
        void **extra);
}
flopmeter_cuda_driver_t;

/**
 * Load and initialise the driver. Return true, or false with `probe` saying why: ABSENT without the library or a
 * device, WRONG_DRIVER when it lacks an entry point or does not fit the kernel module, NO_PERMISSION, FAILED.
 */
bool flopmeter_cuda_driver_open(flopmeter_cuda_driver_t *driver, flopmeter_counter_probe_t *probe);

/** State, words and remedy for an answer of the driver to what `doing` names. */
void flopmeter_cuda_driver_explain(
    const flopmeter_cuda_driver_t *driver, int result, const char *doing, flopmeter_counter_probe_t *probe);

/** The library stays loaded: it registers handlers that must not vanish. */
void flopmeter_cuda_driver_close(flopmeter_cuda_driver_t *driver);

#endif /* FLOPMETER_CUDA_DRIVER_H */

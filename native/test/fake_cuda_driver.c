/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcuda.so.1, as far as the meter asks it.
 */

#include "fake_cuda_script.h"

#define FAKE_API __attribute__((visibility("default")))

static int device_major = 9;

FAKE_API void fake_cuda_major(const int major)
{
    device_major = major;
}

FAKE_API int cuStreamIsCapturing(fake_stream_t *stream, int *status);
int cuStreamIsCapturing(fake_stream_t *const stream, int *const status)
{
    *status = stream->status;
    return stream->query_result;
}

FAKE_API int cuCtxGetDevice(int *device);
int cuCtxGetDevice(int *const device)
{
    *device = 3;
    return 0;
}

FAKE_API int cuDeviceGetAttribute(int *value, int attribute, int device);
int cuDeviceGetAttribute(int *const value, const int attribute, const int device)
{
    *value = 75 == attribute && 3 == device ? device_major : 0;
    return 0;
}

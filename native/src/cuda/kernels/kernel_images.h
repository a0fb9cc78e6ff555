/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The machine code of the kernels for CUDA devices, as bytes.
 */

#ifndef FLOPMETER_KERNEL_IMAGES_H
#define FLOPMETER_KERNEL_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct flopmeter_kernel_image_stct
{
    const char *name;               /* source file without its end, "cuda_core" */
    const char *architecture;       /* "sm_90a" */
    unsigned int major;             /* compute capability */
    unsigned int minor;
    bool is_exact;                  /* on this capability only; else on the same major from this minor up */
    const unsigned char *bytes;     /* a cubin, bytes <= image < end */
    const unsigned char *end;
    const char *sha256;             /* of the bytes, lower-case hexadecimal */
}
flopmeter_kernel_image_t;

/** All of them; none when the build found no nvcc. */
extern const size_t flopmeter_kernel_images_count;
extern const flopmeter_kernel_image_t flopmeter_kernel_images[];

/** CUDA version they were built with, 1000 x major + 10 x minor; 0 when there are none. */
extern const unsigned int flopmeter_kernel_images_toolkit;

#endif /* FLOPMETER_KERNEL_IMAGES_H */

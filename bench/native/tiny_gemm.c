/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * tiny_gemm CALLS [SIZE]: CALLS products of SIZE x SIZE (default 8) matrices through dgemm_. Prints ns per call twice:
 * the median of 50 equal stretches, which the start of a meter beside the program does not touch, and the mean of all.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tiny_blas.h"

#define STRETCHES (50)

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    const long calls = argc > 1 ? atol(argv[1]) : 1000000;
    const int size = argc > 2 ? atoi(argv[2]) : 8;
    if (calls <= 0 || size <= 0 || size > 4096)
    {
        fprintf(stderr, "usage: tiny_gemm CALLS [SIZE]\n");
        return 2;
    }
    const size_t count = (size_t)size * (size_t)size;
    double *const matrices = calloc(3 * count, sizeof(double));
    if (NULL == matrices)
    {
        return 1;
    }
    const double one = 1.0;
    const double zero = 0.0;
    /* The first call binds symbols and opens the lane: not part of the steady cost. */
    dgemm_("N", "N", &size, &size, &size, &one, matrices, &size, matrices + count, &size, &zero,
        matrices + 2 * count, &size);
    double stretch_ns[STRETCHES];
    double total_ns = 0;
    const long stretch_calls = calls / STRETCHES > 0 ? calls / STRETCHES : 1;
    for (int stretch = 0; stretch < STRETCHES; stretch++)
    {
        const double begin_ns = now_ns();
        for (long i = 0; i < stretch_calls; i++)
        {
            dgemm_("N", "N", &size, &size, &size, &one, matrices, &size, matrices + count, &size, &zero,
                matrices + 2 * count, &size);
        }
        stretch_ns[stretch] = (now_ns() - begin_ns) / (double)stretch_calls;
        total_ns += stretch_ns[stretch];
    }
    qsort(stretch_ns, STRETCHES, sizeof(double), compare);
    printf("%.3f %.3f\n", stretch_ns[STRETCHES / 2], total_ns / STRETCHES);
    free(matrices);
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is known of each accelerator chip: FLOP per active pipe cycle of one SM. The tables are data/gpu_chips.csv and
 * data/gpu_rates.csv, checked and compiled in by gpu_generate.c.
 */

#ifndef FLOPMETER_GPU_CHIP_H
#define FLOPMETER_GPU_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flopmeter/flopmeter.h"

/** Pipes that a counter tells apart. HMMA lumps all floating-point tensor formats but FP64, and packed halves. */
typedef enum flopmeter_gpu_pipe_enum
{
    FLOPMETER_GPU_HMMA = 0,
    FLOPMETER_GPU_IMMA = 1,
    FLOPMETER_GPU_DMMA = 2,
    FLOPMETER_GPU_DFMA = 3,
    FLOPMETER_GPU_FP64 = 4,
    FLOPMETER_GPU_FP32 = 5,
    FLOPMETER_GPU_FP16 = 6,
    FLOPMETER_GPU_PIPES = 7
}
flopmeter_gpu_pipe_t;

/** Which part of the chip works when the pipe is active. */
typedef enum flopmeter_gpu_unit_enum
{
    FLOPMETER_GPU_TENSOR = 1,
    FLOPMETER_GPU_PACKED = 2,   /* packed halves outside the tensor cores that show as HMMA activity */
    FLOPMETER_GPU_CUDA = 4,
    FLOPMETER_GPU_UNIT_ANY = 7
}
flopmeter_gpu_unit_t;

/**
 * FLOP per cycle in which the pipe is active in all four parts of one SM, dense, as executed. A lowest rate that nobody
 * measured is 0: gpu_generate.c refuses another.
 */
typedef struct flopmeter_gpu_rate_stct
{
    flopmeter_gpu_pipe_t pipe;
    flopmeter_gpu_unit_t unit;
    flopmeter_precision_t precision;
    uint32_t lowest;
    uint32_t point;
    uint32_t highest;
    bool is_default;            /* its point is the pipe's while the precision is unknown */
}
flopmeter_gpu_rate_t;

typedef struct flopmeter_gpu_chip_stct
{
    const char *name;
    int major;                  /* compute capability */
    int minor;
    const char *products;       /* parts of product names, separated by '|' */
    uint32_t cores_per_sm;
    uint32_t sm_max;            /* of the full die */
    uint32_t refresh_ns;        /* the driver renews its figures at least this often */
    uint32_t tensor_clock_ppm;  /* true clock in parts of NVML's while HMMA or IMMA are busy */
    bool is_measured;
    const flopmeter_gpu_rate_t *rates;
    size_t rates_count;
}
flopmeter_gpu_chip_t;

/** FLOP per active cycle that fits everything that may sit on the pipe. */
typedef struct flopmeter_gpu_span_stct
{
    uint32_t lowest;
    uint32_t point;
    uint32_t highest;
    flopmeter_precision_t precision;   /* FLOPMETER_PRECISION_UNKNOWN when there are several */
}
flopmeter_gpu_span_t;

/** Number of chips in the table, and each of them. */
size_t flopmeter_gpu_chips(const flopmeter_gpu_chip_t **chips);

/**
 * The chip of that compute capability whose products `name` (of the driver) belongs to: a part of `products` begins a
 * word in it, and where the part ends in a digit no other digit follows. NULL when there is none.
 */
const flopmeter_gpu_chip_t *flopmeter_gpu_chip_find(int major, int minor, const char *name);

/**
 * Span of `pipe` over all rates of the units in `units` and of `precision`, FLOPMETER_PRECISION_UNKNOWN = any.
 * False when the chip has no such rate.
 */
bool flopmeter_gpu_chip_span(
    const flopmeter_gpu_chip_t *chip,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_gpu_span_t *span);

#endif /* FLOPMETER_GPU_CHIP_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of the CUDA driver's and CUPTI's binary interface that is used, in C and without their headers: CUPTI's host
 * header is C++ only, and the library must build where neither CUDA nor a C++ compiler is. Every parameter block begins
 * with its own size, which is how CUPTI tells versions apart; blocks only grow at their end. test_cupti_abi.cpp holds
 * each line against NVIDIA's headers where they are installed.
 */

#ifndef FLOPMETER_CUDA_ABI_H
#define FLOPMETER_CUDA_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef struct CUctx_st *flopmeter_cu_context_t;
typedef int flopmeter_cu_device_t;

#define FLOPMETER_CU_SUCCESS (0)
#define FLOPMETER_CU_NOT_INITIALIZED (3)
#define FLOPMETER_CU_ATTRIBUTE_CLOCK_RATE (13)      /* kHz, the highest */
#define FLOPMETER_CU_ATTRIBUTE_SM_COUNT (16)
#define FLOPMETER_CU_ATTRIBUTE_MAJOR (75)           /* of the compute capability */
#define FLOPMETER_CU_ATTRIBUTE_MINOR (76)

/** Results of CUPTI that mean more than "no". */
enum
{
    FLOPMETER_CUPTI_SUCCESS = 0,
    FLOPMETER_CUPTI_INVALID_PARAMETER = 1,
    FLOPMETER_CUPTI_INVALID_CONTEXT = 3,
    FLOPMETER_CUPTI_INVALID_OPERATION = 7,
    FLOPMETER_CUPTI_OUT_OF_MEMORY = 8,
    FLOPMETER_CUPTI_PARAMETER_SIZE = 10,
    FLOPMETER_CUPTI_NOT_IMPLEMENTED = 11,
    FLOPMETER_CUPTI_NOT_COMPATIBLE = 14,
    FLOPMETER_CUPTI_HARDWARE_BUSY = 26,
    FLOPMETER_CUPTI_NOT_SUPPORTED = 27,
    FLOPMETER_CUPTI_WITH_MPS = 31,
    FLOPMETER_CUPTI_VIRTUALIZED = 33,
    FLOPMETER_CUPTI_PRIVILEGES = 35,
    FLOPMETER_CUPTI_OLD_PROFILER = 36,
    FLOPMETER_CUPTI_LEGACY_PROFILER = 38,
    FLOPMETER_CUPTI_SUBSCRIBERS = 39,
    FLOPMETER_CUPTI_VIRTUALIZED_PRIVILEGES = 40,
    FLOPMETER_CUPTI_CONFIDENTIAL = 41,
    FLOPMETER_CUPTI_CMP = 42,
    FLOPMETER_CUPTI_MIG = 43,
    FLOPMETER_CUPTI_SLI = 44,
    FLOPMETER_CUPTI_WSL = 45,
    FLOPMETER_CUPTI_CHIP_NAME = 46
};

#define FLOPMETER_CUPTI_RANGE_PROFILER (0)
#define FLOPMETER_CUPTI_PM_SAMPLING (1)
#define FLOPMETER_CUPTI_METRIC_COUNTER (0)
#define FLOPMETER_CUPTI_USER_RANGE (2)
#define FLOPMETER_CUPTI_USER_REPLAY (3)

/** What CUPTI takes as the size of a block: through its last field, without padding. */
#define FLOPMETER_CUPTI_LENGTH(type, last) (offsetof(type, last) + sizeof(((type *)0)->last))

typedef struct flopmeter_cupti_plain_stct
{
    size_t length;
    void *reserved;
}
flopmeter_cupti_plain_t;

typedef struct flopmeter_cupti_chip_stct
{
    size_t length;
    void *reserved;
    size_t device;
    const char *name;
}
flopmeter_cupti_chip_t;

typedef struct flopmeter_cupti_availability_stct
{
    size_t length;
    void *reserved;
    flopmeter_cu_context_t context;
    size_t image_length;
    uint8_t *image;
}
flopmeter_cupti_availability_t;

/* ---- Host ---- */

typedef struct flopmeter_cupti_host_init_stct
{
    size_t length;
    void *reserved;
    int profiler;
    const char *chip;
    const uint8_t *availability;
    void *host;
}
flopmeter_cupti_host_init_t;

typedef struct flopmeter_cupti_host_end_stct
{
    size_t length;
    void *reserved;
    void *host;
}
flopmeter_cupti_host_end_t;

typedef struct flopmeter_cupti_chips_stct
{
    size_t length;
    void *reserved;
    size_t count;
    const char *const *names;
}
flopmeter_cupti_chips_t;

typedef struct flopmeter_cupti_base_metrics_stct
{
    size_t length;
    void *reserved;
    void *host;
    int type;
    const char **names;
    size_t count;
}
flopmeter_cupti_base_metrics_t;

typedef struct flopmeter_cupti_add_metrics_stct
{
    size_t length;
    void *reserved;
    void *host;
    const char **names;
    size_t count;
}
flopmeter_cupti_add_metrics_t;

typedef struct flopmeter_cupti_config_length_stct
{
    size_t length;
    void *reserved;
    void *host;
    size_t image_length;
}
flopmeter_cupti_config_length_t;

typedef struct flopmeter_cupti_config_image_stct
{
    size_t length;
    void *reserved;
    void *host;
    size_t image_length;
    uint8_t *image;
}
flopmeter_cupti_config_image_t;

typedef struct flopmeter_cupti_passes_stct
{
    size_t length;
    void *reserved;
    size_t image_length;
    uint8_t *image;
    size_t count;
}
flopmeter_cupti_passes_t;

typedef struct flopmeter_cupti_evaluate_stct
{
    size_t length;
    void *reserved;
    void *host;
    const uint8_t *image;
    size_t image_length;
    size_t range;
    const char **names;
    size_t count;
    double *values;
}
flopmeter_cupti_evaluate_t;

/* ---- Range profiler ---- */

typedef struct flopmeter_cupti_enable_stct
{
    size_t length;
    void *reserved;
    flopmeter_cu_context_t context;
    void *profiler;
}
flopmeter_cupti_enable_t;

/** Disable, start, pop. */
typedef struct flopmeter_cupti_range_stct
{
    size_t length;
    void *reserved;
    void *profiler;
}
flopmeter_cupti_range_t;

typedef struct flopmeter_cupti_config_stct
{
    size_t length;
    void *reserved;
    void *profiler;
    size_t config_length;
    const uint8_t *config;
    size_t image_length;
    uint8_t *image;
    int range;
    int replay;
    size_t ranges_max;
    uint16_t levels;
    uint16_t level_min;
    size_t pass;
    uint16_t level_target;
}
flopmeter_cupti_config_t;

typedef struct flopmeter_cupti_stop_stct
{
    size_t length;
    void *reserved;
    void *profiler;
    size_t pass;
    size_t level_target;
    uint8_t is_all_submitted;
}
flopmeter_cupti_stop_t;

typedef struct flopmeter_cupti_push_stct
{
    size_t length;
    void *reserved;
    void *profiler;
    const char *name;
}
flopmeter_cupti_push_t;

typedef struct flopmeter_cupti_decode_stct
{
    size_t length;
    void *reserved;
    void *profiler;
    size_t ranges_dropped;
}
flopmeter_cupti_decode_t;

typedef struct flopmeter_cupti_image_length_stct
{
    size_t length;
    void *reserved;
    void *profiler;
    const char **names;
    size_t count;
    size_t ranges_max;
    uint32_t nodes_max;
    size_t image_length;
}
flopmeter_cupti_image_length_t;

typedef struct flopmeter_cupti_image_init_stct
{
    size_t length;
    void *reserved;
    void *profiler;
    size_t image_length;
    uint8_t *image;
}
flopmeter_cupti_image_init_t;

typedef struct flopmeter_cupti_image_info_stct
{
    size_t length;
    void *reserved;
    const uint8_t *image;
    size_t image_length;
    size_t ranges;
}
flopmeter_cupti_image_info_t;

/* ---- PM sampling ---- */

#define FLOPMETER_CUPTI_TRIGGER_SYSCLK (0)          /* the interval is a number of clocks */
#define FLOPMETER_CUPTI_TRIGGER_TIME (1)            /* ns; not on Turing and GA100 */
#define FLOPMETER_CUPTI_KEEP_OLDEST (0)
#define FLOPMETER_CUPTI_DECODE_FULL (1)             /* why decoding stopped: the image is full, */
#define FLOPMETER_CUPTI_DECODE_END (2)              /* there are no more records */

typedef struct flopmeter_cupti_pm_availability_stct
{
    size_t length;
    void *reserved;
    size_t device;
    size_t image_length;
    uint8_t *image;
}
flopmeter_cupti_pm_availability_t;

typedef struct flopmeter_cupti_pm_enable_stct
{
    size_t length;
    void *reserved;
    size_t device;
    void *sampler;
}
flopmeter_cupti_pm_enable_t;

/** Disable, start, stop. */
typedef struct flopmeter_cupti_pm_stct
{
    size_t length;
    void *reserved;
    void *sampler;
}
flopmeter_cupti_pm_t;

typedef struct flopmeter_cupti_pm_config_stct
{
    size_t length;
    void *reserved;
    void *sampler;
    size_t config_length;
    const uint8_t *config;
    size_t buffer_length;
    uint64_t interval;
    int trigger;
    int append;
}
flopmeter_cupti_pm_config_t;

typedef struct flopmeter_cupti_pm_image_length_stct
{
    size_t length;
    void *reserved;
    void *sampler;
    const char **names;
    size_t count;
    uint32_t samples_max;
    size_t image_length;
}
flopmeter_cupti_pm_image_length_t;

typedef struct flopmeter_cupti_pm_image_init_stct
{
    size_t length;
    void *reserved;
    void *sampler;
    size_t image_length;
    uint8_t *image;
}
flopmeter_cupti_pm_image_init_t;

typedef struct flopmeter_cupti_pm_decode_stct
{
    size_t length;
    void *reserved;
    void *sampler;
    uint8_t *image;
    size_t image_length;
    int stop_reason;
    uint8_t is_overflow;
}
flopmeter_cupti_pm_decode_t;

typedef struct flopmeter_cupti_pm_image_info_stct
{
    size_t length;
    void *reserved;
    const uint8_t *image;
    size_t image_length;
    size_t samples;
    size_t populated;
    size_t completed;
}
flopmeter_cupti_pm_image_info_t;

typedef struct flopmeter_cupti_pm_sample_stct
{
    size_t length;
    void *reserved;
    void *sampler;
    const uint8_t *image;
    size_t image_length;
    size_t index;
    uint64_t begin;
    uint64_t end;
}
flopmeter_cupti_pm_sample_t;

/* ---- Activity: records that CUPTI fills in. They grow at their end only; declared is what CUPTI 12 has. ---- */

#define FLOPMETER_CUPTI_VERSION_MIN (18)            /* of CUDA 12.0 */
#define FLOPMETER_CUPTI_KIND_KERNEL (3)             /* serialized: somebody else's */
#define FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL (10)
#define FLOPMETER_CUPTI_KIND_EXTERNAL (39)
#define FLOPMETER_CUPTI_EXTERNAL_LAUNCHER (5)       /* CUSTOM2; kineto has CUSTOM0 and CUSTOM1 */
#define FLOPMETER_CUPTI_FLUSH_FORCED (1)
#define FLOPMETER_CUPTI_MAX_LIMIT_REACHED (12)      /* no more records in the buffer */

typedef struct flopmeter_cupti_kernel_stct
{
    int32_t kind;
    uint8_t cache[2];
    uint16_t registers;
    int32_t global_cache[2];
    uint64_t start;                 /* ns; 0 = not collected */
    uint64_t end;
    uint64_t completed;
    uint32_t device;
    uint32_t context;
    uint32_t stream;
    uint32_t grid[3];               /* none is negative */
    uint32_t block[3];
    uint32_t shared[2];             /* static, dynamic */
    uint32_t local;
    uint32_t local_total;
    uint32_t correlation;
    int64_t grid_id;
    const char *name;
    void *reserved;
    uint64_t queued;
    uint64_t submitted;
    uint8_t launch[4];
    uint32_t shared_executed;
    uint64_t graph_node;            /* 0 = not launched by a graph */
    int32_t shared_limit;
    uint32_t graph;
}
flopmeter_cupti_kernel_t;

typedef struct flopmeter_cupti_external_stct
{
    int32_t kind;
    int32_t external_kind;
    uint64_t external;
    uint32_t correlation;
    uint32_t reserved;
}
flopmeter_cupti_external_t;

/** A thread of the program's, or of CUPTI's, wants room for records; NULL in `buffer`: none, they are dropped. */
typedef void flopmeter_cupti_request_fn(uint8_t **buffer, size_t *length, size_t *records_max);

/** A buffer comes back; `filled` bytes of it are records. */
typedef void flopmeter_cupti_complete_fn(
    flopmeter_cu_context_t context, uint32_t stream, uint8_t *buffer, size_t length, size_t filled);

#endif /* FLOPMETER_CUDA_ABI_H */

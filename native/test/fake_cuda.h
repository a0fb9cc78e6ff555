/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A CUDA driver and a CUPTI made of scripts: one library that is both. It keeps the true number of operations, counts
 * those that ran in a range as the hardware would, and misbehaves on demand. Its clock moves only when it is told to,
 * or when a call is told to take long; a program with threads lets it use the real one.
 */

#ifndef FLOPMETER_TEST_FAKE_CUDA_H
#define FLOPMETER_TEST_FAKE_CUDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_DEVICES_MAX (4)
#define FAKE_CONTEXTS_MAX (8)             /* made by the program, and as many primary ones as devices */
#define FAKE_METRICS_MAX (16)
#define FAKE_PM_NS (1000000)

/** Calls that can be made to fail, to take long, or to do something first. */
typedef enum fake_call_enum
{
    FAKE_CALL_NONE = 0,
    FAKE_CALL_COUNT, FAKE_CALL_RETAIN, FAKE_CALL_INITIALIZE, FAKE_CALL_CHIP, FAKE_CALL_AVAILABILITY,
    FAKE_CALL_HOST_INIT, FAKE_CALL_METRICS, FAKE_CALL_ADD, FAKE_CALL_CONFIG_IMAGE, FAKE_CALL_PASSES, FAKE_CALL_ENABLE,
    FAKE_CALL_DISABLE, FAKE_CALL_IMAGE_LENGTH, FAKE_CALL_IMAGE_INIT, FAKE_CALL_SET_CONFIG, FAKE_CALL_START,
    FAKE_CALL_PUSH, FAKE_CALL_POP, FAKE_CALL_STOP, FAKE_CALL_DECODE, FAKE_CALL_INFO, FAKE_CALL_EVALUATE,
    FAKE_CALL_INIT, FAKE_CALL_PM_AVAILABILITY, FAKE_CALL_PM_ENABLE, FAKE_CALL_PM_DISABLE, FAKE_CALL_PM_CONFIG,
    FAKE_CALL_PM_START, FAKE_CALL_PM_STOP, FAKE_CALL_PM_DECODE, FAKE_CALL_PM_IMAGE_LENGTH, FAKE_CALL_PM_IMAGE_INIT,
    FAKE_CALL_PM_INFO, FAKE_CALL_PM_SAMPLE,
    FAKE_CALL_TIMESTAMP,
    FAKE_CALL_VERSION, FAKE_CALL_SUBSCRIBE, FAKE_CALL_REGISTER, FAKE_CALL_ACTIVITY_ENABLE, FAKE_CALL_FLUSH,
    FAKE_CALLS_THAT_FAIL, FAKE_CALL_STATE = FAKE_CALLS_THAT_FAIL,
    FAKE_CALLS
}
fake_call_t;

/* A device with its primary context; or one context more on a device, of which only the parts from the id on count. */
typedef struct fake_device_stct
{
    char chip[32];
    int ordinal;
    bool is_lost;                         /* off the bus: whatever is asked of it fails */
    bool is_active;                       /* has a primary context, is a context */
    unsigned long long context_id;
    int references;                       /* the meter's */
    int contexts_made;                    /* by the meter's retain, which must never happen */
    uint64_t flop_per_ns[FAKE_METRICS_MAX];   /* work that goes on, by leaf */
    uint64_t done[FAKE_METRICS_MAX];      /* FLOP so far, by leaf */
    uint64_t told[FAKE_METRICS_MAX];      /* FLOP that a good evaluation told of, by leaf */
    uint64_t at_push[FAKE_METRICS_MAX];
    uint64_t at_stop[FAKE_METRICS_MAX];
    bool is_enabled;
    char asked[FAKE_METRICS_MAX];         /* the metrics that an image was last asked the size for */
    char configured[FAKE_METRICS_MAX];    /* and those of the first configuration since the profiler was enabled */
    bool is_configured;
    bool is_started;
    bool is_pushed;
    uint64_t ranges;
}
fake_device_t;

typedef struct fake_cuda_stct
{
    const char *metrics[FAKE_METRICS_MAX];    /* base names; a leaf has an op, or no part here */
    size_t metrics_count;
    unsigned sparse_percent;                  /* of what the metrics count; their _sparsity_off count the rest */
    bool has_no_sparsity_off;                 /* the chip lists none of these */
    size_t pass_max;                          /* metrics that fit into one pass */
    uint64_t now_ns;
    bool is_real_clock;
    int devices_count;
    fake_device_t devices[FAKE_DEVICES_MAX];
    fake_device_t contexts[FAKE_CONTEXTS_MAX];
    int sm_count;
    int clock_khz;

    fake_call_t fail_call;                    /* this call ... */
    int fail_result;                          /* ... returns this ... */
    int fail_after;                           /* ... after so many that were good, */
    int fail_times;                           /* so many times, -1 = from then on */
    fake_call_t slow_call;
    uint64_t slow_ns;
    fake_call_t hook_call;
    void (*hook)(fake_call_t call);           /* called without the lock, before the call does anything */
    double value_instead;                     /* what an evaluation gives when is_value_instead */
    bool is_value_instead;
    bool is_first_kept;                       /* an enabled profiler keeps its first configuration, and says nothing */
    size_t ranges_in_image;                   /* 1 */
    size_t length_missing;                    /* refuses blocks longer than it knows by so much less */

    uint32_t sessions;                        /* of profilers of the program's own */
    bool is_final;                            /* the program has ended CUPTI */
    bool is_state_kept;                       /* a lost device's primary context still says that it is active */
    uint64_t destroyed_in_use;                /* contexts that went while their profiler was enabled */
    uint64_t calls[FAKE_CALLS];
    uint64_t misuses;                         /* calls that CUPTI might crash on: no context, wrong order */
    char misuse[128];
}
fake_cuda_t;

/** Activity records of the script: which are made, and what goes wrong with them. */
typedef struct fake_activity_stct
{
    uint32_t version;                         /* of CUPTI's interface */
    uint32_t correlation;                     /* of the last launch */
    uint32_t subscribers;
    uint32_t registrations;
    bool has_other_subscriber;                /* a profiler is at work */
    bool is_overridden;                       /* records go to callbacks that are not ours */
    bool is_kernel_first;                     /* records of launches come after those of their kernels */
    bool is_odd;                              /* the next kernel ends before it begins */
    bool has_no_times;                        /* likewise without times */
    bool has_no_device;                       /* likewise on a device that there is not */
    bool is_endless;                          /* the next kernel goes on for ever: a flush with force has its begin */
    bool is_not_begun;                        /* likewise, and CUPTI does not say when it began */
    uint64_t clock_ns;                        /* CUPTI's clock when ours is 0 */
    bool is_hoarding;                         /* full buffers come back by a flush only */
    bool is_tail_longer;                      /* records are longer than the version that is declared */
    uint64_t forced;                          /* flushes with force */
    uint64_t enabled;                         /* bits: kinds */
    uint64_t dropped;                         /* records that found no buffer, not told yet */
    uint64_t held;                            /* buffers that are out */
    uint64_t pushes;                          /* of external correlations, */
    uint64_t pops;                            /* and what was taken off */
    uint64_t kernel_ns;                       /* time of all kernels whose record was made */
    uint64_t lost_ns;                         /* and of those without one */
}
fake_activity_t;

/** PM sampling of the script: samples of what devices do, and what goes wrong with them. */
typedef struct fake_pm_stct
{
    bool is_card_of_nvml;                     /* device 0 has the UUID of the fake NVML's */
    bool is_taken;                            /* enabled by somebody else */
    size_t capacity;                          /* samples that the hardware's buffer has room for */
    bool is_overflow_error;                   /* an overflow is told by the result */
    uint64_t late_ns;                         /* a sample can be decoded so much later */
    uint64_t lost;                            /* so many of the next samples are not made */
    bool is_loss_hidden;                      /* and the time stamps don't show it */
    bool is_repeating;                        /* the next decoding gives the last sample once more */
    bool is_odd_time;                         /* the next sample ends before it begins */
    uint64_t odd_samples;                     /* so many of the next evaluations give ... */
    double odd_value;                         /* ... this, for the first metric */
    bool is_stuck;                            /* decoding says for ever that there is more */
    size_t samples_claimed;                   /* so many are said to be in an image; 0 = the truth */
    uint64_t lost_ns;                         /* time without a sample while sampling, overflows included */
}
fake_pm_t;

fake_pm_t *fake_pm(void);

/** Devices on which sampling is enabled. */
int fake_pm_enabled(void);

/** Sets `metrics` to those of PM sampling of a large chip; device 0 is the fake NVML's. After fake_cuda_reset(). */
void fake_pm_reset(void);

/** The one and only; NULL metrics and all zero at first. */
fake_cuda_t *fake_cuda(void);

/** As a card with the metrics of a small chip named `chip`, and one active device. */
void fake_cuda_reset(const char *chip);

/** Let the clock and the work go on. */
void fake_cuda_advance(uint64_t ns);

/** A kernel of `flop` operations on leaf number `metric`. */
void fake_cuda_launch(int ordinal, size_t metric, uint64_t flop);

/** Likewise in a context that the program made. */
void fake_cuda_launch_in(const void *context, size_t metric, uint64_t flop);

/** The program's own cuDevicePrimaryCtxReset(): the context is gone, or a new one is there. */
void fake_cuda_context(int ordinal, bool is_active);

/** As cuCtxCreate() and cuCtxDestroy(): number of the context, which then does `flop_per_ns` of `metric`. */
int fake_cuda_create(int ordinal, size_t metric, uint64_t flop_per_ns);
void fake_cuda_destroy(int number);

/** A kernel of `ns` on a device, launched by the calling thread, as a node of a graph when that is not 0. */
void fake_cuda_kernel(int device, uint64_t ns, uint64_t graph_node);

/** Kernels of one launch: a graph. */
void fake_cuda_graph(int device, uint64_t ns, size_t nodes);

/** A kernel of a graph. */
typedef struct fake_node_stct
{
    const char *name;
    uint32_t grid;
    uint64_t ns;
}
fake_node_t;

/** Kernels of one launch: a graph, of which more is known. */
void fake_cuda_nodes(int device, const fake_node_t *nodes, size_t count);

fake_activity_t *fake_activity(void);

/** For programs with threads: the same fields under the lock. */
uint64_t fake_cuda_ranges(int ordinal);
uint64_t fake_cuda_calls(fake_call_t call);
uint64_t fake_cuda_ranges_made(void);     /* in contexts that the program made */
void fake_cuda_slow(fake_call_t call, uint64_t ns);
void fake_cuda_fail(fake_call_t call, int result);
void fake_cuda_sums(uint64_t *told, uint64_t *done, uint64_t *misuses);

#endif /* FLOPMETER_TEST_FAKE_CUDA_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernel activity, docs/design/0024-kernel-activity.md: how much of the GPUs' kernel time was launched by calls that
 * are counted. CUPTI's callbacks come on any thread; open, step and close on the meter's. One in a process.
 */

#ifndef FLOPMETER_CUDA_KERNELS_H
#define FLOPMETER_CUDA_KERNELS_H

#include "cuda_session.h"
#include "cuda_watch.h"

#define FLOPMETER_CUDA_BUFFERS (16)
#define FLOPMETER_CUDA_BUFFER_LENGTH (512 * 1024)
#define FLOPMETER_CUDA_JOINS (65536)                /* launches whose call and context are remembered */
#define FLOPMETER_CUDA_PENDING (16384)              /* kernels that wait for theirs */
#define FLOPMETER_CUDA_SHARES (1024)                /* (device, run, node) with times of their own */

/** Kernel time in ns, by what is known of the launch. */
typedef struct flopmeter_cuda_times_stct
{
    uint64_t kernels;
    uint64_t covered_ns;
    uint64_t mixed_ns;
    uint64_t uncovered_ns;
}
flopmeter_cuda_times_t;

typedef struct flopmeter_cuda_card_stct
{
    char name[48];                                  /* "GPU-..." or its number in this process */
    char chip[32];                                  /* "" = not known */
    flopmeter_u128_t peak_flop_per_sec;             /* 0 = not known */
    flopmeter_cuda_times_t times;
    flopmeter_shape_t stated;                       /* what calls counted on it */
}
flopmeter_cuda_card_t;

typedef struct flopmeter_cuda_share_stct
{
    uint32_t device;
    uint32_t context;
    bool is_used;
    flopmeter_cuda_times_t times;
}
flopmeter_cuda_share_t;

/** What is known now, for the file. */
typedef struct flopmeter_cuda_kernels_state_stct
{
    uint64_t begin_ns;                              /* CLOCK_MONOTONIC */
    uint64_t end_ns;
    uint64_t unseen_ns;
    uint64_t records_dropped;
    bool is_closed;
    bool is_running;                                /* at the end kernels may have been at work, unseen from there on */
    flopmeter_counter_state_t state;
    int cards_count;
    flopmeter_cuda_card_t cards[FLOPMETER_CUDA_DEVICES_MAX];
    flopmeter_cuda_share_t shares[FLOPMETER_CUDA_SHARES];
}
flopmeter_cuda_kernels_state_t;

/** As at the start of a process: nobody has asked for way. Before anything else. */
void flopmeter_cuda_kernels_reset(void);

/** Start. Not AVAILABLE: the gap is told, and all time is unseen; step and close are to be called all the same. */
flopmeter_counter_state_t flopmeter_cuda_kernels_open(
    const flopmeter_cuda_settings_t *settings, const flopmeter_cuda_world_t *world, uint64_t begin_ns);

/** Take what CUPTI has. Return how long there is nothing to do, in ns. */
uint64_t flopmeter_cuda_kernels_step(void);

/**
 * Give way to a profiler that was announced, or come back; unless somebody in the program has asked for way meanwhile,
 * or is subscribed: then it is for good. On the meter's thread. Return whether nothing is held, or it came back.
 */
bool flopmeter_cuda_kernels_pause(bool is_paused);

/** Take the rest and stop. */
void flopmeter_cuda_kernels_close(void);

/** As it stands now: records that come later change nothing of it, the next call does. On the meter's thread. */
const flopmeter_cuda_kernels_state_t *flopmeter_cuda_kernels_state(void);

/* ---- On the program's threads, see cuda_watch.h and flopmeter_here.h ---- */

uint64_t flopmeter_cuda_kernels_call_begin(void);
void flopmeter_cuda_kernels_call_end(uint64_t number, flopmeter_cuda_outcome_t outcome);
void flopmeter_cuda_kernels_states(int device, const flopmeter_shape_t *stated);
void flopmeter_cuda_kernels_context(uint32_t context);
uint64_t flopmeter_cuda_kernels_instance(const uint64_t *nodes, size_t count);
void flopmeter_cuda_kernels_instance_gone(uint64_t instance);
void flopmeter_cuda_kernels_launches(uint64_t number, uint64_t instance);

/** Give way, for good. */
void flopmeter_cuda_kernels_give_way(void);

/** Likewise, and CUPTI is gone afterwards with all that it was told. */
void flopmeter_cuda_kernels_finalize(void);

#endif /* FLOPMETER_CUDA_KERNELS_H */

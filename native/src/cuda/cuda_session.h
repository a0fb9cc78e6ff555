/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The meter inside the program: for each visible device its contexts are watched (the primary one, and those that the
 * program made), ranges are counted in one of them at a time, and what they say is booked. One thread calls all of
 * this; it is a chain of short steps with waits between them, so that a test can drive it with a clock of its own.
 *
 * States of a device: no context -> waiting for the next window <-> counting. An error closes the window, tells a gap,
 * and makes the next window late; the time until then is booked as not collected.
 */

#ifndef FLOPMETER_CUDA_SESSION_H
#define FLOPMETER_CUDA_SESSION_H

#include "cuda_account.h"
#include "cuda_contexts.h"
#include "cuda_range.h"
#include "cuda_settings.h"

#define FLOPMETER_CUDA_DEVICES_MAX (32)

/** The world as a session sees it. */
typedef struct flopmeter_cuda_world_stct
{
    flopmeter_cuda_count_t count;
    void (*gap)(void *context, flopmeter_gap_reason_t reason);
    void (*give_up)(void *context);    /* no range can ever be opened on a card; NULL = nobody wants to know */
    uint64_t (*now_ns)(void *context);
    void *context;
    const atomic_bool *is_stopped;     /* the program ends: leave what takes long. NULL = never */
}
flopmeter_cuda_world_t;

typedef enum flopmeter_cuda_phase_enum
{
    FLOPMETER_CUDA_NO_CONTEXT = 0,
    FLOPMETER_CUDA_WAITING = 1,
    FLOPMETER_CUDA_COUNTING = 2
}
flopmeter_cuda_phase_t;

typedef struct flopmeter_cuda_device_stct
{
    int ordinal;
    flopmeter_cu_device_t device;
    flopmeter_cuda_phase_t phase;
    flopmeter_counter_state_t state;   /* of the last attempt to count */
    flopmeter_cu_context_t context;    /* held while a window is open */
    unsigned long long context_id;
    flopmeter_cuda_serial_t serial;    /* of the held context, 0 = the primary one */
    flopmeter_cuda_serial_t turn;      /* of the last window's */
    bool is_primary_there;             /* when the range began */
    bool is_known;                     /* the chip's table and sets are there */
    flopmeter_cuda_known_t known;
    bool is_reopened;                           /* values were no counts once: each set gets a new profiler */
    const flopmeter_cuda_set_t *fixed;          /* the one set, when there is to be one */
    flopmeter_cuda_turns_t turns;
    flopmeter_cuda_range_t range;
    flopmeter_cuda_account_t account;
    uint64_t booked_ns;                /* time up to here is in the account */
    uint64_t window_ns;                /* begin of the next window, or of this one */
    uint64_t range_end_ns;             /* when the open range is to end */
    size_t ranges_left;                /* of this window */
    uint64_t retry_ns;                 /* wait after the next error */
    uint64_t windows;
}
flopmeter_cuda_device_t;

typedef struct flopmeter_cuda_session_stct
{
    flopmeter_cuda_api_t api;
    flopmeter_cuda_settings_t settings;
    flopmeter_cuda_world_t world;
    uint64_t begin_ns;
    bool has_lost_contexts;            /* more contexts than can be watched */
    bool is_paused;                    /* another profiler has the hardware, */
    bool is_yielded;                   /* or one of the program's own */
    bool is_final;                     /* the program has ended CUPTI: it is not to be asked again */
    int devices_count;
    flopmeter_cuda_device_t devices[FLOPMETER_CUDA_DEVICES_MAX];
}
flopmeter_cuda_session_t;

/** Find libraries and devices. Not AVAILABLE: the gaps are told, there is nothing to step or close. */
flopmeter_counter_state_t flopmeter_cuda_session_open(
    flopmeter_cuda_session_t *session,
    const flopmeter_cuda_settings_t *settings,
    const flopmeter_cuda_world_t *world,
    uint64_t begin_ns);

/** Do what is due. Return how long there is nothing to do, in ns. */
uint64_t flopmeter_cuda_session_step(flopmeter_cuda_session_t *session);

/**
 * Give the hardware to another profiler, or come back and open windows at once, where nobody else has it. False: some
 * of it is still held. The time is booked as any without a range: estimated, and bounded by the peak.
 */
bool flopmeter_cuda_session_pause(flopmeter_cuda_session_t *session, bool is_paused);

/**
 * Give the hardware to a profiler of the program's own, gap 13, or come back, one retry later. `is_final`: the program
 * ends CUPTI, and it is for good. False: some of it is still held.
 */
bool flopmeter_cuda_session_yield(flopmeter_cuda_session_t *session, bool is_yielded, bool is_final);

/**
 * CUPTI was ended while a range may have been open: what that counted is lost, gap 17, and its time is bounded. Nothing
 * of CUPTI is called, now or later.
 */
void flopmeter_cuda_session_lose(flopmeter_cuda_session_t *session);

/** End open ranges, book what they counted and the time up to now. */
void flopmeter_cuda_session_close(flopmeter_cuda_session_t *session);

#endif /* FLOPMETER_CUDA_SESSION_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A library that looks like DCGM and does as it is told: an engine that samples the fake GPU (fake_nvml.h) as DCGM
 * does, pauses, forgets, dies and lies.
 */

#ifndef FLOPMETER_TEST_FAKE_DCGM_H
#define FLOPMETER_TEST_FAKE_DCGM_H

#include "dcgm.h"
#include "fake_nvml.h"

#define FAKE_DCGM_LIES_MAX (16)
#define FAKE_DCGM_STALLS_MAX (64)

/** Values of `field` (0 = every activity) made from begin to end are not what they should be. */
typedef struct fake_lie_stct
{
    uint64_t begin_ns;
    uint64_t end_ns;
    unsigned short field;
    int status;
    char type;                /* 0 = the right one */
    bool is_replaced;
    double value;
    int64_t late_us;          /* is added to the time */
}
fake_lie_t;

typedef struct fake_stall_stct
{
    uint64_t begin_ns;
    uint64_t end_ns;
}
fake_stall_t;

/** What an engine makes of a raw counter that has run over. */
typedef enum fake_wrap_enum
{
    FAKE_WRAP_MODULO = 0,     /* the right difference */
    FAKE_WRAP_SIGNED,         /* a negative one */
    FAKE_WRAP_UNSIGNED,       /* one of almost 2^64 */
    FAKE_WRAP_CLAMPED         /* none */
}
fake_wrap_t;

typedef struct fake_dcgm_stct
{
    fake_nvml_t *gpu;             /* what is done on it, and the clock; NULL = half of HMMA, and the real clock */
    bool has_engine;              /* one answers at this machine's address */
    bool has_own;                 /* one can be started in the process */
    unsigned jitter_ns;           /* the loop is up to so much late, each time by another amount */
    uint64_t seed;
    size_t fields_max;            /* activities that can be had in one pass, 0 = any number */
    int64_t wall_offset_us;       /* wall clock - monotonic clock */
    bool is_other_machine;        /* it knows other UUIDs */
    bool is_backwards;            /* what was asked for comes in another order */
    unsigned short unknown_field; /* which this chip doesn't have */
    bool is_watched_before;       /* another client watches: two samples were there when ours began to */
    bool is_short;                /* a value is of the last interval only, however long ago the one before was */
    bool is_adverse;              /* what it has of an idle GPU is almost an interval old, of a busy one it is new */
    unsigned wrap_bits;           /* the driver's raw counters are so wide, 0 = they never run over */
    fake_wrap_t wrap;
    uint64_t wrap_elapsed;        /* cycles after which "elapsed" runs over first, 0 = it is wider and never does */
    uint64_t wrap_active;         /* and each "active" */
    size_t stalls_count;
    fake_stall_t stalls[FAKE_DCGM_STALLS_MAX];
    size_t lies_count;
    fake_lie_t lies[FAKE_DCGM_LIES_MAX];
    size_t faults_count;
    fake_fault_t faults[FAKE_FAULTS_MAX];
    unsigned break_after;         /* so many values of a call, then `break_result`; 0 = never */
    int break_result;
    bool is_restarted;            /* the next call finds the connection gone; what was is forgotten */
    char address[64];             /* that was connected to last */
    unsigned is_initialised;
    unsigned connections;         /* open */
    unsigned groups;              /* open, of both kinds */
    unsigned watches;             /* open */
    unsigned calls_after_end;     /* with a handle that isn't valid any more */
}
fake_dcgm_t;

/** Its name in the library. */
#define FAKE_DCGM_STATE "fake_dcgm_state"

/** An engine on this machine that is punctual. */
static inline void fake_dcgm_reset(fake_dcgm_t *state, fake_nvml_t *gpu)
{
    memset(state, 0, sizeof(*state));
    state->gpu = gpu;
    state->has_engine = true;
    state->has_own = true;
    state->wall_offset_us = INT64_C(1700000000000000);
}

#endif /* FLOPMETER_TEST_FAKE_DCGM_H */

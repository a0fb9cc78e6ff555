/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_H
#define FLOPMETER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLOPMETER_EXPORT __attribute__((visibility("default")))

#define FLOPMETER_VERSION_MAJOR (0)
#define FLOPMETER_VERSION_MINOR (1)

/** Version of the lanes this library writes. A reader quarantines any other. */
#define FLOPMETER_WIRE_VERSION (1)

/** Longest run or node id in characters. Ids match [A-Za-z0-9._:-]{1,64}. */
#define FLOPMETER_ID_LENGTH_MAX (64)

/** Done. */
#define FLOPMETER_OK (0)
/** No meter is present, or it was turned off for this process. Recording is harmless and counts nothing. */
#define FLOPMETER_OFF (-1)
/** An argument is out of range. See flopmeter_errmsg(). */
#define FLOPMETER_INVALID (-2)
/** The table of keys or contexts is full: the returned key counts the FLOP without run and node. */
#define FLOPMETER_OVERFLOW (-3)

/** Format of the operands. Complex arithmetic is its real operations in the real precision. */
typedef enum flopmeter_precision_enum
{
    FLOPMETER_FP64 = 1,
    FLOPMETER_FP32 = 2,
    FLOPMETER_TF32 = 3,
    FLOPMETER_FP16 = 4,
    FLOPMETER_BF16 = 5,
    FLOPMETER_FP8 = 6,
    FLOPMETER_FP6 = 7,
    FLOPMETER_FP4 = 8,
    FLOPMETER_INT32 = 9,
    FLOPMETER_INT16 = 10,
    FLOPMETER_INT8 = 11,
    FLOPMETER_INT4 = 12,
    FLOPMETER_INT1 = 13
}
flopmeter_precision_t;

/** What a count rests on, best first. A runtime that knows its shapes uses FLOPMETER_EXACT_BY_SHAPE. */
typedef enum flopmeter_basis_enum
{
    FLOPMETER_EXACT_EXECUTED = 1,
    FLOPMETER_EXACT_BY_SHAPE = 2,
    FLOPMETER_DERIVED = 3,
    FLOPMETER_ANALYTIC = 4,
    FLOPMETER_DECLARED = 5
}
flopmeter_basis_t;

/** Who counted. Callers of this header use FLOPMETER_SOURCE_API. */
typedef enum flopmeter_source_enum
{
    FLOPMETER_SOURCE_API = 1,
    FLOPMETER_SOURCE_BLAS = 2,
    FLOPMETER_SOURCE_LAPACK = 3,
    FLOPMETER_SOURCE_ONEDNN = 4,
    FLOPMETER_SOURCE_PERF = 5,
    FLOPMETER_SOURCE_CUDA = 6
}
flopmeter_source_t;

/** Process-wide name of (run, node, precision, basis, source); valid on every thread. 0 counts nothing. */
typedef uint32_t flopmeter_key_t;

/** One sample as it lies in a lane (docs/design/0001-wire-format.md). may_alias: the bytes have no declared type. */
typedef struct flopmeter_sample_stct
{
    uint32_t slot;
    uint32_t dt_ns;                /* after the base time of its record */
    uint64_t flop_count;
}
__attribute__((__may_alias__))
flopmeter_sample_t;

/**
 * Cursor into the calling thread's lane. The fields are here so that flopmeter_batch_add() can be inlined; touch none.
 * The struct lives in pages that a forked child finds zeroed, so a cursor that was open across a fork() is safe in
 * both processes.
 */
typedef struct flopmeter_batch_stct
{
    flopmeter_sample_t *sample_next;   /* where the next sample goes */
    flopmeter_sample_t *sample_limit;  /* end of the claimed record; equal to sample_next when there is none */
    uint32_t *count_released;          /* in the lane: samples the reader may consume */
    const uint32_t *slot_by_key;       /* lane slot + 1, 0 when the lane has none for the key yet */
    uint32_t key_limit;
    uint32_t count;                    /* samples in the open record */
    uint32_t dt_ns;                    /* offset of this batch from the record's base time */
    uint32_t reserved;
    uint64_t flop_low;                 /* the producer's own tally of what went through the ring */
    uint64_t flop_high;
    uint64_t samples;
}
flopmeter_batch_t;

/**
 * Connect this process to the meter named by the environment (FLOPMETER_LANE_DIR, FLOPMETER_RUN, FLOPMETER_NODE).
 * Optional: the first record attaches by itself, with the environment as it was when the library was loaded (reading it
 * later would race with setenv() in other threads). Not in a signal handler. Return FLOPMETER_OK or FLOPMETER_OFF.
 */
FLOPMETER_EXPORT int flopmeter_attach(void);

/**
 * Intern a key. `run` NULL = the run of the environment; `node` NULL = the node of the environment, and where that
 * names none, no node (reported as "unattributed").
 * Call once per combination and keep the key: a lookup costs tens of ns. Any thread, lock-free, usable in a signal
 * handler.
 * Return FLOPMETER_OK, FLOPMETER_INVALID (`*key` is 0) or FLOPMETER_OVERFLOW (`*key` counts without run and node).
 */
FLOPMETER_EXPORT int flopmeter_intern(
    const char *run,
    const char *node,
    flopmeter_precision_t precision,
    flopmeter_basis_t basis,
    flopmeter_source_t source,
    flopmeter_key_t *key);

/** As flopmeter_intern() with the run and node of this thread's context, see flopmeter_context_push(). */
FLOPMETER_EXPORT int flopmeter_intern_here(
    flopmeter_precision_t precision, flopmeter_basis_t basis, flopmeter_source_t source, flopmeter_key_t *key);

/**
 * Count `flop_count` operations (a multiply-add is 2) on `key`, now. Wait-free, reads no clock, never blocks, any
 * thread, usable in a signal handler. Without a meter it does nothing. When the lane is full the FLOP are folded,
 * never lost.
 */
FLOPMETER_EXPORT void flopmeter_record(flopmeter_key_t key, uint64_t flop_count);

/**
 * Begin a batch on this thread: stamps the time once. Never NULL. Between begin and end use flopmeter_batch_add() on
 * this thread only; the samples are visible to the meter at once, not only at the end.
 */
FLOPMETER_EXPORT flopmeter_batch_t *flopmeter_batch_begin(void);

/** End the batch: the cursor must not be used any more. */
FLOPMETER_EXPORT void flopmeter_batch_end(flopmeter_batch_t *batch);

/** Out-of-line part of flopmeter_batch_add(): new record, new slot, full ring, forked child. Do not call it. */
FLOPMETER_EXPORT void flopmeter_batch_add_slow(flopmeter_batch_t *batch, flopmeter_key_t key, uint64_t flop_count);

/** Count `flop_count` operations on `key` as part of `batch`. Wait-free; about one ns when drained. */
static inline void flopmeter_batch_add(flopmeter_batch_t *batch, flopmeter_key_t key, uint64_t flop_count)
{
    /*
     * Everything but the limits is loaded first: when a signal handler forks in here the child's cursor turns to zeros
     * under our feet, and then the limits send us to the slow path before a pointer is followed.
     */
    flopmeter_sample_t *const sample = batch->sample_next;
    const uint32_t *const slot_by_key = batch->slot_by_key;
    uint32_t *const count_released = batch->count_released;
    const uint32_t count = batch->count + 1;
    uint32_t slot;

    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    slot = (sample != batch->sample_limit && key < batch->key_limit) ? slot_by_key[key] : 0;

    if (0 == slot)
    {
        flopmeter_batch_add_slow(batch, key, flop_count);
        return;
    }

    sample->slot = slot - 1;
    sample->dt_ns = batch->dt_ns;
    sample->flop_count = flop_count;
    batch->sample_next = sample + 1;
    batch->samples += 1;
    batch->flop_low += flop_count;
    batch->flop_high += (batch->flop_low < flop_count) ? 1 : 0;
    batch->count = count;
    __atomic_store_n(count_released, count, __ATOMIC_RELEASE);
}

/**
 * Charge what this thread does from here on to (run, node): intercepted library calls and flopmeter_intern_here().
 * NULL keeps the current value. At most 64 deep. Return FLOPMETER_OK or FLOPMETER_INVALID (nothing is pushed).
 */
FLOPMETER_EXPORT int flopmeter_context_push(const char *run, const char *node);

/** Back to the context before the last push. Return FLOPMETER_OK, or FLOPMETER_INVALID when there is none. */
FLOPMETER_EXPORT int flopmeter_context_pop(void);

/**
 * Turn the meter off for this process: what was recorded stays counted, later records do nothing. Any thread.
 */
FLOPMETER_EXPORT void flopmeter_detach(void);

/** Text of the last error on this thread, "" when there was none. Valid until the next call on this thread. */
FLOPMETER_EXPORT const char *flopmeter_errmsg(void);

#ifdef __cplusplus
}
#endif

#endif /* FLOPMETER_H */

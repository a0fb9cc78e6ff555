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

/** Version of the lanes this library writes. A reader takes those before it too, and quarantines any later. */
#define FLOPMETER_WIRE_VERSION (2)

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
    FLOPMETER_INT1 = 13,
    FLOPMETER_PRECISION_UNKNOWN = 14   /* executed, in a format that the source cannot tell */
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

/** One sample as it lies in a lane (docs/design/0001-wire-format.md). */
typedef struct flopmeter_sample_stct
{
    uint32_t slot;
    uint32_t dt_ns;                /* after the base time of its record */
    uint64_t flop_count;
}
flopmeter_sample_t;

/**
 * The library's side of a batch; touch none of it. It lives in pages that a forked child finds zeroed, so a batch that
 * was open across a fork() is safe in both processes.
 */
typedef struct flopmeter_batch_state_stct
{
    flopmeter_sample_t *sample_next;   /* where the next sample goes */
    flopmeter_sample_t *sample_limit;  /* end of what may be written; equal to sample_next when there is nothing */
    uint32_t *count_released;          /* in the lane, before the first sample: those the reader may consume */
    const uint32_t *slot_by_key;       /* lane slot + 1, 0 when the lane has none for the key yet */
    uint32_t key_limit;                /* 0: nothing of the above is to be used any more */
    uint32_t dt_ns;                    /* offset of this batch from the record's base time */
    uint64_t flop_low;                 /* the producer's own tally of what goes where sample_next leads */
    uint64_t flop_high;
}
flopmeter_batch_state_t;

/**
 * Cursor into the calling thread's lane, held by value: a compiler keeps it in registers, so that an add is little more
 * than the three stores that the meter sees. Keep it in a local variable; touch none of its fields.
 */
typedef struct flopmeter_batch_stct
{
    flopmeter_batch_state_t *state;
    flopmeter_sample_t *sample_next;
    flopmeter_sample_t *sample_limit;
    uint32_t *count_released;
    const uint32_t *slot_by_key;
    uint64_t slot_word;                /* to be added to slot + 1: makes the first word of a sample */
    uint64_t count;                    /* samples of this record or journal so far */
    uint64_t flop_low;
    uint64_t flop_high;
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

/** Out-of-line parts of the batch calls below. Do not call them. */
FLOPMETER_EXPORT flopmeter_batch_state_t *flopmeter_batch_open(void);
FLOPMETER_EXPORT flopmeter_batch_state_t *flopmeter_batch_add_slow(
    const flopmeter_batch_t *batch, flopmeter_key_t key, uint64_t flop_count);
FLOPMETER_EXPORT void flopmeter_batch_close(const flopmeter_batch_t *batch);

/** Let the cursor begin where the library's side stands. Do not call it. */
static inline flopmeter_batch_t flopmeter_batch_load(flopmeter_batch_state_t *state)
{
    flopmeter_batch_t batch;

    batch.state = state;
    batch.sample_next = state->sample_next;
    batch.sample_limit = state->sample_limit;
    batch.count_released = state->count_released;
    batch.slot_by_key = state->slot_by_key;
    batch.slot_word = ((uint64_t)state->dt_ns << 32) - 1;
    batch.count = (NULL == batch.sample_next) ? 0 :
        (uint64_t)(batch.sample_next - (const flopmeter_sample_t *)(const void *)(batch.count_released + 2));
    batch.flop_low = state->flop_low;
    batch.flop_high = state->flop_high;
    return batch;
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define FLOPMETER_SAMPLE_PUT_X86_64 (1)
#endif

/** Bytes ahead of a sample where a line of the lane is asked for: it may be as far away as the reader's core. */
#define FLOPMETER_SAMPLE_AHEAD (1024)

/**
 * Write a sample, then let the meter see it: a store-release of how many there are in the record. `slot_word` is its
 * slot and, 32 bits up, its dt_ns. Do not call it. Assembly, because of the builtin compilers forget all that they know
 * about the cursor, at each sample, and because they make one vector of the two words, which takes longer. A line is
 * asked for a little ahead, four times over: all of a record's lines at once are more than can be under way. That
 * faults nowhere, whatever lies there.
 */
static inline void flopmeter_sample_put(
    flopmeter_sample_t *sample, uint64_t slot_word, uint64_t flop_count, uint32_t *count_released, uint32_t count)
{
#if defined(FLOPMETER_SAMPLE_PUT_X86_64)
    __asm__ volatile ("movq %3, (%2)\n\tmovq %4, 8(%2)\n\tprefetchw %c6(%2)\n\tmovl %5, %1"
        : "=m" (*sample), "=m" (*count_released)
        : "r" (sample), "r" (slot_word), "r" (flop_count), "r" (count), "i" (FLOPMETER_SAMPLE_AHEAD));
#else
    __builtin_prefetch((const char *)(const void *)sample + FLOPMETER_SAMPLE_AHEAD, 1);
    sample->slot = (uint32_t)slot_word;
    sample->dt_ns = (uint32_t)(slot_word >> 32);
    sample->flop_count = flop_count;
#if defined(__aarch64__) && !defined(__SANITIZE_THREAD__)
    __asm__ volatile ("stlr %w2, %0" : "=Q" (*count_released) : "m" (*sample), "r" (count));
#else
    __atomic_store_n(count_released, count, __ATOMIC_RELEASE);
#endif
#endif
}

/**
 * Begin a batch on this thread: stamps the time once, to a tick of the kernel's clock (1 to 10 ms). Between begin and
 * end call flopmeter_batch_add() with this cursor, on this thread only; the samples are visible to the meter at once,
 * not only at the end.
 *
 *     flopmeter_batch_t batch = flopmeter_batch_begin();
 *     for (...) { flopmeter_batch_add(&batch, key, flop_count); }
 *     flopmeter_batch_end(&batch);
 */
static inline flopmeter_batch_t flopmeter_batch_begin(void)
{
    return flopmeter_batch_load(flopmeter_batch_open());
}

/** Count `flop_count` operations on `key` as part of `batch`. Wait-free; about one ns when drained. */
static inline void flopmeter_batch_add(flopmeter_batch_t *batch, flopmeter_key_t key, uint64_t flop_count)
{
    /*
     * The limit of keys is loaded each time, all else may be in registers for long: when a signal handler forks in
     * here, or turns the meter off, that limit turns to 0 under our feet and keeps us from following a pointer.
     */
    flopmeter_sample_t *const sample = batch->sample_next;
    const uint32_t key_limit = *(volatile const uint32_t *)&batch->state->key_limit;

    if (__builtin_expect(sample != batch->sample_limit, 1) && __builtin_expect(key < key_limit, 1))
    {
        const uint32_t slot = batch->slot_by_key[key];

        if (__builtin_expect(0 != slot, 1))
        {
            batch->count += 1;
            flopmeter_sample_put(
                sample, batch->slot_word + slot, flop_count, batch->count_released, (uint32_t)batch->count);
            batch->sample_next = sample + 1;
            batch->flop_low += flop_count;
            batch->flop_high += (batch->flop_low < flop_count) ? 1 : 0;
            return;
        }
    }

    /* A copy, so that the cursor's own address is nobody's. */
    const flopmeter_batch_t copy = *batch;
    *batch = flopmeter_batch_load(flopmeter_batch_add_slow(&copy, key, flop_count));
}

/** End the batch: the cursor must not be used any more. */
static inline void flopmeter_batch_end(flopmeter_batch_t *batch)
{
    const flopmeter_batch_t copy = *batch;

    flopmeter_batch_close(&copy);
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

/*
 * Artifacts: what a program read and wrote, for the causal graph (docs/graph.md). Under a meter the run becomes a
 * computation of the graph, with no option of `flopmeter run`; without one the calls do nothing. The file is hashed by
 * the meter, beside the program; a call opens nothing of it.
 */

/** No room for the note in the meter directory, or the directory is gone: the graph will not have it. */
#define FLOPMETER_LOST (-4)

/** What a written file is. */
typedef enum flopmeter_artifact_enum
{
    FLOPMETER_DATASET = 1,
    FLOPMETER_MODEL = 2,
    FLOPMETER_OUTPUT = 3
}
flopmeter_artifact_t;

/**
 * This program is about to read `name`: a path, or "sha256:" and 64 lower-case hex digits for content that it got some
 * other way. Call it before the file is opened: a change between the call and the hash makes its origin unknown.
 * One short write to the meter directory: a few microseconds, waits for nobody, leaves errno alone. Any thread; usable
 * in a signal handler with 8 KiB of stack.
 * Return FLOPMETER_OK, FLOPMETER_OFF, FLOPMETER_INVALID (`name` is NULL, empty or of 4096 bytes and more) or
 * FLOPMETER_LOST.
 */
FLOPMETER_EXPORT int flopmeter_artifact_read(const char *name);

/**
 * This program has written `name`, and closed it: everything that the run did, and does until it ends, is behind it.
 * What is changed after the call, before the meter has hashed it, is not recorded, and the run's summary says so.
 * Otherwise as flopmeter_artifact_read(); a `kind` that is none of the enum's values is FLOPMETER_INVALID, too.
 */
FLOPMETER_EXPORT int flopmeter_artifact_written(const char *name, flopmeter_artifact_t kind);

/*
 * Segments: stretches of a long computation. An artifact that is written in one, or after it and before the next, has
 * behind it what ran in that one and in those before, and what ran in none; not what came later. What is read in one,
 * or before it and after the last, is behind it and what comes later.
 */

/**
 * From here on this thread works in segment `name`: intercepted library calls and flopmeter_intern_here() count for the
 * node "segment:NAME" of the run. Other threads, and keys interned before, go on as they were: what they do is behind
 * every segment. Segments don't nest; a context pushed in one is popped in it. A name that was used before continues
 * that segment's count, so give each its own: 1 to 56 of [A-Za-z0-9._:-].
 * As costly as flopmeter_artifact_read(). Any thread; not in a signal handler.
 * Return FLOPMETER_OK, FLOPMETER_OFF, FLOPMETER_INVALID or FLOPMETER_LOST; unless FLOPMETER_OK nothing has begun.
 */
FLOPMETER_EXPORT int flopmeter_segment_begin(const char *name);

/**
 * End this thread's segment. Return FLOPMETER_OK; FLOPMETER_LOST: it has ended, and the graph takes what is read next
 * for read in it; FLOPMETER_INVALID when none has begun; FLOPMETER_OFF.
 */
FLOPMETER_EXPORT int flopmeter_segment_end(void);

#ifdef __cplusplus
}
#endif

#endif /* FLOPMETER_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The trace of a fleet (docs/design/0007-replay.md): which samples each device of each host emits, in logical time.
 * Integers only, so that C, Java (bench/.../replay) and Python (testdata/replay/golden.py) agree to the last bit.
 */

#ifndef FLOPMETER_REPLAY_TRACE_H
#define FLOPMETER_REPLAY_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include <flopmeter/flopmeter.h>

#define TRACE_DEVICES (8)
#define TRACE_JOBS_MAX (64)
#define TRACE_VARIANTS (8)
#define TRACE_PHASES_MAX (3)
#define TRACE_OPS_MAX (24)
#define TRACE_NODES (3)
#define TRACE_KINDS (3)
#define TRACE_KEYS_PER_JOB (TRACE_NODES * TRACE_KINDS)
#define TRACE_NAME_LENGTH_MAX (64)
/* An op that takes time and counts nothing: communication. */
#define TRACE_NO_KEY (UINT32_MAX)

/* One kernel: FLOP by its shape, and duration, both before jitter. */
typedef struct trace_op_stct
{
    uint64_t flop_count;
    uint64_t duration_ns;
    uint32_t key;
}
trace_op_t;

/* Ops that are repeated, as the layers of a model are. */
typedef struct trace_phase_stct
{
    uint64_t duration_ns;                   /* of one repetition */
    uint32_t repeat;
    uint32_t op_count;
    trace_op_t ops[TRACE_OPS_MAX];
}
trace_phase_t;

typedef struct trace_program_stct
{
    uint64_t duration_ns;
    uint32_t phase_count;
    trace_phase_t phases[TRACE_PHASES_MAX];
}
trace_program_t;

/* A job repeats `body` period times, then `tail` once: micro-batches and an optimizer step, or decode and a prefill. */
typedef struct trace_job_stct
{
    char run[TRACE_NAME_LENGTH_MAX + 1];
    bool is_training;
    flopmeter_precision_t precision;        /* of the gemms; attention is bf16, the rest fp32 */
    uint64_t hosts_permille;
    uint64_t layers;
    uint64_t hidden;
    uint64_t ffn;
    uint64_t vocabulary;
    uint64_t tokens;
    uint64_t context;
    uint64_t period;
    trace_program_t body[TRACE_VARIANTS];
    trace_program_t tail[TRACE_VARIANTS];
}
trace_job_t;

typedef struct trace_stct
{
    uint64_t seed;
    uint64_t hosts;
    uint64_t slice_ns;
    uint64_t bf16_flop_per_ns;
    uint64_t fp8_flop_per_ns;
    uint64_t memory_bytes_per_ns;
    uint64_t link_bytes_per_ns;
    uint32_t job_count;
    trace_job_t jobs[TRACE_JOBS_MAX];
}
trace_t;

/* xoshiro256**, and 8 bits of jitter per op cut from its words. */
typedef struct trace_random_stct
{
    uint64_t state[4];
    uint64_t bits;
    uint32_t bits_used;
}
trace_random_t;

typedef struct trace_device_stct
{
    trace_random_t random;
    uint64_t time_ns;
    uint64_t slice_ns;
    uint64_t skip_ns;                       /* of the first program: devices are caught in the middle of it */
}
trace_device_t;

/* Read a spec file. False: one line about it is on stderr. */
bool trace_load(trace_t *trace, const char *path);

/* Compute the programs of all jobs. */
void trace_build(trace_t *trace);

/* Name of node 0..2 of a job. */
const char *trace_node_name(const trace_job_t *job, uint32_t node);

/* Precision of kind 0..2: gemm, attention, other. */
flopmeter_precision_t trace_kind_precision(const trace_job_t *job, uint32_t kind);

/* Job of a host; NULL when it idles. */
const trace_job_t *trace_job_of(const trace_t *trace, uint64_t host);

/* Put a device at a random instant of its job. Return the program unit it is in. */
uint64_t trace_device_start(
    const trace_t *trace, const trace_job_t *job, uint64_t host, uint32_t device_index, trace_device_t *device,
    uint32_t *variant);

static inline uint64_t trace_rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

/* xoshiro256** 1.0, D. Blackman and S. Vigna, 2018 (public domain, prng.di.unimi.it/xoshiro256starstar.c). */
static inline uint64_t trace_random_next(trace_random_t *random)
{
    uint64_t *const s = random->state;
    const uint64_t result = trace_rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = trace_rotate(s[3], 45);
    return result;
}

/* SplitMix64's output function, S. Vigna, 2015 (public domain, prng.di.unimi.it/splitmix64.c). */
static inline uint64_t trace_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

static inline uint64_t trace_jitter(trace_random_t *random)
{
    if (0 == (random->bits_used++ & 7))
    {
        random->bits = trace_random_next(random);
    }
    const uint64_t jitter = random->bits & 255;
    random->bits >>= 8;
    return jitter;
}

typedef void (*trace_emit_t)(void *context, uint32_t key, uint64_t flop_count, uint64_t time_ns);

/* False when the slice is over. Inlined with its emit function: this is the producer's inner loop. */
static inline __attribute__((always_inline)) bool trace_run_program(
    const trace_program_t *program, trace_device_t *device, trace_emit_t emit, void *context)
{
    uint64_t skip_ns = device->skip_ns;
    uint64_t time_ns = device->time_ns;

    for (uint32_t p = 0; p < program->phase_count; p++)
    {
        const trace_phase_t *const phase = &program->phases[p];
        const uint64_t skipped = skip_ns / phase->duration_ns;
        uint64_t repetition = skipped < phase->repeat ? skipped : phase->repeat;
        skip_ns -= repetition * phase->duration_ns;
        for (; repetition < phase->repeat; repetition++)
        {
            for (uint32_t i = 0; i < phase->op_count; i++)
            {
                const trace_op_t *const op = &phase->ops[i];
                if (skip_ns >= op->duration_ns)
                {
                    skip_ns -= op->duration_ns;
                    continue;
                }
                skip_ns = 0;
                const uint64_t jitter = trace_jitter(&device->random);
                time_ns += op->duration_ns + ((op->duration_ns * jitter) >> 10);
                if (time_ns > device->slice_ns)
                {
                    return false;
                }
                if (TRACE_NO_KEY != op->key)
                {
                    /* Counters of executed operations see masks and tails beyond the shape: arbitrary low bits. */
                    emit(context, op->key, op->flop_count + jitter, time_ns);
                }
            }
        }
    }
    device->skip_ns = 0;
    device->time_ns = time_ns;
    return true;
}

/* Every sample of one device whose kernel ends within the slice. */
static inline __attribute__((always_inline)) void trace_run_device(
    const trace_t *trace, uint64_t host, uint32_t device_index, trace_emit_t emit, void *context)
{
    const trace_job_t *const job = trace_job_of(trace, host);
    trace_device_t device;
    uint32_t variant;

    if (NULL == job)
    {
        return;
    }
    uint64_t unit = trace_device_start(trace, job, host, device_index, &device, &variant);
    while (trace_run_program(unit < job->period ? &job->body[variant] : &job->tail[variant], &device, emit, context))
    {
        unit = unit < job->period ? unit + 1 : 0;
        variant = (uint32_t)(trace_random_next(&device.random) >> 61);
    }
}

#endif /* FLOPMETER_REPLAY_TRACE_H */

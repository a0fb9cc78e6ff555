/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels of a transformer by shape, on one device of a tensor-parallel group of 8 (one host). FLOP are those of the
 * shape, before jitter; durations are a roofline: 1 us, plus the longer of arithmetic and memory traffic at a fixed
 * part of the peak.
 */

#include "trace.h"

#include <stddef.h>
#include <string.h>

#define FLOOR_NS (1000)
#define GAP_NS (5000)
#define GOLDEN_GAMMA (0x9E3779B97F4A7C15ULL)
#define BF16_BYTES (2)

enum
{
    KIND_GEMM = 0,
    KIND_ATTENTION = 1,
    KIND_OTHER = 2
};

typedef struct build_stct
{
    const trace_t *trace;
    const trace_job_t *job;
    trace_phase_t *phase;
    uint32_t key_base;                      /* of the job and node */
}
build_t;

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add(build_t *build, uint32_t key, uint64_t flop_count, uint64_t duration_ns)
{
    trace_op_t *const op = &build->phase->ops[build->phase->op_count++];

    op->key = key;
    op->flop_count = flop_count;
    op->duration_ns = duration_ns;
    build->phase->duration_ns += duration_ns;
}

/* Four fifths of the peak bandwidth. */
static uint64_t memory_ns(const build_t *build, uint64_t bytes)
{
    return bytes * 5 / (build->trace->memory_bytes_per_ns * 4);
}

/* Seven tenths of the peak. */
static void gemm(build_t *build, uint64_t m, uint64_t n, uint64_t k)
{
    const bool is_fp8 = FLOPMETER_FP8 == build->job->precision;
    const uint64_t peak = is_fp8 ? build->trace->fp8_flop_per_ns : build->trace->bf16_flop_per_ns;
    const uint64_t width = is_fp8 ? 1 : BF16_BYTES;
    const uint64_t flop_count = 2 * m * n * k;
    const uint64_t bytes = width * (m * k + k * n) + BF16_BYTES * m * n;

    add(build, build->key_base + KIND_GEMM, flop_count,
        FLOOR_NS + max(flop_count * 10 / (peak * 7), memory_ns(build, bytes)));
}

/* Half of the peak. */
static void attention(build_t *build, uint64_t flop_count, uint64_t bytes)
{
    add(build, build->key_base + KIND_ATTENTION, flop_count,
        FLOOR_NS + max(flop_count * 2 / build->trace->bf16_flop_per_ns, memory_ns(build, bytes)));
}

static void elementwise(build_t *build, uint64_t count, uint64_t flop_each, uint64_t bytes_each)
{
    add(build, build->key_base + KIND_OTHER, count * flop_each, FLOOR_NS + memory_ns(build, count * bytes_each));
}

/* An exchange between the devices: time without FLOP. */
static void gap(build_t *build, uint64_t bytes)
{
    add(build, TRACE_NO_KEY, 0, GAP_NS + bytes / build->trace->link_bytes_per_ns);
}

static void begin(build_t *build, trace_program_t *program, uint64_t repeat, uint32_t node)
{
    build->phase = &program->phases[program->phase_count++];
    build->phase->repeat = (uint32_t)repeat;
    build->key_base =
        (uint32_t)(build->job - build->trace->jobs) * TRACE_KEYS_PER_JOB + node * TRACE_KINDS;
}

static void end(build_t *build, trace_program_t *program)
{
    program->duration_ns += build->phase->repeat * build->phase->duration_ns;
}

/* `attended` = pairs of a token with one that it attends to. */
static void forward_layer(build_t *build, uint64_t tokens, uint64_t attended, uint64_t cache_bytes)
{
    const uint64_t hidden = build->job->hidden;
    const uint64_t ffn = build->job->ffn / TRACE_DEVICES;
    const uint64_t heads = hidden / TRACE_DEVICES;

    elementwise(build, tokens * hidden, 6, 4);
    gemm(build, tokens, 3 * heads, hidden);
    attention(build, 4 * attended * heads, 8 * tokens * heads + cache_bytes);
    gemm(build, tokens, hidden, heads);
    gap(build, 2 * tokens * hidden);
    elementwise(build, tokens * hidden, 6, 4);
    gemm(build, tokens, 2 * ffn, hidden);
    elementwise(build, tokens * ffn, 8, 6);
    gemm(build, tokens, hidden, ffn);
    gap(build, 2 * tokens * hidden);
}

/* Each gemm of the forward pass becomes two: one for the data, one for the weights. */
static void backward_layer(build_t *build, uint64_t tokens, uint64_t attended)
{
    const uint64_t hidden = build->job->hidden;
    const uint64_t ffn = build->job->ffn / TRACE_DEVICES;
    const uint64_t heads = hidden / TRACE_DEVICES;

    gemm(build, tokens, ffn, hidden);
    gemm(build, ffn, hidden, tokens);
    elementwise(build, tokens * ffn, 14, 10);
    gemm(build, tokens, hidden, 2 * ffn);
    gemm(build, hidden, 2 * ffn, tokens);
    elementwise(build, tokens * hidden, 9, 6);
    gap(build, 2 * tokens * hidden);
    gemm(build, tokens, heads, hidden);
    gemm(build, heads, hidden, tokens);
    attention(build, 10 * attended * heads, 16 * tokens * heads);
    gemm(build, tokens, hidden, 3 * heads);
    gemm(build, hidden, 3 * heads, tokens);
    elementwise(build, tokens * hidden, 9, 6);
    gap(build, 2 * tokens * hidden);
}

static void head(build_t *build, uint64_t tokens)
{
    const uint64_t vocabulary = build->job->vocabulary / TRACE_DEVICES;

    gemm(build, tokens, vocabulary, build->job->hidden);
    elementwise(build, tokens * vocabulary, 5, 4);
}

static void build_training(build_t *build, trace_job_t *job, uint32_t variant)
{
    trace_program_t *const body = &job->body[variant];
    trace_program_t *const tail = &job->tail[variant];
    const uint64_t tokens = job->tokens / 16 * (9 + variant);
    /* Causal: half of the square, sequence by sequence. */
    const uint64_t attended = tokens * job->context / 2;
    const uint64_t parameters = (4 * job->hidden * job->hidden + 3 * job->hidden * job->ffn) / TRACE_DEVICES;

    begin(build, body, job->layers, 0);
    forward_layer(build, tokens, attended, 0);
    end(build, body);
    begin(build, body, 1, 0);
    head(build, tokens);
    end(build, body);
    begin(build, body, job->layers, 1);
    backward_layer(build, tokens, attended);
    end(build, body);

    begin(build, tail, job->layers, 2);
    gap(build, 2 * parameters);
    elementwise(build, parameters, 12, 16);
    end(build, tail);
}

static void build_serving(build_t *build, trace_job_t *job, uint32_t variant)
{
    trace_program_t *const body = &job->body[variant];
    trace_program_t *const tail = &job->tail[variant];
    const uint64_t sequences = job->tokens / 16 * (9 + variant);
    const uint64_t prompt = job->context / 16 * (9 + variant);
    const uint64_t heads = job->hidden / TRACE_DEVICES;

    begin(build, body, job->layers, 0);
    /* Keys and values of 8 query heads are shared: 2 x 2 bytes / 8. */
    forward_layer(build, sequences, sequences * job->context, sequences * job->context * heads / 2);
    end(build, body);
    begin(build, body, 1, 0);
    head(build, sequences);
    end(build, body);

    begin(build, tail, job->layers, 1);
    forward_layer(build, prompt, prompt * prompt / 2, 0);
    end(build, tail);
    begin(build, tail, 1, 1);
    head(build, 16);
    end(build, tail);
}

void trace_build(trace_t *trace)
{
    for (uint32_t i = 0; i < trace->job_count; i++)
    {
        trace_job_t *const job = &trace->jobs[i];
        build_t build = { .trace = trace, .job = job };
        for (uint32_t variant = 0; variant < TRACE_VARIANTS; variant++)
        {
            if (job->is_training)
            {
                build_training(&build, job, variant);
            }
            else
            {
                build_serving(&build, job, variant);
            }
        }
    }
}

const char *trace_node_name(const trace_job_t *job, uint32_t node)
{
    static const char *const training[] = { "forward", "backward", "optimizer" };
    static const char *const serving[] = { "decode", "prefill", "idle" };

    return job->is_training ? training[node] : serving[node];
}

flopmeter_precision_t trace_kind_precision(const trace_job_t *job, uint32_t kind)
{
    return KIND_GEMM == kind ? job->precision : KIND_ATTENTION == kind ? FLOPMETER_BF16 : FLOPMETER_FP32;
}

const trace_job_t *trace_job_of(const trace_t *trace, uint64_t host)
{
    const uint64_t place = host * 1000 / trace->hosts;
    uint64_t share = 0;

    for (uint32_t i = 0; i < trace->job_count; i++)
    {
        share += trace->jobs[i].hosts_permille;
        if (place < share)
        {
            return &trace->jobs[i];
        }
    }
    return NULL;
}

uint64_t trace_device_start(
    const trace_t *trace, const trace_job_t *job, uint64_t host, uint32_t device_index, trace_device_t *device,
    uint32_t *variant)
{
    const uint64_t number = host * TRACE_DEVICES + device_index + 1;
    uint64_t seed = trace_mix(trace->seed + GOLDEN_GAMMA) ^ trace_mix(number * GOLDEN_GAMMA);

    memset(device, 0, sizeof(*device));
    for (int i = 0; i < 4; i++)
    {
        seed += GOLDEN_GAMMA;
        device->random.state[i] = trace_mix(seed);
    }
    device->slice_ns = trace->slice_ns;
    *variant = (uint32_t)(trace_random_next(&device->random) >> 61);

    const uint64_t body_ns = job->body[*variant].duration_ns;
    const uint64_t cycle_ns = job->period * body_ns + job->tail[*variant].duration_ns;
    const uint64_t instant_ns = trace_random_next(&device->random) % cycle_ns;
    const uint64_t bodies = instant_ns / body_ns;
    const uint64_t unit = bodies < job->period ? bodies : job->period;
    device->skip_ns = instant_ns - unit * body_ns;
    return unit;
}

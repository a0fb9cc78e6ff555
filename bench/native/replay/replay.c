/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter_replay SPEC FIRST END [digest]: acts for hosts FIRST .. END-1 of a fleet in turn, one thread and one lane
 * per device, emitting their samples through the public header as fast as it can. At the end it prints its own tally:
 * "samples N flop N attached 0|1 thread-cpu-ns N". With `digest` it records nothing and prints one digest per host.
 */

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace.h"

/* How often a runtime would look at the clock: a batch is stamped once. */
#define BATCH_SAMPLES (1024)
/* Eight devices share few CPUs here: each gives way after so many samples, or their rings would fill in bursts. */
#define TURN_SAMPLES (4096)
/* The planted bugs hit early and then once in so many samples of a thread. */
#define CANARY_INTERVAL (1000000)
#define CANARY_FIRST (1000)
#define DIGEST_BASIS (0xCBF29CE484222325ULL)
#define DIGEST_PRIME (0x00000100000001B3ULL)
#define KEYS_MAX (TRACE_JOBS_MAX * TRACE_KEYS_PER_JOB)
#define FLOP_DIGITS_MAX (40)

__extension__ typedef unsigned __int128 u128_t;

typedef struct device_thread_stct
{
    pthread_t thread;
    uint32_t device_index;
    uint64_t samples;
    uint64_t cpu_ns;
    u128_t flop;
    flopmeter_batch_t batch;
    uint64_t digest;
}
device_thread_t;

static trace_t trace;
static flopmeter_key_t keys[KEYS_MAX];
static uint64_t host_first;
static uint64_t host_end;

static inline void emit_sample(void *context, uint32_t key, uint64_t flop_count, uint64_t time_ns)
{
    device_thread_t *const self = context;

    (void)time_ns;
    self->flop += flop_count;
    if (0 == (++self->samples & (BATCH_SAMPLES - 1)))
    {
        flopmeter_batch_end(&self->batch);
        self->batch = flopmeter_batch_begin();
        if (0 == (self->samples & (TURN_SAMPLES - 1)))
        {
            sched_yield();
        }
    }
#if defined(FLOPMETER_CANARY_DROP)
    if (CANARY_FIRST == self->samples % CANARY_INTERVAL)
    {
        return;
    }
#elif defined(FLOPMETER_CANARY_DOUBLE)
    if (CANARY_FIRST == self->samples % CANARY_INTERVAL)
    {
        flopmeter_batch_add(&self->batch, keys[key], flop_count);
    }
#endif
    flopmeter_batch_add(&self->batch, keys[key], flop_count);
}

static inline void emit_digest(void *context, uint32_t key, uint64_t flop_count, uint64_t time_ns)
{
    device_thread_t *const self = context;

    self->samples++;
    self->flop += flop_count;
    self->digest = (self->digest ^ key) * DIGEST_PRIME;
    self->digest = (self->digest ^ flop_count) * DIGEST_PRIME;
    self->digest = (self->digest ^ time_ns) * DIGEST_PRIME;
}

static void *act(void *argument)
{
    device_thread_t *const self = argument;
    device_thread_t local = *self;          /* whose address nobody has, so that the cursor stays in registers */
    struct timespec cpu;

    local.batch = flopmeter_batch_begin();
    for (uint64_t host = host_first; host < host_end; host++)
    {
        trace_run_device(&trace, host, local.device_index, emit_sample, &local);
    }
    flopmeter_batch_end(&local.batch);
    self->samples = local.samples;
    self->flop = local.flop;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    self->cpu_ns = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec;
    return NULL;
}

/* The last CPU is the aggregator's: in a real fleet no eight devices would share one CPU with it. */
static void leave_one_cpu(void)
{
    cpu_set_t cpus;

    if (0 == sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) > 1)
    {
        size_t last = CPU_SETSIZE - 1;
        while (!CPU_ISSET(last, &cpus))
        {
            last--;
        }
        CPU_CLR(last, &cpus);
        sched_setaffinity(0, sizeof(cpus), &cpus);
    }
}

static bool intern_keys(void)
{
    for (uint32_t i = 0; i < trace.job_count * TRACE_KEYS_PER_JOB; i++)
    {
        const trace_job_t *const job = &trace.jobs[i / TRACE_KEYS_PER_JOB];
        const uint32_t local = i % TRACE_KEYS_PER_JOB;
        if (FLOPMETER_OK != flopmeter_intern(
            job->run, trace_node_name(job, local / TRACE_KINDS), trace_kind_precision(job, local % TRACE_KINDS),
            FLOPMETER_EXACT_EXECUTED, FLOPMETER_SOURCE_API, &keys[i]))
        {
            fprintf(stderr, "flopmeter_replay: %s: %s\n", job->run, flopmeter_errmsg());
            return false;
        }
    }
    return true;
}

static const char *decimal(u128_t value, char text[FLOP_DIGITS_MAX])
{
    char *digit = text + FLOP_DIGITS_MAX - 1;

    *digit = '\0';
    do
    {
        *--digit = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    while (0 != value);
    return digit;
}

static int replay(void)
{
    device_thread_t threads[TRACE_DEVICES] = { { .device_index = 0 } };
    device_thread_t sum = { .device_index = 0 };
    char text[FLOP_DIGITS_MAX];

    leave_one_cpu();
    const int attached = FLOPMETER_OK == flopmeter_attach();
    if (!intern_keys())
    {
        return 3;
    }
    for (uint32_t i = 0; i < TRACE_DEVICES; i++)
    {
        threads[i].device_index = i;
        if (0 != pthread_create(&threads[i].thread, NULL, act, &threads[i]))
        {
            fprintf(stderr, "flopmeter_replay: no thread for device %u\n", i);
            return 3;
        }
    }
    for (uint32_t i = 0; i < TRACE_DEVICES; i++)
    {
        pthread_join(threads[i].thread, NULL);
        sum.samples += threads[i].samples;
        sum.flop += threads[i].flop;
        sum.cpu_ns += threads[i].cpu_ns;
    }
    printf("samples %" PRIu64 " flop %s attached %d thread-cpu-ns %" PRIu64 "\n",
        sum.samples, decimal(sum.flop, text), attached, sum.cpu_ns);
    return 0;
}

static int digest(void)
{
    char text[FLOP_DIGITS_MAX];

    for (uint64_t host = host_first; host < host_end; host++)
    {
        device_thread_t sum = { .device_index = 0 };
        for (uint32_t i = 0; i < TRACE_DEVICES; i++)
        {
            sum.digest ^= DIGEST_BASIS;
            trace_run_device(&trace, host, i, emit_digest, &sum);
            sum.digest = trace_mix(sum.digest);
        }
        printf("host %" PRIu64 " samples %" PRIu64 " flop %s digest %016" PRIx64 "\n",
            host, sum.samples, decimal(sum.flop, text), sum.digest);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5 || (5 == argc && 0 != strcmp(argv[4], "digest")))
    {
        fprintf(stderr, "usage: flopmeter_replay SPEC FIRST END [digest]\n");
        return 2;
    }
    if (!trace_load(&trace, argv[1]))
    {
        return 2;
    }
    host_first = strtoull(argv[2], NULL, 10);
    host_end = strtoull(argv[3], NULL, 10);
    if (host_first >= host_end || host_end > trace.hosts)
    {
        fprintf(stderr, "flopmeter_replay: hosts %s to %s: expected a range within 0 to %" PRIu64 "\n",
            argv[2], argv[3], trace.hosts);
        return 2;
    }
    trace_build(&trace);
    return 5 == argc ? digest() : replay();
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-bench-probe: how far apart are two CPUs right now, and how fast is the memory? A hypervisor changes the
 * distance of two virtual CPUs tenfold within seconds, so this is asked before and after every timed round. Commands on
 * stdin, one reply line each:
 *
 *   pair A B     ping-pong one way and the stream through a 4 MiB ring  -> done latencyNs=N streamBytesPerSec=N
 *   dram A MIB   passes over MIB of memory, read by CPU A               -> done bytesPerSec=N,N,N...
 *   timer A      granularity and cost of the clocks on CPU A           -> done granularityNs=N clockNs=N tickNs=N
 */

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench_common.h"

#define CPU_MAX (4095)
#define LINE (64)
#define PING_BATCHES (15)
#define PINGS (400)
#define STREAM_RING (4u * 1024 * 1024)
#define STREAM_CHUNK (64u * 1024)
#define STREAM_LENGTH (16u * 1024 * 1024)
#define STREAM_ROUNDS (3)
#define DRAM_PASSES (7)
#define PAIR_S_MAX (20)
/* On a busy machine the other side is off its CPU most of the time: what was seen until then has to do. */
#define PING_NS_MAX (UINT64_C(1000000000))
/* Tens of microseconds: much longer than a line takes from the farthest core. */
#define SPINS_TO_YIELD (1u << 14)
#define PING_STOP (UINT64_MAX)

typedef struct shared_stct
{
    uint64_t ping __attribute__((aligned(2 * LINE)));
    uint64_t pong __attribute__((aligned(2 * LINE)));
    uint64_t tail __attribute__((aligned(2 * LINE)));
    uint64_t head __attribute__((aligned(2 * LINE)));
    uint64_t seen;
    uint8_t *ring;
    int cpu;
}
shared_t;

/* A hint while waiting; after many, others may run: two threads that only spin would wait for each other's slices. */
static void spin(uint64_t *spins)
{
    if (0 == ++*spins % SPINS_TO_YIELD)
    {
        sched_yield();
    }
}

/* Wait until the word is at least that. False when it was not, by the deadline. */
static bool wait_for(const uint64_t *word, uint64_t value, uint64_t deadline_ns)
{
    uint64_t spins = 0;

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value)
    {
        spin(&spins);
        if (0 == spins % SPINS_TO_YIELD && bench_now_ns() > deadline_ns)
        {
            return false;
        }
    }
    return true;
}

/* The same for longer waits, without a deadline, and off the other side's toes where both are threads of one core. */
static void wait_relaxed(const uint64_t *word, uint64_t value)
{
    uint64_t spins = 0;

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value)
    {
        bench_relax();
        spin(&spins);
    }
}

static uint64_t sum_of(const uint8_t *bytes, size_t length)
{
    const uint64_t *const words = (const uint64_t *)(const void *)bytes;
    uint64_t sums[8] = { 0 };

    for (size_t i = 0; i < length / sizeof(uint64_t); i += 8)
    {
        for (size_t k = 0; k < 8; k++)
        {
            sums[k] += words[i + k];
        }
    }
    return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

static void *other_side(void *argument)
{
    shared_t *const shared = argument;

    bench_pin(shared->cpu);
    for (uint64_t i = 1; i <= PING_BATCHES * PINGS; i++)
    {
        (void)wait_for(&shared->ping, i, UINT64_MAX);
        if (PING_STOP == __atomic_load_n(&shared->ping, __ATOMIC_RELAXED))
        {
            break;
        }
        __atomic_store_n(&shared->pong, i, __ATOMIC_RELEASE);
    }
    for (uint64_t head = 0; head < (uint64_t)STREAM_LENGTH * STREAM_ROUNDS; head += STREAM_CHUNK)
    {
        wait_relaxed(&shared->tail, head + STREAM_CHUNK);
        shared->seen += sum_of(shared->ring + (head & (STREAM_RING - 1)), STREAM_CHUNK);
        __atomic_store_n(&shared->head, head + STREAM_CHUNK, __ATOMIC_RELEASE);
    }
    return NULL;
}

/*
 * The least of the batches: whoever is interrupted is not farther away. A batch takes some 50 us. Where not one can be
 * finished, the mean of what was: far, as on a machine that is so busy it is.
 */
static double ping_pong_ns(shared_t *shared)
{
    const uint64_t origin_ns = bench_now_ns();
    double least_ns = 1e12;
    uint64_t number = 0;

    for (int batch = 0; batch < PING_BATCHES; batch++)
    {
        const uint64_t begin_ns = bench_now_ns();
        for (int i = 0; i < PINGS; i++)
        {
            number++;
            __atomic_store_n(&shared->ping, number, __ATOMIC_RELEASE);
            if (!wait_for(&shared->pong, number, origin_ns + PING_NS_MAX))
            {
                __atomic_store_n(&shared->ping, PING_STOP, __ATOMIC_RELEASE);
                const double mean_ns = (double)(bench_now_ns() - origin_ns) / (2.0 * (double)number);
                return mean_ns < least_ns ? mean_ns : least_ns;
            }
        }
        const double one_way_ns = (double)(bench_now_ns() - begin_ns) / (2.0 * PINGS);
        least_ns = one_way_ns < least_ns ? one_way_ns : least_ns;
    }
    return least_ns;
}

static double stream_bytes_per_sec(shared_t *shared)
{
    double most = 0;
    uint64_t tail = 0;

    for (int round = 0; round < STREAM_ROUNDS; round++)
    {
        const uint64_t end = tail + STREAM_LENGTH;
        const uint64_t begin_ns = bench_now_ns();
        for (; tail < end; tail += STREAM_CHUNK)
        {
            if (tail + STREAM_CHUNK > STREAM_RING)
            {
                wait_relaxed(&shared->head, tail + STREAM_CHUNK - STREAM_RING);
            }
            memset(shared->ring + (tail & (STREAM_RING - 1)), (int)(tail >> 16), STREAM_CHUNK);
            __atomic_store_n(&shared->tail, tail + STREAM_CHUNK, __ATOMIC_RELEASE);
        }
        wait_relaxed(&shared->head, end);
        const double rate = 1e9 * STREAM_LENGTH / (double)(bench_now_ns() - begin_ns);
        most = rate > most ? rate : most;
    }
    return most;
}

/* There from its first instruction: here it would never run beside a spinning thread of real-time priority. */
static void start_on(pthread_t *thread, int cpu, shared_t *shared)
{
    pthread_attr_t attributes;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (0 != pthread_attr_init(&attributes) || 0 != pthread_attr_setaffinity_np(&attributes, sizeof(set), &set) ||
        0 != pthread_create(thread, &attributes, other_side, shared))
    {
        bench_die(BENCH_ENVIRONMENT, "can't start a thread on cpu %d", cpu);
    }
    pthread_attr_destroy(&attributes);
}

static void probe_pair(int cpu_a, int cpu_b)
{
    static shared_t shared;
    static uint8_t *ring;
    pthread_t thread;

    if (cpu_a == cpu_b)
    {
        bench_die(BENCH_USAGE, "pair: two different CPUs are needed, got %d twice", cpu_a);
    }
    if (NULL == ring && 0 != posix_memalign((void **)&ring, 4096, STREAM_RING))
    {
        bench_die(BENCH_ENVIRONMENT, "no memory for a ring of %u bytes", STREAM_RING);
    }
    memset(ring, 1, STREAM_RING);
    memset(&shared, 0, sizeof(shared));
    shared.ring = ring;
    shared.cpu = cpu_b;
    bench_pin(cpu_a);
    start_on(&thread, cpu_b, &shared);
    /* Two threads that wait for each other for ever would take both CPUs with them: the signal ends the process. */
    alarm(PAIR_S_MAX);
    const double latency_ns = ping_pong_ns(&shared);
    const double stream = stream_bytes_per_sec(&shared);
    pthread_join(thread, NULL);
    alarm(0);
    printf("done latencyNs=%.1f streamBytesPerSec=%.0f check=%llu\n", latency_ns, stream,
        (unsigned long long)(shared.seen & 1));
}

static void probe_dram(int cpu, size_t length)
{
    uint64_t seen = 0;

    bench_pin(cpu);
    uint8_t *const memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (MAP_FAILED == (void *)memory)
    {
        bench_die(BENCH_ENVIRONMENT, "no memory for %zu bytes", length);
    }
    (void)madvise(memory, length, MADV_HUGEPAGE);
    memset(memory, 1, length);
    printf("done bytesPerSec=");
    for (int pass = 0; pass < DRAM_PASSES; pass++)
    {
        const uint64_t begin_ns = bench_now_ns();
        seen += sum_of(memory, length);
        printf("%s%.0f", 0 == pass ? "" : ",", 1e9 * (double)length / (double)(bench_now_ns() - begin_ns));
    }
    printf(" check=%llu\n", (unsigned long long)(seen & 1));
    munmap(memory, length);
}

static void probe_timer(int cpu)
{
    const int readings = 100000;
    uint64_t least_ns = UINT64_MAX;
    uint64_t ticks = 0;

    bench_pin(cpu);
    uint64_t before_ns = bench_now_ns();
    const uint64_t begin_ns = before_ns;
    for (int i = 0; i < readings; i++)
    {
        const uint64_t now_ns = bench_now_ns();
        if (now_ns > before_ns && now_ns - before_ns < least_ns)
        {
            least_ns = now_ns - before_ns;
        }
        before_ns = now_ns;
    }
    const uint64_t middle_ns = bench_now_ns();
    for (int i = 0; i < readings; i++)
    {
        ticks += bench_ticks();
    }
    const uint64_t end_ns = bench_now_ns();
    printf("done granularityNs=%llu clockNs=%.1f tickNs=%.1f check=%llu\n", (unsigned long long)least_ns,
        (double)(middle_ns - begin_ns) / readings, (double)(end_ns - middle_ns) / readings,
        (unsigned long long)(ticks & 1));
}

static void execute(char *line)
{
    char *rest = NULL;
    const char *const name = strtok_r(line, " ", &rest);
    const char *const first = strtok_r(NULL, " ", &rest);
    const char *const second = strtok_r(NULL, " ", &rest);

    if (NULL == name)
    {
        bench_die(BENCH_USAGE, "an empty command: pair, dram or timer is expected");
    }
    const int cpu = (int)bench_number(first, name, CPU_MAX);
    if (0 == strcmp("pair", name))
    {
        probe_pair(cpu, (int)bench_number(second, name, CPU_MAX));
    }
    else if (0 == strcmp("dram", name))
    {
        probe_dram(cpu, (size_t)bench_number(second, name, 65536) * 1024 * 1024);
    }
    else if (0 == strcmp("timer", name))
    {
        probe_timer(cpu);
    }
    else
    {
        bench_die(BENCH_USAGE, "%s: pair, dram or timer is expected", name);
    }
    fflush(stdout);
}

int main(void)
{
    char line[256];

    while (NULL != bench_read_line(line, sizeof(line)))
    {
        execute(line);
    }
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * SIGKILL after each single instruction: a producer is run step by step, and after each step its lane files, all that a
 * kill would leave, must hold exactly a prefix of what it did, under the right keys, with tallies that agree. test_kill
 * does it with real kills at any instant; those seldom meet the few instructions that matter.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

#define NODES (3)
#define SLOTS_MAX (65536)
#define KEYS_PER_NODE (4 * FLOPMETER_INT1)
#define SAMPLES_QUICK (2600)
#define SAMPLES_NIGHTLY (20000)
#define SAMPLES_PER_KEY (31)
#define SAMPLES_STOPPED (900)      /* the ring holds 252, the journal 256 */
#define SAMPLES_PER_CYCLE (1300)
#define STEPS_PER_AGE (10007)
#define AGE_NS (3000000000ULL) /* a record that is older than 2 s is closed */

typedef struct progress_stct
{
    uint64_t begun;
    uint64_t done;
}
progress_t;

/* What the parent expects, through sample `done`. */
typedef struct expected_stct
{
    uint64_t done;
    total_t by_node[NODES];
}
expected_t;

typedef struct producer_stct
{
    pid_t pid;
    uint64_t steps;
    uint64_t commits;
    uint64_t now_ns;
    expected_t expected;
}
producer_t;

static const char *const nodes[NODES] = { "k0", "k1", "k2" };
static progress_t *progress;
static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* The n-th sample has the value n << 44 under key n modulo 3, so that the sums tell exactly which samples are there. */
static uint64_t value_of(uint64_t n)
{
    return n << 44;
}

static void step(flopmeter_batch_t *batch, const flopmeter_key_t *keys)
{
    const uint64_t n = progress->begun + 1;

    __atomic_store_n(&progress->begun, n, __ATOMIC_RELEASE);
    if (NULL != batch)
    {
        flopmeter_batch_add(batch, keys[n % NODES], value_of(n));
    }
    else
    {
        flopmeter_record(keys[n % NODES], value_of(n));
    }
    __atomic_store_n(&progress->done, n, __ATOMIC_RELEASE);
}

/* Slots more and more in the lane, until it is full of them and is succeeded. */
static void intern_all(flopmeter_key_t (*keys)[NODES])
{
    for (int number = 0; number < KEYS_PER_NODE; number++)
    {
        const flopmeter_precision_t precision = (flopmeter_precision_t)(FLOPMETER_FP64 + number % FLOPMETER_INT1);
        const flopmeter_basis_t basis = (flopmeter_basis_t)(FLOPMETER_EXACT_BY_SHAPE + number / FLOPMETER_INT1);
        for (int i = 0; i < NODES; i++)
        {
            CHECK(FLOPMETER_OK ==
                flopmeter_intern(NULL, nodes[i], precision, basis, FLOPMETER_SOURCE_API, &keys[number][i]),
                "%s", flopmeter_errmsg());
        }
    }
}

static void produce(uint64_t samples)
{
    static flopmeter_key_t keys[KEYS_PER_NODE][NODES];

    CHECK(0 == ptrace(PTRACE_TRACEME, 0, NULL, NULL), "traced");
    CHECK(FLOPMETER_OK == flopmeter_attach(), "%s", flopmeter_errmsg());
    intern_all(keys);
    raise(SIGSTOP);
    for (int number = 0; progress->begun < samples; number = (number + 1) % KEYS_PER_NODE)
    {
        if (0 == (number & 1))
        {
            flopmeter_batch_t batch = flopmeter_batch_begin();
            for (int i = 0; i < SAMPLES_PER_KEY; i++)
            {
                step(&batch, keys[number]);
            }
            flopmeter_batch_end(&batch);
        }
        for (int i = 0; 1 == (number & 1) && i < SAMPLES_PER_KEY; i++)
        {
            step(NULL, keys[number]);
        }
    }
    raise(SIGUSR2);
    _exit(0);
}

static bool is_traced_until(producer_t *producer, int stop_signal)
{
    int status = 0;

    CHECK(producer->pid == waitpid(producer->pid, &status, 0), "wait: %s", strerror(errno));
    CHECK(WIFSTOPPED(status), "the producer ended with status %#x after %" PRIu64 " steps", (unsigned)status,
        producer->steps);
    CHECK(SIGTRAP == WSTOPSIG(status) || stop_signal == WSTOPSIG(status), "stopped by signal %d", WSTOPSIG(status));
    return stop_signal != WSTOPSIG(status);
}

static bool start(producer_t *producer, uint64_t samples)
{
    producer->pid = fork();
    CHECK(producer->pid >= 0, "fork: %s", strerror(errno));
    if (0 == producer->pid)
    {
        produce(samples);
    }
    CHECK(!is_traced_until(producer, SIGSTOP), "stepped before it began");
    return 0 == ptrace(PTRACE_SETOPTIONS, producer->pid, NULL, (void *)PTRACE_O_EXITKILL);
}

/* What was done until now; `begun` is maybe one more. */
static void expect(expected_t *expected, uint64_t done)
{
    while (expected->done < done)
    {
        expected->done += 1;
        total_t *const total = &expected->by_node[expected->done % NODES];
        total->flop += value_of(expected->done);
        total->samples += 1;
    }
}

static void total_by_node(const meter_t *meter, total_t *by_node)
{
    static total_t by_slot[SLOTS_MAX];

    memset(by_node, 0, NODES * sizeof(*by_node));
    for (int i = 0; i < meter->lane_count; i++)
    {
        lane_reader_totals(meter->lanes[i], by_slot);
        for (uint32_t slot = 0; slot < lane_reader_slot_count(meter->lanes[i]); slot++)
        {
            const uint8_t *const name = lane_reader_slot(meter->lanes[i], slot) + 80;
            CHECK('k' == name[0] && name[1] >= '0' && name[1] < '0' + NODES, "slot %u of node %.2s", slot,
                (const char *)name);
            by_node[name[1] - '0'].flop += by_slot[slot].flop;
            by_node[name[1] - '0'].samples += by_slot[slot].samples;
        }
    }
}

static void check_prefix(const meter_t *meter, producer_t *producer)
{
    const uint64_t begun = progress->begun;
    total_t by_node[NODES];

    expect(&producer->expected, progress->done);
    total_by_node(meter, by_node);
    for (int i = 0; i < NODES; i++)
    {
        const total_t total = by_node[i];
        total_t expected = producer->expected.by_node[i];
        if (begun != progress->done && (uint64_t)i == begun % NODES && total.samples != expected.samples)
        {
            expected.flop += value_of(begun);
            expected.samples += 1;
        }
        CHECK(total.samples == expected.samples && total.flop == expected.flop,
            "not a prefix after step %" PRIu64 ": %s has %" PRIu64 " samples, %" PRIu64 " expected, with %" PRIu64
            " done, %" PRIu64 " begun",
            producer->steps, nodes[i], total.samples, expected.samples, progress->done, begun);
    }
}

typedef struct reader_state_stct
{
    lane_reader_t reader;
    total_t by_slot[SLOTS_MAX];
}
reader_state_t;

/* The readers as they would be after a kill at this instant; then as they were. */
static void check_instant(meter_t *meter, producer_t *producer)
{
    static reader_state_t *states[METER_LANES_MAX];
    const int known = meter->lane_count;

    for (int i = 0; i < known; i++)
    {
        states[i] = NULL == states[i] ? calloc(1, sizeof(*states[i])) : states[i];
        states[i]->reader = *meter->lanes[i];
        memcpy(states[i]->by_slot, meter->lanes[i]->by_slot, meter->lanes[i]->slot_capacity * sizeof(total_t));
    }
    meter_drain(meter, false);
    meter_check(meter, true);
    check_prefix(meter, producer);
    for (int i = 0; i < known; i++)
    {
        *meter->lanes[i] = states[i]->reader;
        memcpy(meter->lanes[i]->by_slot, states[i]->by_slot, meter->lanes[i]->slot_capacity * sizeof(total_t));
    }
}

/* In turn: a meter that has stopped, one that keeps up, one that comes after every step; and time goes on. */
static void be_the_meter(meter_t *meter, producer_t *producer)
{
    const uint64_t at = progress->done % SAMPLES_PER_CYCLE;
    const bool is_stopped = at < SAMPLES_STOPPED;
    const bool is_close = at >= (SAMPLES_STOPPED + SAMPLES_PER_CYCLE) / 2;

    if (is_close || (!is_stopped && 0 == next_random() % 512))
    {
        meter_drain(meter, true);
        producer->commits += 1;
    }
    if (0 == producer->steps % STEPS_PER_AGE)
    {
        producer->now_ns += AGE_NS;
        meter_time(meter, producer->now_ns);
    }
}

static void check_all_happened(const meter_t *meter, const producer_t *producer)
{
    uint64_t records = 0;
    uint64_t journals = 0;

    for (int i = 0; i < meter->lane_count; i++)
    {
        records += meter->lanes[i]->records;
        journals += *(const uint64_t *)(const void *)meter->lanes[i]->journal - 1;
    }
    printf("%" PRIu64 " steps, %" PRIu64 " samples, %" PRIu64 " records, %" PRIu64 " journals folded, %d lanes\n",
        producer->steps, progress->done, records, journals, meter->lane_count);
    fflush(stdout);
    CHECK(records > 8 && journals > 1 && meter->lane_count > 1,
        "%" PRIu64 " records, %" PRIu64 " journals, %d lanes: not all was met", records, journals, meter->lane_count);
}

static void run(meter_t *meter, uint64_t samples)
{
    producer_t producer = { .now_ns = test_now_ns() };

    CHECK(start(&producer, samples), "options: %s", strerror(errno));
    for (;;)
    {
        check_instant(meter, &producer);
        be_the_meter(meter, &producer);
        CHECK(0 == ptrace(PTRACE_SINGLESTEP, producer.pid, NULL, NULL), "step: %s", strerror(errno));
        if (!is_traced_until(&producer, SIGUSR2))
        {
            break;
        }
        producer.steps += 1;
    }
    kill(producer.pid, SIGKILL);
    CHECK(producer.pid == waitpid(producer.pid, NULL, 0), "wait: %s", strerror(errno));
    meter_drain(meter, true);
    meter_check(meter, true);
    check_prefix(meter, &producer);
    check_all_happened(meter, &producer);
}

/* With "rep stosb" a memset() is one instruction, and stops once per byte: begin anew with a C library told not to. */
static void begin_without_string_instructions(char **argv)
{
    if (NULL == getenv("GLIBC_TUNABLES"))
    {
        setenv("GLIBC_TUNABLES",
            "glibc.cpu.x86_rep_stosb_threshold=1000000000:glibc.cpu.x86_rep_movsb_threshold=1000000000", 1);
        execv("/proc/self/exe", argv);
        CHECK(false, "execv: %s", strerror(errno));
    }
}

int main(int argc, char **argv)
{
    const char *const nightly = getenv("FLOPMETER_NIGHTLY");
    const uint64_t samples_default =
        NULL != nightly && 0 == strcmp(nightly, "true") ? SAMPLES_NIGHTLY : SAMPLES_QUICK;
    const uint64_t samples = argc > 1 ? strtoull(argv[1], NULL, 10) : samples_default;

    begin_without_string_instructions(argv);
    if (!check_may_trace())
    {
        printf("skipped: this process may trace nothing\n");
        return TEST_SKIP;
    }
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261129;
    setenv("FLOPMETER_LANE_SLOTS", "128", 1);
    setenv("FLOPMETER_LANE_RING", "4096", 1);
    progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(MAP_FAILED != (void *)progress, "mmap");

    meter_t *const meter = meter_create();
    run(meter, samples);
    meter_destroy(meter);
    return 0;
}

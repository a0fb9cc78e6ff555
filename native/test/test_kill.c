/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * SIGKILL at any instant: what the dead producer released is there, exactly a prefix of what it did, and the tallies
 * agree.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

#define ROUNDS_QUICK (600)
#define ROUNDS_NIGHTLY (20000)

typedef struct progress_stct
{
    uint64_t begun;
    uint64_t done;
}
progress_t;

static progress_t *progress;
static uint64_t seed;
static uint64_t killed_inside;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* The n-th sample has the value n << 44, so that the sum tells exactly which samples were read. */
static void step(flopmeter_batch_t *batch, flopmeter_key_t key)
{
    const uint64_t n = progress->begun + 1;

    __atomic_store_n(&progress->begun, n, __ATOMIC_RELEASE);
    if (NULL != batch)
    {
        flopmeter_batch_add(batch, key, n << 44);
    }
    else
    {
        flopmeter_record(key, n << 44);
    }
    __atomic_store_n(&progress->done, n, __ATOMIC_RELEASE);
}

static void produce(void)
{
    flopmeter_key_t keys[3];
    const char *const nodes[3] = { "k0", "k1", "k2" };

    CHECK(FLOPMETER_OK == flopmeter_attach(), "%s", flopmeter_errmsg());
    for (int i = 0; i < 3; i++)
    {
        flopmeter_intern(
            NULL, nodes[i], FLOPMETER_BF16, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &keys[i]);
    }
    while (progress->begun < (1 << 19))
    {
        const uint64_t draw = next_random();
        const uint64_t count = (draw >> 8) % 200;
        if (0 == (draw & 1))
        {
            flopmeter_batch_t batch = flopmeter_batch_begin();
            for (uint64_t i = count; i > 0; i--)
            {
                step(&batch, keys[i % 3]);
            }
            flopmeter_batch_end(&batch);
        }
        for (uint64_t i = 0 == (draw & 1) ? 0 : count; i > 0; i--)
        {
            step(NULL, keys[i % 3]);
        }
    }
    for (;;)
    {
        pause();
    }
}

static void kill_one(uint64_t round)
{
    meter_t *const meter = meter_create();
    const uint64_t round_seed = seed;
    const bool reading = 0 != round % 2;

    /* The small ring is full most of the time, the big one never: kills meet folds here and closing records there. */
    setenv("FLOPMETER_LANE_RING", 0 == (round & 2) ? "4096" : "1048576", 1);

    progress->begun = 0;
    progress->done = 0;
    const pid_t pid = fork();
    if (0 == pid)
    {
        produce();
    }

    CHECK_EVENTUALLY(0 != __atomic_load_n(&progress->begun, __ATOMIC_ACQUIRE), "the child does nothing");
    const unsigned long long until_ns = test_now_ns() + next_random() % 300000;
    while (test_now_ns() < until_ns)
    {
        meter_drain(meter, reading);
    }
    kill(pid, SIGKILL);
    CHECK(pid == waitpid(pid, NULL, 0), "waitpid");

    meter_drain(meter, true);
    meter_check(meter, true);
    const total_t total = meter_total(meter, NULL, -1);
    CHECK(total.samples >= progress->done && total.samples <= progress->begun, "round %" PRIu64 " seed %" PRIu64
        ": %" PRIu64 " samples, %" PRIu64 " done, %" PRIu64 " begun",
        round, round_seed, total.samples, progress->done, progress->begun);
    CHECK(total.flop == (((u128_t)total.samples * (total.samples + 1) / 2) << 44),
        "round %" PRIu64 " seed %" PRIu64 ": not the first %" PRIu64 " samples", round, round_seed, total.samples);
    killed_inside += progress->begun != progress->done ? 1 : 0;
    meter_destroy(meter);
}

int main(int argc, char **argv)
{
    const char *const nightly = getenv("FLOPMETER_NIGHTLY");
    const uint64_t rounds_default = NULL != nightly && 0 == strcmp(nightly, "true") ? ROUNDS_NIGHTLY : ROUNDS_QUICK;
    const uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : rounds_default;

    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261123;
    setenv("FLOPMETER_LANE_SLOTS", "128", 1);
    progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(MAP_FAILED != (void *)progress, "mmap");
    for (uint64_t round = 0; round < rounds; round++)
    {
        kill_one(round);
    }
    printf("%" PRIu64 " kills, %" PRIu64 " of them inside a record\n", rounds, killed_inside);
    CHECK(killed_inside >= rounds / 10, "only %" PRIu64 " of %" PRIu64 " kills were under load", killed_inside, rounds);
    return 0;
}

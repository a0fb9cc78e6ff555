/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "worker_load.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flopmeter/flopmeter.h"

#define STEADY_THREADS (10)
#define KEYS (3)
#define BURST_BITS_MAX (12)
#define PAUSE_BITS_MAX (23)
#define CHILD_RECORDS_MAX (3000)
#define KILL_BITS_MAX (19)
#define CHILD_PAUSE_NS_MAX (200000000)
#define KILLED_FLOP_COUNT ((UINT64_C(1) << 33) + 7)

__extension__ typedef unsigned __int128 u128_t;

typedef struct tally_stct
{
    u128_t flop_count;
    uint64_t samples;
}
tally_t;

/* What children did: shared with them, one child at a time. */
typedef struct children_stct
{
    tally_t ended;
    uint64_t begun;
    uint64_t done;
}
children_t;

typedef struct steady_stct
{
    pthread_t thread;
    uint64_t seed;
    tally_t tally;
}
steady_t;

static bool is_over;
static children_t *children;

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* All magnitudes alike. */
static uint64_t next_magnitude(uint64_t *seed, unsigned int bits_max)
{
    const uint64_t bits = next_random(seed) % (bits_max + 1);

    return 0 == bits ? 0 : next_random(seed) >> (64 - bits);
}

static void pause_ns(uint64_t ns)
{
    const struct timespec time = { .tv_sec = 0, .tv_nsec = (long)ns };

    nanosleep(&time, NULL);
}

static void keys_of(const char *node, flopmeter_key_t *keys)
{
    const flopmeter_precision_t precisions[KEYS] = { FLOPMETER_FP64, FLOPMETER_FP32, FLOPMETER_BF16 };

    for (int i = 0; i < KEYS; i++)
    {
        flopmeter_intern(NULL, node, precisions[i], FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &keys[i]);
    }
}

static void burst(const flopmeter_key_t *keys, uint64_t count, uint64_t *seed, tally_t *tally)
{
    const bool is_batch = 0 != (next_random(seed) & 1);
    flopmeter_batch_t batch;

    if (is_batch)
    {
        batch = flopmeter_batch_begin();
    }
    for (uint64_t i = 0; i < count; i++)
    {
        const uint64_t flop_count = next_magnitude(seed, 64);
        if (is_batch)
        {
            flopmeter_batch_add(&batch, keys[i % KEYS], flop_count);
        }
        else
        {
            flopmeter_record(keys[i % KEYS], flop_count);
        }
        tally->flop_count += flop_count;
    }
    if (is_batch)
    {
        flopmeter_batch_end(&batch);
    }
    tally->samples += count;
}

static void *steady(void *argument)
{
    steady_t *const self = argument;
    flopmeter_key_t keys[KEYS];

    keys_of("steady", keys);
    while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
    {
        burst(keys, next_magnitude(&self->seed, BURST_BITS_MAX), &self->seed, &self->tally);
        pause_ns(next_magnitude(&self->seed, PAUSE_BITS_MAX));
    }
    return NULL;
}

static void child_that_ends(uint64_t seed)
{
    flopmeter_key_t keys[KEYS];

    keys_of("ended", keys);
    burst(keys, next_random(&seed) % CHILD_RECORDS_MAX, &seed, &children->ended);
    _exit(0);
}

static void child_that_is_killed(uint64_t seed)
{
    flopmeter_key_t key;

    flopmeter_intern(NULL, "killed", FLOPMETER_FP64, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key);
    for (;;)
    {
        for (uint64_t left = next_magnitude(&seed, BURST_BITS_MAX); left > 0; left--)
        {
            __atomic_store_n(&children->begun, children->begun + 1, __ATOMIC_RELEASE);
            flopmeter_record(key, KILLED_FLOP_COUNT);
            __atomic_store_n(&children->done, children->done + 1, __ATOMIC_RELEASE);
        }
        pause_ns(next_magnitude(&seed, KILL_BITS_MAX));
    }
}

/* One at a time: the tallies of children need no lock. */
static bool raise_child(uint64_t *seed)
{
    const bool is_killed = 0 == (next_random(seed) & 1);
    const uint64_t child_seed = next_random(seed);
    const uint64_t begun_before = __atomic_load_n(&children->begun, __ATOMIC_ACQUIRE);
    const pid_t self = getpid();
    const pid_t pid = fork();

    if (0 == pid)
    {
        /* The worker may be killed before it kills: a child of nobody would go on for ever. */
        if (0 != prctl(PR_SET_PDEATHSIG, SIGKILL) || self != getppid())
        {
            _exit(1);
        }
        if (is_killed)
        {
            child_that_is_killed(child_seed);
        }
        child_that_ends(child_seed);
    }
    if (pid > 0 && is_killed)
    {
        while (begun_before == __atomic_load_n(&children->begun, __ATOMIC_ACQUIRE))
        {
            pause_ns(10000);
        }
        pause_ns(next_magnitude(seed, KILL_BITS_MAX));
        kill(pid, SIGKILL);
    }
    int status = 0;
    return pid > 0 && pid == waitpid(pid, &status, 0) && (is_killed ? WIFSIGNALED(status) : WIFEXITED(status));
}

static bool is_stdin_at_end(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    char byte;

    return 0 != poll(&input, 1, 0) && 0 == read(STDIN_FILENO, &byte, 1);
}

static void print(const char *node, const tally_t *tally)
{
    const u128_t ten_to_19 = UINT64_C(10000000000000000000);
    const uint64_t high = (uint64_t)(tally->flop_count / ten_to_19);
    const uint64_t low = (uint64_t)(tally->flop_count % ten_to_19);

    printf("%s %" PRIu64 "%019" PRIu64 " %" PRIu64 "\n", node, high, low, tally->samples);
}

int flopmeter_worker_load(uint64_t seed)
{
    steady_t threads[STEADY_THREADS];
    tally_t total = { .flop_count = 0, .samples = 0 };
    bool is_right = true;

    children = mmap(NULL, sizeof(*children), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (MAP_FAILED == (void *)children)
    {
        return 1;
    }
    for (int i = 0; i < STEADY_THREADS; i++)
    {
        threads[i] = (steady_t){ .seed = next_random(&seed) };
        is_right = is_right && 0 == pthread_create(&threads[i].thread, NULL, steady, &threads[i]);
    }
    while (is_right && !is_stdin_at_end())
    {
        is_right = raise_child(&seed);
        pause_ns(next_random(&seed) % CHILD_PAUSE_NS_MAX);
    }
    if (!is_right)
    {
        fprintf(stderr, "worker: no thread or child can be made, or a child ended otherwise than it should\n");
        return 1;
    }
    __atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
    for (int i = 0; i < STEADY_THREADS; i++)
    {
        pthread_join(threads[i].thread, NULL);
        total.flop_count += threads[i].tally.flop_count;
        total.samples += threads[i].tally.samples;
    }
    print("steady", &total);
    print("ended", &children->ended);
    printf("killed %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", KILLED_FLOP_COUNT, children->done, children->begun);
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program with a known FLOP count, for the tests that go through `flopmeter run` (classes *IT of the Java module).
 * Each mode prints what it did on stdout, as one decimal number, so that the test compares two independent tallies.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flopmeter/flopmeter.h"
#include "nvtx_loader.h"
#include "worker_fma.h"
#include "worker_load.h"

static uint64_t number(const char *text)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (0 != errno || '\0' != *end)
    {
        fprintf(stderr, "worker: not a number: %s\n", text);
        exit(2);
    }
    return value;
}

static flopmeter_key_t key_of(const char *node)
{
    flopmeter_key_t key = 0;
    flopmeter_intern(NULL, node, FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key);
    return key;
}

static void record_many(const char *node, uint64_t calls, uint64_t flop_count)
{
    const flopmeter_key_t key = key_of(node);
    for (uint64_t i = 0; i < calls; i++)
    {
        flopmeter_record(key, flop_count);
    }
}

static int artifact(const char *call)
{
    static const struct
    {
        const char *prefix;
        flopmeter_artifact_t kind;
    }
    kinds[] = {
        { "dataset:", FLOPMETER_DATASET }, { "model:", FLOPMETER_MODEL }, { "output:", FLOPMETER_OUTPUT } };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    {
        const size_t length = strlen(kinds[i].prefix);
        if (0 == strncmp(call, kinds[i].prefix, length))
        {
            return flopmeter_artifact_written(call + length, kinds[i].kind);
        }
    }
    if (0 == strncmp(call, "segment:", 8))
    {
        return flopmeter_segment_begin(call + 8);
    }
    if (0 == strcmp(call, "end"))
    {
        return flopmeter_segment_end();
    }
    if (0 == strncmp(call, "range:", 6))
    {
        return nvtxRangePushA(call + 6) >= 0 ? FLOPMETER_OK : FLOPMETER_OFF;
    }
    if (0 == strcmp(call, "pop"))
    {
        return nvtxRangePop() >= 0 ? FLOPMETER_OK : FLOPMETER_OFF;
    }
    if (0 == strncmp(call, "flop:", 5))
    {
        flopmeter_key_t key = 0;
        flopmeter_intern_here(FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key);
        flopmeter_record(key, number(call + 5));
        return FLOPMETER_OK;
    }
    return 0 == strncmp(call, "read:", 5) ? flopmeter_artifact_read(call + 5) : FLOPMETER_INVALID;
}

/*
 * artifacts FLOP CALL...: read:FILE, dataset:FILE, model:FILE, output:FILE, segment:NAME, end, an NVTX range:NAME, pop
 * or flop:N (where it then is); prints how many were done
 */
static int artifacts_mode(int argc, char **argv)
{
    int noted = 0;

    record_many(NULL, 1, number(argv[2]));
    for (int i = 3; i < argc; i++)
    {
        noted += FLOPMETER_OK == artifact(argv[i]) ? 1 : 0;
    }
    printf("%d\n", noted);
    return 0;
}

/* count CALLS FLOP [NODE] */
static int count_mode(int argc, char **argv)
{
    const uint64_t calls = number(argv[2]);
    const uint64_t flop_count = number(argv[3]);
    record_many(argc > 4 ? argv[4] : NULL, calls, flop_count);
    printf("%" PRIu64 "\n", calls * flop_count);
    return 0;
}

static uint64_t thread_calls;
static uint64_t thread_flop_count;

static void *thread_main(void *argument)
{
    (void)argument;
    record_many("threads", thread_calls, thread_flop_count);
    return NULL;
}

/* threads THREADS CALLS FLOP: all at once */
static int threads_mode(char **argv)
{
    const uint64_t count = number(argv[2]);
    thread_calls = number(argv[3]);
    thread_flop_count = number(argv[4]);
    pthread_t *const threads = calloc((size_t)count, sizeof(pthread_t));
    uint64_t started = 0;
    while (started < count && 0 == pthread_create(&threads[started], NULL, thread_main, NULL))
    {
        started++;
    }
    for (uint64_t i = 0; i < started; i++)
    {
        pthread_join(threads[i], NULL);
    }
    free(threads);
    printf("%" PRIu64 "\n", started * thread_calls * thread_flop_count);
    return 0;
}

/* forks CHILDREN CALLS FLOP: parent and each child record */
static int forks_mode(char **argv)
{
    const uint64_t children = number(argv[2]);
    const uint64_t calls = number(argv[3]);
    const uint64_t flop_count = number(argv[4]);
    record_many("parent", calls, flop_count);
    for (uint64_t i = 0; i < children; i++)
    {
        const pid_t pid = fork();
        if (0 == pid)
        {
            record_many("child", calls, flop_count);
            _exit(0);
        }
    }
    while (wait(NULL) > 0 || EINTR == errno)
    {
    }
    printf("%" PRIu64 "\n", (children + 1) * calls * flop_count);
    return 0;
}

/* until-eof FLOP: records until stdin ends, then prints the sum; one line "ready" first */
static int until_eof_mode(char **argv)
{
    const uint64_t flop_count = number(argv[2]);
    const flopmeter_key_t key = key_of("until-eof");
    uint64_t calls = 0;
    char byte;
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    printf("ready\n");
    fflush(stdout);
    for (;;)
    {
        for (int i = 0; i < 1000; i++)
        {
            flopmeter_record(key, flop_count);
        }
        calls += 1000;
        if (0 == read(STDIN_FILENO, &byte, 1))
        {
            break;
        }
    }
    printf("%" PRIu64 "\n", calls * flop_count);
    return 0;
}

/* kill-self CALLS FLOP: records, then dies of SIGKILL; the count is printed before */
static int kill_self_mode(char **argv)
{
    const uint64_t calls = number(argv[2]);
    const uint64_t flop_count = number(argv[3]);
    record_many("killed", calls, flop_count);
    printf("%" PRIu64 "\n", calls * flop_count);
    fflush(stdout);
    kill(getpid(), SIGKILL);
    return 1;
}

/* Files that look like lanes and are not; a metered process may write anything into the meter directory. */
static int plant(const char *directory, const char *name, const void *bytes, size_t length)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
    {
        return -1;
    }
    const int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
    {
        return -1;
    }
    const ssize_t written = write(fd, bytes, length);
    close(fd);
    return (ssize_t)length == written ? 0 : -1;
}

/* hostile CALLS FLOP: plants bad lanes, then records honestly */
static int hostile_mode(char **argv)
{
    const char *const directory = getenv("FLOPMETER_LANE_DIR");
    char noise[8192];
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < sizeof(noise); i++)
    {
        state = state * 6364136223846793005u + 1442695040888963407u;
        noise[i] = (char)(state >> 56);
    }
    if (NULL != directory)
    {
        if (0 != plant(directory, "00000000000000aa.lane", noise, sizeof(noise)) ||
            0 != plant(directory, "00000000000000bb.lane", "FLOPLANE", 8) ||
            0 != plant(directory, "00000000000000cc.lane", "", 0))
        {
            fprintf(stderr, "worker: could not plant hostile lanes\n");
            return 1;
        }
    }
    return count_mode(4, argv);
}

/* fma ITERATIONS: multiply-adds in registers on every core, seen by nobody; prints what was executed */
static int fma_mode(char **argv)
{
    printf("%" PRIu64 "\n", flopmeter_worker_fma(number(argv[2])));
    return 0;
}

int main(int argc, char **argv)
{
    const char *const mode = argc > 1 ? argv[1] : "";
    if (0 == strcmp(mode, "count") && argc >= 4)
    {
        return count_mode(argc, argv);
    }
    if (0 == strcmp(mode, "artifacts") && argc >= 3)
    {
        return artifacts_mode(argc, argv);
    }
    if (0 == strcmp(mode, "threads") && 5 == argc)
    {
        return threads_mode(argv);
    }
    if (0 == strcmp(mode, "forks") && 5 == argc)
    {
        return forks_mode(argv);
    }
    if (0 == strcmp(mode, "until-eof") && 3 == argc)
    {
        return until_eof_mode(argv);
    }
    if (0 == strcmp(mode, "kill-self") && 4 == argc)
    {
        return kill_self_mode(argv);
    }
    if (0 == strcmp(mode, "hostile") && 4 == argc)
    {
        return hostile_mode(argv);
    }
    if (0 == strcmp(mode, "load") && 3 == argc)
    {
        return flopmeter_worker_load(number(argv[2]));
    }
    if (0 == strcmp(mode, "fma") && 3 == argc)
    {
        return fma_mode(argv);
    }
    fprintf(stderr, "worker: unknown mode or wrong arguments: %s\n", mode);
    return 2;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-bench-producer: a metered process as a runtime would be one, for the benchmarks. Its threads have a lane
 * each and send the same 8192 random (slot, 50-bit FLOP) pairs over and over; commands come on stdin, and each line is
 * answered by one:
 *
 *   flow N        N samples per thread through the ring, waiting for room     (throughput)
 *   push N        N samples per thread, whether there is room or not         (all fold when nobody reads)
 *   pace N RATE   N samples per thread at RATE samples/s, all threads together
 *   free N        N samples drained by a reader that costs nothing           (no meter may be reading)
 *   stamped N     as free, and the caller reads CLOCK_MONOTONIC for each sample and keeps it, for the library does not
 *   baseline N    the loop without the library
 *   histogram     ns per burst of all timed commands so far: "done NS:COUNT ..."
 *   totals FILE   what all samples must add up to, per key
 *   ...-single    flow, push, pace and free: flopmeter_record() per sample instead of batches
 */

#include "producer.h"

#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS_MAX (1024)
#define SAMPLES_MAX (UINT64_C(1) << 40)

static const command_t commands[] =
{
    { .name = "flow", .run = mode_flow },
    { .name = "push", .run = mode_push },
    { .name = "pace", .run = mode_pace },
    { .name = "free", .run = mode_free },
    { .name = "stamped", .run = mode_stamped },
    { .name = "baseline", .run = mode_baseline },
};

static options_t options = {
    .cpu = -1, .threads = 1, .slots = 1024, .batch = 126, .room_resume = 8, .seed = 20261124
};
static worker_t *workers;
static command_t current;
static pthread_barrier_t barrier;

static void *work(void *argument)
{
    worker_t *const worker = argument;

    bench_pin(options.cpu);
    /* The first samples make the lane and all its slots. */
    for (uint32_t i = 0; i < worker->pattern.length; i++)
    {
        flopmeter_record(worker->pattern.entries[i].key, worker->pattern.entries[i].flop_count);
    }
    worker->pattern.produced = worker->pattern.length;
    lane_view_open(&worker->lane);
    if (NULL != worker->stamps)
    {
        worker->stamps->nonce = worker->lane.nonce;
    }
    pthread_barrier_wait(&barrier);
    for (;;)
    {
        pthread_barrier_wait(&barrier);
        if (NULL == current.run)
        {
            return NULL;
        }
        memset(&worker->result, 0, sizeof(worker->result));
        worker->result.exact = true;
        current.run(worker, &current);
        pthread_barrier_wait(&barrier);
    }
}

static void reply(void)
{
    uint64_t samples = 0;
    uint64_t bursts = 0;
    uint64_t waits = 0;
    uint64_t late = 0;
    double busy_ns = 0;
    uint64_t begin_ns = UINT64_MAX;
    uint64_t end_ns = 0;
    bool exact = true;

    for (uint32_t i = 0; i < options.threads; i++)
    {
        const work_result_t *const result = &workers[i].result;
        samples += result->samples;
        bursts += result->bursts;
        waits += result->waits;
        late += result->late;
        busy_ns += (double)result->busy_ticks * workers[i].tick_ns;
        begin_ns = result->begin_ns < begin_ns ? result->begin_ns : begin_ns;
        end_ns = result->end_ns > end_ns ? result->end_ns : end_ns;
        exact = exact && result->exact;
    }
    printf("done samples=%llu busyNs=%.1f nsPerSample=%.4f beginNs=%llu endNs=%llu bursts=%llu waits=%llu late=%llu "
        "exact=%s\n", (unsigned long long)samples, busy_ns, 0 == samples ? 0.0 : busy_ns / (double)samples,
        (unsigned long long)begin_ns, (unsigned long long)end_ns, (unsigned long long)bursts,
        (unsigned long long)waits, (unsigned long long)late, exact ? "true" : "false");
}

static void reply_histogram(void)
{
    printf("done");
    for (size_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
    {
        uint64_t count = 0;
        for (uint32_t i = 0; i < options.threads; i++)
        {
            count += workers[i].histogram[bucket];
            workers[i].histogram[bucket] = 0;
        }
        if (0 != count)
        {
            printf(" %zu:%llu", bucket, (unsigned long long)count);
        }
    }
    printf("\n");
}

static void write_totals(const char *path)
{
    FILE *const out = NULL == path ? NULL : fopen(path, "we");
    if (NULL == out)
    {
        bench_die(BENCH_USAGE, "totals: %s can't be written", NULL == path ? "no file named; it" : path);
    }
    pattern_write_totals(&options, workers, out);
    if (0 != fclose(out))
    {
        bench_die(BENCH_ENVIRONMENT, "totals: %s can't be written", path);
    }
    printf("done\n");
}

static const command_t *command_named(char *name)
{
    char *const dash = strchr(name, '-');
    if (NULL != dash && 0 == strcmp(dash, "-single"))
    {
        *dash = '\0';
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    {
        if (0 == strcmp(name, commands[i].name))
        {
            return &commands[i];
        }
    }
    bench_die(BENCH_USAGE, "%s: flow, push, pace, free, stamped, baseline, histogram or totals is expected", name);
}

static void execute(char *line)
{
    char *rest = NULL;
    char *const name = strtok_r(line, " ", &rest);
    const char *const first = strtok_r(NULL, " ", &rest);
    const char *const second = strtok_r(NULL, " ", &rest);

    if (NULL == name)
    {
        bench_die(BENCH_USAGE, "an empty command");
    }
    if (0 == strcmp("histogram", name))
    {
        reply_histogram();
    }
    else if (0 == strcmp("totals", name))
    {
        write_totals(first);
    }
    else
    {
        const bool single = NULL != strstr(name, "-single");
        const command_t *const command = command_named(name);
        current = *command;
        current.single = single;
        current.samples = bench_number(first, name, SAMPLES_MAX);
        if (mode_pace == current.run)
        {
            current.samples_per_sec = bench_number(second, name, SAMPLES_MAX) / options.threads;
            if (0 == current.samples_per_sec)
            {
                bench_die(BENCH_USAGE, "pace: a rate of at least one sample/s for each thread is expected");
            }
        }
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        reply();
    }
    fflush(stdout);
}

static void parse(int argc, char **argv)
{
    static const struct option names[] =
    {
        { "cpu", required_argument, NULL, 'c' },
        { "threads", required_argument, NULL, 't' },
        { "slots", required_argument, NULL, 's' },
        { "batch", required_argument, NULL, 'b' },
        { "resume", required_argument, NULL, 'r' },
        { "seed", required_argument, NULL, 'e' },
        { "stamps", required_argument, NULL, 'm' },
        { "plant", no_argument, NULL, 'p' },
        { NULL, 0, NULL, 0 },
    };

    for (int option = getopt_long(argc, argv, "", names, NULL); -1 != option;
        option = getopt_long(argc, argv, "", names, NULL))
    {
        switch (option)
        {
            case 'c': options.cpu = (int)bench_number(optarg, "--cpu", 4095); break;
            case 't': options.threads = (uint32_t)bench_number(optarg, "--threads", THREADS_MAX); break;
            case 's': options.slots = (uint32_t)bench_number(optarg, "--slots", 65000); break;
            case 'b': options.batch = (uint32_t)bench_number(optarg, "--batch", 4096); break;
            case 'r': options.room_resume = (uint32_t)bench_number(optarg, "--resume", 4096); break;
            case 'e': options.seed = bench_number(optarg, "--seed", UINT64_MAX); break;
            case 'm': options.stamps_path = optarg; break;
            case 'p': options.plant = true; break;
            default: exit(BENCH_USAGE);
        }
    }
    if (0 == options.threads || 0 == options.slots || 0 == options.batch || 0 == options.room_resume)
    {
        bench_die(BENCH_USAGE, "--threads, --slots, --batch and --resume are at least 1");
    }
}

static stamps_t *map_stamps(void)
{
    const size_t length = options.threads * sizeof(stamps_t);

    if (NULL == options.stamps_path)
    {
        return NULL;
    }
    const int fd = open(options.stamps_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    stamps_t *const stamps = fd < 0 || 0 != ftruncate(fd, (off_t)length) ? MAP_FAILED :
        mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (MAP_FAILED == (void *)stamps)
    {
        bench_die(BENCH_ENVIRONMENT, "--stamps: %s can't be mapped", options.stamps_path);
    }
    close(fd);
    return stamps;
}

static void start_workers(void)
{
    stamps_t *const stamps = map_stamps();
    const double tick_ns = bench_tick_ns();
    const uint64_t tick_overhead = bench_ticks_overhead();

    workers = calloc(options.threads, sizeof(workers[0]));
    if (NULL == workers || 0 != pthread_barrier_init(&barrier, NULL, options.threads + 1))
    {
        bench_die(BENCH_ENVIRONMENT, "no memory for %u threads", options.threads);
    }
    for (uint32_t i = 0; i < options.threads; i++)
    {
        pthread_t thread;
        worker_t *const worker = &workers[i];
        worker->options = &options;
        worker->index = i;
        worker->stamps = NULL == stamps ? NULL : &stamps[i];
        worker->tick_ns = tick_ns;
        worker->tick_overhead = tick_overhead;
        worker->histogram = calloc(HISTOGRAM_BUCKETS, sizeof(uint64_t));
        pattern_create(&worker->pattern, &options, i);
        if (NULL == worker->histogram || 0 != pthread_create(&thread, NULL, work, worker))
        {
            bench_die(BENCH_ENVIRONMENT, "can't start thread %u", i);
        }
    }
    pthread_barrier_wait(&barrier);
}

int main(int argc, char **argv)
{
    char line[4200];

    parse(argc, argv);
    if (FLOPMETER_OK != flopmeter_attach())
    {
        bench_die(BENCH_ENVIRONMENT, "no meter: %s", flopmeter_errmsg());
    }
    bench_pin(options.cpu);
    pattern_intern(&options);
    start_workers();
    printf("ready samples=%llu\n", (unsigned long long)workers[0].pattern.produced * options.threads);
    fflush(stdout);
    while (NULL != bench_read_line(line, sizeof(line)))
    {
        execute(line);
    }
    /* The threads end with the process, in the middle of whatever they do: so do a runtime's. */
    return 0;
}

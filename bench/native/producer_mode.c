/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the commands do. The timed stretch is what a runtime would do: begin, add, end; or one call per sample.
 */

#include "producer.h"

#include <time.h>

#define RECORD_LENGTH_MAX (2048)
#define SAMPLE_LENGTH (16)
/* Bytes of samples between two looks of the reader that costs nothing. */
#define FREE_CHUNK (4096)
#define SLEEP_NS_MIN (100000)

/* The next entries that lie side by side, at most `left`. */
static uint64_t stretch(const pattern_t *pattern, uint64_t produced, uint64_t left)
{
    const uint64_t to_end = pattern->length - (produced & (pattern->length - 1));

    return left < to_end ? left : to_end;
}

static void send_single(const pattern_entry_t *entry, const pattern_entry_t *end)
{
    for (; entry != end; entry++)
    {
        flopmeter_record(entry->key, entry->flop_count);
    }
}

static void send_batched(flopmeter_batch_t *cursor, const pattern_entry_t *entry, const pattern_entry_t *end)
{
    flopmeter_batch_t batch = *cursor;

    for (; entry != end; entry++)
    {
        flopmeter_batch_add(&batch, entry->key, entry->flop_count);
    }
    *cursor = batch;
}

/*
 * As a runtime that wants a time for each sample would: the library stamps a batch, so the time is the caller's own. It
 * reads CLOCK_MONOTONIC before each sample and keeps what it read, here until the next stretch.
 */
static void send_stamped(
    flopmeter_batch_t *cursor, uint64_t *times_ns, const pattern_entry_t *entry, const pattern_entry_t *end)
{
    flopmeter_batch_t batch = *cursor;

    for (; entry != end; entry++)
    {
        *times_ns++ = bench_now_ns();
        flopmeter_batch_add(&batch, entry->key, entry->flop_count);
    }
    *cursor = batch;
}

static void send(worker_t *worker, uint64_t samples, bool single)
{
    pattern_t *const pattern = &worker->pattern;
    const uint64_t produced_end = pattern->produced + samples;
    flopmeter_batch_t batch;

    if (!single)
    {
        batch = flopmeter_batch_begin();
    }
    while (pattern->produced != produced_end)
    {
        const uint64_t count = stretch(pattern, pattern->produced, produced_end - pattern->produced);
        const pattern_entry_t *const entry = pattern->entries + (pattern->produced & (pattern->length - 1));
        if (single)
        {
            send_single(entry, entry + count);
        }
        else
        {
            send_batched(&batch, entry, entry + count);
        }
        pattern->produced += count;
    }
    if (!single)
    {
        flopmeter_batch_end(&batch);
    }
}

static void send_in_batches(worker_t *worker, uint64_t samples, bool single)
{
    const uint64_t batch = single ? samples : worker->options->batch;

    for (uint64_t left = samples; left > 0;)
    {
        const uint64_t now = left < batch ? left : batch;
        send(worker, now, single);
        left -= now;
    }
}

static void note_burst(worker_t *worker, uint64_t ticks, uint64_t samples)
{
    const uint64_t net = ticks > worker->tick_overhead ? ticks - worker->tick_overhead : 0;
    const uint64_t ns = (uint64_t)((double)net * worker->tick_ns + 0.5);

    worker->result.busy_ticks += net;
    worker->result.bursts += 1;
    worker->result.samples += samples;
    worker->histogram[ns < HISTOGRAM_BUCKETS ? ns : HISTOGRAM_BUCKETS - 1] += 1;
}

/* The most bytes that these samples may need: their records, one begun before, one padded away, the next header. */
static uint64_t room_for(uint64_t samples)
{
    return samples * SAMPLE_LENGTH + (samples / 126 + 4) * RECORD_LENGTH_MAX;
}

/* Through the ring only: waits for a reader instead of folding. No runtime does that; a throughput figure has to. */
void mode_flow(worker_t *worker, const command_t *command)
{
    const uint64_t burst = command->single ? 126 : worker->options->batch < 126 ? 126 : worker->options->batch;
    const uint64_t room = room_for(burst);
    const bool yields = worker->options->threads > 1;
    const uint64_t capacity_half = worker->lane.ring_capacity / 2;

    worker->result.begin_ns = bench_now_ns();
    for (uint64_t left = command->samples; left > 0;)
    {
        const uint64_t now = left < burst ? left : burst;
        worker->result.waits += lane_view_wait(
            &worker->lane, room < capacity_half ? room : capacity_half, worker->options->room_resume, yields) ? 1 : 0;
        send_in_batches(worker, now, command->single);
        left -= now;
    }
    worker->result.samples += command->samples;
    worker->result.end_ns = bench_now_ns();
}

/* As fast as it goes, whether there is room or not; each stretch is timed. */
void mode_push(worker_t *worker, const command_t *command)
{
    const uint64_t burst = command->single ? 126 : worker->options->batch;

    worker->result.begin_ns = bench_now_ns();
    for (uint64_t left = command->samples; left > 0;)
    {
        const uint64_t now = left < burst ? left : burst;
        const uint64_t begin = bench_ticks();
        send(worker, now, command->single);
        note_burst(worker, bench_ticks() - begin, now);
        left -= now;
    }
    worker->result.end_ns = bench_now_ns();
}

static void wait_until(uint64_t time_ns)
{
    uint64_t now_ns = bench_now_ns();

    if (now_ns + SLEEP_NS_MIN < time_ns)
    {
        const struct timespec until = {
            .tv_sec = (time_t)(time_ns / UINT64_C(1000000000)),
            .tv_nsec = (long)(time_ns % UINT64_C(1000000000)),
        };
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        return;
    }
    while (now_ns < time_ns)
    {
        bench_relax();
        now_ns = bench_now_ns();
    }
}

/* A record that the burst has closed ends where it was claimed to; the reader's head will say when it got there. */
static void stamp(worker_t *worker, uint64_t tail_before)
{
    stamps_t *const stamps = worker->stamps;

    if (NULL != stamps && *worker->lane.tail != tail_before)
    {
        stamp_t *const next = &stamps->stamps[stamps->written % STAMPS];
        next->position = tail_before;
        next->time_ns = bench_now_ns();
        __atomic_store_n(&stamps->written, stamps->written + 1, __ATOMIC_RELEASE);
    }
}

/* Bursts of one batch at a steady rate, as a device that runs kernels. Threads are out of step with each other. */
void mode_pace(worker_t *worker, const command_t *command)
{
    const uint64_t burst = worker->options->batch;
    const double interval_ns = 1e9 * (double)burst / (double)command->samples_per_sec;
    const double phase = (double)worker->index / worker->options->threads;
    uint64_t origin_ns = bench_now_ns();
    double due_ns = phase * interval_ns;

    worker->result.begin_ns = origin_ns;
    for (uint64_t left = command->samples; left > 0;)
    {
        const uint64_t now = left < burst ? left : burst;
        wait_until(origin_ns + (uint64_t)due_ns);
        const uint64_t tail_before = *worker->lane.tail;
        const uint64_t begin = bench_ticks();
        send(worker, now, command->single);
        note_burst(worker, bench_ticks() - begin, now);
        stamp(worker, tail_before);
        due_ns += interval_ns;
        if ((double)(bench_now_ns() - origin_ns) > due_ns + interval_ns)
        {
            worker->result.late += 1;
        }
        left -= now;
    }
    worker->result.end_ns = bench_now_ns();
}

static void send_stamped_batches(worker_t *worker, uint64_t *times_ns, uint64_t samples)
{
    pattern_t *const pattern = &worker->pattern;

    for (uint64_t left = samples; left > 0;)
    {
        const uint64_t of_batch = left < worker->options->batch ? left : worker->options->batch;
        flopmeter_batch_t batch = flopmeter_batch_begin();
        for (uint64_t to_send = of_batch; to_send > 0;)
        {
            const uint64_t count = stretch(pattern, pattern->produced, to_send);
            const pattern_entry_t *const entry = pattern->entries + (pattern->produced & (pattern->length - 1));
            send_stamped(&batch, times_ns, entry, entry + count);
            times_ns += count;
            pattern->produced += count;
            to_send -= count;
        }
        flopmeter_batch_end(&batch);
        left -= of_batch;
    }
}

static bool are_ascending(const uint64_t *times_ns, uint64_t begin_ns, uint64_t count)
{
    bool ascending = true;

    for (uint64_t i = 0; i < count; i++)
    {
        ascending = ascending && times_ns[i] >= begin_ns;
        begin_ns = times_ns[i];
    }
    return ascending;
}

/* As mode_free(), with a time for each sample. A time that was not read, or not kept, is as wrong as a total. */
void mode_stamped(worker_t *worker, const command_t *command)
{
    uint64_t times_ns[FREE_CHUNK] = { 0 };
    bool ascending = true;

    worker->result.begin_ns = bench_now_ns();
    for (uint64_t left = command->samples; left > 0;)
    {
        const uint64_t now = left < FREE_CHUNK ? left : FREE_CHUNK;
        const uint64_t before_ns = bench_now_ns();
        lane_view_discard(&worker->lane);
        const uint64_t begin = bench_ticks();
        send_stamped_batches(worker, times_ns, now);
        note_burst(worker, bench_ticks() - begin, now);
        ascending = ascending && are_ascending(times_ns, before_ns, now);
        left -= now;
    }
    worker->result.end_ns = bench_now_ns();
    lane_view_discard(&worker->lane);
    worker->result.exact = ascending && lane_view_tally_exact(&worker->lane, &worker->pattern);
}

/* Drained by a reader that costs nothing: this thread moves the head itself, off the clock. */
void mode_free(worker_t *worker, const command_t *command)
{
    worker->result.exact = true;
    worker->result.begin_ns = bench_now_ns();
    for (uint64_t left = command->samples; left > 0;)
    {
        const uint64_t now = left < FREE_CHUNK ? left : FREE_CHUNK;
        lane_view_discard(&worker->lane);
        const uint64_t begin = bench_ticks();
        send_in_batches(worker, now, command->single);
        note_burst(worker, bench_ticks() - begin, now);
        left -= now;
    }
    worker->result.end_ns = bench_now_ns();
    lane_view_discard(&worker->lane);
    worker->result.exact = lane_view_tally_exact(&worker->lane, &worker->pattern);
}

/* The same loop over the same pattern with the library's part removed. */
void mode_baseline(worker_t *worker, const command_t *command)
{
    const pattern_entry_t *const entries = worker->pattern.entries;
    const uint64_t mask = worker->pattern.length - 1;

    worker->result.begin_ns = bench_now_ns();
    for (uint64_t done = 0; done < command->samples; done += FREE_CHUNK)
    {
        const uint64_t begin = bench_ticks();
        for (uint64_t left = FREE_CHUNK; left > 0;)
        {
            const uint64_t count = stretch(&worker->pattern, done + FREE_CHUNK - left, left);
            const pattern_entry_t *entry = entries + ((done + FREE_CHUNK - left) & mask);
            for (const pattern_entry_t *const end = entry + count; entry != end; entry++)
            {
                __asm__ volatile("" : : "r"(entry->key), "r"(entry->flop_count));
            }
            left -= count;
        }
        note_burst(worker, bench_ticks() - begin, FREE_CHUNK);
    }
    worker->result.end_ns = bench_now_ns();
}

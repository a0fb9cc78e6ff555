/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "producer.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEADER_PID (24)
#define HEADER_NONCE (16)
#define HEADER_RING_CAPACITY (52)
#define HEADER_RING_OFFSET (72)
#define HEADER_STATE (128)
#define HEADER_RING_TALLY (192)
#define STATE_ACTIVE (1)
#define TRAILER_TAIL (128)
#define TRAILER_HEAD (384)
#define RECORD_TYPE_PADDING (-1)
#define RECORD_SEQUENCE (8)
#define RECORD_HEADER (32)
#define SAMPLE (16)
#define WAIT_NS_MAX (UINT64_C(20000000000))

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t *word(uint8_t *at)
{
    return (uint64_t *)(void *)at;
}

/* Map `path` when it is the active lane of this thread. */
static bool open_own(lane_view_t *view, const char *path)
{
    struct stat status;
    bool own = false;

    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && 0 == fstat(fd, &status) && status.st_size >= 4096)
    {
        uint8_t *const base = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (MAP_FAILED != (void *)base)
        {
            own = get32(base + HEADER_PID) == (uint32_t)getpid() &&
                get32(base + HEADER_PID + 4) == (uint32_t)syscall(SYS_gettid) &&
                STATE_ACTIVE == get32(base + HEADER_STATE);
            if (own)
            {
                view->base = base;
            }
            else
            {
                munmap(base, (size_t)status.st_size);
            }
        }
    }
    if (fd >= 0)
    {
        close(fd);
    }
    return own;
}

void lane_view_open(lane_view_t *view)
{
    const char *const path = getenv("FLOPMETER_LANE_DIR");
    DIR *const dir = NULL == path ? NULL : opendir(path);
    bool found = false;

    if (NULL == dir)
    {
        bench_die(BENCH_USAGE, "FLOPMETER_LANE_DIR: a meter directory is expected");
    }
    for (struct dirent *entry = readdir(dir); NULL != entry && !found; entry = readdir(dir))
    {
        const char *const dot = strrchr(entry->d_name, '.');
        if (NULL != dot && 0 == strcmp(dot, ".lane"))
        {
            char name[4200];
            snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            found = open_own(view, name);
        }
    }
    closedir(dir);
    if (!found)
    {
        bench_die(BENCH_ENVIRONMENT, "%s: no lane of this thread: %s", path, flopmeter_errmsg());
    }
    view->nonce = get64(view->base + HEADER_NONCE);
    view->ring_capacity = get32(view->base + HEADER_RING_CAPACITY);
    view->ring = view->base + get64(view->base + HEADER_RING_OFFSET);
    view->tail = word(view->ring + view->ring_capacity + TRAILER_TAIL);
    view->head = word(view->ring + view->ring_capacity + TRAILER_HEAD);
    view->sequence_next = 1;
}

bool lane_view_wait(lane_view_t *view, uint64_t length, uint32_t room_resume, bool yields)
{
    const uint64_t capacity = view->ring_capacity;
    const uint64_t tail = __atomic_load_n(view->tail, __ATOMIC_RELAXED);

    if (capacity - (tail - view->head_cached) >= length)
    {
        return false;
    }
    /* Not to chase the reader's head line by line: wait until a good part is free. */
    const uint64_t resume = capacity / room_resume > length ? capacity / room_resume : length;
    const uint64_t begin_ns = bench_now_ns();
    for (uint64_t spins = 1;; spins++)
    {
        view->head_cached = __atomic_load_n(view->head, __ATOMIC_ACQUIRE);
        if (capacity - (tail - view->head_cached) >= resume)
        {
            return true;
        }
        if (yields)
        {
            sched_yield();
        }
        for (int i = 0; i < 16; i++)
        {
            bench_relax();
        }
        if (0 == (spins & 0xFFF) && bench_now_ns() - begin_ns > WAIT_NS_MAX)
        {
            bench_die(BENCH_ENVIRONMENT, "no reader has made room in the lane for 20 s");
        }
    }
}

void lane_view_discard(lane_view_t *view)
{
    for (;;)
    {
        const uint8_t *const record = view->ring + (view->position & (view->ring_capacity - 1));
        const int32_t length = __atomic_load_n((const int32_t *)(const void *)record, __ATOMIC_ACQUIRE);
        if (length <= 0)
        {
            break;
        }
        if (RECORD_TYPE_PADDING != (int32_t)get32(record + 4))
        {
            if (get64(record + RECORD_SEQUENCE) != view->sequence_next)
            {
                bench_die(1, "record at %llu has sequence %llu, expected %llu", (unsigned long long)view->position,
                    (unsigned long long)get64(record + RECORD_SEQUENCE), (unsigned long long)view->sequence_next);
            }
            view->sequence_next++;
            view->samples_walked += ((uint64_t)length - RECORD_HEADER) / SAMPLE;
        }
        view->position += (uint64_t)length;
    }
    __atomic_store_n(view->head, view->position, __ATOMIC_RELEASE);
}

bool lane_view_tally_exact(const lane_view_t *view, const pattern_t *pattern)
{
    const uint8_t *const tally = view->base + HEADER_RING_TALLY;
    const uint8_t *const copy = tally + 8 + 24 * (get64(tally) & 1);
    const bench_u128_t flop = ((bench_u128_t)get64(copy + 8) << 64) | get64(copy);
    const uint64_t samples = get64(copy + 16);

    return samples == view->samples_walked && get64(tally) == view->sequence_next - 1 &&
        flop == pattern_sum(pattern, samples) && pattern->produced - samples <= 126;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lane file is allocated in full, filled in under a temporary name and renamed: the meter never sees half of one, and
 * the program never meets SIGBUS on a full file system.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "flopmeter_lane.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

#define NAME_LENGTH (24)
#define NONCE_ATTEMPTS (8)
#define SMALL_SLOTS (128)
#define SMALL_RING (16384)

typedef struct file_name_stct
{
    char temporary[NAME_LENGTH];   /* .<nonce>.tmp */
    char final[NAME_LENGTH];       /* <nonce>.lane */
}
file_name_t;

static void name_of(file_name_t *name, uint64_t nonce)
{
    char *at = name->final;

    for (int shift = 60; shift >= 0; shift -= 4)
    {
        *at++ = "0123456789abcdef"[(nonce >> shift) & 15];
    }
    memcpy(name->temporary + 1, name->final, 16);
    memcpy(at, ".lane", 6);
    name->temporary[0] = '.';
    memcpy(name->temporary + 17, ".tmp", 5);
}

static void layout(flopmeter_lane_file_t *file, uint8_t *base)
{
    const size_t slots = FLOPMETER_HEADER_LENGTH;
    const size_t folds = slots + (size_t)file->slot_capacity * sizeof(flopmeter_wire_slot_t);
    const size_t folds_end = folds + (size_t)file->slot_capacity * sizeof(flopmeter_wire_double_t);
    const size_t ring = (folds_end + 4095) & ~(size_t)4095;
    const size_t trailer = ring + file->ring_capacity;

    const size_t journal = trailer + sizeof(flopmeter_wire_trailer_t);
    const uint32_t samples = 2 * file->slot_capacity;

    file->journal_capacity = samples < FLOPMETER_JOURNAL_SAMPLES_MAX ? samples : FLOPMETER_JOURNAL_SAMPLES_MAX;
    file->length = journal + sizeof(flopmeter_wire_journal_t) + file->journal_capacity * sizeof(flopmeter_sample_t);
    if (NULL != base)
    {
        file->header = (flopmeter_wire_lane_t *)(void *)base;
        file->slots = (flopmeter_wire_slot_t *)(void *)(base + slots);
        file->folds = (flopmeter_wire_double_t *)(void *)(base + folds);
        file->ring = base + ring;
        file->trailer = (flopmeter_wire_trailer_t *)(void *)(base + trailer);
        file->journal = (flopmeter_wire_journal_t *)(void *)(base + journal);
    }
}

static void fill_header(const flopmeter_lane_file_t *file, uint64_t nonce, uint32_t pid, uint64_t start_ticks)
{
    flopmeter_wire_lane_t *const header = file->header;
    const uint8_t *const base = (const uint8_t *)header;

    header->magic = FLOPMETER_LANE_MAGIC;
    header->wire_version = FLOPMETER_WIRE_VERSION;
    header->header_length = FLOPMETER_HEADER_LENGTH;
    header->nonce = nonce;
    header->pid = pid;
    header->tid = flopmeter_sys_tid();
    header->pid_start_ticks = start_ticks;
    header->created_ns = flopmeter_sys_monotonic_ns();
    header->slot_capacity = file->slot_capacity;
    header->ring_capacity = file->ring_capacity;
    header->slot_table_offset = (uint64_t)((const uint8_t *)file->slots - base);
    header->fold_table_offset = (uint64_t)((const uint8_t *)file->folds - base);
    header->ring_offset = (uint64_t)(file->ring - base);
    header->file_length = file->length;
    header->pid_namespace = flopmeter_sys_pid_namespace();
    header->journal_offset = (uint64_t)((const uint8_t *)file->journal - base);
    header->journal_capacity = file->journal_capacity;
    file->journal->epoch = 1;
    header->state = FLOPMETER_LANE_ACTIVE;
}

static int create_and_map(flopmeter_lane_file_t *file, int dir, const file_name_t *name)
{
    int result = flopmeter_sys_openat(dir, name->temporary, O_RDWR | O_CREAT | O_EXCL, 0600);
    const int fd = result;

    if (fd < 0)
    {
        return result;
    }

    /* The umask of the program may have taken our own permissions away. */
    result = flopmeter_sys_chmod(fd, 0600);
    layout(file, NULL);
    if (0 == result)
    {
        result = flopmeter_sys_allocate(fd, file->length);
    }
    if (0 == result)
    {
        void *const base = mmap(NULL, file->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        result = MAP_FAILED == base ? -errno : 0;
        if (0 == result)
        {
            layout(file, base);
        }
    }
    if (0 != result)
    {
        flopmeter_sys_unlink(dir, name->temporary);
    }
    flopmeter_sys_close(fd);
    return result;
}

static int create_in(flopmeter_lane_file_t *file, int dir, uint32_t pid, uint64_t start_ticks)
{
    int result = -EEXIST;

    for (int i = 0; i < NONCE_ATTEMPTS && -EEXIST == result; i++)
    {
        const uint64_t nonce = flopmeter_sys_nonce();
        file_name_t name;

        name_of(&name, nonce);
        result = create_and_map(file, dir, &name);
        if (0 == result)
        {
            fill_header(file, nonce, pid, start_ticks);
            result = flopmeter_sys_rename(dir, name.temporary, name.final);
            if (0 != result)
            {
                munmap(file->header, file->length);
                flopmeter_sys_unlink(dir, name.temporary);
            }
        }
    }
    return result;
}

static int create_at(
    flopmeter_lane_file_t *file, const char *path, uint32_t pid, uint64_t start_ticks)
{
    const int dir = '\0' == path[0] ? -ENOENT : flopmeter_sys_open_dir(path);
    int result = dir;

    if (dir >= 0)
    {
        result = create_in(file, dir, pid, start_ticks);
        flopmeter_sys_close(dir);
    }
    return result;
}

static int create(
    flopmeter_lane_file_t *file, uint32_t pid, uint64_t start_ticks, uint32_t slot_capacity, uint32_t ring_capacity)
{
    int first = 0;

    /* A small lane folds early and overflows early, but it loses nothing; no lane does. */
    for (int small = 0; small < 2; small++)
    {
        file->slot_capacity = small && slot_capacity > SMALL_SLOTS ? SMALL_SLOTS : slot_capacity;
        file->ring_capacity = small && ring_capacity > SMALL_RING ? SMALL_RING : ring_capacity;

        int result = create_at(file, flopmeter_config.lane_dir, pid, start_ticks);
        first = 0 == first ? result : first;
        if (0 != result)
        {
            result = create_at(file, flopmeter_config.spill_dir, pid, start_ticks);
        }
        if (0 == result)
        {
            return 0;
        }
    }
    return first;
}

int flopmeter_lane_file_create(
    flopmeter_lane_file_t *file, uint32_t pid, uint64_t start_ticks, uint32_t slot_capacity, uint32_t ring_capacity)
{
    sigset_t before;

    /* A storm of signals would interrupt the allocation for ever; and nobody may fork between create and rename. */
    flopmeter_sys_block_signals(&before);
    const int result = create(file, pid, start_ticks, slot_capacity, ring_capacity);
    flopmeter_sys_restore_signals(&before);
    return result;
}

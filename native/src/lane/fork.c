/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What MADV_WIPEONFORK leaves open: a signal handler that forks while its thread is inside a record. The child returns
 * into code that holds pointers into its parent's lane and into state that is now wiped. Before such a fork the state
 * is saved; the child gets it back, with private zeros in the place of the lane, so that the interrupted call runs to
 * its end and into the void: its parent counts it. Where the kernel can't wipe, this does it.
 */

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "flopmeter_lane.h"
#include "flopmeter_process.h"

#define STATE_LENGTH (offsetof(flopmeter_lane_t, slot_by_key))

typedef struct saved_stct
{
    flopmeter_lane_t *lane;
    uint8_t state[STATE_LENGTH] __attribute__((aligned(16)));
}
saved_t;

typedef struct snapshot_stct
{
    uint32_t count;
    saved_t saved[FLOPMETER_NESTING_MAX];
}
snapshot_t;

static __thread snapshot_t *snapshot __attribute__((tls_model("initial-exec")));

static snapshot_t *new_snapshot(void)
{
    void *const base = mmap(NULL, sizeof(snapshot_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return MAP_FAILED == base ? NULL : base;
}

static void before_fork(void)
{
    flopmeter_lane_t *lane = flopmeter_thread_lane;

    snapshot = NULL;
    for (; NULL != lane && flopmeter_lane_alive(lane); lane = lane->nested)
    {
        if (FLOPMETER_BUSY_NOT != lane->busy)
        {
            snapshot = NULL == snapshot ? new_snapshot() : snapshot;
            if (NULL == snapshot || FLOPMETER_NESTING_MAX == snapshot->count)
            {
                return;
            }
            saved_t *const saved = &snapshot->saved[snapshot->count++];
            saved->lane = lane;
            memcpy(saved->state, lane, STATE_LENGTH);
        }
    }
}

static void drop_snapshot(void)
{
    if (NULL != snapshot)
    {
        munmap(snapshot, sizeof(*snapshot));
        snapshot = NULL;
    }
}

static void zero(void *base, size_t length)
{
    mmap(base, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static void wipe(flopmeter_process_t *process)
{
    for (flopmeter_lane_t *lane = process->lanes; NULL != lane;)
    {
        flopmeter_lane_t *const older = lane->older;
        zero(lane, sizeof(*lane));
        lane = older;
    }
    memset(process, 0, sizeof(*process));
}

static void give_back(const saved_t *saved)
{
    flopmeter_lane_t *const lane = saved->lane;

    memcpy(lane, saved->state, STATE_LENGTH);
    zero(lane->file.header, lane->file.length);
    if (FLOPMETER_BUSY_RECORD == lane->busy)
    {
        lane->magic = FLOPMETER_LANE_FORKED_MAGIC;
    }
    else
    {
        /* The cursor is in the program's hands: without limits each add finds its way to a lane of the child. */
        memset(lane, 0, STATE_LENGTH);
    }
}

static void in_child(void)
{
    flopmeter_process_t *process = flopmeter_process_inherited();

    if (NULL != process && 0 != process->pid)
    {
        wipe(process);
    }
    for (uint32_t i = 0; NULL != snapshot && i < snapshot->count; i++)
    {
        give_back(&snapshot->saved[i]);
    }
    drop_snapshot();
    /* Now, and not when a vfork child of this child records first and its pid is taken for ours. */
    flopmeter_process();
}

void flopmeter_fork_init(void)
{
    pthread_atfork(before_fork, drop_snapshot, in_child);
}

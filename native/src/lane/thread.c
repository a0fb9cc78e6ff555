/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which lane a thread writes to: a chain of at most 8, one for each level of signal handlers that interrupted a record.
 */

#include <errno.h>
#include <pthread.h>

#include "flopmeter_lane.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

#define RETRY_NS (1000000000)
#define PROBES_PER_LANE (8)

/* Beyond the keys that every thread's descriptor has room for, pthread_setspecific() may call malloc(). */
#define KEYS_WITHOUT_MALLOC (32)

__thread flopmeter_lane_t *flopmeter_thread_lane;
__thread uint32_t flopmeter_thread_ending;

static pthread_key_t thread_key;
static uint32_t thread_key_usable;

static void let_go(flopmeter_process_t *process, flopmeter_lane_t *lane)
{
    /* A thread can end inside a record (pthread_exit in a handler): such a lane stays as a kill leaves it. */
    if (FLOPMETER_BUSY_RECORD == lane->busy)
    {
        return;
    }

    if (FLOPMETER_BUSY_BATCH == lane->busy)
    {
        flopmeter_lane_catch_up(lane);
    }
    flopmeter_lane_close(lane);
    lane->busy = FLOPMETER_BUSY_NOT;
    lane->nested = NULL;
    if (0 != __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED))
    {
        flopmeter_lane_retire(lane);
        return;
    }
    __atomic_store_n(&lane->file.header->state, FLOPMETER_LANE_IDLE, __ATOMIC_RELEASE);
    __atomic_store_n(&lane->owner_tid, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&lane->owned, 0, __ATOMIC_RELEASE);
    __atomic_fetch_add(&process->lanes_idle, 1, __ATOMIC_RELEASE);
}

static void let_go_all(flopmeter_lane_t *lane)
{
    flopmeter_process_t *const process = flopmeter_process();
    sigset_t before;

    flopmeter_sys_block_signals(&before);
    while (NULL != process && NULL != lane && flopmeter_lane_alive(lane))
    {
        flopmeter_lane_t *const nested = lane->nested;
        let_go(process, lane);
        lane = nested;
    }
    flopmeter_sys_restore_signals(&before);
}

static void thread_end(void *head)
{
    const int errno_before = errno;

    /* Destructors that run after this one may still record: then the thread borrows a lane for each record. */
    flopmeter_thread_ending = 1;
    flopmeter_thread_lane = NULL;
    let_go_all(head);
    errno = errno_before;
}

static bool owner_is_gone(const flopmeter_process_t *process, const flopmeter_lane_t *lane)
{
    const uint32_t tid = __atomic_load_n(&lane->owner_tid, __ATOMIC_ACQUIRE);

    return 0 != tid && -ESRCH == flopmeter_sys_probe_thread(process->pid, tid);
}

/* Threads made without pthread, or that recorded in their very last destructor, never say that they end. */
static void collect_orphans(flopmeter_process_t *process)
{
    flopmeter_lane_t *lane = __atomic_load_n(&process->lanes, __ATOMIC_ACQUIRE);

    for (int i = 0; i < PROBES_PER_LANE && NULL != lane; i++, lane = lane->older)
    {
        uint32_t tid = __atomic_load_n(&lane->owner_tid, __ATOMIC_ACQUIRE);
        if (owner_is_gone(process, lane) &&
            __atomic_compare_exchange_n(&lane->owner_tid, &tid, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            /* The number may have been given to a new thread that took over the lane in the meantime. */
            if (-ESRCH == flopmeter_sys_probe_thread(process->pid, tid))
            {
                let_go(process, lane);
            }
            else
            {
                __atomic_store_n(&lane->owner_tid, tid, __ATOMIC_RELEASE);
            }
        }
    }
}

static flopmeter_lane_t *take_idle(flopmeter_process_t *process)
{
    flopmeter_lane_t *lane = __atomic_load_n(&process->lanes, __ATOMIC_ACQUIRE);

    for (; NULL != lane && 0 != __atomic_load_n(&process->lanes_idle, __ATOMIC_ACQUIRE); lane = lane->older)
    {
        uint32_t owned = 0;
        if (__atomic_compare_exchange_n(&lane->owned, &owned, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            __atomic_fetch_sub(&process->lanes_idle, 1, __ATOMIC_RELAXED);
            __atomic_store_n(&lane->file.header->state, FLOPMETER_LANE_ACTIVE, __ATOMIC_RELEASE);
            return lane;
        }
    }
    return NULL;
}

static void publish(flopmeter_process_t *process, flopmeter_lane_t *lane)
{
    lane->owned = 1;
    lane->older = __atomic_load_n(&process->lanes, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(
        &process->lanes, &lane->older, lane, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
    {
    }
}

static void failed(flopmeter_process_t *process, uint32_t reason, uint64_t now_ns)
{
    flopmeter_wire_gap_t *const gap = flopmeter_gap(process, reason, 0);

    if (NULL != gap)
    {
        process->lane_gap = 1 + (uint32_t)(gap - flopmeter_control()->gap);
    }
    __atomic_store_n(&process->lane_failed_ns, now_ns, __ATOMIC_RELAXED);
    flopmeter_error("no lane could be created: no room, or the meter's directory is gone");
}

static void recovered(flopmeter_process_t *process, uint64_t now_ns)
{
    const uint32_t gap = process->lane_gap;

    __atomic_store_n(&process->lane_failed_ns, 0, __ATOMIC_RELAXED);
    if (0 != gap && gap <= FLOPMETER_GAPS_MAX)
    {
        __atomic_store_n(&flopmeter_control()->gap[gap - 1].end_ns, now_ns, __ATOMIC_RELAXED);
    }
}

static flopmeter_lane_t *new_lane(flopmeter_process_t *process)
{
    const uint64_t failed_ns = __atomic_load_n(&process->lane_failed_ns, __ATOMIC_RELAXED);
    uint32_t reason = FLOPMETER_GAP_DIRECTORY;
    flopmeter_lane_t *lane = NULL;

    if (0 != failed_ns && flopmeter_sys_coarse_ns() - failed_ns < RETRY_NS)
    {
        return NULL;
    }
    if (FLOPMETER_METER_ACCEPTING == __atomic_load_n(&flopmeter_control()->meter_state, __ATOMIC_ACQUIRE))
    {
        lane = flopmeter_lane_create(process->pid, flopmeter_process_start_ticks(process), &reason);
    }

    if (NULL == lane)
    {
        failed(process, reason, flopmeter_sys_coarse_ns());
        return NULL;
    }
    if (0 != failed_ns)
    {
        recovered(process, flopmeter_sys_coarse_ns());
    }
    publish(process, lane);
    return lane;
}

static flopmeter_lane_t *acquire(flopmeter_process_t *process)
{
    flopmeter_lane_t *lane = take_idle(process);

    if (NULL == lane)
    {
        collect_orphans(process);
        lane = take_idle(process);
    }
    if (NULL == lane)
    {
        lane = new_lane(process);
    }
    if (NULL != lane)
    {
        lane->nested = NULL;
        lane->busy = FLOPMETER_BUSY_NOT;
        __atomic_store_n(&lane->owner_tid, flopmeter_sys_tid(), __ATOMIC_RELEASE);
    }
    return lane;
}

/* With signals blocked, so that a handler finds the chain either without the new lane or with it. */
static void extend_chain(flopmeter_lane_t **link)
{
    sigset_t before;

    flopmeter_sys_block_signals(&before);
    flopmeter_process_t *const process = flopmeter_process();
    if (NULL == *link && NULL != process)
    {
        *link = acquire(process);
        if (NULL != *link && link == &flopmeter_thread_lane && !flopmeter_thread_ending && thread_key_usable)
        {
            pthread_setspecific(thread_key, *link);
        }
    }
    flopmeter_sys_restore_signals(&before);
}

static flopmeter_lane_t *enter_chain(flopmeter_process_t *process)
{
    flopmeter_lane_t **link = &flopmeter_thread_lane;

    if (NULL != *link && !flopmeter_lane_alive(*link))
    {
        *link = NULL;
    }
    for (int depth = 0; depth < FLOPMETER_NESTING_MAX; depth++)
    {
        if (NULL == *link)
        {
            extend_chain(link);
        }
        if (NULL == *link)
        {
            return NULL;
        }
        if (flopmeter_lane_enter(*link))
        {
            return *link;
        }
        if (!flopmeter_lane_alive(*link))
        {
            return enter_chain(process);
        }
        link = &(*link)->nested;
    }

    flopmeter_gap(process, FLOPMETER_GAP_NESTING, 0);
    return NULL;
}

flopmeter_lane_t *flopmeter_thread_enter_slow(uint64_t samples_at_stake)
{
    flopmeter_process_t *const inherited = flopmeter_process_inherited();
    flopmeter_lane_t *lane = NULL;

    if (0 != __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED) ||
        (NULL != inherited && 0 != __atomic_load_n(&inherited->off, __ATOMIC_RELAXED)))
    {
        return NULL;
    }

    const int errno_before = errno;
    flopmeter_process_t *const process = flopmeter_process();
    if (NULL != process && flopmeter_process_attach(process))
    {
        lane = enter_chain(process);
        if (NULL == lane)
        {
            flopmeter_lost(samples_at_stake);
        }
    }
    errno = errno_before;
    return lane;
}

void flopmeter_thread_let_go(void)
{
    const int errno_before = errno;
    flopmeter_lane_t *const head = flopmeter_thread_lane;

    flopmeter_thread_lane = NULL;
    let_go_all(head);
    errno = errno_before;
}

void flopmeter_thread_init(void)
{
    static uint32_t done;

    if (0 == __atomic_exchange_n(&done, 1, __ATOMIC_ACQ_REL))
    {
        thread_key_usable = 0 == pthread_key_create(&thread_key, thread_end) && thread_key < KEYS_WITHOUT_MALLOC;
        flopmeter_fork_init();
    }
}

void flopmeter_detach(void)
{
    const int errno_before = errno;
    flopmeter_lane_t *lane = flopmeter_thread_lane;
    sigset_t before;

    flopmeter_sys_block_signals(&before);
    __atomic_store_n(&flopmeter_detached, 1, __ATOMIC_RELEASE);
    for (; NULL != lane && flopmeter_lane_alive(lane); lane = lane->nested)
    {
        if (FLOPMETER_BUSY_RECORD != lane->busy)
        {
            if (FLOPMETER_BUSY_BATCH == lane->busy)
            {
                /* The cursor is in registers of the program: this is how it learns that it is over. */
                __atomic_store_n(&lane->batch.key_limit, 0, __ATOMIC_RELAXED);
                flopmeter_lane_catch_up(lane);
            }
            flopmeter_lane_retire(lane);
        }
    }
    flopmeter_sys_restore_signals(&before);
    errno = errno_before;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_way.h"

#include <pthread.h>
#include <time.h>

#include "cuda_mine.h"

#define NS_PER_SEC (1000000000ULL)

atomic_bool flopmeter_cuda_way_hurry;

static struct
{
    pthread_mutex_t lock;
    pthread_cond_t freed;
    void (*wake)(void);
    uint64_t hold_ns;
    const atomic_uint *holders;     /* of the preload library, NULL = nobody has told of one */
    bool is_final;
    bool is_late;           /* and the program has ended CUPTI without waiting any longer */
    bool is_stopped;
    bool is_free;           /* the meter's thread has nothing of CUPTI's, and takes nothing while somebody else does */
}
way = { .lock = PTHREAD_MUTEX_INITIALIZER, .is_free = true };

static __thread bool is_meter;

/* Under the lock, as the next. */
static bool is_wanted(void)
{
    return (NULL != way.holders && 0 != atomic_load(way.holders)) || way.is_final;
}

static void set_hurry(void)
{
    atomic_store(&flopmeter_cuda_way_hurry, way.is_stopped || is_wanted());
}

void flopmeter_cuda_way_open(void (*wake)(void), uint64_t hold_ns)
{
    pthread_condattr_t monotonic;

    /* Whatever a parent's threads did with these is over. */
    pthread_mutex_init(&way.lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&way.freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    way.wake = wake;
    way.hold_ns = hold_ns;
    way.holders = NULL;
    way.is_final = way.is_late = way.is_stopped = false;
    way.is_free = true;
    set_hurry();
}

void flopmeter_cuda_way_stop(void)
{
    pthread_mutex_lock(&way.lock);
    way.is_stopped = true;
    set_hurry();
    pthread_mutex_unlock(&way.lock);
}

static void ask(const atomic_uint *holders, bool is_final)
{
    struct timespec deadline = { 0, 0 };
    int result = 0;

    if (is_meter || !flopmeter_cuda_mine_is())
    {
        return;
    }
    pthread_mutex_lock(&way.lock);
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    const uint64_t then_ns = (uint64_t)deadline.tv_nsec + way.hold_ns;
    deadline.tv_sec += (time_t)(then_ns / NS_PER_SEC);
    deadline.tv_nsec = (long)(then_ns % NS_PER_SEC);
    way.holders = NULL == holders ? way.holders : holders;
    way.is_final = way.is_final || is_final;
    set_hurry();
    /* The meter's thread may leave as soon as the lock is free. */
    void (*const wake)(void) = way.is_free ? NULL : way.wake;
    if (NULL != wake)
    {
        pthread_mutex_unlock(&way.lock);
        wake();
        pthread_mutex_lock(&way.lock);
    }
    while (0 == result && !way.is_free)
    {
        result = pthread_cond_timedwait(&way.freed, &way.lock, &deadline);
    }
    way.is_late = way.is_late || (is_final && !way.is_free);
    pthread_mutex_unlock(&way.lock);
}

void flopmeter_cuda_way_taking(const atomic_uint *holders)
{
    ask(holders, false);
}

void flopmeter_cuda_way_finalizing(void)
{
    ask(NULL, true);
}

void flopmeter_cuda_way_given(const atomic_uint *holders)
{
    if (is_meter || !flopmeter_cuda_mine_is())
    {
        return;
    }
    pthread_mutex_lock(&way.lock);
    way.holders = holders;
    set_hurry();
    pthread_mutex_unlock(&way.lock);
}

void flopmeter_cuda_way_enter(void)
{
    is_meter = true;
}

bool flopmeter_cuda_way_is_meter(void)
{
    return is_meter;
}

void flopmeter_cuda_way_obey(flopmeter_cuda_session_t *session)
{
    pthread_mutex_lock(&way.lock);
    const bool is_yielded = is_wanted();
    const bool is_final = way.is_final;
    const bool is_late = way.is_late;
    way.is_free = way.is_free && is_yielded;
    pthread_mutex_unlock(&way.lock);
    if (is_late && !session->is_final)
    {
        flopmeter_cuda_session_lose(session);
    }
    if (flopmeter_cuda_session_yield(session, is_yielded, is_final) && is_yielded)
    {
        pthread_mutex_lock(&way.lock);
        way.is_free = true;
        pthread_cond_broadcast(&way.freed);
        pthread_mutex_unlock(&way.lock);
    }
}

void flopmeter_cuda_way_leave(void)
{
    pthread_mutex_lock(&way.lock);
    way.is_free = true;
    way.wake = NULL;
    pthread_cond_broadcast(&way.freed);
    pthread_mutex_unlock(&way.lock);
}

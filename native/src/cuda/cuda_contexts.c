/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_contexts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The end of a range waits for what is queued, and so does the destruction of its context. */
#define HOLD_NS (1000000000L)
#define NS_PER_SEC (1000000000L)

typedef struct entry_stct
{
    flopmeter_cu_context_t context;     /* NULL = free */
    flopmeter_cu_device_t device;
    flopmeter_cuda_serial_t serial;
    bool is_held;
    bool is_wanted;                     /* is going: nobody may take it any more */
}
entry_t;

/* The most on one device, as far as devices can be told apart by small numbers. */
typedef struct most_stct
{
    flopmeter_cu_device_t device;
    unsigned most;
    bool is_used;
}
most_t;

static struct
{
    pthread_mutex_t lock;
    pthread_cond_t released;
    atomic_int pid;
    void (*wake)(void);
    flopmeter_cuda_serial_t serial;
    bool is_lost;
    entry_t entries[FLOPMETER_CUDA_CONTEXTS_MAX];
    most_t mosts[FLOPMETER_CUDA_CONTEXTS_MAX];
}
contexts = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool is_mine(void)
{
    return getpid() == atomic_load(&contexts.pid);
}

static unsigned count_on(flopmeter_cu_device_t device)
{
    unsigned count = 0;

    for (int i = 0; i < FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        const entry_t *const entry = &contexts.entries[i];
        count += NULL != entry->context && !entry->is_wanted && device == entry->device ? 1 : 0;
    }
    return count;
}

/* NULL when there is no room, which has no more devices than contexts. */
static most_t *most_of(flopmeter_cu_device_t device)
{
    for (int i = 0; i < FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        most_t *const most = &contexts.mosts[i];
        if (!most->is_used || device == most->device)
        {
            most->is_used = true;
            most->device = device;
            return most;
        }
    }
    return NULL;
}

static entry_t *entry_of(flopmeter_cuda_serial_t serial)
{
    for (int i = 0; i < FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        if (NULL != contexts.entries[i].context && serial == contexts.entries[i].serial)
        {
            return &contexts.entries[i];
        }
    }
    return NULL;
}

/* The one with the lowest serial above `serial`. */
static entry_t *entry_after(flopmeter_cu_device_t device, flopmeter_cuda_serial_t serial)
{
    entry_t *next = NULL;

    for (int i = 0; i < FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        entry_t *const entry = &contexts.entries[i];
        if (NULL != entry->context && !entry->is_wanted && device == entry->device && entry->serial > serial &&
            (NULL == next || entry->serial < next->serial))
        {
            next = entry;
        }
    }
    return next;
}

void flopmeter_cuda_contexts_open(void (*wake)(void), int pid)
{
    pthread_condattr_t monotonic;

    /* Whatever a parent's threads did with these is over: this process has but one thread that knows of them. */
    pthread_mutex_init(&contexts.lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&contexts.released, &monotonic);
    pthread_condattr_destroy(&monotonic);
    memset(contexts.entries, 0, sizeof(contexts.entries));
    memset(contexts.mosts, 0, sizeof(contexts.mosts));
    contexts.is_lost = false;
    contexts.wake = wake;
    atomic_store(&contexts.pid, pid);
}

void flopmeter_cuda_contexts_made(flopmeter_cu_context_t context, flopmeter_cu_device_t device)
{
    if (NULL == context || !is_mine())
    {
        return;
    }
    pthread_mutex_lock(&contexts.lock);
    entry_t *free_entry = NULL;
    for (int i = 0; NULL == free_entry && i < FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        free_entry = NULL == contexts.entries[i].context ? &contexts.entries[i] : NULL;
    }
    most_t *const most = most_of(device);
    if (NULL == free_entry || NULL == most)
    {
        contexts.is_lost = true;
    }
    else
    {
        *free_entry = (entry_t) { .context = context, .device = device, .serial = ++contexts.serial };
        const unsigned count = count_on(device);
        most->most = count > most->most ? count : most->most;
    }
    pthread_mutex_unlock(&contexts.lock);
    if (NULL != contexts.wake)
    {
        contexts.wake();
    }
}

void flopmeter_cuda_contexts_ending(flopmeter_cu_context_t context)
{
    struct timespec deadline = { 0, 0 };
    int result = 0;

    if (NULL == context || !is_mine())
    {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (deadline.tv_nsec + HOLD_NS) / NS_PER_SEC;
    deadline.tv_nsec = (deadline.tv_nsec + HOLD_NS) % NS_PER_SEC;
    pthread_mutex_lock(&contexts.lock);
    for (int i = 0; i < FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        entry_t *const entry = &contexts.entries[i];
        if (context != entry->context)
        {
            continue;
        }
        if (entry->is_held && NULL != contexts.wake)
        {
            entry->is_wanted = true;
            pthread_mutex_unlock(&contexts.lock);
            contexts.wake();
            pthread_mutex_lock(&contexts.lock);
        }
        while (0 == result && context == entry->context && entry->is_held && NULL != contexts.wake)
        {
            result = pthread_cond_timedwait(&contexts.released, &contexts.lock, &deadline);
        }
        memset(entry, 0, sizeof(*entry));
        break;
    }
    pthread_mutex_unlock(&contexts.lock);
}

unsigned flopmeter_cuda_contexts_count(flopmeter_cu_device_t device)
{
    pthread_mutex_lock(&contexts.lock);
    const unsigned count = count_on(device);
    pthread_mutex_unlock(&contexts.lock);
    return count;
}

unsigned flopmeter_cuda_contexts_most(flopmeter_cu_device_t device)
{
    pthread_mutex_lock(&contexts.lock);
    most_t *const entry = most_of(device);
    const unsigned now = count_on(device);
    const unsigned most = NULL == entry ? now : entry->most;
    if (NULL != entry)
    {
        entry->most = now;
    }
    pthread_mutex_unlock(&contexts.lock);
    return most;
}

bool flopmeter_cuda_contexts_took_loss(void)
{
    pthread_mutex_lock(&contexts.lock);
    const bool is_lost = contexts.is_lost;
    contexts.is_lost = false;
    pthread_mutex_unlock(&contexts.lock);
    return is_lost;
}

flopmeter_cuda_serial_t flopmeter_cuda_contexts_hold(
    flopmeter_cu_device_t device, flopmeter_cuda_serial_t serial, flopmeter_cu_context_t *context)
{
    flopmeter_cuda_serial_t held = 0;

    pthread_mutex_lock(&contexts.lock);
    entry_t *const entry = entry_after(device, serial);
    if (NULL != entry)
    {
        entry->is_held = true;
        *context = entry->context;
        held = entry->serial;
    }
    pthread_mutex_unlock(&contexts.lock);
    return held;
}

bool flopmeter_cuda_contexts_is_there(flopmeter_cuda_serial_t serial)
{
    pthread_mutex_lock(&contexts.lock);
    const bool is_there = NULL != entry_of(serial);
    pthread_mutex_unlock(&contexts.lock);
    return is_there;
}

bool flopmeter_cuda_contexts_is_wanted(flopmeter_cuda_serial_t serial)
{
    pthread_mutex_lock(&contexts.lock);
    const entry_t *const entry = entry_of(serial);
    const bool is_wanted = NULL != entry && entry->is_wanted;
    pthread_mutex_unlock(&contexts.lock);
    return is_wanted;
}

void flopmeter_cuda_contexts_release(flopmeter_cuda_serial_t serial)
{
    pthread_mutex_lock(&contexts.lock);
    entry_t *const entry = entry_of(serial);
    if (NULL != entry)
    {
        entry->is_held = false;
        pthread_cond_broadcast(&contexts.released);
    }
    pthread_mutex_unlock(&contexts.lock);
}

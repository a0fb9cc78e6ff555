/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry point of libflopmeter_cuda.so. The driver loads it inside cuInit() and calls InitializeInjection(), which
 * starts one thread and does nothing else: cuInit() holds the driver's locks. The thread takes no signal, holds no
 * lock of the program, and is told to stop when the program exits; it has STOP_NS for that, after which the program
 * goes on without it.
 *
 * A forked child has no such thread and, since CUDA does not survive a fork, no use for one; it is told apart by its
 * pid.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cuda_note.h"
#include "cuda_pause.h"
#include "cuda_session.h"
#include "cuda_watch.h"
#include "cuda_way.h"
#include "flopmeter_here.h"
#include "pause.h"

#define NS_PER_SEC (1000000000ULL)

/* The end of a range waits for what is queued; a program that exits has usually waited for that itself. */
#define STOP_NS (1 * NS_PER_SEC)

/* How often to ask whether cuInit() is over: nothing tells. */
#define DRIVER_POLL_NS (10000000ULL)

static struct
{
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_int pid;             /* whose thread it is, 0 = nobody's */
    atomic_bool is_stopped;
    bool is_done;               /* under the lock, as is the waiting */
    bool is_woken;              /* likewise: something happened that does not wait for the clock */
    uint64_t begin_ns;
    uint64_t nonce;             /* of the note on kernels */
    flopmeter_cuda_settings_t settings;
    flopmeter_cuda_session_t session;
}
meter;

int InitializeInjection(void);

static uint64_t now_ns(void *context)
{
    struct timespec now = { 0, 0 };

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static void count(void *context, flopmeter_precision_t precision, const flopmeter_shape_t *shape)
{
    (void)context;
    flopmeter_core_count_on(precision, FLOPMETER_EXACT_EXECUTED, FLOPMETER_SOURCE_CUDA, shape);
}

static void gap(void *context, flopmeter_gap_reason_t reason)
{
    (void)context;
    flopmeter_core_gap(reason, FLOPMETER_SOURCE_CUDA);
}

/* For flopmeter-counter, which sees the meter's folder (FLOPMETER_PM_WANTED in watch.h). */
static void give_up(void *context)
{
    const char *const folder = flopmeter_here_folder();
    char path[PATH_MAX];

    (void)context;
    if (NULL != folder && (size_t)snprintf(path, sizeof(path), "%s/pm.wanted", folder) < sizeof(path))
    {
        const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
        {
            close(fd);
        }
    }
}

static struct timespec after(uint64_t ns)
{
    const uint64_t then_ns = now_ns(NULL) + ns;

    return (struct timespec) { (time_t)(then_ns / NS_PER_SEC), (long)(then_ns % NS_PER_SEC) };
}

/* On a thread of the program: a context is wanted back, or there is a new one. */
static void wake(void)
{
    pthread_mutex_lock(&meter.lock);
    meter.is_woken = true;
    pthread_cond_broadcast(&meter.wake);
    pthread_mutex_unlock(&meter.lock);
}

/* Sleep, or less when the program ends or something happened. */
static void rest(uint64_t ns)
{
    const struct timespec deadline = after(ns);
    int result = 0;

    pthread_mutex_lock(&meter.lock);
    while (0 == result && !meter.is_woken && !atomic_load(&meter.is_stopped))
    {
        result = pthread_cond_timedwait(&meter.wake, &meter.lock, &deadline);
    }
    meter.is_woken = false;
    pthread_mutex_unlock(&meter.lock);
}

/*
 * This thread runs while cuInit() does, and until that is over the driver refuses everything: not a failure. False when
 * the program ends first.
 */
static bool await_driver(void)
{
    flopmeter_cuda_api_t driver;
    int count = 0;

    memset(&driver, 0, sizeof(driver));
    if (FLOPMETER_COUNTER_AVAILABLE == flopmeter_cuda_api_driver(&driver))
    {
        while (FLOPMETER_CU_NOT_INITIALIZED == driver.device_count(&count) && !atomic_load(&meter.is_stopped))
        {
            rest(DRIVER_POLL_NS);
        }
    }
    return !atomic_load(&meter.is_stopped);
}

static bool pause_ranges(void *session, bool is_paused)
{
    return flopmeter_cuda_session_pause(session, is_paused);
}

static bool pause_kernels(void *context, bool is_paused)
{
    (void)context;
    return flopmeter_cuda_kernels_pause(is_paused);
}

static void rest_or_look(uint64_t ns)
{
    rest(ns < FLOPMETER_PAUSE_LOOK_NS ? ns : FLOPMETER_PAUSE_LOOK_NS);
}

static void count_ranges(const flopmeter_cuda_world_t *world)
{
    if (FLOPMETER_COUNTER_AVAILABLE ==
        flopmeter_cuda_session_open(&meter.session, &meter.settings, world, meter.begin_ns))
    {
        flopmeter_cuda_pause_open(flopmeter_here_folder(), "cuda-ranges");
        while (!atomic_load(&meter.is_stopped))
        {
            flopmeter_cuda_way_obey(&meter.session);
            flopmeter_cuda_pause_obey(now_ns(NULL), pause_ranges, &meter.session);
            const uint64_t wait_ns = flopmeter_cuda_session_step(&meter.session);
            if (0 != wait_ns)
            {
                rest_or_look(wait_ns);
            }
        }
        flopmeter_cuda_way_obey(&meter.session);
        flopmeter_cuda_session_close(&meter.session);
        flopmeter_cuda_pause_close();
    }
}

/* Also when nothing is to be had: the note says so, second by second. */
static void watch_kernels(const flopmeter_cuda_world_t *world)
{
    const char *const folder = flopmeter_here_folder();
    uint64_t step_ns = 0;

    flopmeter_cuda_pause_open(folder, "cuda-kernels");
    flopmeter_cuda_pause_obey(now_ns(NULL), pause_kernels, NULL);
    flopmeter_cuda_kernels_open(&meter.settings, world, meter.begin_ns);
    flopmeter_here_watch(flopmeter_cuda_kernels_context);
    while (NULL != folder && !atomic_load(&meter.is_stopped))
    {
        flopmeter_cuda_pause_obey(now_ns(NULL), pause_kernels, NULL);
        const uint64_t then_ns = now_ns(NULL);
        if (then_ns >= step_ns)
        {
            step_ns = then_ns + flopmeter_cuda_kernels_step();
            flopmeter_cuda_note_write(flopmeter_cuda_kernels_state(), flopmeter_here_names, folder, meter.nonce);
        }
        rest_or_look(step_ns > then_ns ? step_ns - then_ns : 0);
    }
    flopmeter_cuda_kernels_close();
    flopmeter_cuda_pause_close();
    if (NULL == folder ||
        !flopmeter_cuda_note_write(flopmeter_cuda_kernels_state(), flopmeter_here_names, folder, meter.nonce))
    {
        gap(NULL, FLOPMETER_GAP_DIRECTORY);
    }
}

static void *run(void *argument)
{
    static const flopmeter_cuda_world_t world = {
        .count = count, .gap = gap, .give_up = give_up, .now_ns = now_ns, .context = NULL,
        .is_stopped = &flopmeter_cuda_way_hurry
    };

    (void)argument;
    prctl(PR_SET_NAME, "flopmeter-cuda", 0, 0, 0);
    flopmeter_cuda_way_enter();
    /* Without a meter the driver is asked nothing. */
    if (FLOPMETER_OK == flopmeter_attach() && await_driver())
    {
        (meter.settings.is_on ? count_ranges : watch_kernels)(&world);
    }
    flopmeter_cuda_way_leave();
    pthread_mutex_lock(&meter.lock);
    meter.is_done = true;
    pthread_cond_broadcast(&meter.wake);
    pthread_mutex_unlock(&meter.lock);
    return NULL;
}

/* At exit, before the driver's own handlers: they were registered earlier. */
static void stop(void)
{
    const struct timespec deadline = after(STOP_NS);
    int result = 0;

    if (getpid() != atomic_load(&meter.pid))
    {
        return;
    }
    atomic_store(&meter.is_stopped, true);
    flopmeter_cuda_way_stop();
    pthread_mutex_lock(&meter.lock);
    pthread_cond_broadcast(&meter.wake);
    while (0 == result && !meter.is_done)
    {
        result = pthread_cond_timedwait(&meter.wake, &meter.lock, &deadline);
    }
    if (!meter.is_done)
    {
        gap(NULL, FLOPMETER_GAP_COUNTER_PAUSED);
    }
    pthread_mutex_unlock(&meter.lock);
}

/* CUPTI calls functions of its own on our thread, too, which holds what it would wait for. */
static void give_way(void)
{
    if (!flopmeter_cuda_way_is_meter())
    {
        flopmeter_cuda_kernels_give_way();
    }
}

static void give_way_to_hardware(const atomic_uint *holders)
{
    (void)holders;
    give_way();
}

/* The preload library's wrappers tell of what the program does; without it there is nobody who could. */
static void watch_calls(int pid)
{
    flopmeter_cuda_watch_fn *watch = NULL;
    void *const symbol = dlsym(RTLD_DEFAULT, FLOPMETER_CUDA_WATCH_NAME);
    static const flopmeter_cuda_watch_t ranges = {
        .made = flopmeter_cuda_contexts_made, .ending = flopmeter_cuda_contexts_ending,
        .taking = flopmeter_cuda_way_taking, .given = flopmeter_cuda_way_given,
        .finalizing = flopmeter_cuda_way_finalizing
    };
    static const flopmeter_cuda_watch_t activity = {
        .call_begin = flopmeter_cuda_kernels_call_begin, .call_end = flopmeter_cuda_kernels_call_end,
        .profiler = give_way, .states = flopmeter_cuda_kernels_states,
        .instance = flopmeter_cuda_kernels_instance, .instance_gone = flopmeter_cuda_kernels_instance_gone,
        .launches = flopmeter_cuda_kernels_launches, .taking = give_way_to_hardware,
        .finalizing = flopmeter_cuda_kernels_finalize
    };

    memcpy(&watch, &symbol, sizeof(symbol));
    flopmeter_cuda_contexts_open(wake, pid);
    flopmeter_cuda_way_open(wake, FLOPMETER_CUDA_WAY_HOLD_NS);
    if (NULL != watch)
    {
        watch(meter.settings.is_on ? &ranges : &activity);
    }
}

static void prepare(void)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&meter.lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&meter.wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    atomic_store(&meter.is_stopped, false);
    meter.is_done = false;
    meter.begin_ns = now_ns(NULL);
    flopmeter_cuda_kernels_reset();
    /* One process of a machine at one time; and nobody but its user can write into the folder. */
    meter.nonce = meter.begin_ns << 22 ^ (uint64_t)getpid();
}

static bool start(void)
{
    pthread_attr_t detached;
    pthread_t thread;
    sigset_t all;
    sigset_t before;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int result = pthread_create(&thread, &detached, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
    return 0 == result;
}

/** Called by the driver. Any result but 1 would make cuInit() complain. */
FLOPMETER_EXPORT int InitializeInjection(void)
{
    static atomic_bool has_handler;
    const int errno_before = errno;
    const int self = getpid();
    int owner = atomic_load(&meter.pid);

    /* Twice in one process: one is enough. In a child: the parent's state is of no use. */
    if (owner == self || !atomic_compare_exchange_strong(&meter.pid, &owner, self))
    {
        return 1;
    }
    flopmeter_cuda_settings_load(&meter.settings);
    if (meter.settings.is_on || meter.settings.are_kernels)
    {
        prepare();
        watch_calls(self);
        if (!start())
        {
            meter.is_done = true;
            gap(NULL, FLOPMETER_GAP_MEMORY);
            gap(NULL, FLOPMETER_GAP_COUNTER_UNBOUNDED);
        }
        else if (!atomic_exchange(&has_handler, true))
        {
            atexit(stop);
        }
    }
    errno = errno_before;
    return 1;
}

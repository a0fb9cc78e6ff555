/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_kernels.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cuda_calls.h"
#include "cuda_card.h"
#include "cuda_join.h"
#include "cuda_mine.h"
#include "cuda_plans.h"
#include "cuda_stated.h"
#include "cuda_unseen.h"

#define NS_PER_SEC (1000000000ULL)
#define STEP_NS (1 * NS_PER_SEC)
#define SILENT_NS (3 * NS_PER_SEC)             /* counted calls without a kernel: somebody else has our records */

enum
{
    OFF = 0,
    ON = 1,
    GONE = 2,       /* given way to somebody in the program; never comes back */
    PAUSED = 3      /* given way to whoever wished it; the callbacks are still ours */
};

static struct
{
    flopmeter_cuda_api_t api;
    flopmeter_cuda_world_t world;
    atomic_int phase;
    pthread_mutex_t gate;                      /* held while the phase and what CUPTI is told must agree */
    bool is_put_off;                           /* paused before the start; under the gate, as is the next */
    bool is_registered;                        /* the callbacks are ours */
    atomic_bool is_final;                      /* CUPTI is gone, and what threads told it */
    _Atomic(uint32_t) buffers_used;            /* bits */
    uint8_t *buffers;
    pthread_mutex_t lock;                      /* for all below but the state's times, which the step takes over */
    flopmeter_cuda_join_t join;
    flopmeter_cuda_unseen_t unseen;
    uint64_t dropped;
    uint64_t counted;                          /* calls, up to the last step */
    uint64_t records;                          /* kernels, since the last step */
    uint64_t silent_ns;
    bool is_silent;
    flopmeter_cuda_kernels_state_t state;
}
kernels = { .gate = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER };

_Static_assert(FLOPMETER_CUDA_DEVICES_MAX == FLOPMETER_CUDA_STATED_DEVICES, "one sum for each card");

/* For whom this thread launches. CUPTI has one entry of it at most: calls and contexts need not end in the order in
   which they began. */
static __thread struct
{
    uint64_t call;                             /* 0 = none */
    uint32_t context;
    bool is_told;                              /* the entry is there */
}
here;

static uint64_t now_ns(void)
{
    return kernels.world.now_ns(kernels.world.context);
}

static void tell(flopmeter_gap_reason_t reason)
{
    kernels.world.gap(kernels.world.context, reason);
}

/* Before records come, so that their times can be told in ours: CUPTI is not to be asked while it hands them out. */
static void read_clock(void)
{
    const uint64_t at_ns = now_ns();                   /* not later than CUPTI's: kernels reach back from it */
    uint64_t clock_ns = 0;
    const bool is_told = FLOPMETER_CUPTI_SUCCESS == kernels.api.timestamp(&clock_ns);

    pthread_mutex_lock(&kernels.lock);
    flopmeter_cuda_unseen_clock(&kernels.unseen, is_told ? clock_ns : 0, at_ns);
    pthread_mutex_unlock(&kernels.lock);
}

/* ---- CUPTI's callbacks, on any thread ---- */

static void request(uint8_t **buffer, size_t *length, size_t *records_max)
{
    uint32_t used = atomic_load(&kernels.buffers_used);
    int place = -1;

    do
    {
        const uint32_t free_ones = ~used & ((UINT32_C(1) << FLOPMETER_CUDA_BUFFERS) - 1);
        place = 0 == free_ones ? -1 : __builtin_ctz(free_ones);
    }
    while (place >= 0 && !atomic_compare_exchange_weak(&kernels.buffers_used, &used, used | UINT32_C(1) << place));
    *buffer = place < 0 ? NULL : kernels.buffers + (size_t)place * FLOPMETER_CUDA_BUFFER_LENGTH;
    *length = place < 0 ? 0 : FLOPMETER_CUDA_BUFFER_LENGTH;
    *records_max = 0;
}

/* A kernel that can be one: times in order, a device that there is. */
static bool is_sound(const flopmeter_cupti_kernel_t *kernel)
{
    return 0 != kernel->start && kernel->end >= kernel->start && kernel->device < (uint32_t)kernels.state.cards_count;
}

/* A flush with force has records of kernels that are at work. */
static void miss(const flopmeter_cupti_kernel_t *kernel)
{
    if (0 != kernel->start && 0 == kernel->end)
    {
        flopmeter_cuda_unseen_miss_since(&kernels.unseen, kernel->start, now_ns());
    }
    else
    {
        flopmeter_cuda_unseen_miss(&kernels.unseen);
    }
}

static void take(const void *record)
{
    flopmeter_cupti_kernel_t kernel;
    flopmeter_cupti_external_t external;
    int32_t kind = 0;

    memcpy(&kind, record, sizeof(kind));
    if (FLOPMETER_CUPTI_KIND_EXTERNAL == kind)
    {
        memcpy(&external, record, sizeof(external));
        flopmeter_cuda_join_external(&kernels.join, &external);
    }
    else if (FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL == kind || FLOPMETER_CUPTI_KIND_KERNEL == kind)
    {
        memcpy(&kernel, record, sizeof(kernel));
        kernels.records++;
        if (is_sound(&kernel))
        {
            flopmeter_cuda_join_kernel(&kernels.join, &kernel, &kernels.state);
            return;
        }
        miss(&kernel);
        tell(FLOPMETER_GAP_COUNTER_FAILED);
    }
}

static void complete(
    flopmeter_cu_context_t context, uint32_t stream, uint8_t *buffer, size_t length, size_t filled)
{
    const size_t offset = (size_t)(buffer - kernels.buffers);
    const void *record = NULL;
    size_t dropped = 0;

    if (NULL == buffer || offset >= (size_t)FLOPMETER_CUDA_BUFFERS * FLOPMETER_CUDA_BUFFER_LENGTH)
    {
        return;
    }
    pthread_mutex_lock(&kernels.lock);
    while (filled <= length &&
        FLOPMETER_CUPTI_SUCCESS == kernels.api.activity_next(buffer, filled, &record) && NULL != record)
    {
        take(record);
    }
    if (FLOPMETER_CUPTI_SUCCESS == kernels.api.activity_dropped(context, stream, &dropped) && 0 != dropped)
    {
        kernels.dropped += dropped;
        flopmeter_cuda_unseen_miss(&kernels.unseen);
        tell(FLOPMETER_GAP_COUNTER_PAUSED);
    }
    pthread_mutex_unlock(&kernels.lock);
    atomic_fetch_and(&kernels.buffers_used, ~(UINT32_C(1) << offset / FLOPMETER_CUDA_BUFFER_LENGTH));
}

/* ---- Start and end ---- */

static void ignore_callback(void *data, int domain, uint32_t id, const void *info)
{
    (void)data, (void)domain, (void)id, (void)info;
}

/* Who profiles holds the one subscription. We hold it for a moment only: with it kineto and nsys would fail. */
static int try_subscription(void)
{
    void (*const callback)(void *, int, uint32_t, const void *) = ignore_callback;
    void *pointer = NULL;
    void *subscriber = NULL;

    memcpy(&pointer, &callback, sizeof(pointer));
    const int result = kernels.api.subscribe(&subscriber, pointer, NULL);
    return FLOPMETER_CUPTI_SUCCESS == result ? kernels.api.unsubscribe(subscriber) : result;
}

static void disable(void)
{
    kernels.api.activity_disable(FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL);
    kernels.api.activity_disable(FLOPMETER_CUPTI_KIND_EXTERNAL);
}

static int enable_kinds(void)
{
    int result = kernels.api.activity_enable(FLOPMETER_CUPTI_KIND_EXTERNAL);

    result = FLOPMETER_CUPTI_SUCCESS == result ?
        kernels.api.activity_enable(FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL) : result;
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        disable();
    }
    return result;
}

static int enable(void)
{
    const int result = kernels.api.register_callbacks(request, complete);

    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        return result;
    }
    kernels.is_registered = true;
    return enable_kinds();
}

/* Unless somebody has asked for way already, or is there. */
static flopmeter_counter_state_t turn_on(void)
{
    flopmeter_counter_state_t state = FLOPMETER_COUNTER_TAKEN;

    pthread_mutex_lock(&kernels.gate);
    if (kernels.is_put_off && OFF == atomic_load(&kernels.phase))
    {
        atomic_store(&kernels.phase, PAUSED);
        state = FLOPMETER_COUNTER_AVAILABLE;
    }
    else if (OFF == atomic_load(&kernels.phase))
    {
        state = flopmeter_cuda_state_of(try_subscription());
    }
    if (FLOPMETER_COUNTER_AVAILABLE == state && PAUSED != atomic_load(&kernels.phase))
    {
        /* On before the first record can come; a profiler that is there has been told nothing by then. */
        atomic_store(&kernels.phase, ON);
        state = flopmeter_cuda_state_of(enable());
        atomic_store(&kernels.phase, FLOPMETER_COUNTER_AVAILABLE == state ? ON : OFF);
        read_clock();
    }
    pthread_mutex_unlock(&kernels.gate);
    return state;
}

static flopmeter_counter_state_t prepare(const flopmeter_cuda_settings_t *settings)
{
    uint32_t version = 0;
    int count = 0;

    if (NULL != settings->profiler)
    {
        return FLOPMETER_COUNTER_TAKEN;
    }
    flopmeter_counter_state_t state = flopmeter_cuda_api_driver(&kernels.api);
    if (FLOPMETER_COUNTER_AVAILABLE == state && FLOPMETER_CU_SUCCESS != kernels.api.device_count(&count))
    {
        state = FLOPMETER_COUNTER_FAILED;
    }
    for (int i = 0; FLOPMETER_COUNTER_AVAILABLE == state && i < count && i < FLOPMETER_CUDA_DEVICES_MAX; i++)
    {
        flopmeter_cuda_card_know(&kernels.state.cards[i], &kernels.api, i);
        kernels.state.cards_count = i + 1;
    }
    if (FLOPMETER_COUNTER_AVAILABLE == state)
    {
        state = flopmeter_cuda_api_activity(&kernels.api, '\0' == settings->cupti[0] ? NULL : settings->cupti);
    }
    if (FLOPMETER_COUNTER_AVAILABLE == state && (FLOPMETER_CUPTI_SUCCESS != kernels.api.version(&version) ||
        version < FLOPMETER_CUPTI_VERSION_MIN))
    {
        state = FLOPMETER_COUNTER_WRONG_DRIVER;
    }
    return state;
}

void flopmeter_cuda_kernels_reset(void)
{
    pthread_mutexattr_t again;

    /* Who exits in a flush, on the thread that flushes, closes: the gate is that thread's already. */
    pthread_mutexattr_init(&again);
    pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&kernels.gate, &again);
    pthread_mutexattr_destroy(&again);
    pthread_mutex_init(&kernels.lock, NULL);
    flopmeter_cuda_plans_reset();
    /* Here and not in open(): the program counts from now on, and by then it may have counted much. */
    flopmeter_cuda_stated_reset();
    kernels.is_put_off = kernels.is_registered = false;
    atomic_store(&kernels.is_final, false);
    atomic_store(&kernels.phase, OFF);
    flopmeter_cuda_mine_begin();
}

flopmeter_counter_state_t flopmeter_cuda_kernels_open(
    const flopmeter_cuda_settings_t *settings, const flopmeter_cuda_world_t *world, uint64_t begin_ns)
{
    const size_t length = (size_t)FLOPMETER_CUDA_BUFFERS * FLOPMETER_CUDA_BUFFER_LENGTH;

    memset(&kernels.state, 0, sizeof(kernels.state));
    flopmeter_cuda_join_open(&kernels.join);
    kernels.world = *world;
    kernels.state.begin_ns = kernels.state.end_ns = begin_ns;
    kernels.is_silent = false;
    flopmeter_cuda_unseen_open(&kernels.unseen, begin_ns);
    kernels.dropped = kernels.records = kernels.silent_ns = 0;
    kernels.counted = flopmeter_cuda_calls_counted();
    atomic_store(&kernels.buffers_used, 0);
    flopmeter_counter_state_t state = prepare(settings);
    if (FLOPMETER_COUNTER_AVAILABLE == state && NULL == kernels.buffers)
    {
        void *const memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        kernels.buffers = MAP_FAILED == memory ? NULL : memory;
        state = NULL == kernels.buffers ? FLOPMETER_COUNTER_FAILED : state;
    }
    state = FLOPMETER_COUNTER_AVAILABLE == state ? turn_on() : state;
    kernels.state.state = state;
    if (FLOPMETER_COUNTER_AVAILABLE != state)
    {
        tell(flopmeter_cuda_reason_of(state));
        return state;
    }
    kernels.state.end_ns = now_ns();
    flopmeter_cuda_unseen_add(&kernels.unseen, begin_ns, kernels.state.end_ns);
    kernels.state.unseen_ns = kernels.unseen.ns;
    return state;
}

/* Counted calls have kernels. When none come, somebody else gets them, or nobody. */
static void listen(uint64_t period_ns)
{
    const uint64_t counted = flopmeter_cuda_calls_counted();

    if (0 != kernels.records)
    {
        kernels.silent_ns = 0;
        kernels.is_silent = false;
    }
    else if (counted != kernels.counted || 0 != kernels.silent_ns)
    {
        kernels.silent_ns += period_ns;
    }
    kernels.counted = counted;
    kernels.records = 0;
    if (!kernels.is_silent && kernels.silent_ns > SILENT_NS)
    {
        /* Who has the records has those of kernels, too, that began before. */
        kernels.is_silent = true;
        flopmeter_cuda_unseen_miss(&kernels.unseen);
        tell(FLOPMETER_GAP_COUNTER_FAILED);
    }
}

/* Book the time since the last step, and what kernels that were missed reach back to. */
static void end_period(bool is_last)
{
    const uint64_t then_ns = now_ns();
    const bool is_on = ON == atomic_load(&kernels.phase);

    pthread_mutex_lock(&kernels.lock);
    flopmeter_cuda_join_settle(&kernels.join, &kernels.state, is_last || !is_on);
    if (is_on)
    {
        listen(then_ns - kernels.state.end_ns);
    }
    if (!is_on || kernels.is_silent)
    {
        flopmeter_cuda_unseen_add(&kernels.unseen, kernels.state.end_ns, then_ns);
    }
    /* What no record told of yet may go on until the process is no more. */
    const bool is_missed = flopmeter_cuda_unseen_settle(&kernels.unseen, then_ns);
    kernels.state.is_running = !is_last || !is_on || kernels.is_silent || is_missed;
    kernels.state.unseen_ns = kernels.unseen.ns;
    kernels.state.records_dropped = kernels.dropped;
    kernels.state.end_ns = then_ns;
    kernels.state.state = GONE == atomic_load(&kernels.phase) ? FLOPMETER_COUNTER_TAKEN :
        is_on && kernels.is_silent ? FLOPMETER_COUNTER_FAILED : kernels.state.state;
    pthread_mutex_unlock(&kernels.lock);
}

/* Have what CUPTI holds. What it keeps to itself is unseen. */
static void fetch(uint32_t flags)
{
    read_clock();
    if (FLOPMETER_CUPTI_SUCCESS != kernels.api.activity_flush(flags))
    {
        pthread_mutex_lock(&kernels.lock);
        flopmeter_cuda_unseen_miss(&kernels.unseen);
        pthread_mutex_unlock(&kernels.lock);
        tell(FLOPMETER_GAP_COUNTER_FAILED);
    }
}

static void flush(uint32_t flags)
{
    if (ON == atomic_load(&kernels.phase))
    {
        fetch(flags);
    }
}

uint64_t flopmeter_cuda_kernels_step(void)
{
    pthread_mutex_lock(&kernels.gate);             /* whoever ends CUPTI waits there */
    flush(0);
    pthread_mutex_unlock(&kernels.gate);
    end_period(false);
    return STEP_NS;
}

/* The callbacks are ours as long as nobody in the program asked for way: only the kinds are turned on again. */
static void come_back(void)
{
    int result = try_subscription();

    if (FLOPMETER_CUPTI_SUCCESS == result)
    {
        atomic_store(&kernels.phase, ON);
        result = kernels.is_registered ? enable_kinds() : enable();
    }
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        atomic_store(&kernels.phase, GONE);
        tell(flopmeter_cuda_reason_of(flopmeter_cuda_state_of(result)));
        return;
    }
    pthread_mutex_lock(&kernels.lock);
    /* This period began in the pause. Calls from before it are not waited for. */
    flopmeter_cuda_unseen_add(&kernels.unseen, kernels.state.end_ns, now_ns());
    kernels.is_silent = false;
    kernels.silent_ns = 0;
    kernels.counted = flopmeter_cuda_calls_counted();
    pthread_mutex_unlock(&kernels.lock);
}

bool flopmeter_cuda_kernels_pause(bool is_paused)
{
    pthread_mutex_lock(&kernels.gate);
    const int phase = atomic_load(&kernels.phase);
    kernels.is_put_off = is_paused && OFF == phase;
    if (is_paused && ON == phase)
    {
        atomic_store(&kernels.phase, PAUSED);
        disable();
        fetch(FLOPMETER_CUPTI_FLUSH_FORCED);
    }
    else if (!is_paused && PAUSED == phase)
    {
        come_back();
    }
    const int now = atomic_load(&kernels.phase);
    pthread_mutex_unlock(&kernels.gate);
    return is_paused ? ON != now : PAUSED != phase || ON == now;
}

void flopmeter_cuda_kernels_close(void)
{
    pthread_mutex_lock(&kernels.gate);
    flush(FLOPMETER_CUPTI_FLUSH_FORCED);
    end_period(true);
    kernels.state.is_closed = true;
    if (ON == atomic_load(&kernels.phase))
    {
        atomic_store(&kernels.phase, OFF);
        disable();
    }
    pthread_mutex_unlock(&kernels.gate);
}

const flopmeter_cuda_kernels_state_t *flopmeter_cuda_kernels_state(void)
{
    /* One thread asks, and its stack may be small. */
    static flopmeter_cuda_kernels_state_t copy;
    flopmeter_shape_t stated[FLOPMETER_CUDA_DEVICES_MAX];

    pthread_mutex_lock(&kernels.lock);
    copy = kernels.state;
    pthread_mutex_unlock(&kernels.lock);
    flopmeter_cuda_stated_read(stated, copy.cards_count);
    for (int i = 0; i < copy.cards_count; i++)
    {
        copy.cards[i].stated = stated[i];
    }
    return &copy;
}

/* ---- On the program's threads ---- */

/* Take off what was told, in any phase: the entry is ours. Tell only while somebody listens. */
static void tell_launcher(void)
{
    const uint64_t launcher = FLOPMETER_CUDA_LAUNCHER(here.call, here.context);
    uint64_t last = 0;

    if (here.is_told && !atomic_load(&kernels.is_final))
    {
        kernels.api.external_pop(FLOPMETER_CUPTI_EXTERNAL_LAUNCHER, &last);
    }
    here.is_told = 0 != launcher && ON == atomic_load(&kernels.phase) &&
        FLOPMETER_CUPTI_SUCCESS == kernels.api.external_push(FLOPMETER_CUPTI_EXTERNAL_LAUNCHER, launcher);
}

uint64_t flopmeter_cuda_kernels_call_begin(void)
{
    if (ON != atomic_load(&kernels.phase) || !flopmeter_cuda_mine_is())
    {
        return 0;
    }
    here.call = flopmeter_cuda_calls_begin();
    tell_launcher();
    return here.call;
}

void flopmeter_cuda_kernels_call_end(uint64_t number, flopmeter_cuda_outcome_t outcome)
{
    here.call = 0;
    if (flopmeter_cuda_mine_is())
    {
        tell_launcher();
        flopmeter_cuda_calls_end(number, outcome);
    }
}

/* Whatever CUPTI says, or nobody asks it any more: it is the same count as in the lane. */
void flopmeter_cuda_kernels_states(int device, const flopmeter_shape_t *stated)
{
    if (flopmeter_cuda_mine_is())
    {
        flopmeter_cuda_stated_add(device, stated);
    }
}

void flopmeter_cuda_kernels_context(uint32_t context)
{
    here.context = context;
    if ((here.is_told || ON == atomic_load(&kernels.phase)) && flopmeter_cuda_mine_is())
    {
        tell_launcher();
    }
}

/* In any phase: who is on later will be asked about it. */
uint64_t flopmeter_cuda_kernels_instance(const uint64_t *nodes, size_t count)
{
    return flopmeter_cuda_mine_is() ? flopmeter_cuda_plans_begin(nodes, count) : 0;
}

void flopmeter_cuda_kernels_instance_gone(uint64_t instance)
{
    if (flopmeter_cuda_mine_is())
    {
        flopmeter_cuda_plans_end(instance);
    }
}

void flopmeter_cuda_kernels_launches(uint64_t number, uint64_t instance)
{
    if (flopmeter_cuda_mine_is())
    {
        flopmeter_cuda_calls_launches(number, instance);
    }
}

void flopmeter_cuda_kernels_give_way(void)
{
    if (!flopmeter_cuda_mine_is())
    {
        return;
    }
    pthread_mutex_lock(&kernels.gate);
    const int before = atomic_exchange(&kernels.phase, GONE);
    if (ON == before)
    {
        disable();
        fetch(FLOPMETER_CUPTI_FLUSH_FORCED);
    }
    if (ON == before || PAUSED == before)
    {
        tell(FLOPMETER_GAP_COUNTER_TAKEN);
    }
    pthread_mutex_unlock(&kernels.gate);
}

void flopmeter_cuda_kernels_finalize(void)
{
    flopmeter_cuda_kernels_give_way();
    atomic_store(&kernels.is_final, true);
}

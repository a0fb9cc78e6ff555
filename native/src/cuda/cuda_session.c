/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_session.h"

#include "cuda_chip.h"
#include "cuda_hold.h"

#include <string.h>

#define NS_PER_MS (1000000ULL)
#define NS_PER_SEC (1000000000ULL)

#define LOOK_NS (20 * NS_PER_MS)               /* between looks for a context, */
#define LOOK_LATER_NS (250 * NS_PER_MS)        /* and when there was none for so long: */
#define LOOK_LATER_AFTER_NS (30 * NS_PER_SEC)
#define BOOK_NS (1 * NS_PER_SEC)               /* time without a range is booked at least so often */
#define RANGE_NS_MIN (250 * NS_PER_MS)         /* beginning and ending one takes about 30 ms */
#define RETRY_NS (60 * NS_PER_SEC)
#define RETRY_NS_MAX (3600 * NS_PER_SEC)
#define NEVER_NS (UINT64_MAX / 2)

static uint64_t now_of(const flopmeter_cuda_session_t *session)
{
    return session->world.now_ns(session->world.context);
}

static void tell(const flopmeter_cuda_session_t *session, flopmeter_gap_reason_t reason)
{
    session->world.gap(session->world.context, reason);
}

/* For good: whatever else can tell of the card may be asked now. */
static void give_up(const flopmeter_cuda_session_t *session, flopmeter_counter_state_t state)
{
    if (NULL != session->world.give_up &&
        (FLOPMETER_COUNTER_ABSENT == state || FLOPMETER_COUNTER_WRONG_DRIVER == state))
    {
        session->world.give_up(session->world.context);
    }
}

/* ---- Booking ---- */

static void book_until(flopmeter_cuda_device_t *device, uint64_t now_ns)
{
    if (now_ns > device->booked_ns)
    {
        if (device->is_known)
        {
            flopmeter_cuda_account_slice(&device->account, now_ns - device->booked_ns, NULL, NULL);
        }
        device->booked_ns = now_ns;
    }
}

/*
 * Time before the chip was known could not be booked: the account opens with it. What a killed program did since the
 * last booking nobody can book any more, so one range and one booking interval are booked ahead.
 */
static void open_account(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device, uint64_t begin_ns)
{
    const bool is_again = device->is_known;
    flopmeter_cuda_peak_t peak;
    int sm_count = 0;
    int clock_khz = 0;

    session->api.device_attribute(&sm_count, FLOPMETER_CU_ATTRIBUTE_SM_COUNT, device->device);
    session->api.device_attribute(&clock_khz, FLOPMETER_CU_ATTRIBUTE_CLOCK_RATE, device->device);
    flopmeter_cuda_peak_of(&peak, device->known.chip.name, sm_count > 0 ? (unsigned)sm_count : 0,
        clock_khz > 0 ? (unsigned)clock_khz : 0);
    flopmeter_cuda_account_open(&device->account, &device->known.table, &peak, session->settings.precisions,
        session->world.count, session->world.context);
    if (is_again)
    {
        /* The search has found something this time. No range was read by then, and what is ahead is booked. */
        return;
    }
    if (!peak.is_known)
    {
        tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
    device->is_known = true;
    flopmeter_cuda_account_reserve(&device->account, session->settings.window_ns + BOOK_NS);
    device->booked_ns = begin_ns;
}

/* ---- Windows ---- */

static void close_window(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device, bool is_lost)
{
    const int result = flopmeter_cuda_range_close(&device->range, &device->known, is_lost || session->is_final);

    session->api.context_set(NULL);
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        tell(session, flopmeter_cuda_reason_of(flopmeter_cuda_state_of(result)));
    }
    if (NULL != device->context)
    {
        flopmeter_cuda_hold_give_back(session, device, is_lost);
    }
    device->context = NULL;
    device->serial = 0;
    device->ranges_left = 0;
    device->phase = FLOPMETER_CUDA_WAITING;
}

/* Give way: whoever has the counters, or forbids them, has them for a while. */
static void fail(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device, int result)
{
    /* One call that takes no part in the failure tells whether CUPTI may be asked at all. */
    const bool is_lost = NULL != device->context && !flopmeter_cuda_hold_is_same(session, device);
    const uint64_t now_ns = now_of(session);

    device->state = is_lost ? FLOPMETER_COUNTER_ABSENT : flopmeter_cuda_state_of(result);
    tell(session, is_lost ? FLOPMETER_GAP_COUNTER_PAUSED : flopmeter_cuda_reason_of(device->state));
    close_window(session, device, is_lost);
    book_until(device, now_ns);
    if (!device->is_known)
    {
        /* Without the chip's name there is no peak. */
        tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
    if (is_lost)
    {
        device->window_ns = now_ns + session->settings.period_ns;
        return;
    }
    device->window_ns = now_ns + device->retry_ns;
    device->retry_ns = device->retry_ns < RETRY_NS_MAX / 2 ? device->retry_ns * 2 : RETRY_NS_MAX;
    if (FLOPMETER_COUNTER_ABSENT == device->state || FLOPMETER_COUNTER_WRONG_DRIVER == device->state)
    {
        device->window_ns = NEVER_NS;
        give_up(session, device->state);
    }
    else if (FLOPMETER_COUNTER_NO_PERMISSION == device->state)
    {
        device->window_ns = now_ns + RETRY_NS_MAX;
    }
}

/* A window is shared by the sets of a round; a look at formats that were not in use is kept short in any case. */
static uint64_t range_ns(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device, size_t round)
{
    const uint64_t window_ns = session->settings.window_ns;
    const uint64_t share_ns = session->settings.is_continuous ?
        (device->turns.is_survey ? RANGE_NS_MIN : window_ns) : window_ns / round;

    if (share_ns >= RANGE_NS_MIN)
    {
        return share_ns < window_ns ? share_ns : window_ns;
    }
    return window_ns < RANGE_NS_MIN ? share_ns : RANGE_NS_MIN;
}

/*
 * Between two ranges of a window launches wait for us: on an H200 at most one kernel in 1400 ran there. So nothing is
 * estimated for it; that something can have run is in the bound.
 */
static void book_boundary(flopmeter_cuda_device_t *device, uint64_t now_ns)
{
    if (now_ns > device->booked_ns)
    {
        flopmeter_cuda_account_reserve(&device->account, now_ns - device->booked_ns);
        device->booked_ns = now_ns;
    }
}

/* How many ranges make one round. */
static size_t round_of(const flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    return FLOPMETER_CUDA_FIXED == session->settings.sets ? 1 :
        flopmeter_cuda_turns_round(
            &device->turns, &device->known.sets, flopmeter_cuda_account_used(&device->account));
}

static void begin_range(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device, bool is_first)
{
    const uint64_t used = flopmeter_cuda_account_used(&device->account);
    const size_t round = round_of(session, device);
    const flopmeter_cuda_set_t *set = flopmeter_cuda_turns_next(&device->turns, &device->known.sets, used);

    if (FLOPMETER_CUDA_FIXED == session->settings.sets)
    {
        device->fixed = NULL == device->fixed ? set : device->fixed;
        set = device->fixed;
    }
    device->is_primary_there = flopmeter_cuda_hold_is_primary(session, device);
    flopmeter_cuda_contexts_most(device->device);
    session->api.context_set(device->context);
    const int result = flopmeter_cuda_range_begin(&device->range, &device->known, device->context,
        (size_t)(set - device->known.sets.sets),
        FLOPMETER_CUDA_REOPEN == session->settings.sets || device->is_reopened);
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        fail(session, device, result);
        return;
    }
    const uint64_t now_ns = now_of(session);
    if (is_first)
    {
        book_until(device, now_ns);
    }
    else
    {
        book_boundary(device, now_ns);
    }
    device->range_end_ns = now_ns + range_ns(session, device, round);
    device->phase = FLOPMETER_CUDA_COUNTING;
}

static int know(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    const uint64_t begin_ns = device->booked_ns;
    const int result = flopmeter_cuda_chip_know(session, device);

    if (FLOPMETER_CUPTI_SUCCESS == result || '\0' != device->known.chip.name[0])
    {
        open_account(session, device, begin_ns);
    }
    return result;
}

static void begin_window(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    const unsigned long long id_before = device->context_id;
    int result = FLOPMETER_CUPTI_SUCCESS;

    if (!flopmeter_cuda_hold_take(session, device))
    {
        device->context = NULL;
        device->serial = 0;
        if (!flopmeter_cuda_hold_is_any(session, device))
        {
            /* Gone since we looked. */
            device->phase = FLOPMETER_CUDA_NO_CONTEXT;
            return;
        }
        fail(session, device, FLOPMETER_CUPTI_INVALID_CONTEXT);
        return;
    }
    session->api.context_set(device->context);
    if (!device->is_known || 0 == device->known.sets.count)
    {
        result = know(session, device);
    }
    if (device->known.chip.was_stopped)
    {
        device->known.chip.was_stopped = false;
        close_window(session, device, false);
        device->window_ns = now_of(session) + device->retry_ns;
        return;
    }
    if (NULL != session->world.is_stopped && atomic_load(session->world.is_stopped))
    {
        close_window(session, device, false);
        return;
    }
    if (0 != device->serial && !flopmeter_cuda_hold_is_same(session, device))
    {
        /* The search took so long that the program went on without us. */
        result = FLOPMETER_CUPTI_INVALID_CONTEXT;
    }
    if (FLOPMETER_CUPTI_SUCCESS == result && (NULL == device->range.profiler || device->context_id != id_before))
    {
        result = flopmeter_cuda_range_open(&device->range, &device->known, device->context);
    }
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        fail(session, device, result);
        return;
    }
    device->window_ns = now_of(session);
    device->ranges_left = round_of(session, device);
    begin_range(session, device, true);
}

/* Book the range that is open. False when there was nothing to be had. */
static bool end_range(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    double values[FLOPMETER_CUDA_SET_NAMES_MAX] = { 0 };
    const flopmeter_cuda_set_t *const set = &device->known.sets.sets[device->range.set];

    int result = FLOPMETER_CUPTI_INVALID_CONTEXT;

    if (flopmeter_cuda_hold_is_same(session, device))
    {
        session->api.context_set(device->context);
        result = flopmeter_cuda_range_end(&device->range, &device->known);
    }
    const uint64_t end_ns = now_of(session);
    if (FLOPMETER_CUPTI_SUCCESS == result && !flopmeter_cuda_hold_is_same(session, device))
    {
        /* The end waits for what is queued, which the program may not have done. */
        result = FLOPMETER_CUPTI_INVALID_CONTEXT;
    }
    if (FLOPMETER_CUPTI_SUCCESS == result)
    {
        result = flopmeter_cuda_range_values(&device->range, &device->known, values);
    }
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        fail(session, device, result);
        return false;
    }
    if (!flopmeter_cuda_account_range(
        &device->account, end_ns - device->booked_ns, set, values, flopmeter_cuda_hold_is_shared(session, device)))
    {
        /* Perhaps this CUPTI keeps the set that a profiler had first: from here on each set gets a new one. */
        tell(session, FLOPMETER_GAP_COUNTER_FAILED);
        device->is_reopened = true;
    }
    device->booked_ns = end_ns;
    device->state = FLOPMETER_COUNTER_AVAILABLE;
    device->retry_ns = RETRY_NS;
    return true;
}

static void next_range(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    if (!end_range(session, device))
    {
        return;
    }
    /* Whoever destroys the context may have waited long enough while the range ended. */
    const bool is_lost = !flopmeter_cuda_hold_is_same(session, device);
    const bool is_wanted = is_lost || flopmeter_cuda_hold_is_wanted(device);
    device->ranges_left -= device->ranges_left > 0 ? 1 : 0;
    if (!is_wanted && (device->ranges_left > 0 ||
        (session->settings.is_continuous && flopmeter_cuda_hold_count(session, device) <= 1)))
    {
        begin_range(session, device, false);
        return;
    }
    close_window(session, device, is_lost);
    device->windows++;
    device->window_ns = session->settings.is_continuous ?
        now_of(session) : device->window_ns + session->settings.period_ns;
}

/* ---- Steps ---- */

static uint64_t wait_until(uint64_t then_ns, uint64_t now_ns)
{
    return then_ns > now_ns ? then_ns - now_ns : 0;
}

static uint64_t look(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    const uint64_t now_ns = now_of(session);

    if (flopmeter_cuda_hold_is_any(session, device))
    {
        device->phase = FLOPMETER_CUDA_WAITING;
        device->window_ns = device->window_ns > now_ns ? device->window_ns : now_ns;
        return 0;
    }
    /* Without a context nothing runs, and nothing is booked; one that came and went since the last look is bounded. */
    if (0 != flopmeter_cuda_contexts_most(device->device))
    {
        book_until(device, now_ns);
        if (!device->is_known)
        {
            tell(session, FLOPMETER_GAP_COUNTER_FAILED);
            tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
        }
    }
    device->booked_ns = now_ns;
    return now_ns - session->begin_ns < LOOK_LATER_AFTER_NS ? LOOK_NS : LOOK_LATER_NS;
}

static uint64_t wait_for_window(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    const uint64_t now_ns = now_of(session);
    const bool active = flopmeter_cuda_hold_is_any(session, device);

    if (device->is_known || !active)
    {
        book_until(device, now_ns);
    }
    if (!active)
    {
        device->phase = FLOPMETER_CUDA_NO_CONTEXT;
        return LOOK_NS;
    }
    if (session->is_paused || session->is_yielded)
    {
        return BOOK_NS;
    }
    if (now_ns >= device->window_ns)
    {
        begin_window(session, device);
        return 0;
    }
    const uint64_t left_ns = wait_until(device->window_ns, now_ns);
    return left_ns < BOOK_NS ? left_ns : BOOK_NS;
}

static uint64_t step(flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    const uint64_t now_ns = now_of(session);

    switch (device->phase)
    {
        case FLOPMETER_CUDA_NO_CONTEXT:
            return look(session, device);
        case FLOPMETER_CUDA_COUNTING:
            if (now_ns >= device->range_end_ns || flopmeter_cuda_hold_is_wanted(device))
            {
                next_range(session, device);
                return 0;
            }
            return wait_until(device->range_end_ns, now_ns);
        case FLOPMETER_CUDA_WAITING:
        default:
            return wait_for_window(session, device);
    }
}

flopmeter_counter_state_t flopmeter_cuda_session_open(
    flopmeter_cuda_session_t *session,
    const flopmeter_cuda_settings_t *settings,
    const flopmeter_cuda_world_t *world,
    uint64_t begin_ns)
{
    int count = 0;

    memset(session, 0, sizeof(*session));
    session->settings = *settings;
    session->world = *world;
    session->begin_ns = begin_ns;
    flopmeter_counter_state_t state =
        NULL != settings->profiler ? FLOPMETER_COUNTER_TAKEN : flopmeter_cuda_api_driver(&session->api);
    if (FLOPMETER_COUNTER_AVAILABLE == state)
    {
        state = flopmeter_cuda_api_cupti(
            &session->api, '\0' == settings->cupti[0] ? NULL : settings->cupti, true);
    }
    if (FLOPMETER_COUNTER_AVAILABLE == state && FLOPMETER_CU_SUCCESS != session->api.device_count(&count))
    {
        state = FLOPMETER_COUNTER_FAILED;
    }
    if (FLOPMETER_COUNTER_AVAILABLE != state)
    {
        tell(session, flopmeter_cuda_reason_of(state));
        tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
        give_up(session, state);
        return state;
    }
    for (int i = 0; i < count && session->devices_count < FLOPMETER_CUDA_DEVICES_MAX; i++)
    {
        flopmeter_cuda_device_t *const device = &session->devices[session->devices_count];
        if (FLOPMETER_CU_SUCCESS == session->api.device_get(&device->device, i))
        {
            device->ordinal = i;
            device->retry_ns = RETRY_NS;
            device->booked_ns = begin_ns;
            device->window_ns = begin_ns;
            session->devices_count++;
        }
    }
    if (session->devices_count < count)
    {
        tell(session, FLOPMETER_GAP_COUNTER_FAILED);
        tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
    return FLOPMETER_COUNTER_AVAILABLE;
}

uint64_t flopmeter_cuda_session_step(flopmeter_cuda_session_t *session)
{
    uint64_t wait_ns = BOOK_NS;

    if (flopmeter_cuda_contexts_took_loss())
    {
        session->has_lost_contexts = true;
        tell(session, FLOPMETER_GAP_MEMORY);
        tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
    for (int i = 0; i < session->devices_count; i++)
    {
        const uint64_t device_ns = step(session, &session->devices[i]);
        wait_ns = device_ns < wait_ns ? device_ns : wait_ns;
    }
    return wait_ns;
}

/* Who was refused by another profiler need not wait for its next try. */
static void come_back(const flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    if (FLOPMETER_COUNTER_AVAILABLE == device->state || FLOPMETER_COUNTER_TAKEN == device->state)
    {
        device->window_ns = now_of(session);
        device->retry_ns = RETRY_NS;
    }
}

/* End whatever range is open. False: some profiler could not be given back. */
static bool let_go(flopmeter_cuda_session_t *session)
{
    bool is_free = true;

    for (int i = 0; i < session->devices_count; i++)
    {
        flopmeter_cuda_device_t *const device = &session->devices[i];
        if (FLOPMETER_CUDA_COUNTING == device->phase && end_range(session, device))
        {
            close_window(session, device, !flopmeter_cuda_hold_is_same(session, device));
        }
        is_free = is_free && NULL == device->range.profiler;
    }
    return is_free;
}

bool flopmeter_cuda_session_pause(flopmeter_cuda_session_t *session, bool is_paused)
{
    const bool is_free = !is_paused || let_go(session);

    for (int i = 0; session->is_paused && !is_paused && i < session->devices_count; i++)
    {
        come_back(session, &session->devices[i]);
    }
    session->is_paused = is_paused;
    return is_free;
}

void flopmeter_cuda_session_lose(flopmeter_cuda_session_t *session)
{
    session->is_final = true;
    for (int i = 0; i < session->devices_count; i++)
    {
        flopmeter_cuda_device_t *const device = &session->devices[i];
        if (FLOPMETER_CUDA_COUNTING == device->phase)
        {
            tell(session, FLOPMETER_GAP_COUNTER_PAUSED);
            close_window(session, device, !flopmeter_cuda_hold_is_same(session, device));
            book_until(device, now_of(session));
        }
    }
}

bool flopmeter_cuda_session_yield(flopmeter_cuda_session_t *session, bool is_yielded, bool is_final)
{
    const bool is_free = !is_yielded || session->is_final || let_go(session);
    const bool is_back = session->is_yielded && !is_yielded;
    flopmeter_cupti_plain_t plain = { .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_plain_t, reserved) };

    if (is_yielded && !session->is_yielded)
    {
        tell(session, FLOPMETER_GAP_COUNTER_TAKEN);
    }
    if (is_back)
    {
        /* The program may have ended CUPTI's profiler interface with its own; it is no error to begin it twice. */
        session->api.initialize(&plain);
    }
    for (int i = 0; is_back && i < session->devices_count; i++)
    {
        flopmeter_cuda_device_t *const device = &session->devices[i];
        const uint64_t then_ns = now_of(session) + device->retry_ns;
        device->window_ns = device->window_ns > then_ns ? device->window_ns : then_ns;
    }
    session->is_yielded = is_yielded;
    session->is_final = session->is_final || is_final;
    return is_free;
}

void flopmeter_cuda_session_close(flopmeter_cuda_session_t *session)
{
    if (!session->is_final)
    {
        let_go(session);
    }
    for (int i = 0; i < session->devices_count; i++)
    {
        flopmeter_cuda_device_t *const device = &session->devices[i];
        if (FLOPMETER_CUDA_NO_CONTEXT != device->phase)
        {
            if (!device->is_known)
            {
                tell(session, FLOPMETER_GAP_COUNTER_UNBOUNDED);
            }
            book_until(device, now_of(session));
        }
        if (NULL != device->known.chip.api && !session->is_final)
        {
            flopmeter_cuda_known_close(&device->known);
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From what the kernel read to what is known: exact integers, lower <= point <= upper.
 */

#include "flopmeter_perf.h"

#include <string.h>

#define NS_PER_SEC (1000000000ULL)

flopmeter_u128_t flopmeter_perf_bound(const flopmeter_perf_limit_t *const limit, const flopmeter_u128_t time_ns)
{
    /* rate < 2^13, hz < 2^37, and no machine runs for 2^70 ns: below 2^127. */
    const flopmeter_u128_t per_second = (flopmeter_u128_t)limit->rate * limit->hz;

    return (per_second * time_ns + (NS_PER_SEC - 1)) / NS_PER_SEC;
}

/*
 * value x enabled / running, rounded down: 64 x 64 bits fit 128.
 */
static flopmeter_u128_t scale(const uint64_t value, const uint64_t enabled_ns, const uint64_t running_ns)
{
#if defined(FLOPMETER_CANARY_UNSCALED)
    (void)enabled_ns;
    (void)running_ns;
    return value;
#else
    return 0 == running_ns || enabled_ns <= running_ns ? value :
        (flopmeter_u128_t)value * enabled_ns / running_ns;
#endif
}

static void widen(
    flopmeter_perf_counts_t *const counts, const flopmeter_perf_limit_t *const limit, const flopmeter_u128_t time_ns)
{
    if (0 == time_ns)
    {
        return;
    }
    counts->is_bounded = counts->is_bounded && 0 != limit->rate;
    counts->upper += flopmeter_perf_bound(limit, time_ns);
}

/*
 * A segment is what the kernel counted in `running` of `enabled`. In the rest of the time the event can't have come
 * more often than the silicon lets it: that, and not the scaled value, is an end that no schedule of the multiplexer
 * can push the truth across.
 */
static void add_segment(
    flopmeter_perf_counts_t *const counts,
    const flopmeter_perf_account_t *const account,
    const flopmeter_perf_limit_t *const limit,
    const uint64_t elsewhere_ns)
{
    const uint64_t value = account->last.value - account->first.value;
    const uint64_t running_ns = account->last.running_ns - account->first.running_ns;
    const uint64_t all_ns = account->last.enabled_ns - account->first.enabled_ns;
    const uint64_t enabled_ns = all_ns > running_ns + elsewhere_ns ? all_ns - elsewhere_ns :
        all_ns < running_ns ? all_ns : running_ns;

    counts->lower += value;
    counts->point += scale(value, enabled_ns, running_ns);
#if defined(FLOPMETER_CANARY_UPPER_SCALED)
    counts->upper += scale(value, enabled_ns, running_ns);
#else
    counts->upper += value;
    widen(counts, limit, enabled_ns > running_ns ? enabled_ns - running_ns : 0);
#endif
    if (counts->point > counts->upper)
    {
        /* A short look scales to anything; the silicon's own rate knows better, where it is known. */
        counts->point = 0 == limit->rate ? counts->point : counts->upper;
        counts->upper = counts->point;
    }
}

/*
 * A value that fell: where 32, 40 or 48 bits have run over and that is possible in the time, so many came. A guess.
 */
static uint64_t guess_wrapped(
    const flopmeter_perf_account_t *const account, const flopmeter_perf_raw_t *const raw, const flopmeter_u128_t most)
{
    static const unsigned widths[] = { 32, 40, 48 };

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]) && raw->value < account->last.value; i++)
    {
        const uint64_t range = 1ULL << widths[i];
        if (account->last.value < range && range - account->last.value + raw->value <= most)
        {
            return range - account->last.value + raw->value;
        }
    }
    return 0;
}

void flopmeter_perf_account_open(flopmeter_perf_account_t *const account, const uint64_t now_ns)
{
    memset(account, 0, sizeof(*account));
    account->closed.is_bounded = true;
    account->last_ns = now_ns;
}

bool flopmeter_perf_account_take(
    flopmeter_perf_account_t *const account,
    const flopmeter_perf_raw_t *const raw,
    const uint64_t now_ns,
    const flopmeter_perf_limit_t *const limit)
{
    const bool grew = raw->value >= account->last.value && raw->enabled_ns >= account->last.enabled_ns &&
        raw->running_ns >= account->last.running_ns;

    if (!grew)
    {
        const uint64_t time_ns = now_ns > account->last_ns ? now_ns - account->last_ns : 0;
        const flopmeter_u128_t most =
            flopmeter_perf_bound(limit, (flopmeter_u128_t)time_ns * (0 == limit->cpus ? 1 : limit->cpus));

        add_segment(&account->closed, account, limit, 0);
        account->closed_enabled_ns += account->last.enabled_ns - account->first.enabled_ns;
        account->closed_running_ns += account->last.running_ns - account->first.running_ns;
        account->lost_ns += time_ns;
        account->closed.point += guess_wrapped(account, raw, most);
#if defined(FLOPMETER_CANARY_WRAP_COUNTED)
        account->closed.lower += raw->value;
#endif
        account->closed.is_bounded = account->closed.is_bounded && 0 != limit->rate;
        account->closed.upper += most;
        account->first = *raw;
    }
    account->last = *raw;
    account->last_ns = now_ns;
    return grew;
}

void flopmeter_perf_account_sum(
    const flopmeter_perf_account_t *const account,
    const uint64_t blind_ns,
    const flopmeter_perf_limit_t *const limit,
    flopmeter_perf_counts_t *const counts)
{
    /* Of a closed segment nobody knows how much of the other kind's time was in it. */
    const uint64_t elsewhere_ns = 0 == account->closed_enabled_ns && 0 == account->lost_ns ? limit->elsewhere_ns : 0;

    *counts = account->closed;
    add_segment(counts, account, limit, elsewhere_ns);
    widen(counts, limit, (flopmeter_u128_t)blind_ns * (0 == limit->cpus ? 1 : limit->cpus));
}

uint64_t flopmeter_perf_account_enabled_ns(const flopmeter_perf_account_t *const account)
{
    return account->closed_enabled_ns + account->last.enabled_ns - account->first.enabled_ns;
}

uint64_t flopmeter_perf_account_on_pmu_ns(const flopmeter_perf_account_t *const account)
{
#if defined(FLOPMETER_CANARY_NO_TURNS)
    return flopmeter_perf_account_enabled_ns(account);
#else
    return account->closed_running_ns + account->last.running_ns - account->first.running_ns;
#endif
}

uint64_t flopmeter_perf_account_running_ns(const flopmeter_perf_account_t *const account, const uint64_t enabled_ns)
{
    const uint64_t own_ns = account->last.enabled_ns - account->first.enabled_ns;
    const uint64_t running_ns = account->last.running_ns - account->first.running_ns;
    const uint64_t later_ns = own_ns > enabled_ns ? own_ns - enabled_ns : 0;

    return 0 == account->closed_enabled_ns && 0 == account->lost_ns && running_ns > later_ns ?
        running_ns - later_ns : 0;
}

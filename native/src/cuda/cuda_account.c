/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_account.h"

#include <math.h>
#include <string.h>

#define NS_PER_SEC (1000000000U)
#define EXACT_MAX (9007199254740992.0)    /* 2^53: above it a double skips integers */
#define COUNT_MAX (9.0e18)

/* What one slice came to. */
typedef struct slice_stct
{
    uint64_t ns;
    bool is_shared;                                     /* between contexts, of which one was read */
    uint64_t atoms;                                     /* that were read */
    uint64_t counted[FLOPMETER_CUDA_METRICS_MAX];       /* by root */
    uint64_t rounding;                                  /* FLOP that the values may be short of */
    flopmeter_u128_t surplus;                           /* that sparse instructions are credited with, or may be */
    flopmeter_u128_t credited[FLOPMETER_CUDA_PRECISIONS];       /* as the chip counts: the dense equivalent */
    flopmeter_shape_t shapes[FLOPMETER_CUDA_PRECISIONS];
}
slice_t;

static bool is_whole(const flopmeter_cuda_account_t *account, const slice_t *slice, size_t root)
{
    return !slice->is_shared && 0 == (account->table->metrics[account->table->roots[root]].atoms & ~slice->atoms);
}

static flopmeter_precision_t precision_of_root(const flopmeter_cuda_account_t *account, size_t root)
{
    return account->table->metrics[account->table->roots[root]].precision;
}

/* The integer that is certainly not above the value; false when it is no count. */
static bool count_of(double value, uint64_t *count, uint64_t *rounding)
{
    if (!(value >= 0) || value > COUNT_MAX)
    {
        return false;
    }
    const double below = value < EXACT_MAX ? value : nextafter(value, 0);
    *count = (uint64_t)below;
    *rounding += value < EXACT_MAX ? 0 : 2 * ((uint64_t)value - *count);
    return true;
}

/*
 * The atoms that a value above 0 may stem from: those of them that are not known to be idle. When all are, they were
 * read too long ago.
 */
static void learn(flopmeter_cuda_account_t *account, uint64_t atoms, uint64_t count)
{
    if (0 == count)
    {
        account->used &= ~atoms;
        account->idle |= atoms;
        return;
    }
    if (0 == (atoms & ~account->idle))
    {
        account->idle &= ~atoms;
    }
    account->used |= atoms & ~account->idle;
}

/*
 * What is not sparse of a count; false when the set does not tell, or tells what can't be. A metric that cannot be
 * sparse is dense.
 */
static bool dense_of(const flopmeter_cuda_table_t *table, const flopmeter_cuda_set_t *set, const double *values,
    const flopmeter_cuda_metric_t *metric, uint64_t count, uint64_t *dense)
{
    uint64_t rounding = 0;
    uint64_t sum = 0;

    if (!flopmeter_cuda_metric_is_sparse(table, metric))
    {
        *dense = count;
        return true;
    }
    if (0 == metric->dense || 0 != (metric->dense & ~set->dense))
    {
        return false;
    }
    for (uint64_t rest = metric->dense; 0 != rest; rest &= rest - 1)
    {
        const uint64_t before = set->dense & ((rest & -rest) - 1);
        uint64_t part = 0;
        if (!count_of(values[set->count + (size_t)__builtin_popcountll(before)], &part, &rounding))
        {
            return false;
        }
        sum += part;
        if (sum > count)
        {
            return false;
        }
    }
    *dense = sum;
    return true;
}

/* Several formats in one: the finer one has what both may have. */
static bool is_lump(const flopmeter_cuda_metric_t *metric)
{
    return FLOPMETER_PRECISION_UNKNOWN == metric->precision;
}

/*
 * Book what metric number `index` of the set counted, and return what of it is in the point. What others of the set may
 * have counted as well is not counted again: whether they did is not known, so that it stays within the upper end.
 */
static uint64_t book(const flopmeter_cuda_account_t *account, slice_t *slice, const flopmeter_cuda_set_t *set,
    const double *values, size_t index, const uint64_t *counts)
{
    const flopmeter_cuda_metric_t *const metric = &account->table->metrics[set->metrics[index]];
    const uint64_t count = counts[index];
    flopmeter_shape_t *const shape = &slice->shapes[metric->precision];
    flopmeter_u128_t twice = 0;
    uint64_t dense = 0;
    const bool is_known = dense_of(account->table, set, values, metric, count, &dense);
    const uint64_t executed = dense + (count - dense) / 2;

    for (size_t i = 0; i < set->count; i++)
    {
        const flopmeter_cuda_metric_t *const other = &account->table->metrics[set->metrics[i]];
        const bool is_before = is_lump(other) == is_lump(metric) ? i < index : is_lump(metric);
        twice += is_before && flopmeter_cuda_metric_may_overlap(metric, other) ? counts[i] : 0;
    }
    const uint64_t lower = twice < executed ? executed - (uint64_t)twice : 0;
    slice->surplus += count - lower;
    shape->flop_count += lower;
    if (is_known || 0 != twice)
    {
        slice->credited[metric->precision] += 0 == twice ? count : lower;
        return lower;
    }
    /* All of it may be sparse, and mostly none is. */
    slice->credited[metric->precision] += count;
    shape->estimate += count - lower;
    return count;
}

static bool read_values(
    flopmeter_cuda_account_t *account, slice_t *slice, const flopmeter_cuda_set_t *set, const double *values)
{
    uint64_t counts[FLOPMETER_CUDA_SET_METRICS_MAX] = { 0 };
    bool are_good[FLOPMETER_CUDA_SET_METRICS_MAX] = { false };
    bool is_good = true;

    for (size_t i = 0; i < set->count; i++)
    {
        are_good[i] = count_of(values[i], &counts[i], &slice->rounding);
        is_good = is_good && are_good[i];
    }
    for (size_t i = 0; i < set->count; i++)
    {
        const flopmeter_cuda_metric_t *const metric = &account->table->metrics[set->metrics[i]];
        if (!are_good[i])
        {
            continue;
        }
        slice->atoms |= metric->atoms;
        learn(account, metric->atoms, counts[i]);
        uint64_t share = book(account, slice, set, values, i, counts);
        slice->counted[metric->root] += share;

        /* A metric of several atoms is booked on its first, so that their sum is right. */
        for (uint64_t rest = metric->atoms; 0 != rest; rest &= rest - 1)
        {
            account->atoms[__builtin_ctzll(rest)] = (flopmeter_cuda_rate_t) { share, slice->ns };
            share = 0;
        }
    }
    return is_good;
}

static flopmeter_u128_t scaled(const flopmeter_cuda_rate_t *rate, uint64_t ns)
{
    return 0 == rate->ns ? 0 : (flopmeter_u128_t)rate->flop_count * ns / rate->ns;
}

/* What root `root` probably did in the slice beyond what was counted of it. */
static flopmeter_u128_t estimate_of(const flopmeter_cuda_account_t *account, const slice_t *slice, size_t root)
{
    const flopmeter_cuda_rate_t *const whole = &account->roots[root];
    flopmeter_u128_t sum = 0;

    if (0 != whole->ns)
    {
        const flopmeter_u128_t expected = scaled(whole, slice->ns);
        return expected > slice->counted[root] ? expected - slice->counted[root] : 0;
    }
    const uint64_t unread = account->table->metrics[account->table->roots[root]].atoms & ~slice->atoms;
    for (uint64_t rest = unread; 0 != rest; rest &= rest - 1)
    {
        sum += scaled(&account->atoms[__builtin_ctzll(rest)], slice->ns);
    }
    return sum;
}

static void estimate(flopmeter_cuda_account_t *account, slice_t *slice)
{
    for (size_t root = 0; root < account->table->roots_count; root++)
    {
        if (is_whole(account, slice, root))
        {
            account->roots[root] = (flopmeter_cuda_rate_t) { slice->counted[root], slice->ns };
        }
        else
        {
            slice->shapes[precision_of_root(account, root)].estimate += estimate_of(account, slice, root);
        }
    }
}

static flopmeter_u128_t work_in(uint64_t flop_per_sec, uint64_t ns)
{
    return ((flopmeter_u128_t)flop_per_sec * ns + NS_PER_SEC - 1) / NS_PER_SEC;
}

/* Time that the tensor cores needed at the least for what was counted. They work on one format at a time. */
static uint64_t busy_ns(const flopmeter_cuda_account_t *account, const slice_t *slice)
{
    flopmeter_u128_t ns = 0;

    for (int i = FLOPMETER_TF32; i <= FLOPMETER_FP4; i++)
    {
        const uint64_t peak = account->peak.tensor_flop_per_sec[i];
        ns += 0 == peak ? 0 : slice->credited[i] * NS_PER_SEC / peak;
    }
    return ns < slice->ns ? (uint64_t)ns : slice->ns;
}

/* The highest peak among what the slice did not read whole; of all there is when it is not known what there is. */
static uint64_t unread_flop_per_sec(const flopmeter_cuda_account_t *account, const slice_t *slice)
{
    const bool is_complete = 0 != account->table->roots_count && 0 == account->table->left_out;
    uint64_t flop_per_sec = 0;

    for (size_t root = 0; root < account->table->roots_count; root++)
    {
        const uint64_t of_root = account->peak.tensor_flop_per_sec[precision_of_root(account, root)];
        flop_per_sec = !is_whole(account, slice, root) && of_root > flop_per_sec ? of_root : flop_per_sec;
    }
    for (int i = FLOPMETER_FP64; !is_complete && i < (int)FLOPMETER_CUDA_PRECISIONS; i++)
    {
        const uint64_t of_format = account->peak.tensor_flop_per_sec[i];
        flop_per_sec = of_format > flop_per_sec ? of_format : flop_per_sec;
    }
    return flop_per_sec;
}

static void bound(const flopmeter_cuda_account_t *account, slice_t *slice)
{
    const flopmeter_cuda_peak_t *const peak = &account->peak;
    flopmeter_u128_t estimates = 0;

    for (size_t i = 0; i < FLOPMETER_CUDA_PRECISIONS; i++)
    {
        estimates += slice->shapes[i].estimate;
    }
    if (!peak->is_known)
    {
        slice->shapes[FLOPMETER_PRECISION_UNKNOWN].bound = slice->surplus > estimates ? slice->surplus - estimates : 0;
        return;
    }
    const flopmeter_u128_t unseen = slice->rounding + slice->surplus +
        work_in(unread_flop_per_sec(account, slice), slice->ns - busy_ns(account, slice)) +
        work_in(peak->core_flop_per_sec, slice->ns);
    slice->shapes[FLOPMETER_PRECISION_UNKNOWN].bound = unseen > estimates ? unseen - estimates : 0;
}

static void emit(const flopmeter_cuda_account_t *account, const slice_t *slice)
{
    for (int i = FLOPMETER_FP64; i < (int)FLOPMETER_CUDA_PRECISIONS; i++)
    {
        const flopmeter_shape_t *const shape = &slice->shapes[i];
        if (0 != shape->flop_count || 0 != shape->estimate || 0 != shape->bound)
        {
            account->count(account->context, (flopmeter_precision_t)i, shape);
        }
    }
}

void flopmeter_cuda_account_open(
    flopmeter_cuda_account_t *account,
    const flopmeter_cuda_table_t *table,
    const flopmeter_cuda_peak_t *peak,
    uint32_t precisions,
    flopmeter_cuda_count_t count,
    void *context)
{
    memset(account, 0, sizeof(*account));
    account->table = table;
    account->peak = *peak;
    account->count = count;
    account->context = context;
    for (size_t root = 0; root < table->roots_count; root++)
    {
        const flopmeter_cuda_metric_t *const metric = &table->metrics[table->roots[root]];
        account->given |= 0 != (precisions >> metric->precision & 1) ? metric->atoms : 0;
    }
}

bool flopmeter_cuda_account_slice(
    flopmeter_cuda_account_t *account, uint64_t ns, const flopmeter_cuda_set_t *set, const double *values)
{
    return flopmeter_cuda_account_range(account, ns, set, values, false);
}

bool flopmeter_cuda_account_range(flopmeter_cuda_account_t *account, uint64_t ns, const flopmeter_cuda_set_t *set,
    const double *values, bool is_shared)
{
    slice_t slice = { .ns = ns, .is_shared = is_shared };
    bool is_good = true;

    if (NULL != set)
    {
        is_good = read_values(account, &slice, set, values);
    }
    if (!is_shared)
    {
        estimate(account, &slice);
    }
    bound(account, &slice);
    emit(account, &slice);
    return is_good;
}

void flopmeter_cuda_account_reserve(flopmeter_cuda_account_t *account, uint64_t ns)
{
    slice_t slice = { .ns = ns };

    bound(account, &slice);
    emit(account, &slice);
}

uint64_t flopmeter_cuda_account_used(const flopmeter_cuda_account_t *account)
{
    return account->used | account->given;
}

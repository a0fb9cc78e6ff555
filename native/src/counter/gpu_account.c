/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpu_account.h"

#include <string.h>

void flopmeter_gpu_account_gap(
    flopmeter_gpu_account_t *account, uint64_t begin_ns, uint64_t end_ns, flopmeter_counter_state_t reason)
{
    flopmeter_counter_gap_t *const last = account->gaps_count > 0 ? &account->gaps[account->gaps_count - 1] : NULL;

    const bool is_wider = NULL != last && last->end_ns >= begin_ns && last->reason == reason;

    account->gaps_unasked += FLOPMETER_COUNTER_PAUSED != reason && !is_wider ? 1 : 0;
    if (is_wider || FLOPMETER_COUNTER_GAPS_MAX == account->gaps_count)
    {
        last->reason = FLOPMETER_COUNTER_PAUSED == last->reason ? reason : last->reason;
        last->begin_ns = begin_ns < last->begin_ns ? begin_ns : last->begin_ns;
        last->end_ns = end_ns > last->end_ns ? end_ns : last->end_ns;
        return;
    }
    account->gaps[account->gaps_count++] = (flopmeter_counter_gap_t){ begin_ns, end_ns, reason };
}

void flopmeter_gpu_account_unknown(
    flopmeter_gpu_account_t *account,
    const flopmeter_gpm_device_t *device,
    flopmeter_gpu_pipe_t pipe,
    uint64_t duration_ns)
{
    account->is_unbounded = account->is_unbounded || 0 == device->clock_hz_max;
    flopmeter_gpu_break(&account->cycles[pipe]);
    flopmeter_gpu_add_unknown(&account->cycles[pipe], duration_ns, device->clock_hz_max, device->sm_count_most);
}

void flopmeter_gpu_account_before(
    flopmeter_gpu_account_t *account, const flopmeter_gpm_device_t *device, uint64_t duration_ns, uint64_t clock_hz)
{
    const uint64_t most_hz = flopmeter_gpm_device_clock_hz_most(device);
    /* An instance may have been made anew under its number, and what was there before may have been larger. */
    const uint64_t sm_count = NULL != device->mig ? device->chip->sm_max : device->sm_count_most;

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        flopmeter_gpu_owe(
            &account->cycles[pipe], duration_ns, clock_hz > most_hz ? clock_hz : most_hz, sm_count);
    }
}

static flopmeter_counter_figure_t *figure_of(flopmeter_counter_reading_t *reading, flopmeter_precision_t precision)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (precision == reading->figures[i].precision)
        {
            return &reading->figures[i];
        }
    }
    flopmeter_counter_figure_t *const figure = &reading->figures[reading->figures_count++];
    memset(figure, 0, sizeof(*figure));
    figure->precision = precision;
    return figure;
}

void flopmeter_gpu_account_report(
    const flopmeter_gpu_account_t *account, const flopmeter_gpu_chip_t *chip, flopmeter_counter_reading_t *reading)
{
    memset(reading, 0, sizeof(*reading));
    reading->begin_ns = account->begin_ns;
    reading->gaps_count = account->gaps_count;
    memcpy(reading->gaps, account->gaps, sizeof(reading->gaps));
    reading->gaps_unasked = account->gaps_unasked;
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        flopmeter_gpu_span_t span;
        if (flopmeter_gpu_chip_span(
                chip, (flopmeter_gpu_pipe_t)pipe, FLOPMETER_GPU_UNIT_ANY, FLOPMETER_PRECISION_UNKNOWN, &span))
        {
            flopmeter_counter_figure_t *const figure = figure_of(reading, span.precision);
            flopmeter_gpu_charge(figure, &account->cycles[pipe], &span);
            figure->is_bounded = !account->is_unbounded;
        }
    }
}

bool flopmeter_gpu_account_collapse(
    const flopmeter_gpu_account_t *account,
    const flopmeter_gpu_chip_t *chip,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure)
{
    flopmeter_gpu_span_t span;

    memset(figure, 0, sizeof(*figure));
    if (!flopmeter_gpu_chip_span(chip, pipe, units, precision, &span))
    {
        return false;
    }
    figure->precision = precision;
    figure->is_bounded = !account->is_unbounded;
    flopmeter_gpu_charge(figure, &account->cycles[pipe], &span);
    return true;
}

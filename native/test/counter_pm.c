/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counter_pm.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "flopmeter_decimal.h"

fake_nvml_t *card;

static flopmeter_u128_t upper_last[FLOPMETER_COUNTER_FIGURES_MAX];
static uint64_t begun_done;
static uint64_t begun_ns;

static void *open_fake(void)
{
    return dlopen(FAKE_NVML_PATH, RTLD_NOW | RTLD_LOCAL);
}

static void *symbol_of(void *library, const char *name)
{
    return dlsym(library, name);
}

static void close_fake(void *library)
{
    dlclose(library);
}

static uint64_t fake_now_ns(void)
{
    return fake_cuda()->now_ns;
}

void pm_begin(const char *chip)
{
    static const flopmeter_nvml_host_t host = { open_fake, symbol_of, close_fake, fake_now_ns };
    static void *library;
    void *address;
    fake_nvml_t *(*state)(void);

    library = NULL == library ? open_fake() : library;
    CHECK(NULL != library, "%s", dlerror());
    address = dlsym(library, FAKE_NVML_STATE);
    memcpy(&state, &address, sizeof(address));
    card = state();
    fake_nvml_reset(card);
    fake_cuda_reset(chip);
    fake_pm_reset();
    fake_cuda()->now_ns = 1000 * SEC;
    card->now_ns = 1000 * SEC;
    if (0 == strcmp("GA100", chip))
    {
        card->major = 8;
        card->sm_count = 108;
        snprintf(card->name, sizeof(card->name), "NVIDIA A100-SXM4-80GB");
    }
    memset(upper_last, 0, sizeof(upper_last));
    flopmeter_gpm_use_host(&host);
    flopmeter_pm_use(FLOPMETER_PM_FIRST, FAKE_CUDA);
}

void pm_work(uint64_t cycles_per_ns, uint64_t imma_per_ns)
{
    uint64_t *const rates = fake_cuda()->devices[0].flop_per_ns;

    memset(rates, 0, sizeof(fake_cuda()->devices[0].flop_per_ns));
    rates[PM_TENSOR] = cycles_per_ns;
    rates[PM_ACTIVE] = (cycles_per_ns + 3) / 4;
    rates[PM_HMMA] = cycles_per_ns - imma_per_ns;
    rates[PM_IMMA] = imma_per_ns;
}

uint64_t pm_done(int metric)
{
    return fake_cuda()->devices[0].done[metric];
}

flopmeter_counter_t *pm_open(void)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = "0" };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_t *const counter = flopmeter_pm_source.open(&target, &probe);

    CHECK(NULL != counter, "%d %s", (int)probe.state, probe.detail);
    begun_done = pm_done(PM_HMMA);
    begun_ns = fake_cuda()->now_ns;
    return counter;
}

const flopmeter_counter_figure_t *pm_figure(
    const flopmeter_counter_reading_t *reading, flopmeter_precision_t precision)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (precision == reading->figures[i].precision)
        {
            return &reading->figures[i];
        }
    }
    CHECK(false, "no figure of precision %d", (int)precision);
    return NULL;
}

/* Work is constant while the clock moves, so what was done up to any time in between is known. */
void pm_read_after(flopmeter_counter_t *counter, uint64_t duration_ns, flopmeter_counter_reading_t *reading)
{
    const flopmeter_gpu_chip_t *const chip = flopmeter_pm_device(counter)->chip;
    flopmeter_gpu_span_t span;

    fake_cuda_advance(duration_ns);
    flopmeter_pm_source.read(counter, reading);
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        CHECK(figure->lower <= figure->point && figure->point <= figure->upper, "precision %d: %s %s %s",
            (int)figure->precision, pm_text(figure->lower), pm_text(figure->point), pm_text(figure->upper));
        CHECK(figure->upper >= upper_last[i], "precision %d: upper fell to %s", (int)figure->precision,
            pm_text(figure->upper));
        upper_last[i] = figure->upper;
    }
    CHECK(reading->end_ns <= fake_cuda()->now_ns && reading->begin_ns <= reading->end_ns, "times %llu %llu",
        (unsigned long long)reading->begin_ns, (unsigned long long)reading->end_ns);
    flopmeter_gpu_chip_span(chip, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_UNIT_ANY, FLOPMETER_PRECISION_UNKNOWN, &span);
    const uint64_t after_ns = fake_cuda()->now_ns - reading->end_ns;
    const uint64_t after = after_ns * fake_cuda()->devices[0].flop_per_ns[PM_HMMA];
    const uint64_t done = pm_done(PM_HMMA) - begun_done;
    const flopmeter_u128_t truth = (flopmeter_u128_t)(done > after ? done - after : 0) / 4 * span.highest;
    const flopmeter_counter_figure_t *const figure = pm_figure(reading, FLOPMETER_PRECISION_UNKNOWN);
    CHECK(!figure->is_bounded || figure->upper >= truth, "upper %s is below the truth %s", pm_text(figure->upper),
        pm_text(truth));
    CHECK(figure->lower <= truth || begun_ns == reading->end_ns, "lower is above the truth");
}

uint64_t pm_gaps_but(const flopmeter_counter_reading_t *reading, flopmeter_counter_state_t reason)
{
    uint64_t sum_ns = 0;

    for (size_t i = 0; i < reading->gaps_count; i++)
    {
        const flopmeter_counter_gap_t *const gap = &reading->gaps[i];
        CHECK(gap->end_ns > gap->begin_ns, "gap %zu is empty", i);
        sum_ns += FLOPMETER_COUNTER_AVAILABLE != reason && reason == gap->reason ? 0 : gap->end_ns - gap->begin_ns;
    }
    return sum_ns;
}

void pm_end(flopmeter_counter_t *counter, const char *what)
{
    flopmeter_pm_source.close(counter);
    CHECK(0 == fake_cuda()->misuses, "%s: misuse of CUPTI: %s", what, fake_cuda()->misuse);
    CHECK(fake_pm_enabled() == 0, "%s: sampling is left on", what);
    CHECK(0 == card->is_initialised && 0 == card->calls_after_shutdown, "%s: NVML is left open", what);
}

const char *pm_text(flopmeter_u128_t value)
{
    static char texts[4][FLOPMETER_DECIMAL_LENGTH];
    static int next;

    return flopmeter_decimal(texts[next++ & 3], value);
}

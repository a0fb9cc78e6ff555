/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counter_gpu.h"

#include <dlfcn.h>
#include <string.h>

#include "flopmeter_decimal.h"

fake_nvml_t *fake;

static const char *hidden;
static bool is_library_hidden;

static void *open_fake(void)
{
    return is_library_hidden ? NULL : dlopen(FAKE_NVML_PATH, RTLD_NOW | RTLD_LOCAL);
}

static void *symbol_of(void *library, const char *name)
{
    return NULL != hidden && 0 == strcmp(hidden, name) ? NULL : dlsym(library, name);
}

static void close_fake(void *library)
{
    dlclose(library);
}

static uint64_t fake_now_ns(void)
{
    return fake->now_ns;
}

void gpu_begin(const char *missing)
{
    static const flopmeter_nvml_host_t host = { open_fake, symbol_of, close_fake, fake_now_ns };
    static void *library;
    void *address;
    fake_nvml_t *(*state)(void);

    if (NULL == library)
    {
        library = dlopen(FAKE_NVML_PATH, RTLD_NOW | RTLD_LOCAL);
        CHECK(NULL != library, "%s", dlerror());
    }
    address = dlsym(library, FAKE_NVML_STATE);
    memcpy(&state, &address, sizeof(address));
    fake = state();
    fake_nvml_reset(fake);
    fake->now_ns = START;
    hidden = missing;
    is_library_hidden = false;
    flopmeter_gpm_use_host(&host);
}

void gpu_hide_library(bool is_hidden)
{
    is_library_hidden = is_hidden;
}

void gpu_fault(fake_fault_t fault)
{
    CHECK(fake->faults_count < FAKE_FAULTS_MAX, "too many");
    fake->faults[fake->faults_count++] = fault;
}

void gpu_work(uint64_t begin_ns, uint64_t end_ns, flopmeter_gpu_pipe_t pipe, double percent, unsigned clock_mhz)
{
    fake_segment_t *const segment = &fake->segments[fake->segments_count++];

    CHECK(fake->segments_count <= FAKE_SEGMENTS_MAX, "too many");
    memset(segment, 0, sizeof(*segment));
    segment->begin_ns = START + begin_ns;
    segment->end_ns = START + end_ns;
    segment->activity[pipe] = (uint32_t)(percent * FAKE_WHOLE / 100);
    segment->sm_util = FAKE_WHOLE;
    segment->clock_hz = clock_mhz * UINT64_C(1000000);
    segment->nominal_mhz = clock_mhz * 10 / 9 < 1980 ? clock_mhz * 10 / 9 : 1980;
}

flopmeter_counter_t *gpu_open(const char *device)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = device };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_t *const counter = flopmeter_gpm_source.open(&target, &probe);

    CHECK(NULL != counter, "%d %s", (int)probe.state, probe.detail);
    return counter;
}

void gpu_read_after(flopmeter_counter_t *counter, uint64_t duration_ns, flopmeter_counter_reading_t *reading)
{
    fake->now_ns += duration_ns;
    flopmeter_gpm_source.read(counter, reading);
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        CHECK(figure->lower <= figure->point && figure->point <= figure->upper, "precision %d: %s %s %s",
            (int)figure->precision, gpu_text(figure->lower), gpu_text(figure->point), gpu_text(figure->upper));
    }
}

flopmeter_u128_t gpu_true_cycles(flopmeter_gpu_pipe_t pipe, uint64_t begin_ns, uint64_t end_ns)
{
    flopmeter_u128_t sum = 0;

    for (size_t i = 0; i < fake->segments_count; i++)
    {
        const fake_segment_t *const segment = &fake->segments[i];
        const uint64_t from_ns = segment->begin_ns > START + begin_ns ? segment->begin_ns : START + begin_ns;
        const uint64_t to_ns = segment->end_ns < START + end_ns ? segment->end_ns : START + end_ns;
        if (to_ns > from_ns)
        {
            sum += (flopmeter_u128_t)(to_ns - from_ns) * segment->clock_hz / SEC * fake->sm_count *
                segment->activity[pipe];
        }
    }
    return sum;
}

const flopmeter_counter_figure_t *gpu_figure(
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

const char *gpu_text(flopmeter_u128_t value)
{
    static char texts[4][FLOPMETER_DECIMAL_LENGTH];
    static int next;

    return flopmeter_decimal(texts[next++ & 3], value);
}

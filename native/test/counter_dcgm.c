/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counter_dcgm.h"

#include <dlfcn.h>

fake_dcgm_t *engine;

static const char *hidden;
static bool is_library_hidden;

static void *open_fake(void)
{
    return is_library_hidden ? NULL : dlopen(FAKE_DCGM_PATH, RTLD_NOW | RTLD_LOCAL);
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

static int64_t fake_wall_us(void)
{
    return (int64_t)(fake->now_ns / 1000) + engine->wall_offset_us;
}

static flopmeter_dcgm_host_t host = { open_fake, symbol_of, close_fake, fake_now_ns, fake_wall_us, NULL };

void dcgm_begin(const char *missing)
{
    static void *library;
    void *address;
    fake_dcgm_t *(*state)(void);

    gpu_begin(NULL);
    fake->is_supported = 0;
    if (NULL == library)
    {
        library = dlopen(FAKE_DCGM_PATH, RTLD_NOW | RTLD_LOCAL);
        CHECK(NULL != library, "%s", dlerror());
    }
    address = dlsym(library, FAKE_DCGM_STATE);
    memcpy(&state, &address, sizeof(address));
    engine = state();
    fake_dcgm_reset(engine, fake);
    hidden = missing;
    is_library_hidden = false;
    host.address = NULL;
    flopmeter_dcgm_link_reset();
    flopmeter_dcgm_use_host(&host);
}

void dcgm_hide_library(bool is_hidden)
{
    is_library_hidden = is_hidden;
}

void dcgm_address(const char *address)
{
    host.address = address;
}

void dcgm_fault(fake_fault_t fault)
{
    CHECK(engine->faults_count < FAKE_FAULTS_MAX, "too many");
    engine->faults[engine->faults_count++] = fault;
}

void dcgm_lie(fake_lie_t lie)
{
    CHECK(engine->lies_count < FAKE_DCGM_LIES_MAX, "too many");
    lie.begin_ns += START;
    lie.end_ns += START;
    engine->lies[engine->lies_count++] = lie;
}

void dcgm_stall(uint64_t begin_ns, uint64_t end_ns)
{
    CHECK(engine->stalls_count < FAKE_DCGM_STALLS_MAX, "too many");
    engine->stalls[engine->stalls_count++] = (fake_stall_t){ START + begin_ns, START + end_ns };
}

flopmeter_counter_t *dcgm_open(const char *device)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = device };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_t *const counter = flopmeter_dcgm_source.open(&target, &probe);

    CHECK(NULL != counter, "%d %s", (int)probe.state, probe.detail);
    return counter;
}

void dcgm_read_after(flopmeter_counter_t *counter, uint64_t duration_ns, flopmeter_counter_reading_t *reading)
{
    fake->now_ns += duration_ns;
    flopmeter_dcgm_source.read(counter, reading);
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        CHECK(figure->lower <= figure->point && figure->point <= figure->upper, "precision %d: %s %s %s",
            (int)figure->precision, gpu_text(figure->lower), gpu_text(figure->point), gpu_text(figure->upper));
    }
}

void dcgm_end(flopmeter_counter_t *counter)
{
    flopmeter_dcgm_source.close(counter);
    CHECK(0 == engine->connections && 0 == engine->is_initialised && 0 == engine->groups && 0 == engine->watches,
        "left: %u connections, %u groups, %u watches", engine->connections, engine->groups, engine->watches);
    CHECK(0 == engine->calls_after_end, "%u calls after the end", engine->calls_after_end);
    CHECK(0 == fake->is_initialised && 0 == fake->calls_after_shutdown, "NVML is left open");
}

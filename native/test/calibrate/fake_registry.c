/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * In place of registry.c: a CPU source and two GPU sources that know what was executed and tell it as FAKE_SOURCE says.
 * The CPU's truth is counted beside flopmeter_cpu_kernel_run() by the linker's --wrap, the GPU's by the fake driver.
 */

#include "cpu_kernels.h"
#include "fake_cuda.h"
#include "registry.h"
#include "text.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAG_NS (100000000)

typedef flopmeter_u128_t (*executed_t)(flopmeter_precision_t precision);

struct flopmeter_counter_stct
{
    bool samples;
    executed_t executed;
    flopmeter_u128_t begin[FAKE_CUDA_PRECISIONS];
    uint64_t begin_ns;
};

static flopmeter_u128_t cpu_executed[FAKE_CUDA_PRECISIONS];

void __real_flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations);
void __wrap_flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations);

void __wrap_flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations)
{
    __real_flopmeter_cpu_kernel_run(kernel, iterations);
    cpu_executed[kernel->precision] += (flopmeter_u128_t)iterations * flopmeter_cpu_kernel_flop_count(kernel);
}

static flopmeter_u128_t executed_by_cpu(flopmeter_precision_t precision)
{
    return cpu_executed[precision];
}

static bool mode_is(const char *mode)
{
    const char *const chosen = getenv("FAKE_SOURCE");
    return NULL != chosen && 0 == strcmp(chosen, mode);
}

static void probe(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    (void)target;
    memset(answer, 0, sizeof(*answer));
    if (mode_is("forbidden"))
    {
        answer->state = FLOPMETER_COUNTER_NO_PERMISSION;
        snprintf(answer->detail, sizeof(answer->detail), "this is a \"test\"");
        snprintf(answer->remedy, sizeof(answer->remedy), "ask the test");
    }
}

static flopmeter_counter_t *open_with(bool samples, executed_t executed, flopmeter_counter_probe_t *answer)
{
    flopmeter_counter_t *const counter = mode_is("open_fails") ? NULL : calloc(1, sizeof(flopmeter_counter_t));
    memset(answer, 0, sizeof(*answer));
    if (NULL == counter)
    {
        answer->state = FLOPMETER_COUNTER_TAKEN;
        snprintf(answer->detail, sizeof(answer->detail), "another test has it");
        return NULL;
    }
    counter->samples = samples;
    counter->executed = executed;
    counter->begin_ns = (uint64_t)flopmeter_text_monotonic_ns();
    for (int precision = 1; precision < FAKE_CUDA_PRECISIONS; precision++)
    {
        counter->begin[precision] = executed((flopmeter_precision_t)precision);
    }
    return counter;
}

static flopmeter_counter_t *open_cpu(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    return 0 != target->pid ? NULL : open_with(false, executed_by_cpu, answer);
}

static executed_t gpu_truth(void)
{
    executed_t executed = NULL;
    void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    *(void **)&executed = NULL == library ? NULL : dlsym(library, "fake_cuda_executed");
    return executed;
}

static flopmeter_counter_t *open_gpu(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    return -1 != target->pid ? NULL : open_with(false, gpu_truth(), answer);
}

static flopmeter_counter_t *open_sampled(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    return -1 != target->pid ? NULL : open_with(true, gpu_truth(), answer);
}

/* An exact source tells one number; a sampling one an interval of a fifth to either side. */
static void fill(const flopmeter_counter_t *counter, flopmeter_counter_figure_t *figure, flopmeter_u128_t truth)
{
    const flopmeter_u128_t width = counter->samples ? truth / 5 : 0;
    const flopmeter_u128_t read = mode_is("high") ? truth + truth / 100 :
        mode_is("outside") ? truth + truth / 2 : truth;
    figure->lower = read - width;
    figure->point = read;
    figure->upper = read + width;
    figure->is_bounded = !mode_is("unbounded");
}

static void read_counter(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading)
{
    const uint64_t now_ns = (uint64_t)flopmeter_text_monotonic_ns();
    memset(reading, 0, sizeof(*reading));
    reading->state = mode_is("stops") ? FLOPMETER_COUNTER_TAKEN : FLOPMETER_COUNTER_AVAILABLE;
    reading->begin_ns = counter->begin_ns;
    reading->end_ns = mode_is("never_covers") ? counter->begin_ns : now_ns - (counter->samples ? LAG_NS : 0);
    for (int precision = 1; precision < FAKE_CUDA_PRECISIONS; precision++)
    {
        const flopmeter_u128_t truth =
            counter->executed((flopmeter_precision_t)precision) - counter->begin[precision];
        if (0 != truth)
        {
            flopmeter_counter_figure_t *const figure = &reading->figures[reading->figures_count++];
            figure->precision = mode_is("unknown") ? FLOPMETER_PRECISION_UNKNOWN : (flopmeter_precision_t)precision;
            fill(counter, figure, truth);
        }
    }
}

static void nothing(flopmeter_counter_t *counter)
{
    (void)counter;
}

static void close_counter(flopmeter_counter_t *counter)
{
    free(counter);
}

static const flopmeter_counter_source_t fake_perf = { "perf", FLOPMETER_SOURCE_PERF, FLOPMETER_EXACT_EXECUTED, probe,
    open_cpu, read_counter, nothing, nothing, close_counter };
static const flopmeter_counter_source_t fake_cupti = { "cupti-range", FLOPMETER_SOURCE_CUDA, FLOPMETER_EXACT_EXECUTED,
    probe, open_gpu, read_counter, nothing, nothing, close_counter };
static const flopmeter_counter_source_t fake_gpm = { "gpm", FLOPMETER_SOURCE_CUDA, FLOPMETER_DERIVED, probe,
    open_sampled, read_counter, nothing, nothing, close_counter };

const flopmeter_counter_source_t *const flopmeter_counter_sources[] = { &fake_perf, &fake_cupti, &fake_gpm, NULL };

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * In place of registry.c: CPU and GPU sources that know what was executed and tell it as FAKE_SOURCE says. The CPU's
 * truth is counted beside flopmeter_cpu_kernel_run() by the linker's --wrap, by process, in memory that all of them
 * share; the GPU's by the fake driver.
 */

#include "cpu_kernels.h"
#include "fake_cuda.h"
#include "registry.h"
#include "text.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LAG_NS (100000000)
#define SLOW_LAG_NS (310000000)

typedef flopmeter_u128_t (*executed_t)(flopmeter_precision_t precision);

struct flopmeter_counter_stct
{
    uint64_t lag_ns;                /* 0: it does not sample */
    bool is_slow;
    executed_t executed;
    flopmeter_u128_t begin[FAKE_CUDA_PRECISIONS];
    uint64_t begin_ns;
};

/* By the program itself, and by its descendants. */
typedef struct truth_stct
{
    pid_t program;
    flopmeter_u128_t own[FAKE_CUDA_PRECISIONS];
    flopmeter_u128_t tree[FAKE_CUDA_PRECISIONS];
}
truth_t;

static truth_t *truth;

__attribute__((constructor)) static void share(void)
{
    truth = mmap(NULL, sizeof(truth_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (MAP_FAILED == truth)
    {
        abort();
    }
    truth->program = getpid();
}

void __real_flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations);
void __wrap_flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations);

void __wrap_flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations)
{
    __real_flopmeter_cpu_kernel_run(kernel, iterations);
    flopmeter_u128_t *const sums = getpid() == truth->program ? truth->own : truth->tree;
    sums[kernel->precision] += (flopmeter_u128_t)iterations * flopmeter_cpu_kernel_flop_count(kernel);
}

static flopmeter_u128_t executed_by_program(flopmeter_precision_t precision)
{
    return truth->own[precision];
}

static flopmeter_u128_t executed_by_tree(flopmeter_precision_t precision)
{
    return truth->tree[precision];
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

static flopmeter_counter_t *open_with(uint64_t lag_ns, executed_t executed, flopmeter_counter_probe_t *answer)
{
    flopmeter_counter_t *const counter = mode_is("open_fails") ? NULL : calloc(1, sizeof(flopmeter_counter_t));
    memset(answer, 0, sizeof(*answer));
    if (NULL == counter)
    {
        answer->state = FLOPMETER_COUNTER_TAKEN;
        snprintf(answer->detail, sizeof(answer->detail), "another test has it");
        return NULL;
    }
    counter->lag_ns = lag_ns;
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
    return 0 == target->pid ? open_with(0, executed_by_program, answer) :
        0 < target->pid && getpid() != target->pid ? open_with(0, executed_by_tree, answer) : NULL;
}

static flopmeter_counter_t *open_host(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    return -1 != target->pid || -1 != target->cpu ? NULL : open_with(0, executed_by_program, answer);
}

/* There only where it is asked for: it is slow. */
static void probe_slow(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    probe(target, answer);
    if (!mode_is("slow"))
    {
        answer->state = FLOPMETER_COUNTER_ABSENT;
        snprintf(answer->remedy, sizeof(answer->remedy), "FAKE_SOURCE=slow");
    }
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
    return -1 != target->pid ? NULL : open_with(0, gpu_truth(), answer);
}

static flopmeter_counter_t *open_sampled(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    return -1 != target->pid ? NULL : open_with(LAG_NS, gpu_truth(), answer);
}

/* An engine that has no figure before its second window, as DCGM: what runs until then it never tells. */
static flopmeter_counter_t *open_slow(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *answer)
{
    flopmeter_counter_t *const counter = -1 != target->pid ? NULL : open_with(SLOW_LAG_NS, gpu_truth(), answer);
    if (NULL != counter)
    {
        counter->is_slow = true;
    }
    return counter;
}

/* True once it has begun. What was executed before is forgotten. */
static bool begins(flopmeter_counter_t *counter, uint64_t now_ns)
{
    if (counter->is_slow && now_ns < counter->begin_ns + 2 * counter->lag_ns)
    {
        for (int precision = 1; precision < FAKE_CUDA_PRECISIONS; precision++)
        {
            counter->begin[precision] = counter->executed((flopmeter_precision_t)precision);
        }
        return false;
    }
    return true;
}

/* An exact source tells one number; a sampling one an interval of a fifth to either side. */
static void fill(const flopmeter_counter_t *counter, flopmeter_counter_figure_t *figure, flopmeter_u128_t executed)
{
    const flopmeter_u128_t width = 0 != counter->lag_ns ? executed / 5 : 0;
    const flopmeter_u128_t read = mode_is("high") ? executed + executed / 100 :
        mode_is("outside") ? executed + executed / 2 : executed;
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
    reading->end_ns =
        mode_is("never_covers") || !begins(counter, now_ns) ? counter->begin_ns : now_ns - counter->lag_ns;
    for (int precision = 1; precision < FAKE_CUDA_PRECISIONS; precision++)
    {
        const flopmeter_u128_t executed =
            counter->executed((flopmeter_precision_t)precision) - counter->begin[precision];
        if (0 != executed)
        {
            flopmeter_counter_figure_t *const figure = &reading->figures[reading->figures_count++];
            figure->precision = mode_is("unknown") ? FLOPMETER_PRECISION_UNKNOWN : (flopmeter_precision_t)precision;
            fill(counter, figure, executed);
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

static const flopmeter_counter_source_t fake_host = { "perf-host", FLOPMETER_SOURCE_PERF, FLOPMETER_EXACT_EXECUTED,
    probe, open_host, read_counter, nothing, nothing, close_counter };
static const flopmeter_counter_source_t fake_slow = { "dcgm", FLOPMETER_SOURCE_CUDA, FLOPMETER_DERIVED, probe_slow,
    open_slow, read_counter, nothing, nothing, close_counter };

/* A build with more sources than any real one has. */
#define ONE(name) { "perf-" #name, FLOPMETER_SCOPE_THREAD, &fake_perf }
#define TEN(n) \
    ONE(n##0), ONE(n##1), ONE(n##2), ONE(n##3), ONE(n##4), ONE(n##5), ONE(n##6), ONE(n##7), ONE(n##8), ONE(n##9)

const flopmeter_counter_entry_t flopmeter_counter_entries[] = {
    { "perf", FLOPMETER_SCOPE_THREAD, &fake_perf },
    { "perf-tree", FLOPMETER_SCOPE_TREE, &fake_perf },
    { "perf-host", FLOPMETER_SCOPE_HOST, &fake_host },
    { "cupti-range", FLOPMETER_SCOPE_DEVICE, &fake_cupti },
    { "gpm", FLOPMETER_SCOPE_DEVICE, &fake_gpm },
    { "dcgm", FLOPMETER_SCOPE_DEVICE, &fake_slow },
#if defined(FAKE_SOURCES_MANY)
    TEN(1), TEN(2), TEN(3),
#endif
    { NULL, FLOPMETER_SCOPE_THREAD, NULL },
};

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plan.h"

#include "counter_names.h"
#include "cpu_kernels.h"
#include "libraries.h"
#include "registry.h"
#include "tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define SCHEMA "flopmeter/calibrate-raw/v1"
#define CPU_NAME_LENGTH (128)
#define CPUINFO_LINE_LENGTH (512)

#define SLICE_NS (10000000)
#define SLICE_QUICK_NS (2000000)

/** A source that samples is slow: it has this much more of the budget for each of its windows, up to so many. */
#define WINDOW_NS (100000000)
#define WINDOWS_MAX (12)

/** One source on one chip. */
typedef struct row_stct
{
    const flopmeter_counter_entry_t *entry;
    flopmeter_plan_chip_t *chip;
    flopmeter_counter_target_t target;
    flopmeter_pace_t pace;
    uint64_t budget_ns;
    uint64_t spent_ns;
    bool works;
}
row_t;

/** Everything of one run. */
typedef struct plan_stct
{
    const flopmeter_plan_settings_t *settings;
    bool is_cut;                    /* some source's budget ended before the last pass did */
    unsigned int passes_done;
    char cpu_name[CPU_NAME_LENGTH];
    flopmeter_tree_t tree;
    flopmeter_gpu_t gpu;
    flopmeter_plan_chip_t cpu_chip;
    flopmeter_plan_chip_t tree_chip;    /* the CPU's kernels in a process tree beside this one */
    flopmeter_plan_chip_t gpu_chip;
    row_t *rows;                    /* one for each source of this build */
    size_t rows_count;
    flopmeter_libraries_t libraries;
    flopmeter_text_t sources;       /* each a list of JSON objects */
    flopmeter_text_t idle;
    flopmeter_text_t readings;
}
plan_t;

static void append_separator(flopmeter_text_t *list)
{
    flopmeter_text_append(list, 0 == list->length ? "\n  " : ",\n  ");
}

static uint64_t now_ns(void)
{
    return (uint64_t)flopmeter_text_monotonic_ns();
}

void flopmeter_plan_cpu_name(const char *cpuinfo, char *name, size_t length)
{
    /* Of x86, then of ARM; in the file's order, from the first CPU's lines. */
    static const char *const keys[] = {
        "vendor_id", "cpu family", "model", "model name", "CPU implementer", "CPU part" };
    char line[CPUINFO_LINE_LENGTH];
    size_t used = 0;
    FILE *const file = fopen(cpuinfo, "re");
    snprintf(name, length, "unknown");
    while (NULL != file && NULL != fgets(line, sizeof(line), file) && '\n' != line[0])
    {
        const size_t key_length = strcspn(line, "\t:");
        char *const value = line + strcspn(line, ":");
        for (size_t i = 0; ':' == value[0] && i < sizeof(keys) / sizeof(keys[0]); i++)
        {
            if (key_length == strlen(keys[i]) && 0 == strncmp(line, keys[i], key_length) && used + 1 < length)
            {
                value[strcspn(value, "\n")] = '\0';
                used += (size_t)snprintf(name + used, length - used, "%s%s", 0 == used ? "" : " ", value + 1 +
                    strspn(value + 1, " "));
            }
        }
    }
    if (NULL != file)
    {
        fclose(file);
    }
}

static bool run_cpu(const flopmeter_workload_t *workload, uint64_t iterations, flopmeter_counter_probe_t *probe)
{
    (void)probe;
    flopmeter_cpu_kernel_run(workload->item, iterations);
    return true;
}

static bool run_tree(const flopmeter_workload_t *workload, uint64_t iterations, flopmeter_counter_probe_t *probe)
{
    const bool is_done = flopmeter_tree_run(workload->context, workload->item, iterations);
    if (!is_done)
    {
        probe->state = FLOPMETER_COUNTER_FAILED;
        snprintf(probe->detail, sizeof(probe->detail), "the process that runs kernels did not answer");
        snprintf(probe->remedy, sizeof(probe->remedy), "is the number of processes or the memory limited?");
    }
    return is_done;
}

static bool run_gpu(const flopmeter_workload_t *workload, uint64_t iterations, flopmeter_counter_probe_t *probe)
{
    return flopmeter_gpu_run(workload->context, workload->item, (uint32_t)iterations, probe);
}

_Static_assert(FLOPMETER_GPU_KERNELS_MAX <= FLOPMETER_PLAN_WORKLOADS_MAX, "room for every kernel of a GPU");

static void add_workload(flopmeter_plan_chip_t *chip, const flopmeter_workload_t *workload)
{
    if (chip->workloads_count < FLOPMETER_PLAN_WORKLOADS_MAX)
    {
        chip->workloads[chip->workloads_count++] = *workload;
    }
}

static void prepare_cpu(plan_t *plan)
{
    flopmeter_plan_chip_t *const chip = &plan->cpu_chip;
    flopmeter_plan_cpu_name("/proc/cpuinfo", plan->cpu_name, sizeof(plan->cpu_name));
    chip->kind = "cpu";
    chip->name = plan->cpu_name;
    chip->device = "cpu";
    for (size_t i = 0; i < flopmeter_cpu_kernels_count; i++)
    {
        const flopmeter_cpu_kernel_t *const kernel = &flopmeter_cpu_kernels[i];
        if (NULL == kernel->why_not())
        {
            add_workload(chip, &(flopmeter_workload_t){ .name = kernel->name, .precision = kernel->precision,
                .flop_count = flopmeter_cpu_kernel_flop_count(kernel), .iterations_max = UINT64_MAX, .item = kernel,
                .run = run_cpu });
        }
    }
}

/* The same kernels, in children of a process that was there before them. */
static void prepare_tree(plan_t *plan)
{
    flopmeter_plan_chip_t *const chip = &plan->tree_chip;
    *chip = plan->cpu_chip;
    if (!flopmeter_tree_open(&plan->tree))
    {
        chip->probe.state = FLOPMETER_COUNTER_FAILED;
        snprintf(chip->probe.detail, sizeof(chip->probe.detail), "no process can be started beside this one");
        snprintf(chip->probe.remedy, sizeof(chip->probe.remedy), "is the number of processes or the memory limited?");
        chip->workloads_count = 0;
    }
    for (size_t i = 0; i < chip->workloads_count; i++)
    {
        chip->workloads[i].context = &plan->tree;
        chip->workloads[i].run = run_tree;
    }
}

static void prepare_gpu(plan_t *plan)
{
    flopmeter_plan_chip_t *const chip = &plan->gpu_chip;
    const flopmeter_gpu_t *const gpu = &plan->gpu;
    chip->kind = "gpu";
    chip->name = gpu->name;
    chip->device = gpu->uuid;
    if (!flopmeter_gpu_open(&plan->gpu, plan->settings->device, &chip->probe))
    {
        return;
    }
    for (size_t i = 0; i < gpu->kernels_count; i++)
    {
        const flopmeter_gpu_kernel_t *const kernel = &gpu->kernels[i];
        const uint64_t dense = kernel->block_flop_count * flopmeter_gpu_blocks(gpu);
        const bool is_sparse = flopmeter_gpu_is_sparse(kernel);
        if (NULL != kernel->function)
        {
            add_workload(chip, &(flopmeter_workload_t){ .name = kernel->name, .precision = kernel->precision,
                .flop_count = is_sparse ? dense / 2 : dense, .dense_flop_count = is_sparse ? dense : 0,
                .iterations_max = UINT32_MAX, .context = gpu, .item = kernel, .run = run_gpu });
        }
    }
}

/*
 * After one failed launch every other fails, too: the chip's words then are the first one's, and nothing more runs on
 * it.
 */
static void lose_chip(flopmeter_plan_chip_t *chip, const flopmeter_counter_probe_t *probe)
{
    chip->probe = *probe;
    chip->workloads_count = 0;
}

static void size_workloads(plan_t *plan, flopmeter_plan_chip_t *chip)
{
    for (size_t i = 0; i < chip->workloads_count; i++)
    {
        flopmeter_counter_probe_t probe = { .state = FLOPMETER_COUNTER_AVAILABLE };
        if (!flopmeter_measure_size(
            &chip->workloads[i], plan->settings->is_quick ? SLICE_QUICK_NS : SLICE_NS, &probe))
        {
            lose_chip(chip, &probe);
        }
    }
}

static void add_row(plan_t *plan, const flopmeter_counter_entry_t *entry)
{
    row_t *const row = &plan->rows[plan->rows_count];
    row->entry = entry;
    row->budget_ns = plan->settings->budget_ns;
    row->chip = &plan->cpu_chip;
    row->target = (flopmeter_counter_target_t){ .pid = 0, .cpu = -1 };
    switch (entry->scope)
    {
        case FLOPMETER_SCOPE_TREE:
            row->chip = &plan->tree_chip;
            row->target.pid = plan->tree.pid;
            break;
        case FLOPMETER_SCOPE_HOST:
            row->target.pid = -1;
            break;
        case FLOPMETER_SCOPE_DEVICE:
            row->chip = &plan->gpu_chip;
            row->target.pid = -1;
            row->target.device = plan->gpu.uuid;
            break;
        default:
            break;
    }
    plan->rows_count++;
}

static void append_row(flopmeter_text_t *list, const row_t *row)
{
    append_separator(list);
    flopmeter_text_append(list, "{\"source\": \"%s\", \"basis\": \"%s\", \"chipKind\": \"%s\", ",
        row->entry->name, flopmeter_document_basis(row->entry->source->basis), row->chip->kind);
}

/* Answers for the chip first: a source can't be calibrated where nothing runs. */
static void probe_source(plan_t *plan, row_t *row)
{
    flopmeter_counter_probe_t probe = row->chip->probe;
    if (FLOPMETER_COUNTER_AVAILABLE == probe.state)
    {
        memset(&probe, 0, sizeof(probe));
        row->entry->source->probe(&row->target, &probe);
    }
    append_row(&plan->sources, row);
    flopmeter_document_probe(&plan->sources, &probe);
    flopmeter_text_append(&plan->sources, "}");
    row->works = FLOPMETER_COUNTER_AVAILABLE == probe.state;
}

/* What it reads while nothing runs tells how old its figures are, and so how long it must be given. */
static void measure_idle(plan_t *plan, row_t *row)
{
    flopmeter_measurement_t measurement;
    flopmeter_measure_pace(row->entry->source, plan->settings->is_quick, 0, &row->pace);
    flopmeter_measure_idle(row->entry->source, &row->target, &row->pace, &measurement);
    append_row(&plan->idle, row);
    flopmeter_document_probe(&plan->idle, &measurement.probe);
    flopmeter_text_append(&plan->idle, ", ");
    flopmeter_document_measurement(&plan->idle, &measurement);
    flopmeter_text_append(&plan->idle, "}");
    if (0 != measurement.age_ns)
    {
        const uint64_t windows = 1 + measurement.age_ns / WINDOW_NS;
        flopmeter_measure_pace(row->entry->source, plan->settings->is_quick, measurement.age_ns, &row->pace);
        row->budget_ns *= windows < WINDOWS_MAX ? windows : WINDOWS_MAX;
    }
}

static bool has_time(plan_t *plan, const row_t *row)
{
    const bool has = row->spent_ns < row->budget_ns;
    plan->is_cut = plan->is_cut || !has;
    return has;
}

static void measure_row(plan_t *plan, row_t *row, unsigned int pass)
{
    flopmeter_plan_chip_t *const chip = row->chip;
    for (size_t i = 0; i < chip->workloads_count && has_time(plan, row); i++)
    {
        const flopmeter_workload_t *const workload = &chip->workloads[i];
        flopmeter_measurement_t measurement;
        const uint64_t begin_ns = now_ns();
        flopmeter_measure(row->entry->source, &row->target, workload, &row->pace, &measurement);
        row->spent_ns += now_ns() - begin_ns;
        append_row(&plan->readings, row);
        flopmeter_text_append(&plan->readings, "\"kernel\": \"%s\", \"precision\": \"%s\", \"pass\": %u, ",
            workload->name, flopmeter_counter_precision_name(workload->precision), pass);
        flopmeter_document_probe(&plan->readings, &measurement.probe);
        flopmeter_text_append(&plan->readings, ", ");
        flopmeter_document_measurement(&plan->readings, &measurement);
        flopmeter_text_append(&plan->readings, "}");
        if (measurement.is_chip_lost)
        {
            lose_chip(chip, &measurement.probe);
        }
    }
}

/*
 * Pass by pass over everything, so that a budget that runs out leaves at least one reading of each kernel. A source
 * that is out of time does not end the others.
 */
static void measure_all(plan_t *plan)
{
    for (size_t i = 0; NULL != flopmeter_counter_entries[i].source; i++)
    {
        add_row(plan, &flopmeter_counter_entries[i]);
    }
    for (size_t i = 0; i < plan->rows_count; i++)
    {
        probe_source(plan, &plan->rows[i]);
        if (plan->rows[i].works)
        {
            measure_idle(plan, &plan->rows[i]);
        }
        flopmeter_libraries_note(&plan->libraries);
    }
    for (unsigned int pass = 0; pass < plan->settings->passes_count; pass++)
    {
        for (size_t i = 0; i < plan->rows_count; i++)
        {
            if (plan->rows[i].works)
            {
                measure_row(plan, &plan->rows[i], pass);
            }
        }
        plan->passes_done += plan->is_cut ? 0 : 1;
    }
}

static void append_kernels(flopmeter_text_t *document, flopmeter_plan_chip_t *chip, bool *is_first)
{
    for (size_t i = 0; i < chip->workloads_count; i++)
    {
        const flopmeter_workload_t *const workload = &chip->workloads[i];
        flopmeter_counter_probe_t probe = { .state = FLOPMETER_COUNTER_AVAILABLE };
        char digits[FLOPMETER_DECIMAL_LENGTH];
        const uint64_t begin_ns = now_ns();
        if (!workload->run(workload, workload->slice_iterations, &probe))
        {
            lose_chip(chip, &probe);
            return;
        }
        const uint64_t time_ns = now_ns() - begin_ns;
        flopmeter_text_append(document, "%s{\"name\": \"%s\", \"chipKind\": \"%s\", \"precision\": \"%s\", "
            "\"flopPerIteration\": \"%" PRIu64 "\", ", *is_first ? "\n  " : ",\n  ", workload->name, chip->kind,
            flopmeter_counter_precision_name(workload->precision), workload->flop_count);
        if (0 != workload->dense_flop_count)
        {
            flopmeter_text_append(
                document, "\"densePerIteration\": \"%" PRIu64 "\", ", workload->dense_flop_count);
        }
        flopmeter_text_append(document, "\"unmetered\": {\"flop\": \"%s\", \"timeNs\": %" PRIu64 "}}",
            flopmeter_decimal(
                digits, (flopmeter_u128_t)workload->slice_iterations * workload->flop_count), time_ns);
        *is_first = false;
    }
}

static void add_absent(flopmeter_text_t *names, flopmeter_text_t *reasons, const char *name, const char *why_not)
{
    flopmeter_text_append(names, "%s\"%s\"", 0 == names->length ? "" : ", ", name);
    flopmeter_text_append(reasons, 0 == reasons->length ? "" : ", ");
    flopmeter_document_string(reasons, name, why_not);
}

/* Which kernels cannot run, and why not; the lists are used up. */
static void append_absent(flopmeter_text_t *document, flopmeter_text_t *names, flopmeter_text_t *reasons)
{
    flopmeter_text_append(document, "\"kernelsAbsent\": [%s], \"whyAbsent\": {%s}",
        0 == names->length ? "" : names->bytes, 0 == reasons->length ? "" : reasons->bytes);
    document->failed = document->failed || names->failed || reasons->failed;
    flopmeter_text_free(names);
    flopmeter_text_free(reasons);
}

static void append_absent_of_cpu(flopmeter_text_t *document)
{
    flopmeter_text_t names = { NULL, 0, 0, false };
    flopmeter_text_t reasons = { NULL, 0, 0, false };
    for (size_t i = 0; i < flopmeter_cpu_kernels_count; i++)
    {
        const char *const why_not = flopmeter_cpu_kernels[i].why_not();
        if (NULL != why_not)
        {
            add_absent(&names, &reasons, flopmeter_cpu_kernels[i].name, why_not);
        }
    }
    append_absent(document, &names, &reasons);
}

static void append_absent_of_gpu(flopmeter_text_t *document, const flopmeter_gpu_t *gpu)
{
    flopmeter_text_t names = { NULL, 0, 0, false };
    flopmeter_text_t reasons = { NULL, 0, 0, false };
    for (size_t i = 0; 0 < gpu->modules_count && i < gpu->kernels_count; i++)
    {
        if (NULL == gpu->kernels[i].function)
        {
            char why_not[FLOPMETER_GPU_WHY_LENGTH];
            flopmeter_gpu_why_not(&gpu->kernels[i], why_not, sizeof(why_not));
            add_absent(&names, &reasons, gpu->kernels[i].name, why_not);
        }
    }
    append_absent(document, &names, &reasons);
}

static void append_chips(flopmeter_text_t *document, const plan_t *plan)
{
    const flopmeter_gpu_t *const gpu = &plan->gpu;
    struct utsname system;
    flopmeter_text_append(document, " \"cpu\": {");
    flopmeter_document_string(document, "name", plan->cpu_name);
    flopmeter_text_append(document, ", ");
    flopmeter_document_string(document, "machine", 0 == uname(&system) ? system.machine : "unknown");
    flopmeter_text_append(document, ", ");
    append_absent_of_cpu(document);
    flopmeter_text_append(document, "},\n \"gpu\": {");
    flopmeter_document_probe(document, &plan->gpu_chip.probe);
    if (0 != gpu->driver.version)
    {
        flopmeter_text_append(document, ", \"driverCudaVersion\": %d, \"deviceCount\": %d", gpu->driver.version,
            gpu->device_count);
    }
    if ('\0' != gpu->uuid[0])
    {
        flopmeter_text_append(document, ", ");
        flopmeter_document_string(document, "name", gpu->name);
        flopmeter_text_append(document,
            ", \"device\": \"%s\", \"computeCapability\": \"%d.%d\", \"multiprocessors\": %d, ",
            gpu->uuid, gpu->major, gpu->minor, gpu->multiprocessor_count);
        flopmeter_document_string(document, "architecture", '\0' == gpu->architecture[0] ? "none" : gpu->architecture);
        flopmeter_text_append(document, ", ");
        append_absent_of_gpu(document, gpu);
    }
    flopmeter_text_append(document, "},\n");
}

static void append_images(flopmeter_text_t *document)
{
    flopmeter_text_append(document, " \"images\": {\"cudaVersion\": %u, \"list\": [", flopmeter_kernel_images_toolkit);
    for (size_t i = 0; i < flopmeter_kernel_images_count; i++)
    {
        const flopmeter_kernel_image_t *const image = &flopmeter_kernel_images[i];
        flopmeter_text_append(document,
            "%s{\"name\": \"%s\", \"architecture\": \"%s\", \"lengthBytes\": %zu, \"sha256\": \"%s\"}",
            0 == i ? "\n  " : ",\n  ", image->name, image->architecture, (size_t)(image->end - image->bytes),
            image->sha256);
    }
    flopmeter_text_append(document, "]},\n");
}

static void append_list(flopmeter_text_t *document, const char *name, const flopmeter_text_t *list, const char *after)
{
    flopmeter_text_append(document, " \"%s\": [%s]%s\n", name, 0 == list->length ? "" : list->bytes, after);
    document->failed = document->failed || list->failed;
}

/* Room for every source of this build. False when memory ran out. */
static bool make_rows(plan_t *plan)
{
    size_t count = 0;
    while (NULL != flopmeter_counter_entries[count].source)
    {
        count++;
    }
    plan->rows = calloc(count + 1, sizeof(row_t));
    return NULL != plan->rows;
}

static void free_plan(plan_t *plan)
{
    flopmeter_libraries_free(&plan->libraries);
    flopmeter_text_free(&plan->sources);
    flopmeter_text_free(&plan->idle);
    flopmeter_text_free(&plan->readings);
    free(plan->rows);
    free(plan);
}

bool flopmeter_plan_run(const flopmeter_plan_settings_t *settings, flopmeter_text_t *document)
{
    plan_t *const plan = calloc(1, sizeof(plan_t));
    bool is_first = true;
    if (NULL == plan || !make_rows(plan))
    {
        free(plan);
        return false;
    }
    const int64_t begin_epoch_ns = flopmeter_text_epoch_ns();
    plan->settings = settings;
    prepare_cpu(plan);
    prepare_tree(plan);
    prepare_gpu(plan);
    size_workloads(plan, &plan->cpu_chip);
    size_workloads(plan, &plan->tree_chip);
    size_workloads(plan, &plan->gpu_chip);
    measure_all(plan);
    flopmeter_text_append(document, "{\"schema\": \"" SCHEMA "\", \"quick\": %s,\n \"kernels\": [",
        settings->is_quick ? "true" : "false");
    append_kernels(document, &plan->cpu_chip, &is_first);
    append_kernels(document, &plan->gpu_chip, &is_first);
    flopmeter_text_append(document, "],\n");
    append_chips(document, plan);
    append_images(document);
    append_list(document, "sources", &plan->sources, ",");
    append_list(document, "idle", &plan->idle, ",");
    append_list(document, "readings", &plan->readings, ",");
    flopmeter_text_append(document, " ");
    flopmeter_libraries_append(&plan->libraries, document);
    flopmeter_text_append(document, ",\n \"passes\": %u, \"passesWanted\": %u, \"isCut\": %s,\n", plan->passes_done,
        settings->passes_count, plan->is_cut ? "true" : "false");
    flopmeter_text_append(document, " \"beginNs\": %" PRId64 ", \"endNs\": %" PRId64 "}\n", begin_epoch_ns,
        flopmeter_text_epoch_ns());
    flopmeter_gpu_close(&plan->gpu);
    flopmeter_tree_close(&plan->tree);
    free_plan(plan);
    return !document->failed;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plan.h"

#include "counter_names.h"
#include "cpu_kernels.h"
#include "registry.h"

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
#define EXACT_NS (40000000)
#define EXACT_QUICK_NS (5000000)
/** Sampling sources renew their figures every 100 ms: a few of those for each kernel. */
#define SAMPLED_NS (300000000)
#define SAMPLED_QUICK_NS (200000000)

/** Everything of one run. */
typedef struct plan_stct
{
    const flopmeter_plan_settings_t *settings;
    uint64_t begin_ns;
    bool is_cut;                    /* the budget ended it before the last pass did */
    unsigned int passes_done;
    char cpu_name[CPU_NAME_LENGTH];
    flopmeter_gpu_t gpu;
    flopmeter_plan_chip_t cpu_chip;
    flopmeter_plan_chip_t gpu_chip;
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

static bool run_gpu(const flopmeter_workload_t *workload, uint64_t iterations, flopmeter_counter_probe_t *probe)
{
    return flopmeter_gpu_run(workload->context, workload->item, (uint32_t)iterations, probe);
}

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
    chip->target = (flopmeter_counter_target_t){ .pid = 0, .cpu = -1, .device = NULL };
    for (size_t i = 0; i < flopmeter_cpu_kernels_count; i++)
    {
        const flopmeter_cpu_kernel_t *const kernel = &flopmeter_cpu_kernels[i];
        if (kernel->is_supported())
        {
            add_workload(chip, &(flopmeter_workload_t){ .name = kernel->name, .precision = kernel->precision,
                .flop_count = flopmeter_cpu_kernel_flop_count(kernel), .iterations_max = UINT64_MAX, .item = kernel,
                .run = run_cpu });
        }
    }
}

static void prepare_gpu(plan_t *plan)
{
    flopmeter_plan_chip_t *const chip = &plan->gpu_chip;
    const flopmeter_gpu_t *const gpu = &plan->gpu;
    chip->kind = "gpu";
    chip->name = gpu->name;
    chip->device = gpu->uuid;
    chip->target = (flopmeter_counter_target_t){ .pid = -1, .cpu = -1, .device = gpu->uuid };
    if (!flopmeter_gpu_open(&plan->gpu, plan->settings->device, &chip->probe))
    {
        return;
    }
    for (size_t i = 0; i < gpu->kernels_count; i++)
    {
        const flopmeter_gpu_kernel_t *const kernel = &gpu->kernels[i];
        if (NULL != kernel->function)
        {
            add_workload(chip, &(flopmeter_workload_t){ .name = kernel->name, .precision = kernel->precision,
                .flop_count = kernel->block_flop_count * flopmeter_gpu_blocks(gpu), .iterations_max = UINT32_MAX,
                .context = gpu, .item = kernel, .run = run_gpu });
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

static bool counts(const flopmeter_counter_source_t *source, const flopmeter_plan_chip_t *chip)
{
    return (FLOPMETER_SOURCE_CUDA == source->source) == (0 == strcmp(chip->kind, "gpu"));
}

static void append_row(
    flopmeter_text_t *list, const flopmeter_counter_source_t *source, const flopmeter_plan_chip_t *chip)
{
    append_separator(list);
    flopmeter_text_append(list, "{\"source\": \"%s\", \"basis\": \"%s\", \"chipKind\": \"%s\", ", source->name,
        flopmeter_document_basis(source->basis), chip->kind);
}

static uint64_t duration_ns(const plan_t *plan, const flopmeter_counter_source_t *source)
{
    if (FLOPMETER_DERIVED == source->basis)
    {
        return plan->settings->is_quick ? SAMPLED_QUICK_NS : SAMPLED_NS;
    }
    return plan->settings->is_quick ? EXACT_QUICK_NS : EXACT_NS;
}

/* Answers for the chip first: a source can't be calibrated where nothing runs. */
static bool probe_source(plan_t *plan, const flopmeter_counter_source_t *source, const flopmeter_plan_chip_t *chip)
{
    flopmeter_counter_probe_t probe = chip->probe;
    if (FLOPMETER_COUNTER_AVAILABLE == probe.state)
    {
        memset(&probe, 0, sizeof(probe));
        source->probe(&chip->target, &probe);
    }
    append_row(&plan->sources, source, chip);
    flopmeter_document_probe(&plan->sources, &probe);
    flopmeter_text_append(&plan->sources, "}");
    return FLOPMETER_COUNTER_AVAILABLE == probe.state;
}

static void measure_idle(plan_t *plan, const flopmeter_counter_source_t *source, const flopmeter_plan_chip_t *chip)
{
    flopmeter_measurement_t measurement;
    flopmeter_measure_idle(source, &chip->target, duration_ns(plan, source), &measurement);
    append_row(&plan->idle, source, chip);
    flopmeter_document_probe(&plan->idle, &measurement.probe);
    flopmeter_text_append(&plan->idle, ", ");
    flopmeter_document_measurement(&plan->idle, &measurement);
    flopmeter_text_append(&plan->idle, "}");
}

static bool has_time(plan_t *plan)
{
    plan->is_cut = plan->is_cut || plan->settings->budget_ns <= now_ns() - plan->begin_ns;
    return !plan->is_cut;
}

static void measure_chip(
    plan_t *plan, const flopmeter_counter_source_t *source, flopmeter_plan_chip_t *chip, unsigned int pass)
{
    for (size_t i = 0; i < chip->workloads_count && has_time(plan); i++)
    {
        const flopmeter_workload_t *const workload = &chip->workloads[i];
        flopmeter_measurement_t measurement;
        flopmeter_measure(source, &chip->target, workload, duration_ns(plan, source), &measurement);
        append_row(&plan->readings, source, chip);
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

/* Pass by pass over everything, so that a budget that runs out leaves at least one reading of each kernel. */
static void measure_all(plan_t *plan)
{
    bool works[16] = { false };
    flopmeter_plan_chip_t *const chips[] = { &plan->cpu_chip, &plan->gpu_chip };
    for (size_t s = 0; NULL != flopmeter_counter_sources[s] && s < sizeof(works) / sizeof(works[0]); s++)
    {
        const flopmeter_counter_source_t *const source = flopmeter_counter_sources[s];
        flopmeter_plan_chip_t *const chip = counts(source, chips[0]) ? chips[0] : chips[1];
        works[s] = probe_source(plan, source, chip);
        if (works[s])
        {
            measure_idle(plan, source, chip);
        }
    }
    for (unsigned int pass = 0; pass < plan->settings->passes_count && has_time(plan); pass++)
    {
        for (size_t s = 0; NULL != flopmeter_counter_sources[s] && s < sizeof(works) / sizeof(works[0]); s++)
        {
            const flopmeter_counter_source_t *const source = flopmeter_counter_sources[s];
            if (works[s])
            {
                measure_chip(plan, source, counts(source, chips[0]) ? chips[0] : chips[1], pass);
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
        char digits[FLOPMETER_U128_LENGTH];
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
        flopmeter_text_append(document, "\"unmetered\": {\"flop\": \"%s\", \"timeNs\": %" PRIu64 "}}",
            flopmeter_document_decimal(
                digits, (flopmeter_u128_t)workload->slice_iterations * workload->flop_count), time_ns);
        *is_first = false;
    }
}

static void append_absent(flopmeter_text_t *document, const plan_t *plan, bool of_gpu)
{
    const char *separator = "";
    flopmeter_text_append(document, "\"kernelsAbsent\": [");
    for (size_t i = 0; !of_gpu && i < flopmeter_cpu_kernels_count; i++)
    {
        if (!flopmeter_cpu_kernels[i].is_supported())
        {
            flopmeter_text_append(document, "%s\"%s\"", separator, flopmeter_cpu_kernels[i].name);
            separator = ", ";
        }
    }
    for (size_t i = 0; of_gpu && 0 < plan->gpu.modules_count && i < plan->gpu.kernels_count; i++)
    {
        if (NULL == plan->gpu.kernels[i].function)
        {
            flopmeter_text_append(document, "%s\"%s\"", separator, plan->gpu.kernels[i].name);
            separator = ", ";
        }
    }
    flopmeter_text_append(document, "]");
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
    append_absent(document, plan, false);
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
        flopmeter_document_string(document, "architecture", NULL == gpu->architecture ? "none" : gpu->architecture);
        flopmeter_text_append(document, ", ");
        append_absent(document, plan, true);
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

bool flopmeter_plan_run(const flopmeter_plan_settings_t *settings, flopmeter_text_t *document)
{
    plan_t *const plan = calloc(1, sizeof(plan_t));
    bool is_first = true;
    if (NULL == plan)
    {
        return false;
    }
    const int64_t begin_epoch_ns = flopmeter_text_epoch_ns();
    plan->settings = settings;
    plan->begin_ns = now_ns();
    prepare_cpu(plan);
    prepare_gpu(plan);
    size_workloads(plan, &plan->cpu_chip);
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
    flopmeter_text_append(document, " \"passes\": %u, \"passesWanted\": %u, \"isCut\": %s,\n", plan->passes_done,
        settings->passes_count, plan->is_cut ? "true" : "false");
    flopmeter_text_append(document, " \"beginNs\": %" PRId64 ", \"endNs\": %" PRId64 "}\n", begin_epoch_ns,
        flopmeter_text_epoch_ns());
    flopmeter_gpu_close(&plan->gpu);
    flopmeter_text_free(&plan->sources);
    flopmeter_text_free(&plan->idle);
    flopmeter_text_free(&plan->readings);
    free(plan);
    return !document->failed;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A real H200 (testdata/counter), replayed: every load whose FLOP are known exactly must lie inside what the source
 * says of it, read once a second as flopmeter-counter does. Prints the error of the point.
 */

#include <inttypes.h>
#include <string.h>

#include "counter_gpu.h"

#define LOADS_MAX (16)

typedef struct load_stct
{
    char name[32];
    uint64_t begin_ns;
    uint64_t end_ns;
    uint64_t flop_count;
    flopmeter_gpu_pipe_t pipe;
    flopmeter_gpu_unit_t unit;
    flopmeter_precision_t precision;
    flopmeter_precision_t figure;   /* in which it shows when nobody knows the precision */
}
load_t;

static load_t loads[LOADS_MAX];
static size_t loads_count;
static flopmeter_counter_reading_t reading;

static void classify(load_t *load)
{
    static const load_t kinds[] = {
        { .name = "bf16", .pipe = FLOPMETER_GPU_HMMA, .unit = FLOPMETER_GPU_TENSOR, .precision = FLOPMETER_BF16,
            .figure = FLOPMETER_PRECISION_UNKNOWN },
        { .name = "fp16", .pipe = FLOPMETER_GPU_HMMA, .unit = FLOPMETER_GPU_TENSOR, .precision = FLOPMETER_FP16,
            .figure = FLOPMETER_PRECISION_UNKNOWN },
        { .name = "tf32", .pipe = FLOPMETER_GPU_HMMA, .unit = FLOPMETER_GPU_TENSOR, .precision = FLOPMETER_TF32,
            .figure = FLOPMETER_PRECISION_UNKNOWN },
        { .name = "fp8_", .pipe = FLOPMETER_GPU_HMMA, .unit = FLOPMETER_GPU_TENSOR, .precision = FLOPMETER_FP8,
            .figure = FLOPMETER_PRECISION_UNKNOWN },
        { .name = "int8", .pipe = FLOPMETER_GPU_IMMA, .unit = FLOPMETER_GPU_TENSOR, .precision = FLOPMETER_INT8,
            .figure = FLOPMETER_PRECISION_UNKNOWN },
        { .name = "fp64", .pipe = FLOPMETER_GPU_DFMA, .unit = FLOPMETER_GPU_TENSOR, .precision = FLOPMETER_FP64,
            .figure = FLOPMETER_FP64 },
        { .name = "fp32", .pipe = FLOPMETER_GPU_FP32, .unit = FLOPMETER_GPU_CUDA, .precision = FLOPMETER_FP32,
            .figure = FLOPMETER_FP32 },
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    {
        if (0 == strncmp(kinds[i].name, load->name, 4))
        {
            load->pipe = kinds[i].pipe;
            load->unit = kinds[i].unit;
            load->precision = kinds[i].precision;
            load->figure = kinds[i].figure;
            return;
        }
    }
    CHECK(false, "load %s", load->name);
}

static void load_files(void)
{
    char line[512];
    FILE *file = fopen(TESTDATA "/h200-loads.csv", "r");

    CHECK(NULL != file && NULL != fgets(line, sizeof(line), file), "h200-loads.csv");
    while (NULL != fgets(line, sizeof(line), file))
    {
        load_t *const load = &loads[loads_count++];
        CHECK(loads_count <= LOADS_MAX && 4 == sscanf(line, "%31[^,],%" SCNu64 ",%" SCNu64 ",%" SCNu64,
            load->name, &load->begin_ns, &load->end_ns, &load->flop_count), "%s", line);
        classify(load);
    }
    fclose(file);
    file = fopen(TESTDATA "/h200-gpm.csv", "r");
    CHECK(NULL != file && NULL != fgets(line, sizeof(line), file), "h200-gpm.csv");
    while (NULL != fgets(line, sizeof(line), file))
    {
        fake_segment_t *const segment = &fake->segments[fake->segments_count];
        uint32_t *const activity = segment->activity;
        uint64_t refresh_ns;
        uint32_t tensor;
        CHECK(fake->segments_count++ < FAKE_SEGMENTS_MAX && 12 == sscanf(line, "%" SCNu64 ",%" SCNu64
            ",%u,%u,%u,%u,%u,%u,%u,%u,%u,%u", &refresh_ns, &fake->refresh_ns, &segment->nominal_mhz,
            &segment->sm_util, &tensor, &activity[FLOPMETER_GPU_DFMA], &activity[FLOPMETER_GPU_HMMA],
            &activity[FLOPMETER_GPU_DMMA], &activity[FLOPMETER_GPU_IMMA], &activity[FLOPMETER_GPU_FP64],
            &activity[FLOPMETER_GPU_FP32], &activity[FLOPMETER_GPU_FP16]), "%s", line);
        segment->end_ns = START + refresh_ns;
        segment->begin_ns = segment->end_ns - fake->refresh_ns;
        segment->clock_hz = segment->nominal_mhz * UINT64_C(1000000);
        fake->refresh_phase_ns = segment->end_ns % fake->refresh_ns;
    }
    fclose(file);
    CHECK(loads_count == 8 && fake->segments_count > 200, "all of it");
}

/*
 * What of the load was done until `end_ns`: GEMM after GEMM of one size, at an even pace.
 */
static flopmeter_u128_t done_until(const load_t *load, uint64_t end_ns)
{
    const uint64_t time_ns = end_ns - START;

    if (time_ns <= load->begin_ns)
    {
        return 0;
    }
    return time_ns >= load->end_ns ? load->flop_count :
        (flopmeter_u128_t)load->flop_count * (time_ns - load->begin_ns) / (load->end_ns - load->begin_ns);
}

static double part_of(flopmeter_u128_t value, flopmeter_u128_t whole)
{
    return (double)value / (double)whole;
}

static void check_inside(
    const char *what, const load_t *load, const flopmeter_counter_figure_t *figure, flopmeter_u128_t least)
{
    printf("%-16s %-10s lower %.3f point %.3f upper %.3f of the truth\n", load->name, what,
        part_of(figure->lower, load->flop_count), part_of(figure->point, load->flop_count),
        part_of(figure->upper, load->flop_count));
    CHECK(figure->lower <= load->flop_count, "%s: lower %s above the truth %" PRIu64, load->name,
        gpu_text(figure->lower), load->flop_count);
    CHECK(figure->is_bounded && least <= figure->upper, "%s: upper %s below the truth %s", load->name,
        gpu_text(figure->upper), gpu_text(least));
}

static void should_hold_each_load(const load_t *load)
{
    flopmeter_counter_figure_t figure;

    fake->now_ns = START + load->begin_ns;
    flopmeter_counter_t *const counter = gpu_open("0");
    while (fake->now_ns + SEC < START + load->end_ns)
    {
        gpu_read_after(counter, SEC, &reading);
    }
    gpu_read_after(counter, START + load->end_ns - fake->now_ns, &reading);
    const flopmeter_u128_t least = done_until(load, reading.end_ns);
    check_inside("unknown", load, gpu_figure(&reading, load->figure), least);
    CHECK(flopmeter_gpm_collapse(counter, load->pipe, load->unit, load->precision, &figure), "no such rate");
    check_inside("known", load, &figure, least);
    /* An estimate that is right by accident would be no estimate: it must be near with the precision known. */
    CHECK(part_of(figure.point, load->flop_count) > 0.8 && part_of(figure.point, load->flop_count) < 1.2,
        "%s: point %.3f of the truth", load->name, part_of(figure.point, load->flop_count));
    CHECK(0 == reading.gaps_count, "gaps");
    flopmeter_gpm_source.close(counter);
}

static void should_hold_all_of_them_together(void)
{
    flopmeter_u128_t sums[FLOPMETER_PRECISION_UNKNOWN + 1] = { 0 };

    fake->now_ns = START + SEC / 2;
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int second = 0; second < 22; second++)
    {
        gpu_read_after(counter, SEC, &reading);
    }
    for (size_t i = 0; i < loads_count; i++)
    {
        sums[loads[i].figure] += loads[i].flop_count;
    }
    for (int precision = 1; precision <= FLOPMETER_PRECISION_UNKNOWN; precision++)
    {
        if (0 != sums[precision])
        {
            const flopmeter_counter_figure_t *const figure =
                gpu_figure(&reading, (flopmeter_precision_t)precision);
            printf("all, precision %-2d lower %.3f point %.3f upper %.3f of the truth\n", precision,
                part_of(figure->lower, sums[precision]), part_of(figure->point, sums[precision]),
                part_of(figure->upper, sums[precision]));
            CHECK(figure->lower <= sums[precision] && sums[precision] <= figure->upper, "precision %d: %s not in it",
                precision, gpu_text(sums[precision]));
        }
    }
    flopmeter_gpm_source.close(counter);
}

int main(void)
{
    gpu_begin(NULL);
    load_files();
    for (size_t i = 0; i < loads_count; i++)
    {
        should_hold_each_load(&loads[i]);
    }
    should_hold_all_of_them_together();
    return 0;
}

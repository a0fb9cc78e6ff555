/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables of chips as the source "gpm" uses them: which chip a product is, what its rates bound, what it can do.
 */

#include <inttypes.h>
#include <string.h>

#include "counter_gpu.h"

static flopmeter_counter_reading_t reading;

/* Products as NVML names them; one without tensor cores, and one of another capability, are not guessed. */
static void should_find_the_chip_of_a_product(void)
{
    static const struct
    {
        int major;
        int minor;
        const char *name;
        const char *chip;
    }
    products[] = {
        { 7, 0, "Tesla V100-SXM2-32GB", "GV100" }, { 7, 5, "Tesla T4", "TU102" },
        { 7, 5, "NVIDIA GeForce GTX 1650", NULL }, { 8, 0, "NVIDIA A100-SXM4-80GB", "GA100" },
        { 8, 6, "NVIDIA A10", "GA102" }, { 8, 6, "NVIDIA GeForce RTX 3090", "GA102" }, { 8, 7, "Orin", NULL },
        { 8, 9, "NVIDIA L4", "AD102" }, { 8, 9, "NVIDIA GeForce RTX 4070", "AD102" },
        { 9, 0, "NVIDIA H200", "GH100" }, { 9, 0, "NVIDIA A10", NULL },
        { 9, 0, "NVIDIA H100 80GB HBM3", "GH100_H100" }, { 9, 0, "NVIDIA GH200 480GB", "GH100_H100" },
        { 9, 0, "NVIDIA H20", "GH100_H20" }, { 9, 0, "NVIDIA H800 PCIe", "GH100_H20" },
        { 9, 0, "NVIDIA H200 NVL", "GH100" }, { 9, 0, "NVIDIA H2000", NULL }, { 8, 9, "NVIDIA L40S", "AD102" },
        { 7, 5, "NVIDIA T400 4GB", NULL }, { 8, 6, "NVIDIA A10G", "GA102" }, { 10, 0, "NVIDIA GB200", "GB100" },
        { 12, 0, "NVIDIA GeForce RTX 5070 Ti", "GB202" }, { 12, 1, "NVIDIA GB10", NULL },
    };

    for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
    {
        const flopmeter_gpu_chip_t *const chip =
            flopmeter_gpu_chip_find(products[i].major, products[i].minor, products[i].name);
        const char *const found = NULL == chip ? "none" : chip->name;
        CHECK(0 == strcmp(found, NULL == products[i].chip ? "none" : products[i].chip), "%s: %s", products[i].name,
            found);
        CHECK(NULL == chip || chip->is_measured == (0 == strcmp("GH100", chip->name)), "%s: status",
            products[i].name);
    }
}

/*
 * A lower end needs the slowest that a pipe can be, and only what was measured tells that.
 */
static void should_claim_nothing_by_rates_that_nobody_measured(void)
{
    static const char *const names[] = { "NVIDIA H100 80GB HBM3", "NVIDIA GH200 480GB", "NVIDIA H20", "NVIDIA H800" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        gpu_begin(NULL);
        snprintf(fake->name, sizeof(fake->name), "%s", names[i]);
        gpu_work(0, 20 * SEC, FLOPMETER_GPU_HMMA, 90, 1800);
        for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
        {
            fake->segments[0].activity[pipe] = fake->segments[0].activity[FLOPMETER_GPU_HMMA];
        }
        flopmeter_counter_t *const counter = gpu_open("0");
        gpu_read_after(counter, 10 * SEC, &reading);
        for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
        {
            for (int precision = FLOPMETER_FP64; precision < FLOPMETER_PRECISION_UNKNOWN; precision++)
            {
                flopmeter_counter_figure_t figure;
                const bool is_there = flopmeter_gpm_collapse(counter, (flopmeter_gpu_pipe_t)pipe,
                    FLOPMETER_GPU_UNIT_ANY, (flopmeter_precision_t)precision, &figure);
                CHECK(!is_there || (0 == figure.lower && figure.point > 0), "%s: pipe %d, precision %d: lower %s",
                    names[i], pipe, precision, gpu_text(figure.lower));
            }
        }
        flopmeter_gpm_source.close(counter);
    }
}

/*
 * The pipe IMMA does int8, int4 and binary products, and nobody sees which: the fastest bounds it.
 */
static void should_bound_every_format_of_integer_products(int major, int minor, const char *name, unsigned rate)
{
    flopmeter_counter_figure_t figure;
    flopmeter_gpu_span_t span;

    gpu_begin(NULL);
    fake->major = major;
    fake->minor = minor;
    snprintf(fake->name, sizeof(fake->name), "%s", name);
    fake->sm_count = 64;
    gpu_work(0, 20 * SEC, FLOPMETER_GPU_IMMA, 100, 1980);
    flopmeter_counter_t *const counter = gpu_open("0");
    const flopmeter_gpu_chip_t *const chip = flopmeter_gpm_device(counter)->chip;
    gpu_read_after(counter, 10 * SEC, &reading);
    CHECK(flopmeter_gpu_chip_span(chip, FLOPMETER_GPU_IMMA, FLOPMETER_GPU_UNIT_ANY, FLOPMETER_INT8, &span) &&
        8 * span.highest == rate, "%s: int8 at %u", name, span.highest);
    const flopmeter_u128_t binary =
        gpu_true_cycles(FLOPMETER_GPU_IMMA, 0, reading.end_ns - START) * rate / FAKE_WHOLE;
    const flopmeter_u128_t any = gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper;
    CHECK(any >= binary, "%s: upper %s below binary products: %s", name, gpu_text(any), gpu_text(binary));
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_IMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_INT8, &figure) &&
        figure.upper <= any / 8 + 1, "%s: int8 is int8", name);
    const bool has_int4 =
        flopmeter_gpm_collapse(counter, FLOPMETER_GPU_IMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_INT4, &figure);
    CHECK(has_int4 == (8 == major || 7 == major), "%s: int4 on tensor cores is of Turing to Ada", name);
    CHECK(!has_int4 || figure.upper >= binary / 4, "%s: int4 below the truth", name);
    flopmeter_gpm_source.close(counter);
}

static void should_survey_every_gpu(void)
{
    flopmeter_gpm_device_t devices[4];
    flopmeter_counter_probe_t probe;
    flopmeter_gpu_range_t peak;

    gpu_begin(NULL);
    CHECK(1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe), "one GPU");
    CHECK(0 == strcmp("NVIDIA H200", devices[0].name) && 132 == devices[0].sm_count.lower, "%s", devices[0].name);
    CHECK(flopmeter_gpm_device_peak(&devices[0], FLOPMETER_BF16, &peak), "bf16");
    CHECK(UINT64_C(4096) * 132 * 1980000000 == peak.upper && UINT64_C(4096) * 132 * 1980 * 903000 == peak.point &&
        0 == peak.lower, "bf16 peak %" PRIu64 " %" PRIu64, peak.point, peak.upper);
    CHECK(flopmeter_gpm_device_peak(&devices[0], FLOPMETER_FP32, &peak) &&
        UINT64_C(256) * 132 * 1980000000 == peak.upper && peak.upper == peak.point, "fp32 outside the tensor cores");
    CHECK(!flopmeter_gpm_device_peak(&devices[0], FLOPMETER_FP4, &peak), "no fp4 on this chip");
    CHECK(flopmeter_gpm_device_peak(&devices[0], FLOPMETER_INT8, &peak) &&
        UINT64_C(8192) * 132 * 1980000000 == peak.upper, "int8 is not binary");
    CHECK(!flopmeter_gpm_device_peak(&devices[0], FLOPMETER_INT1, &peak), "a bound is no peak to tell of");

    /* GPM is for reading figures: what is there is there without it, and whole where it is partitioned. */
    fake->is_supported = 0;
    fake->is_mig = 1;
    CHECK(1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe) &&
        flopmeter_gpm_device_peak(&devices[0], FLOPMETER_BF16, &peak), "without GPM");
    snprintf(fake->name, sizeof(fake->name), "NVIDIA Z999");
    CHECK(1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe) && NULL == devices[0].chip &&
        !flopmeter_gpm_device_peak(&devices[0], FLOPMETER_BF16, &peak), "of an unknown chip nothing is known");
    gpu_begin("nvmlDeviceGetMaxClockInfo");
    CHECK(1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe) &&
        !flopmeter_gpm_device_peak(&devices[0], FLOPMETER_BF16, &peak), "no clock, no peak");
    gpu_begin("nvmlDeviceGetNumGpuCores");
    CHECK(1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe) &&
        flopmeter_gpm_device_peak(&devices[0], FLOPMETER_BF16, &peak) &&
        UINT64_C(4096) * 144 * 1980000000 == peak.upper, "the full die bounds it");
    gpu_begin(NULL);
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetHandleByIndex_v2", .count = 9, .result = 15 });
    CHECK(1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe) && NULL == devices[0].chip &&
        '\0' == devices[0].name[0], "one that is lost is there");
    gpu_hide_library(true);
    CHECK(-1 == flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, 4, &probe) &&
        FLOPMETER_COUNTER_ABSENT == probe.state, "no driver");
    CHECK(0 == fake->is_initialised && 0 == fake->calls_after_shutdown, "left open");
}

int main(void)
{
    should_find_the_chip_of_a_product();
    should_claim_nothing_by_rates_that_nobody_measured();
    should_bound_every_format_of_integer_products(7, 5, "Tesla T4", 16384);
    should_bound_every_format_of_integer_products(8, 0, "NVIDIA A100-SXM4-80GB", 32768);
    should_bound_every_format_of_integer_products(8, 6, "NVIDIA A10", 16384);
    should_bound_every_format_of_integer_products(8, 9, "NVIDIA L40S", 16384);
    should_bound_every_format_of_integer_products(9, 0, "NVIDIA H200", 65536);
    should_bound_every_format_of_integer_products(10, 0, "NVIDIA B200", 131072);
    should_survey_every_gpu();
    return 0;
}

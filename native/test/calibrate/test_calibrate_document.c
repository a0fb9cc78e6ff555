/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the raw document is made of: digits of 128-bit totals, names, the CPU's name from files of several machines.
 */

#include "check.h"
#include "counter_names.h"
#include "cpu_kernels.h"
#include "document.h"
#include "plan.h"

#include <string.h>

static void check_decimal(flopmeter_u128_t value, const char *expected)
{
    char digits[FLOPMETER_DECIMAL_LENGTH];
    const char *const found = flopmeter_decimal(digits, value);
    CHECK(0 == strcmp(expected, found), "expected %s, found %s", expected, found);
}

static void check_name(const char *scratch, const char *content, const char *expected)
{
    char name[64];
    FILE *const file = fopen(scratch, "w");
    CHECK(NULL != file && 0 <= fputs(content, file) && 0 == fclose(file), "cannot write %s", scratch);
    flopmeter_plan_cpu_name(scratch, name, sizeof(name));
    unlink(scratch);
    CHECK(0 == strcmp(expected, name), "expected '%s', found '%s'", expected, name);
}

static void check_names(void)
{
    for (int code = FLOPMETER_FP64; code < FLOPMETER_PRECISION_UNKNOWN; code++)
    {
        const char *const name = flopmeter_counter_precision_name((flopmeter_precision_t)code);
        CHECK(0 != strcmp("unknown", name), "precision %d has no name", code);
    }
    CHECK(0 == strcmp("unknown", flopmeter_counter_precision_name((flopmeter_precision_t)99)),
        "a precision out of range");
    CHECK(0 == strcmp("unknown", flopmeter_counter_state_name((flopmeter_counter_state_t)99)), "a state out of range");
    CHECK(0 == strcmp("FAILED", flopmeter_counter_state_name(FLOPMETER_COUNTER_FAILED)), "the last state");
    CHECK(0 == strcmp("DECLARED", flopmeter_document_basis(FLOPMETER_DECLARED)), "the last basis");
}

static void check_measurement(void)
{
    flopmeter_text_t text = { NULL, 0, 0, false };
    flopmeter_measurement_t measurement;
    memset(&measurement, 0, sizeof(measurement));
    measurement.expected = (flopmeter_u128_t)1 << 100;
    measurement.time_ns = 7;
    measurement.reading.gaps_count = 2;
    measurement.reading.figures_count = 2;
    measurement.reading.figures[0] = (flopmeter_counter_figure_t){ FLOPMETER_FP32, 1, 2, 3, true };
    measurement.reading.figures[1] = (flopmeter_counter_figure_t){ FLOPMETER_TF32, 4, 5, 0, false };
    flopmeter_document_measurement(&text, &measurement);
    CHECK(0 == strcmp(text.bytes,
        "\"expected\": \"1267650600228229401496703205376\", \"timeNs\": 7, \"gaps\": 2, \"figures\": ["
        "{\"precision\": \"fp32\", \"lower\": \"1\", \"point\": \"2\", \"upper\": \"3\"}, "
        "{\"precision\": \"tf32\", \"lower\": \"4\", \"point\": \"5\", \"upper\": \"unbounded\"}]"), "%s", text.bytes);
    flopmeter_text_free(&text);
}

/* A chip takes so many and drops the rest. */
static void check_room(void)
{
    CHECK(flopmeter_cpu_kernels_count <= FLOPMETER_PLAN_WORKLOADS_MAX, "%zu CPU kernels", flopmeter_cpu_kernels_count);
    CHECK(FLOPMETER_GPU_KERNELS_MAX <= FLOPMETER_PLAN_WORKLOADS_MAX, "%d GPU kernels", FLOPMETER_GPU_KERNELS_MAX);
}

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_calibrate_document SCRATCH-FILE");
    check_decimal(0, "0");
    check_decimal(10, "10");
    check_decimal(UINT64_MAX, "18446744073709551615");
    check_decimal(~(flopmeter_u128_t)0, "340282366920938463463374607431768211455");
    check_name(argv[1], "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
        "model name\t: Intel(R) Xeon(R)\nstepping\t: 8\n\nprocessor\t: 1\nmodel name\t: another\n",
        "GenuineIntel 6 143 Intel(R) Xeon(R)");
    check_name(argv[1], "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n", "0x41 0xd40");
    check_name(argv[1], "", "unknown");
    check_name(argv[1], "model name\t: 0123456789012345678901234567890123456789012345678901234567890123456789\n",
        "012345678901234567890123456789012345678901234567890123456789012");
    flopmeter_plan_cpu_name("/no/such/file", argv[1], 1);
    check_names();
    check_room();
    check_measurement();
    return 0;
}

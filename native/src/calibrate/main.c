/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-calibrate: runs kernels of known FLOP under every source and prints one JSON document of raw readings. What
 * they mean (errors, classes, the certificate) is worked out by `flopmeter calibrate`, docs/calibrate.md.
 */

#include "blas.h"
#include "cpu_kernels.h"
#include "cublas.h"
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USAGE (2)
#define ENVIRONMENT (3)
#define PASSES (3)
#define BUDGET_NS (45000000000ULL)
#define BUDGET_MS_MAX (86400000)
#define NS_PER_MS (1000000)

static const char usage_text[] =
    "usage: flopmeter-calibrate [--json] [--quick] [--device N] [--budget-ms N]\n"
    "       flopmeter-calibrate --blas fp64|fp32 [--library FILE]\n"
    "       flopmeter-calibrate --cublas fp64|fp32|bf16 [--library FILE] [--device N]\n"
    "       flopmeter-calibrate --run-kernel NAME ITERATIONS\n";

typedef struct options_stct
{
    flopmeter_plan_settings_t settings;
    flopmeter_precision_t blas;        /* 0: not asked for */
    flopmeter_precision_t cublas;
    const char *library;
    const char *kernel;
    uint64_t iterations;
}
options_t;

static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return '0' <= text[0] && text[0] <= '9' && '\0' == *end && 0 == errno && *value <= max;
}

static bool parse_precision(const char *text, flopmeter_precision_t *precision)
{
    *precision = 0 == strcmp(text, "fp64") ? FLOPMETER_FP64 : 0 == strcmp(text, "fp32") ? FLOPMETER_FP32 :
        0 == strcmp(text, "bf16") ? FLOPMETER_BF16 : 0;
    return 0 != *precision;
}

/* One option at `at` with its values. Return how many words it took, 0 when it is wrong. */
static int parse_option(int argc, char **argv, int at, options_t *options)
{
    const char *const word = argv[at];
    uint64_t number = 0;
    if (0 == strcmp(word, "--json"))
    {
        return 1;
    }
    if (0 == strcmp(word, "--quick"))
    {
        options->settings.is_quick = true;
        options->settings.passes_count = 1;
        return 1;
    }
    if (at + 1 >= argc)
    {
        return 0;
    }
    if (0 == strcmp(word, "--device") && parse_number(argv[at + 1], INT32_MAX, &number))
    {
        options->settings.device = (int)number;
        return 2;
    }
    if (0 == strcmp(word, "--budget-ms") && parse_number(argv[at + 1], BUDGET_MS_MAX, &number))
    {
        options->settings.budget_ns = number * NS_PER_MS;
        return 2;
    }
    if (0 == strcmp(word, "--blas") && parse_precision(argv[at + 1], &options->blas) &&
        FLOPMETER_BF16 != options->blas)
    {
        return 2;
    }
    if (0 == strcmp(word, "--cublas") && parse_precision(argv[at + 1], &options->cublas))
    {
        return 2;
    }
    if (0 == strcmp(word, "--library"))
    {
        options->library = argv[at + 1];
        return 2;
    }
    if (0 == strcmp(word, "--run-kernel") && at + 2 < argc &&
        parse_number(argv[at + 2], UINT64_MAX, &options->iterations))
    {
        options->kernel = argv[at + 1];
        return 3;
    }
    return 0;
}

static int run_kernel(const options_t *options, flopmeter_text_t *document)
{
    for (size_t i = 0; i < flopmeter_cpu_kernels_count; i++)
    {
        const flopmeter_cpu_kernel_t *const kernel = &flopmeter_cpu_kernels[i];
        if (0 == strcmp(kernel->name, options->kernel))
        {
            char digits[FLOPMETER_DECIMAL_LENGTH];
            const char *const why_not = kernel->why_not();
            if (NULL != why_not)
            {
                flopmeter_text_warn("%s cannot run here: %s", kernel->name, why_not);
                return ENVIRONMENT;
            }
            flopmeter_cpu_kernel_run(kernel, options->iterations);
            flopmeter_text_append(document, "%s\n", flopmeter_decimal(digits,
                (flopmeter_u128_t)options->iterations * flopmeter_cpu_kernel_flop_count(kernel)));
            return 0;
        }
    }
    flopmeter_text_warn("no kernel of this name: %s", options->kernel);
    return USAGE;
}

int main(int argc, char **argv)
{
    options_t options = { .settings = { .passes_count = PASSES, .budget_ns = BUDGET_NS } };
    flopmeter_text_t document = { NULL, 0, 0, false };
    int at = 1;
    while (at < argc)
    {
        const int words = parse_option(argc, argv, at, &options);
        if (0 == words)
        {
            flopmeter_text_warn("not understood: %s", argv[at]);
            fputs(usage_text, stderr);
            return USAGE;
        }
        at += words;
    }
    int result = 0;
    if (NULL != options.kernel)
    {
        result = run_kernel(&options, &document);
    }
    else if (0 != options.blas)
    {
        result = flopmeter_blas_run(options.library, options.blas, &document);
    }
    else if (0 != options.cublas)
    {
        result =
            flopmeter_cublas_run(options.library, options.settings.device, options.cublas, &document);
    }
    else if (!flopmeter_plan_run(&options.settings, &document))
    {
        document.failed = true;
    }
    if (document.failed)
    {
        flopmeter_text_warn("out of memory");
        result = ENVIRONMENT;
    }
    else if (NULL != document.bytes && 0 != flopmeter_text_write(STDOUT_FILENO, document.bytes, document.length))
    {
        flopmeter_text_warn("cannot write the document: %s", strerror(errno));
        result = ENVIRONMENT;
    }
    flopmeter_text_free(&document);
    return result;
}

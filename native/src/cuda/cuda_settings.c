/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_settings.h"

#include "cuda_metric.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_MS (1000000U)
#define WINDOW_MS (1000)
#define PERIOD_MS (60000)
#define MS_MAX (86400000)

/* Set by Nsight Compute and Nsight Systems in what they start. */
static const char *const profilers[] = {
    "NV_COMPUTE_PROFILER", "NV_COMPUTE_PROFILER_PERFWORKS_DIR", "NV_NSIGHT_INJECTION_PORT_BASE", "NV_TPS_LAUNCH_UUID",
    "NSYS_PROFILING_SESSION_ID", "QUADD_INJECTION_PROXY"
};

static uint64_t load_ms(const char *name, uint64_t fallback)
{
    const char *const value = secure_getenv(name);
    uint64_t number = 0;

    if (NULL == value || '\0' == value[0])
    {
        return fallback;
    }
    for (const char *digit = value; '\0' != *digit; digit++)
    {
        if (*digit < '0' || *digit > '9' || number > MS_MAX)
        {
            return fallback;
        }
        number = number * 10 + (uint64_t)(*digit - '0');
    }
    return number >= 1 && number <= MS_MAX ? number : fallback;
}

static flopmeter_cuda_rotation_t load_sets(const char *value)
{
    return NULL == value               ? FLOPMETER_CUDA_ROTATE
        : 0 == strcmp("fixed", value)  ? FLOPMETER_CUDA_FIXED
        : 0 == strcmp("reopen", value) ? FLOPMETER_CUDA_REOPEN
                                       : FLOPMETER_CUDA_ROTATE;
}

static bool load_mode(flopmeter_cuda_settings_t *settings, const char *value)
{
    char copy[128];
    char *rest = NULL;

    if (NULL == value || strlen(value) >= sizeof(copy))
    {
        return false;
    }
    strcpy(copy, value);
    const char *word = strtok_r(copy, ",", &rest);
    if (NULL == word || (0 != strcmp(word, "windows") && 0 != strcmp(word, "continuous")))
    {
        return false;
    }
    settings->is_continuous = 'c' == word[0];
    for (word = strtok_r(NULL, ",", &rest); NULL != word; word = strtok_r(NULL, ",", &rest))
    {
        const flopmeter_precision_t precision = flopmeter_cuda_precision_of(word);
        if (FLOPMETER_PRECISION_UNKNOWN == precision)
        {
            return false;
        }
        settings->precisions |= UINT32_C(1) << precision;
    }
    return true;
}

const char *flopmeter_cuda_settings_here(const char *name)
{
    return secure_getenv(name);
}

const char *flopmeter_cuda_settings_profiler(flopmeter_cuda_variable_fn *variable)
{
    for (size_t i = 0; i < sizeof(profilers) / sizeof(profilers[0]); i++)
    {
        if (NULL != variable(profilers[i]))
        {
            return profilers[i];
        }
    }
    return NULL;
}

const char *flopmeter_cuda_settings_cupti(flopmeter_cuda_variable_fn *variable)
{
    const char *const path = variable("FLOPMETER_CUPTI");

    return NULL != path && '/' == path[0] && strlen(path) < PATH_MAX ? path : NULL;
}

void flopmeter_cuda_settings_load(flopmeter_cuda_settings_t *settings)
{
    const char *const kernels = secure_getenv("FLOPMETER_KERNELS");
    const char *const cupti = flopmeter_cuda_settings_cupti(flopmeter_cuda_settings_here);

    memset(settings, 0, sizeof(*settings));
    settings->is_on = load_mode(settings, secure_getenv("FLOPMETER_EXECUTED"));
    settings->are_kernels = NULL != kernels && 0 == strcmp("on", kernels);
    settings->window_ns = load_ms("FLOPMETER_EXECUTED_WINDOW_MS", WINDOW_MS) * NS_PER_MS;
    settings->sets = load_sets(secure_getenv("FLOPMETER_EXECUTED_SETS"));
    settings->period_ns = load_ms("FLOPMETER_EXECUTED_PERIOD_MS", PERIOD_MS) * NS_PER_MS;
    if (NULL != cupti)
    {
        strcpy(settings->cupti, cupti);
    }
    settings->profiler = flopmeter_cuda_settings_profiler(flopmeter_cuda_settings_here);
}

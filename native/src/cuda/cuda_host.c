/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_host.h"

#include <stdlib.h>
#include <string.h>

static int open_host(const flopmeter_cuda_chip_t *chip, void **host)
{
    flopmeter_cupti_host_init_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_host_init_t, host),
        .profiler = chip->profiler,
        .chip = chip->name,
        .availability = chip->availability
    };
    const int result = chip->api->host_init(&params);

    *host = params.host;
    return FLOPMETER_CUPTI_SUCCESS == result && NULL == params.host ? FLOPMETER_CUPTI_NOT_SUPPORTED : result;
}

static void close_host(const flopmeter_cuda_chip_t *chip, void *host)
{
    flopmeter_cupti_host_end_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_host_end_t, host), .host = host
    };

    chip->api->host_end(&params);
}

int flopmeter_cuda_chip_table(const flopmeter_cuda_chip_t *chip, flopmeter_cuda_table_t *table)
{
    flopmeter_cupti_base_metrics_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_base_metrics_t, count),
        .type = FLOPMETER_CUPTI_METRIC_COUNTER
    };
    int result = open_host(chip, &params.host);

    memset(table, 0, sizeof(*table));
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        return result;
    }
    result = chip->api->host_metrics(&params);
    if (FLOPMETER_CUPTI_SUCCESS == result && NULL != params.names)
    {
        flopmeter_cuda_table_build(table, params.names, params.count);
        /* Volta and Turing have none. */
        table->has_sparsity = 0 != strncmp("GV", chip->name, 2) && 0 != strncmp("TU", chip->name, 2);
    }
    close_host(chip, params.host);
    return result;
}

int flopmeter_cuda_chip_names(
    const flopmeter_cuda_chip_t *chip, void (*take)(void *context, const char *name), void *context)
{
    flopmeter_cupti_base_metrics_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_base_metrics_t, count),
        .type = FLOPMETER_CUPTI_METRIC_COUNTER
    };
    int result = open_host(chip, &params.host);

    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        return result;
    }
    result = chip->api->host_metrics(&params);
    for (size_t i = 0; FLOPMETER_CUPTI_SUCCESS == result && NULL != params.names && i < params.count; i++)
    {
        take(context, params.names[i]);
    }
    close_host(chip, params.host);
    return result;
}

/* A new host object each time: metrics can be added to one, never taken out. */
static int configure(
    flopmeter_cuda_config_t *config, const flopmeter_cuda_chip_t *chip, const char *const *names, size_t count)
{
    memset(config, 0, sizeof(*config));
    memcpy(config->names, names, count * sizeof(names[0]));
    config->count = count;

    int result = open_host(chip, &config->host);
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        config->host = NULL;
        return result;
    }
    flopmeter_cupti_add_metrics_t add = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_add_metrics_t, count),
        .host = config->host, .names = config->names, .count = config->count
    };
    flopmeter_cupti_config_length_t length = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_config_length_t, image_length), .host = config->host
    };
    result = chip->api->host_add(&add);
    result = FLOPMETER_CUPTI_SUCCESS == result ? chip->api->host_config_length(&length) : result;
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        return result;
    }
    config->image_length = length.image_length;
    config->image = calloc(1, 0 == length.image_length ? 1 : length.image_length);
    if (NULL == config->image)
    {
        return FLOPMETER_CUPTI_NOT_SUPPORTED;
    }
    flopmeter_cupti_config_image_t image = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_config_image_t, image),
        .host = config->host, .image_length = config->image_length, .image = config->image
    };
    return chip->api->host_config(&image);
}

static void names_of(const flopmeter_cuda_table_t *table, const flopmeter_cuda_set_t *set, const char **names)
{
    for (size_t i = 0; i < set->count; i++)
    {
        names[i] = table->metrics[set->metrics[i]].name;
    }
    size_t count = set->count;
    for (uint64_t rest = set->dense; 0 != rest; rest &= rest - 1)
    {
        names[count++] = table->dense[__builtin_ctzll(rest)].name;
    }
}

static size_t names_count_of(const flopmeter_cuda_set_t *set)
{
    return set->count + (size_t)__builtin_popcountll(set->dense);
}

static size_t passes_of(const flopmeter_cuda_chip_t *chip, const flopmeter_cuda_config_t *config)
{
    flopmeter_cupti_passes_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_passes_t, count),
        .image_length = config->image_length, .image = config->image
    };

    return FLOPMETER_CUPTI_SUCCESS == chip->api->host_passes(&params) ? params.count : 0;
}

void flopmeter_cuda_config_close(flopmeter_cuda_config_t *config, const flopmeter_cuda_chip_t *chip)
{
    if (NULL != config->host)
    {
        close_host(chip, config->host);
    }
    free(config->image);
    memset(config, 0, sizeof(*config));
}

int flopmeter_cuda_config_open_names(
    flopmeter_cuda_config_t *config, const flopmeter_cuda_chip_t *chip, const char *const *names, size_t count)
{
    int result = configure(config, chip, names, count);

    if (FLOPMETER_CUPTI_SUCCESS == result && 1 != passes_of(chip, config))
    {
        result = FLOPMETER_CUPTI_NOT_SUPPORTED;
    }
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        flopmeter_cuda_config_close(config, chip);
    }
    return result;
}

int flopmeter_cuda_config_open(
    flopmeter_cuda_config_t *config,
    const flopmeter_cuda_chip_t *chip,
    const flopmeter_cuda_table_t *table,
    const flopmeter_cuda_set_t *set)
{
    const char *names[FLOPMETER_CUDA_SET_NAMES_MAX];

    names_of(table, set, names);
    return flopmeter_cuda_config_open_names(config, chip, names, names_count_of(set));
}

size_t flopmeter_cuda_chip_names_passes(flopmeter_cuda_chip_t *chip, const char *const *names, size_t count)
{
    flopmeter_cuda_config_t config;

    /* Once ended it stays so: the search would take the rest for all there is. */
    chip->was_stopped = chip->was_stopped || (NULL != chip->is_stopped && atomic_load(chip->is_stopped));
    if (chip->was_stopped)
    {
        return 0;
    }
    chip->trials++;
    const size_t passes =
        FLOPMETER_CUPTI_SUCCESS == configure(&config, chip, names, count) ? passes_of(chip, &config) : 0;
    flopmeter_cuda_config_close(&config, chip);
    return passes;
}

size_t flopmeter_cuda_chip_passes(
    void *chip_pointer, const flopmeter_cuda_table_t *table, const flopmeter_cuda_set_t *set)
{
    const char *names[FLOPMETER_CUDA_SET_NAMES_MAX];

    names_of(table, set, names);
    return flopmeter_cuda_chip_names_passes(chip_pointer, names, names_count_of(set));
}

int flopmeter_cuda_config_evaluate(
    const flopmeter_cuda_config_t *config,
    const flopmeter_cuda_chip_t *chip,
    const uint8_t *image,
    size_t image_length,
    size_t range,
    double *values)
{
    flopmeter_cupti_evaluate_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_evaluate_t, values),
        .host = config->host,
        .image = image,
        .image_length = image_length,
        .range = range,
        .names = (const char **)(uintptr_t)config->names,
        .count = config->count,
        .values = values
    };

    return chip->api->host_evaluate(&params);
}

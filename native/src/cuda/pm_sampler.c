/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pm_sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUCCESS (FLOPMETER_CUPTI_SUCCESS)
#define BUFFER_LENGTH ((size_t)64 << 20)
#define SAMPLES_MAX (2048)                     /* of an image */
#define IMAGES_MAX (64)                        /* of one reading: filling faster than reading has an end */
#define SYSCLK_INTERVAL (UINT64_C(1000000))    /* clocks: some 0.7 ms */
#define EXACT_MAX (9007199254740992.0)         /* 2^53: above it a double skips integers, and no sample comes near it */

_Static_assert(FLOPMETER_PM_KINDS <= FLOPMETER_CUDA_SET_NAMES_MAX, "a set is one configuration");

static size_t passes_of(void *chip, const char *const *names, size_t count)
{
    return flopmeter_cuda_chip_names_passes(chip, names, count);
}

/* Turing and GA100 have no trigger by time. */
static bool has_time(const char *chip)
{
    return 0 != strcmp("GA100", chip) && 0 != strncmp("TU", chip, 2);
}

static int find_availability(flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_pm_availability_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_availability_t, image), .device = sampler->ordinal
    };
    int result = sampler->api->pm.pm_availability(&params);

    if (SUCCESS != result)
    {
        return result;
    }
    free(sampler->availability);
    sampler->availability = calloc(1, 0 == params.image_length ? 1 : params.image_length);
    params.image = sampler->availability;
    return NULL == params.image ? FLOPMETER_CUPTI_OUT_OF_MEMORY : sampler->api->pm.pm_availability(&params);
}

static int find_name(flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_plain_t plain = { .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_plain_t, reserved) };
    flopmeter_cupti_chip_t chip = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_chip_t, name), .device = sampler->ordinal
    };
    int result = sampler->api->pm.initialize(&plain);

    result = SUCCESS == result ? sampler->api->pm.chip(&chip) : result;
    if (SUCCESS == result && (NULL == chip.name || strlen(chip.name) >= sizeof(sampler->chip.name)))
    {
        return FLOPMETER_CUPTI_CHIP_NAME;
    }
    if (SUCCESS == result)
    {
        strcpy(sampler->chip.name, chip.name);
    }
    return result;
}

/* Which metrics, and the image that configures the hardware for them. The search is done once. */
static int configure(flopmeter_pm_sampler_t *sampler)
{
    static flopmeter_pm_table_t table;
    const char *names[FLOPMETER_PM_KINDS];
    int result = find_name(sampler);

    result = SUCCESS == result ? find_availability(sampler) : result;
    sampler->chip.api = sampler->api;
    sampler->chip.profiler = FLOPMETER_CUPTI_PM_SAMPLING;
    sampler->chip.availability = sampler->availability;
    if (SUCCESS == result && 0 == sampler->set.count)
    {
        memset(&table, 0, sizeof(table));
        result = flopmeter_cuda_chip_names(&sampler->chip, flopmeter_pm_table_take, &table);
        if (SUCCESS == result && !flopmeter_pm_set_find(&sampler->set, &table, passes_of, &sampler->chip))
        {
            result = FLOPMETER_CUPTI_NOT_SUPPORTED;
        }
    }
    if (SUCCESS != result)
    {
        return result;
    }
    for (size_t i = 0; i < sampler->set.count; i++)
    {
        names[i] = sampler->set.names[i];
    }
    result = flopmeter_cuda_config_open_names(&sampler->config, &sampler->chip, names, sampler->set.count);
    if (SUCCESS != result)
    {
        /* What was found before is not to be had now: look again the next time. */
        sampler->set.count = 0;
    }
    return result;
}

static int make_image(flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_pm_image_length_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_image_length_t, image_length),
        .sampler = sampler->object,
        .names = sampler->config.names,
        .count = sampler->config.count,
        .samples_max = SAMPLES_MAX
    };
    const int result = sampler->api->pm.pm_image_length(&params);

    if (SUCCESS != result)
    {
        return result;
    }
    sampler->image_length = params.image_length;
    sampler->image = calloc(1, 0 == params.image_length ? 1 : params.image_length);
    return NULL == sampler->image ? FLOPMETER_CUPTI_OUT_OF_MEMORY : SUCCESS;
}

static int clear_image(const flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_pm_image_init_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_image_init_t, image),
        .sampler = sampler->object,
        .image_length = sampler->image_length,
        .image = sampler->image
    };

    return sampler->api->pm.pm_image_init(&params);
}

static int enable(flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_pm_enable_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_enable_t, sampler), .device = sampler->ordinal
    };
    flopmeter_cupti_pm_config_t config = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_config_t, append),
        .config_length = sampler->config.image_length,
        .config = sampler->config.image,
        .buffer_length = BUFFER_LENGTH,
        .append = FLOPMETER_CUPTI_KEEP_OLDEST
    };
    int result = sampler->api->pm.pm_enable(&params);

    if (SUCCESS != result || NULL == params.sampler)
    {
        /* "Invalid operation" is: it is enabled already. */
        return SUCCESS == result ? FLOPMETER_CUPTI_NOT_SUPPORTED :
            FLOPMETER_CUPTI_INVALID_OPERATION == result ? FLOPMETER_CUPTI_HARDWARE_BUSY : result;
    }
    sampler->object = params.sampler;
    sampler->is_timed = has_time(sampler->chip.name);
    config.sampler = sampler->object;
    config.interval = sampler->is_timed ? FLOPMETER_PM_INTERVAL_NS : SYSCLK_INTERVAL;
    config.trigger = sampler->is_timed ? FLOPMETER_CUPTI_TRIGGER_TIME : FLOPMETER_CUPTI_TRIGGER_SYSCLK;
    result = sampler->api->pm.pm_config(&config);
    result = SUCCESS == result ? make_image(sampler) : result;
    return SUCCESS == result ? clear_image(sampler) : result;
}

static int start(flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_pm_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_t, sampler), .sampler = sampler->object
    };
    const int result = sampler->api->pm.pm_start(&params);

    sampler->is_started = SUCCESS == result;
    sampler->has_last = false;
    return result;
}

static int stop(flopmeter_pm_sampler_t *sampler)
{
    flopmeter_cupti_pm_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_t, sampler), .sampler = sampler->object
    };

    if (!sampler->is_started)
    {
        return SUCCESS;
    }
    sampler->is_started = false;
    return sampler->api->pm.pm_stop(&params);
}

int flopmeter_pm_sampler_open(flopmeter_pm_sampler_t *sampler, const flopmeter_cuda_api_t *api, size_t ordinal)
{
    sampler->api = api;
    sampler->ordinal = ordinal;
    int result = configure(sampler);

    result = SUCCESS == result ? enable(sampler) : result;
    result = SUCCESS == result ? start(sampler) : result;
    if (SUCCESS != result)
    {
        flopmeter_pm_sampler_close(sampler);
    }
    return result;
}

bool flopmeter_pm_sampler_has(const flopmeter_pm_sampler_t *sampler, flopmeter_pm_kind_t kind)
{
    for (size_t i = 0; i < sampler->set.count; i++)
    {
        if (kind == sampler->set.kinds[i])
        {
            return true;
        }
    }
    return false;
}

/*
 * Is it the next sample? One that ends before it begins, or begins before the one before it ended, may be that one once
 * more: it covers no time, and the lower end has nothing of it.
 */
static bool take_time(flopmeter_pm_sampler_t *sampler, flopmeter_pm_batch_t *batch, uint64_t begin, uint64_t end)
{
    if (end < begin || (sampler->has_last && begin < sampler->last_end))
    {
        return false;
    }
    batch->samples += 1;
    batch->missing_ticks += sampler->has_last ? begin - sampler->last_end : 0;
    batch->covered_ticks += end - begin;
    sampler->last_end = end;
    sampler->has_last = true;
    return true;
}

static void take_values(
    const flopmeter_pm_sampler_t *sampler, flopmeter_pm_batch_t *batch, const double *values, bool is_next)
{
    for (size_t i = 0; i < sampler->set.count; i++)
    {
        const flopmeter_pm_kind_t kind = sampler->set.kinds[i];
        if (!(values[i] >= 0 && values[i] < EXACT_MAX))
        {
            batch->is_odd[kind] = true;
            continue;
        }
        batch->lower[kind] += is_next ? (uint64_t)values[i] : 0;
        batch->upper[kind] += (uint64_t)ceil(values[i]);
    }
}

static int take_samples(flopmeter_pm_sampler_t *sampler, flopmeter_pm_batch_t *batch, size_t count)
{
    double values[FLOPMETER_CUDA_SET_NAMES_MAX];

    for (size_t i = 0; i < count; i++)
    {
        flopmeter_cupti_pm_sample_t params = {
            .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_sample_t, end),
            .sampler = sampler->object,
            .image = sampler->image,
            .image_length = sampler->image_length,
            .index = i
        };
        int result = sampler->api->pm.pm_sample(&params);

        /* Not numbers: a value that is left alone is no zero. */
        memset(values, 0xFF, sizeof(values));
        result = SUCCESS == result ? flopmeter_cuda_config_evaluate(
            &sampler->config, &sampler->chip, sampler->image, sampler->image_length, i, values) : result;
        if (SUCCESS != result)
        {
            return result;
        }
        take_values(sampler, batch, values, take_time(sampler, batch, params.begin, params.end));
    }
    return SUCCESS;
}

/* One image full. */
static int decode(flopmeter_pm_sampler_t *sampler, flopmeter_pm_batch_t *batch)
{
    flopmeter_cupti_pm_decode_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_decode_t, is_overflow),
        .sampler = sampler->object,
        .image = sampler->image,
        .image_length = sampler->image_length
    };
    flopmeter_cupti_pm_image_info_t info = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_image_info_t, completed),
        .image = sampler->image,
        .image_length = sampler->image_length
    };
    int result = sampler->api->pm.pm_decode(&params);

    /* An overflow is told in either way. The samples that were kept are good. */
    batch->is_overflow = batch->is_overflow || 0 != params.is_overflow || FLOPMETER_CUPTI_OUT_OF_MEMORY == result;
    result = FLOPMETER_CUPTI_OUT_OF_MEMORY == result ? SUCCESS : result;
    result = SUCCESS == result ? sampler->api->pm.pm_image_info(&info) : result;
    if (SUCCESS == result && info.completed > SAMPLES_MAX)
    {
        result = FLOPMETER_CUPTI_INVALID_PARAMETER;
    }
    result = SUCCESS == result ? take_samples(sampler, batch, info.completed) : result;
    batch->is_drained = FLOPMETER_CUPTI_DECODE_FULL != params.stop_reason || 0 == info.completed;
    return SUCCESS == result ? clear_image(sampler) : result;
}

int flopmeter_pm_sampler_read(flopmeter_pm_sampler_t *sampler, flopmeter_pm_batch_t *batch)
{
    int result = SUCCESS;

    memset(batch, 0, sizeof(*batch));
    for (int i = 0; i < IMAGES_MAX && SUCCESS == result && !batch->is_drained; i++)
    {
        result = decode(sampler, batch);
    }
    return result;
}

int flopmeter_pm_sampler_restart(flopmeter_pm_sampler_t *sampler)
{
    const int result = stop(sampler);

    return SUCCESS == result ? start(sampler) : result;
}

void flopmeter_pm_sampler_close(flopmeter_pm_sampler_t *sampler)
{
    if (NULL != sampler->object)
    {
        flopmeter_cupti_pm_t params = {
            .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_pm_t, sampler), .sampler = sampler->object
        };
        (void)stop(sampler);
        (void)sampler->api->pm.pm_disable(&params);
        sampler->object = NULL;
    }
    if (NULL != sampler->config.host)
    {
        flopmeter_cuda_config_close(&sampler->config, &sampler->chip);
    }
    free(sampler->image);
    free(sampler->availability);
    sampler->image = NULL;
    sampler->image_length = 0;
    sampler->availability = NULL;
    sampler->chip.availability = NULL;
}

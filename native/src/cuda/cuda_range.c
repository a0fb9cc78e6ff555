/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_range.h"

#include <stdlib.h>
#include <string.h>

#define SUCCESS FLOPMETER_CUPTI_SUCCESS

int flopmeter_cuda_known_name(flopmeter_cuda_known_t *known, const flopmeter_cuda_api_t *api, int ordinal)
{
    flopmeter_cupti_plain_t plain = { .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_plain_t, reserved) };
    flopmeter_cupti_chip_t chip = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_chip_t, name), .device = (size_t)ordinal
    };
    int result = api->initialize(&plain);

    result = SUCCESS == result ? api->chip(&chip) : result;
    if (SUCCESS != result)
    {
        return result;
    }
    if (NULL == chip.name || strlen(chip.name) >= sizeof(known->chip.name))
    {
        return FLOPMETER_CUPTI_CHIP_NAME;
    }
    known->chip.api = api;
    strcpy(known->chip.name, chip.name);
    return SUCCESS;
}

/* The image of the context says what is left for us: a MIG slice has less, a future chip more than this CUPTI knows. */
static int read_availability(flopmeter_cuda_known_t *known, flopmeter_cu_context_t context)
{
    flopmeter_cupti_availability_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_availability_t, image), .context = context
    };
    int result = known->chip.api->availability(&params);

    if (SUCCESS != result)
    {
        return result;
    }
    known->availability = calloc(1, 0 == params.image_length ? 1 : params.image_length);
    if (NULL == known->availability)
    {
        return FLOPMETER_CUPTI_NOT_SUPPORTED;
    }
    params.image = known->availability;
    result = known->chip.api->availability(&params);
    known->chip.availability = known->availability;
    return result;
}

int flopmeter_cuda_known_find(
    flopmeter_cuda_known_t *known, const flopmeter_cuda_known_t *like, flopmeter_cu_context_t context)
{
    int result = NULL == known->availability ? read_availability(known, context) : SUCCESS;

    if (SUCCESS != result)
    {
        return result;
    }
    if (NULL != like)
    {
        known->table = like->table;
        known->sets = like->sets;
    }
    else
    {
        result = flopmeter_cuda_chip_table(&known->chip, &known->table);
        if (SUCCESS == result)
        {
            flopmeter_cuda_sets_find(&known->sets, &known->table, flopmeter_cuda_chip_passes, &known->chip);
        }
    }
    return SUCCESS == result && 0 == known->sets.count ? FLOPMETER_CUPTI_NOT_SUPPORTED : result;
}

void flopmeter_cuda_known_close(flopmeter_cuda_known_t *known)
{
    for (size_t i = 0; i < FLOPMETER_CUDA_SETS_MAX; i++)
    {
        flopmeter_cuda_config_close(&known->configs[i], &known->chip);
    }
    free(known->availability);
    known->availability = NULL;
}

int flopmeter_cuda_range_open(
    flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, flopmeter_cu_context_t context)
{
    flopmeter_cupti_enable_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_enable_t, profiler), .context = context
    };
    const int result = known->chip.api->enable(&params);

    memset(range, 0, sizeof(*range));
    if (SUCCESS != result)
    {
        return result;
    }
    range->profiler = params.profiler;
    return NULL == params.profiler ? FLOPMETER_CUPTI_NOT_SUPPORTED : SUCCESS;
}

/* The image that values of this set are put into. */
static int make_image(flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, size_t set)
{
    const flopmeter_cuda_config_t *const config = &known->configs[set];
    flopmeter_cupti_image_length_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_image_length_t, image_length),
        .profiler = range->profiler,
        .names = (const char **)(uintptr_t)config->names,
        .count = config->count,
        .ranges_max = 1,
        .nodes_max = 1
    };

    if (NULL != range->images[set] && range->is_set && set == range->set)
    {
        return SUCCESS;
    }
    /* Initializing an image takes the profiler and no metrics: they are those of the last question for a size. Without
       asking again an image of this set would be laid out for the set before it, and its values would be no numbers. */
    const int result = known->chip.api->image_length(&params);
    if (SUCCESS != result || (NULL != range->images[set] && range->image_lengths[set] == params.image_length))
    {
        return result;
    }
    free(range->images[set]);
    range->images[set] = calloc(1, 0 == params.image_length ? 1 : params.image_length);
    range->image_lengths[set] = params.image_length;
    return NULL == range->images[set] ? FLOPMETER_CUPTI_NOT_SUPPORTED : SUCCESS;
}

static int configure(flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, size_t set)
{
    const flopmeter_cuda_config_t *const config = &known->configs[set];
    flopmeter_cupti_image_init_t image = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_image_init_t, image),
        .profiler = range->profiler,
        .image_length = range->image_lengths[set],
        .image = range->images[set]
    };
    flopmeter_cupti_config_t params = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_config_t, level_target),
        .profiler = range->profiler,
        .config_length = config->image_length,
        .config = config->image,
        .image_length = range->image_lengths[set],
        .image = range->images[set],
        .range = FLOPMETER_CUPTI_USER_RANGE,
        .replay = FLOPMETER_CUPTI_USER_REPLAY,
        .ranges_max = 1,
        .levels = 1,
        .level_min = 1,
        .pass = 0,
        .level_target = 1
    };
    const int result = known->chip.api->image_init(&image);

    return SUCCESS == result ? known->chip.api->config(&params) : result;
}

/* Nobody has said that an enabled profiler takes another set; that a new one does is sure. */
static int reopen(
    flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, flopmeter_cu_context_t context)
{
    const int result = flopmeter_cuda_range_close(range, known, false);

    return SUCCESS == result ? flopmeter_cuda_range_open(range, known, context) : result;
}

int flopmeter_cuda_range_begin(flopmeter_cuda_range_t *range, flopmeter_cuda_known_t *known,
    flopmeter_cu_context_t context, size_t set, bool is_reopened)
{
    const flopmeter_cuda_api_t *const api = known->chip.api;
    int result = is_reopened && range->is_set && set != range->set ? reopen(range, known, context) : SUCCESS;
    flopmeter_cupti_range_t start = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_range_t, profiler), .profiler = range->profiler
    };
    flopmeter_cupti_push_t push = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_push_t, name), .profiler = range->profiler, .name = "flopmeter"
    };

    if (SUCCESS == result && NULL == known->configs[set].host)
    {
        result = flopmeter_cuda_config_open(&known->configs[set], &known->chip, &known->table, &known->sets.sets[set]);
    }
    result = SUCCESS == result ? make_image(range, known, set) : result;
    range->set = set;
    range->is_set = SUCCESS == result;
    result = SUCCESS == result ? configure(range, known, set) : result;
    result = SUCCESS == result ? api->start(&start) : result;
    if (SUCCESS != result)
    {
        return result;
    }
    range->is_started = true;
    result = api->push(&push);
    range->is_pushed = SUCCESS == result;
    return result;
}

/* Both calls are made even when the first fails: a range that stays open would block the next profiler. */
int flopmeter_cuda_range_end(flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known)
{
    flopmeter_cupti_range_t pop = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_range_t, profiler), .profiler = range->profiler
    };
    flopmeter_cupti_stop_t stop = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_stop_t, is_all_submitted), .profiler = range->profiler
    };
    const int popped = range->is_pushed ? known->chip.api->pop(&pop) : SUCCESS;
    const int stopped = range->is_started ? known->chip.api->stop(&stop) : SUCCESS;

    range->is_pushed = false;
    range->is_started = false;
    return SUCCESS != popped ? popped : stopped;
}

int flopmeter_cuda_range_values(
    flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, double *values)
{
    const flopmeter_cuda_api_t *const api = known->chip.api;
    const uint8_t *const image = range->images[range->set];
    const size_t image_length = range->image_lengths[range->set];
    flopmeter_cupti_decode_t decode = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_decode_t, ranges_dropped), .profiler = range->profiler
    };
    flopmeter_cupti_image_info_t info = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_image_info_t, ranges),
        .image = image, .image_length = image_length
    };
    int result = api->decode(&decode);

    result = SUCCESS == result ? api->image_info(&info) : result;
    if (SUCCESS != result)
    {
        return result;
    }
    if (1 != info.ranges || 0 != decode.ranges_dropped)
    {
        /* Not one range of ours: no value of it may be taken for a count. */
        return FLOPMETER_CUPTI_INVALID_PARAMETER;
    }
    return flopmeter_cuda_config_evaluate(&known->configs[range->set], &known->chip, image, image_length, 0, values);
}

int flopmeter_cuda_range_close(flopmeter_cuda_range_t *range, const flopmeter_cuda_known_t *known, bool is_lost)
{
    flopmeter_cupti_range_t disable = {
        .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_range_t, profiler), .profiler = range->profiler
    };

    void *left = NULL;
    int result = SUCCESS;

    if (NULL != range->profiler && !is_lost)
    {
        flopmeter_cuda_range_end(range, known);
        result = known->chip.api->disable(&disable);
        left = SUCCESS == result ? NULL : range->profiler;
    }
    for (size_t i = 0; i < FLOPMETER_CUDA_SETS_MAX; i++)
    {
        free(range->images[i]);
    }
    memset(range, 0, sizeof(*range));
    range->profiler = left;
    return result;
}

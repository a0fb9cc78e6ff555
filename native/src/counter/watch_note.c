/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch_note.h"

#include "counter_names.h"
#include "reading_json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const pipes[] = {
    [FLOPMETER_GPU_HMMA] = "hmma", [FLOPMETER_GPU_IMMA] = "imma", [FLOPMETER_GPU_DMMA] = "dmma",
    [FLOPMETER_GPU_DFMA] = "dfma", [FLOPMETER_GPU_FP64] = "fp64", [FLOPMETER_GPU_FP32] = "fp32",
    [FLOPMETER_GPU_FP16] = "fp16",
};

static flopmeter_u128_t above(flopmeter_u128_t value, flopmeter_u128_t floor)
{
    return value > floor ? value - floor : 0;
}

bool flopmeter_watch_is_missing(const flopmeter_counter_reading_t *reading, size_t gaps_known)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (!reading->figures[i].is_bounded)
        {
            return true;
        }
    }
    return reading->gaps_unasked > gaps_known;
}

void flopmeter_watch_difference(
    const flopmeter_counter_figure_t *before, const flopmeter_counter_figure_t *now, flopmeter_shape_t *shape)
{
    shape->flop_count = above(now->lower, before->lower);
    shape->estimate = above(above(now->point, before->point), shape->flop_count);
    shape->bound = now->is_bounded ? above(above(now->upper, before->upper), shape->flop_count + shape->estimate) : 0;
}

void flopmeter_watch_disclaim(flopmeter_shape_t *shape)
{
    shape->bound += shape->flop_count + shape->estimate;
    shape->flop_count = 0;
    shape->estimate = 0;
}

static void add(flopmeter_shape_t *sum, const flopmeter_shape_t *shape)
{
    sum->flop_count += shape->flop_count;
    sum->estimate += shape->estimate;
    sum->bound += shape->bound;
}

void flopmeter_watch_note_recorded(flopmeter_watch_note_t *note, const flopmeter_shape_t *shape)
{
    add(&note->recorded, shape);
}

/*
 * UNKNOWN is the pipe as it is: all units, as in the reading. One precision is that of its tensor work; halves outside
 * the tensor cores on the same pipe are slower, so the upper end holds for them too.
 */
static bool view(
    const flopmeter_provider_t *provider,
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure)
{
    const unsigned units = FLOPMETER_PRECISION_UNKNOWN == precision ? FLOPMETER_GPU_UNIT_ANY : FLOPMETER_GPU_TENSOR;

    return provider->collapse(counter, pipe, units, precision, figure);
}

void flopmeter_watch_note_add(
    flopmeter_watch_note_t *note,
    const flopmeter_provider_t *provider,
    const flopmeter_counter_t *counter,
    bool is_ours,
    flopmeter_watch_views_t *views)
{
    const flopmeter_gpu_chip_t *const chip = provider->device(counter)->chip;

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        flopmeter_gpu_span_t span;
        if (!flopmeter_gpu_chip_span(
                chip, (flopmeter_gpu_pipe_t)pipe, FLOPMETER_GPU_UNIT_ANY, FLOPMETER_PRECISION_UNKNOWN, &span) ||
            FLOPMETER_PRECISION_UNKNOWN != span.precision)
        {
            continue;
        }
        note->is_lumped[pipe] = true;
        for (int precision = FLOPMETER_FP64; precision < FLOPMETER_WATCH_PRECISIONS; precision++)
        {
            flopmeter_counter_figure_t now;
            flopmeter_shape_t shape;
            if (!view(provider, counter, (flopmeter_gpu_pipe_t)pipe, (flopmeter_precision_t)precision, &now))
            {
                note->is_missing[pipe][precision] = true;
                continue;
            }
            flopmeter_watch_difference(&views->last[pipe][precision], &now, &shape);
            if (!is_ours)
            {
                flopmeter_watch_disclaim(&shape);
            }
            add(&note->sums[pipe][precision], &shape);
            views->last[pipe][precision] = now;
            note->is_unbounded = note->is_unbounded || !now.is_bounded;
        }
    }
}

static void print_shape(FILE *out, const flopmeter_shape_t *shape)
{
    const flopmeter_u128_t point = shape->flop_count + shape->estimate;

    flopmeter_reading_json_decimal(out, "lower", shape->flop_count);
    fprintf(out, ", ");
    flopmeter_reading_json_decimal(out, "point", point);
    fprintf(out, ", ");
    flopmeter_reading_json_decimal(out, "upper", point + shape->bound);
}

static void print_pipe(FILE *out, const flopmeter_watch_note_t *note, int pipe)
{
    const char *separator = "";

    fprintf(out, "{\"pipe\": \"%s\", ", pipes[pipe]);
    print_shape(out, &note->sums[pipe][FLOPMETER_PRECISION_UNKNOWN]);
    fprintf(out, ", \"ifAllWere\": [");
    for (int precision = FLOPMETER_FP64; precision < FLOPMETER_PRECISION_UNKNOWN; precision++)
    {
        if (!note->is_missing[pipe][precision])
        {
            fprintf(out, "%s\n   {\"precision\": \"%s\", ", separator,
                flopmeter_counter_precision_name((flopmeter_precision_t)precision));
            print_shape(out, &note->sums[pipe][precision]);
            fprintf(out, "}");
            separator = ",";
        }
    }
    fprintf(out, "]}");
}

static bool print(FILE *out, const flopmeter_watch_note_t *note)
{
    const char *separator = "";

    fprintf(out, "{\"schema\": \"flopmeter/pipes/v1\", \"pid\": %d, \"isBounded\": %s,\n \"recorded\": {",
        (int)getpid(), note->is_unbounded ? "false" : "true");
    print_shape(out, &note->recorded);
    fprintf(out, "},\n \"pipes\": [");
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        if (note->is_lumped[pipe])
        {
            fprintf(out, "%s\n  ", separator);
            print_pipe(out, note, pipe);
            separator = ",";
        }
    }
    fprintf(out, "]}\n");
    return 0 == fflush(out) && 0 == ferror(out);
}

/*
 * One file for each process that counts, so that one which follows a crash does not write over what the other left.
 */
static uint64_t choose_nonce(void)
{
    struct timespec now = { 0, 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)getpid() << 32) ^ ((uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec);
}

bool flopmeter_watch_note_write(flopmeter_watch_note_t *note, const char *folder)
{
    char path[PATH_MAX];
    char fresh[PATH_MAX];

    note->nonce = 0 != note->nonce ? note->nonce : choose_nonce();
    const int length = snprintf(path, sizeof(path), "%s/pipes-%016" PRIx64 ".json", folder, note->nonce);
    const int length_fresh = snprintf(fresh, sizeof(fresh), "%s/.pipes-%016" PRIx64, folder, note->nonce);
    if (length < 0 || length >= PATH_MAX || length_fresh < 0 || length_fresh >= PATH_MAX)
    {
        return false;
    }
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    FILE *const out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (NULL == out)
    {
        if (fd >= 0)
        {
            close(fd);
        }
        return false;
    }
    const bool is_printed = print(out, note);
    const bool is_written = 0 == fclose(out) && is_printed;
    if (is_written && 0 == rename(fresh, path))
    {
        return true;
    }
    unlink(fresh);
    return false;
}

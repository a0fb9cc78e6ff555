/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch_device.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "counter_names.h"
#include "reading_json.h"
#include "watch_note.h"

#define TEMPORARY "." FLOPMETER_WATCH_DEVICES_FILE ".tmp"

static size_t place_of(const flopmeter_watch_refused_t *refused, const char *name)
{
    size_t place = 0;

    while (place < refused->count && 0 != strcmp(name, refused->items[place].name))
    {
        place++;
    }
    return place;
}

void flopmeter_watch_refuse(
    flopmeter_watch_refused_t *refused, const char *name, const flopmeter_counter_probe_t *probe)
{
    const size_t place = place_of(refused, name);

    if (place < FLOPMETER_WATCH_DEVICES_MAX)
    {
        snprintf(refused->items[place].name, FLOPMETER_GPM_NAME_LENGTH, "%s", name);
        refused->items[place].probe = *probe;
        refused->count += place == refused->count ? 1 : 0;
    }
}

bool flopmeter_watch_is_refused(const flopmeter_watch_refused_t *refused, const char *name)
{
    return place_of(refused, name) < refused->count;
}

void flopmeter_watch_admit(flopmeter_watch_refused_t *refused, const char *name)
{
    const size_t place = place_of(refused, name);

    if (place < refused->count)
    {
        refused->count -= 1;
        refused->items[place] = refused->items[refused->count];
    }
}

const flopmeter_counter_figure_t *flopmeter_watch_figure(
    const flopmeter_counter_reading_t *reading, flopmeter_precision_t precision)
{
    static const flopmeter_counter_figure_t nothing = { 0 };

    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (precision == reading->figures[i].precision)
        {
            return &reading->figures[i];
        }
    }
    return &nothing;
}

bool flopmeter_watch_is_bounded(const flopmeter_counter_reading_t *reading)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (!reading->figures[i].is_bounded)
        {
            return false;
        }
    }
    return true;
}

void flopmeter_watch_device_take(
    flopmeter_watch_device_t *device,
    const flopmeter_charge_t *charge,
    const flopmeter_counter_reading_t *before,
    const flopmeter_counter_reading_t *now)
{
    flopmeter_shape_t *const sum =
        charge->is_elsewhere ? &device->elsewhere : charge->is_whole ? &device->counted : &device->shared;

    for (size_t i = 0; i < now->figures_count; i++)
    {
        flopmeter_shape_t shape;
        flopmeter_watch_difference(
            flopmeter_watch_figure(before, now->figures[i].precision), &now->figures[i], &shape);
        sum->flop_count += shape.flop_count;
        sum->estimate += shape.estimate;
        sum->bound += shape.bound;
    }
}

/*
 * A name that a driver gave may hold anything.
 */
static void print_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\": \"", name);
    for (; '\0' != *text; text++)
    {
        fputc(*text < ' ' || *text > '~' || '"' == *text || '\\' == *text ? '?' : *text, out);
    }
    fputc('"', out);
}

static void print_shape(FILE *out, const char *name, const flopmeter_shape_t *shape)
{
    fprintf(out, ",\n   \"%s\": {", name);
    flopmeter_reading_json_decimal(out, "lower", shape->flop_count);
    fprintf(out, ", ");
    flopmeter_reading_json_decimal(out, "point", shape->flop_count + shape->estimate);
    fprintf(out, ", ");
    flopmeter_reading_json_decimal(out, "upper", shape->flop_count + shape->estimate + shape->bound);
    fputc('}', out);
}

static bool path_of(const flopmeter_watch_document_t *document, const char *name, char *path, size_t length)
{
    return (size_t)snprintf(path, length, "%s/%s", document->folder, name) < length;
}

bool flopmeter_watch_document_begin(
    flopmeter_watch_document_t *document, const char *folder, uint64_t begin_ns, uint64_t covered_ns, uint64_t now_ns)
{
    char path[PATH_MAX];

    *document = (flopmeter_watch_document_t){ folder, NULL, 0 };
    if (!path_of(document, TEMPORARY, path, sizeof(path)))
    {
        return false;
    }
    (void)unlink(path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    document->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (NULL == document->out)
    {
        if (fd >= 0)
        {
            close(fd);
        }
        return false;
    }
    fprintf(document->out, "{\"schema\": \"flopmeter/devices/v1\", \"beginMonotonicNs\": %" PRIu64
        ", \"coveredMonotonicNs\": %" PRIu64 ", \"writtenMonotonicNs\": %" PRIu64 ",\n \"devices\": [", begin_ns,
        covered_ns, now_ns);
    return true;
}

static const char *tenant_name(flopmeter_tenant_kind_t kind)
{
    static const char *const names[] = {
        [FLOPMETER_TENANT_NOBODY] = "nobody", [FLOPMETER_TENANT_JOB] = "job", [FLOPMETER_TENANT_OTHERS] = "unmetered",
        [FLOPMETER_TENANT_METERED] = "metered", [FLOPMETER_TENANT_MIXED] = "shared",
        [FLOPMETER_TENANT_UNKNOWN] = "unknown",
    };
    return names[kind];
}

void flopmeter_watch_document_add(
    flopmeter_watch_document_t *document,
    const char *name,
    const char *node,
    const char *provider,
    const flopmeter_gpm_device_t *known,
    const flopmeter_watch_device_t *device,
    const flopmeter_counter_reading_t *reading)
{
    FILE *const out = document->out;

    fprintf(out, "%s\n  {", 0 == document->count ? "" : ",");
    document->count += 1;
    print_text(out, "name", name);
    fprintf(out, ", ");
    print_text(out, "node", node);
    fprintf(out, ", ");
    print_text(out, "product", known->name);
    fprintf(out, ", \"provider\": \"%s\", \"state\": \"%s\", \"tenant\": \"%s\", ", provider,
        flopmeter_counter_state_name(reading->state), tenant_name(device->tenant.kind));
    print_text(out, "job", device->tenant.job);
    fprintf(out, ", \"gaps\": %zu, \"isBounded\": %s, \"endMonotonicNs\": %" PRIu64, reading->gaps_count,
        flopmeter_watch_is_bounded(reading) ? "true" : "false", reading->end_ns);
    print_shape(out, "counted", &device->counted);
    print_shape(out, "shared", &device->shared);
    print_shape(out, "elsewhere", &device->elsewhere);
    fputc('}', out);
}

void flopmeter_watch_document_end(
    flopmeter_watch_document_t *document, const flopmeter_watch_refused_t *refused, bool is_bounded)
{
    char temporary[PATH_MAX];
    char path[PATH_MAX];

    fprintf(document->out, "],\n \"notRead\": [");
    for (size_t i = 0; i < refused->count; i++)
    {
        fprintf(document->out, "%s\n  {", 0 == i ? "" : ",");
        print_text(document->out, "name", refused->items[i].name);
        fprintf(document->out, ", \"state\": \"%s\", ",
            flopmeter_counter_state_name(refused->items[i].probe.state));
        print_text(document->out, "detail", refused->items[i].probe.detail);
        fprintf(document->out, ", ");
        print_text(document->out, "remedy", refused->items[i].probe.remedy);
        fputc('}', document->out);
    }
    fprintf(document->out, "],\n \"isBounded\": %s}\n", is_bounded ? "true" : "false");
    const bool is_written = 0 == fflush(document->out) && 0 == ferror(document->out);
    fclose(document->out);
    if (path_of(document, TEMPORARY, temporary, sizeof(temporary)) &&
        path_of(document, FLOPMETER_WATCH_DEVICES_FILE, path, sizeof(path)) &&
        (!is_written || 0 != rename(temporary, path)))
    {
        (void)unlink(temporary);
    }
}

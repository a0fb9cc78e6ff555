/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "libraries.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY (64)

/* No counter and no product is in these. */
static bool is_system(const char *path)
{
    static const char *const names[] = {
        "ld-linux", "libc.so", "libdl.so", "libgcc_s.so", "libm.so", "libpthread.so", "librt.so" };
    const char *const slash = strrchr(path, '/');
    const char *const name = NULL == slash ? path : slash + 1;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        if (0 == strncmp(name, names[i], strlen(names[i])))
        {
            return true;
        }
    }
    return false;
}

static bool make_room(flopmeter_libraries_t *libraries)
{
    if (libraries->count < libraries->capacity)
    {
        return true;
    }
    const size_t capacity = 0 == libraries->capacity ? FIRST_CAPACITY : 2 * libraries->capacity;
    char **const paths = realloc(libraries->paths, capacity * sizeof(*paths));
    if (NULL == paths)
    {
        return false;
    }
    libraries->paths = paths;
    libraries->capacity = capacity;
    return true;
}

/* In its place, so that the order does not depend on which source was asked first. */
static void add(flopmeter_libraries_t *libraries, char *path)
{
    size_t at = 0;
    while (at < libraries->count && strcmp(libraries->paths[at], path) < 0)
    {
        at++;
    }
    const bool is_known = at < libraries->count && 0 == strcmp(libraries->paths[at], path);
    if (is_known || !make_room(libraries))
    {
        libraries->failed = libraries->failed || !is_known;
        free(path);
        return;
    }
    memmove(&libraries->paths[at + 1], &libraries->paths[at], (libraries->count - at) * sizeof(libraries->paths[0]));
    libraries->paths[at] = path;
    libraries->count++;
}

/* The program has an empty name, the kernel's page one without a folder; what was deleted meanwhile has no file. */
static int look(struct dl_phdr_info *information, size_t length, void *data)
{
    flopmeter_libraries_t *const libraries = data;
    const char *const name = information->dlpi_name;
    (void)length;
    if (NULL != name && NULL != strchr(name, '/') && !is_system(name))
    {
        char *const path = realpath(name, NULL);
        if (NULL != path)
        {
            add(libraries, path);
        }
        else if (ENOMEM == errno)
        {
            libraries->failed = true;
        }
    }
    return 0;
}

void flopmeter_libraries_note(flopmeter_libraries_t *libraries)
{
    dl_iterate_phdr(look, libraries);
}

void flopmeter_libraries_append(const flopmeter_libraries_t *libraries, flopmeter_text_t *document)
{
    flopmeter_text_append(document, "\"libraries\": [");
    for (size_t i = 0; i < libraries->count; i++)
    {
        flopmeter_text_append(document, 0 == i ? "" : ", ");
        flopmeter_text_append_json(document, libraries->paths[i]);
    }
    flopmeter_text_append(document, "]");
    document->failed = document->failed || libraries->failed;
}

void flopmeter_libraries_free(flopmeter_libraries_t *libraries)
{
    for (size_t i = 0; i < libraries->count; i++)
    {
        free(libraries->paths[i]);
    }
    free(libraries->paths);
    *libraries = (flopmeter_libraries_t){ .paths = NULL };
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "files.h"

#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S (1000000000LL)
/* A slow disk, or a JVM that has to share it. */
#define HASHED_BYTES_PER_S_MIN (16LL * 1024 * 1024)
/* What is in a directory is not looked through here. */
#define DIRECTORY_PATIENCE_NS (600 * NS_PER_S)

static int link_file(const flopmeter_directory_t *directory, const char *kind, size_t index, const char *target)
{
    char name[32];

    snprintf(name, sizeof(name), "%s-%zu", kind, index);
    return symlinkat(target, directory->fd, name);
}

/*
 * The names as they are from the root: the aggregator works in another directory, and so may whoever reads the graph.
 */
static int publish_list(
    const flopmeter_directory_t *directory,
    const char *kind,
    char *const *files,
    size_t count,
    const char *working,
    flopmeter_text_t *text)
{
    for (size_t i = 0; i < count; i++)
    {
        char *path = NULL;
        const bool absolute = '/' == files[i][0];
        if (asprintf(&path, "%s%s%s", absolute ? "" : working, absolute ? "" : "/", files[i]) < 0)
        {
            errno = ENOMEM;
            return -1;
        }
        const int rc = link_file(directory, kind, i, path);
        flopmeter_text_append(text, 0 == i ? "" : ", ");
        flopmeter_text_append_json(text, path);
        free(path);
        if (0 != rc)
        {
            return -1;
        }
    }
    return 0;
}

int flopmeter_files_publish(const flopmeter_directory_t *directory, const flopmeter_options_t *options)
{
    flopmeter_text_t text = { NULL, 0, 0, false };

    char *const state = flopmeter_directory_state(options);
    int rc = NULL != state ? symlinkat(state, directory->fd, "state") : -1;
    if (0 == options->reads_count + options->writes_count && NULL == options->purpose)
    {
        // Only the ledger wants it: without it the run is not booked, and goes on.
        free(state);
        return 0;
    }
    char *const working = getcwd(NULL, 0);
    rc = NULL != working ? rc : -1;
    flopmeter_text_append(&text, "{\"schema\": \"flopmeter/run-files/v1\",\n \"reads\": [");
    rc = 0 == rc ? publish_list(directory, "read", options->reads, options->reads_count, working, &text) : rc;
    flopmeter_text_append(&text, "],\n \"writes\": [");
    rc = 0 == rc ? publish_list(directory, "write", options->writes, options->writes_count, working, &text) : rc;
    flopmeter_text_append(&text, "],\n \"kinds\": [");
    for (size_t i = 0; i < options->writes_count; i++)
    {
        flopmeter_text_append(&text, 0 == i ? "" : ", ");
        flopmeter_text_append_json(&text, options->writes_kinds[i]);
    }
    flopmeter_text_append(&text, NULL == options->purpose ? "]" : "],\n \"purpose\": ");
    if (NULL != options->purpose)
    {
        flopmeter_text_append_json(&text, options->purpose);
    }
    flopmeter_text_append(&text, "}\n");
    rc = 0 == rc ? flopmeter_text_publish(directory->fd, "files.json", &text) : rc;
    const int error = errno;
    flopmeter_text_free(&text);
    free(state);
    free(working);
    errno = error;
    return rc;
}

static int64_t patience_ns(char *const *files, size_t count)
{
    struct stat status;
    int64_t sum_ns = 0;

    for (size_t i = 0; i < count; i++)
    {
        if (0 == stat(files[i], &status))
        {
            sum_ns += S_ISDIR(status.st_mode) ? DIRECTORY_PATIENCE_NS :
                (int64_t)status.st_size / HASHED_BYTES_PER_S_MIN * NS_PER_S;
        }
    }
    return sum_ns;
}

int64_t flopmeter_files_patience_ns(const flopmeter_options_t *options)
{
    return patience_ns(options->reads, options->reads_count) + patience_ns(options->writes, options->writes_count);
}

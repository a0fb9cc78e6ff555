/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "hold_files.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

void hold_wish_text(const char *folder, const char *text)
{
    char path[PATH_MAX];
    char fresh[PATH_MAX];

    snprintf(path, sizeof(path), "%s/pause.wish", folder);
    snprintf(fresh, sizeof(fresh), "%s/.pause.wish.tmp", folder);
    FILE *const out = fopen(fresh, "w");
    CHECK(NULL != out && fputs(text, out) >= 0 && 0 == fclose(out), "%s", fresh);
    CHECK(0 == rename(fresh, path), "%s", path);
}

uint64_t hold_wish(const char *folder, uint64_t until_ns)
{
    static uint64_t number = UINT64_C(0x7000000000000000);
    char text[128];

    number += 1;
    snprintf(text, sizeof(text), "flopmeter/wish/v1 %s %016" PRIx64 " %" PRIu64 "\n",
        0 == until_ns ? "resume" : "pause", number, until_ns);
    hold_wish_text(folder, text);
    return number;
}

/* Of several, one of whom was killed, the one that says this. */
static const char *find(const char *folder, const char *name, const char *seen, int *count)
{
    static char text[2048];
    char wanted[128];
    DIR *const stream = opendir(folder);

    text[0] = '\0';
    *count = 0;
    snprintf(wanted, sizeof(wanted), "\"name\": \"%s\"", name);
    for (struct dirent *entry = NULL != stream ? readdir(stream) : NULL; NULL != entry; entry = readdir(stream))
    {
        const size_t length = strlen(entry->d_name);
        char path[PATH_MAX];
        if (0 != strncmp("hold-", entry->d_name, 5) || length < 5 || 0 != strcmp(".json", entry->d_name + length - 5))
        {
            continue;
        }
        *count += 1;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *const in = fopen(path, "r");
        char found[sizeof(text)];
        const size_t read = NULL == in ? 0 : fread(found, 1, sizeof(found) - 1, in);
        found[read] = '\0';
        if (NULL != in)
        {
            fclose(in);
        }
        if (NULL != strstr(found, wanted) && ('\0' == text[0] || NULL != strstr(found, seen)))
        {
            memcpy(text, found, sizeof(text));
        }
    }
    if (NULL != stream)
    {
        closedir(stream);
    }
    return text;
}

int hold_count(const char *folder)
{
    int count = 0;

    (void)find(folder, "", "", &count);
    return count;
}

const char *hold_text(const char *folder, const char *name)
{
    int count = 0;

    return find(folder, name, "", &count);
}

bool hold_has_said(const char *folder, const char *name, uint64_t number, bool is_free)
{
    char seen[32];
    int count = 0;

    snprintf(seen, sizeof(seen), "\"%016" PRIx64 "\"", number);
    const char *const text = find(folder, name, seen, &count);
    return NULL != strstr(text, seen) && NULL != strstr(text, is_free ? "\"isFree\": true" : "\"isFree\": false") &&
        NULL != strstr(text, "\"detail\": \"\"");
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cupti_probe.h"

#include <dirent.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_api.h"

#define LINE_LENGTH (256)
#define CAPABILITY_ADMIN (UINT64_C(1) << 21)

typedef enum answer_enum
{
    UNKNOWN,
    NO,
    YES
}
answer_t;

static void *open_library(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *symbol_of(void *library, const char *name)
{
    return dlsym(library, name);
}

const flopmeter_cupti_look_t flopmeter_cupti_here = {
    "", flopmeter_cuda_settings_here, open_library, symbol_of
};

static void say(flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *detail,
    const char *remedy)
{
    probe->state = state;
    snprintf(probe->detail, sizeof(probe->detail), "%s", detail);
    snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy);
}

static FILE *open_file(const flopmeter_cupti_look_t *look, const char *name)
{
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof(path), "%s/%s", look->root, name);
    return 0 < length && (size_t)length < sizeof(path) ? fopen(path, "re") : NULL;
}

/* The number behind `key` in a file of lines "key: number". */
static answer_t number_of(
    const flopmeter_cupti_look_t *look, const char *name, const char *key, int base, uint64_t *number)
{
    char line[LINE_LENGTH];
    answer_t answer = UNKNOWN;
    FILE *const file = open_file(look, name);
    while (NULL != file && UNKNOWN == answer && NULL != fgets(line, sizeof(line), file))
    {
        const size_t length = strlen(key);
        char *end = NULL;
        if (0 == strncmp(line, key, length) && ':' == line[length])
        {
            *number = strtoull(line + length + 1, &end, base);
            answer = end == line + length + 1 ? UNKNOWN : 0 != *number ? YES : NO;
        }
    }
    if (NULL != file)
    {
        fclose(file);
    }
    return answer;
}

static bool has_driver(const flopmeter_cupti_look_t *look)
{
    FILE *const file = open_file(look, "proc/driver/nvidia/version");
    if (NULL != file)
    {
        fclose(file);
    }
    return NULL != file;
}

/* capabilities/gpu0/mig/gi3: there is an instance, so some GPU is partitioned. */
static bool has_partition(const flopmeter_cupti_look_t *look)
{
    bool found = false;
    for (int gpu = 0; !found && gpu < 64; gpu++)
    {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/proc/driver/nvidia/capabilities/gpu%d/mig", look->root, gpu);
        DIR *const folder = opendir(path);
        const struct dirent *entry = NULL;
        while (NULL != folder && !found && NULL != (entry = readdir(folder)))
        {
            found = 0 == strncmp(entry->d_name, "gi", 2);
        }
        if (NULL != folder)
        {
            closedir(folder);
        }
    }
    return found;
}

/* Another profiler in what is started from here. Return its sign, or NULL. */
static const char *profiler(const flopmeter_cupti_look_t *look, char text[FLOPMETER_COUNTER_TEXT_LENGTH])
{
    const char *const nsight = flopmeter_cuda_settings_profiler(look->variable);
    if (NULL != nsight)
    {
        snprintf(text, FLOPMETER_COUNTER_TEXT_LENGTH, "%s is set: Nsight profiles what is started here", nsight);
        return text;
    }
    const char *const injection = look->variable("CUDA_INJECTION64_PATH");
    const char *const slash = NULL == injection ? NULL : strrchr(injection, '/');
    const char *const name = NULL == slash ? injection : slash + 1;
    if (NULL != name && '\0' != name[0] && 0 != strcmp(name, "libflopmeter_cuda.so"))
    {
        snprintf(text, FLOPMETER_COUNTER_TEXT_LENGTH, "CUDA_INJECTION64_PATH already names %.96s", name);
        return text;
    }
    return NULL;
}

static void *open_cupti(const flopmeter_cupti_look_t *look)
{
    const char *const chosen = flopmeter_cuda_settings_cupti(look->variable);
    return NULL == chosen ? flopmeter_cuda_api_find_cupti(look->open) : look->open(chosen);
}

static uint32_t version_of(const flopmeter_cupti_look_t *look, void *library)
{
    int (*get_version)(uint32_t *version) = NULL;
    uint32_t version = 0;
    void *const address = look->symbol(library, "cuptiGetVersion");
    memcpy(&get_version, &address, sizeof(address));
    return NULL != get_version && 0 == get_version(&version) ? version : 0;
}

/* Counters of the silicon: who may read them. */
static void look_at_permission(
    const flopmeter_cupti_look_t *look, const char *version, flopmeter_counter_probe_t *range)
{
    uint64_t number = 0;
    const answer_t is_restricted =
        number_of(look, "proc/driver/nvidia/params", "RmProfilingAdminOnly", 10, &number);
    const bool is_admin = UNKNOWN != number_of(look, "proc/self/status", "CapEff", 16, &number) &&
        0 != (number & CAPABILITY_ADMIN);
    const char *const partitioned = has_partition(look) ? "; a GPU is partitioned (MIG), where it was never tried" : "";
    if (YES == is_restricted && !is_admin)
    {
        say(range, FLOPMETER_COUNTER_NO_PERMISSION,
            "the driver gives its counters to administrators only (RmProfilingAdminOnly 1)",
            "options nvidia NVreg_RestrictProfilingToAdminUsers=0 in /etc/modprobe.d, then reboot; or CAP_SYS_ADMIN");
        return;
    }
    range->state = FLOPMETER_COUNTER_AVAILABLE;
    snprintf(range->detail, sizeof(range->detail), "%.40s; counters: %s%s", version,
        NO == is_restricted ? "for everybody" : is_admin ? "by CAP_SYS_ADMIN" : "who may read them is not told",
        partitioned);
}

void flopmeter_cupti_probe(
    const flopmeter_cupti_look_t *look, flopmeter_counter_probe_t *range, flopmeter_counter_probe_t *activity)
{
    char text[FLOPMETER_COUNTER_TEXT_LENGTH];
    memset(range, 0, sizeof(*range));
    memset(activity, 0, sizeof(*activity));
    if (!has_driver(look))
    {
        say(range, FLOPMETER_COUNTER_ABSENT, "no NVIDIA driver is loaded",
            "where there is an NVIDIA GPU: install its driver");
        *activity = *range;
        return;
    }
    if (NULL != profiler(look, text))
    {
        say(range, FLOPMETER_COUNTER_TAKEN, text, "start it outside of that profiler: a process has room for one");
        *activity = *range;
        return;
    }
    void *const library = open_cupti(look);
    if (NULL == library)
    {
        say(range, FLOPMETER_COUNTER_ABSENT, NULL == flopmeter_cuda_settings_cupti(look->variable) ?
            "neither libcupti.so.13 nor libcupti.so.12 is here; a program that loads its own is counted with that" :
            "FLOPMETER_CUPTI names a file that can't be loaded",
            "install CUDA's CUPTI (cuda-cupti-13-0, pip: nvidia-cuda-cupti), or FLOPMETER_CUPTI=/path/libcupti.so");
        *activity = *range;
        return;
    }
    snprintf(text, sizeof(text), "CUPTI's API %" PRIu32, version_of(look, library));
    activity->state = FLOPMETER_COUNTER_AVAILABLE;
    snprintf(activity->detail, sizeof(activity->detail), "%.40s; kernel activity needs no permission", text);
    if (NULL == look->symbol(library, "cuptiRangeProfilerEnable"))
    {
        strcat(text, " has no range profiler");
        say(range, FLOPMETER_COUNTER_WRONG_DRIVER, text, "CUPTI of CUDA 12.6 or newer");
        return;
    }
    look_at_permission(look, text, range);
}

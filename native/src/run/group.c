/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "group.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONTROLLER "cpuacct"

static uint64_t own_cpu_ns(void)
{
    struct timespec used = { 0, 0 };
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000ULL + (uint64_t)used.tv_nsec;
}

uint64_t flopmeter_group_cpu_ns_of(pid_t pid)
{
    struct timespec used = { 0, 0 };
    clockid_t clock;

    if (pid <= 0 || 0 != clock_getcpuclockid(pid, &clock) || 0 != clock_gettime(clock, &used))
    {
        return 0;
    }
    return (uint64_t)used.tv_sec * 1000000000ULL + (uint64_t)used.tv_nsec;
}

/*
 * Is `controller` one of the comma-separated `list`, which ends with a colon?
 */
static bool has_controller(const char *list, const char *controller)
{
    const size_t length = strlen(controller);

    for (const char *item = list; ':' != *item && '\0' != *item; item += strcspn(item, ",:"))
    {
        item += ',' == *item ? 1 : 0;
        if (0 == strncmp(item, controller, length) && NULL != strchr(",:", item[length]))
        {
            return true;
        }
    }
    return false;
}

/*
 * The line of cpuacct, and only where there is none that of version 2: beside cpuacct it has no CPU times of its own.
 */
static bool read_line(const char *path, char line[PATH_MAX])
{
    char *text = NULL;
    size_t capacity = 0;
    FILE *const file = fopen(path, "re");
    bool is_found = false;
    bool is_old = false;

    if (NULL == file)
    {
        return false;
    }
    while (!is_old && getline(&text, &capacity, file) > 0)
    {
        char *const list = strchr(text, ':');
        text[strcspn(text, "\n")] = '\0';
        is_old = NULL != list && has_controller(list + 1, CONTROLLER);
        if ((is_old || 0 == strncmp(text, "0::", 3)) && strlen(text) < PATH_MAX)
        {
            snprintf(line, PATH_MAX, "%s", text);
            is_found = true;
        }
    }
    free(text);
    fclose(file);
    return is_found;
}

static bool is_old(const flopmeter_group_t *group)
{
    return 0 != strncmp(group->line, "0::", 3);
}

static const char *path_of(const char *line)
{
    const char *const list = strchr(line, ':');
    const char *const path = NULL == list ? NULL : strchr(list + 1, ':');
    return NULL == path ? "" : path + 1;
}

static bool read_usage(const flopmeter_group_t *group, uint64_t *ns)
{
    unsigned long long value = 0;
    FILE *const file = '\0' == group->file[0] ? NULL : fopen(group->file, "re");

    if (NULL == file)
    {
        return false;
    }
    const bool is_read = 1 == fscanf(file, is_old(group) ? "%llu" : "usage_usec %llu", &value);
    fclose(file);
    *ns = is_old(group) ? value : value * 1000ULL;
    return is_read;
}

/*
 * Nothing but the list of its members proves that a folder is our group: what is mounted may be another part of the
 * tree than the path in /proc starts from.
 */
static bool is_member(const flopmeter_group_t *group)
{
    int pid;
    bool is_listed = false;
    FILE *const file = fopen(group->members, "re");

    while (NULL != file && !is_listed && 1 == fscanf(file, "%d", &pid))
    {
        is_listed = getpid() == pid;
    }
    if (NULL != file)
    {
        fclose(file);
    }
    return is_listed;
}

static bool try_folder(flopmeter_group_t *group, const char *root, const char *path)
{
    char type[PATH_MAX];
    const char *const mount = is_old(group) ? "/sys/fs/cgroup/" CONTROLLER : "/sys/fs/cgroup";
    const char *const name = is_old(group) ? CONTROLLER ".usage" : "cpu.stat";
    const bool is_short =
        snprintf(group->file, sizeof(group->file), "%s%s%s/%s", root, mount, path, name) < PATH_MAX &&
        snprintf(group->members, sizeof(group->members), "%s%s%s/cgroup.procs", root, mount, path) < PATH_MAX &&
        snprintf(type, sizeof(type), "%s%s%s/cgroup.type", root, mount, path) < PATH_MAX;

    /* The whole machine has no type in version 2, and its times are sampled at ticks: a program can hide from these. */
    if (is_short && is_member(group) && (is_old(group) || 0 == access(type, F_OK)) &&
        read_usage(group, &group->begin_ns))
    {
        return true;
    }
    group->file[0] = '\0';
    return false;
}

void flopmeter_group_begin(flopmeter_group_t *group, const char *root)
{
    char path[PATH_MAX];

    memset(group, 0, sizeof(*group));
    if (snprintf(path, sizeof(path), "%s/proc/self/cgroup", root) < PATH_MAX && read_line(path, group->line) &&
        (try_folder(group, root, path_of(group->line)) || try_folder(group, root, "")))
    {
        group->own_begin_ns = own_cpu_ns();
    }
}

static bool is_inside(const char *path, const char *of)
{
    const size_t length = 0 == strcmp(of, "/") ? 0 : strlen(of);
    return 0 == strncmp(path, of, length) && ('/' == path[length] || '\0' == path[length]) &&
        NULL == strstr(path, "/..");
}

void flopmeter_group_doubt(flopmeter_group_t *group)
{
    group->is_doubtful = true;
}

void flopmeter_group_check(flopmeter_group_t *group, const char *root, pid_t pid)
{
    char path[PATH_MAX];
    char line[PATH_MAX];

    /* Who has just ended has no line any more. */
    if ('\0' != group->file[0] && snprintf(path, sizeof(path), "%s/proc/%d/cgroup", root, (int)pid) < PATH_MAX &&
        read_line(path, line) && !is_inside(path_of(line), path_of(group->line)))
    {
        flopmeter_group_doubt(group);
    }
}

bool flopmeter_group_is_trusted(const flopmeter_group_t *group)
{
    return '\0' != group->file[0] && !group->is_doubtful;
}

void flopmeter_group_read(flopmeter_group_t *group, uint64_t meter_ns)
{
    uint64_t end_ns;
    const uint64_t own_ns = own_cpu_ns() - group->own_begin_ns;

    if (!read_usage(group, &end_ns) || !is_member(group) || end_ns < group->begin_ns)
    {
        return;
    }
    const uint64_t used_ns = end_ns - group->begin_ns;
    const uint64_t meter_all_ns = own_ns + meter_ns;
    group->cpu_ns = used_ns > meter_all_ns ? used_ns - meter_all_ns : 0;
    group->is_read = true;
}

bool flopmeter_group_cpu_ns(const flopmeter_group_t *group, uint64_t *cpu_ns)
{
    *cpu_ns = group->cpu_ns;
    return group->is_read && !group->is_doubtful;
}

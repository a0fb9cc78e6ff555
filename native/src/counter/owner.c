/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "owner.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANCESTORS_MAX (4096)
#define PROCESSES_MAX (1024)
#define UNWRITTEN (0xA5)

ssize_t flopmeter_owner_read_file(const char *path, char *bytes, size_t length)
{
    /* Whoever writes the mapping files must not be able to hold us up with a FIFO. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t place = 0;
    ssize_t count = -1;

    if (fd < 0)
    {
        return -1;
    }
    while (place + 1 < length && (count = read(fd, bytes + place, length - 1 - place)) > 0)
    {
        place += (size_t)count;
    }
    close(fd);
    bytes[place] = '\0';
    return count < 0 ? -1 : (ssize_t)place;
}

pid_t flopmeter_owner_parent_of(const char *proc_root, pid_t pid)
{
    char path[PATH_MAX];
    char bytes[512];

    snprintf(path, sizeof(path), "%s/%d/stat", proc_root, (int)pid);
    if (flopmeter_owner_read_file(path, bytes, sizeof(bytes)) <= 0)
    {
        return -1;
    }
    /* The name may hold anything, parentheses included: the fields begin behind the last one. */
    const char *const end = strrchr(bytes, ')');
    return NULL != end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : -1;
}

static bool is_in_cgroup(const flopmeter_owner_identity_t *identity, pid_t pid)
{
    char path[PATH_MAX];
    char bytes[4096];
    char *rest = NULL;
    const size_t length = strlen(identity->cgroup);

    snprintf(path, sizeof(path), "%s/%d/cgroup", identity->proc_root, (int)pid);
    if (flopmeter_owner_read_file(path, bytes, sizeof(bytes)) <= 0)
    {
        return false;
    }
    for (char *line = strtok_r(bytes, "\n", &rest); NULL != line; line = strtok_r(NULL, "\n", &rest))
    {
        const char *place = strchr(line, ':');
        place = NULL != place ? strchr(place + 1, ':') : NULL;
        if (NULL != place && 0 == strncmp(place + 1, identity->cgroup, length) &&
            ('\0' == place[1 + length] || '/' == place[1 + length]))
        {
            return true;
        }
    }
    return false;
}

bool flopmeter_owner_is_ours(const flopmeter_owner_identity_t *identity, pid_t pid)
{
    if (NULL != identity->cgroup && '\0' != identity->cgroup[0] && is_in_cgroup(identity, pid))
    {
        return true;
    }
    for (int i = 0; 0 != identity->root && i < ANCESTORS_MAX && pid > 0; i++)
    {
        if (pid == identity->root)
        {
            return true;
        }
        pid = flopmeter_owner_parent_of(identity->proc_root, pid);
    }
    return false;
}

/*
 * Jobs in one file: +1 for each line that is ours, and `others` for each that is not. False when there is no file.
 */
static bool count_jobs(const char *path, const char *job, size_t *ours, size_t *others)
{
    static char bytes[FLOPMETER_OWNER_FILE_LENGTH_MAX];
    char *rest = NULL;

    if (flopmeter_owner_read_file(path, bytes, sizeof(bytes)) < 0)
    {
        return false;
    }
    for (char *line = strtok_r(bytes, "\r\n", &rest); NULL != line; line = strtok_r(NULL, "\r\n", &rest))
    {
        while (isspace((unsigned char)*line))
        {
            line++;
        }
        size_t length = strlen(line);
        while (length > 0 && isspace((unsigned char)line[length - 1]))
        {
            line[--length] = '\0';
        }
        if (length > 0)
        {
            *(NULL != job && 0 == strcmp(line, job) ? ours : others) += 1;
        }
    }
    return true;
}

bool flopmeter_owner_map_path(const char *mapping_dir, const char *name, char *path, size_t length)
{
    return '\0' != name[0] && NULL == strchr(name, '/') &&
        (size_t)snprintf(path, length, "%s/%s", mapping_dir, name) < length;
}

flopmeter_owner_t flopmeter_owner_of_map(
    const flopmeter_owner_identity_t *identity, const char *const *names, size_t names_count)
{
    size_t ours = 0;
    size_t others = 0;

    for (size_t i = 0; NULL != identity->mapping_dir && i < names_count; i++)
    {
        char path[PATH_MAX];
        if (flopmeter_owner_map_path(identity->mapping_dir, names[i], path, sizeof(path)))
        {
            (void)count_jobs(path, identity->job, &ours, &others);
        }
    }
    if (others > 0)
    {
        return FLOPMETER_OWNER_SHARED;
    }
    return ours > 0 ? FLOPMETER_OWNER_OURS : FLOPMETER_OWNER_NOBODY;
}

/*
 * How long an entry is that the driver wrote: those of the 530 generation are longer, under the same name. Behind the
 * last short one nobody wrote.
 */
static size_t entry_length(const unsigned char *bytes, unsigned count)
{
    const size_t end = (size_t)count * FLOPMETER_NVML_PROCESS_LENGTH_MAX;

    for (size_t place = count * sizeof(flopmeter_nvml_process_t); place < end; place++)
    {
        if (UNWRITTEN != bytes[place])
        {
            return FLOPMETER_NVML_PROCESS_LENGTH_MAX;
        }
    }
    return sizeof(flopmeter_nvml_process_t);
}

typedef flopmeter_nvml_return_t (*list_function_t)(flopmeter_nvml_device_t, unsigned *, flopmeter_nvml_process_t *);

static bool has_pid(const pid_t *pids, unsigned count, pid_t pid)
{
    for (unsigned i = 0; i < count; i++)
    {
        if (pids[i] == pid)
        {
            return true;
        }
    }
    return false;
}

/*
 * Put the processes of one of the driver's lists behind the `count` that are there. False when it gives no list, or
 * they are too many.
 */
static bool add_processes(
    const flopmeter_gpm_device_t *device, list_function_t list_of, pid_t *pids, unsigned max, unsigned *count)
{
    static union
    {
        flopmeter_nvml_process_t first;
        unsigned char bytes[PROCESSES_MAX * FLOPMETER_NVML_PROCESS_LENGTH_MAX];
    }
    list;
    const flopmeter_nvml_device_t target = NULL != device->mig ? device->mig : device->handle;
    unsigned listed = PROCESSES_MAX;

    memset(&list, UNWRITTEN, sizeof(list));
    if (NULL == device->nvml.library || NULL == list_of ||
        FLOPMETER_NVML_SUCCESS != list_of(target, &listed, &list.first) || listed > PROCESSES_MAX)
    {
        return false;
    }
    const size_t length = entry_length(list.bytes, listed);
    for (unsigned i = 0; i < listed; i++)
    {
        flopmeter_nvml_process_t process;
        memcpy(&process, list.bytes + i * length, sizeof(process));
        if (has_pid(pids, *count, (pid_t)process.pid))
        {
            continue;
        }
        if (*count == max)
        {
            return false;
        }
        pids[(*count)++] = (pid_t)process.pid;
    }
    return true;
}

unsigned flopmeter_owner_processes(const flopmeter_gpm_device_t *device, pid_t *pids, unsigned max, bool *is_whole)
{
    unsigned count = 0;
    /* Vulkan computes on the same SM, and its processes are in the other list. */
    const bool has_compute =
        add_processes(device, device->nvml.nvmlDeviceGetComputeRunningProcesses_v3, pids, max, &count);
    const bool has_graphics =
        add_processes(device, device->nvml.nvmlDeviceGetGraphicsRunningProcesses_v3, pids, max, &count);

    *is_whole = has_compute && has_graphics;
    return count;
}

static flopmeter_owner_t of_processes(
    const flopmeter_owner_identity_t *identity, const flopmeter_gpm_device_t *device)
{
    static pid_t pids[PROCESSES_MAX];
    bool is_whole = false;
    const unsigned count = flopmeter_owner_processes(device, pids, PROCESSES_MAX, &is_whole);

    for (unsigned i = 0; i < count; i++)
    {
        if (!flopmeter_owner_is_ours(identity, pids[i]))
        {
            return FLOPMETER_OWNER_SHARED;
        }
    }
    return !is_whole ? FLOPMETER_OWNER_UNKNOWN : count > 0 ? FLOPMETER_OWNER_OURS : FLOPMETER_OWNER_NOBODY;
}

void flopmeter_owner_names(const flopmeter_gpm_device_t *device, flopmeter_owner_names_t *names)
{
    snprintf(names->index, sizeof(names->index), NULL != device->mig ? "%u.%u" : "%u", device->index,
        device->gpu_instance);
    names->names[0] = names->index;
    names->names[1] = device->uuid;
    names->names[2] = NULL == device->mig ? device->gpu_uuid : "";
    names->count = 0 == strcmp(device->uuid, names->names[2]) ? 2 : 3;
}

flopmeter_owner_t flopmeter_owner_of(
    const flopmeter_owner_identity_t *identity, const flopmeter_gpm_device_t *device)
{
    flopmeter_owner_names_t names;

    flopmeter_owner_names(device, &names);
    const flopmeter_owner_t mapped = flopmeter_owner_of_map(identity, names.names, names.count);
    const flopmeter_owner_t running = of_processes(identity, device);
    if (FLOPMETER_OWNER_SHARED == mapped || FLOPMETER_OWNER_SHARED == running)
    {
        return FLOPMETER_OWNER_SHARED;
    }
    if (FLOPMETER_OWNER_OURS == mapped || FLOPMETER_OWNER_OURS == running)
    {
        return FLOPMETER_OWNER_OURS;
    }
    return running;
}

void flopmeter_owner_node(const flopmeter_gpm_device_t *device, char *node, size_t node_length)
{
    char prefix[13];

    snprintf(prefix, sizeof(prefix), "%.12s", device->uuid);
    for (char *place = prefix; '\0' != *place; place++)
    {
        *place = isalnum((unsigned char)*place) || NULL != strchr("._-", *place) ? *place : '-';
    }
    if ('\0' != prefix[0])
    {
        snprintf(node, node_length, "device:%s", prefix);
    }
    else
    {
        snprintf(node, node_length, "device:%u", device->index);
    }
}

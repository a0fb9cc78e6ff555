/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cgroup_job.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "owner.h"

/* 8-4-4-4-12 hexadecimal digits, or of a static pod the 32 of a digest. */
#define UID_LENGTH (36)
#define STATIC_UID_LENGTH (32)

static bool starts_with(const char *text, const char *start)
{
    return 0 == strncmp(text, start, strlen(start));
}

/*
 * The job's digits in the path of a control group that Slurm made, 0 = it is none: below "/slurm" (v1) or the scope of
 * its daemon (v2).
 */
static size_t find_slurm(const char *path, const char **job)
{
    const bool is_first = starts_with(path, "/slurm");
    const char *const scope = starts_with(path, "/system.slice/") ? strstr(path, "slurmstepd.scope/") : NULL;
    const char *const place = is_first || NULL != scope ? strstr(is_first ? path : scope, "/job_") : NULL;

    if (NULL == place)
    {
        return 0;
    }
    *job = place + strlen("/job_");
    const size_t length = strspn(*job, "0123456789");
    return '/' == (*job)[length] || '\0' == (*job)[length] ? length : 0;
}

/*
 * How long is the pod's UID that begins here? 0 = it is none. systemd's names have '_' for each '-'.
 */
static size_t uid_length(const char *uid)
{
    const size_t digits = strspn(uid, "0123456789abcdef");

    if (STATIC_UID_LENGTH == digits)
    {
        return digits;
    }
    for (size_t i = 0; i < UID_LENGTH; i++)
    {
        const bool is_separator = 8 == i || 13 == i || 18 == i || 23 == i;
        const char *const valid = is_separator ? "-_" : "0123456789abcdef";
        if ('\0' == uid[i] || NULL == strchr(valid, uid[i]))
        {
            return 0;
        }
    }
    return UID_LENGTH;
}

/*
 * "pod<uid>" of the driver cgroupfs, "kubepods-burstable-pod<uid>.slice" of systemd's; NULL = neither.
 */
static const char *find_uid(const char *component, size_t length)
{
    static const char slice[] = ".slice";
    const bool is_plain = starts_with(component, "pod");
    const char *const mark = is_plain ? component : strstr(component, "-pod");
    const char *const uid = NULL != mark && mark < component + length ? mark + strlen(is_plain ? "pod" : "-pod") : NULL;
    const size_t uid_end = NULL != uid ? (size_t)(uid - component) + uid_length(uid) : 0;

    if (NULL == uid || 0 == uid_length(uid))
    {
        return NULL;
    }
    const bool is_whole = is_plain ? uid_end == length :
        uid_end + strlen(slice) == length && starts_with(component + uid_end, slice);
    return is_whole ? uid : NULL;
}

/*
 * Only groups of the kubelet may stand before the pod's: below any other, anybody may have made it.
 */
static bool is_kubelets(const char *component, size_t length)
{
    static const char *const classes[] = { "burstable", "besteffort", "guaranteed" };
    bool is_class = false;

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
    {
        is_class = is_class || (strlen(classes[i]) == length && starts_with(component, classes[i]));
    }
    return is_class || starts_with(component, "kubepods") || starts_with(component, "kubelet");
}

static const char *find_pod(const char *path)
{
    /* Out of a namespace the kubelet's own groups may all be hidden behind "..". */
    bool is_below_kubelet = false;

    for (const char *at = path; '/' == *at;)
    {
        at += 1;
        const size_t length = strcspn(at, "/");
        const char *const uid = find_uid(at, length);
        const bool is_up = 2 == length && starts_with(at, "..");
        if (NULL != uid && (is_below_kubelet || is_kubelets(at, length)))
        {
            return uid;
        }
        if (!is_up && !is_kubelets(at, length))
        {
            return NULL;
        }
        is_below_kubelet = true;
        at += length;
    }
    return NULL;
}

bool flopmeter_cgroup_job_of_path(const char *path, char *job, size_t capacity)
{
    const char *found = NULL;
    const char *below = path;

    job[0] = '\0';
    while (starts_with(below, "/../"))
    {
        below += strlen("/..");
    }
    const size_t length = find_slurm(below, &found);
    const char *const uid = 0 == length ? find_pod(path) : NULL;
    if (length > 0 && length < capacity)
    {
        memcpy(job, found, length);
        job[length] = '\0';
    }
    else if (NULL != uid && strlen(FLOPMETER_CGROUP_JOB_POD) + uid_length(uid) < capacity)
    {
        snprintf(job, capacity, "%s%.*s", FLOPMETER_CGROUP_JOB_POD, (int)uid_length(uid), uid);
        for (char *at = strchr(job, '_'); NULL != at; at = strchr(at, '_'))
        {
            *at = '-';
        }
    }
    return '\0' != job[0];
}

bool flopmeter_cgroup_job_of_process(const char *proc_root, pid_t pid, char *job, size_t capacity)
{
    char path[PATH_MAX];
    char bytes[4096];
    char *rest = NULL;

    job[0] = '\0';
    snprintf(path, sizeof(path), "%s/%d/cgroup", proc_root, (int)pid);
    if (flopmeter_owner_read_file(path, bytes, sizeof(bytes)) <= 0)
    {
        return false;
    }
    for (char *line = strtok_r(bytes, "\n", &rest); NULL != line; line = strtok_r(NULL, "\n", &rest))
    {
        const char *place = strchr(line, ':');
        place = NULL != place ? strchr(place + 1, ':') : NULL;
        if (NULL != place && flopmeter_cgroup_job_of_path(place + 1, job, capacity))
        {
            return true;
        }
    }
    return false;
}

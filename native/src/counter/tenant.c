/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tenant.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_job.h"
#include "owner.h"
#include "watch_state.h"

#define ANCESTORS_MAX (4096)
#define PROCESSES_MAX (1024)
#define NS_PER_SEC (UINT64_C(1000000000))
/* A run's counter says each second how far it has come. One that is silent for longer may count nothing. */
#define COUNTER_SILENT_NS (UINT64_C(10000000000))
#define SUPERVISOR "flopmeter-run"
#define LANE_DIRECTORY "FLOPMETER_LANE_DIR="

/* What there is of one thing: the name when it is one only. */
typedef struct one_stct
{
    size_t count;          /* 2 = several */
    char name[FLOPMETER_TENANT_JOB_LENGTH];
}
one_t;

/* Of one process. */
typedef enum standing_enum
{
    STANDING_UNMETERED,
    STANDING_METERED,      /* by a run with a counter of its own */
    STANDING_HALF,         /* it counts what it calls, and nobody counts what the device did for it */
    STANDING_UNSEEN        /* not here: ended, or the driver's ids are of another PID namespace */
}
standing_t;

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static bool is_id(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
    {
        if (!isalnum((unsigned char)text[i]) && NULL == strchr("._:-", text[i]))
        {
            return false;
        }
    }
    return length > 0 && length < FLOPMETER_TENANT_JOB_LENGTH;
}

static void add_job(flopmeter_tenant_jobs_t *jobs, const char *name, size_t length)
{
    for (size_t i = 0; i < jobs->count; i++)
    {
        if (strlen(jobs->names[i]) == length && 0 == strncmp(jobs->names[i], name, length))
        {
            return;
        }
    }
    if (FLOPMETER_TENANT_JOBS_MAX == jobs->count)
    {
        jobs->is_more = true;
        return;
    }
    memcpy(jobs->names[jobs->count], name, length);
    jobs->names[jobs->count][length] = '\0';
    jobs->count += 1;
}

static void add_jobs(flopmeter_tenant_jobs_t *jobs, const flopmeter_tenant_jobs_t *others)
{
    jobs->is_more = jobs->is_more || others->is_more;
    for (size_t i = 0; i < others->count; i++)
    {
        add_job(jobs, others->names[i], strlen(others->names[i]));
    }
}

/*
 * A name that is no id can't be charged: it stands for several, so that the work stays the device's.
 */
static void note(one_t *one, flopmeter_tenant_jobs_t *jobs, const char *name, size_t length)
{
    if (is_id(name, length))
    {
        add_job(jobs, name, length);
    }
    if (!is_id(name, length) || (one->count > 0 && (strlen(one->name) != length ||
        0 != strncmp(one->name, name, length))))
    {
        one->count = 2;
        return;
    }
    one->count = one->count > 1 ? 2 : 1;
    memcpy(one->name, name, length);
    one->name[length] = '\0';
}

static void read_map(
    const flopmeter_tenant_host_t *host,
    const flopmeter_gpm_device_t *device,
    one_t *mapped,
    flopmeter_tenant_jobs_t *jobs)
{
    static char bytes[FLOPMETER_OWNER_FILE_LENGTH_MAX];
    flopmeter_owner_names_t names;
    char *rest = NULL;

    flopmeter_owner_names(device, &names);
    for (size_t i = 0; NULL != host->mapping_dir && i < names.count; i++)
    {
        char path[PATH_MAX];
        if (!flopmeter_owner_map_path(host->mapping_dir, names.names[i], path, sizeof(path)) ||
            flopmeter_owner_read_file(path, bytes, sizeof(bytes)) < 0)
        {
            continue;
        }
        for (char *line = strtok_r(bytes, "\r\n", &rest); NULL != line; line = strtok_r(NULL, "\r\n", &rest))
        {
            line += strspn(line, " \t");
            size_t length = strlen(line);
            while (length > 0 && isspace((unsigned char)line[length - 1]))
            {
                length -= 1;
            }
            if (length > 0)
            {
                note(mapped, jobs, line, length);
            }
        }
    }
}

/*
 * Is this the name of a meter directory of that supervisor? 20261128T230000Z-4711-89abcdef. 0 = of any.
 */
static bool is_directory_of(const char *name, pid_t pid)
{
    char *end = NULL;

    if (strlen(name) < 17 || 'T' != name[8] || 'Z' != name[15] || '-' != name[16])
    {
        return false;
    }
    const long number = strtol(name + 17, &end, 10);
    return '-' == *end && number > 0 && (0 == pid || (long)pid == number);
}

/*
 * Does a counter in that directory say that it reads devices? (watch.c, counter.state)
 */
static bool is_counting(const char *place, const char *name)
{
    char path[PATH_MAX];
    uint64_t covered_ns = 0;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s/" FLOPMETER_WATCH_STATE, place, name) >= sizeof(path))
    {
        return false;
    }
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
    {
        return false;
    }
    const bool is_read = (ssize_t)sizeof(covered_ns) == pread(fd, &covered_ns, sizeof(covered_ns), 0);
    const uint64_t now = monotonic_ns();
    close(fd);
    return is_read && covered_ns <= now && now - covered_ns < COUNTER_SILENT_NS;
}

/*
 * Has a supervisor a meter directory here, and a counter in it?
 */
static bool has_counter(const flopmeter_tenant_host_t *host, pid_t supervisor)
{
    bool is_found = false;

    for (size_t i = 0; i < host->places_count && !is_found; i++)
    {
        DIR *const stream = opendir(host->places[i]);
        for (struct dirent *entry = NULL != stream ? readdir(stream) : NULL; NULL != entry && !is_found;
            entry = readdir(stream))
        {
            is_found = is_directory_of(entry->d_name, supervisor) && is_counting(host->places[i], entry->d_name);
        }
        if (NULL != stream)
        {
            closedir(stream);
        }
    }
    return is_found;
}

static bool is_supervisor(const char *proc_root, pid_t pid)
{
    char path[PATH_MAX];
    char comm[64];

    snprintf(path, sizeof(path), "%s/%d/comm", proc_root, (int)pid);
    return flopmeter_owner_read_file(path, comm, sizeof(comm)) > 0 &&
        0 == strncmp(comm, SUPERVISOR, strlen(SUPERVISOR));
}

/*
 * A service, or what a run has left behind: it was started with the name of a meter directory. Of another user's we may
 * not see it; he has a meter of his own, which is added to this one by nobody.
 */
static bool is_lane_named(const char *proc_root, pid_t pid)
{
    static char bytes[FLOPMETER_OWNER_FILE_LENGTH_MAX];
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%d/environ", proc_root, (int)pid);
    const ssize_t length = flopmeter_owner_read_file(path, bytes, sizeof(bytes));
    for (const char *at = bytes; length > 0 && at < bytes + length; at += strlen(at) + 1)
    {
        if (0 == strncmp(at, LANE_DIRECTORY, strlen(LANE_DIRECTORY)))
        {
            return true;
        }
    }
    /* What does not fit may name one. */
    return length + 1 >= (ssize_t)sizeof(bytes);
}

static standing_t standing_of(const flopmeter_tenant_host_t *host, pid_t pid)
{
    bool has_supervisor = false;
    pid_t ancestor = pid;

    if (flopmeter_owner_parent_of(host->proc_root, pid) < 0)
    {
        return STANDING_UNSEEN;
    }
    for (int i = 0; i < ANCESTORS_MAX && ancestor > 1; i++)
    {
        if (is_supervisor(host->proc_root, ancestor))
        {
            has_supervisor = true;
            if (has_counter(host, ancestor))
            {
                return STANDING_METERED;
            }
        }
        ancestor = flopmeter_owner_parent_of(host->proc_root, ancestor);
    }
    return has_supervisor || is_lane_named(host->proc_root, pid) ? STANDING_HALF : STANDING_UNMETERED;
}

static bool has_entry(const char *folder, bool (*is_it)(const char *proc_root, const char *name), const char *proc_root)
{
    DIR *const stream = opendir(folder);
    bool is_found = false;

    for (struct dirent *entry = NULL != stream ? readdir(stream) : NULL; NULL != entry && !is_found;
        entry = readdir(stream))
    {
        is_found = is_it(proc_root, entry->d_name);
    }
    if (NULL != stream)
    {
        closedir(stream);
    }
    return is_found;
}

static bool is_live_run(const char *proc_root, const char *name)
{
    return is_directory_of(name, 0) && is_supervisor(proc_root, (pid_t)strtol(name + 17, NULL, 10));
}

static bool is_lane(const char *proc_root, const char *name)
{
    const char *const dot = strrchr(name, '.');

    (void)proc_root;
    return NULL != dot && 0 == strcmp(dot, ".lane");
}

/*
 * Is there anybody on this host who counts his own work?
 */
static bool is_anybody_metered(const flopmeter_tenant_host_t *host)
{
    bool is_found = false;

    for (size_t i = 0; i < host->places_count && !is_found; i++)
    {
        char services[PATH_MAX];
        is_found = has_entry(host->places[i], is_live_run, host->proc_root);
        if ((size_t)snprintf(services, sizeof(services), "%s/services", host->places[i]) < sizeof(services))
        {
            is_found = is_found || has_entry(services, is_lane, host->proc_root);
        }
    }
    return is_found;
}

static void set_job(flopmeter_tenant_t *tenant, const one_t *job, flopmeter_tenant_kind_t otherwise)
{
    tenant->kind = 1 == job->count ? FLOPMETER_TENANT_JOB : 0 == job->count ? otherwise : FLOPMETER_TENANT_OTHERS;
    if (FLOPMETER_TENANT_JOB == tenant->kind)
    {
        memcpy(tenant->job, job->name, sizeof(tenant->job));
    }
}

/*
 * Only unmetered ones are there: the job is what control groups say, or where they say nothing of any, the file.
 */
static void set_unmetered(flopmeter_tenant_t *tenant, const one_t *mapped, one_t *jobs, size_t jobless)
{
    if (0 == jobs->count)
    {
        set_job(tenant, mapped, FLOPMETER_TENANT_OTHERS);
        return;
    }
    const bool is_pod = 0 == strncmp(jobs->name, FLOPMETER_CGROUP_JOB_POD, strlen(FLOPMETER_CGROUP_JOB_POD));
    const bool is_named = 1 == jobs->count && is_pod && 1 == mapped->count;
    if (jobless > 0 || mapped->count > 1 ||
        (1 == mapped->count && !is_named && 0 != strcmp(mapped->name, jobs->name)))
    {
        jobs->count = 2;
    }
    else if (is_named)
    {
        /* A scheduler above the kubelet has a name of its own for what this one knows by a UID. */
        *jobs = *mapped;
        memset(&tenant->jobs, 0, sizeof(tenant->jobs));
        add_job(&tenant->jobs, mapped->name, strlen(mapped->name));
    }
    set_job(tenant, jobs, FLOPMETER_TENANT_OTHERS);
}

void flopmeter_tenant_of(
    const flopmeter_tenant_host_t *host, const flopmeter_gpm_device_t *device, flopmeter_tenant_t *tenant)
{
    static pid_t pids[PROCESSES_MAX];
    size_t standings[STANDING_UNSEEN + 1] = { 0 };
    size_t jobless = 0;
    one_t mapped = { 0, "" };
    one_t jobs = { 0, "" };
    bool is_whole = false;

    memset(tenant, 0, sizeof(*tenant));
    const unsigned count = flopmeter_owner_processes(device, pids, PROCESSES_MAX, &is_whole);
    read_map(host, device, &mapped, &tenant->jobs);
    for (unsigned i = 0; i < count; i++)
    {
        char job[FLOPMETER_TENANT_JOB_LENGTH];
        const standing_t standing = standing_of(host, pids[i]);
        standings[standing] += 1;
        flopmeter_cgroup_job_of_process(host->proc_root, pids[i], job, sizeof(job));
        if (STANDING_UNMETERED == standing && '\0' != job[0])
        {
            note(&jobs, &tenant->jobs, job, strlen(job));
        }
        else if (STANDING_METERED != standing && '\0' != job[0])
        {
            add_job(&tenant->jobs, job, strlen(job));
        }
        jobless += STANDING_UNMETERED == standing && '\0' == job[0] ? 1 : 0;
    }
    if ((!is_whole || standings[STANDING_UNSEEN] > 0) && is_anybody_metered(host))
    {
        tenant->kind = FLOPMETER_TENANT_UNKNOWN;
    }
    else if (standings[STANDING_HALF] > 0 ||
        (standings[STANDING_METERED] > 0 && standings[STANDING_UNMETERED] + standings[STANDING_UNSEEN] > 0))
    {
        tenant->kind = FLOPMETER_TENANT_MIXED;
    }
    else if (standings[STANDING_METERED] > 0)
    {
        tenant->kind = FLOPMETER_TENANT_METERED;
        memset(&tenant->jobs, 0, sizeof(tenant->jobs));
    }
    else if (standings[STANDING_UNMETERED] > 0)
    {
        set_unmetered(tenant, &mapped, &jobs, jobless + standings[STANDING_UNSEEN] + (is_whole ? 0 : 1));
    }
    else
    {
        set_job(tenant, &mapped, is_whole && 0 == count ? FLOPMETER_TENANT_NOBODY : FLOPMETER_TENANT_OTHERS);
    }
}

void flopmeter_seen_add(flopmeter_seen_t *seen, const flopmeter_tenant_t *tenant)
{
    seen->kinds |= 1U << tenant->kind;
    add_jobs(&seen->jobs, &tenant->jobs);
}

void flopmeter_seen_merge(flopmeter_seen_t *seen, const flopmeter_seen_t *other)
{
    seen->kinds |= other->kinds;
    add_jobs(&seen->jobs, &other->jobs);
}

flopmeter_charge_t flopmeter_seen_charge_of_run(const flopmeter_seen_t *seen, const char *node)
{
    const unsigned others = (1U << FLOPMETER_OWNER_SHARED) | (1U << FLOPMETER_OWNER_UNKNOWN);
    const bool is_ours = 0 != (seen->kinds & (1U << FLOPMETER_OWNER_OURS)) && 0 == (seen->kinds & others);

    return (flopmeter_charge_t){ false, is_ours, NULL, is_ours ? NULL : node };
}

flopmeter_charge_t flopmeter_seen_charge(const flopmeter_seen_t *seen, const char *node)
{
    const unsigned claimed = (1U << FLOPMETER_TENANT_METERED) | (1U << FLOPMETER_TENANT_MIXED) |
        (1U << FLOPMETER_TENANT_UNKNOWN);
    const unsigned idle = 1U << FLOPMETER_TENANT_NOBODY;
    flopmeter_charge_t charge = { false, true, FLOPMETER_TENANT_HOST, node };

    if (1U << FLOPMETER_TENANT_METERED == seen->kinds)
    {
        charge.is_elsewhere = true;
    }
    else if (0 != (seen->kinds & claimed))
    {
        charge.is_whole = false;
    }
    else if (1U << FLOPMETER_TENANT_JOB == (seen->kinds & ~idle) && 1 == seen->jobs.count && !seen->jobs.is_more)
    {
        charge.run = seen->jobs.names[0];
    }
    return charge;
}

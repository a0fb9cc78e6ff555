/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose work is on a device? Counters of a device know no process; its work is a run's only while nobody else computes
 * on it. Evidence: the processes that the driver lists, and files that a scheduler writes.
 */

#ifndef FLOPMETER_OWNER_H
#define FLOPMETER_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "gpm_device.h"

#define FLOPMETER_OWNER_FILE_LENGTH_MAX (65536)
#define FLOPMETER_OWNER_NAMES_MAX (3)

typedef enum flopmeter_owner_enum
{
    FLOPMETER_OWNER_NOBODY = 0,    /* no process, and no file that names one */
    FLOPMETER_OWNER_OURS = 1,      /* ours and nobody else's */
    FLOPMETER_OWNER_SHARED = 2,    /* somebody else is there, too or alone */
    FLOPMETER_OWNER_UNKNOWN = 3    /* the driver doesn't say, and no file does */
}
flopmeter_owner_t;

/** Who we are. What is NULL or 0 is no evidence. */
typedef struct flopmeter_owner_identity_stct
{
    const char *proc_root;      /* "/proc" */
    pid_t root;                 /* its descendants are ours, itself included */
    const char *cgroup;         /* processes in it or below are ours, e.g. "/system.slice/slurmstepd.scope/job_7" */
    const char *job;            /* id as it stands in the mapping files */
    const char *mapping_dir;    /* files as dcgm-exporter's --hpc-job-mapping-dir has them */
}
flopmeter_owner_identity_t;

/** Is `pid` a process of ours? False too when it can't be seen: in a PID namespace the driver's ids may not be ours. */
bool flopmeter_owner_is_ours(const flopmeter_owner_identity_t *identity, pid_t pid);

/**
 * What the mapping files say: one file a device, named by index ("0"), UUID, or index and GPU instance ("0.3"), one job
 * id a line. NOBODY when there is no such file or it is empty; OURS when our job is the only one in it.
 */
flopmeter_owner_t flopmeter_owner_of_map(
    const flopmeter_owner_identity_t *identity, const char *const *names, size_t names_count);

/** Everything taken together. */
flopmeter_owner_t flopmeter_owner_of(
    const flopmeter_owner_identity_t *identity, const flopmeter_gpm_device_t *device);

/** What mapping files of a device may be called. Belongs to `device`, which must outlive it. */
typedef struct flopmeter_owner_names_stct
{
    const char *names[FLOPMETER_OWNER_NAMES_MAX];
    size_t count;
    char index[32];
}
flopmeter_owner_names_t;

void flopmeter_owner_names(const flopmeter_gpm_device_t *device, flopmeter_owner_names_t *names);

/** Path of a mapping file. False when there can be none of that name. */
bool flopmeter_owner_map_path(const char *mapping_dir, const char *name, char *path, size_t length);

/**
 * Processes that the driver lists on `device`, those that compute and those that draw (and may compute by it), each
 * once. `is_whole` is false where it does not say one or the other, or there are more than `max`: there may be others.
 */
unsigned flopmeter_owner_processes(const flopmeter_gpm_device_t *device, pid_t *pids, unsigned max, bool *is_whole);

/** Of a process; -1 = it is not to be seen. */
pid_t flopmeter_owner_parent_of(const char *proc_root, pid_t pid);

/** Whole file, NUL-terminated; what is longer than `length` - 1 is cut. -1 when it can't be read. */
ssize_t flopmeter_owner_read_file(const char *path, char *bytes, size_t length);

/** Node of work that is nobody's in particular: "device:" and the first 12 characters of the UUID, a valid id. */
void flopmeter_owner_node(const flopmeter_gpm_device_t *device, char *node, size_t node_length);

#endif /* FLOPMETER_OWNER_H */

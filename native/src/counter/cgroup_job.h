/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which job a process belongs to, by the path of its control group: docs/design/0019-sidecar.md section 7. Only what a
 * scheduler's daemon makes is believed, not what a user may make below his own slice. Out of a control group namespace
 * ("/../..") the slices above are not to be seen: whoever may make groups beside ours can give himself a name there.
 */

#ifndef FLOPMETER_CGROUP_JOB_H
#define FLOPMETER_CGROUP_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Before the UID of a Kubernetes pod: "pod-0b3f...". A job of Slurm is its digits. */
#define FLOPMETER_CGROUP_JOB_POD ("pod-")

/**
 * The job of a control group: Slurm's (cgroup v1 and v2), or a pod's that a kubelet made (cgroup drivers cgroupfs and
 * systemd). The path is as in /proc/PID/cgroup, also as seen out of a control group namespace ("/../..").
 *
 * @return false, and `job` "": it is no job's, or the name has more than `capacity` - 1 bytes.
 */
bool flopmeter_cgroup_job_of_path(const char *path, char *job, size_t capacity);

/** The same of the first line of PROC_ROOT/PID/cgroup that names one. */
bool flopmeter_cgroup_job_of_process(const char *proc_root, pid_t pid, char *job, size_t capacity);

#endif /* FLOPMETER_CGROUP_JOB_H */

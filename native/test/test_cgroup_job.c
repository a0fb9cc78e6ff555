/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Jobs and pods by the paths of control groups, as daemons make them and as others might pretend.
 */

#include <string.h>

#include "cgroup_job.h"
#include "check.h"

#define UID "0b3f1d2e-4c5a-4b6d-8e7f-9a0b1c2d3e4f"
#define UNIT_UID "0b3f1d2e_4c5a_4b6d_8e7f_9a0b1c2d3e4f"
#define STATIC_UID "0123456789abcdef0123456789abcdef"

typedef struct case_stct
{
    const char *path;
    const char *job;
}
case_t;

static const case_t cases[] = {
    /* Slurm, control groups v1 and v2. */
    { "/slurm/uid_1000/job_77/step_batch", "77" },
    { "/slurm_node1/uid_1000/job_77", "77" },
    { "/system.slice/slurmstepd.scope/job_7/step_0/user/task_0", "7" },
    { "/system.slice/node1_slurmstepd.scope/job_7", "7" },
    { "/../../system.slice/slurmstepd.scope/job_7", "7" },
    { "/system.slice/slurmstepd.scope/job_x", "" },
    { "/system.slice/other.scope/job_7", "" },
    { "/user.slice/user-7.slice/slurm/job_7", "" },
    /* A kubelet with the driver cgroupfs: guaranteed pods have no class of their own. */
    { "/kubepods/pod" UID "/0123", "pod-" UID },
    { "/kubepods/burstable/pod" UID "/0123", "pod-" UID },
    { "/kubepods/besteffort/pod" UID, "pod-" UID },
    { "/kubepods/burstable/pod" STATIC_UID "/0123", "pod-" STATIC_UID },
    /* With the driver systemd, and below a root of its own. */
    { "/kubepods.slice/kubepods-pod" UNIT_UID ".slice/cri-containerd-0123.scope", "pod-" UID },
    { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UNIT_UID ".slice/crio-0123.scope", "pod-" UID },
    { "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" STATIC_UID ".slice", "pod-" STATIC_UID },
    { "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UNIT_UID ".slice/0123", "pod-" UID },
    { "/kubelet/kubepods/burstable/pod" UID "/0123", "pod-" UID },
    /* As a container's own namespace of control groups shows its neighbours. */
    { "/../../kubepods-burstable-pod" UNIT_UID ".slice/cri-containerd-0123.scope", "pod-" UID },
    { "/../../../kubepods-besteffort.slice/kubepods-besteffort-pod" UNIT_UID ".slice/0123.scope", "pod-" UID },
    { "/../../pod" UID "/0123", "pod-" UID },
    /* Nobody's, or of whom it can't be told. */
    { "/", "" },
    { "", "" },
    { "/..", "" },
    { "/kubepods", "" },
    { "/kubepods.slice/kubepods-burstable.slice", "" },
    { "/kubepods/pod", "" },
    { "/kubepods/pod" UID "0/0123", "" },
    { "/kubepods/podX" UID, "" },
    { "/kubepods/pod0b3f1d2e-4c5a-4b6d-8e7f-9a0b1c2d3e4", "" },
    { "/kubepods.slice/kubepods-pod" UNIT_UID ".scope/0123", "" },
    { "/kubepods.slice/kubepods-pod" UNIT_UID, "" },
    { "/pod" UID "/0123", "" },
    { "/docker/0123/kubepods/pod" UID, "" },
    { "/user.slice/user-7.slice/kubepods/pod" UID, "" },
    { "/../user.slice/user-7.slice/kubepods/pod" UID, "" },
    { "/user.slice/kubepods-pod" UNIT_UID ".slice", "" },
};

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        char job[65] = "before";
        const bool is_one = flopmeter_cgroup_job_of_path(cases[i].path, job, sizeof(job));
        CHECK(0 == strcmp(cases[i].job, job), "%s: expected \"%s\", found \"%s\"", cases[i].path, cases[i].job, job);
        CHECK(is_one == ('\0' != job[0]), "%s", cases[i].path);
    }
    char small[40];
    CHECK(!flopmeter_cgroup_job_of_path("/kubepods/pod" UID, small, sizeof(small)), "it does not fit");
    CHECK('\0' == small[0], "found \"%s\"", small);
    return 0;
}

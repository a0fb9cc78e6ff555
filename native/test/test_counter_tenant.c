/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who of a whole host is on a device: processes in a folder that stands for /proc, meter directories in one that stands
 * for /dev/shm/flopmeter-<uid>, and mapping files.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counter_gpu.h"
#include "tenant.h"

#define COUNTER "place/20261128T230000Z-100-89abcdef/counter.state"

static char folder[] = "/tmp/flopmeter_tenant_XXXXXX";
static char proc[64];
static char mapping[64];
static char place[64];
static flopmeter_tenant_host_t host;

static void clean(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK(0 == system(command), "%s", command);
}

static void write_bytes(const char *name, const void *bytes, size_t length)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *at = path + sizeof(folder); NULL != (at = strchr(at, '/')); at++)
    {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    FILE *const file = fopen(path, "wb");
    CHECK(NULL != file && length == fwrite(bytes, 1, length, file) && 0 == fclose(file), "%s", path);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void discard(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    CHECK(0 == unlink(path), "%s", path);
}

static void process(int pid, int parent, const char *comm, const char *cgroup)
{
    char path[64];
    char text[256];

    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(text, sizeof(text), "%d (%s) S %d 1 1 0 -1", pid, comm, parent);
    write_text(path, text);
    snprintf(path, sizeof(path), "proc/%d/comm", pid);
    snprintf(text, sizeof(text), "%s\n", comm);
    write_text(path, text);
    snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
    snprintf(text, sizeof(text), "12:cpu,cpuacct:/elsewhere\n0::%s\n", cgroup);
    write_text(path, text);
    snprintf(path, sizeof(path), "proc/%d/environ", pid);
    write_bytes(path, "A=1\0B=FLOPMETER_LANE_DIR=/x", 28);
}

static void running(unsigned first, unsigned second)
{
    fake->processes_count = (0 != first ? 1U : 0U) + (0 != second ? 1U : 0U);
    fake->processes[0] = first;
    fake->processes[1] = second;
}

/* Names of the jobs whose work it may be, in any order: "7 77". */
static void expect_jobs(const char *names, const flopmeter_gpm_device_t *device, const char *what)
{
    flopmeter_tenant_t tenant;
    char padded[256];
    size_t length = 0;

    flopmeter_tenant_of(&host, device, &tenant);
    snprintf(padded, sizeof(padded), " %s ", names);
    for (size_t i = 0; i < tenant.jobs.count; i++)
    {
        char one[128];
        snprintf(one, sizeof(one), " %s ", tenant.jobs.names[i]);
        length += strlen(tenant.jobs.names[i]) + 1;
        CHECK(NULL != strstr(padded, one), "%s: job \"%s\"", what, tenant.jobs.names[i]);
    }
    CHECK(length == ('\0' == *names ? 0 : strlen(names) + 1), "%s: not \"%s\"", what, names);
}

static void expect(
    flopmeter_tenant_kind_t kind, const char *job, const flopmeter_gpm_device_t *device, const char *what)
{
    flopmeter_tenant_t tenant;

    flopmeter_tenant_of(&host, device, &tenant);
    CHECK(kind == tenant.kind, "%s: expected %d, found %d", what, (int)kind, (int)tenant.kind);
    CHECK(0 == strcmp(job, tenant.job), "%s: job \"%s\"", what, tenant.job);
    CHECK(FLOPMETER_TENANT_JOB != kind || (1 == tenant.jobs.count && 0 == strcmp(job, tenant.jobs.names[0])),
        "%s: %zu jobs may have done it, the first \"%s\"", what, tenant.jobs.count, tenant.jobs.names[0]);
}

static void should_tell_unmetered_ones(const flopmeter_gpm_device_t *device)
{
    process(200, 1, "python3", "/user.slice/user-7.slice");
    process(300, 1, "python3", "/system.slice/slurmstepd.scope/job_7/step_0/user/task_0");
    process(301, 300, "python3", "/system.slice/slurmstepd.scope/job_7");
    process(310, 1, "python3", "/slurm/uid_1000/job_77/step_batch");
    process(320, 1, "python3", "/user.slice/user-7.slice/slurm/job_7");
    running(0, 0);
    expect(FLOPMETER_TENANT_NOBODY, "", device, "no process");
    running(200, 0);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "of no job");
    running(300, 301);
    expect(FLOPMETER_TENANT_JOB, "7", device, "one job");
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetGraphicsRunningProcesses_v3", .count = 1, .result = 4 });
    expect(FLOPMETER_TENANT_OTHERS, "", device, "one job, and who draws is not told");
    running(310, 0);
    expect(FLOPMETER_TENANT_JOB, "77", device, "one job, control groups v1");
    running(300, 310);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "two jobs");
    expect_jobs("7 77", device, "two jobs");
    running(300, 200);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "a job and another one");
    expect_jobs("7", device, "a job and another one");
    running(320, 0);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "a control group that a user made");
    expect_jobs("", device, "a control group that a user made");
}

#define POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0b3f1d2e_4c5a_4b6d_8e7f_9a0b1c2d3e4f.slice"
#define POD_NAME "pod-0b3f1d2e-4c5a-4b6d-8e7f-9a0b1c2d3e4f"

static void should_tell_pods(const flopmeter_gpm_device_t *device)
{
    process(330, 1, "python3", POD "/cri-containerd-0123.scope");
    process(331, 1, "python3", POD "/cri-containerd-4567.scope");
    process(340, 1, "python3", "/kubepods/besteffort/podffffffff-4c5a-4b6d-8e7f-9a0b1c2d3e4f/0123");
    running(330, 331);
    expect(FLOPMETER_TENANT_JOB, POD_NAME, device, "two containers of one pod");
    running(330, 340);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "two pods");
    running(330, 200);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "a pod and another one");
    running(330, 300);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "a pod and a job");
    write_text("map/0", "train-7\n");
    running(330, 331);
    expect(FLOPMETER_TENANT_JOB, "train-7", device, "a pod that a scheduler has a name for");
    running(330, 340);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "two pods under one name");
    write_text("map/0", "train-7\ntrain-8\n");
    running(330, 331);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "a pod under two names");
    discard("map/0");
}

static void should_go_by_mapping_files(const flopmeter_gpm_device_t *device)
{
    write_text("map/0", " job-9 \r\n\n");
    running(0, 0);
    expect(FLOPMETER_TENANT_JOB, "job-9", device, "the scheduler's word, nobody is seen");
    running(200, 0);
    expect(FLOPMETER_TENANT_JOB, "job-9", device, "the scheduler's word");
    running(300, 0);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "another job than the scheduler says");
    expect_jobs("7 job-9", device, "another job than the scheduler says");
    write_text("map/0", "7\n");
    expect(FLOPMETER_TENANT_JOB, "7", device, "both say so");
    write_text("map/0", "7\n8\n");
    expect(FLOPMETER_TENANT_OTHERS, "", device, "two jobs share it");
    running(0, 0);
    expect(FLOPMETER_TENANT_OTHERS, "", device, "two jobs share it, nobody is seen");
    expect_jobs("7 8", device, "two jobs share it, nobody is seen");
    write_text("map/0", "a job\n");
    expect(FLOPMETER_TENANT_OTHERS, "", device, "no id");
    expect_jobs("", device, "no id");
    discard("map/0");
}


static void covered(uint64_t ns)
{
    const uint64_t state[] = { ns, 1 };

    write_bytes(COUNTER, state, sizeof(state));
}

static void should_tell_metered_ones(const flopmeter_gpm_device_t *device)
{
    process(100, 1, "flopmeter-run", "/user.slice");
    process(101, 100, "python3", "/user.slice");
    process(102, 101, "python3", "/user.slice");
    running(101, 102);
    expect(FLOPMETER_TENANT_MIXED, "", device, "a run whose directory is not here");
    write_text("place/20261128T230000Z-100-89abcdef/run.json", "{}");
    expect(FLOPMETER_TENANT_MIXED, "", device, "a run without a counter");
    write_text(COUNTER, "");
    expect(FLOPMETER_TENANT_MIXED, "", device, "a counter that has read nothing yet");
    covered(test_now_ns() - 60 * SEC);
    expect(FLOPMETER_TENANT_MIXED, "", device, "a counter that is silent");
    covered(test_now_ns() + 60 * SEC);
    expect(FLOPMETER_TENANT_MIXED, "", device, "a counter that is ahead of time");
    covered(test_now_ns());
    expect(FLOPMETER_TENANT_METERED, "", device, "a run and its counter");
    write_text("map/0", "9\n");
    expect_jobs("", device, "the run of a job, whose own counter has it");
    running(101, 300);
    expect_jobs("9 7", device, "a run and an unmetered job");
    discard("map/0");
    running(101, 200);
    expect(FLOPMETER_TENANT_MIXED, "", device, "a run and another one");
    running(101, 4711);
    expect(FLOPMETER_TENANT_UNKNOWN, "", device, "a run and one that can't be seen");
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetComputeRunningProcesses_v3", .count = 1, .result = 4 });
    expect(FLOPMETER_TENANT_UNKNOWN, "", device, "the driver doesn't say, and a run is there");
    running(101, 0);
    process(100, 1, "another", "/user.slice");
    expect(FLOPMETER_TENANT_OTHERS, "", device, "the supervisor's id is another's by now");
    process(101, 100, "python3", "/user.slice");
    write_bytes("proc/101/environ", "A=1\0FLOPMETER_LANE_DIR=/x", 26);
    expect(FLOPMETER_TENANT_MIXED, "", device, "a service");
    running(101, 310);
    expect_jobs("77", device, "a service and a job");
    running(101, 0);
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetComputeRunningProcesses_v3", .count = 1, .result = 4 });
    expect(FLOPMETER_TENANT_OTHERS, "", device, "the driver doesn't say, and nobody counts for himself");
    write_text("place/services/0123456789abcdef.lane", "");
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetComputeRunningProcesses_v3", .count = 1, .result = 4 });
    expect(FLOPMETER_TENANT_UNKNOWN, "", device, "the driver doesn't say, and there are services");
}

static flopmeter_charge_t charged(const flopmeter_tenant_t *first, const flopmeter_tenant_t *second)
{
    static flopmeter_seen_t seen;

    memset(&seen, 0, sizeof(seen));
    flopmeter_seen_add(&seen, first);
    flopmeter_seen_add(&seen, second);
    return flopmeter_seen_charge(&seen, "device:x");
}

static void should_charge_what_was_seen(void)
{
    const flopmeter_tenant_t nobody = { .kind = FLOPMETER_TENANT_NOBODY };
    const flopmeter_tenant_t seven = { FLOPMETER_TENANT_JOB, "7", { 1, false, { "7" } } };
    const flopmeter_tenant_t eight = { FLOPMETER_TENANT_JOB, "8", { 1, false, { "8" } } };
    const flopmeter_tenant_t others = { .kind = FLOPMETER_TENANT_OTHERS };
    const flopmeter_tenant_t metered = { .kind = FLOPMETER_TENANT_METERED };
    const flopmeter_tenant_t claimed[] = {
        metered, { .kind = FLOPMETER_TENANT_MIXED }, { .kind = FLOPMETER_TENANT_UNKNOWN }
    };

    CHECK(0 == strcmp("7", charged(&seven, &nobody).run), "a job that came, or left");
    CHECK(0 == strcmp("7", charged(&seven, &seven).run), "a job");
    CHECK(0 == strcmp("host", charged(&seven, &eight).run), "one job after another");
    CHECK(0 == strcmp("host", charged(&seven, &others).run), "a job, then another one");
    CHECK(0 == strcmp("host", charged(&nobody, &nobody).run) && charged(&nobody, &nobody).is_whole, "nobody");
    CHECK(charged(&metered, &metered).is_elsewhere, "a run's own");
    for (size_t i = 0; i < sizeof(claimed) / sizeof(claimed[0]); i++)
    {
        const flopmeter_charge_t charge = charged(&claimed[i], &seven);
        CHECK(!charge.is_whole && !charge.is_elsewhere && 0 == strcmp("host", charge.run), "%zu and a job", i);
        CHECK(!charged(&nobody, &claimed[i]).is_whole && !charged(&nobody, &claimed[i]).is_elsewhere, "%zu came", i);
    }
}

/*
 * Each that was seen is kept once; where they are more than fit, that is said, and nobody is charged alone.
 */
static void should_keep_every_job_that_was_seen(void)
{
    flopmeter_tenant_t tenant = { .kind = FLOPMETER_TENANT_JOB };
    flopmeter_seen_t seen = { .kinds = 0 };
    flopmeter_seen_t merged = { .kinds = 0 };

    tenant.jobs.count = 1;
    for (int i = 0; i < FLOPMETER_TENANT_JOBS_MAX + 1; i++)
    {
        snprintf(tenant.jobs.names[0], sizeof(tenant.jobs.names[0]), "%d", i);
        flopmeter_seen_add(&seen, &tenant);
        flopmeter_seen_add(&seen, &tenant);
        CHECK((size_t)(i < FLOPMETER_TENANT_JOBS_MAX ? i + 1 : i) == seen.jobs.count, "%d: %zu jobs", i,
            seen.jobs.count);
        CHECK((i == FLOPMETER_TENANT_JOBS_MAX) == seen.jobs.is_more, "%d: more", i);
    }
    flopmeter_seen_merge(&merged, &seen);
    CHECK(FLOPMETER_TENANT_JOBS_MAX == merged.jobs.count && merged.jobs.is_more, "merged: %zu", merged.jobs.count);
    merged.jobs.count = 1;
    CHECK(0 == strcmp("host", flopmeter_seen_charge(&merged, "device:x").run), "one of too many is charged");
}

int main(void)
{
    flopmeter_gpm_device_t device;
    flopmeter_counter_probe_t probe;

    CHECK(NULL != mkdtemp(folder), "mkdtemp");
    check_cleanup = clean;
    snprintf(proc, sizeof(proc), "%s/proc", folder);
    snprintf(mapping, sizeof(mapping), "%s/map", folder);
    snprintf(place, sizeof(place), "%s/place", folder);
    host = (flopmeter_tenant_host_t){ proc, mapping, { place }, 1 };
    process(1, 0, "init", "/");
    gpu_begin(NULL);
    CHECK(0 == flopmeter_gpm_device_open(&device, flopmeter_gpm_host(), "0", &probe), "%s", probe.detail);
    should_tell_unmetered_ones(&device);
    should_tell_pods(&device);
    should_go_by_mapping_files(&device);
    should_tell_metered_ones(&device);
    should_charge_what_was_seen();
    should_keep_every_job_that_was_seen();
    flopmeter_gpm_device_close(&device);
    clean();
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose work it is: processes in a folder that stands for /proc, and mapping files as dcgm-exporter has them.
 */

#include <string.h>
#include <sys/stat.h>

#include "counter_gpu.h"
#include "owner.h"

static char folder[] = "/tmp/flopmeter_owner_XXXXXX";
static flopmeter_owner_identity_t identity;

static void clean(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK(0 == system(command), "%s", command);
}

static void write_text(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *place = path + sizeof(folder); NULL != (place = strchr(place, '/')); place++)
    {
        *place = '\0';
        mkdir(path, 0700);
        *place = '/';
    }
    FILE *const file = fopen(path, "w");
    CHECK(NULL != file && fputs(text, file) >= 0 && 0 == fclose(file), "%s", path);
}

static void process(int pid, int parent, const char *name, const char *cgroup)
{
    char path[64];
    char text[256];

    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(text, sizeof(text), "%d (%s) S %d 1 1 0 -1", pid, name, parent);
    write_text(path, text);
    snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
    snprintf(text, sizeof(text), "12:cpu,cpuacct:/elsewhere\n0::%s\n", cgroup);
    write_text(path, text);
}

static void expect(flopmeter_owner_t expected, const flopmeter_gpm_device_t *device, const char *what)
{
    const flopmeter_owner_t found = flopmeter_owner_of(&identity, device);
    CHECK(expected == found, "%s: expected %d, found %d", what, (int)expected, (int)found);
}

static void running(unsigned first, unsigned second)
{
    fake->processes_count = (0 != first ? 1U : 0U) + (0 != second ? 1U : 0U);
    fake->processes[0] = first;
    fake->processes[1] = second;
}

static void should_go_by_processes(const flopmeter_gpm_device_t *device)
{
    static char proc[64];
    static char mapping[64];

    snprintf(proc, sizeof(proc), "%s/proc", folder);
    snprintf(mapping, sizeof(mapping), "%s/map", folder);
    identity = (flopmeter_owner_identity_t){ .proc_root = proc, .root = 100 };
    process(1, 0, "init", "/");
    process(100, 1, "run", "/user");
    process(101, 100, "a (b) S 1 1", "/user");
    process(102, 101, "python3", "/system/job_7/step_0");
    process(200, 1, "other", "/system/job_77");
    running(0, 0);
    expect(FLOPMETER_OWNER_NOBODY, device, "no process");
    running(102, 0);
    expect(FLOPMETER_OWNER_OURS, device, "a descendant, past a name that looks like a stat line");
    running(102, 200);
    expect(FLOPMETER_OWNER_SHARED, device, "another one beside ours");
    running(200, 0);
    expect(FLOPMETER_OWNER_SHARED, device, "another one alone");
    running(4711, 0);
    expect(FLOPMETER_OWNER_SHARED, device, "one that can't be seen from here");
    identity.root = 0;
    identity.cgroup = "/system/job_7";
    running(102, 0);
    expect(FLOPMETER_OWNER_OURS, device, "below the cgroup");
    running(200, 0);
    expect(FLOPMETER_OWNER_SHARED, device, "a cgroup whose name begins alike");
    fake->process_length = FLOPMETER_NVML_PROCESS_LENGTH_MAX;
    running(102, 102);
    expect(FLOPMETER_OWNER_OURS, device, "longer entries of another driver");
    running(102, 200);
    expect(FLOPMETER_OWNER_SHARED, device, "another one in a longer entry");
    fake->process_length = 0;
    fake->processes_count = FAKE_PROCESSES_MAX;
    expect(FLOPMETER_OWNER_SHARED, device, "many");
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetComputeRunningProcesses_v3", .count = 1, .result = 4 });
    expect(FLOPMETER_OWNER_UNKNOWN, device, "the driver doesn't say");
    identity.cgroup = NULL;
    identity.mapping_dir = mapping;
    identity.job = "7";
}

static void drawing(unsigned pid)
{
    fake->drawing_count = 0 != pid ? 1 : 0;
    fake->drawing[0] = pid;
}

/*
 * Whoever draws may compute as well, by Vulkan: the driver has a list of its own for them.
 */
static void should_look_at_those_who_draw(const flopmeter_gpm_device_t *device)
{
    static const char list[] = "nvmlDeviceGetGraphicsRunningProcesses_v3";
    flopmeter_gpm_device_t old = *device;
    pid_t pids[FAKE_PROCESSES_MAX];
    bool is_whole = false;

    const char *const mapping_dir = identity.mapping_dir;
    identity.mapping_dir = NULL;
    identity.root = 100;
    running(102, 0);
    drawing(200);
    expect(FLOPMETER_OWNER_SHARED, device, "another one that draws beside ours");
    running(0, 0);
    expect(FLOPMETER_OWNER_SHARED, device, "another one that draws, alone");
    drawing(102);
    expect(FLOPMETER_OWNER_OURS, device, "ours draws");
    running(102, 0);
    expect(FLOPMETER_OWNER_OURS, device, "ours does both");
    CHECK(1 == flopmeter_owner_processes(device, pids, 1, &is_whole) && is_whole && 102 == pids[0], "each once");
    drawing(200);
    CHECK(1 == flopmeter_owner_processes(device, pids, 1, &is_whole) && !is_whole, "more than there is room for");
    drawing(0);
    gpu_fault((fake_fault_t){ .function = list, .count = 1, .result = 3 });
    expect(FLOPMETER_OWNER_UNKNOWN, device, "the driver doesn't say who draws");
    running(102, 200);
    gpu_fault((fake_fault_t){ .function = list, .count = 1, .result = 3 });
    expect(FLOPMETER_OWNER_SHARED, device, "but another one computes");
    running(0, 0);
    drawing(200);
    gpu_fault(
        (fake_fault_t){ .function = "nvmlDeviceGetComputeRunningProcesses_v3", .count = 1, .result = 4 });
    expect(FLOPMETER_OWNER_SHARED, device, "the driver doesn't say who computes, but another one draws");
    drawing(0);
    running(102, 0);
    old.nvml.nvmlDeviceGetGraphicsRunningProcesses_v3 = NULL;
    expect(FLOPMETER_OWNER_UNKNOWN, &old, "a driver that has no such list");
    identity.root = 0;
    identity.mapping_dir = mapping_dir;
}

static void should_go_by_mapping_files(const flopmeter_gpm_device_t *device)
{
    running(0, 0);
    write_text("map/1", "99\n");
    expect(FLOPMETER_OWNER_NOBODY, device, "another device's file");
    write_text("map/0", "\n\n");
    expect(FLOPMETER_OWNER_NOBODY, device, "empty");
    write_text("map/0", " 7 \r\n\n");
    expect(FLOPMETER_OWNER_OURS, device, "our job alone");
    write_text("map/0", "7\n77\n");
    expect(FLOPMETER_OWNER_SHARED, device, "two jobs");
    write_text("map/0", "77");
    expect(FLOPMETER_OWNER_SHARED, device, "another job");
    write_text("map/0", "7");
    write_text("map/GPU-11111111-2222-3333-4444-555555555555", "8");
    expect(FLOPMETER_OWNER_SHARED, device, "by UUID");
    write_text("map/GPU-11111111-2222-3333-4444-555555555555", "7");
    expect(FLOPMETER_OWNER_OURS, device, "both say ours");
    running(200, 0);
    expect(FLOPMETER_OWNER_SHARED, device, "a process that is not ours weighs more");
    identity.job = NULL;
    running(0, 0);
    expect(FLOPMETER_OWNER_SHARED, device, "a job, and we have none");
    char path[256];
    snprintf(path, sizeof(path), "%s/map/0", folder);
    CHECK(0 == unlink(path) && 0 == mkfifo(path, 0600), "%s", path);
    identity.job = "7";
    expect(FLOPMETER_OWNER_OURS, device, "a FIFO holds nobody up and says nothing");
    CHECK(0 == unlink(path), "%s", path);
}

static void should_name_instances_and_nodes(void)
{
    flopmeter_gpm_device_t device;
    flopmeter_counter_probe_t probe;
    char node[65];

    fake->is_mig = 1;
    identity.job = "7";
    CHECK(0 == flopmeter_gpm_device_open(&device, flopmeter_gpm_host(), "0.3", &probe), "%s", probe.detail);
    write_text("map/0", "77");
    write_text("map/GPU-11111111-2222-3333-4444-555555555555", "77");
    running(0, 0);
    expect(FLOPMETER_OWNER_NOBODY, &device, "files of the whole GPU say nothing of an instance");
    write_text("map/0.3", "7");
    expect(FLOPMETER_OWNER_OURS, &device, "by index and instance");
    write_text("map/MIG-31111111-2222-3333-4444-555555555555", "8");
    expect(FLOPMETER_OWNER_SHARED, &device, "by the instance's UUID");
    flopmeter_owner_node(&device, node, sizeof(node));
    CHECK(0 == strcmp("device:MIG-31111111", node), "%s", node);
    memcpy(device.uuid, "G/U \"\n", 7);
    flopmeter_owner_node(&device, node, sizeof(node));
    CHECK(0 == strcmp("device:G-U---", node), "%s", node);
    device.uuid[0] = '\0';
    flopmeter_owner_node(&device, node, sizeof(node));
    CHECK(0 == strcmp("device:0", node), "%s", node);
    flopmeter_gpm_device_close(&device);
}

int main(void)
{
    flopmeter_gpm_device_t device;
    flopmeter_counter_probe_t probe;

    CHECK(NULL != mkdtemp(folder), "mkdtemp");
    check_cleanup = clean;
    gpu_begin(NULL);
    CHECK(0 == flopmeter_gpm_device_open(&device, flopmeter_gpm_host(), "0", &probe), "%s", probe.detail);
    should_go_by_processes(&device);
    should_look_at_those_who_draw(&device);
    should_go_by_mapping_files(&device);
    flopmeter_gpm_device_close(&device);
    should_name_instances_and_nodes();
    clean();
    return 0;
}

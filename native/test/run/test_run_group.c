/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CPU time of the supervisor's control group: which folder is ours, what is in the figure, who has left. A machine of
 * files, made below the folder that the first argument names.
 */

#include "../../src/run/group.h"
#include "../check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define NS_PER_MS (1000000ULL)
#define V1 "/sys/fs/cgroup/cpuacct"
#define V2 "/sys/fs/cgroup"

static const char *scratch;
static char root[512];
static int machines;

static void put(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(const char *file, const char *format, ...)
{
    char path[1024];
    va_list arguments;

    snprintf(path, sizeof(path), "%s%s", root, file);
    for (char *slash = strchr(path + 1, '/'); NULL != slash; slash = strchr(slash + 1, '/'))
    {
        *slash = '\0';
        CHECK(0 == mkdir(path, 0700) || EEXIST == errno, "%s: %s", path, strerror(errno));
        *slash = '/';
    }
    FILE *const out = fopen(path, "we");
    CHECK(NULL != out, "%s: %s", path, strerror(errno));
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    fclose(out);
}

static void fresh_machine(void)
{
    snprintf(root, sizeof(root), "%s/%d", scratch, machines++);
}

static void version_1(const char *path, unsigned long long ns)
{
    char file[256];

    fresh_machine();
    put("/proc/self/cgroup", "9:name=systemd:/\n4:memory:/elsewhere\n3:cpu,cpuacct:%s\n0::/\n", path);
    snprintf(file, sizeof(file), V1 "%s/cgroup.procs", path);
    put(file, "1\n%d\n", (int)getpid());
    snprintf(file, sizeof(file), V1 "%s/cpuacct.usage", path);
    put(file, "%llu\n", ns);
}

static void version_2(const char *folder, const char *path, unsigned long long us)
{
    char file[256];

    fresh_machine();
    put("/proc/self/cgroup", "0::%s\n", path);
    snprintf(file, sizeof(file), V2 "%s/cgroup.type", folder);
    put(file, "domain\n");
    snprintf(file, sizeof(file), V2 "%s/cgroup.procs", folder);
    put(file, "0\n%d\n", (int)getpid());
    snprintf(file, sizeof(file), V2 "%s/cpu.stat", folder);
    put(file, "usage_usec %llu\nuser_usec 1\nsystem_usec 1\n", us);
}

static bool read_group(flopmeter_group_t *group, uint64_t meter_ns, uint64_t *cpu_ns)
{
    flopmeter_group_read(group, meter_ns);
    return flopmeter_group_cpu_ns(group, cpu_ns);
}

/* What this process used itself since the begin is taken off: so little less than `most_ms`, and never more. */
static void expect(const char *what, uint64_t cpu_ns, uint64_t most_ms)
{
    CHECK(cpu_ns <= most_ms * NS_PER_MS && cpu_ns > (most_ms - 1000) * NS_PER_MS, "%s: %" PRIu64 " ns", what, cpu_ns);
}

static void should_read_version_1(void)
{
    flopmeter_group_t group;
    uint64_t cpu_ns;

    version_1("/job/step", 5000 * NS_PER_MS);
    flopmeter_group_begin(&group, root);
    CHECK(flopmeter_group_is_trusted(&group), "the group of cpuacct");
    put(V1 "/job/step/cpuacct.usage", "%llu\n", 15000 * NS_PER_MS);
    CHECK(read_group(&group, 2000 * NS_PER_MS, &cpu_ns), "read");
    expect("less the meter's", cpu_ns, 8000);
}

static void should_read_version_2(void)
{
    flopmeter_group_t group;
    uint64_t cpu_ns;

    version_2("/user.slice/a b", "/user.slice/a b", 1000);
    flopmeter_group_begin(&group, root);
    put(V2 "/user.slice/a b/cpu.stat", "usage_usec 3001000\nuser_usec 1\n");
    CHECK(read_group(&group, 0, &cpu_ns), "read");
    expect("microseconds", cpu_ns, 3000);

    /* A container: /proc names the path on its host, and the group is what is mounted. */
    version_2("", "/docker/0123", 0);
    flopmeter_group_begin(&group, root);
    put(V2 "/cpu.stat", "usage_usec 4000000\n");
    CHECK(read_group(&group, 0, &cpu_ns), "read in a container");
    expect("in a container", cpu_ns, 4000);
}

static void should_not_believe_a_folder_that_is_not_its_group(void)
{
    flopmeter_group_t group;
    uint64_t cpu_ns;

    version_1("/job", 0);
    put(V1 "/job/cgroup.procs", "1\n%d\n", (int)getpid() + 1);
    flopmeter_group_begin(&group, root);
    CHECK(!flopmeter_group_is_trusted(&group), "a group that does not list us");
    CHECK(!read_group(&group, 0, &cpu_ns), "%" PRIu64, cpu_ns);

    version_2("", "/", 0);
    char type[1024];
    snprintf(type, sizeof(type), "%s" V2 "/cgroup.type", root);
    CHECK(0 == unlink(type), "%s", type);
    flopmeter_group_begin(&group, root);
    CHECK(!flopmeter_group_is_trusted(&group), "the whole machine, whose times are sampled");

    fresh_machine();
    flopmeter_group_begin(&group, root);
    CHECK(!read_group(&group, 0, &cpu_ns), "no groups at all");
}

static void should_not_tell_when_it_was_moved_or_reset(void)
{
    flopmeter_group_t group;
    uint64_t cpu_ns;

    version_1("/job", 1000);
    flopmeter_group_begin(&group, root);
    put(V1 "/job/cgroup.procs", "1\n");
    CHECK(!read_group(&group, 0, &cpu_ns), "moved elsewhere: %" PRIu64, cpu_ns);

    version_1("/job", 1000);
    flopmeter_group_begin(&group, root);
    put(V1 "/job/cpuacct.usage", "999\n");
    CHECK(!read_group(&group, 0, &cpu_ns), "reset: %" PRIu64, cpu_ns);

    version_1("/job", 1000);
    flopmeter_group_begin(&group, root);
    put(V1 "/job/cpuacct.usage", "1001\n");
    CHECK(read_group(&group, NS_PER_MS, &cpu_ns) && 0 == cpu_ns, "never below nothing: %" PRIu64, cpu_ns);
}

static bool is_believed_beside(const char *of_another)
{
    flopmeter_group_t group;

    version_1("/job", 0);
    put("/proc/77/cgroup", "4:memory:/job\n3:cpu,cpuacct:%s\n", of_another);
    flopmeter_group_begin(&group, root);
    flopmeter_group_check(&group, root, 77);
    /* It has ended: what it used is in the group already. */
    flopmeter_group_check(&group, root, 78);
    return flopmeter_group_is_trusted(&group);
}

static void should_miss_who_has_left(void)
{
    CHECK(is_believed_beside("/job"), "in it");
    CHECK(is_believed_beside("/job/inner"), "in one inside it");
    CHECK(!is_believed_beside("/jobs"), "in a neighbour");
    CHECK(!is_believed_beside("/"), "above it");
    CHECK(!is_believed_beside("/../other"), "outside what we see");
}

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_run_group FOLDER");
    scratch = argv[1];
    should_read_version_1();
    should_read_version_2();
    should_not_believe_a_folder_that_is_not_its_group();
    should_not_tell_when_it_was_moved_or_reset();
    should_miss_who_has_left();
    return 0;
}

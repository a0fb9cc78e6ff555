/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What shows that all CPU time was waited for. A process tree of made-up processes, a kernel that is a table: the cases
 * that page faults can't decide are planted, not raced for.
 */

#include "../../src/counter/flopmeter_perf.h"
#include "../../src/run/facts.h"
#include "../../src/run/lost.h"
#include "../check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define NS_PER_MS (1000000ULL)
#define PID (4711)

/* ---- /proc ---- */

static flopmeter_process_t alive[8];
static size_t alive_count;

bool flopmeter_proc_read(pid_t pid, flopmeter_process_t *process)
{
    for (size_t i = 0; i < alive_count; i++)
    {
        if (pid == alive[i].pid)
        {
            *process = alive[i];
            return true;
        }
    }
    return false;
}

/* Nothing else of proc.c is asked for here. */
int flopmeter_proc_descendants(flopmeter_process_list_t *list, const pid_t *excluded)
{
    (void)list;
    (void)excluded;
    return -1;
}

void flopmeter_proc_free(flopmeter_process_list_t *list)
{
    (void)list;
}

char flopmeter_proc_state(pid_t pid)
{
    (void)pid;
    return '\0';
}

void flopmeter_proc_traits(pid_t pid, flopmeter_process_traits_t *traits)
{
    (void)pid;
    memset(traits, 0, sizeof(*traits));
}

static flopmeter_process_t process(pid_t pid, pid_t parent, uint64_t faults, uint64_t faults_of_children)
{
    flopmeter_process_t made;

    memset(&made, 0, sizeof(made));
    made.pid = pid;
    made.parent = parent;
    made.state = 'S';
    made.start = (uint64_t)pid;
    made.minor_faults = faults;
    made.minor_faults_of_children = faults_of_children;
    return made;
}

/* ---- the kernel's counters ---- */

static int open_result;
static ssize_t read_result;
static flopmeter_perf_raw_t read_raw;
static struct perf_event_attr opened;
static pid_t opened_pid;
static int open_count;

static int fake_open(void *context, struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd, unsigned long flags)
{
    (void)context;
    CHECK(-1 == cpu && -1 == group_fd, "on every CPU, by itself");
    CHECK(0 != (flags & PERF_FLAG_FD_CLOEXEC), "COMMAND must not inherit it");
    opened = *attr;
    opened_pid = pid;
    open_count += open_result >= 0 ? 1 : 0;
    return open_result;
}

static ssize_t fake_read(void *context, int fd, void *buffer, size_t length)
{
    (void)context;
    CHECK(fd == open_result, "read of descriptor %d", fd);
    CHECK(sizeof(read_raw) == length, "length %zu", length);
    memcpy(buffer, &read_raw, sizeof(read_raw));
    return read_result;
}

static void fake_close(void *context, int fd)
{
    (void)context;
    CHECK(fd == open_result, "close of descriptor %d", fd);
    open_count--;
}

static int fake_fd_limit(void *context)
{
    (void)context;
    return 1024;
}

static const flopmeter_perf_sys_t kernel = { .open = fake_open, .read = fake_read, .close = fake_close,
    .fd_limit = fake_fd_limit };

static void count(uint64_t cpu_ms)
{
    open_result = 9;
    read_result = (ssize_t)sizeof(read_raw);
    read_raw = (flopmeter_perf_raw_t){ cpu_ms * NS_PER_MS, cpu_ms * NS_PER_MS, cpu_ms * NS_PER_MS };
}

/* A run that waited for `waited_ms`; what its facts say in the end. */
static flopmeter_cpu_why_t settle(flopmeter_facts_t *facts, uint64_t waited_ms)
{
    memset(facts, 0, sizeof(*facts));
    facts->cpu_ns = waited_ms * NS_PER_MS;
    flopmeter_tally_open(&facts->tally, &kernel, PID);
    flopmeter_tally_read(&facts->tally);
    CHECK(0 == open_count, "%d descriptors are left", open_count);
    flopmeter_facts_settle_cpu(facts);
    return facts->cpu_why;
}

static void expect_unknown(const char *what)
{
    flopmeter_facts_t facts;
    uint64_t cpu_ns;

    const flopmeter_cpu_why_t why = settle(&facts, 100);
    CHECK(FLOPMETER_CPU_NO_TALLY == why, "%s: %d", what, (int)why);
    CHECK(!flopmeter_tally_cpu_ns(&facts.tally, &cpu_ns), "%s: %" PRIu64 " ns", what, cpu_ns);
    CHECK(0 == strcmp("NO_TALLY", flopmeter_facts_cpu_why(why)), "its name");
}

/* ---- tests ---- */

/*
 * unshare (10) waits for the first process of a PID namespace (11), which has a daemon (12) of `daemon_faults` below
 * it. The end of 11 kills 12, and nobody waits for that one. 11 had `late_faults` after the look.
 */
static bool is_daemon_missed(uint64_t daemon_faults, uint64_t late_faults)
{
    flopmeter_lost_t lost;
    flopmeter_process_t tree[3] = { process(10, 1, 70, 0), process(11, 10, 90, 40),
        process(12, 11, daemon_faults, 0) };
    const flopmeter_process_list_t before = { tree, 3, 3, false };
    const flopmeter_process_list_t after = { tree, 1, 3, false };

    memset(&lost, 0, sizeof(lost));
    memcpy(alive, tree, sizeof(tree));
    alive_count = 3;
    CHECK(!flopmeter_lost_check(&lost, &before), "nobody has gone yet");
    tree[0].minor_faults_of_children = 90 + 40 + late_faults;
    alive[0] = tree[0];
    alive_count = 1;
    const bool is_missed = flopmeter_lost_check(&lost, &after);
    free(lost.before.items);
    free(lost.ended.items);
    return is_missed;
}

static void should_not_call_complete_what_late_faults_hide(void)
{
    flopmeter_facts_t facts;
    uint64_t cpu_ns;

    CHECK(is_daemon_missed(50, 0), "faults alone show the one that nobody waited for");
    CHECK(is_daemon_missed(50, 49), "fewer late faults than it had");
    CHECK(!is_daemon_missed(50, 50), "the plant is none: page faults see it");

    /* It used 200 ms, the others 10. */
    count(210);
    CHECK(FLOPMETER_CPU_NOT_WAITED_FOR == settle(&facts, 10), "called complete: %d", (int)facts.cpu_why);
    CHECK(flopmeter_tally_cpu_ns(&facts.tally, &cpu_ns) && 210 * NS_PER_MS == cpu_ns, "%" PRIu64, cpu_ns);
}

static void should_call_complete_what_the_tally_agrees_with(void)
{
    flopmeter_facts_t facts;

    count(300);
    CHECK(FLOPMETER_CPU_COMPLETE == settle(&facts, 300), "%d", (int)facts.cpu_why);
    CHECK(FLOPMETER_CPU_COMPLETE == settle(&facts, 290), "two clocks differ a little: %d", (int)facts.cpu_why);
    CHECK(FLOPMETER_CPU_COMPLETE == settle(&facts, 900), "the kernel takes tasks down: %d", (int)facts.cpu_why);
    CHECK(NULL == flopmeter_facts_cpu_why(facts.cpu_why), "no reason has no name");
}

static void should_follow_the_whole_tree_from_its_exec_on(void)
{
    flopmeter_facts_t facts;

    count(1);
    settle(&facts, 1);
    CHECK(PID == opened_pid, "%d", (int)opened_pid);
    CHECK(PERF_TYPE_SOFTWARE == opened.type && PERF_COUNT_SW_TASK_CLOCK == opened.config, "the clock of tasks");
    CHECK(1 == opened.inherit && 1 == opened.disabled && 1 == opened.enable_on_exec, "from the exec on, inherited");
    CHECK(1 == opened.exclude_kernel, "without it a user may not open it");
}

static void should_know_nothing_where_the_kernel_does_not_tell(void)
{
    count(1);
    open_result = -EACCES;
    expect_unknown("refused");
    count(1);
    open_result = 1000;
    expect_unknown("a descriptor of the last ones");
    count(1);
    read_result = 0;
    expect_unknown("an event in error");
    count(1);
    read_raw.running_ns--;
    expect_unknown("a clock that stood still");
}

static void should_take_the_group_where_there_is_no_clock(void)
{
    flopmeter_facts_t facts;
    uint64_t cpu_ns;

    memset(&facts, 0, sizeof(facts));
    facts.cpu_ns = 10 * NS_PER_MS;
    facts.online_cpus = 4;
    facts.group.is_read = true;
    facts.group.cpu_ns = 15 * NS_PER_MS;
    flopmeter_facts_settle_cpu(&facts);
    CHECK(FLOPMETER_CPU_COMPLETE == facts.cpu_why, "alone in the group: %d", (int)facts.cpu_why);
    facts.group.cpu_ns = 210 * NS_PER_MS;
    flopmeter_facts_settle_cpu(&facts);
    CHECK(0 == strcmp("GROUP_USED_MORE", flopmeter_facts_cpu_why(facts.cpu_why)), "%d", (int)facts.cpu_why);
    CHECK(0 == strcmp("cgroup", flopmeter_facts_tally(&facts, &cpu_ns)), "its source");
    CHECK(210 * NS_PER_MS == cpu_ns, "%" PRIu64, cpu_ns);
    facts.leftovers.count = 1;
    flopmeter_facts_tally(&facts, &cpu_ns);
    CHECK(250 * NS_PER_MS == cpu_ns, "a tick of each CPU that may not be charged yet: %" PRIu64, cpu_ns);
    flopmeter_group_doubt(&facts.group);
    CHECK(NULL == flopmeter_facts_tally(&facts, &cpu_ns), "somebody left it");
}

static void should_keep_the_first_reason(void)
{
    flopmeter_facts_t facts;
    uint64_t cpu_ns;

    count(100);
    memset(&facts, 0, sizeof(facts));
    flopmeter_tally_open(&facts.tally, &kernel, PID);
    CHECK(flopmeter_tally_is_trusted(&facts.tally), "open");
    flopmeter_facts_miss_cpu(&facts, FLOPMETER_CPU_RIGHTS_GAINED);
    flopmeter_tally_doubt(&facts.tally);
    CHECK(!flopmeter_tally_is_trusted(&facts.tally), "doubtful");
    flopmeter_tally_read(&facts.tally);
    flopmeter_facts_settle_cpu(&facts);
    CHECK(FLOPMETER_CPU_RIGHTS_GAINED == facts.cpu_why, "%d", (int)facts.cpu_why);
    CHECK(!flopmeter_tally_cpu_ns(&facts.tally, &cpu_ns), "who lost the clock is not in it");
}

int main(void)
{
    should_not_call_complete_what_late_faults_hide();
    should_call_complete_what_the_tally_agrees_with();
    should_follow_the_whole_tree_from_its_exec_on();
    should_know_nothing_where_the_kernel_does_not_tell();
    should_take_the_group_where_there_is_no_clock();
    should_keep_the_first_reason();
    return 0;
}

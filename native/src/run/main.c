/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * flopmeter-run: the supervisor of one metered run, docs/design/0002-meter-directory.md section 4. COMMAND comes first:
 * whatever of the meter fails, it runs, untouched, and its exit code is ours.
 */
#include "child.h"
#include "deliver.h"
#include "environment.h"
#include "files.h"
#include "supervise.h"
#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define INHERITED_MAX (1024)
#define EARLY_SIGNALS_MAX (64)

extern char **environ;

static flopmeter_supervisor_t supervisor;
static int inherited[INHERITED_MAX];
static size_t inherited_count;

/*
 * A closed standard descriptor would be given to the next file opened here, and COMMAND would find the meter's file as
 * its stdout. The placeholder closes itself at exec.
 */
static void hold_standard_descriptors(void)
{
    for (int i = 0; i < 3; i++)
    {
        if (fcntl(i, F_GETFD) < 0)
        {
            (void)open("/dev/null", O_RDWR | O_CLOEXEC);
        }
    }
}

static void list_inherited(void)
{
    DIR *const stream = opendir("/proc/self/fd");
    if (NULL == stream)
    {
        return;
    }
    for (struct dirent *entry = readdir(stream); NULL != entry; entry = readdir(stream))
    {
        const int fd = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : -1;
        if (fd > STDERR_FILENO && fd != dirfd(stream) && inherited_count < INHERITED_MAX)
        {
            inherited[inherited_count++] = fd;
        }
    }
    closedir(stream);
}

/*
 * COMMAND has its copies. Ours would keep the other ends of its pipes from seeing the end. stderr stays: the summary.
 */
static void release_inherited(const flopmeter_options_t *options)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < inherited_count; i++)
    {
        if (inherited[i] != options->out_fd)
        {
            close(inherited[i]);
        }
    }
    for (int i = 0; i < 2; i++)
    {
        if (null >= 0 && i != options->out_fd)
        {
            dup3(null, i, O_CLOEXEC);
        }
    }
}

static void warn(const char *what, const char *detail)
{
    if (!supervisor.options.quiet)
    {
        flopmeter_text_warn("run: %s: %s", what, detail);
    }
}

static int open_live(const flopmeter_options_t *options)
{
    if (!options->live)
    {
        return -1;
    }
    const int fd = isatty(STDERR_FILENO) ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) :
        open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
    {
        warn("--live", "there is no terminal, so no line is drawn");
    }
    return fd;
}

static char **prepare(void)
{
    const flopmeter_options_t *const options = &supervisor.options;
    const char *reason = NULL;
    char *preload = NULL;

    flopmeter_directory_create(&supervisor.directory, options, &reason);
    if (!supervisor.directory.usable)
    {
        warn("the command runs unmetered", reason);
        return environ;
    }
    if (NULL != options->preload)
    {
        preload = flopmeter_environment_preload(options->preload, &reason);
        if (NULL == preload)
        {
            char *what = NULL;
            const bool made = asprintf(&what, "library calls are not counted: %s", options->preload) >= 0;
            warn(made ? what : "--preload", reason);
            free(made ? what : NULL);
        }
    }
    char **const environment = flopmeter_environment_of_command(&supervisor.directory, options, preload);
    return NULL != environment ? environment : environ;
}

static const char *device_root(void)
{
#if defined(FLOPMETER_RUN_TESTING)
    const char *const root = getenv("FLOPMETER_TEST_DEV_ROOT");
    if (NULL != root)
    {
        return root;
    }
#endif
    return "/dev";
}

static void begin_facts(void)
{
    flopmeter_facts_t *const facts = &supervisor.facts;

    facts->options = &supervisor.options;
    facts->directory = &supervisor.directory;
    facts->counter = &supervisor.counter;
    facts->node = flopmeter_environment_node(&supervisor.directory, &supervisor.options);
    if (supervisor.signals.sigchld_ignored)
    {
        flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_SIGCHLD_IGNORED);
    }
    facts->online_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    facts->begin_ns = flopmeter_text_epoch_ns();
    facts->begin_monotonic_ns = flopmeter_text_monotonic_ns();
    if (supervisor.directory.usable && 0 != flopmeter_facts_publish_run(facts))
    {
        warn("run.json", strerror(errno));
    }
    if (supervisor.directory.usable && 0 != flopmeter_files_publish(&supervisor.directory, &supervisor.options))
    {
        warn("the files read and written are not recorded", strerror(errno));
    }
}

static void end_facts(void)
{
    flopmeter_facts_t *const facts = &supervisor.facts;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);

    /* First of all: descendants that are still alive go on, and what they do from here on is nobody's. */
    flopmeter_counters_read(&facts->counters);
    flopmeter_counters_close(&facts->counters);
    flopmeter_supervise_tally(&supervisor);
    flopmeter_supervise_leftovers(&supervisor);
    facts->exit_code = flopmeter_child_exit_code(supervisor.child_status);
    facts->end_ns = facts->end_ns > facts->begin_ns ? facts->end_ns : facts->begin_ns;
    facts->online_cpus = facts->online_cpus > online ? facts->online_cpus : online;
    facts->meter_restarts = supervisor.jvm.restarts;
}

static void say_where_it_is_kept(bool undelivered)
{
    const char *reason = "no meter process was asked for";

    if (undelivered)
    {
        reason = "it could not be delivered";
    }
    else if (0 != supervisor.jvm.error)
    {
        reason = strerror(supervisor.jvm.error);
    }
    else if (supervisor.abandoned)
    {
        reason = "interrupted while it was computed";
    }
    else if (NULL != supervisor.jvm.command)
    {
        reason = "the meter process failed, see meter.log there";
    }
    if (!supervisor.options.quiet)
    {
        flopmeter_text_warn("run: no result yet (%s%s%s): the counts are kept; get it by: flopmeter result %s", reason,
            0 != supervisor.jvm.error ? ": " : "", 0 != supervisor.jvm.error ? supervisor.options.jvm[0] : "",
            supervisor.directory.path);
    }
}

static void finish(void)
{
    bool delivered = false;
    bool ready = false;
    const int exit_code = supervisor.facts.exit_code;

    if (!supervisor.directory.usable)
    {
        return;
    }
    flopmeter_directory_release_reserve(&supervisor.directory);
    if (0 == flopmeter_facts_publish(&supervisor.facts, &supervisor.accelerators))
    {
        (void)flopmeter_meter_jvm_finish(&supervisor.jvm);
        /* The kernel takes its time for this: while the JVM is at work it costs nothing. */
        flopmeter_accelerators_close(&supervisor.accelerators);
        ready = flopmeter_supervise_result(&supervisor);
    }
    else
    {
        warn("facts.json", strerror(errno));
    }
    /* Before a second request ends it all; but a reader that does not read may not keep that request waiting. */
    const bool said = !ready && flopmeter_text_has_room(STDERR_FILENO);
    if (said)
    {
        say_where_it_is_kept(false);
    }
    flopmeter_signals_exit_on_request(&supervisor.signals, exit_code);
    flopmeter_directory_end(&supervisor.directory);
    if (ready)
    {
        delivered = 0 == flopmeter_deliver(&supervisor.directory, &supervisor.options, supervisor.signals.umask);
    }
    if (!delivered && !said)
    {
        say_where_it_is_kept(ready);
    }
    if (delivered && !supervisor.directory.nested)
    {
        flopmeter_directory_remove(&supervisor.directory);
    }
}

/*
 * Between COMMAND's fork and its exec: what has to hang on it from the first instruction on.
 */
static void hang_counters(void *context, pid_t pid)
{
    flopmeter_facts_t *const facts = context;

    flopmeter_tally_open(&facts->tally, &flopmeter_perf_sys, pid);
    if (flopmeter_counters_is_possible(&facts->counters))
    {
        flopmeter_counters_open(&facts->counters, pid, facts->directory->path);
    }
}

static pid_t fork_command(char **environment, int *error)
{
    return flopmeter_child_start(supervisor.options.command, environment, &supervisor.signals,
        supervisor.facts.counters.is_wanted ? hang_counters : NULL, &supervisor.facts, error);
}

/*
 * Everything that COMMAND needs, then COMMAND. False: it could not be executed, and `error` says why.
 */
static bool start_command(int *error)
{
    static struct signalfd_siginfo early[EARLY_SIGNALS_MAX];

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    char **const environment = prepare();
    if (supervisor.directory.usable)
    {
        /* Before any process of the meter is there: what these use is taken off. */
        flopmeter_group_begin(&supervisor.facts.group, flopmeter_supervise_group_root());
    }
    flopmeter_accelerators_open(&supervisor.accelerators, device_root());
    flopmeter_accelerators_mark_held(&supervisor.accelerators, getpid());
    flopmeter_sentinel_start(&supervisor.sentinel);
    if (supervisor.directory.usable)
    {
        flopmeter_counters_probe(&supervisor.facts.counters);
    }
    begin_facts();

    /* What came while the meter was set up was meant for COMMAND, whoever sent it: it was not there to get it. */
    const size_t early_count = flopmeter_signals_take_pending(&supervisor.signals, early, EARLY_SIGNALS_MAX);
    supervisor.child = fork_command(environment, error);
    if (supervisor.child < 0 && E2BIG == *error && environment != environ)
    {
        /* Its arguments and environment fill what the kernel allows: no room for ours. */
        warn("the command runs unmetered", strerror(E2BIG));
        supervisor.child = fork_command(environ, error);
    }
    for (size_t i = 0; supervisor.child > 0 && i < early_count; i++)
    {
        if (!flopmeter_signals_is_of_own_write(&early[i]))
        {
            flopmeter_signals_forward(supervisor.child, &early[i]);
        }
    }
    return supervisor.child > 0;
}

/*
 * No process or no descriptor is to be had: COMMAND takes the place of the supervisor. Returns only when it can't be
 * executed.
 */
static void become_command(int *error)
{
    warn("the command runs unmetered", strerror(*error));
    flopmeter_counters_close(&supervisor.facts.counters);
    flopmeter_tally_close(&supervisor.facts.tally);
    flopmeter_sentinel_stop(&supervisor.sentinel, NULL);
    flopmeter_directory_remove(&supervisor.directory);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    flopmeter_signals_restore(&supervisor.signals);
    execvp(supervisor.options.command[0], supervisor.options.command);
    *error = errno;
}

/*
 * COMMAND could not be executed. A document that was asked for says so: an older one would be taken for this run's.
 */
static int fail_to_start(int error)
{
    flopmeter_text_warn("%s: %s", supervisor.options.command[0],
        ENOENT == error ? "command not found" : strerror(error));
    supervisor.child_status = flopmeter_child_exec_exit_code(error) << 8;
    if (NULL == supervisor.options.out || 0 == supervisor.options.jvm_count)
    {
        flopmeter_sentinel_stop(&supervisor.sentinel, NULL);
        flopmeter_directory_remove(&supervisor.directory);
        return flopmeter_child_exit_code(supervisor.child_status);
    }
    supervisor.options.quiet = true;
    supervisor.facts.end_ns = flopmeter_text_epoch_ns();
    supervisor.facts.end_monotonic_ns = flopmeter_text_monotonic_ns();
    flopmeter_meter_jvm_init(&supervisor.jvm, &supervisor.options, &supervisor.directory, -1);
    release_inherited(&supervisor.options);
    end_facts();
    finish();
    return flopmeter_child_exit_code(supervisor.child_status);
}

int main(int argc, char **argv)
{
    int error = 0;

    hold_standard_descriptors();
    const int parsed = flopmeter_options_parse(&supervisor.options, argc, argv);
    if (FLOPMETER_OPTIONS_HELP == parsed)
    {
        const char *const usage = flopmeter_options_usage();
        return 0 == flopmeter_text_write(STDOUT_FILENO, usage, strlen(usage)) ? 0 : 1;
    }
    if (FLOPMETER_OPTIONS_OK != parsed)
    {
        return FLOPMETER_EXIT_USAGE;
    }
    list_inherited();
    if (0 != flopmeter_signals_take(&supervisor.signals))
    {
        warn("signals are not passed on", strerror(errno));
    }
    if (!start_command(&error))
    {
        if (EAGAIN == error || ENOMEM == error || EMFILE == error || ENFILE == error)
        {
            become_command(&error);
        }
        return fail_to_start(error);
    }
    const int live_fd = open_live(&supervisor.options);
    flopmeter_meter_jvm_init(&supervisor.jvm, &supervisor.options, &supervisor.directory, live_fd);
    release_inherited(&supervisor.options);
    flopmeter_meter_jvm_begin(&supervisor.jvm);
    flopmeter_counter_process_start(&supervisor.counter, &supervisor.options, &supervisor.directory, device_root(),
        supervisor.facts.begin_monotonic_ns);
    flopmeter_supervise(&supervisor);
    end_facts();
    finish();
    return flopmeter_child_exit_code(supervisor.child_status);
}

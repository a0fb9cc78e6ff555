/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counter_process.h"

#include "child.h"
#include "environment.h"
#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "flopmeter-counter"
#define RESTARTS_MAX (3)
#define RESTART_PAUSE_NS (1000000000LL)
#define STOP_TIMEOUT_MS (1000)

static uint64_t count_devices(const char *root)
{
    uint64_t count = 0;
    DIR *const stream = opendir(root);

    for (struct dirent *entry = NULL != stream ? readdir(stream) : NULL; NULL != entry; entry = readdir(stream))
    {
        count += (0 == strncmp(entry->d_name, "nvidia", 6) && isdigit((unsigned char)entry->d_name[6])) ? 1 : 0;
    }
    if (NULL != stream)
    {
        closedir(stream);
    }
    return count;
}

/*
 * The program beside this one. False when there is none.
 */
static bool find_program(char *path, size_t length)
{
#if defined(FLOPMETER_RUN_TESTING)
    const char *const given = getenv("FLOPMETER_TEST_COUNTER");
    if (NULL != given && strlen(given) < length)
    {
        memcpy(path, given, strlen(given) + 1);
        return true;
    }
#endif
    const ssize_t count = readlink("/proc/self/exe", path, length - 1);
    if (count <= 0)
    {
        return false;
    }
    path[count] = '\0';
    char *const slash = strrchr(path, '/');
    if (NULL == slash || (size_t)(slash - path) + sizeof("/" NAME) > length)
    {
        return false;
    }
    memcpy(slash, "/" NAME, sizeof("/" NAME));
    return 0 == access(path, X_OK);
}

/*
 * That of COMMAND, so that it finds the meter, but nothing is loaded into it that is meant for the program.
 */
static char **environment_of(const flopmeter_directory_t *directory, const flopmeter_options_t *options)
{
    char **const environment = flopmeter_environment_of_command(directory, options, NULL);
    size_t kept = 0;

    for (size_t i = 0; NULL != environment && NULL != environment[i]; i++)
    {
        if (0 != strncmp(environment[i], "LD_PRELOAD=", 11) && 0 != strncmp(environment[i], "LD_AUDIT=", 9))
        {
            environment[kept++] = environment[i];
        }
    }
    if (NULL != environment)
    {
        environment[kept] = NULL;
    }
    return environment;
}

static pid_t launch(const flopmeter_counter_process_t *counter, char **command)
{
    int error = 0;
    const int log_fd = openat(
        counter->directory->fd, "meter.log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (log_fd < 0)
    {
        return -1;
    }
    const pid_t pid = flopmeter_child_start_meter(
        command, counter->environment, -1, log_fd, -1, counter->directory->fd, &error);
    close(log_fd);
    return pid;
}

static void start(flopmeter_counter_process_t *counter)
{
    const pid_t pid = launch(counter, counter->command);

    counter->restart_at_ns = 0;
    counter->pid = pid > 0 ? pid : 0;
    counter->is_gone = pid <= 0;
}

void flopmeter_counter_process_start(
    flopmeter_counter_process_t *counter,
    const flopmeter_options_t *options,
    const flopmeter_directory_t *directory,
    const char *device_root,
    int64_t begin_ns)
{
    memset(counter, 0, sizeof(*counter));
    counter->directory = directory;
    counter->device_root = device_root;
    counter->devices = count_devices(device_root);
    if (!directory->usable || directory->nested || 0 == counter->devices ||
        !find_program(counter->path, sizeof(counter->path)))
    {
        return;
    }
    counter->environment = environment_of(directory, options);
    if (NULL == counter->environment)
    {
        return;
    }
    snprintf(counter->begin, sizeof(counter->begin), "%lld", (long long)begin_ns);
    snprintf(counter->parent, sizeof(counter->parent), "%d", (int)getpid());
    counter->command[0] = counter->path;
    counter->command[1] = (char *)"watch";
    counter->command[2] = (char *)"--begin-ns";
    counter->command[3] = counter->begin;
    counter->command[4] = (char *)"--parent";
    counter->command[5] = counter->parent;
    start(counter);
}

void flopmeter_counter_process_ended(flopmeter_counter_process_t *counter)
{
    counter->pid = 0;
    counter->is_gone = true;
    if (counter->restarts < RESTARTS_MAX)
    {
        counter->restarts += 1;
        counter->restart_at_ns = flopmeter_text_monotonic_ns() + RESTART_PAUSE_NS;
    }
}

void flopmeter_counter_process_tick(flopmeter_counter_process_t *counter)
{
    if (0 != counter->restart_at_ns && flopmeter_text_monotonic_ns() >= counter->restart_at_ns)
    {
        start(counter);
    }
}

/*
 * Wait for the end of `pid`, then kill it. Return its status.
 */
static int await(pid_t pid, struct rusage *usage)
{
    const int64_t deadline_ns = flopmeter_text_monotonic_ns() + STOP_TIMEOUT_MS * 1000000LL;
    int status = -1;
    bool has_ended = false;
#if defined(SYS_pidfd_open)
    struct pollfd wait = { (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 };
#else
    struct pollfd wait = { -1, POLLIN, 0 };
#endif

    while (!has_ended && flopmeter_text_monotonic_ns() < deadline_ns)
    {
        /* Without a descriptor of the process this only lets time go by: an old kernel. */
        (void)poll(&wait, 1, wait.fd >= 0 ? STOP_TIMEOUT_MS : 5);
        has_ended = pid == wait4(pid, &status, WNOHANG, usage);
    }
    if (!has_ended)
    {
        kill(pid, SIGKILL);
        (void)wait4(pid, &status, 0, usage);
    }
    if (wait.fd >= 0)
    {
        close(wait.fd);
    }
    return status;
}

/*
 * How far it says to have come, with every card that is here: what it leaves for a successor.
 */
static uint64_t read_covered(const flopmeter_counter_process_t *counter)
{
    uint64_t state[2] = { 0, 0 };
    const int fd = openat(counter->directory->fd, "counter.state", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
    {
        return 0;
    }
    if ((ssize_t)sizeof(state) != pread(fd, state, sizeof(state), 0) || state[1] != counter->devices ||
        count_devices(counter->device_root) != counter->devices)
    {
        /* A card that came later, or that NVML does not show, was watched by nobody. */
        state[0] = 0;
    }
    close(fd);
    /* The file is in a folder that the program can write to: believed only as far as it makes sense. */
    return state[0] <= (uint64_t)flopmeter_text_monotonic_ns() ? state[0] : 0;
}

void flopmeter_counter_process_stop(flopmeter_counter_process_t *counter, struct rusage *usage)
{
    memset(usage, 0, sizeof(*usage));
    counter->restart_at_ns = 0;
    if (NULL == counter->command[0])
    {
        return;
    }
    if (0 != counter->pid)
    {
        kill(counter->pid, SIGTERM);
        counter->is_gone = 0 != await(counter->pid, usage);
        counter->covered_ns = (!counter->is_gone && 0 == counter->restarts) ? read_covered(counter) : 0;
        counter->pid = 0;
    }
    if (counter->is_gone)
    {
        char *command[] = { counter->path, (char *)"gap", NULL };
        struct rusage rest = { 0 };
        const pid_t pid = launch(counter, command);
        if (pid > 0)
        {
            (void)await(pid, &rest);
            timeradd(&usage->ru_utime, &rest.ru_utime, &usage->ru_utime);
            timeradd(&usage->ru_stime, &rest.ru_stime, &usage->ru_stime);
        }
        counter->is_gone = false;
    }
}

bool flopmeter_counter_process_append(
    const flopmeter_counter_process_t *counter, bool is_first, flopmeter_text_t *text)
{
    const bool is_read = 0 != counter->covered_ns;

    if (NULL == counter->command[0])
    {
        return false;
    }
    flopmeter_text_append(text, "%s\n {\"name\": \"gpm\", \"source\": \"cuda\", \"basis\": \"DERIVED\", ",
        is_first ? "" : ",");
    flopmeter_text_append(text, "\"state\": \"%s\", \"detail\": \"%s\",\n  ", is_read ? "AVAILABLE" : "FAILED",
        is_read ? "its figures are in lanes" : "it did not watch from the first to the last moment");
    flopmeter_text_append(text, "\"isRead\": %s, \"beginMonotonicNs\": %s, \"endMonotonicNs\": %" PRIu64
        ", \"coveredNs\": 0,\n  \"figures\": [],\n  \"gaps\": []}", is_read ? "true" : "false", counter->begin,
        counter->covered_ns);
    return true;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_SECOND (1000000000ULL)
#define STAT_FIELDS_OF_CPU (4)

static bool read_small(const char *path, char *content, size_t length)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
    {
        return false;
    }
    const ssize_t count = read(fd, content, length - 1);
    close(fd);
    if (count < 0)
    {
        return false;
    }
    content[count] = '\0';
    return true;
}

bool flopmeter_proc_read(pid_t pid, flopmeter_process_t *process)
{
    char path[64];
    char content[1024];
    unsigned long long ticks[STAT_FIELDS_OF_CPU] = { 0 };
    unsigned long long faults[2] = { 0 };
    unsigned long long start = 0;
    int parent = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!read_small(path, content, sizeof(content)))
    {
        return false;
    }
    /* A program chooses its own comm: only the last parenthesis ends it. */
    char *const begin = strchr(content, '(');
    char *const end = strrchr(content, ')');
    if (NULL == begin || NULL == end || end < begin)
    {
        return false;
    }
    *end = '\0';
    memset(process, 0, sizeof(*process));
    process->pid = pid;
    snprintf(process->comm, sizeof(process->comm), "%s", begin + 1);
    if (9 != sscanf(end + 1,
        " %c %d %*d %*d %*d %*d %*u %llu %llu %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %llu",
        &process->state, &parent, &faults[0], &faults[1], &ticks[0], &ticks[1], &ticks[2], &ticks[3], &start))
    {
        return false;
    }
    process->parent = parent;
    process->start = start;
    process->minor_faults = faults[0];
    process->minor_faults_of_children = faults[1];

    const uint64_t tick_ns = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
    for (size_t i = 0; i < STAT_FIELDS_OF_CPU; i++)
    {
        /* Whole ticks round down; the upper bound needs the other end. */
        process->cpu_ns += (ticks[i] + (i < 2 || 0 != ticks[i] ? 1 : 0)) * tick_ns;
    }
    return true;
}

static bool append(flopmeter_process_list_t *list, pid_t pid)
{
    if (list->count == list->capacity)
    {
        const size_t capacity = 0 == list->capacity ? 64 : list->capacity * 2;
        flopmeter_process_t *const items = realloc(list->items, capacity * sizeof(*items));
        if (NULL == items)
        {
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    if (flopmeter_proc_read(pid, &list->items[list->count]))
    {
        list->count++;
        return true;
    }
    /* It has just ended, or /proc hides it from us: a setuid program under hidepid. */
    list->is_hiding = list->is_hiding || EPERM == (0 == kill(pid, 0) ? 0 : errno);
    return true;
}

static bool is_excluded(pid_t pid, const pid_t *excluded)
{
    for (; 0 != *excluded; excluded++)
    {
        if (pid == *excluded)
        {
            return true;
        }
    }
    return false;
}

static bool append_children_of_thread(flopmeter_process_list_t *list, pid_t pid, const char *tid, const pid_t *excluded)
{
    char path[96];
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/children", (int)pid, tid);
    FILE *const file = fopen(path, "re");
    if (NULL == file)
    {
        return true; /* the thread has ended */
    }
    bool done = true;
    while (done && 1 == fscanf(file, "%d", &child))
    {
        done = is_excluded(child, excluded) || append(list, child);
    }
    fclose(file);
    return done;
}

static bool append_children(flopmeter_process_list_t *list, pid_t pid, const pid_t *excluded)
{
    char path[64];
    bool done = true;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *const threads = opendir(path);
    if (NULL == threads)
    {
        return true;
    }
    for (struct dirent *entry = readdir(threads); done && NULL != entry; entry = readdir(threads))
    {
        if (isdigit((unsigned char)entry->d_name[0]))
        {
            done = append_children_of_thread(list, pid, entry->d_name, excluded);
        }
    }
    closedir(threads);
    return done;
}

/*
 * For kernels without /proc/PID/task/TID/children: every process of the machine, then the closure by parent.
 */
static int scan_by_parent(flopmeter_process_list_t *list, const pid_t *excluded)
{
    flopmeter_process_list_t all = { NULL, 0, 0, false };
    DIR *const root = opendir("/proc");
    bool done = NULL != root;

    for (struct dirent *entry = done ? readdir(root) : NULL; done && NULL != entry; entry = readdir(root))
    {
        if (isdigit((unsigned char)entry->d_name[0]))
        {
            done = append(&all, (pid_t)atoi(entry->d_name));
        }
    }
    if (NULL != root)
    {
        closedir(root);
    }
    pid_t parent = getpid();
    for (size_t next = 0; done; parent = list->items[next++].pid)
    {
        for (size_t i = 0; done && i < all.count; i++)
        {
            if (all.items[i].parent == parent && !is_excluded(all.items[i].pid, excluded))
            {
                done = append(list, all.items[i].pid);
            }
        }
        if (next >= list->count)
        {
            break;
        }
    }
    free(all.items);
    return done ? 0 : -1;
}

static bool has_children_files(void)
{
    static int known = -1;
    if (known < 0)
    {
        char path[96];
        snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        known = 0 == access(path, R_OK);
    }
    return 1 == known;
}

int flopmeter_proc_descendants(flopmeter_process_list_t *list, const pid_t *excluded)
{
    list->count = 0;
    list->is_hiding = false;
    if (!has_children_files())
    {
        return scan_by_parent(list, excluded);
    }
    if (!append_children(list, getpid(), excluded))
    {
        return -1;
    }
    for (size_t i = 0; i < list->count; i++)
    {
        if (!append_children(list, list->items[i].pid, excluded))
        {
            return -1;
        }
    }
    return 0;
}

void flopmeter_proc_free(flopmeter_process_list_t *list)
{
    free(list->items);
    memset(list, 0, sizeof(*list));
}

char flopmeter_proc_state(pid_t pid)
{
    flopmeter_process_t process;
    return flopmeter_proc_read(pid, &process) ? process.state : '\0';
}

static bool read_ids(const char *content, const char *name, unsigned ids[3])
{
    const char *const line = strstr(content, name);
    return NULL != line && 3 == sscanf(line + strlen(name), "%u %u %u", &ids[0], &ids[1], &ids[2]);
}

/*
 * `owner` is that of its status, taken before: the first root's when it is not dumpable, and also when it has no memory
 * left. Who leaves root for another user is dumpable again with the next exec.
 */
static bool has_gained_rights(const char *content, uid_t owner)
{
    unsigned users[3];
    unsigned groups[3];

    if (!read_ids(content, "\nUid:", users) || !read_ids(content, "\nGid:", groups))
    {
        return true;
    }
    return users[0] != users[1] || users[2] != users[1] || groups[0] != groups[1] || groups[2] != groups[1] ||
        (owner != users[1] && NULL != strstr(content, "\nVmSize:")) || (0 != geteuid() && users[1] != geteuid());
}

void flopmeter_proc_traits(pid_t pid, flopmeter_process_traits_t *traits)
{
    char path[64];
    char content[4096];
    struct stat status;
    unsigned long long ignored = 0;

    memset(traits, 0, sizeof(*traits));
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (0 != stat(path, &status) || !read_small(path, content, sizeof(content)))
    {
        return;
    }
    const char *const line = strstr(content, "\nSigIgn:");
    traits->ignores_sigchld = NULL != line && 1 == sscanf(line, "\nSigIgn: %llx", &ignored) &&
        0 != (ignored & (1ULL << (SIGCHLD - 1)));
    traits->gained_rights = has_gained_rights(content, status.st_uid);
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "accelerator.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/*
 * Folder and name pattern. Management nodes that open no compute context by themselves (nvidia-uvm, nvidiactl) are
 * listed as well: whoever opens one is about to compute, and CUDA can use a card through a node that it inherited.
 */
static const struct
{
    const char *folder;
    const char *pattern;
}
known[] = {
    { "", "nvidia*" },
    { "", "kfd" },
    { "dri", "renderD*" },
    { "", "accel*" },
    { "accel", "accel*" },
    { "", "habanalabs*" },
    { "", "hl[0-9]*" },
    { "", "hl_controlD*" },
    { "", "davinci*" },
    { "", "neuron[0-9]*" },
    { "", "apex_*" },
};

static void add_device(flopmeter_accelerators_t *accelerators, const char *path)
{
    for (size_t i = 0; i < accelerators->count; i++)
    {
        if (0 == strcmp(accelerators->devices[i].path, path))
        {
            return;
        }
    }
    if (FLOPMETER_ACCELERATORS_MAX == accelerators->count || strlen(path) >= sizeof(accelerators->devices[0].path))
    {
        accelerators->overflowed = true;
        return;
    }
    flopmeter_accelerator_device_t *const device = &accelerators->devices[accelerators->count++];
    memset(device, 0, sizeof(*device));
    snprintf(device->path, sizeof(device->path), "%s", path);
    device->watch = accelerators->fd >= 0 ? inotify_add_watch(accelerators->fd, path, IN_OPEN) : -1;
}

static void scan(flopmeter_accelerators_t *accelerators)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
    {
        char folder[96];
        snprintf(folder, sizeof(folder), "%s%s%s", accelerators->root, '\0' == known[i].folder[0] ? "" : "/",
            known[i].folder);
        DIR *const stream = opendir(folder);
        if (NULL == stream)
        {
            continue;
        }
        for (struct dirent *entry = readdir(stream); NULL != entry; entry = readdir(stream))
        {
            /* Folders such as /dev/nvidia-caps and /dev/accel are not devices. */
            if (DT_DIR != entry->d_type && 0 == fnmatch(known[i].pattern, entry->d_name, FNM_PERIOD))
            {
                char path[512];
                snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
                add_device(accelerators, path);
            }
        }
        closedir(stream);
        if (accelerators->fd >= 0)
        {
            inotify_add_watch(accelerators->fd, folder, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
        }
    }
}

/*
 * Devices that `pid` holds open: marked as opened when it is `ours`, else only no longer pending.
 */
static void look_into(flopmeter_accelerators_t *accelerators, pid_t pid, bool ours)
{
    char folder[64];
    snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
    DIR *const stream = opendir(folder);
    if (NULL == stream)
    {
        return;
    }
    for (struct dirent *entry = readdir(stream); NULL != entry; entry = readdir(stream))
    {
        char target[128];
        const ssize_t length = readlinkat(dirfd(stream), entry->d_name, target, sizeof(target) - 1);
        if (length <= 0)
        {
            continue;
        }
        target[length] = '\0';
        for (size_t i = 0; i < accelerators->count; i++)
        {
            flopmeter_accelerator_device_t *const device = &accelerators->devices[i];
            if (0 == strcmp(device->path, target))
            {
                device->opened = device->opened || ours;
                device->pending = false;
            }
        }
    }
    closedir(stream);
}

/*
 * Nothing more can be learnt about a device that the run has opened; a busy one would wake us all the time.
 */
static void unwatch_opened(flopmeter_accelerators_t *accelerators)
{
    for (size_t i = 0; i < accelerators->count; i++)
    {
        flopmeter_accelerator_device_t *const device = &accelerators->devices[i];
        if (device->opened && device->watch >= 0)
        {
            inotify_rm_watch(accelerators->fd, device->watch);
            device->watch = -1;
        }
    }
}

static void look_into_others(flopmeter_accelerators_t *accelerators)
{
    const pid_t self = getpid();
    DIR *const stream = opendir("/proc");
    if (NULL == stream)
    {
        return;
    }
    for (struct dirent *entry = readdir(stream); NULL != entry; entry = readdir(stream))
    {
        const pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)atoi(entry->d_name) : 0;
        if (pid > 0 && pid != self)
        {
            look_into(accelerators, pid, false);
        }
    }
    closedir(stream);
}

void flopmeter_accelerators_open(flopmeter_accelerators_t *accelerators, const char *root)
{
    memset(accelerators, 0, sizeof(*accelerators));
    accelerators->root = root;
    accelerators->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    scan(accelerators);
}

bool flopmeter_accelerators_take_events(flopmeter_accelerators_t *accelerators)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool seen = false;
    bool created = false;

    for (;;)
    {
        const ssize_t length = accelerators->fd >= 0 ? read(accelerators->fd, buffer, sizeof(buffer)) : -1;
        if (length <= 0)
        {
            break;
        }
        for (char *at = buffer; at < buffer + length;)
        {
            const struct inotify_event *const event = (const struct inotify_event *)(const void *)at;
            created = created || 0 != (event->mask & (IN_CREATE | IN_MOVED_TO));
            for (size_t i = 0; i < accelerators->count; i++)
            {
                flopmeter_accelerator_device_t *const device = &accelerators->devices[i];
                if (!device->opened && (0 != (event->mask & IN_Q_OVERFLOW) ||
                    (0 != (event->mask & IN_OPEN) && event->wd == device->watch)))
                {
                    device->pending = true;
                    seen = true;
                }
            }
            at += sizeof(*event) + event->len;
        }
    }
    if (created)
    {
        const size_t before = accelerators->count;
        scan(accelerators);
        for (size_t i = before; i < accelerators->count; i++)
        {
            /* It may have been opened before the watch was there; only a process that holds it tells. */
            seen = true;
        }
    }
    return seen;
}

bool flopmeter_accelerators_is_due(const flopmeter_accelerators_t *accelerators)
{
    for (size_t i = 0; i < accelerators->count; i++)
    {
        const flopmeter_accelerator_device_t *const device = &accelerators->devices[i];
        if (!device->opened && (device->pending || device->watch < 0))
        {
            return true;
        }
    }
    return false;
}

void flopmeter_accelerators_check(
    flopmeter_accelerators_t *accelerators, const flopmeter_process_list_t *descendants)
{
    bool pending = false;

    for (size_t i = 0; i < descendants->count; i++)
    {
        look_into(accelerators, descendants->items[i].pid, true);
    }
    for (size_t i = 0; i < accelerators->count; i++)
    {
        pending = pending || accelerators->devices[i].pending;
    }
    if (pending)
    {
        look_into_others(accelerators);
    }
    for (size_t i = 0; i < accelerators->count; i++)
    {
        flopmeter_accelerator_device_t *const device = &accelerators->devices[i];
        device->opened = device->opened || device->pending;
        device->pending = false;
    }
    unwatch_opened(accelerators);
}

void flopmeter_accelerators_close(flopmeter_accelerators_t *accelerators)
{
    if (accelerators->fd >= 0)
    {
        close(accelerators->fd);
        accelerators->fd = -1;
    }
}

void flopmeter_accelerators_mark_held(flopmeter_accelerators_t *accelerators, pid_t pid)
{
    look_into(accelerators, pid, true);
    unwatch_opened(accelerators);
}

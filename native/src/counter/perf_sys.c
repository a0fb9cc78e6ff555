/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flopmeter_perf.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int sys_open(
    void *const context,
    struct perf_event_attr *const attr,
    const pid_t pid,
    const int cpu,
    const int group_fd,
    const unsigned long flags)
{
    (void)context;
    const long fd = syscall(SYS_perf_event_open, attr, pid, cpu, group_fd, flags);
    return fd < 0 ? -errno : (int)fd;
}

static ssize_t sys_read(void *const context, const int fd, void *const buffer, const size_t length)
{
    (void)context;
    const ssize_t count = read(fd, buffer, length);
    return count < 0 ? -errno : count;
}

static int sys_ioctl(void *const context, const int fd, const unsigned long request, const unsigned long argument)
{
    (void)context;
    return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

static void sys_close(void *const context, const int fd)
{
    (void)context;
    close(fd);
}

static struct perf_event_mmap_page *sys_map(void *const context, const int fd)
{
    (void)context;
    void *const page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);
    return MAP_FAILED == page ? NULL : page;
}

static void sys_unmap(void *const context, struct perf_event_mmap_page *const page)
{
    (void)context;
    munmap(page, (size_t)sysconf(_SC_PAGESIZE));
}

static bool sys_rdpmc(void *const context, const uint32_t index, uint64_t *const value)
{
    (void)context;
#if defined(__x86_64__)
    uint32_t low;
    uint32_t high;
    __asm__ volatile ("rdpmc" : "=a" (low), "=d" (high) : "c" (index));
    *value = (uint64_t)high << 32 | low;
    return true;
#else
    (void)index;
    *value = 0;
    return false;
#endif
}

static uint64_t sys_now_ns(void *const context)
{
    struct timespec now = { 0, 0 };

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static int sys_fd_limit(void *const context)
{
    struct rlimit limit;

    (void)context;
    if (0 != getrlimit(RLIMIT_NOFILE, &limit) || RLIM_INFINITY == limit.rlim_cur || limit.rlim_cur > INT_MAX)
    {
        return INT_MAX;
    }
    return (int)limit.rlim_cur;
}

const flopmeter_perf_sys_t flopmeter_perf_sys = {
    NULL, sys_open, sys_read, sys_ioctl, sys_close, sys_map, sys_unmap, sys_rdpmc, sys_now_ns, sys_fd_limit,
};

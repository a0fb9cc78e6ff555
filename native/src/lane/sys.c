/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "flopmeter_sys.h"

static int result_of(long result)
{
    return result < 0 ? -errno : (int)result;
}

static int write_zeros(int fd, size_t length)
{
    static const uint8_t zeros[4096];

    for (size_t at = 0; at < length;)
    {
        const size_t part = length - at < sizeof(zeros) ? length - at : sizeof(zeros);
        const ssize_t written = syscall(SYS_pwrite64, fd, zeros, part, (off_t)at);
        if (written <= 0)
        {
            return written < 0 ? -errno : -EIO;
        }
        at += (size_t)written;
    }
    return 0;
}

static char *append_decimal(char *at, uint32_t value)
{
    char digits[10];
    size_t count = 0;

    do
    {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    }
    while (0 != value);

    while (0 != count)
    {
        *at++ = digits[--count];
    }
    return at;
}

int flopmeter_sys_openat(int dir, const char *name, int flags, mode_t mode)
{
    return result_of(syscall(SYS_openat, dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode));
}

int flopmeter_sys_close(int fd)
{
    return result_of(syscall(SYS_close, fd));
}

int flopmeter_sys_chmod(int fd, mode_t mode)
{
    return result_of(syscall(SYS_fchmod, fd, mode));
}

int flopmeter_sys_rename(int dir, const char *from, const char *to)
{
    return result_of(syscall(SYS_renameat2, dir, from, dir, to, 0));
}

int flopmeter_sys_unlink(int dir, const char *name)
{
    return result_of(syscall(SYS_unlinkat, dir, name, 0));
}

int flopmeter_sys_check_owner(int fd)
{
    struct stat stat;

    if (0 != fstat(fd, &stat))
    {
        return -errno;
    }
    if ((stat.st_uid != geteuid() && 0 != stat.st_uid) || 0 != (stat.st_mode & (S_IWGRP | S_IWOTH)))
    {
        return -EPERM;
    }
    return 0;
}

int flopmeter_sys_open_dir(const char *path)
{
    const int fd = flopmeter_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);

    if (fd >= 0)
    {
        const int result = flopmeter_sys_check_owner(fd);
        if (result < 0)
        {
            flopmeter_sys_close(fd);
            return result;
        }
    }
    return fd;
}

int flopmeter_sys_allocate(int fd, size_t length)
{
    struct rlimit limit;
    int result;

    /* Past this limit the kernel does not only fail, it sends SIGXFSZ to a program that wrote no file. */
    if (0 == getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < length)
    {
        return -EFBIG;
    }

    do
    {
        result = result_of(syscall(SYS_fallocate, fd, 0, (off_t)0, (off_t)length));
    }
    while (-EINTR == result);

    return -EOPNOTSUPP == result || -ENOSYS == result ? write_zeros(fd, length) : result;
}

uint32_t flopmeter_sys_pid(void)
{
    return (uint32_t)syscall(SYS_getpid);
}

uint32_t flopmeter_sys_tid(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

int flopmeter_sys_probe_thread(uint32_t pid, uint32_t tid)
{
    return result_of(syscall(SYS_tgkill, pid, tid, 0));
}

uint64_t flopmeter_sys_start_ticks(uint32_t pid)
{
    char path[32] = "/proc/";
    char text[1024];
    char *end = append_decimal(path + 6, pid);
    uint64_t ticks = 0;

    for (const char *name = "/stat"; '\0' != *name; name++)
    {
        *end++ = *name;
    }
    *end = '\0';

    const int fd = flopmeter_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0)
    {
        return 0;
    }
    const long length = syscall(SYS_read, fd, text, sizeof(text));
    flopmeter_sys_close(fd);

    /* Field 2 is the command in parentheses and may hold spaces and parentheses itself: count from the last one. */
    long at = length - 1;
    while (at >= 0 && ')' != text[at])
    {
        at--;
    }
    for (int field = 2; at >= 0 && at < length && field < 22; at++)
    {
        field += ' ' == text[at] ? 1 : 0;
    }
    for (; at >= 0 && at < length && text[at] >= '0' && text[at] <= '9'; at++)
    {
        ticks = ticks * 10 + (uint64_t)(text[at] - '0');
    }
    return ticks;
}

uint64_t flopmeter_sys_pid_namespace(void)
{
    struct stat space;

    return 0 == stat("/proc/self/ns/pid", &space) ? (uint64_t)space.st_ino : 0;
}

uint64_t flopmeter_sys_nonce(void)
{
    static uint64_t counter;
    uint64_t nonce = 0;

    if (sizeof(nonce) != syscall(SYS_getrandom, &nonce, sizeof(nonce), GRND_NONBLOCK))
    {
        nonce = flopmeter_sys_monotonic_ns() * UINT64_C(0x9E3779B97F4A7C15);
        nonce ^= (uint64_t)flopmeter_sys_tid() << 40;
        nonce += __atomic_add_fetch(&counter, UINT64_C(0xD1B54A32D192ED03), __ATOMIC_RELAXED);
    }
    return 0 == nonce ? 1 : nonce;
}

void flopmeter_sys_block_signals(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

void flopmeter_sys_restore_signals(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now = { 0, 0 };

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t flopmeter_sys_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t flopmeter_sys_coarse_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC_COARSE);
}

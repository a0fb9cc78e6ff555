/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * System calls without libc's wrappers where those are cancellation points (a record must not become one) or are
 * commonly interposed by other preload libraries. All of them return -errno.
 */

#ifndef FLOPMETER_SYS_H
#define FLOPMETER_SYS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Open directory `path` when it is ours or root's and nobody else may write in it. */
int flopmeter_sys_open_dir(const char *path);
int flopmeter_sys_openat(int dir, const char *name, int flags, mode_t mode);
int flopmeter_sys_close(int fd);
int flopmeter_sys_chmod(int fd, mode_t mode);
int flopmeter_sys_rename(int dir, const char *from, const char *to);
int flopmeter_sys_unlink(int dir, const char *name);

/** Make the file `length` bytes long with its blocks allocated, or fail without a signal. */
int flopmeter_sys_allocate(int fd, size_t length);

/** Owner is us or root, and nobody else may write. */
int flopmeter_sys_check_owner(int fd);

uint32_t flopmeter_sys_pid(void);
uint32_t flopmeter_sys_tid(void);

/** 0 when thread `tid` of process `pid` exists. */
int flopmeter_sys_probe_thread(uint32_t pid, uint32_t tid);

/** Field 22 of /proc/<pid>/stat, 0 when it can't be read. */
uint64_t flopmeter_sys_start_ticks(uint32_t pid);

/** Inode of our pid namespace, in which our pid means something; 0 when it can't be told. */
uint64_t flopmeter_sys_pid_namespace(void);

/** Not predictable where the kernel can help; different for each call in any case. */
uint64_t flopmeter_sys_nonce(void);

/** Whatever builds or tears down a lane runs without handlers in between, so none meets or forks half of one. */
void flopmeter_sys_block_signals(sigset_t *before);
void flopmeter_sys_restore_signals(const sigset_t *before);

uint64_t flopmeter_sys_monotonic_ns(void);

/** A few milliseconds coarse, and a third of the price. */
uint64_t flopmeter_sys_coarse_ns(void);

#endif /* FLOPMETER_SYS_H */

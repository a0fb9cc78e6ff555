/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The meter's own side of a meter directory: what Java can't do safely. Called by org.flopmeter.sampler over JNA,
 * control path only. Any thread. Nothing here trusts a name, a file or a number in shared memory.
 */

#ifndef FLOPMETER_CONTROL_H
#define FLOPMETER_CONTROL_H

#include <stdint.h>

#define FLOPMETER_CONTROL_EXPORT __attribute__((visibility("default")))

#define FLOPMETER_CONTROL_OK (0)
/** It is not there (any more), or the system is short of something: try again later. */
#define FLOPMETER_CONTROL_AGAIN (-1)
/** The file is not what a file of the meter directory has to be. */
#define FLOPMETER_CONTROL_REFUSED (-2)

/** A mapped file. The descriptor stays open, so that its length can be asked for again. */
typedef struct flopmeter_control_map_stct
{
    uint64_t address;
    uint64_t length;
    int64_t fd;
}
flopmeter_control_map_t;

/**
 * Map `name` in `directory` read-write, following no link. The file must be regular, belong to the owner of the
 * directory and to us, have one link, no permission for others, and `length_expected` bytes (0: anything from 1 B to 1
 * GiB). Return FLOPMETER_CONTROL_OK, FLOPMETER_CONTROL_AGAIN or FLOPMETER_CONTROL_REFUSED, see
 * flopmeter_control_errmsg().
 */
FLOPMETER_CONTROL_EXPORT int flopmeter_control_map(
    const char *directory, const char *name, uint64_t length_expected, flopmeter_control_map_t *map);

/** Length of the mapped file now, negative when it can't be told. */
FLOPMETER_CONTROL_EXPORT int64_t flopmeter_control_file_length(int64_t fd);

/** Undo flopmeter_control_map(). */
FLOPMETER_CONTROL_EXPORT void flopmeter_control_unmap(uint64_t address, uint64_t length, int64_t fd);

/**
 * 1 when a process with this pid and start time (field 22 of /proc/pid/stat) is there, or in doubt; 0 when it is gone.
 * In doubt is, above all, a pid of another pid namespace than ours.
 */
FLOPMETER_CONTROL_EXPORT int flopmeter_control_is_alive(uint32_t pid, uint64_t start_ticks, uint64_t pid_namespace);

/** 1 when somebody holds a flock on `name`, or in doubt; 0 when nobody does or there is no such file. */
FLOPMETER_CONTROL_EXPORT int flopmeter_control_is_locked(const char *directory, const char *name);

/** Remove `name` from `directory`, unless it is a directory. Return FLOPMETER_CONTROL_OK or FLOPMETER_CONTROL_AGAIN. */
FLOPMETER_CONTROL_EXPORT int flopmeter_control_unlink(const char *directory, const char *name);

/** CPU time of all threads of this process so far, user and system, in ns; 0 when it can't be told. */
FLOPMETER_CONTROL_EXPORT int64_t flopmeter_control_cpu_ns(void);

/** Text of the last error on this thread. Valid until the next call on it. */
FLOPMETER_CONTROL_EXPORT const char *flopmeter_control_errmsg(void);

/**
 * Can the CPU's counters count a program here? `root` "/" or "" is this machine; `answer` gets "detail\nremedy", cut
 * at `length`. Return a flopmeter_counter_state_t. Opens nothing that stays open.
 */
FLOPMETER_CONTROL_EXPORT int flopmeter_control_probe_perf(const char *root, char *answer, uint64_t length);

#endif /* FLOPMETER_CONTROL_H */

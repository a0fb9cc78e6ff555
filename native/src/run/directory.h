/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_DIRECTORY_H
#define FLOPMETER_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

/** The meter directory of this run, docs/design/0002-meter-directory.md. */
typedef struct flopmeter_directory_stct
{
    bool usable;       /* false: COMMAND runs unmetered */
    bool nested;       /* inside the directory of an outer run, which removes it */
    char *path;
    char *spill;       /* second directory for lanes, on disk; NULL = none */
    int fd;
    int control_fd;    /* read and written with pread and pwrite only: a mapping could be truncated under us (law 6) */
    int lock_fd;
}
flopmeter_directory_t;

/**
 * Make the directory with its control file and owner lock. On failure `usable` is false and `reason` says why.
 * The umask must be 077 by now.
 */
void flopmeter_directory_create(
    flopmeter_directory_t *directory, const flopmeter_options_t *options, const char **reason);

/**
 * Where state that must survive lives: --dir, FLOPMETER_DIR, XDG, HOME, /tmp. The first that can be made and written,
 * from the root, on the heap. NULL = none.
 */
char *flopmeter_directory_state(const flopmeter_options_t *options);

/** Write the time word of the control file. */
void flopmeter_directory_touch(const flopmeter_directory_t *directory);

/** Write the first gap of the control file. Only before COMMAND is started: later the page is the producers'. */
void flopmeter_directory_tell_gap(const flopmeter_directory_t *directory, uint32_t reason, uint32_t source);

/** COMMAND has ended: give back the room that was kept for what is written from now on. */
void flopmeter_directory_release_reserve(const flopmeter_directory_t *directory);

/** Did any process say in the control file that the CPU time of its children may be lost? */
bool flopmeter_directory_is_cpu_flagged(const flopmeter_directory_t *directory);

/** Tell producers that the run is over. Outermost only: what a nested run leaves is still counted by the outer one. */
void flopmeter_directory_end(const flopmeter_directory_t *directory);

/** Remove the directory and all in it, nested ones included. Never follows a link. */
void flopmeter_directory_remove(flopmeter_directory_t *directory);

/** Is `path` a directory of ours that nobody else can write to? */
bool flopmeter_directory_is_private(const char *path);

/** mkdir -p with mode 0700 for what is missing. Return 0, or -1 with errno. */
int flopmeter_directory_make_path(const char *path);

#endif /* FLOPMETER_RUN_DIRECTORY_H */

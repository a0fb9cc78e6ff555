/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_OPTIONS_H
#define FLOPMETER_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/** Results of flopmeter_options_parse(). */
#define FLOPMETER_OPTIONS_OK (0)
#define FLOPMETER_OPTIONS_HELP (1)
#define FLOPMETER_OPTIONS_BAD (-1)

/** Exit code of bad usage, CONTRACT. */
#define FLOPMETER_EXIT_USAGE (2)

/** The command line of flopmeter-run. All strings are borrowed from argv or the environment, but for run_generated. */
typedef struct flopmeter_options_stct
{
    const char *preload;   /* interception library, NULL = none */
    char **jvm;            /* argv prefix of the aggregator */
    size_t jvm_count;      /* 0 = no JVM is started */
    const char *dir;       /* state directory asked for, NULL = by the environment */
    const char *run;
    const char *node;      /* NULL = none */
    const char *out;       /* NULL = no document wanted */
    char **reads;          /* files that COMMAND reads, and writes, for the causal graph */
    size_t reads_count;
    char **writes;
    size_t writes_count;
    const char **writes_kinds; /* of each written file: "dataset", "model" or "output" */
    const char *purpose;   /* what the work is for, NULL = nobody said */
    const char *cpu_budget; /* percentage of one core for the meter's loop, NULL = none */
    const char *executed;  /* what FLOPMETER_EXECUTED is set to, NULL = GPUs' executed operations are not counted */
    bool kernels;          /* kernel activity of GPUs */
    const char *gpu_precision; /* formats of all work on tensor cores, with commas between; NULL = nobody said */
    const char *nvtx;      /* domains whose NVTX ranges are nodes, with commas between; NULL = ranges are not read */
    int out_fd;            /* descriptor that `out` names (/dev/fd/N, /dev/stdout, -), else -1 */
    bool live;
    bool quiet;
    char **command;        /* NULL-terminated */
    char run_generated[64];
}
flopmeter_options_t;

/** Parse argv. Anything but OK and HELP has put one line on stderr; nothing else has happened yet. */
int flopmeter_options_parse(flopmeter_options_t *options, int argc, char **argv);

/** Text of --help. */
const char *flopmeter_options_usage(void);

/** Does `id` match [A-Za-z0-9._:-]{1,64}? */
bool flopmeter_options_is_id(const char *id);

#endif /* FLOPMETER_RUN_OPTIONS_H */

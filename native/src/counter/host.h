/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `flopmeter-counter host`: the CPU counters of a whole host for whoever holds the other ends of two pipes.
 */

#ifndef FLOPMETER_HOST_H
#define FLOPMETER_HOST_H

#include <stdint.h>
#include <stdio.h>

#include "flopmeter_perf.h"

/** Give the PMUs to another profiler while somebody wishes it in this folder, a sidecar's; NULL = none. */
void flopmeter_host_obey(const char *folder);

/**
 * Answer each line of `in` with one line of `out`: a reading since open, or since `since_ns` where that is not 0, in
 * the form of docs/design/0009-perf.md section 8. Where nothing can be counted, one line says why. Return 0 at the end
 * of `in` or when nobody reads `out`.
 */
int flopmeter_host(const flopmeter_perf_setup_t *setup, uint64_t since_ns, FILE *in, FILE *out);

#endif /* FLOPMETER_HOST_H */

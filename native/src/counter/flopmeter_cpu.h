/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which CPU this is, and which of its events count FLOP (data/cpu_events.csv). Pure functions of the files below a
 * root, so that a test can be any machine. Internal; not installed.
 */

#ifndef FLOPMETER_CPU_H
#define FLOPMETER_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flopmeter_core.h"

#define FLOPMETER_CPU_EVENTS_MAX (24)

/** Higher than any stock CPU's clock: used where nobody tells. */
#define FLOPMETER_CPU_HZ_DEFAULT (6500000000ULL)

/** One row of the table for one range of models. */
typedef struct flopmeter_cpu_event_stct
{
    const char *vendor;        /* "intel", "amd", "arm"; "intel-core", "intel-atom": one kind of core of a hybrid */
    uint32_t family;           /* CPUID display family; arm: implementer */
    uint32_t model_first;      /* CPUID display model; arm: part */
    uint32_t model_last;
    uint32_t group;            /* events of one number are scheduled together; 0 for what no event counts */
    const char *name;
    uint32_t type;             /* perf_event_attr.type */
    uint64_t config;           /* perf_event_attr.config */
    uint32_t flop_lower;       /* per count */
    uint32_t flop_point;
    uint32_t flop_upper;
    flopmeter_precision_t precision;
    uint32_t rate;             /* counts per cycle at most, 0 = not known; with is_unseen FLOP per cycle */
    bool is_unseen;            /* no event counts it: in the upper end only */
}
flopmeter_cpu_event_t;

/** A kind of CPU. */
typedef struct flopmeter_cpu_chip_stct
{
    const char *vendor;        /* of the table, or "" when it is none of them */
    uint32_t family;
    uint32_t model;
    bool is_mixed;             /* cores of several kinds: one event does not fit them all */
    bool is_hybrid;            /* they are Intel's two, and the kernel has a PMU for each; not mixed then */
    uint32_t core_type;        /* of a hybrid: perf_event_attr.type of its PMUs */
    uint32_t atom_type;
    char text[64];             /* for people: "intel 6/143" */
}
flopmeter_cpu_chip_t;

/**
 * CPUID where root is this machine ("" or "/"), else root/proc/cpuinfo, else root/sys/.../midr_el1. Return false when
 * none tells.
 */
bool flopmeter_cpu_identify(const char *root, flopmeter_cpu_chip_t *chip);

/** Rows of this chip, of a hybrid those of both kinds, in the order of the table, at most `limit`. Their number. */
size_t flopmeter_cpu_select(const flopmeter_cpu_chip_t *chip, const flopmeter_cpu_event_t **events, size_t limit);

/** The whole table. */
const flopmeter_cpu_event_t *flopmeter_cpu_table(size_t *count);

/**
 * Highest clock of any core in Hz: sysfs below root. FLOPMETER_CPU_HZ_DEFAULT where sysfs does not tell, where its
 * maximum is the highest P-state and boosts lie above it (acpi-cpufreq), and where the turbo is switched off: then it
 * is the one without (intel_pstate, amd-pstate, CPPC), and somebody may switch it on while we count.
 */
uint64_t flopmeter_cpu_hz_max(const char *root);

/** Numbers of the CPUs that are online, at most `limit`. Return how many there are in all, 0 when unknown. */
size_t flopmeter_cpu_online(const char *root, int *cpus, size_t limit);

/** As flopmeter_cpu_online(), of another list of the kernel's. */
size_t flopmeter_cpu_list(const char *root, const char *name, int *cpus, size_t limit);

/** Does the kernel list a PMU of the CPU? */
typedef enum flopmeter_cpu_listed_enum
{
    FLOPMETER_CPU_LISTED_YES,
    FLOPMETER_CPU_LISTED_NO,
    FLOPMETER_CPU_LISTED_UNKNOWN    /* there is no list: sysfs is not here, or hidden */
}
flopmeter_cpu_listed_t;

flopmeter_cpu_listed_t flopmeter_cpu_pmu_listed(const char *root);

/** First bytes of a file below root as a string without its line end. Return false when it can't be read. */
bool flopmeter_cpu_read_text(const char *root, const char *name, char *text, size_t length);

#endif /* FLOPMETER_CPU_H */

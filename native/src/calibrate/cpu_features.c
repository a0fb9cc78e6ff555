/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cpu_features.h"

#if defined(__x86_64__)

#include <cpuid.h>

/** Of CPUID leaf 1, ECX: the system has enabled XSAVE, and the program may read what of it. */
#define OSXSAVE (1U << 27)

flopmeter_cpu_features_t flopmeter_cpu_features(void)
{
    flopmeter_cpu_features_t found = { 0, 0, 0, 0 };
    unsigned int eax = 0;
    unsigned int ebx = 0;
    unsigned int ecx = 0;
    unsigned int edx = 0;
    if (0 != __get_cpuid(1, &eax, &ebx, &ecx, &edx) && 0 != (ecx & OSXSAVE))
    {
        __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
        found.enabled_states = (uint64_t)edx << 32 | eax;
    }
    unsigned int subleaves = 0;
    if (0 != __get_cpuid_count(7, 0, &subleaves, &ebx, &found.zero_ecx, &found.zero_edx) && 1 <= subleaves)
    {
        (void)__get_cpuid_count(7, 1, &found.one_eax, &ebx, &ecx, &edx);
    }
    return found;
}

#endif

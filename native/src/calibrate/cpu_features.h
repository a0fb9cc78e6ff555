/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an x86 CPU says of itself: the one place that asks it, so that tests can have another CPU.
 */

#ifndef FLOPMETER_CPU_FEATURES_H
#define FLOPMETER_CPU_FEATURES_H

#include <stdint.h>

typedef struct flopmeter_cpu_features_stct
{
    unsigned int zero_ecx;          /* of CPUID leaf 7, subleaf 0 */
    unsigned int zero_edx;
    unsigned int one_eax;           /* of its subleaf 1, 0 where there is none */
    uint64_t enabled_states;        /* XCR0: the registers that the system keeps, 0 where it has not enabled XSAVE */
}
flopmeter_cpu_features_t;

flopmeter_cpu_features_t flopmeter_cpu_features(void);

#endif /* FLOPMETER_CPU_FEATURES_H */

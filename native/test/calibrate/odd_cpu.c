/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linked into the program: a CPU that has AMX, whichever one this is, and a system that keeps its tiles from the
 * process, as ODD_CPU says. What refuses is Linux itself, by a seccomp filter on the program's own system calls.
 */

#include "cpu_features.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REQUEST_PERMISSION (0x1023)
#define SKIPPED (77)

/** AMX-BF16, the tiles, AMX-INT8. */
#define AMX_FEATURES (1U << 22 | 1U << 24 | 1U << 25)
#define TILE_STATES (UINT64_C(3) << 17)

flopmeter_cpu_features_t __wrap_flopmeter_cpu_features(void);
flopmeter_cpu_features_t __real_flopmeter_cpu_features(void);

static int mode_is(const char *mode)
{
    const char *const chosen = getenv("ODD_CPU");
    return NULL != chosen && 0 == strcmp(chosen, mode);
}

flopmeter_cpu_features_t __wrap_flopmeter_cpu_features(void)
{
    flopmeter_cpu_features_t features = __real_flopmeter_cpu_features();
    features.zero_edx = mode_is("older") ? features.zero_edx & ~AMX_FEATURES : features.zero_edx | AMX_FEATURES;
    features.enabled_states =
        mode_is("not_enabled") ? features.enabled_states & ~TILE_STATES : features.enabled_states | TILE_STATES;
    return features;
}

/* The answer to arch_prctl(ARCH_REQ_XCOMP_PERM); every other call is made. */
static void answer(unsigned int action)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, REQUEST_PERMISSION, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = { sizeof(steps) / sizeof(steps[0]), steps };
    if (0 != prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || 0 != prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
    {
        printf("skipped: no seccomp filter may be set here: %s\n", strerror(errno));
        exit(SKIPPED);
    }
}

__attribute__((constructor)) static void begin(void)
{
    if (mode_is("refused"))
    {
        answer(SECCOMP_RET_ERRNO | EPERM);
    }
    else if (mode_is("pretended"))
    {
        answer(SECCOMP_RET_ERRNO);
    }
    else
    {
        // Nobody may ask for what the CPU has not, or the system does not enable.
        answer(SECCOMP_RET_KILL_PROCESS);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Single-steps every CPU kernel that this CPU can run and counts the instructions it executes: an iteration must be its
 * chains, one decrement and one branch, and n iterations n times that. What those instructions are, the disassembly
 * says (cpu_code.awk); together they prove the FLOP.
 */

#include "check.h"
#include "cpu_kernels.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define LOOP_INSTRUCTIONS (FLOPMETER_CPU_CHAINS + 2)
#define ITERATIONS (100)

static void child(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations)
{
    if (0 != ptrace(PTRACE_TRACEME, 0, NULL, NULL))
    {
        _exit(TEST_SKIP);
    }
    raise(SIGSTOP);
    flopmeter_cpu_kernel_run(kernel, iterations);
    raise(SIGSTOP);
    _exit(0);
}

/* Instructions from the first stop to the second; 0 when nothing may be traced here. */
static uint64_t steps(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations)
{
    int status = 0;
    uint64_t count = 0;
    const pid_t pid = fork();
    CHECK(0 <= pid, "fork: %s", strerror(errno));
    if (0 == pid)
    {
        child(kernel, iterations);
    }
    CHECK(pid == waitpid(pid, &status, 0), "wait: %s", strerror(errno));
    if (WIFEXITED(status) && TEST_SKIP == WEXITSTATUS(status))
    {
        return 0;
    }
    CHECK(WIFSTOPPED(status) && SIGSTOP == WSTOPSIG(status), "first stop: status %x", (unsigned)status);
    do
    {
        CHECK(0 == ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), "step: %s", strerror(errno));
        CHECK(pid == waitpid(pid, &status, 0), "wait: %s", strerror(errno));
        CHECK(WIFSTOPPED(status), "%s: ended after %llu steps, status %x", kernel->name, (unsigned long long)count,
            (unsigned)status);
        count++;
    }
    while (SIGTRAP == WSTOPSIG(status));
    CHECK(SIGSTOP == WSTOPSIG(status), "second stop: signal %d", WSTOPSIG(status));
    CHECK(0 == ptrace(PTRACE_CONT, pid, NULL, NULL), "go on: %s", strerror(errno));
    CHECK(pid == waitpid(pid, &status, 0) && WIFEXITED(status) && 0 == WEXITSTATUS(status), "end: status %x",
        (unsigned)status);
    return count;
}

static void check_kernel(const flopmeter_cpu_kernel_t *kernel)
{
    const uint64_t none = steps(kernel, 0);
    const uint64_t one = steps(kernel, 1);
    const uint64_t many = steps(kernel, ITERATIONS);
    if (0 == none)
    {
        printf("skipped: this process may trace nothing\n");
        exit(TEST_SKIP);
    }
    CHECK(LOOP_INSTRUCTIONS == one - none, "%s: one iteration is %llu instructions, not %d", kernel->name,
        (unsigned long long)(one - none), LOOP_INSTRUCTIONS);
    CHECK((ITERATIONS - 1) * LOOP_INSTRUCTIONS == many - one, "%s: %d iterations are %llu instructions more than one",
        kernel->name, ITERATIONS, (unsigned long long)(many - one));
}

int main(void)
{
    size_t checked = 0;
    for (size_t i = 0; i < flopmeter_cpu_kernels_count; i++)
    {
        const flopmeter_cpu_kernel_t *const kernel = &flopmeter_cpu_kernels[i];
        const uint64_t flop_count = flopmeter_cpu_kernel_flop_count(kernel);
        CHECK((NULL == kernel->why_not()) == (0 != flop_count), "%s: %llu FLOP", kernel->name,
            (unsigned long long)flop_count);
        if (NULL == kernel->why_not())
        {
            check_kernel(kernel);
            checked++;
        }
        else
        {
            printf("not here: %s: %s\n", kernel->name, kernel->why_not());
        }
    }
    CHECK(0 < checked, "no kernel runs here");
    printf("%zu kernels stepped\n", checked);
    return 0;
}

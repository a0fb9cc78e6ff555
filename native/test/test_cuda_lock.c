/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lock of the CUDA tables: one holder among threads; a forked child takes what a thread that it has not holds; one
 * that shares its parent's memory does not; and no system call while nobody else has it. With one argument: the ratio
 * of a lock to the same work without one, of a lock that asks for the process's id, too.
 */

#include "check.h"
#include "cuda_lock.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define THREADS (4)
#define TURNS (20000)
#define BENCH_TURNS (5000000ULL)

static flopmeter_cuda_lock_t shared;
static unsigned long inside;
static atomic_ulong taken;

static void *take_turns(void *argument)
{
    for (int i = 0; i < TURNS; i++)
    {
        if (flopmeter_cuda_lock(&shared))
        {
            inside = inside + 1;
            flopmeter_cuda_unlock(&shared);
            atomic_fetch_add(&taken, 1);
        }
    }
    return argument;
}

static void check_threads(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, take_turns, NULL), "thread %d", i);
    }
    for (int i = 0; i < THREADS; i++)
    {
        CHECK(0 == pthread_join(threads[i], NULL), "thread %d", i);
    }
    CHECK(0 < taken && inside == taken, "%lu times inside, %lu times taken", inside, (unsigned long)taken);
}

static int end_of(pid_t child)
{
    int status = 0;
    CHECK(0 < child, "no child: %s", strerror(errno));
    CHECK(child == waitpid(child, &status, 0), "no end of it: %s", strerror(errno));
    return status;
}

/* Held when the child is made, by a thread of which the child has no copy as far as the lock knows. */
static void check_child(void)
{
    CHECK(flopmeter_cuda_lock(&shared), "a free lock is not taken");
    const pid_t child = fork();
    if (0 == child)
    {
        _exit(flopmeter_cuda_lock(&shared) ? 0 : 1);
    }
    const int status = end_of(child);
    CHECK(0 == status, "a child does not take the lock that its parent holds: status %x", (unsigned)status);
    CHECK(!flopmeter_cuda_lock(&shared), "the child has freed the parent's lock");
    flopmeter_cuda_unlock(&shared);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* vfork(): the parent is stopped until the child ends, and its memory is the child's. */
static void check_sharing_child(void)
{
    static volatile int answer;
    CHECK(flopmeter_cuda_lock(&shared), "a free lock is not taken");
    const pid_t child = vfork();
    if (0 == child)
    {
        answer = flopmeter_cuda_lock(&shared) ? 1 : 2;
        _exit(0);
    }
    CHECK(0 == end_of(child), "the child that shares memory");
    CHECK(2 == answer, "a child that shares its parent's memory takes what the parent holds: %d", answer);
    flopmeter_cuda_unlock(&shared);
}

/* Nothing but the end of the process is allowed: another call ends it by SIGSYS. False: no filter can be set here. */
static bool forbid_calls(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_fprog filter = { sizeof(steps) / sizeof(steps[0]), steps };
    return 0 == prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && 0 == prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* False: it can't be looked at here. */
static bool check_calls(void)
{
    const pid_t child = fork();
    if (0 == child)
    {
        int failed = 0;
        if (!forbid_calls())
        {
            _exit(TEST_SKIP);
        }
        for (int i = 0; i < TURNS; i++)
        {
            failed += flopmeter_cuda_lock(&shared) ? 0 : 1;
            flopmeter_cuda_unlock(&shared);
        }
        _exit(0 == failed ? 0 : 1);
    }
    const int status = end_of(child);
    if (WIFEXITED(status) && TEST_SKIP == WEXITSTATUS(status))
    {
        printf("not looked at: no seccomp filter may be set here\n");
        return false;
    }
    CHECK(!WIFSIGNALED(status) || SIGSYS != WTERMSIG(status), "a free lock makes a system call");
    CHECK(0 == status, "a free lock without system calls: status %x", (unsigned)status);
    return true;
}

#endif

static unsigned long long time_of(bool with_lock, bool with_id)
{
    const unsigned long long begin_ns = test_now_ns();
    for (unsigned long long i = 0; i < BENCH_TURNS; i++)
    {
        const bool is_taken = !with_lock || flopmeter_cuda_lock(&shared);
        inside = inside + (with_id ? (unsigned long)getpid() : 1);
        __asm__ volatile("" : : "r"(&inside) : "memory");
        if (with_lock && is_taken)
        {
            flopmeter_cuda_unlock(&shared);
        }
    }
    return test_now_ns() - begin_ns;
}

static void measure(void)
{
    for (int round = 0; round < 3; round++)
    {
        const unsigned long long none_ns = time_of(false, false);
        const unsigned long long lock_ns = time_of(true, false);
        const unsigned long long old_ns = time_of(true, true);
        printf("without a lock 1, with it %.1f, with getpid() besides %.1f\n", (double)lock_ns / (double)none_ns,
            (double)old_ns / (double)none_ns);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    if (1 < argc)
    {
        measure();
        return 0;
    }
    check_threads();
    check_child();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    printf("not looked at: a sanitizer makes calls of its own, and a fork of a vfork\n");
#else
    check_sharing_child();
    if (!check_calls())
    {
        return TEST_SKIP;
    }
#endif
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The program ends CUPTI while the meter's thread takes records from it: it waits until that has come back, and CUPTI
 * is asked nothing afterwards.
 */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels_rig.h"

static pthread_t program;
static atomic_int program_id;
static atomic_bool is_ended;
static bool is_begun;

static void *end_cupti(void *argument)
{
    atomic_store(&program_id, (int)syscall(SYS_gettid));
    flopmeter_cuda_kernels_finalize();
    fake->is_final = true;
    atomic_store(&is_ended, true);
    return argument;
}

/* Its state in the kernel; it waits for nothing but locks. */
static bool is_waiting(void)
{
    char path[64];
    char text[256] = "";

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&program_id));
    FILE *const file = fopen(path, "r");
    if (NULL == file)
    {
        return false;
    }
    const size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    const char *const end = 0 == length ? NULL : strrchr(text, ')');
    return NULL != end && 0 == strncmp(end, ") S", 3);
}

/* The meter's thread is about to ask CUPTI. */
static void meet(fake_call_t call)
{
    (void)call;
    if (is_begun)
    {
        return;
    }
    is_begun = true;
    CHECK(0 == pthread_create(&program, NULL, end_cupti, NULL), "thread");
    while (!atomic_load(&is_ended) && (0 == atomic_load(&program_id) || !is_waiting()))
    {
        sched_yield();
    }
}

static void should_let_nobody_end_what_is_asked(fake_call_t call)
{
    start();
    fake_cuda_kernel(0, 5, 0);
    steps(2);
    is_begun = false;
    atomic_store(&is_ended, false);
    atomic_store(&program_id, 0);
    fake_cuda_kernel(0, 7, 0);
    fake->hook_call = call;
    fake->hook = meet;
    steps(1);
    CHECK(is_begun && 0 == pthread_join(program, NULL), "nobody has ended CUPTI");
    steps(10);
    end("ended in a step", bit(FLOPMETER_GAP_COUNTER_TAKEN));
    CHECK(0 == fake->misuses, "misuse of CUPTI: %s", fake->misuse);
}

int main(void)
{
    should_let_nobody_end_what_is_asked(FAKE_CALL_TIMESTAMP);
    should_let_nobody_end_what_is_asked(FAKE_CALL_FLUSH);
    return 0;
}

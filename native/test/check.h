/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the native tests of the core assert with: a failed check prints one line and ends the process.
 */

#ifndef FLOPMETER_TEST_CHECK_H
#define FLOPMETER_TEST_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TEST_SKIP (77)

/** Called by a failed check before it ends the process, so that a canary leaves nothing behind. */
extern void (*check_cleanup)(void);

_Noreturn void check_failed(void);

/** May this process trace its children? Some containers forbid it. */
bool check_may_trace(void);

#define CHECK(condition, ...) \
    do \
    { \
        if (!(condition)) \
        { \
            fprintf(stderr, "%s:%d: check failed: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__); \
            fprintf(stderr, "\n"); \
            check_failed(); \
        } \
    } \
    while (0)

static inline unsigned long long test_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
}

/** Wait for `condition`; a test that waits longer than this is broken, not slow. */
#define CHECK_EVENTUALLY(condition, ...) \
    do \
    { \
        const unsigned long long deadline_ns = test_now_ns() + 60000000000ULL; \
        while (!(condition)) \
        { \
            CHECK(test_now_ns() < deadline_ns, __VA_ARGS__); \
        } \
    } \
    while (0)

#endif /* FLOPMETER_TEST_CHECK_H */

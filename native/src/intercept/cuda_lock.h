/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lock that cannot hold a program up: whoever does not get it in a bounded number of tries does without, and a
 * child of fork() does not wait for a thread that only its parent has.
 */

#ifndef FLOPMETER_CUDA_LOCK_H
#define FLOPMETER_CUDA_LOCK_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define FLOPMETER_CUDA_LOCK_TRIES (20000)

/** False: not taken. The holder is this process's id, so that a child can tell a lock left over by its parent. */
static inline bool flopmeter_cuda_lock(_Atomic(int) *const lock)
{
    const int self = (int)getpid();

    for (int i = 0; i < FLOPMETER_CUDA_LOCK_TRIES; i++)
    {
        int expected = atomic_load_explicit(lock, memory_order_relaxed);

        if (self != expected &&
            atomic_compare_exchange_strong_explicit(lock, &expected, self, memory_order_acquire, memory_order_relaxed))
        {
            return true;
        }
        if (i > 50)
        {
            sched_yield();
        }
    }
    return false;
}

static inline void flopmeter_cuda_unlock(_Atomic(int) *const lock)
{
    atomic_store_explicit(lock, 0, memory_order_release);
}

#endif /* FLOPMETER_CUDA_LOCK_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lock that cannot hold a program up: whoever does not get it in a bounded number of tries does without, and a
 * child of fork() does not wait for a thread that only its parent has. Taking it makes no system call: its word is on a
 * page that a child finds zero, however it was made, and free with that. A child that shares its parent's memory
 * (vfork) sees the same word, and waits for the parent's thread as any other.
 */

#ifndef FLOPMETER_CUDA_LOCK_H
#define FLOPMETER_CUDA_LOCK_H

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define FLOPMETER_CUDA_LOCK_TRIES (20000)
#define FLOPMETER_CUDA_LOCK_TAKEN (1)

/** Zero at first. */
typedef struct flopmeter_cuda_lock_stct
{
    _Atomic(_Atomic(int) *) word;    /* NULL until it is first taken; once chosen it stays */
    _Atomic(int) spare;              /* the word where there are no such pages: it holds the taker's process id */
}
flopmeter_cuda_lock_t;

/* The word, chosen by whoever comes first. A page for each lock: there are two. */
static inline _Atomic(int) *flopmeter_cuda_lock_choose(flopmeter_cuda_lock_t *const lock)
{
    const int errno_saved = errno;
    const size_t length = sizeof(_Atomic(int));
    _Atomic(int) *chosen = NULL;
    void *const page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool is_wiped = MAP_FAILED != page && 0 == madvise(page, length, MADV_WIPEONFORK);
    _Atomic(int) *const word = is_wiped ? page : &lock->spare;
    const bool is_first = atomic_compare_exchange_strong(&lock->word, &chosen, word);

    if (MAP_FAILED != page && !(is_first && is_wiped))
    {
        munmap(page, length);
    }
    errno = errno_saved;
    return is_first ? word : chosen;
}

/** False: not taken. */
static inline bool flopmeter_cuda_lock(flopmeter_cuda_lock_t *const lock)
{
    _Atomic(int) *word = atomic_load_explicit(&lock->word, memory_order_acquire);

    if (NULL == word)
    {
        word = flopmeter_cuda_lock_choose(lock);
    }
    const int self = &lock->spare == word ? (int)getpid() : FLOPMETER_CUDA_LOCK_TAKEN;

    for (int i = 0; i < FLOPMETER_CUDA_LOCK_TRIES; i++)
    {
        int expected = atomic_load_explicit(word, memory_order_relaxed);

        if (self != expected &&
            atomic_compare_exchange_strong_explicit(word, &expected, self, memory_order_acquire, memory_order_relaxed))
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

/** By whoever took it. */
static inline void flopmeter_cuda_unlock(flopmeter_cuda_lock_t *const lock)
{
    atomic_store_explicit(atomic_load_explicit(&lock->word, memory_order_relaxed), 0, memory_order_release);
}

#endif /* FLOPMETER_CUDA_LOCK_H */

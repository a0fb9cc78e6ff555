/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_mine.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic(uint32_t) *mark;     /* on a page that is zero in a child, however it was made */
static atomic_int pid;              /* where the kernel has no such pages */

void flopmeter_cuda_mine_begin(void)
{
    const size_t length = (size_t)sysconf(_SC_PAGESIZE);

    if (NULL == mark)
    {
        void *const page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (MAP_FAILED != page && 0 != madvise(page, length, MADV_WIPEONFORK))
        {
            munmap(page, length);
        }
        else if (MAP_FAILED != page)
        {
            mark = page;
        }
    }
    if (NULL != mark)
    {
        atomic_store(mark, 1);
    }
    atomic_store(&pid, getpid());
}

bool flopmeter_cuda_mine_is(void)
{
    return NULL != mark ? 0 != atomic_load_explicit(mark, memory_order_relaxed) : getpid() == atomic_load(&pid);
}

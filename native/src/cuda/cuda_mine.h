/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose state it is: a child of fork() has its parent's, and CUPTI's locks and ours may be held by threads that the
 * child does not have. Asked with every call of the program, so without a system call where the kernel allows that.
 */

#ifndef FLOPMETER_CUDA_MINE_H
#define FLOPMETER_CUDA_MINE_H

#include <stdbool.h>

/** It is this process's from now on. */
void flopmeter_cuda_mine_begin(void);

/** Is it this process's? A vfork() child, which has nothing of its own, counts as its parent. */
bool flopmeter_cuda_mine_is(void);

#endif /* FLOPMETER_CUDA_MINE_H */

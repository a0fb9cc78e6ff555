/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Additions and multiplications of pairs in half precision. Built with ptxas -O0: an optimising ptxas writes half of
 * them as multiply-adds (x + y as x * 1 + y, to keep a second pipe busy), which a counter of instructions reads as
 * twice the FLOP, and rightly so: the chip then executes them.
 */

#include "chains.h"

CHAINS(fp16_add_packed, uint32_t, "r", "add.rn.f16x2 %0, %0, %0;")
CHAINS(fp16_mul_packed, uint32_t, "r", "mul.rn.f16x2 %0, %0, %0;")

#if 900 <= __CUDA_ARCH__
/* Before sm_90 there is neither: x + y is written as x * 1 + y, x * y as x * y - 0. */
CHAINS(bf16_add_packed, uint32_t, "r", "add.rn.bf16x2 %0, %0, %0;")
CHAINS(bf16_mul_packed, uint32_t, "r", "mul.rn.bf16x2 %0, %0, %0;")
#endif

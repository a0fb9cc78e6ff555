/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The public header compiles, first and alone, in strict C99 and C11.
 */

#include "flopmeter/flopmeter.h"

void flopmeter_test_header(flopmeter_batch_t *batch);

void flopmeter_test_header(flopmeter_batch_t *batch)
{
    flopmeter_batch_add(batch, 1, 2);
}

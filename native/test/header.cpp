/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The public header compiles, first and alone, in C++11.
 */

#include "flopmeter/flopmeter.h"

namespace flopmeter_test
{

void add(flopmeter_batch_t *batch)
{
    flopmeter_batch_add(batch, 1, 2);
}

}

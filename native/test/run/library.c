/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload that does nothing.
 */
int flopmeter_test_library(void);

int flopmeter_test_library(void)
{
    return 1;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "check.h"

void (*check_cleanup)(void);

void check_failed(void)
{
    void (*const cleanup)(void) = check_cleanup;

    check_cleanup = NULL;
    if (NULL != cleanup)
    {
        cleanup();
    }
    _exit(1);
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flopmeter_process.h"

static __thread const char *error_text __attribute__((tls_model("initial-exec"))) = "";

void flopmeter_error(const char *text)
{
    error_text = text;
}

const char *flopmeter_errmsg(void)
{
    return error_text;
}

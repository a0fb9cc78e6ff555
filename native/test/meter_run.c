/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <sys/wait.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

int meter_run(meter_t *meter, void (*scenario)(meter_t *))
{
    int status = -1;
    const pid_t pid = fork();

    CHECK(pid >= 0, "fork");
    if (0 == pid)
    {
        CHECK(FLOPMETER_OK == flopmeter_attach(), "%s", flopmeter_errmsg());
        scenario(meter);
        _exit(0);
    }
    CHECK(pid == waitpid(pid, &status, 0), "waitpid");
    return status;
}

void meter_run_ok(meter_t *meter, void (*scenario)(meter_t *))
{
    const int status = meter_run(meter, scenario);
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "scenario ended with status %#x", (unsigned)status);
}

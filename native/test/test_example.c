/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The installed example counts what its own comment says, and runs as well without a meter.
 */

#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "meter_dir.h"

#define FLOP_PER_PRODUCT (2 * 64 * 64 * 64)

static void run_program(const char *path)
{
    int status = -1;
    const pid_t pid = fork();

    if (0 == pid)
    {
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "%s: status %#x", path, (unsigned)status);
}

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_example matmul");
    run_program(argv[1]);

    meter_t *const meter = meter_create();
    run_program(argv[1]);
    meter_expect(meter, (u128_t)1100 * FLOP_PER_PRODUCT, 1100);
    CHECK(100 * FLOP_PER_PRODUCT == meter_total(meter, "warm-up", 0).flop, "warm-up");
    CHECK(1000 * FLOP_PER_PRODUCT == meter_total(meter, "products", 0).flop, "products");
    meter_destroy(meter);
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lanes_of COMMAND...: run COMMAND with a meter directory and print what its lanes hold, one line per precision, basis
 * and source, and the gaps. For checks on a machine without Java. Exit code of COMMAND.
 */

#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "flopmeter_core.h"
#include "flopmeter_decimal.h"
#include "meter_dir.h"

static const char *const precisions[] = {
    "?", "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int32", "int16", "int8", "int4",
    "int1", "unknown"
};

static u128_t sum_of(const meter_t *meter, unsigned precision, unsigned basis, unsigned source, unsigned part)
{
    u128_t sum = 0;

    for (int i = 0; i < meter->lane_count; i++)
    {
        const uint32_t count = lane_reader_slot_count(meter->lanes[i]);
        for (uint32_t slot = 0; slot < count; slot++)
        {
            const uint8_t *const key = lane_reader_slot(meter->lanes[i], slot);
            if (precision == key[0] && basis == key[2] && source == key[4] && part == key[6])
            {
                sum += lane_reader_slot_total(meter->lanes[i], slot).flop;
            }
        }
    }
    return sum;
}

static void print_u128(const char *name, u128_t value)
{
    char digits[FLOPMETER_DECIMAL_LENGTH];

    printf(" %s=%s", name, flopmeter_decimal(digits, value));
}

static void print(const meter_t *meter)
{
    for (unsigned source = FLOPMETER_SOURCE_API; source <= FLOPMETER_SOURCE_CUDA; source++)
    {
        for (unsigned basis = FLOPMETER_EXACT_EXECUTED; basis <= FLOPMETER_DECLARED; basis++)
        {
            for (unsigned precision = FLOPMETER_FP64; precision <= FLOPMETER_PRECISION_UNKNOWN; precision++)
            {
                const u128_t lower = sum_of(meter, precision, basis, source, FLOPMETER_PART_COUNT);
                const u128_t estimate = sum_of(meter, precision, basis, source, FLOPMETER_PART_ESTIMATE);
                const u128_t bound = sum_of(meter, precision, basis, source, FLOPMETER_PART_BOUND);
                if (0 != lower || 0 != estimate || 0 != bound)
                {
                    printf("LANES source=%u basis=%u precision=%s", source, basis, precisions[precision]);
                    print_u128("lower", lower);
                    print_u128("point", lower + estimate);
                    print_u128("bound", bound);
                    putchar('\n');
                }
            }
        }
    }
    for (uint32_t reason = 1; reason < 16; reason++)
    {
        if (0 != meter_gaps(meter, reason))
        {
            printf("LANES gap reason=%u times=%u\n", reason, meter_gaps(meter, reason));
        }
    }
    printf("LANES lanes=%d lost=%llu\n", meter->lane_count, (unsigned long long)meter_lost(meter));
}

int main(int argc, char **argv)
{
    int status = -1;

    CHECK(argc > 1, "usage: lanes_of COMMAND...");
    meter_t *const meter = meter_create();
    const pid_t pid = fork();
    CHECK(pid >= 0, "fork");
    if (0 == pid)
    {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    CHECK(pid == waitpid(pid, &status, 0), "waitpid");
    meter_drain(meter, true);
    meter_check(meter, !WIFEXITED(status));
    print(meter);
    meter_destroy(meter);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

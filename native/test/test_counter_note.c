/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file in which flopmeter-counter says what a lumped pipe did if all was of one precision.
 * test_counter_note COUNTER FAKE_NVML [FAKE_DCGM].
 */

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

#define NOTES_MAX (8)
#define NOTE_LENGTH (8192)
/* Of a slot's key, docs/design/0001-wire-format.md. */
#define PRECISION_OFFSET (0)
#define PART_OFFSET (6)

typedef struct interval_stct
{
    u128_t lower;
    u128_t point;
    u128_t upper;
}
interval_t;

static const char *counter;
static meter_t *meter;
static pid_t running;
static char notes[NOTES_MAX][NOTE_LENGTH];
static int notes_count;

static void clean(void)
{
    if (running > 0)
    {
        kill(running, SIGKILL);
    }
    if (NULL != meter)
    {
        meter_destroy(meter);
    }
}

static pid_t start(void)
{
    char since[32];

    snprintf(since, sizeof(since), "%llu", (unsigned long long)test_now_ns());
    const pid_t pid = fork();
    CHECK(pid >= 0, "fork");
    if (0 == pid)
    {
        execl(counter, counter, "watch", "--interval-ms", "20", "--begin-ns", since, NULL);
        _exit(127);
    }
    running = pid;
    return pid;
}

static int await_end(pid_t pid)
{
    int status = -1;

    CHECK(pid == waitpid(pid, &status, 0), "waitpid");
    running = 0;
    return status;
}

static void read_notes(void)
{
    DIR *const folder = opendir(meter->path);

    CHECK(NULL != folder, "%s", meter->path);
    notes_count = 0;
    for (struct dirent *entry = readdir(folder); NULL != entry; entry = readdir(folder))
    {
        char path[sizeof(meter->path) + 300];
        if (0 != strncmp(entry->d_name, "pipes-", 6))
        {
            CHECK(running > 0 || NULL == strstr(entry->d_name, "pipes-"), "%s is left over", entry->d_name);
            continue;
        }
        CHECK(strlen("pipes-0123456789abcdef.json") == strlen(entry->d_name), "%s", entry->d_name);
        snprintf(path, sizeof(path), "%s/%s", meter->path, entry->d_name);
        FILE *const file = fopen(path, "r");
        CHECK(NULL != file && notes_count < NOTES_MAX, "%s", path);
        notes[notes_count][fread(notes[notes_count], 1, NOTE_LENGTH - 1, file)] = '\0';
        fclose(file);
        notes_count++;
    }
    closedir(folder);
}

static u128_t number(const char *text, const char *name)
{
    char key[32];
    u128_t value = 0;

    snprintf(key, sizeof(key), "\"%s\": \"", name);
    const char *digit = strstr(text, key);
    CHECK(NULL != digit, "no %s in %s", name, text);
    for (digit += strlen(key); '"' != *digit; digit++)
    {
        value = value * 10 + (unsigned)(*digit - '0');
    }
    return value;
}

/*
 * Sum over all notes of the object that begins with `key`.
 */
static interval_t sum(const char *key)
{
    interval_t sum = { 0, 0, 0 };

    for (int i = 0; i < notes_count; i++)
    {
        const char *const object = strstr(notes[i], key);
        CHECK(NULL != object, "no %s in %s", key, notes[i]);
        sum.lower += number(object, "lower");
        sum.point += number(object, "point");
        sum.upper += number(object, "upper");
    }
    return sum;
}

/*
 * What the lanes have under the precision "unknown", on all nodes.
 */
static u128_t recorded(int part)
{
    u128_t flop = 0;

    for (int i = 0; i < meter->lane_count; i++)
    {
        for (uint32_t slot = 0; slot < lane_reader_slot_count(meter->lanes[i]); slot++)
        {
            const uint8_t *const key = lane_reader_slot(meter->lanes[i], slot);
            const bool is_asked = FLOPMETER_PRECISION_UNKNOWN == key[PRECISION_OFFSET] && part == key[PART_OFFSET];
            flop += is_asked ? lane_reader_slot_total(meter->lanes[i], slot).flop : 0;
        }
    }
    return flop;
}

/*
 * To the last FLOP: else nobody could tell whether note and lane are of the same moment.
 */
static void check_in_step(void)
{
    meter_drain(meter, true);
    read_notes();
    const interval_t told = sum("\"recorded\"");
    CHECK(told.lower == recorded(0) && told.point == told.lower + recorded(1) && told.upper == told.point + recorded(2),
        "the note is out of step with the lane");
    CHECK(told.upper > 0, "nothing was recorded");
}

static pid_t begin(const char *script, pid_t computing)
{
    char pid[32];

    meter = meter_create();
    snprintf(pid, sizeof(pid), "%d", (int)computing);
    setenv("FAKE_NVML", script, 1);
    setenv("FAKE_NVML_PID", pid, 1);
    return start();
}

static void end(void)
{
    meter_destroy(meter);
    meter = NULL;
}

static void should_tell_each_precision_of_a_lumped_pipe(void)
{
    const pid_t pid = begin("busy", getpid());
    CHECK_EVENTUALLY((meter_drain(meter, true), recorded(1) > 0), "no estimate in the lane");
    /* As much as may have been done before it began comes off first. */
    CHECK_EVENTUALLY((read_notes(), sum("\"precision\": \"bf16\"").lower > 0), "no lower end with the precision");
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    check_in_step();
    const interval_t any = sum("\"hmma\"");
    const interval_t bf16 = sum("\"precision\": \"bf16\"");
    const interval_t tf32 = sum("\"precision\": \"tf32\"");
    const interval_t fp8 = sum("\"precision\": \"fp8\"");
    CHECK(0 == any.lower, "activity alone has no lower end");
    CHECK(bf16.lower > 0 && 0 == tf32.lower, "with the precision it has one where the slowest rate was measured");
    CHECK(bf16.lower <= bf16.point && bf16.point <= bf16.upper, "order");
    CHECK(any.upper == fp8.upper, "what is fastest is the upper end while nothing is known");
    /* Each reading is rounded by itself: a few FLOP of 10^12. */
    CHECK(fp8.upper > 2 * bf16.upper - 10000 && fp8.upper < 2 * bf16.upper + 10000, "fp8 is twice as fast as bf16");
    CHECK(bf16.point > 2 * tf32.point - 10000 && bf16.point < 2 * tf32.point + 10000, "tf32 is half as fast");
    CHECK(NULL == strstr(notes[0], "\"fp64\""), "HMMA does no fp64");
    CHECK(NULL != strstr(notes[0], "imma") && NULL != strstr(notes[0], "\"precision\": \"int8\"") &&
        NULL != strstr(notes[0], "\"precision\": \"int1\""), "IMMA may be binary");
    CHECK(NULL != strstr(notes[0], "\"isBounded\": true"), "bounded");
    end();
}

static void should_not_claim_what_may_be_others(void)
{
    const pid_t pid = begin("busy", 1);
    CHECK_EVENTUALLY((meter_drain(meter, true), recorded(2) > 0), "nothing in the lane");
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    check_in_step();
    const interval_t bf16 = sum("\"precision\": \"bf16\"");
    CHECK(0 == bf16.point && bf16.upper > 0, "bf16 claims what may be others'");
    end();
}

/*
 * A note may be a reading behind when its process is killed; then it says so itself.
 */
static void should_keep_what_one_that_crashed_told(void)
{
    pid_t pid = begin("crash-at=6", getpid());
    CHECK(WIFSIGNALED(await_end(pid)), "no crash");
    setenv("FAKE_NVML", "busy", 1);
    read_notes();
    CHECK(1 == notes_count, "%d notes", notes_count);
    const u128_t before = sum("\"recorded\"").upper;
    pid = start();
    CHECK_EVENTUALLY((read_notes(), 2 == notes_count && sum("\"recorded\"").upper > before), "its successor's note");
    kill(pid, SIGTERM);
    CHECK(0 == await_end(pid), "failed");
    check_in_step();
    end();
}

int main(int argc, char **argv)
{
    CHECK(3 == argc, "usage");
    counter = argv[1];
    setenv("FLOPMETER_TEST_NVML", argv[2], 1);
    unsetenv("SLURM_JOB_ID");
    unsetenv("FLOPMETER_DCGM");
    unsetenv("FLOPMETER_CGROUP");
    check_cleanup = clean;
    should_tell_each_precision_of_a_lumped_pipe();
    should_not_claim_what_may_be_others();
    should_keep_what_one_that_crashed_told();
    return 0;
}

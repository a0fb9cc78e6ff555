/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a holder reads as a wish and what it says: native/src/counter/pause.c alone, over files that may be anything.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "hold_files.h"
#include "pause.h"

#define NOW (UINT64_C(1000000000))

static char folder[PATH_MAX - 128];
static flopmeter_pause_t holder;

static void begin(void)
{
    snprintf(folder, sizeof(folder), "/tmp/flopmeter_pause_XXXXXX");
    CHECK(NULL != mkdtemp(folder), "mkdtemp");
}

static void end(void)
{
    char command[PATH_MAX];

    flopmeter_pause_close(&holder);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    CHECK(0 == system(command), "%s", command);
}

static void should_say_who_it_is(void)
{
    char wanted[64];

    begin();
    flopmeter_pause_open(&holder, folder, "perf");
    const char *const text = hold_text(folder, "perf");
    CHECK(NULL != strstr(text, "\"schema\": \"flopmeter/hold/v1\"") && NULL != strstr(text, "\"isFree\": false"),
        "before the hardware is opened: %s", text);
    snprintf(wanted, sizeof(wanted), "\"pid\": %d, \"thread\": %ld, ", (int)getpid(), syscall(SYS_gettid));
    CHECK(NULL != strstr(text, wanted) && NULL == strstr(text, "\"startTicks\": 0,") &&
        NULL == strstr(text, "\"pidNamespace\": 0,"), "no identity: %s", text);
    flopmeter_pause_close(&holder);
    CHECK(0 == hold_count(folder), "it holds nothing any more");
    flopmeter_pause_close(&holder);
    end();
}

static void should_carry_out_what_is_wished(void)
{
    begin();
    flopmeter_pause_open(&holder, folder, "perf");
    CHECK(!flopmeter_pause_look(&holder, NOW), "nobody wished anything");
    uint64_t number = hold_wish(folder, HOLD_WITHOUT_END);
    CHECK(flopmeter_pause_look(&holder, NOW) && flopmeter_pause_look(&holder, UINT64_MAX - 1), "a pause without end");
    CHECK(!hold_has_said(folder, "perf", number, true), "it said so before it was");
    CHECK(flopmeter_pause_answer(&holder, true, ""), "answer");
    CHECK(hold_has_said(folder, "perf", number, true), "%s", hold_text(folder, "perf"));
    number = hold_wish(folder, HOLD_WITHOUT_END);
    CHECK(flopmeter_pause_look(&holder, NOW) && flopmeter_pause_answer(&holder, true, "") &&
        hold_has_said(folder, "perf", number, true), "twice: each wish is answered");
    number = hold_wish(folder, 0);
    CHECK(!flopmeter_pause_look(&holder, NOW), "resumed");
    CHECK(flopmeter_pause_answer(&holder, true, "taken"), "answer");
    CHECK(!hold_has_said(folder, "perf", number, false), "it is not as wished");
    CHECK(NULL != strstr(hold_text(folder, "perf"), "taken"), "why not");
    CHECK(flopmeter_pause_answer(&holder, false, "") && hold_has_said(folder, "perf", number, false), "resumed");
    number = hold_wish(folder, NOW + 10);
    CHECK(flopmeter_pause_look(&holder, NOW + 9) && !flopmeter_pause_look(&holder, NOW + 10), "for a time");
    CHECK(0 == hold_count("/nowhere") && hold_count(folder) == 1, "one file of it");
    end();
}

/* Nothing of a file that makes no sense is a wish, and none makes the holder wait or stumble. */
static void should_take_nothing_else_for_a_wish(void)
{
    static const char *const lies[] = {
        "", "\n", "pause", "flopmeter/wish/v1", "flopmeter/wish/v1 pause", "flopmeter/wish/v1 pause 1\n",
        "flopmeter/wish/v1 pause 0000000000000000 5000000000\n", "flopmeter/wish/v1 pause 1 0\n",
        "flopmeter/wish/v1 resume 1 5000000000\n", "flopmeter/wish/v1 stop 1 5000000000\n",
        "flopmeter/wish/v2 pause 1 5000000000\n", "flopmeter/wish/v1 pause 1 5000000000",
        "flopmeter/wish/v1 pause 1 5000000000\nx", "flopmeter/wish/v1 pause zz 5000000000\n",
        "flopmeter/wish/v1 pausepausepausepause 1 5000000000\n",
    };
    char path[PATH_MAX];
    char huge[4096];

    begin();
    flopmeter_pause_open(&holder, folder, "perf");
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
    {
        hold_wish_text(folder, lies[i]);
        CHECK(!flopmeter_pause_look(&holder, NOW), "a wish: %s", lies[i]);
    }
    memset(huge, 'a', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    hold_wish_text(folder, huge);
    CHECK(!flopmeter_pause_look(&holder, NOW), "a wish of 4 KiB");
    snprintf(path, sizeof(path), "%s/pause.wish", folder);
    CHECK(0 == unlink(path) && 0 == mkfifo(path, 0600), "fifo");
    CHECK(!flopmeter_pause_look(&holder, NOW), "a pipe without a writer");
    CHECK(0 == unlink(path) && 0 == mkdir(path, 0700), "mkdir");
    CHECK(!flopmeter_pause_look(&holder, NOW), "a folder");
    CHECK(0 == rmdir(path) && 0 == symlink("/dev/zero", path), "symlink");
    CHECK(!flopmeter_pause_look(&holder, NOW), "a link is followed");
    end();
}

/* Whoever profiles must not get the meter back into it because a program has no descriptor left. */
static void should_stay_as_it_is_when_it_cannot_look(void)
{
    struct rlimit before;
    struct rlimit none;

    begin();
    flopmeter_pause_open(&holder, folder, "perf");
    (void)hold_wish(folder, HOLD_WITHOUT_END);
    CHECK(flopmeter_pause_look(&holder, NOW), "paused");
    CHECK(0 == getrlimit(RLIMIT_NOFILE, &before), "getrlimit");
    none = before;
    none.rlim_cur = 0;
    CHECK(0 == setrlimit(RLIMIT_NOFILE, &none), "setrlimit");
    const bool is_paused = flopmeter_pause_look(&holder, NOW);
    const bool is_said = flopmeter_pause_answer(&holder, true, "");
    CHECK(0 == setrlimit(RLIMIT_NOFILE, &before), "setrlimit");
    CHECK(is_paused, "no descriptor left: it took the counters back");
    CHECK(!is_said && flopmeter_pause_answer(&holder, true, ""), "what could not be said is said later");
    CHECK(NULL != strstr(hold_text(folder, "perf"), "\"isFree\": true"), "%s", hold_text(folder, "perf"));
    end();
}

static void should_obey_the_run_that_it_is_nested_in(void)
{
    char nested[PATH_MAX];
    char inner[PATH_MAX + 32];

    begin();
    snprintf(nested, sizeof(nested), "%s/nested-00000001", folder);
    snprintf(inner, sizeof(inner), "%s/nested-00000002/", nested);
    CHECK(0 == mkdir(nested, 0700) && 0 == mkdir(inner, 0700), "mkdir");
    flopmeter_pause_open(&holder, inner, "perf");
    CHECK(3 == holder.levels, "%zu levels", holder.levels);
    const uint64_t outer = hold_wish(folder, HOLD_WITHOUT_END);
    CHECK(flopmeter_pause_look(&holder, NOW) && flopmeter_pause_answer(&holder, true, ""), "the outermost one's");
    CHECK(hold_has_said(inner, "perf", outer, true), "%s", hold_text(inner, "perf"));
    const uint64_t own = hold_wish(nested, 0);
    CHECK(flopmeter_pause_look(&holder, NOW), "one that resumes takes nothing from the other");
    CHECK(flopmeter_pause_answer(&holder, true, "") && hold_has_said(inner, "perf", own, true) &&
        hold_has_said(inner, "perf", outer, true), "both are answered");
    (void)hold_wish(folder, 0);
    CHECK(!flopmeter_pause_look(&holder, NOW), "nobody wants it any more");
    end();
}

static void should_be_nobody_without_a_folder(void)
{
    flopmeter_pause_open(&holder, NULL, "perf");
    CHECK(!flopmeter_pause_look(&holder, NOW) && flopmeter_pause_answer(&holder, false, ""), "no folder");
    flopmeter_pause_close(&holder);
    flopmeter_pause_open(&holder, "/no/such/folder", "perf");
    CHECK(!flopmeter_pause_look(&holder, NOW) && !flopmeter_pause_answer(&holder, false, ""), "a folder that is gone");
    flopmeter_pause_close(&holder);
}

int main(void)
{
    should_say_who_it_is();
    should_carry_out_what_is_wished();
    should_take_nothing_else_for_a_wish();
    should_stay_as_it_is_when_it_cannot_look();
    should_obey_the_run_that_it_is_nested_in();
    should_be_nobody_without_a_folder();
    return 0;
}

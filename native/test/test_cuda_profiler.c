/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wrappers around profilers of the program's own: however these begin and end, who watches is told of as many as
 * there are.
 */

#include <dlfcn.h>
#include <string.h>

#include "check.h"
#include "cuda_watch.h"

extern int fake_profilers_status;
int cuptiRangeProfilerEnable(void *params);
int cuptiRangeProfilerDisable(void *params);
int cuptiProfilerBeginSession(void *params);
int cuptiProfilerEndSession(void *params);
int cuptiProfilerDeInitialize(void *params);
int cuptiPCSamplingEnable(void *params);
int cuptiPCSamplingDisable(void *params);
int cuptiEventGroupEnable(void *group);
int cuptiEventGroupDisable(void *group);
int cuptiEventGroupSetEnable(void *set);
int cuptiEventGroupSetDisable(void *set);

static unsigned holders;        /* as told last */
static unsigned taken;          /* calls */

static void taking(const atomic_uint *now)
{
    taken++;
    holders = atomic_load(now);
}

static void given(const atomic_uint *now)
{
    holders = atomic_load(now);
}

static void check_holders(unsigned expected, const char *what)
{
    CHECK(expected == holders, "%s: %u holders, expected %u", what, holders, expected);
}

static void should_count_those_that_are_there(void)
{
    CHECK(0 == cuptiProfilerBeginSession(NULL) && 0 == cuptiPCSamplingEnable(NULL), "begin");
    check_holders(2, "two profilers");
    CHECK(0 == cuptiProfilerEndSession(NULL) && 0 == cuptiProfilerEndSession(NULL), "end");
    check_holders(1, "one ended twice");
    CHECK(0 == cuptiPCSamplingDisable(NULL), "end");
    check_holders(0, "both ended");
    fake_profilers_status = 39;
    CHECK(39 == cuptiProfilerBeginSession(NULL), "begin");
    check_holders(0, "a refused one");
    CHECK(39 == cuptiEventGroupEnable(&taken), "enable");
    check_holders(0, "a refused group");
    fake_profilers_status = 0;
}

static void should_end_what_the_interface_ends(void)
{
    CHECK(0 == cuptiProfilerBeginSession(NULL) && 0 == cuptiRangeProfilerEnable(NULL) &&
        0 == cuptiPCSamplingEnable(NULL), "begin");
    fake_profilers_status = 1;
    CHECK(1 == cuptiProfilerDeInitialize(NULL), "end");
    check_holders(3, "an interface that did not end");
    fake_profilers_status = 0;
    CHECK(0 == cuptiProfilerDeInitialize(NULL), "end");
    check_holders(1, "all of the interface's");
    CHECK(0 == cuptiRangeProfilerDisable(NULL) && 0 == cuptiProfilerEndSession(NULL), "end");
    check_holders(1, "ended once more");
    CHECK(0 == cuptiPCSamplingDisable(NULL), "end");
    check_holders(0, "the last");
}

/* Sets are enabled at once and disabled one by one, or the other way round. */
static void should_count_groups_of_events_by_themselves(void)
{
    int those[3];
    void *groups[] = { &those[0], &those[1], &those[2] };
    struct
    {
        uint32_t count;
        void **groups;
    }
    set = { 3, groups };

    CHECK(0 == cuptiProfilerBeginSession(NULL) && 0 == cuptiEventGroupSetEnable(&set), "begin");
    for (unsigned i = 0; i < 3; i++)
    {
        CHECK(0 == cuptiEventGroupDisable(groups[i]) && 0 == cuptiEventGroupDisable(groups[i]), "disable");
        check_holders(1 + 2 - i, "groups of a set, each disabled twice");
    }
    CHECK(0 == cuptiEventGroupEnable(groups[1]) && 0 == cuptiEventGroupEnable(groups[1]), "enable");
    CHECK(0 == cuptiEventGroupSetDisable(&set), "disable");
    check_holders(1, "a group enabled twice, and its set disabled");
    CHECK(0 == cuptiProfilerEndSession(NULL), "end");
    check_holders(0, "all groups");
}

int main(void)
{
    static const flopmeter_cuda_watch_t mine = { .taking = taking, .given = given };
    flopmeter_cuda_watch_fn *watch = NULL;
    void *const symbol = dlsym(RTLD_DEFAULT, FLOPMETER_CUDA_WATCH_NAME);

    CHECK(NULL != symbol, "no preload library");
    memcpy(&watch, &symbol, sizeof(symbol));
    CHECK(0 == cuptiProfilerBeginSession(NULL) && 0 == cuptiProfilerBeginSession(NULL), "begin");
    watch(&mine);
    CHECK(1 == taken, "told %u times of those that came before", taken);
    check_holders(2, "those that came before");
    CHECK(0 == cuptiProfilerEndSession(NULL) && 0 == cuptiProfilerEndSession(NULL), "end");
    check_holders(0, "none");
    should_count_those_that_are_there();
    should_end_what_the_interface_ends();
    should_count_groups_of_events_by_themselves();
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernel activity against a CUPTI made of scripts: times exactly as launched, by what became of the call; whatever goes
 * wrong is unseen time and a gap, and the program's own profiler keeps its records.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels_rig.h"

/* As the program's own profiler calls them. */
int cuptiActivityPushExternalCorrelationId(int kind, uint64_t id);
int cuptiActivityPopExternalCorrelationId(int kind, uint64_t *id);

static void test_classes(void)
{
    for (int is_kernel_first = 0; is_kernel_first < 2; is_kernel_first++)
    {
        start();
        activity->is_kernel_first = 1 == is_kernel_first;
        activity->is_tail_longer = 1 == is_kernel_first;
        call(0, 1000003, 2, FLOPMETER_CUDA_CALL_COUNTED);
        call(0, 70, 1, FLOPMETER_CUDA_CALL_UNCOUNTED);
        fake_cuda_kernel(0, 13, 0);
        steps(1);
        check_times(&state()->cards[0].times, 0, 0, 0, "settled at once");
        const uint64_t number = flopmeter_cuda_kernels_call_begin();
        fake_cuda_graph(0, 100, 3);
        flopmeter_cuda_kernels_call_end(
            number, 1 == is_kernel_first ? FLOPMETER_CUDA_CALL_COUNTED : FLOPMETER_CUDA_CALL_GRAPH);
        fake_cuda_graph(0, 7, 5);
        steps(3);
        check_times(&state()->cards[0].times, 2000006, 300, 118, "classes");
        CHECK(12 == state()->cards[0].times.kernels, "%llu kernels",
            (unsigned long long)state()->cards[0].times.kernels);
        CHECK(0 == state()->unseen_ns, "%llu ns unseen", (unsigned long long)state()->unseen_ns);
        end("classes", 0);
        CHECK(0 == activity->enabled && 1 == activity->forced, "left on");
    }
}

/* A call that has not ended is nobody's yet; one that is forgotten is not covered. */
static void test_calls(void)
{
    start();
    const uint64_t number = flopmeter_cuda_kernels_call_begin();
    fake_cuda_kernel(0, 5000, 0);
    steps(4);
    check_times(&state()->cards[0].times, 0, 0, 0, "a call that runs");
    flopmeter_cuda_kernels_call_end(number, FLOPMETER_CUDA_CALL_COUNTED);
    steps(1);
    check_times(&state()->cards[0].times, 5000, 0, 0, "a call that ended late");
    const uint64_t early = flopmeter_cuda_kernels_call_begin();
    fake_cuda_kernel(0, 11, 0);
    flopmeter_cuda_kernels_call_end(early, FLOPMETER_CUDA_CALL_COUNTED);
    for (int i = 0; i < FLOPMETER_CUDA_CALLS; i++)
    {
        flopmeter_cuda_kernels_call_end(flopmeter_cuda_kernels_call_begin(), FLOPMETER_CUDA_CALL_COUNTED);
    }
    steps(2);
    check_times(&state()->cards[0].times, 5000, 0, 11, "a call that is forgotten");
    flopmeter_cuda_kernels_call_end(early, FLOPMETER_CUDA_CALL_UNCOUNTED);
    const uint64_t running = flopmeter_cuda_kernels_call_begin();
    fake_cuda_kernel(0, 17, 0);
    end("calls", 0);
    check_times(&state()->cards[0].times, 5000, 0, 28, "a call that runs at the end");
    flopmeter_cuda_kernels_call_end(running, FLOPMETER_CUDA_CALL_COUNTED);
    CHECK(activity->pushes == activity->pops, "an entry is left with CUPTI");
}

static void test_contexts(void)
{
    start();
    fake->devices_count = 1;
    flopmeter_cuda_kernels_context(41);
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    flopmeter_cuda_kernels_context(42);
    fake_cuda_kernel(0, 30, 0);
    flopmeter_cuda_kernels_context(41);
    fake_cuda_kernel(0, 4, 0);
    flopmeter_cuda_kernels_context(0);
    fake_cuda_kernel(0, 1, 0);
    end("contexts", 0);
    uint64_t seen = 0;
    for (size_t i = 0; i < FLOPMETER_CUDA_SHARES; i++)
    {
        const flopmeter_cuda_share_t *const share = &state()->shares[i];
        if (share->is_used)
        {
            check_times(&share->times, 41 == share->context ? 100 : 0, 0,
                41 == share->context ? 4 : 42 == share->context ? 30 : 1, "context");
            seen |= UINT64_C(1) << share->context;
        }
    }
    CHECK((UINT64_C(1) << 41 | UINT64_C(1) << 42 | 1) == seen, "contexts %llx", (unsigned long long)seen);
    check_times(&state()->cards[0].times, 100, 0, 35, "contexts");
}

/* Calls and contexts that do not nest, and the stack that CUPTI keeps: it has what we told, and no more. */
static void test_stack(void)
{
    uint64_t last = 0;

    start();
    flopmeter_cuda_kernels_context(41);
    const uint64_t number = flopmeter_cuda_kernels_call_begin();
    flopmeter_cuda_kernels_context(42);
    fake_cuda_kernel(0, 100, 0);
    flopmeter_cuda_kernels_call_end(number, FLOPMETER_CUDA_CALL_COUNTED);
    fake_cuda_kernel(0, 30, 0);
    flopmeter_cuda_kernels_context(41);
    fake_cuda_kernel(0, 4, 0);
    steps(2);
    check_times(&state()->cards[0].times, 100, 0, 34, "beside each other");
    for (size_t i = 0; i < FLOPMETER_CUDA_SHARES; i++)
    {
        const flopmeter_cuda_share_t *const share = &state()->shares[i];
        CHECK(!share->is_used || (42 == share->context && 130 == share->times.covered_ns + share->times.uncovered_ns) ||
            (41 == share->context && 4 == share->times.uncovered_ns), "a share of context %u", share->context);
    }
    /* Ours goes when it ends, also when we have given way. Kineto's is nobody's but its own. */
    for (int kind = 3; kind < 5; kind++)
    {
        CHECK(0 == cuptiActivityPushExternalCorrelationId(kind, 7), "push");
    }
    const uint64_t late = flopmeter_cuda_kernels_call_begin();
    flopmeter_cuda_kernels_give_way();
    flopmeter_cuda_kernels_call_end(late, FLOPMETER_CUDA_CALL_UNCOUNTED);
    flopmeter_cuda_kernels_context(0);
    CHECK(activity->pushes == activity->pops + 2, "%llu entries are left with CUPTI",
        (unsigned long long)(activity->pushes - activity->pops));
    for (int kind = 3; kind < 5; kind++)
    {
        CHECK(0 == cuptiActivityPopExternalCorrelationId(kind, &last) && 7 == last,
            "the program's own entry of kind %d is %llu", kind, (unsigned long long)last);
    }
    /* And what was not told is not taken off, though its call and its context end. */
    flopmeter_cuda_kernels_context(43);
    const uint64_t pops = activity->pops;
    flopmeter_cuda_kernels_context(0);
    CHECK(pops == activity->pops, "somebody else's entry was taken off");
    end("stack", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

static void test_devices(void)
{
    reset("GH100");
    fake->devices_count = 3;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == begin(), "open");
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    call(2, 50, 2, FLOPMETER_CUDA_CALL_COUNTED);
    fake_cuda_kernel(2, 8, 0);
    end("devices", 0);
    check_times(&state()->cards[0].times, 100, 0, 0, "card 0");
    check_times(&state()->cards[2].times, 100, 0, 8, "card 2");
    CHECK(0 == state()->cards[1].times.kernels && 3 == state()->cards[2].times.kernels, "kernels of cards");
    CHECK(0 == strcmp("GPU-abababab-abab-abab-abab-ababababab0c", state()->cards[2].name), "%s",
        state()->cards[2].name);
    /* 100 SM at 1 GHz: int1 with sparsity 131072, other units 896 a clock. */
    CHECK((flopmeter_u128_t)1000000000 * 100 * (131072 + 896) == state()->cards[0].peak_flop_per_sec, "peak");

    reset("GX999");
    CHECK(FLOPMETER_COUNTER_AVAILABLE == begin(), "open");
    fake_cuda_kernel(0, 8, 0);
    end("unknown chip", 0);
    CHECK(0 == state()->cards[0].peak_flop_per_sec && '\0' == state()->cards[0].chip[0], "a peak of an unknown chip");
}

/* More records than there is room for, and records that can't be. */
static void test_lost(void)
{
    start();
    activity->is_hoarding = true;
    for (int i = 0; i < 100000; i++)
    {
        fake_cuda_kernel(0, 7, 0);
    }
    CHECK(0 != activity->dropped, "nothing was dropped");
    steps(4);
    CHECK(0 != state()->records_dropped && 100000 * 7 <= state()->unseen_ns && 3 * SECOND >= state()->unseen_ns,
        "%llu dropped, %llu ns unseen", (unsigned long long)state()->records_dropped,
        (unsigned long long)state()->unseen_ns);
    end("dropped", bit(FLOPMETER_GAP_COUNTER_PAUSED));
    CHECK(0 == activity->held, "%llu buffers are out", (unsigned long long)activity->held);

    for (int i = 0; i < 3; i++)
    {
        start();
        steps(50);
        activity->is_odd = 0 == i;
        activity->has_no_times = 1 == i;
        activity->has_no_device = 2 == i;
        fake_cuda_kernel(0, 1000, 0);
        fake_cuda_kernel(0, 3, 0);
        steps(2);
        /* Since we watch: who knows when that one began. */
        CHECK(50 * SECOND + 1003 == state()->unseen_ns, "%llu ns unseen", (unsigned long long)state()->unseen_ns);
        check_times(&state()->cards[0].times, 0, 0, 3, "beside a record that can't be");
        end("odd", bit(FLOPMETER_GAP_COUNTER_FAILED));
    }
}

static uint64_t pushes_in_trial;

/* While the trial is made, a thread of the program does what it always does. */
static void work_in_trial(fake_call_t hooked)
{
    (void)hooked;
    flopmeter_cuda_kernels_context(9);
    call(0, 0, 0, FLOPMETER_CUDA_CALL_COUNTED);
    flopmeter_cuda_kernels_context(0);
    pushes_in_trial = fake_activity()->pushes;
}

/* Another profiler: there before, comes, or took over without a word. */
static void test_profilers(void)
{
    reset("GH100");
    fake_activity()->has_other_subscriber = true;
    fake->hook_call = FAKE_CALL_SUBSCRIBE;
    fake->hook = work_in_trial;
    CHECK(FLOPMETER_COUNTER_TAKEN == begin(), "beside a subscriber");
    CHECK(0 == pushes_in_trial, "the other profiler's CUPTI was told of launches");
    CHECK(0 == activity->registrations && 0 == activity->enabled, "its records were taken");
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    steps(5);
    CHECK(4 * SECOND + 100 == state()->unseen_ns, "%llu ns unseen", (unsigned long long)state()->unseen_ns);
    end("there before", bit(FLOPMETER_GAP_COUNTER_TAKEN));

    reset("GH100");
    settings.profiler = "NSYS_PROFILING_SESSION_ID";
    CHECK(FLOPMETER_COUNTER_TAKEN == begin(), "under nsys");
    CHECK(0 == fake->calls[FAKE_CALL_SUBSCRIBE], "CUPTI is asked under nsys");
    end("nsys", bit(FLOPMETER_GAP_COUNTER_TAKEN));

    start();
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    steps(2);
    call(0, 40, 1, FLOPMETER_CUDA_CALL_COUNTED);
    flopmeter_cuda_kernels_give_way();
    CHECK(0 == activity->enabled, "kinds are left enabled");
    CHECK(0 == activity->held, "buffers are left with CUPTI");
    const uint32_t registrations = activity->registrations;
    CHECK(0 == flopmeter_cuda_kernels_call_begin(), "calls are numbered for nobody");
    fake_cuda_kernel(0, 9, 0);
    steps(10);
    CHECK(registrations == activity->registrations && 0 == activity->enabled, "it came back");
    check_times(&state()->cards[0].times, 140, 0, 0, "before it gave way");
    CHECK(9 * SECOND <= state()->unseen_ns && 12 * SECOND >= state()->unseen_ns, "%llu ns unseen",
        (unsigned long long)state()->unseen_ns);
    CHECK(FLOPMETER_COUNTER_TAKEN == state()->state, "state %d", (int)state()->state);
    end("comes", bit(FLOPMETER_GAP_COUNTER_TAKEN));

    /* Before we began. */
    reset("GH100");
    activity = fake_activity();
    flopmeter_cuda_kernels_reset();
    flopmeter_cuda_kernels_give_way();
    CHECK(FLOPMETER_COUNTER_TAKEN == flopmeter_cuda_kernels_open(&settings, &rig_world, fake->now_ns),
        "began after all");
    CHECK(0 == activity->registrations, "registered after all");
    end("came first", bit(FLOPMETER_GAP_COUNTER_TAKEN));

    start();
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    steps(3);
    activity->is_overridden = true;
    for (int i = 0; i < 8; i++)
    {
        call(0, 10, 1, FLOPMETER_CUDA_CALL_COUNTED);
        steps(1);
    }
    CHECK(FLOPMETER_COUNTER_FAILED == state()->state, "state %d", (int)state()->state);
    CHECK(10 * SECOND + 180 == state()->unseen_ns, "%llu ns unseen", (unsigned long long)state()->unseen_ns);
    end("overridden", bit(FLOPMETER_GAP_COUNTER_FAILED));
}

/* Whatever a child does, it asks CUPTI nothing and waits for nobody: locks may be held by threads that it has not. */
static void test_fork(void)
{
    int status = -1;

    start();
    flopmeter_cuda_kernels_context(3);
    const uint64_t number = flopmeter_cuda_kernels_call_begin();
    const uint64_t pushes = activity->pushes;
    const uint64_t pops = activity->pops;
    const pid_t pid = fork();
    if (0 == pid)
    {
        flopmeter_cuda_kernels_call_end(number, FLOPMETER_CUDA_CALL_COUNTED);
        flopmeter_cuda_kernels_context(4);
        flopmeter_cuda_kernels_context(3);
        const bool is_numbered = 0 != flopmeter_cuda_kernels_call_begin();
        flopmeter_cuda_kernels_give_way();
        _exit(is_numbered ? 1 : pushes != activity->pushes ? 2 : pops != activity->pops ? 3 :
            0 == activity->enabled ? 4 : 0);
    }
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "a child used CUPTI: status %#x", (unsigned)status);
    fake_cuda_kernel(0, 100, 0);
    flopmeter_cuda_kernels_call_end(number, FLOPMETER_CUDA_CALL_COUNTED);
    flopmeter_cuda_kernels_context(0);
    end("fork", 0);
    check_times(&state()->cards[0].times, 100, 0, 0, "beside a child");
}

static void launch_inside(fake_call_t at)
{
    (void)at;
    fake->hook = NULL;
    call(0, 50, 1, FLOPMETER_CUDA_CALL_COUNTED);
}

/* As an exit handler does it, on the thread that flushes. */
static void exit_inside(fake_call_t at)
{
    (void)at;
    fake->hook = NULL;
    flopmeter_cuda_kernels_close();
    _exit(state()->is_closed ? 7 : 8);
}

static void die_inside(fake_call_t at)
{
    (void)at;
    raise(SIGKILL);
}

static void start_with(void (*hook)(fake_call_t))
{
    start();
    flopmeter_cuda_kernels_context(3);
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    fake->hook_call = FAKE_CALL_FLUSH;
    fake->hook = hook;
}

/* A flush that takes seconds while the program launches, and a program that ends in the middle of one. */
static void test_flush(void)
{
    static void (*const ways[])(fake_call_t) = { exit_inside, die_inside };

    start_with(launch_inside);
    fake->slow_call = FAKE_CALL_FLUSH;
    fake->slow_ns = 3 * SECOND;
    steps(2);
    flopmeter_cuda_kernels_context(0);
    end("slow flush", 0);
    check_times(&state()->cards[0].times, 150, 0, 0, "a slow flush");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
    {
        int status = -1;
        const pid_t pid = fork();
        if (0 == pid)
        {
            alarm(30);
            start_with(ways[i]);
            steps(1);
            _exit(9);
        }
        CHECK(pid == waitpid(pid, &status, 0) && (0 == i ? 7 << 8 : SIGKILL) == status, "an end inside a flush: %#x",
            (unsigned)status);
    }
}

/* One long period without records, behind one that is unseen already. */
static void test_long_silence(void)
{
    start();
    steps(1);
    activity->is_odd = true;
    fake_cuda_kernel(0, 1000, 0);
    steps(1);
    const uint64_t before_ns = state()->unseen_ns;
    CHECK(SECOND + 1000 == before_ns, "%llu ns unseen", (unsigned long long)before_ns);
    steps(2);
    activity->is_overridden = true;
    call(0, 10, 1, FLOPMETER_CUDA_CALL_COUNTED);
    fake_cuda_advance(4 * SECOND);
    steps(1);
    /* The seconds before it, too: of a kernel that began in them somebody else may have the record. */
    CHECK(8 * SECOND + 1010 == state()->unseen_ns, "%llu ns unseen of one long silence",
        (unsigned long long)state()->unseen_ns);
    end("long silence", bit(FLOPMETER_GAP_COUNTER_FAILED));
}

/* Every error at every call. */
static void test_errors(void)
{
    static const int results[] = { 1, 10, 14, 27, 33, 35, 39, 41, 43, 999 };

    for (int call_number = FAKE_CALL_VERSION; call_number < FAKE_CALLS_THAT_FAIL; call_number++)
    {
        for (size_t i = 0; i < sizeof(results) / sizeof(results[0]) * 2; i++)
        {
            char what[64];
            reset("GH100");
            fake->fail_call = (fake_call_t)call_number;
            fake->fail_result = results[i / 2];
            fake->fail_after = 0 != (i & 1) ? 1 : 0;
            fake->fail_times = 0 != (i & 1) ? 1 : -1;
            snprintf(what, sizeof(what), "result %d at call %d, variant %zu", results[i / 2], call_number, i % 2);
            begin();
            for (int j = 0; j < 4; j++)
            {
                call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
                fake_cuda_kernel(0, 10, 0);
                steps(1);
            }
            const bool is_hit = fake->calls[call_number] > (0 != (i & 1) ? 1 : 0);
            CHECK(is_hit == (0 != gaps), "%s: gaps are %llx", what, (unsigned long long)gaps);
            CHECK(FAKE_CALL_FLUSH == call_number || FLOPMETER_COUNTER_AVAILABLE == state()->state ||
                0 == activity->enabled, "%s: kinds are left enabled", what);
            end(what, gaps);
        }
    }
    /* What the last flush does not bring is told of too. */
    start();
    fake_cuda_kernel(0, 10, 0);
    fake_cuda_fail(FAKE_CALL_FLUSH, 999);
    end("kept at the end", bit(FLOPMETER_GAP_COUNTER_FAILED));
    reset("GH100");
    fake_activity()->version = 17;
    CHECK(FLOPMETER_COUNTER_WRONG_DRIVER == begin(), "with a CUPTI of CUDA 11");
    end("old", bit(FLOPMETER_GAP_COUNTER_DRIVER));
    reset("GH100");
    strcpy(settings.cupti, FAKE_BARE);
    CHECK(FLOPMETER_COUNTER_WRONG_DRIVER == begin(), "with half a CUPTI");
    end("half", bit(FLOPMETER_GAP_COUNTER_DRIVER));
    reset("GH100");
    strcpy(settings.cupti, "/nonexistent/libcupti.so");
    CHECK(FLOPMETER_COUNTER_ABSENT == begin(), "without CUPTI");
    end("none", bit(FLOPMETER_GAP_COUNTER_ABSENT));
}

/* Full buffers come on the program's threads, and may settle kernels while a note is written. */
static void test_copy(void)
{
    start();
    const flopmeter_cuda_kernels_state_t *const copy = state();
    for (int i = 0; i < FLOPMETER_CUDA_PENDING + 10000; i++)
    {
        fake_cuda_kernel(0, 7, 0);
    }
    CHECK(0 == copy->cards[0].times.kernels, "a note changes while it is written");
    CHECK(0 != state()->cards[0].times.kernels, "nothing was settled meanwhile");
    end("copy", 0);
}

int main(void)
{
    test_classes();
    test_calls();
    test_contexts();
    test_devices();
    test_lost();
    test_profilers();
    test_stack();
    test_long_silence();
    test_fork();
    test_flush();
    test_errors();
    test_copy();
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The library as the driver loads it, in processes of their own with real lanes: what the lanes hold is what the ranges
 * told of, and however a process ends, it ends. Usage: test_cuda_inject LIBRARY [made].
 */

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"
#include "cuda_kernels.h"
#include "fake_cuda.h"
#include "flopmeter_core.h"
#include "hold_files.h"
#include "meter_dir.h"

#define HGMMA (0)
#define FP8 (4)

int cuCtxCreate_v2(void **context, unsigned flags, int device);
int cuCtxDestroy_v2(void *context);
int cuptiSubscribe(void **subscriber, void *callback, void *data);
int cuptiActivityRegisterCallbacks(void *request, void *complete);
int cuptiProfilerBeginSession(void *params);
int cuptiProfilerEndSession(void *params);
int cuptiFinalize(void);

/** A counted call of a library, inside which `hook` runs. */
void inject_gemm(void (*hook)(void));
void inject_graph(void (*launched)(void), int launches);

/* What the child saw, for its parent. */
typedef struct seen_stct
{
    uint64_t told;
    uint64_t done;
    uint64_t misuses;
    uint64_t flag;
}
seen_t;

static const char *library;
static seen_t *seen;
static volatile sig_atomic_t strays;
static pid_t main_tid;
static pid_t owner;

static void note(void)
{
    if (getpid() != owner)
    {
        /* A forked child: the fake's lock may be held by a thread that it does not have. */
        return;
    }
    fake_cuda_sums(&seen->told, &seen->done, &seen->misuses);
}

static int load(void)
{
    int (*initialize)(void) = NULL;
    void *const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    CHECK(NULL != handle, "%s", dlerror());
    void *const symbol = dlsym(handle, "InitializeInjection");
    memcpy(&initialize, &symbol, sizeof(symbol));
    CHECK(NULL != initialize, "no InitializeInjection");
    return initialize();
}

static void prepare(const char *mode)
{
    setenv("FLOPMETER_EXECUTED", mode, 1);
    setenv("FLOPMETER_EXECUTED_WINDOW_MS", "5", 1);
    setenv("FLOPMETER_EXECUTED_PERIOD_MS", "20", 1);
    setenv("FLOPMETER_CUPTI", FAKE_CUDA, 1);
    owner = getpid();
    fake_cuda_reset("GH100");
    fake_cuda()->is_real_clock = true;
}

/* As a program: kernels until there were so many ranges. */
static void work(uint64_t ranges)
{
    CHECK_EVENTUALLY((fake_cuda_launch(0, HGMMA, 1000003), fake_cuda_launch(0, FP8, 17), fake_cuda_ranges(0) >= ranges),
        "waited in vain for ranges");
}

/* Handlers run in reverse: `note` after the library has stopped. */
static void start(const char *mode)
{
    prepare(mode);
    atexit(note);
    CHECK(1 == load(), "InitializeInjection");
}

/* The meter's own: a sanitizer has threads, too. */
static int threads(void)
{
    DIR *const tasks = opendir("/proc/self/task");
    int count = 0;

    for (struct dirent *task = readdir(tasks); NULL != task; task = readdir(tasks))
    {
        char path[300];
        char name[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        FILE *const in = '.' == task->d_name[0] ? NULL : fopen(path, "r");
        if (NULL != in)
        {
            count += NULL != fgets(name, sizeof(name), in) && 0 == strcmp(name, "flopmeter-cuda\n") ? 1 : 0;
            fclose(in);
        }
    }
    closedir(tasks);
    return count;
}

static void run_continuous(meter_t *meter)
{
    (void)meter;
    start("continuous");
    work(40);
    exit(0);
}

/* As on silicon: the library is loaded inside cuInit(), and the driver refuses everything until that is over. */
static void run_early(meter_t *meter)
{
    (void)meter;
    prepare("continuous");
    fake_cuda_fail(FAKE_CALL_COUNT, 3);
    atexit(note);
    CHECK(1 == load(), "InitializeInjection");
    CHECK_EVENTUALLY(fake_cuda_calls(FAKE_CALL_COUNT) > 2, "not asked again");
    fake_cuda_fail(FAKE_CALL_COUNT, 0);
    work(10);
    exit(0);
}

static void run_windows(meter_t *meter)
{
    (void)meter;
    start("windows");
    work(30);
    exit(0);
}

/* The program exits while the end of a range waits for a kernel that takes far longer than anybody waits. */
static void run_exit_in_call(meter_t *meter)
{
    (void)meter;
    start("continuous");
    work(3);
    fake_cuda_slow(FAKE_CALL_POP, 4000000000ULL);
    const uint64_t before = fake_cuda_calls(FAKE_CALL_POP);
    CHECK_EVENTUALLY(fake_cuda_calls(FAKE_CALL_POP) > before, "no range ends");
    exit(0);
}

static void run_exit_in_search(meter_t *meter)
{
    (void)meter;
    prepare("continuous");
    fake_cuda_slow(FAKE_CALL_PASSES, 50000000);
    atexit(note);
    CHECK(1 == load(), "InitializeInjection");
    CHECK_EVENTUALLY(fake_cuda_calls(FAKE_CALL_PASSES) > 0, "no search");
    exit(0);
}

static void run_fork(meter_t *meter)
{
    (void)meter;
    start("continuous");
    for (int i = 0; i < 20; i++)
    {
        int status = -1;
        const pid_t pid = fork();
        if (0 == pid)
        {
            /* Inherited: the handlers, and the parent's state with nobody behind it. */
            exit(0 == threads() ? 0 : 3);
        }
        CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "child %d: status %#x", i, (unsigned)status);
        work(fake_cuda_ranges(0) + 1);
    }
    exit(0);
}

static void run_twice(meter_t *meter)
{
    (void)meter;
    start("continuous");
    CHECK(1 == load() && 1 == load(), "InitializeInjection again");
    work(5);
    CHECK(1 == threads(), "%d threads", threads());
    exit(0);
}

static void run_off(meter_t *meter)
{
    (void)meter;
    start("off");
    CHECK(0 == threads(), "%d threads although it is off", threads());
    exit(0);
}

static void run_detached(meter_t *meter)
{
    (void)meter;
    flopmeter_detach();
    start("continuous");
    CHECK_EVENTUALLY(0 == threads(), "a thread without a meter");
    CHECK(0 == fake_cuda_calls(FAKE_CALL_COUNT), "the driver is asked without a meter");
    exit(0);
}

static void on_signal(int signal)
{
    (void)signal;
    strays += main_tid == (pid_t)syscall(SYS_gettid) ? 0 : 1;
}

static void run_signals(meter_t *meter)
{
    sigset_t usr1;

    (void)meter;
    main_tid = (pid_t)syscall(SYS_gettid);
    signal(SIGUSR1, on_signal);
    start("continuous");
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    for (int i = 0; i < 200; i++)
    {
        /* Blocked here, so that the kernel looks for another thread to give it to. */
        sigprocmask(SIG_BLOCK, &usr1, NULL);
        kill(getpid(), SIGUSR1);
        work(fake_cuda_ranges(0) + (0 == i % 50 ? 1 : 0));
        sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    }
    seen->flag = (uint64_t)strays;
    exit(0);
}

static void run_killed(meter_t *meter)
{
    (void)meter;
    start("continuous");
    work(20);
    note();
    kill(getpid(), SIGKILL);
}

/* Has flopmeter-counter been told that no range can be opened? */
static bool is_wanted(const meter_t *meter)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/pm.wanted", meter->path);
    return 0 == access(path, F_OK);
}

static void run_taken(meter_t *meter)
{
    (void)meter;
    prepare("windows");
    fake_cuda_fail(FAKE_CALL_ENABLE, 39);
    atexit(note);
    CHECK(1 == load(), "InitializeInjection");
    CHECK_EVENTUALLY(fake_cuda_calls(FAKE_CALL_ENABLE) > 0, "not tried");
    exit(0);
}

static void run_refused(meter_t *meter)
{
    prepare("windows");
    fake_cuda_fail(FAKE_CALL_ENABLE, 27);
    atexit(note);
    CHECK(1 == load(), "InitializeInjection");
    CHECK_EVENTUALLY(is_wanted(meter), "not tried, or not told");
    exit(0);
}

/* The wish comes from outside, by a file; the answer comes when CUPTI has its profiler back. */
static void run_paused(meter_t *meter)
{
    start("continuous");
    work(10);
    for (int i = 0; i < 2; i++)
    {
        const uint64_t pause = hold_wish(meter->path, HOLD_WITHOUT_END);
        CHECK_EVENTUALLY(hold_has_said(meter->path, "cuda-ranges", pause, true), "pause %d is not answered", i);
        CHECK(!fake_cuda()->devices[0].is_enabled, "it holds the profiler");
        const uint64_t ranges = fake_cuda_ranges(0);
        const uint64_t again = hold_wish(meter->path, HOLD_WITHOUT_END);
        CHECK_EVENTUALLY((fake_cuda_launch(0, HGMMA, 1000003), hold_has_said(meter->path, "cuda-ranges", again, true)),
            "pause %d, once more", i);
        CHECK(ranges == fake_cuda_ranges(0), "a range in the pause");
        const uint64_t resume = hold_wish(meter->path, 0);
        CHECK_EVENTUALLY(hold_has_said(meter->path, "cuda-ranges", resume, false), "resume %d is not answered", i);
        work(ranges + 5);
    }
    exit(0);
}

/* Contexts that the program makes, of which the preload library tells: made, worked in, destroyed in a range. */
static void run_made(meter_t *meter)
{
    (void)meter;
    prepare("continuous");
    fake_cuda_context(0, false);
    atexit(note);
    CHECK(1 == load(), "InitializeInjection");
    for (int i = 0; i < 5; i++)
    {
        void *context = NULL;
        const uint64_t before = fake_cuda_ranges_made();
        CHECK(0 == cuCtxCreate_v2(&context, 0, 10), "cuCtxCreate");
        CHECK_EVENTUALLY((fake_cuda_launch_in(context, HGMMA, 1000003), fake_cuda_ranges_made() >= before + 3),
            "waited in vain for ranges in context %d", i);
        CHECK(0 == cuCtxDestroy_v2(context), "cuCtxDestroy");
    }
    seen->flag = fake_cuda()->destroyed_in_use;
    exit(0);
}

/* The program profiles itself while a range is open: it gets the hardware when our thread had time, and keeps it. */
static void run_profiling(meter_t *meter)
{
    (void)meter;
    start("continuous");
    for (int i = 0; i < 2; i++)
    {
        work(0 == i ? 10 : 0);
        CHECK_EVENTUALLY(0 == cuptiProfilerBeginSession(NULL), "the program's own profiler is refused");
        const uint64_t ranges = fake_cuda_ranges(0);
        const uint64_t looks = fake_cuda_calls(FAKE_CALL_STATE);
        CHECK_EVENTUALLY((fake_cuda_launch(0, HGMMA, 1000003), fake_cuda_calls(FAKE_CALL_STATE) > looks + 2),
            "the meter waits for it");
        CHECK(ranges == fake_cuda_ranges(0), "a range beside the program's own profiler");
        CHECK(0 == cuptiProfilerEndSession(NULL), "end");
    }
    exit(0);
}

/* As kineto does with TEARDOWN_CUPTI: whatever the meter has of CUPTI's is nothing afterwards. */
static void run_ended(meter_t *meter)
{
    (void)meter;
    start("continuous");
    work(10);
    /* With a profiler of its own, so that the meter's is gone for certain; else it may be late (test_cuda_taking). */
    CHECK_EVENTUALLY(0 == cuptiProfilerBeginSession(NULL), "the program's own profiler is refused");
    CHECK(0 == cuptiFinalize(), "finalize");
    const uint64_t looks = fake_cuda_calls(FAKE_CALL_STATE);
    CHECK_EVENTUALLY((fake_cuda_launch(0, HGMMA, 1000003), fake_cuda_calls(FAKE_CALL_STATE) > looks + 2),
        "the meter's thread waits");
    exit(0);
}

/* ---- Kernel activity ---- */

static void hook_kernels(void)
{
    fake_cuda_kernel(0, 1000003, 0);
    fake_cuda_kernel(0, 7, 0);
}

static void start_kernels(void)
{
    prepare("off");
    setenv("FLOPMETER_KERNELS", "on", 1);
    fake_activity()->has_other_subscriber = false;
    CHECK(1 == load(), "InitializeInjection");
    CHECK_EVENTUALLY(0 != fake_activity()->enabled >> 10, "kernels are not watched");
    /* Enabled is not yet on: the thread says so right after. */
    CHECK_EVENTUALLY((inject_gemm(hook_kernels), 0 != fake_activity()->kernel_ns), "no kernel is recorded");
}

static void run_kernels(meter_t *meter)
{
    (void)meter;
    start_kernels();
    CHECK(FLOPMETER_OK == flopmeter_context_push("inner", "layer:1"), "push");
    for (int i = 0; i < 10; i++)
    {
        inject_gemm(hook_kernels);
    }
    fake_cuda_kernel(0, 500, 0);
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    fake_cuda_kernel(0, 60, 0);
    exit(0);
}

static void hook_graph(void)
{
    static const fake_node_t nodes[] = {
        { "relu", 4, 70 }, { "gemm", 4, 1000003 }, { "gemm", 5, 7 }, { "copy of the driver's own", 1, 13 }
    };

    fake_cuda_nodes(0, nodes, 4);
}

/* From the capture to the note, by both libraries. */
static void run_graphs(meter_t *meter)
{
    (void)meter;
    start_kernels();
    CHECK(FLOPMETER_OK == flopmeter_context_push("inner", "layer:1"), "push");
    inject_graph(hook_graph, 10);
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    exit(0);
}

/* Somebody profiles the program, by calls that go through the preload library. */
static void run_profiled(meter_t *meter)
{
    void *subscriber = NULL;

    (void)meter;
    start_kernels();
    CHECK(0 == cuptiSubscribe(&subscriber, NULL, NULL), "the program's own profiler is refused");
    CHECK(0 == fake_activity()->enabled, "records are left on");
    inject_gemm(hook_kernels);
    exit(0);
}

/* And ends CUPTI inside a counted call, of which CUPTI was told. */
static void end_cupti(void)
{
    CHECK(0 == cuptiFinalize(), "finalize");
    CHECK(0 == fake_activity()->enabled, "records are left on");
}

static void run_kernels_ended(meter_t *meter)
{
    (void)meter;
    start_kernels();
    inject_gemm(end_cupti);
    inject_gemm(NULL);
    CHECK(0 == fake_cuda()->misuses, "%s", fake_cuda()->misuse);
    exit(0);
}

/* After the library has stopped. */
static void check_registrations(void)
{
    if (1 != fake_activity()->registrations)
    {
        _exit(9);
    }
}

/* Somebody took the records before cuInit(), and holds no subscription. */
static void run_profiled_before(meter_t *meter)
{
    (void)meter;
    prepare("off");
    setenv("FLOPMETER_KERNELS", "on", 1);
    atexit(check_registrations);
    CHECK(0 == cuptiActivityRegisterCallbacks(NULL, NULL), "the program's own profiler is refused");
    CHECK(1 == load(), "InitializeInjection");
    CHECK_EVENTUALLY(0 != fake_cuda_calls(FAKE_CALL_VERSION), "kernels are not looked at");
    inject_gemm(hook_kernels);
    exit(0);
}

/* What the process's only note says of times, and whether it says `word`. */
static void check_note(const meter_t *meter, const char *word, const flopmeter_cuda_times_t *times)
{
    char text[8192] = "";
    DIR *const folder = opendir(meter->path);
    unsigned notes = 0;

    CHECK(NULL != folder, "%s", meter->path);
    for (struct dirent *entry = readdir(folder); NULL != entry; entry = readdir(folder))
    {
        if (0 == strncmp(entry->d_name, "kernels-", 8))
        {
            char path[512];
            snprintf(path, sizeof(path), "%s/%s", meter->path, entry->d_name);
            FILE *const in = fopen(path, "r");
            CHECK(NULL != in && 0 != fread(text, 1, sizeof(text) - 1, in), "%s", path);
            fclose(in);
            notes++;
        }
        CHECK(0 != strncmp(entry->d_name, ".kernels-", 9), "%s is left over", entry->d_name);
    }
    closedir(folder);
    CHECK(1 == notes, "%u notes", notes);
    CHECK(NULL != strstr(text, word), "expected %s in\n%s", word, text);
    char expected[128];
    snprintf(expected, sizeof(expected), "\"run\": \"inner\", \"node\": \"layer:1\", \"kernels\": %llu, "
        "\"coveredNs\": %llu, \"mixedNs\": %llu, \"uncoveredNs\": %llu}", (unsigned long long)times->kernels,
        (unsigned long long)times->covered_ns, (unsigned long long)times->mixed_ns,
        (unsigned long long)times->uncovered_ns);
    CHECK(0 == times->kernels || NULL != strstr(text, expected), "expected %s in\n%s", expected, text);
}

static void watch(const char *what, void (*scenario)(meter_t *), uint32_t gap, const char *word,
    const flopmeter_cuda_times_t *times)
{
    meter_t *const meter = meter_create();
    const int status = meter_run(meter, scenario);

    CHECK(0 == status, "%s: status %#x", what, (unsigned)status);
    meter_drain(meter, true);
    CHECK(0 != meter_total(meter, NULL, FLOPMETER_PART_COUNT).flop, "%s: calls are not counted", what);
    for (uint32_t reason = 1; reason < 32; reason++)
    {
        CHECK((reason == gap) == (0 != meter_gaps(meter, reason)), "%s: gap %u", what, reason);
    }
    check_note(meter, word, times);
    meter_destroy(meter);
}

static void run(const char *what, void (*scenario)(meter_t *), uint64_t gaps_expected, bool counts)
{
    meter_t *const meter = meter_create();

    memset(seen, 0, sizeof(*seen));
    const int status = meter_run(meter, scenario);
    const bool is_killed = run_killed == scenario;
    CHECK(is_killed ? WIFSIGNALED(status) && SIGKILL == WTERMSIG(status) : 0 == status, "%s: status %#x", what,
        (unsigned)status);
    meter_drain(meter, true);
    meter_check(meter, is_killed);
    const total_t lower = meter_total(meter, NULL, FLOPMETER_PART_COUNT);
    const total_t estimate = meter_total(meter, NULL, FLOPMETER_PART_ESTIMATE);
    const total_t bound = meter_total(meter, NULL, FLOPMETER_PART_BOUND);
    CHECK(0 == seen->misuses, "%s: %llu misuses", what, (unsigned long long)seen->misuses);
    CHECK(is_killed ? lower.flop <= seen->done : lower.flop == seen->told,
        "%s: lanes hold %llu, the ranges told of %llu", what, (unsigned long long)lower.flop,
        (unsigned long long)seen->told);
    CHECK(counts == (lower.flop > 0), "%s: lower is %llu", what, (unsigned long long)lower.flop);
    CHECK(!counts || lower.flop + estimate.flop + bound.flop >= seen->done, "%s: upper is below the truth", what);
    CHECK(0 == seen->flag, "%s: %llu signals came to the meter's thread", what, (unsigned long long)seen->flag);
    uint64_t gaps = 0;
    for (uint32_t reason = 1; reason < 32; reason++)
    {
        gaps |= meter_gaps(meter, reason) > 0 ? UINT64_C(1) << reason : 0;
    }
    CHECK(gaps_expected == gaps, "%s: gaps %llx, expected %llx", what, (unsigned long long)gaps,
        (unsigned long long)gaps_expected);
    CHECK((run_refused == scenario) == is_wanted(meter), "%s: PM sampling is wanted", what);
    meter_destroy(meter);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 2, "usage: test_cuda_inject LIBRARY [made]");
    library = argv[1];
    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(MAP_FAILED != (void *)seen, "mmap");

    if (3 == argc)
    {
        /* With the preload library. */
        run("made", run_made, 0, true);
        run("profiling", run_profiling, UINT64_C(1) << FLOPMETER_GAP_COUNTER_TAKEN, true);
        run("ended", run_ended, UINT64_C(1) << FLOPMETER_GAP_COUNTER_TAKEN, true);
        static const flopmeter_cuda_times_t of_calls = { 21, 10 * (1000003 + 7), 0, 500 };
        static const flopmeter_cuda_times_t of_graphs = { 40, 10 * 1000003, 10 * 13, 10 * (70 + 7) };
        static const flopmeter_cuda_times_t unsaid = { 0, 0, 0, 0 };
        watch("kernels", run_kernels, 0, "\"state\": \"AVAILABLE\", \"closed\": true", &of_calls);
        watch("graphs", run_graphs, 0, "\"state\": \"AVAILABLE\", \"closed\": true", &of_graphs);
        watch("profiled", run_profiled, FLOPMETER_GAP_COUNTER_TAKEN, "\"state\": \"TAKEN\", \"closed\": true",
            &unsaid);
        watch("ended", run_kernels_ended, FLOPMETER_GAP_COUNTER_TAKEN, "\"state\": \"TAKEN\", \"closed\": true",
            &unsaid);
        watch("profiled before", run_profiled_before, FLOPMETER_GAP_COUNTER_TAKEN,
            "\"state\": \"TAKEN\", \"closed\": true", &unsaid);
        return 0;
    }
    run("continuous", run_continuous, 0, true);
    run("early", run_early, 0, true);
    run("windows", run_windows, 0, true);
    run("exit in a call", run_exit_in_call, UINT64_C(1) << FLOPMETER_GAP_COUNTER_PAUSED, true);
    run("exit in the search", run_exit_in_search, 0, false);
    run("fork", run_fork, 0, true);
    run("twice", run_twice, 0, true);
    run("off", run_off, 0, false);
    run("detached", run_detached, 0, false);
    run("paused", run_paused, UINT64_C(1) << FLOPMETER_GAP_COUNTER_PAUSED, true);
    run("signals", run_signals, 0, true);
    run("killed", run_killed, 0, true);
    run("refused", run_refused, UINT64_C(1) << FLOPMETER_GAP_COUNTER_ABSENT, false);
    run("taken", run_taken, UINT64_C(1) << FLOPMETER_GAP_COUNTER_TAKEN, false);
    return 0;
}

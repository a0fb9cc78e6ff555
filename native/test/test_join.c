/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pauses of several processes in one entry of a real control page, docs/design/0002-meter-directory.md: each process is
 * stopped after each of its instructions, and the others go on there. At each instant a reader must find an entry that
 * is wide enough, also one that reads its words at different instants; at the end nothing is lost. No luck is needed to
 * meet a race: the order of all instructions is given. What one instruction does by itself, and two processors at once
 * would not, is told by its prefix.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "flopmeter_core.h"
#include "flopmeter_wire.h"
#include "meter_dir.h"
#include "tick.h"

#define ACTORS (3)
#define THIRD (2)
#define TAKEN (FLOPMETER_GAPS_MAX / 2)
#define ENTRIES (ACTORS + 1)
#define HISTORY_MAX (128)
#define WHOLE (UINT64_MAX)
#define BEGIN_TICK (1000)
#define SHUFFLES (100)
#define BURST_MAX (60)

typedef enum phase_enum
{
    PHASE_NONE,
    PHASE_BEGINNING,
    PHASE_BEGUN,
    PHASE_ENDING,
    PHASE_ENDED
}
phase_t;

/* What a process says of its pause; the times are those that it saw on the clock. */
typedef struct part_stct
{
    uint32_t phase;
    uint32_t gap;
    uint64_t begin_ns;
    uint64_t end_ns;
}
part_t;

typedef struct stage_stct
{
    uint64_t now;
    uint64_t ignored;
    part_t parts[ACTORS];
}
stage_t;

/* Between two instructions. */
typedef struct moment_stct
{
    part_t parts[ACTORS];
    flopmeter_wire_gap_t entries[ENTRIES];
    uint32_t gap_count;
    uint32_t zero;
}
moment_t;

/* Of an entry, as it is told: open, or closed at `end_ns`. */
typedef struct reading_stct
{
    bool is_open;
    uint64_t begin_ns;
    uint64_t end_ns;
}
reading_t;

typedef struct actor_stct
{
    pid_t pid;
    bool is_at_rest;
}
actor_t;

static stage_t *stage;
static flopmeter_wire_control_t *page;
static actor_t actors[ACTORS];
static moment_t history[HISTORY_MAX];
static size_t history_count;
static bool is_changed;     /* by the last step */
static uint64_t steps;
static uint64_t plays;
static uint64_t shared;
static uint64_t readings;
static uint64_t seed = 20261129;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* ---- The processes ---- */

static void rest(void)
{
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
}

static void act(part_t *part)
{
    CHECK(0 == ptrace(PTRACE_TRACEME, 0, NULL, NULL), "traced");
    CHECK(FLOPMETER_OK == flopmeter_attach(), "%s", flopmeter_errmsg());
    flopmeter_test_clock.now = &stage->now;
    for (;;)
    {
        rest();
        flopmeter_test_clock.first = &part->begin_ns;
        flopmeter_test_clock.last = &stage->ignored;
        __atomic_store_n(&part->phase, PHASE_BEGINNING, __ATOMIC_SEQ_CST);
        part->gap = flopmeter_core_gap_begin(FLOPMETER_GAP_COUNTER_PAUSED, FLOPMETER_SOURCE_CUDA);
        __atomic_store_n(&part->phase, PHASE_BEGUN, __ATOMIC_SEQ_CST);
        rest();
        flopmeter_test_clock.first = &stage->ignored;
        flopmeter_test_clock.last = &part->end_ns;
        __atomic_store_n(&part->phase, PHASE_ENDING, __ATOMIC_SEQ_CST);
        flopmeter_core_gap_end(part->gap);
        __atomic_store_n(&part->phase, PHASE_ENDED, __ATOMIC_SEQ_CST);
    }
}

static void await_stop(actor_t *actor)
{
    int status = 0;

    CHECK(actor->pid == waitpid(actor->pid, &status, 0), "wait: %s", strerror(errno));
    CHECK(WIFSTOPPED(status) && (SIGTRAP == WSTOPSIG(status) || SIGUSR1 == WSTOPSIG(status)),
        "a process came to %#x", (unsigned)status);
    actor->is_at_rest = SIGUSR1 == WSTOPSIG(status);
}

static void start(actor_t *actor, part_t *part)
{
    actor->pid = fork();
    CHECK(actor->pid >= 0, "fork: %s", strerror(errno));
    if (0 == actor->pid)
    {
        act(part);
    }
    await_stop(actor);
    CHECK(0 == ptrace(PTRACE_SETOPTIONS, actor->pid, NULL, (void *)PTRACE_O_EXITKILL), "options: %s", strerror(errno));
}

static void to_rest(actor_t *actor)
{
    while (!actor->is_at_rest)
    {
        CHECK(0 == ptrace(PTRACE_CONT, actor->pid, NULL, NULL), "continue: %s", strerror(errno));
        await_stop(actor);
    }
}

/* The next operation of the process, unobserved. */
static void hurry(int index)
{
    actors[index].is_at_rest = false;
    to_rest(&actors[index]);
}

/* ---- What a reader may find ---- */

/* The four words as ControlReader reads them, each at an instant of its own. */
static reading_t reading_of(size_t entry, const size_t *at)
{
#ifdef JOIN_CANARY_READER
    const uint64_t begin_ns = history[at[0]].entries[entry].begin_ns;
    const uint32_t ended = history[at[1]].entries[entry].ended;
    const uint32_t joined = history[at[2]].entries[entry].joined;
    const uint64_t end_ns = history[at[3]].entries[entry].end_ns;
#else
    const uint32_t ended = history[at[0]].entries[entry].ended;
    const uint64_t end_ns = history[at[1]].entries[entry].end_ns;
    const uint32_t joined = history[at[2]].entries[entry].joined;
    const uint64_t begin_ns = history[at[3]].entries[entry].begin_ns;
#endif
    const bool is_open = (0 != joined && ended <= joined) || end_ns <= begin_ns;

    return (reading_t){ is_open, begin_ns, end_ns };
}

/* Does it cover every pause that is in the entry at that moment? */
static bool is_wide(const moment_t *moment, size_t entry, reading_t reading)
{
    bool is_so = true;

    for (int i = 0; i < ACTORS; i++)
    {
        const part_t *const part = &moment->parts[i];
        if (part->phase >= PHASE_BEGUN && part->gap == 1 + TAKEN + entry)
        {
            const bool is_over = 0 != part->end_ns && reading.end_ns >= part->end_ns;
            is_so = is_so && reading.begin_ns <= part->begin_ns && (reading.is_open || is_over);
        }
    }
    return is_so;
}

static void check_moment(size_t moment)
{
    const size_t at[] = { moment, moment, moment, moment };

    for (size_t entry = 0; entry < ENTRIES; entry++)
    {
        CHECK(1 != history[moment].entries[entry].state ||
            is_wide(&history[moment], entry, reading_of(entry, at)),
            "play %" PRIu64 ", moment %zu: entry %zu is narrower than its pauses", plays, moment, entry);
    }
}

static bool was_wide(size_t entry, reading_t reading, size_t from, size_t to)
{
    while (from <= to && !is_wide(&history[from], entry, reading))
    {
        from += 1;
    }
    return from <= to;
}

/* Every way to read an entry while all this happens: it must have been right at some instant of the reading. */
static void check_slow_readers(size_t entry)
{
    size_t at[4];

    for (at[0] = 0; at[0] < history_count; at[0]++)
    {
        for (at[1] = at[0]; 1 == history[at[0]].entries[entry].state && at[1] < history_count; at[1]++)
        {
            for (at[2] = at[1]; at[2] < history_count; at[2]++)
            {
                for (at[3] = at[2]; at[3] < history_count; at[3]++)
                {
                    readings += 1;
                    CHECK(was_wide(entry, reading_of(entry, at), at[0], at[3]), "play %" PRIu64
                        ": a reader of entry %zu at the moments %zu, %zu, %zu, %zu finds what never was", plays, entry,
                        at[0], at[1], at[2], at[3]);
                }
            }
        }
    }
}

/* ---- Instructions ---- */

#if defined(__x86_64__)
static uint64_t instruction_of(pid_t pid)
{
    return (uint64_t)ptrace(PTRACE_PEEKUSER, pid, (void *)offsetof(struct user_regs_struct, rip), NULL);
}

/* LOCK among its prefixes, or XCHG, which needs none. */
static bool is_atomic(pid_t pid, uint64_t address)
{
    const uint64_t word = (uint64_t)ptrace(PTRACE_PEEKTEXT, pid, (void *)(uintptr_t)address, NULL);
    uint8_t bytes[sizeof(word)];

    memcpy(bytes, &word, sizeof(word));
    for (size_t i = 0; i < sizeof(bytes); i++)
    {
        if (0xF0 == bytes[i] || 0x86 == bytes[i] || 0x87 == bytes[i])
        {
            return true;
        }
        if (NULL == memchr("\x66\x67\xF2\xF3\x2E\x36\x3E\x26\x64\x65", bytes[i], 10) && 0x40 != (bytes[i] & 0xF0))
        {
            return false;
        }
    }
    return false;
}
#else
static uint64_t instruction_of(pid_t pid)
{
    (void)pid;
    return 0;
}

static bool is_atomic(pid_t pid, uint64_t address)
{
    (void)pid, (void)address;
    return true;
}
#endif

/* What others may write at the same time. */
static bool is_common_changed(const moment_t *before, const moment_t *now)
{
    bool is_other = before->gap_count != now->gap_count;

    for (size_t i = 0; i < ENTRIES; i++)
    {
        is_other = is_other || (1 == before->entries[i].state &&
            0 != memcmp(&before->entries[i], &now->entries[i], sizeof(now->entries[i])));
    }
    return is_other;
}

/* Return whether anything has changed. */
static bool observe(void)
{
    moment_t *const moment = &history[history_count];

    CHECK(history_count < HISTORY_MAX, "%zu moments", history_count);
    memset(moment, 0, sizeof(*moment));
    memcpy(moment->parts, stage->parts, sizeof(moment->parts));
    memcpy(moment->entries, &page->gap[TAKEN], sizeof(moment->entries));
    moment->gap_count = page->gap_count;
    if (0 != history_count && 0 == memcmp(moment, moment - 1, sizeof(*moment)))
    {
        return false;
    }
    history_count += 1;
    check_moment(history_count - 1);
    return true;
}

/* Sets is_changed. */
static void step(actor_t *actor)
{
    const uint64_t address = instruction_of(actor->pid);

    CHECK(0 == ptrace(PTRACE_SINGLESTEP, actor->pid, NULL, NULL), "step: %s", strerror(errno));
    await_stop(actor);
    steps += 1;
    is_changed = observe();
    if (is_changed && is_common_changed(&history[history_count - 2], &history[history_count - 1]))
    {
        CHECK(is_atomic(actor->pid, address), "play %" PRIu64 ": what is common is changed by no atomic instruction",
            plays);
    }
}

/* Until that phase, but for at most so many instructions within operations. Return whether it is within one. */
static bool go(int index, uint32_t until, uint64_t count)
{
    for (;;)
    {
        const uint32_t phase = stage->parts[index].phase;
        if (until == phase)
        {
            to_rest(&actors[index]);
            return false;
        }
        if (PHASE_BEGINNING == phase || PHASE_ENDING == phase)
        {
            if (0 == count)
            {
                return true;
            }
            count -= 1;
        }
        step(&actors[index]);
    }
}

/* ---- Plays ---- */

/* All at the top of their loops, and a page that is so full that pauses share. */
static void reset(void)
{
    for (int i = 0; i < ACTORS; i++)
    {
        to_rest(&actors[i]);
        if (PHASE_BEGUN == stage->parts[i].phase)
        {
            hurry(i);
        }
    }
    memset(&page->gap_count, 0, FLOPMETER_CONTROL_LENGTH - offsetof(flopmeter_wire_control_t, gap_count));
    memset(stage, 0, sizeof(*stage));
    stage->now = BEGIN_TICK;
    page->gap_count = TAKEN;
    for (size_t i = 0; i < TAKEN; i++)
    {
        page->gap[i].reason = FLOPMETER_GAP_LANE;
        page->gap[i].state = 1;
    }
    history_count = 0;
    plays += 1;
}

/* Nothing is lost, nothing is wider than its pauses, and an entry is closed when the last of them has ended. */
static void check_end(void)
{
    const size_t at[] = { history_count - 1, history_count - 1, history_count - 1, history_count - 1 };
    const moment_t *const last = &history[history_count - 1];
    uint32_t used = 0;

    for (size_t entry = 0; entry < ENTRIES; entry++)
    {
        uint32_t told = 0;
        uint32_t over = 0;
        uint64_t begin_ns = UINT64_MAX;
        uint64_t end_ns = 0;
        for (int i = 0; i < ACTORS; i++)
        {
            const part_t *const part = &last->parts[i];
            if (PHASE_NONE != part->phase && part->gap == 1 + TAKEN + entry)
            {
                told += 1;
                over += PHASE_ENDED == part->phase ? 1 : 0;
                begin_ns = part->begin_ns < begin_ns ? part->begin_ns : begin_ns;
                end_ns = part->end_ns > end_ns ? part->end_ns : end_ns;
            }
        }
        if (0 == told)
        {
            continue;
        }
        const flopmeter_wire_gap_t *const gap = &last->entries[entry];
        const reading_t reading = reading_of(entry, at);
        CHECK(told == gap->joined + 1 && over == gap->ended, "play %" PRIu64 ": %u pauses, of which %u are over, and "
            "the entry says %u joined, %u ended", plays, told, over, gap->joined, gap->ended);
        CHECK(begin_ns == reading.begin_ns && (told != over || end_ns == reading.end_ns) &&
            (told != over) == reading.is_open,
            "play %" PRIu64 ": %s, %" PRIu64 " to %" PRIu64 ", expected %s, %" PRIu64 " to %" PRIu64, plays,
            reading.is_open ? "open" : "closed", reading.begin_ns, reading.end_ns,
            told != over ? "open" : "closed", begin_ns, end_ns);
        used += 1;
        shared += told > 1 ? 1 : 0;
        check_slow_readers(entry);
    }
    CHECK(TAKEN + used == last->gap_count, "play %" PRIu64 ": %u entries for %u", plays, last->gap_count - TAKEN, used);
}

/*
 * The first process goes so far, the second one through until its phase, then the rest of both. `third`: how far one
 * more has come before. True: the first was within an operation.
 */
static bool play(uint32_t third, const bool *is_begun, uint32_t second_until, uint64_t count)
{
    reset();
    for (uint32_t phase = PHASE_NONE; phase < third; phase += 2)
    {
        hurry(THIRD);
    }
    for (int i = 0; i < THIRD; i++)
    {
        if (is_begun[i])
        {
            hurry(i);
        }
    }
    (void)observe();
    const bool is_within = go(0, PHASE_ENDED, count);
    /* What the second does depends on what it can see only: where that is as before, it does as before. */
    if (is_changed || 0 == count)
    {
        (void)go(1, second_until, WHOLE);
    }
    while (second_until != stage->parts[1].phase)
    {
        hurry(1);
    }
    (void)observe();
    (void)go(0, PHASE_ENDED, WHOLE);
    (void)go(1, PHASE_ENDED, WHOLE);
    check_end();
    return is_within;
}

static void play_all(void)
{
    static const bool begun[4][2] = { { false, false }, { false, true }, { true, false }, { true, true } };

    /* First those in which all share: what is wrong shows there soonest. */
    for (uint32_t more = PHASE_NONE; more <= PHASE_ENDED; more += 2)
    {
        const uint32_t third = PHASE_ENDED - more;
        /* Who has begun alone has made the entry itself: it needs no third one. */
        for (int i = 0; i < (PHASE_NONE == third ? 4 : 1); i++)
        {
            const bool is_whole = begun[i][1] || PHASE_NONE != third;
            for (uint32_t until = is_whole ? PHASE_ENDED : PHASE_BEGUN; until <= PHASE_ENDED; until += 2)
            {
                for (uint64_t count = 0; play(third, begun[i], until, count); count++)
                {
                    /* One instruction further. */
                }
            }
        }
    }
}

/* All three in turn, for as many instructions as it happens. */
static void shuffle(void)
{
    uint32_t left = (1U << ACTORS) - 1;

    reset();
    (void)observe();
    while (0 != left)
    {
        const int index = (int)(next_random() % ACTORS);
        if (!go(index, PHASE_ENDED, 1 + next_random() % BURST_MAX))
        {
            left &= ~(1U << index);
        }
    }
    check_end();
}

int main(void)
{
    if (!check_may_trace())
    {
        printf("skipped: this process may trace nothing\n");
        return TEST_SKIP;
    }
    /* On one processor a stop costs a third: nobody is woken elsewhere. */
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof(one), &one);
    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(MAP_FAILED != (void *)stage, "mmap");
    meter_t *const meter = meter_create();
    page = (flopmeter_wire_control_t *)(void *)meter->control;
    for (int i = 0; i < ACTORS; i++)
    {
        start(&actors[i], &stage->parts[i]);
    }
    play_all();
    const uint64_t plays_given = plays;
    for (int i = 0; i < SHUFFLES; i++)
    {
        shuffle();
    }
    printf("%" PRIu64 " plays, %" PRIu64 " of them in random order, %" PRIu64 " steps, %" PRIu64 " shared entries, "
        "%" PRIu64 " readings\n", plays, plays - plays_given, steps, shared, readings);
    CHECK(shared > plays / 2, "%" PRIu64 " of %" PRIu64 " entries were shared", shared, plays);
    for (int i = 0; i < ACTORS; i++)
    {
        kill(actors[i].pid, SIGKILL);
        waitpid(actors[i].pid, NULL, 0);
    }
    meter_destroy(meter);
    return 0;
}

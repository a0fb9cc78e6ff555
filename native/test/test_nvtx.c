/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * NVTX ranges as nodes, through NVIDIA's own headers (NVTX_REAL) or ours. Each case is a process of its own with lanes;
 * what is counted in a range is found under its node. Usage: test_nvtx LIBRARY.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

#ifdef NVTX_REAL
#include <nvtx3/nvToolsExt.h>
#if __has_include(<nvtx3/nvToolsExtPayload.h>)
#include <nvtx3/nvToolsExtPayload.h>
#define HAS_PAYLOAD (1)
#endif
#else
#include "nvtx_loader.h"
#endif

#include "check.h"
#include "flopmeter_core.h"
#include "flopmeter_here.h"
#include "meter_dir.h"
#include "nvtx_part.h"

#define THREADS (8)
#define ROUNDS (500)
#define FLOOD (20000)
#define NODES (4096)
#define DEPTH (64)

static char seen_node[FLOPMETER_ID_LENGTH_MAX + 1];

static void work(uint64_t flop_count)
{
    const flopmeter_shape_t shape = { .flop_count = flop_count, .estimate = 0, .bound = 0 };

    flopmeter_core_count(FLOPMETER_FP32, FLOPMETER_SOURCE_BLAS, &shape);
}

static nvtxEventAttributes_t attributes_of(int type)
{
    nvtxEventAttributes_t attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = type;
    return attributes;
}

static int push_ex(nvtxDomainHandle_t domain, const char *name)
{
    nvtxEventAttributes_t attributes = attributes_of(NVTX_MESSAGE_TYPE_ASCII);

    attributes.message.ascii = name;
    return nvtxDomainRangePushEx(domain, &attributes);
}

static int push_registered(nvtxDomainHandle_t domain, nvtxStringHandle_t string)
{
    nvtxEventAttributes_t attributes = attributes_of(NVTX_MESSAGE_TYPE_REGISTERED);

    attributes.message.registered = string;
    return nvtxDomainRangePushEx(domain, &attributes);
}

static void is_level(int expected, int found, const char *what)
{
    CHECK(expected == found, "%s: level %d, expected %d", what, found, expected);
}

/* Every way to push, each inside the one before. */
static void every_call(meter_t *meter)
{
    nvtxEventAttributes_t attributes = attributes_of(NVTX_MESSAGE_TYPE_UNICODE);

    (void)meter;
    is_level(-1, nvtxRangePop(), "pop before a push");
    work(1);
    is_level(0, nvtxRangePushA("narrow"), "push A");
    work(10);
    is_level(1, nvtxRangePushW(L"wide"), "push W");
    work(100);
    attributes.message.unicode = L"wide ex";
    is_level(2, nvtxRangePushEx(&attributes), "push Ex");
    work(1000);
    is_level(3, push_ex(NULL, "narrow ex"), "push Ex of the default domain");
    work(10000);
    is_level(4, push_registered(NULL, nvtxDomainRegisterStringA(NULL, "registered")), "registered");
    work(100000);
    is_level(5, push_registered(NULL, nvtxDomainRegisterStringW(NULL, L"narrow")), "registered, wide");
    work(20);
    is_level(5, nvtxRangePop(), "pop");
    is_level(4, nvtxDomainRangePop(NULL), "pop of the default domain");
    is_level(3, nvtxRangePop(), "pop");
    is_level(2, nvtxRangePop(), "pop");
    work(200);
    is_level(1, nvtxRangePop(), "pop");
    is_level(0, nvtxRangePop(), "pop");
    is_level(-1, nvtxRangePop(), "pop after the last");
    work(2);
}

typedef struct name_stct
{
    const char *name;
    const char *node;
}
name_t;

#define X55 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X64 X55 "xxxxxxxxx"
#define Z60 "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"

/* The digits are FNV-1a over characters, computed elsewhere. */
static const name_t spelled[] = {
    { "a.Z_0:9-", "a.Z_0:9-" },
    { "aten::mm, [2, 3]", "aten::mm___2__3_" },
    { "/home/me/x\n", "_home_me_x_" },
    { X64, X64 },
    { X64 "x", X55 "-b42b1787" },
    { X64 "xx", X55 "-9ed6c66d" },
    { "\xe8\xae\xad\xe7\xbb\x83", "__-b6f2a2a1" },
    { "Gr\xc3\xb6\xc3\x9f" "e 1", "Gr__e_1-c1b5d8b5" },
    { "\xff" "a", "_a-cf1deffd" },
    { "segment:1", "segment_1" },
    { "segment:" Z60, "segment_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-3a0f315c" },
};

#define SPELLED (sizeof(spelled) / sizeof(spelled[0]))

static void names(meter_t *meter)
{
    (void)meter;
    for (size_t i = 0; i < SPELLED; i++)
    {
        nvtxRangePushA(spelled[i].name);
        work(UINT64_C(1) << (2 * i));
        nvtxRangePop();
    }
    /* Wide or narrow, it is the same name. */
    nvtxRangePushW(L"\u8bad\u7ec3");
    work(UINT64_C(1) << 40);
    nvtxRangePop();
    /* The last character is cut in two: nothing behind the end is read. */
    nvtxRangePushA("\xe8\xae");
    nvtxRangePop();
}

/* Work stays where it was, and each push has its pop. */
static void nameless(meter_t *meter)
{
    nvtxEventAttributes_t attributes = attributes_of(0);
    static int stranger;

    (void)meter;
    nvtxRangePushA("around");
    attributes.payloadType = NVTX_PAYLOAD_TYPE_INT64;
    attributes.payload.llValue = 7;
    is_level(1, nvtxRangePushEx(&attributes), "payload only");
    is_level(2, nvtxRangePushA(""), "empty");
    is_level(3, nvtxRangePushA(NULL), "NULL");
    is_level(4, nvtxRangePushW(NULL), "NULL, wide");
    is_level(5, nvtxRangePushEx(NULL), "no attributes");
    is_level(6, push_registered(NULL, NULL), "no string");
    is_level(7, push_registered(NULL, (nvtxStringHandle_t)(void *)&stranger), "a stranger's string");
    attributes = attributes_of(NVTX_MESSAGE_TYPE_ASCII);
    attributes.message.ascii = "too short";
    attributes.size = 16;
    is_level(8, nvtxRangePushEx(&attributes), "attributes of another length");
    attributes = attributes_of(99);
    attributes.message.ascii = (const char *)&stranger + 1;
    is_level(9, nvtxRangePushEx(&attributes), "a message of another kind");
    work(1000);
    for (int level = 9; level > 0; level--)
    {
        is_level(level, nvtxRangePop(), "pop");
    }
    work(10);
    nvtxRangePop();
    work(1);
}

/* Libraries' ranges are theirs. */
static void other_domains(meter_t *meter)
{
    const nvtxDomainHandle_t other = nvtxDomainCreateA("NCCL");
    const nvtxDomainHandle_t wide = nvtxDomainCreateW(L"wide");
    const nvtxDomainHandle_t stranger = (nvtxDomainHandle_t)(void *)seen_node;

    (void)meter;
    CHECK(NULL != other && NULL != wide, "a domain that is the default one");
    is_level(0, nvtxRangePushA("mine"), "push");
    is_level(-2, push_ex(other, "AllReduce"), "push of another domain");
    is_level(-2, push_ex(stranger, "x"), "push of a stranger's domain");
    is_level(-2, push_registered(other, nvtxDomainRegisterStringA(other, "y")), "registered");
    work(10);
    is_level(-2, nvtxDomainRangePop(other), "pop of another domain");
    is_level(-2, nvtxDomainRangePop(wide), "pop of another domain");
    work(20);
    is_level(0, nvtxRangePop(), "pop");
    work(1);
}

/* FLOPMETER_NVTX=default,NCCL,<wide>: each domain has its stack, and they cross. */
static void chosen_domains(meter_t *meter)
{
    const nvtxDomainHandle_t nccl = nvtxDomainCreateA("NCCL");
    const nvtxDomainHandle_t wide = nvtxDomainCreateW(L"d\u00f6");

    (void)meter;
    CHECK(nccl == nvtxDomainCreateW(L"NCCL"), "one name, two domains");
    is_level(0, nvtxRangePushA("mine"), "push");
    is_level(0, push_ex(nccl, "reduce"), "push of a domain that is read");
    is_level(1, push_registered(nccl, nvtxDomainRegisterStringA(nccl, "inner")), "registered");
    is_level(0, nvtxRangePop(), "pop beneath another domain's");
    work(10);
    is_level(-1, nvtxRangePop(), "pop of nothing");
    is_level(1, nvtxDomainRangePop(nccl), "pop");
    work(100);
    is_level(0, push_ex(wide, "w"), "push of a domain with a wide name");
    is_level(0, nvtxDomainRangePop(nccl), "pop");
    is_level(-1, nvtxDomainRangePop(nccl), "pop of nothing");
    work(1000);
    is_level(0, part_domain_push("NCCL", "part"), "the same domain from another object");
    work(10000);
    is_level(0, nvtxDomainRangePop(nccl), "pop");
    is_level(0, nvtxDomainRangePop(wide), "pop");
    is_level(-2, push_ex(nvtxDomainCreateA("NCC"), "x"), "push of a domain with a shorter name");
    work(1);
}

/* FLOPMETER_NVTX=NCCL */
static void without_default(meter_t *meter)
{
    (void)meter;
    is_level(-2, nvtxRangePushA("mine"), "push");
    is_level(-2, push_ex(NULL, "mine"), "push");
    is_level(0, push_ex(nvtxDomainCreateA("NCCL"), "theirs"), "push");
    work(10);
    is_level(-2, nvtxRangePop(), "pop");
    is_level(-2, nvtxDomainRangePop(NULL), "pop");
    work(10);
}

/* Ranges and contexts have places of their own, and each is popped by whose it is. */
static void deep(meter_t *meter)
{
    char name[16];

    (void)meter;
    for (int i = 0; i < 2 * DEPTH; i++)
    {
        snprintf(name, sizeof(name), "d%d", i);
        is_level(i, nvtxRangePushA(name), "push");
        work(1);
    }
    for (int i = 0; i < DEPTH; i++)
    {
        CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "program"), "context %d", i);
    }
    CHECK(FLOPMETER_INVALID == flopmeter_context_push(NULL, "program"), "context too many");
    work(1000);
    for (int i = 0; i < DEPTH; i++)
    {
        CHECK(FLOPMETER_OK == flopmeter_context_pop(), "context %d", i);
    }
    for (int i = 2 * DEPTH - 1; i >= 0; i--)
    {
        is_level(i, nvtxRangePop(), "pop");
        if (DEPTH / 2 == i)
        {
            work(1000000);
        }
    }
    CHECK(FLOPMETER_INVALID == flopmeter_context_pop(), "a range is still open");
    work(10000);
}

/* Nobody's pop takes what another has pushed. */
static void crossing(meter_t *meter)
{
    (void)meter;
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "outer"), "push");
    is_level(-1, nvtxRangePop(), "pop of a context");
    work(1);
    nvtxRangePushA("range");
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "inner"), "push");
    is_level(0, nvtxRangePop(), "pop beneath a context");
    work(10);
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    work(1);
    nvtxRangePushA("range");
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop beneath a range");
    work(100);
    CHECK(FLOPMETER_INVALID == flopmeter_context_pop(), "pop of a range");
    CHECK(FLOPMETER_OK == flopmeter_context_push("other-run", NULL), "push");
    nvtxRangePushA("range");
    work(100);
    nvtxRangePop();
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    nvtxRangePop();
    work(1000);
}

static void segments(meter_t *meter)
{
    (void)meter;
    nvtxRangePushA("range");
    work(1);
    CHECK(FLOPMETER_OK == flopmeter_segment_begin("s"), "segment: %s", flopmeter_errmsg());
    work(10);
    is_level(1, nvtxRangePushA("within"), "push");
    work(10);
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "named"), "push");
    nvtxRangePushA("deeper");
    work(100);
    nvtxRangePop();
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    CHECK(FLOPMETER_OK == flopmeter_segment_end(), "end: %s", flopmeter_errmsg());
    /* In a segment a range has no node of its own: what it is in is what is left, and that is no longer the segment. */
    work(500);
    is_level(1, nvtxRangePop(), "pop");
    work(1);
    nvtxRangePop();
    work(1000);
}

static void flood(meter_t *meter)
{
    char name[32];

    for (int i = 0; i < FLOOD; i++)
    {
        snprintf(name, sizeof(name), "step %d", i);
        nvtxRangePushA(name);
        work(1);
        nvtxRangePop();
    }
    nvtxRangePushA("step 7");
    work(1000000);
    nvtxRangePop();
    /* Contexts of the program find room all the same. */
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "own"), "push");
    work(5);
    CHECK(0 == meter_gaps(meter, FLOPMETER_GAP_KEYS), "the table of contexts is full");
}

static pthread_barrier_t barrier;

static void *thread(void *argument)
{
    const int number = (int)(intptr_t)argument;
    char name[32];

    is_level(-1, nvtxRangePop(), "another thread's range");
    work(1);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < ROUNDS; i++)
    {
        snprintf(name, sizeof(name), "r%d", i);
        is_level(0, nvtxRangePushA(name), "push");
        is_level(1, push_registered(NULL, nvtxDomainRegisterStringA(NULL, 0 == number % 2 ? "even" : "odd")), "push");
        work(10);
        is_level(1, nvtxRangePop(), "pop");
        work(100);
        is_level(0, nvtxRangePop(), "pop");
    }
    return NULL;
}

static void threads(meter_t *meter)
{
    pthread_t threads[THREADS];

    (void)meter;
    pthread_barrier_init(&barrier, NULL, THREADS);
    /* Before the first call of the header: the threads attach, all at once. */
    for (intptr_t i = 0; i < THREADS; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, thread, (void *)i), "thread");
    }
    nvtxRangePushA("main");
    for (int i = 0; i < THREADS; i++)
    {
        pthread_join(threads[i], NULL);
    }
    work(1000000);
}

static void forked(meter_t *meter)
{
    int status = -1;

    (void)meter;
    nvtxRangePushA("parent");
    const pid_t pid = fork();
    if (0 == pid)
    {
        work(10);
        is_level(1, nvtxRangePushA("child"), "push");
        work(100);
        is_level(1, nvtxRangePop(), "pop");
        is_level(0, nvtxRangePop(), "pop");
        work(1);
        _exit(0);
    }
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "child ended with %#x", (unsigned)status);
    work(20);
    is_level(0, nvtxRangePop(), "pop");
    work(1);
}

/* Two copies of the headers, one stack. */
static void two_copies(meter_t *meter)
{
    (void)meter;
    is_level(0, nvtxRangePushA("here"), "push");
    is_level(1, part_push("there"), "push of the other copy");
    work(10);
    is_level(1, nvtxRangePop(), "pop");
    work(1);
    is_level(0, part_pop(), "pop of the other copy");
    is_level(-1, part_pop(), "pop of nothing");
    work(100);
}

#if defined(HAS_PAYLOAD)
/* Ranges of the payload extension are those of the domain: one way to push, another to pop. */
static void payload(meter_t *meter)
{
    const nvtxDomainHandle_t other = nvtxDomainCreateA("NCCL");

    (void)meter;
    is_level(0, nvtxRangePushA("around"), "push");
    is_level(1, nvtxRangePushPayload(NULL, NULL, 0), "push of a payload");
    work(10);
    is_level(2, nvtxRangePushA("within"), "push");
    work(100);
    is_level(2, nvtxRangePopPayload(NULL, NULL, 0), "pop of a payload");
    is_level(1, nvtxRangePop(), "pop");
    is_level(0, nvtxRangePopPayload(NULL, NULL, 0), "pop of a payload");
    work(1);
    is_level(-2, nvtxRangePushPayload(other, NULL, 0), "push of another domain");
    is_level(-2, nvtxRangePopPayload(other, NULL, 0), "pop of another domain");
    CHECK(1 == nvtxDomainIsEnabled(NULL) && 0 == nvtxDomainIsEnabled(other), "which domains are read");
}
#endif

static void changed(uint32_t context)
{
    char run[FLOPMETER_ID_LENGTH_MAX + 1];

    flopmeter_here_names(context, run, seen_node);
}

/* Who follows contexts, as --kernels does, follows ranges. */
static void watched(meter_t *meter)
{
    (void)meter;
    flopmeter_here_watch(changed);
    nvtxRangePushA("seen");
    CHECK(0 == strcmp("seen", seen_node), "told of \"%s\"", seen_node);
    /* Now that the headers have loaded their tool. */
    errno = 77;
    nvtxRangePop();
    CHECK(0 == strcmp("", seen_node), "told of \"%s\"", seen_node);
    nvtxRangePushA("seen again");
    work(1);
    nvtxRangePop();
    CHECK(77 == errno, "errno is %d", errno);
    work(10);
}

/* What the headers' calls return without a tool. */
static void detached(meter_t *meter)
{
    (void)meter;
    flopmeter_detach();
    is_level(-2, nvtxRangePushA("x"), "push");
    is_level(-2, nvtxRangePop(), "pop");
}

static void check_node(const meter_t *meter, const char *case_name, const char *node, uint64_t flop_count)
{
    const total_t total = meter_total(meter, node, -1);

    CHECK((u128_t)flop_count == total.flop, "%s: node \"%s\" has %" PRIu64 ", expected %" PRIu64,
        case_name, node, (uint64_t)total.flop, flop_count);
}

typedef struct case_stct
{
    const char *name;
    const char *domains;
    void (*scenario)(meter_t *meter);
    struct
    {
        const char *node;
        uint64_t flop_count;
    }
    nodes[8];
}
case_t;

static const case_t cases[] = {
    { "every call", NULL, every_call, {
        { "", 3 }, { "narrow", 30 }, { "wide", 300 }, { "wide_ex", 1000 }, { "narrow_ex", 10000 },
        { "registered", 100000 } } },
    { "names", NULL, names, { { "", 0 } } },
    { "nameless", NULL, nameless, { { "", 1 }, { "around", 1010 } } },
    { "other domains", NULL, other_domains, { { "", 1 }, { "mine", 30 } } },
    { "chosen domains", "default,NCCL,d\xc3\xb6", chosen_domains, {
        { "", 1 }, { "inner", 10 }, { "reduce", 100 }, { "w", 1000 }, { "part", 10000 } } },
    { "without default", "NCCL", without_default, { { "theirs", 20 } } },
    { "deep", NULL, deep, {
        { "", 10000 }, { "d0", 1 }, { "d31", 1000001 }, { "d63", 65 }, { "d64", 0 }, { "program", 1000 } } },
    { "crossing", NULL, crossing, {
        { "", 1000 }, { "outer", 2 }, { "inner", 10 }, { "range", 200 } } },
    { "segments", NULL, segments, {
        { "", 1000 }, { "range", 502 }, { "segment:s", 20 }, { "deeper", 100 }, { "within", 0 } } },
    { "flood", NULL, flood, {
        { "step_0", 1 }, { "step_7", 1000001 }, { "step_4095", 1 }, { "step_4096", 0 },
        { "nvtx:more", FLOOD - NODES }, { "own", 5 } } },
    { "threads", NULL, threads, {
        { "", THREADS }, { "main", 1000000 }, { "r0", THREADS * 100 }, { "r499", THREADS * 100 },
        { "even", THREADS / 2 * ROUNDS * 10 }, { "odd", THREADS / 2 * ROUNDS * 10 } } },
    { "forked", NULL, forked, { { "", 2 }, { "parent", 30 }, { "child", 100 } } },
    { "two copies", NULL, two_copies, { { "", 100 }, { "here", 1 }, { "there", 10 } } },
#if defined(HAS_PAYLOAD)
    { "payload", NULL, payload, { { "", 1 }, { "around", 10 }, { "within", 100 } } },
#endif
    { "watched", NULL, watched, { { "", 10 }, { "seen_again", 1 } } },
    { "detached", NULL, detached, { { "", 0 } } },
};

static void check_case(const case_t *test)
{
    if (NULL == test->domains)
    {
        unsetenv("FLOPMETER_NVTX");
    }
    else
    {
        setenv("FLOPMETER_NVTX", test->domains, 1);
    }

    meter_t *const meter = meter_create();
    fprintf(stderr, "%s\n", test->name);
    meter_run_ok(meter, test->scenario);
    meter_drain(meter, true);
    meter_check(meter, false);
    for (size_t i = 0; i < sizeof(test->nodes) / sizeof(test->nodes[0]) && NULL != test->nodes[i].node; i++)
    {
        check_node(meter, test->name, test->nodes[i].node, test->nodes[i].flop_count);
    }
    for (size_t i = 0; names == test->scenario && i < SPELLED; i++)
    {
        const uint64_t wide = 0 == strncmp("__-", spelled[i].node, 3) ? UINT64_C(1) << 40 : 0;
        check_node(meter, spelled[i].name, spelled[i].node, wide + (UINT64_C(1) << (2 * i)));
    }
    meter_destroy(meter);
}

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_nvtx LIBRARY");
    setenv("NVTX_INJECTION64_PATH", argv[1], 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        check_case(&cases[i]);
    }
    return 0;
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUPTI's activity records made of scripts. Buffers are asked for by the thread that launches, as the real one does,
 * hold what fits, and come back by a flush or when they are full.
 */

#include "fake_cuda_inner.h"

#include <string.h>

/* Functions of NVIDIA's, which have no declaration here but those that the library under test has. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define STACK_MAX (64)
#define KINDS (8)
#define HOARD_MAX (64)
#define TAIL (32)       /* what a later version adds to a kernel's record */

static fake_activity_t activity;
static flopmeter_cupti_request_fn *request;
static flopmeter_cupti_complete_fn *complete;
static pthread_mutex_t activity_lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t *buffer;
static size_t buffer_length;
static size_t buffer_filled;
static bool is_unfinished;      /* the buffer has a record of a kernel at work */

typedef struct hoard_stct
{
    uint8_t *bytes;
    size_t length;
    size_t filled;
}
hoard_t;

static hoard_t hoard[HOARD_MAX];
static size_t hoard_count;

static __thread uint64_t stacks[KINDS][STACK_MAX];
static __thread size_t depths[KINDS];

void fake_activity_reset(void)
{
    memset(&activity, 0, sizeof(activity));
    memset(depths, 0, sizeof(depths));
    activity.version = 130001;
    request = NULL;
    complete = NULL;
    activity.clock_ns = UINT64_C(1700000000000000000);
    buffer = NULL;
    is_unfinished = false;
    hoard_count = 0;
}

EXPORT fake_activity_t *fake_activity(void)
{
    return &activity;
}

static void hand_hoard_back(void)
{
    while (0 != hoard_count)
    {
        const hoard_t *const one = &hoard[--hoard_count];
        activity.held--;
        complete(NULL, 0, one->bytes, one->length, one->filled);
    }
}

static void hand_back(void)
{
    uint8_t *const full = buffer;

    if (NULL != full)
    {
        buffer = NULL;
        is_unfinished = false;
        activity.held--;
        complete(NULL, 0, full, buffer_length, buffer_filled);
    }
}

/* False: dropped. */
static bool put(const void *record, size_t length)
{
    size_t records_max = 0;

    if (activity.is_overridden || NULL == request)
    {
        return false;
    }
    if (NULL != buffer && buffer_filled + length > buffer_length)
    {
        if (activity.is_hoarding && hoard_count < HOARD_MAX)
        {
            hoard[hoard_count++] = (hoard_t) { buffer, buffer_length, buffer_filled };
            buffer = NULL;
        }
        hand_back();
    }
    if (NULL == buffer)
    {
        buffer_filled = 0;
        request(&buffer, &buffer_length, &records_max);
        activity.held += NULL == buffer ? 0 : 1;
    }
    if (NULL == buffer || length > buffer_length)
    {
        activity.dropped++;
        return false;
    }
    memcpy(buffer + buffer_filled, record, length);
    buffer_filled += length;
    return true;
}

static bool is_enabled(int kind)
{
    return 0 != (activity.enabled >> kind & 1);
}

static void put_externals(uint32_t correlation)
{
    for (int kind = 0; is_enabled(FLOPMETER_CUPTI_KIND_EXTERNAL) && kind < KINDS; kind++)
    {
        if (0 != depths[kind])
        {
            const flopmeter_cupti_external_t external = {
                .kind = FLOPMETER_CUPTI_KIND_EXTERNAL, .external_kind = kind,
                .external = stacks[kind][depths[kind] - 1], .correlation = correlation
            };
            put(&external, sizeof(external));
        }
    }
}

static void put_kernel(int device, const fake_node_t *node, uint32_t correlation, uint64_t graph_node)
{
    const uint64_t ns = node->ns;
    const uint64_t start_ns = activity.clock_ns + fake.now_ns;
    uint8_t record[sizeof(flopmeter_cupti_kernel_t) + TAIL];
    flopmeter_cupti_kernel_t kernel = {
        .kind = FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL, .start = start_ns, .end = start_ns + ns,
        .device = (uint32_t)device,
        .correlation = correlation, .graph_node = graph_node, .name = node->name,
        .grid = { node->grid, 1, 1 }, .block = { 128, 1, 1 }, .shared = { 0, 1024 }
    };

    kernel.device = activity.has_no_device ? 77 : kernel.device;
    kernel.end = activity.is_odd ? start_ns - 1 : kernel.end;
    kernel.end = activity.has_no_times || activity.is_endless || activity.is_not_begun ? 0 : kernel.end;
    kernel.start = activity.has_no_times || activity.is_not_begun ? 0 : kernel.start;
    const bool is_bad = activity.is_odd || activity.has_no_device || 0 == kernel.end;
    is_unfinished = is_unfinished || activity.is_endless || activity.is_not_begun;
    activity.is_odd = activity.has_no_times = activity.has_no_device = activity.is_endless = false;
    activity.is_not_begun = false;
    memset(record, 0xEE, sizeof(record));
    memcpy(record, &kernel, sizeof(kernel));
    /* The length of a record is in nobody's header: the fake's own reader finds it behind the kind. */
    const bool is_made = is_enabled(FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL) && !is_bad;
    if (is_enabled(FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL) &&
        put(record, sizeof(kernel) + (activity.is_tail_longer ? TAIL : 0)) && is_made)
    {
        activity.kernel_ns += ns;
    }
    else
    {
        activity.lost_ns += ns;
    }
}

static void launch(int device, const fake_node_t *nodes, size_t count, uint64_t first_node)
{
    uint64_t ns = 0;

    pthread_mutex_lock(&activity_lock);
    const uint32_t correlation = ++activity.correlation;
    if (!activity.is_kernel_first)
    {
        put_externals(correlation);
    }
    for (size_t i = 0; i < count; i++)
    {
        put_kernel(device, &nodes[i], correlation, 0 == first_node ? 0 : first_node + i);
        ns += nodes[i].ns;
    }
    if (activity.is_kernel_first)
    {
        put_externals(correlation);
    }
    pthread_mutex_unlock(&activity_lock);
    if (!fake.is_real_clock)
    {
        /* One kernel after the other. */
        fake_cuda_advance(ns);
    }
}

EXPORT void fake_cuda_kernel(int device, uint64_t ns, uint64_t graph_node)
{
    const fake_node_t node = { "kernel", 1, ns };

    launch(device, &node, 1, graph_node);
}

EXPORT void fake_cuda_graph(int device, uint64_t ns, size_t count)
{
    fake_node_t nodes[16];

    for (size_t i = 0; i < count && i < sizeof(nodes) / sizeof(nodes[0]); i++)
    {
        nodes[i] = (fake_node_t) { "kernel", 1, ns };
    }
    launch(device, nodes, count, 100);
}

EXPORT void fake_cuda_nodes(int device, const fake_node_t *nodes, size_t count)
{
    launch(device, nodes, count, 100);
}

/* ---- CUPTI ---- */

EXPORT int cuptiGetVersion(uint32_t *version)
{
    const int result = fake_enter(FAKE_CALL_VERSION, 0, 0);

    *version = activity.version;
    return 0 != result ? result : fake_leave();
}

EXPORT int cuptiGetTimestamp(uint64_t *ns)
{
    const int result = fake_enter(FAKE_CALL_TIMESTAMP, 0, 0);

    *ns = activity.clock_ns + fake.now_ns;
    return 0 != result ? result : fake_leave();
}

EXPORT int cuptiSubscribe(void **subscriber, void *callback, void *data)
{
    const int result = fake_enter(FAKE_CALL_SUBSCRIBE, 0, 0);

    (void)callback, (void)data;
    if (0 != result)
    {
        return result;
    }
    const bool is_taken = activity.has_other_subscriber || 0 != activity.subscribers;
    activity.subscribers += is_taken ? 0 : 1;
    *subscriber = &activity;
    fake_leave();
    return is_taken ? FLOPMETER_CUPTI_SUBSCRIBERS : 0;
}

EXPORT int cuptiUnsubscribe(void *subscriber)
{
    (void)subscriber;
    activity.subscribers--;
    return 0;
}

EXPORT int cuptiActivityRegisterCallbacks(flopmeter_cupti_request_fn *ask, flopmeter_cupti_complete_fn *take)
{
    const int result = fake_enter(FAKE_CALL_REGISTER, 0, 0);

    if (0 != result)
    {
        return result;
    }
    activity.registrations++;
    request = ask;
    complete = take;
    return fake_leave();
}

EXPORT int cuptiActivityEnable(int kind)
{
    const int result = fake_enter(FAKE_CALL_ACTIVITY_ENABLE, 0, 0);

    if (0 != result)
    {
        return result;
    }
    activity.enabled |= UINT64_C(1) << kind;
    return fake_leave();
}

EXPORT int cuptiActivityDisable(int kind)
{
    activity.enabled &= ~(UINT64_C(1) << kind);
    return 0;
}

EXPORT int cuptiActivityFlushAll(uint32_t flags)
{
    const int result = fake_enter(FAKE_CALL_FLUSH, 0, 0);

    if (0 != result)
    {
        return result;
    }
    fake_leave();
    pthread_mutex_lock(&activity_lock);
    activity.forced += flags & FLOPMETER_CUPTI_FLUSH_FORCED;
    hand_hoard_back();
    if (!is_unfinished || 0 != (flags & FLOPMETER_CUPTI_FLUSH_FORCED))
    {
        hand_back();
    }
    pthread_mutex_unlock(&activity_lock);
    return 0;
}

EXPORT int cuptiActivityGetNextRecord(uint8_t *bytes, size_t filled, const void **record)
{
    const uint8_t *const last = *record;
    size_t offset = 0;

    if (NULL != last)
    {
        int32_t kind = 0;
        memcpy(&kind, last, sizeof(kind));
        offset = (size_t)(last - bytes) + (FLOPMETER_CUPTI_KIND_EXTERNAL == kind ?
            sizeof(flopmeter_cupti_external_t) :
            sizeof(flopmeter_cupti_kernel_t) + (activity.is_tail_longer ? TAIL : 0));
    }
    if (offset >= filled)
    {
        return FLOPMETER_CUPTI_MAX_LIMIT_REACHED;
    }
    *record = bytes + offset;
    return 0;
}

EXPORT int cuptiActivityGetNumDroppedRecords(flopmeter_cu_context_t context, uint32_t stream, size_t *dropped)
{
    (void)context, (void)stream;
    *dropped = (size_t)activity.dropped;
    activity.dropped = 0;
    return 0;
}

EXPORT int cuptiActivityPushExternalCorrelationId(int kind, uint64_t id)
{
    __atomic_fetch_add(&activity.pushes, 1, __ATOMIC_RELAXED);
    if (depths[kind] < STACK_MAX)
    {
        stacks[kind][depths[kind]++] = id;
    }
    return 0;
}

EXPORT int cuptiActivityPopExternalCorrelationId(int kind, uint64_t *id)
{
    __atomic_fetch_add(&activity.pops, 1, __ATOMIC_RELAXED);
    if (fake.is_final)
    {
        fake_misuse("popped after the end of CUPTI");
    }
    if (0 == depths[kind])
    {
        return 18;
    }
    *id = stacks[kind][--depths[kind]];
    return 0;
}

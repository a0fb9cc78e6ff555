/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names, contexts, and what the project's own native parts use.
 */

#include <errno.h>
#include <string.h>

#include "flopmeter_here.h"
#include "flopmeter_lane.h"
#include "flopmeter_note.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

#define CONTEXT_DEPTH_MAX (64)

/* Beside an owner: this context is whatever the one beneath it is. */
#define CONTEXT_AS_BENEATH (0x80)

/*
 * Copied by fork(): a child goes on in the context of the thread that forked it. The program and each kind of ranges
 * push and pop their own, in any order among each other; what counts is who pushed last. Neither has fewer places for
 * what the other pushes.
 */
static __thread uint16_t context_stack[2 * CONTEXT_DEPTH_MAX] __attribute__((tls_model("initial-exec")));
static __thread uint8_t context_owner[2 * CONTEXT_DEPTH_MAX] __attribute__((tls_model("initial-exec")));
static __thread uint32_t context_depth __attribute__((tls_model("initial-exec")));
static __thread uint32_t context_depth_of_program __attribute__((tls_model("initial-exec")));

uint32_t flopmeter_thread_context(void)
{
    return 0 == context_depth ? FLOPMETER_CONTEXT_ENVIRONMENT : context_stack[context_depth - 1];
}

static bool set_id(const char *id, char *text, uint8_t *length)
{
    if (NULL == id)
    {
        return true;
    }
    if (!flopmeter_id_valid(id, length))
    {
        return false;
    }
    memcpy(text, id, *length);
    return true;
}

/* What a segment counts is an account of its own in the causal graph: ranges leave it whole (0026, 0027). */
static bool is_segment(uint32_t context)
{
    static const char prefix[] = FLOPMETER_SEGMENT_PREFIX;
    const size_t length = sizeof(prefix) - 1;

    return FLOPMETER_CONTEXT_OVERFLOW != context && flopmeter_context_of(context)->node_length > length &&
        0 == memcmp(flopmeter_context_of(context)->node, prefix, length);
}

static bool codes_valid(uint32_t precision, uint32_t basis, uint32_t source)
{
    return precision >= FLOPMETER_FP64 && precision <= FLOPMETER_PRECISION_UNKNOWN &&
        basis >= FLOPMETER_EXACT_EXECUTED && basis <= FLOPMETER_DECLARED &&
        source >= FLOPMETER_SOURCE_API && source <= FLOPMETER_SOURCE_CUDA;
}

static int intern(uint32_t context, uint32_t precision, uint32_t basis, uint32_t source, flopmeter_key_t *key)
{
    bool overflow;

    if (!codes_valid(precision, basis, source))
    {
        *key = 0;
        flopmeter_error("precision, basis or source is none of the enum's values");
        return FLOPMETER_INVALID;
    }

    *key = flopmeter_key_intern(flopmeter_key_pack(context, precision, basis, source, 0), &overflow);
    if (overflow)
    {
        flopmeter_core_gap(FLOPMETER_GAP_KEYS, (flopmeter_source_t)source);
        flopmeter_error("the table of keys or contexts is full: counted without run and node");
        return FLOPMETER_OVERFLOW;
    }
    return FLOPMETER_OK;
}

int flopmeter_attach(void)
{
    const int errno_before = errno;
    flopmeter_process_t *const process = flopmeter_process();
    int result = FLOPMETER_OFF;

    if (0 != __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED))
    {
        flopmeter_error("the meter was turned off by flopmeter_detach()");
    }
    else if (NULL == process)
    {
        flopmeter_error("no memory");
    }
    else
    {
        if (NULL == flopmeter_control())
        {
            flopmeter_config_load();
            __atomic_store_n(&process->off, 0, __ATOMIC_RELAXED);
        }
        result = flopmeter_process_attach(process) ? FLOPMETER_OK : FLOPMETER_OFF;
    }
    errno = errno_before;
    return result;
}

int flopmeter_intern(
    const char *run,
    const char *node,
    flopmeter_precision_t precision,
    flopmeter_basis_t basis,
    flopmeter_source_t source,
    flopmeter_key_t *key)
{
    flopmeter_context_t context = { .run_length = 0 };

    if (NULL == key)
    {
        flopmeter_error("key is NULL");
        return FLOPMETER_INVALID;
    }
    *key = 0;
    if (!set_id(run, context.run, &context.run_length) || !set_id(node, context.node, &context.node_length))
    {
        flopmeter_error("run or node is no id: [A-Za-z0-9._:-]{1,64}");
        return FLOPMETER_INVALID;
    }
    return intern(flopmeter_context_intern(&context), precision, basis, source, key);
}

int flopmeter_intern_here(
    flopmeter_precision_t precision, flopmeter_basis_t basis, flopmeter_source_t source, flopmeter_key_t *key)
{
    if (NULL == key)
    {
        flopmeter_error("key is NULL");
        return FLOPMETER_INVALID;
    }
    return intern(flopmeter_thread_context(), precision, basis, source, key);
}

static bool has_room(uint8_t owner)
{
    const uint32_t of_program = context_depth_of_program;

    return (FLOPMETER_HERE_PROGRAM == owner ? of_program : context_depth - of_program) < CONTEXT_DEPTH_MAX;
}

static void enter(uint8_t owner, uint32_t context, bool is_its_own)
{
    context_stack[context_depth] = (uint16_t)context;
    context_owner[context_depth] = (uint8_t)(owner | (is_its_own ? 0 : CONTEXT_AS_BENEATH));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    context_depth += 1;
    context_depth_of_program += FLOPMETER_HERE_PROGRAM == owner ? 1 : 0;
    flopmeter_here_changed();
}

/* The last one of this owner. What others have pushed since stays, and with it the context; the top is never torn. */
static bool leave(uint8_t owner)
{
    uint32_t index = context_depth;

#if !defined(FLOPMETER_CANARY_POP_ANY)
    while (index > 0 && owner != (context_owner[index - 1] & ~CONTEXT_AS_BENEATH))
    {
        index -= 1;
    }
#endif
    if (0 == index)
    {
        return false;
    }
    for (; index < context_depth; index++)
    {
        const bool is_as_beneath = 0 != (context_owner[index] & CONTEXT_AS_BENEATH);
        const uint16_t beneath = index > 1 ? context_stack[index - 2] : FLOPMETER_CONTEXT_ENVIRONMENT;
        context_stack[index - 1] = is_as_beneath ? beneath : context_stack[index];
        context_owner[index - 1] = context_owner[index];
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    context_depth_of_program -= FLOPMETER_HERE_PROGRAM == owner ? 1 : 0;
    context_depth -= 1;
    flopmeter_here_changed();
    return true;
}

/* `here` with what is not NULL in its place. False when that is no id. */
static bool context_within(uint32_t here, const char *run, const char *node, uint32_t *id)
{
    flopmeter_context_t context = { .run_length = 0 };

    if (FLOPMETER_CONTEXT_OVERFLOW != here)
    {
        context = *flopmeter_context_of(here);
    }
    if (!set_id(run, context.run, &context.run_length) || !set_id(node, context.node, &context.node_length))
    {
        flopmeter_error("run or node is no id: [A-Za-z0-9._:-]{1,64}");
        return false;
    }
    *id = flopmeter_context_intern(&context);
    return true;
}

int flopmeter_context_push(const char *run, const char *node)
{
    uint32_t id = 0;

    if (!has_room(FLOPMETER_HERE_PROGRAM))
    {
        flopmeter_error("contexts are nested deeper than 64");
        return FLOPMETER_INVALID;
    }
    if (!context_within(flopmeter_thread_context(), run, node, &id))
    {
        return FLOPMETER_INVALID;
    }
    enter(FLOPMETER_HERE_PROGRAM, id, true);
    return FLOPMETER_OK;
}

int flopmeter_context_pop(void)
{
    if (!leave(FLOPMETER_HERE_PROGRAM))
    {
        flopmeter_error("no context was pushed");
        return FLOPMETER_INVALID;
    }
    return FLOPMETER_OK;
}

int flopmeter_here_enter(uint8_t owner, const char *node, uint32_t *memo)
{
    const uint32_t here = flopmeter_thread_context();
    const uint32_t known = NULL == memo ? 0 : __atomic_load_n(memo, __ATOMIC_ACQUIRE);
    const bool is_known = 0 != (known & UINT16_MAX) && here == known >> 16;
    const bool is_its_own = is_known || (NULL != node && !is_segment(here));
    uint32_t id = is_known ? known & UINT16_MAX : here;

    if (!has_room(owner) || (is_its_own && !is_known && !context_within(here, NULL, node, &id)))
    {
        return FLOPMETER_INVALID;
    }
    if (is_its_own && !is_known && NULL != memo)
    {
        /* With the names of the context, which another thread finds by this word alone. */
        __atomic_store_n(memo, here << 16 | id, __ATOMIC_RELEASE);
    }
    enter(owner, id, is_its_own);
    return FLOPMETER_OK;
}

int flopmeter_here_leave(uint8_t owner)
{
    return leave(owner) ? FLOPMETER_OK : FLOPMETER_INVALID;
}

/* The key of this thread's context, from a small cache in the lane: an intern costs tens of ns, this one or two. */
static flopmeter_key_t key_here(flopmeter_lane_t *lane, uint32_t content)
{
    uint64_t *const cached = &lane->key_cache[(content * UINT32_C(0x9E3779B1)) >> 26];
    bool overflow = false;

    if ((*cached >> 32) != content)
    {
        const flopmeter_key_t key = flopmeter_key_intern(content, &overflow);
        *cached = ((uint64_t)content << 32) | key;
        if (overflow)
        {
            flopmeter_core_gap(FLOPMETER_GAP_KEYS, flopmeter_key_source(content));
        }
    }
    return (flopmeter_key_t)(*cached & UINT32_MAX);
}

static void count_part(flopmeter_lane_t *lane, uint32_t content, flopmeter_u128_t flop_count)
{
    if (0 != flop_count)
    {
        const flopmeter_key_t key = key_here(lane, content);
        if (flop_count <= UINT64_MAX)
        {
            flopmeter_lane_put(lane, key, (uint64_t)flop_count);
        }
        else
        {
            /* One addition to the fold cell holds what would be up to 2^64 samples. */
            flopmeter_lane_fold(lane, key, flop_count);
        }
    }
}

void flopmeter_core_count_on(
    flopmeter_precision_t precision,
    flopmeter_basis_t basis,
    flopmeter_source_t source,
    const flopmeter_shape_t *shape)
{
    const flopmeter_u128_t counts[] = { shape->flop_count, shape->estimate, shape->bound };
    const uint64_t parts = (0 != counts[0] ? 1U : 0) + (0 != counts[1] ? 1U : 0) + (0 != counts[2] ? 1U : 0);

    if (0 == parts || !codes_valid(precision, basis, source))
    {
        return;
    }

    flopmeter_lane_t *const lane = flopmeter_thread_enter(parts);
    if (NULL != lane)
    {
        const uint32_t context = flopmeter_thread_context();
        flopmeter_lane_stamp(lane, flopmeter_sys_coarse_ns());
        for (uint32_t part = FLOPMETER_PART_COUNT; part <= FLOPMETER_PART_BOUND; part++)
        {
            count_part(lane, flopmeter_key_pack(context, precision, basis, source, part), counts[part]);
        }
        flopmeter_thread_leave(lane);
    }
}

void flopmeter_core_count(flopmeter_precision_t precision, flopmeter_source_t source, const flopmeter_shape_t *shape)
{
    flopmeter_core_count_on(precision, FLOPMETER_EXACT_BY_SHAPE, source, shape);
}

void flopmeter_core_gap(flopmeter_gap_reason_t reason, flopmeter_source_t source)
{
    flopmeter_process_t *const process = flopmeter_process();

    if (NULL != process && 0 == __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED) &&
        flopmeter_process_attach(process))
    {
        flopmeter_gap(process, reason, source);
    }
}

uint32_t flopmeter_core_gap_begin(flopmeter_gap_reason_t reason, flopmeter_source_t source)
{
    flopmeter_process_t *const process = flopmeter_process();
    flopmeter_wire_gap_t *gap = NULL;

    if (NULL != process && 0 == __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED) &&
        flopmeter_process_attach(process))
    {
        gap = flopmeter_gap_open(process, reason, source);
    }
    return NULL == gap ? 0 : 1 + (uint32_t)(gap - flopmeter_control()->gap);
}

void flopmeter_core_gap_end(uint32_t gap)
{
    flopmeter_wire_control_t *const page = flopmeter_control();

    if (NULL != page && 0 != gap && gap <= FLOPMETER_GAPS_MAX)
    {
        flopmeter_gap_close(&page->gap[gap - 1]);
    }
}

void flopmeter_core_flag_cpu_incomplete(void)
{
    flopmeter_process_t *const process = flopmeter_process();

    if (NULL != process && flopmeter_process_attach(process))
    {
        __atomic_fetch_or(&flopmeter_control()->process_flags, FLOPMETER_CPU_INCOMPLETE, __ATOMIC_RELAXED);
    }
}

__attribute__((constructor)) static void library_loaded(void)
{
    flopmeter_config_load();
    flopmeter_process();
    flopmeter_thread_init();
}

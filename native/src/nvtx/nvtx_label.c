/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "nvtx_label.h"

#include <stdio.h>
#include <string.h>

#include "flopmeter/flopmeter.h"
#include "flopmeter_note.h"

#define PROBES_MAX (64)

/* "-" and eight digits. */
#define SUFFIX_LENGTH (9)

#define NOT_UTF8 (0x80000000U)
#define ASCII (0x80)

/* Of FNV-1a. */
#define SEED (2166136261U)
#define FACTOR (16777619U)

#define GOLDEN (UINT64_C(0x9E3779B97F4A7C15))

/* The longest name of a node and its end, in whole words. */
#define TEXT_ROOM (72)

/* What a label is, in this order. */
#define FREE (0U)
#define BEING_MADE (1U)
#define MADE (2U)
#define NODE (3U)      /* counted among the nodes */

struct flopmeter_nvtx_label_stct
{
    uint32_t state;
    uint32_t hash;
    uint32_t memo;
    char text[TEXT_ROOM];
};

/* Static and zero: pages that nobody touches cost nothing, and there is no allocation that could fail. */
static flopmeter_nvtx_label_t labels[FLOPMETER_NVTX_LABELS];
static flopmeter_nvtx_label_t more = { .state = NODE, .hash = 0, .memo = 0, .text = FLOPMETER_NVTX_MORE };
static uint32_t nodes;

static uint32_t next_of_utf8(const char **text)
{
    const uint8_t *const bytes = (const uint8_t *)*text;
    const uint32_t first = bytes[0];
    const uint32_t more_bytes = first < 0xC2 || first > 0xF4 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    uint32_t character = first & (0x3FU >> more_bytes);

    if (first < 0x80)
    {
        *text += 0 != first ? 1 : 0;
        return first;
    }
    /* The end of the text is no continuation: nothing behind it is read. */
    for (uint32_t i = 1; i <= more_bytes; i++)
    {
        if (0x80 != (bytes[i] & 0xC0))
        {
            *text += 1;
            return NOT_UTF8 + first;
        }
        character = character << 6 | (bytes[i] & 0x3F);
    }
    *text += 1 + more_bytes;
    return 0 == more_bytes ? NOT_UTF8 + first : character;
}

uint32_t flopmeter_nvtx_next(flopmeter_nvtx_name_t *name)
{
    if (NULL != name->narrow)
    {
        return next_of_utf8(&name->narrow);
    }
    if (NULL == name->wide || 0 == *name->wide)
    {
        return 0;
    }
    return (uint32_t)*name->wide++;
}

/* What stands for each ASCII character in a label. */
static const char spelled[] =
    "________________________________"
    "_____________-._0123456789:_____"
    "_ABCDEFGHIJKLMNOPQRSTUVWXYZ_____"
    "_abcdefghijklmnopqrstuvwxyz_____";

_Static_assert(ASCII + 1 == sizeof(spelled), "one for each");

/* As make_any(), for a name that is ASCII and short: most are. -1: it is none. */
static int make_plain(char *text, const char *name)
{
    int length = 0;

    for (; '\0' != name[length]; length++)
    {
        const uint8_t c = (uint8_t)name[length];
        if (c >= ASCII || FLOPMETER_ID_LENGTH_MAX == length)
        {
            return -1;
        }
        text[length] = spelled[c];
    }
    return length;
}

/* Spelled in the characters of nodes, with eight digits of its own where more than one name would be spelled so. */
static int make_any(char *text, flopmeter_nvtx_name_t name)
{
    uint32_t hash = SEED;
    int length = 0;
    bool is_told_apart = false;
    uint32_t c = flopmeter_nvtx_next(&name);

    for (int seen = 0; 0 != c && seen < FLOPMETER_NVTX_NAME_MAX; seen++, c = flopmeter_nvtx_next(&name))
    {
        hash = (hash ^ c) * FACTOR;
        is_told_apart = is_told_apart || c >= ASCII || FLOPMETER_ID_LENGTH_MAX == length;
        if (length < FLOPMETER_ID_LENGTH_MAX)
        {
            text[length++] = c < ASCII ? spelled[c] : '_';
        }
    }
    if (is_told_apart)
    {
        const int kept =
            length < FLOPMETER_ID_LENGTH_MAX - SUFFIX_LENGTH ? length : FLOPMETER_ID_LENGTH_MAX - SUFFIX_LENGTH;
        length = kept + snprintf(text + kept, SUFFIX_LENGTH + 1, "-%08x", (unsigned)hash);
    }
    return length;
}

/* The text of a label, in a room of zeros; false when the name is empty. */
static bool make(char *text, flopmeter_nvtx_name_t name)
{
    static const char segment[] = FLOPMETER_SEGMENT_PREFIX;
    int length = NULL == name.narrow ? -1 : make_plain(text, name.narrow);

    if (length < 0)
    {
        memset(text, 0, TEXT_ROOM);
        length = make_any(text, name);
    }
    if (0 == memcmp(text, segment, sizeof(segment) - 1))
    {
        /* Segments are announced (0026); a range that happens to be called so is none. */
        text[sizeof(segment) - 2] = '_';
    }
    return 0 != length;
}

static uint32_t hash_of(const char *text)
{
    uint64_t hash = SEED;
    uint64_t word = 0;

    for (size_t i = 0; i < TEXT_ROOM; i += sizeof(word))
    {
        memcpy(&word, text + i, sizeof(word));
        if (0 == word)
        {
            break;
        }
        hash = (hash ^ word) * GOLDEN;
        hash ^= hash >> 32;
    }
    /* Names of steps differ in their last bytes only: those must reach the bits that are taken. */
    return (uint32_t)(hash * GOLDEN >> 32);
}

static flopmeter_nvtx_label_t *find_or_add(const char *text)
{
    const uint32_t hash = hash_of(text);

    for (uint32_t i = 0; i < PROBES_MAX; i++)
    {
        /* One that another thread is making is passed by: a second of the same name is no harm. */
        flopmeter_nvtx_label_t *const label = &labels[(hash + i) % FLOPMETER_NVTX_LABELS];
        uint32_t state = __atomic_load_n(&label->state, __ATOMIC_ACQUIRE);

        if (FREE == state && __atomic_compare_exchange_n(
            &label->state, &state, BEING_MADE, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
        {
            label->hash = hash;
            memcpy(label->text, text, TEXT_ROOM);
            __atomic_store_n(&label->state, MADE, __ATOMIC_RELEASE);
            return label;
        }
        if (state >= MADE && hash == label->hash && 0 == memcmp(text, label->text, TEXT_ROOM))
        {
            return label;
        }
    }
    return &more;
}

flopmeter_nvtx_label_t *flopmeter_nvtx_label(flopmeter_nvtx_name_t name)
{
    char text[TEXT_ROOM] = { 0 };

    return make(text, name) ? find_or_add(text) : NULL;
}

flopmeter_nvtx_label_t *flopmeter_nvtx_label_of(const void *handle)
{
    const uintptr_t offset = (uintptr_t)handle - (uintptr_t)labels;

    if (handle == &more)
    {
        return &more;
    }
    if (offset >= sizeof(labels) || 0 != offset % sizeof(labels[0]))
    {
        return NULL;
    }

    flopmeter_nvtx_label_t *const label = &labels[offset / sizeof(labels[0])];
    return __atomic_load_n(&label->state, __ATOMIC_ACQUIRE) >= MADE ? label : NULL;
}

static bool is_counted(flopmeter_nvtx_label_t *label)
{
    uint32_t state = MADE;

    if (NODE == __atomic_load_n(&label->state, __ATOMIC_RELAXED))
    {
        return true;
    }
    if (__atomic_fetch_add(&nodes, 1, __ATOMIC_RELAXED) >= FLOPMETER_NVTX_NODES)
    {
        __atomic_fetch_sub(&nodes, 1, __ATOMIC_RELAXED);
        return false;
    }
    if (!__atomic_compare_exchange_n(&label->state, &state, NODE, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
    {
        __atomic_fetch_sub(&nodes, 1, __ATOMIC_RELAXED);
    }
    return true;
}

const char *flopmeter_nvtx_label_node(flopmeter_nvtx_label_t *label, uint32_t **memo)
{
    flopmeter_nvtx_label_t *const counted = is_counted(label) ? label : &more;

    *memo = &counted->memo;
    return counted->text;
}

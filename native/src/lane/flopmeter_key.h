/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Process-wide names: contexts (run, node) and keys (context, precision, basis, source, part). Insert only, lock-free,
 * usable in a signal handler that interrupted an insert. Plain memory: a forked child keeps what its parent had named.
 */

#ifndef FLOPMETER_KEY_H
#define FLOPMETER_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "flopmeter_core.h"

#define FLOPMETER_KEYS (65536)
#define FLOPMETER_KEYS_RESERVED (256)
#define FLOPMETER_CONTEXTS (32768)
#define FLOPMETER_CONTEXT_ENVIRONMENT (0)
#define FLOPMETER_CONTEXT_OVERFLOW (0xFFFF)

/** A length of 0 stands for the run or the node of the environment. */
typedef struct flopmeter_context_stct
{
    uint8_t run_length;
    uint8_t node_length;
    char run[FLOPMETER_ID_LENGTH_MAX];
    char node[FLOPMETER_ID_LENGTH_MAX];
}
flopmeter_context_t;

/** What a key names, packed; never 0, because bit 0 is always set. */
static inline uint32_t flopmeter_key_pack(
    uint32_t context, uint32_t precision, uint32_t basis, uint32_t source, uint32_t part)
{
    return (context << 16) | (precision << 12) | (basis << 8) | (source << 4) | (part << 2) | 1;
}

static inline uint32_t flopmeter_key_context(uint32_t content)
{
    return content >> 16;
}

static inline flopmeter_source_t flopmeter_key_source(uint32_t content)
{
    return (flopmeter_source_t)((content >> 4) & 0xF);
}

/** Whether `id` matches [A-Za-z0-9._:-]{1,64}; its length goes to `length`. */
bool flopmeter_id_valid(const char *id, uint8_t *length);

/** Intern `context`; FLOPMETER_CONTEXT_OVERFLOW when the table is full. */
uint32_t flopmeter_context_intern(const flopmeter_context_t *context);

/** The interned context with this id, never NULL. */
const flopmeter_context_t *flopmeter_context_of(uint32_t id);

/** Intern what `content` packs. `overflow` tells whether run and node were lost for want of room. Never 0. */
flopmeter_key_t flopmeter_key_intern(uint32_t content, bool *overflow);

/** What `key` names, 0 when nothing. */
uint32_t flopmeter_key_content(flopmeter_key_t key);

#endif /* FLOPMETER_KEY_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A reader of lanes for tests, written from docs/design/0001-wire-format.md alone: it shares no header with the writer,
 * so that a mistake in one is not made twice. It checks everything that the document promises, at every drain.
 */

#ifndef FLOPMETER_TEST_LANE_READER_H
#define FLOPMETER_TEST_LANE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 u128_t;

typedef struct total_stct
{
    u128_t flop;
    uint64_t samples;
}
total_t;

typedef struct lane_reader_stct
{
    uint8_t *base;
    size_t length;
    uint64_t nonce;
    uint32_t slot_capacity;
    uint32_t ring_capacity;
    uint8_t *slots;
    uint8_t *folds;
    uint8_t *ring;
    uint8_t *journal;
    uint32_t journal_capacity;
    uint64_t position;
    uint32_t open_count;      /* samples consumed of the open record at position */
    uint64_t sequence_next;
    total_t boundary;         /* through the last closed record */
    total_t open;             /* of the open record */
    total_t *by_slot;
    uint64_t base_ns_last;
    uint64_t dt_ns_max;
    uint64_t records;
}
lane_reader_t;

/** Map `path` and check its header. Ends the test when the file breaks a rule. */
lane_reader_t *lane_reader_open(const char *path);
void lane_reader_close(lane_reader_t *reader);

/** Consume what is released; moves the shared head when `commit`. */
void lane_reader_drain(lane_reader_t *reader, bool commit);

/** Sum of the fold cells and of what the journal holds beyond them. */
total_t lane_reader_folded(const lane_reader_t *reader);

/** Check sums against both tallies. `dead`: the producer was killed, maybe while it folded its journal. */
void lane_reader_check(const lane_reader_t *reader, bool dead);

/** Words of the header and of a slot, by the offsets of the document. */
uint32_t lane_reader_u32(const lane_reader_t *reader, size_t offset);
const uint8_t *lane_reader_slot(const lane_reader_t *reader, uint32_t slot);
uint32_t lane_reader_slot_count(const lane_reader_t *reader);

/** Ring + fold of one slot. */
total_t lane_reader_slot_total(const lane_reader_t *reader, uint32_t slot);

/** The same of all slots into `by_slot` (lane_reader_slot_count() of them), in one pass. Only while nobody writes. */
void lane_reader_totals(const lane_reader_t *reader, total_t *by_slot);

#endif /* FLOPMETER_TEST_LANE_READER_H */

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every byte shared with the meter: docs/design/0001-wire-format.md and 0002-meter-directory.md. The same offsets are
 * listed in testdata/wire/layout.csv, which the tests of C and of Java both check.
 */

#ifndef FLOPMETER_WIRE_H
#define FLOPMETER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the wire format is little-endian and written in place"
#endif

#define FLOPMETER_LANE_MAGIC (UINT64_C(0x454E414C504F4C46))
#define FLOPMETER_CONTROL_MAGIC (UINT64_C(0x4C525443504F4C46))
#define FLOPMETER_HEADER_LENGTH (4096)
#define FLOPMETER_CONTROL_LENGTH (8192)
#define FLOPMETER_RING_TRAILER_LENGTH (768)

#define FLOPMETER_SLOTS_MIN (64)
#define FLOPMETER_SLOTS_MAX (65536)
#define FLOPMETER_SLOTS_RESERVED (64)
#define FLOPMETER_RING_MIN (4096)
#define FLOPMETER_RING_MAX (4 * 1024 * 1024)

#define FLOPMETER_RECORD_LENGTH_MIN (48)
#define FLOPMETER_RECORD_LENGTH_MAX (2048)
#define FLOPMETER_RECORD_SAMPLES_MAX (126)
#define FLOPMETER_RECORD_TYPE_BATCH (1)
#define FLOPMETER_RECORD_TYPE_PADDING (-1)

/** The version of the control file, which is not that of the lanes. */
#define FLOPMETER_CONTROL_WIRE_VERSION (1)

#define FLOPMETER_JOURNAL_SAMPLES_MAX (4096)
/** In the slot of a journal's sample: the FLOP have 128 bits, and the next sample's place holds the upper ones. */
#define FLOPMETER_JOURNAL_WIDE (UINT32_C(0x80000000))

#define FLOPMETER_LANE_ACTIVE (1)
#define FLOPMETER_LANE_IDLE (2)
#define FLOPMETER_LANE_CLOSED (3)

#define FLOPMETER_SLOT_FLAG_OVERFLOW (1)

#define FLOPMETER_METER_ACCEPTING (1)
#define FLOPMETER_METER_ENDED (2)
#define FLOPMETER_CPU_INCOMPLETE (1)
#define FLOPMETER_GAPS_MAX (62)

typedef struct flopmeter_wire_copy_stct
{
    uint64_t low;
    uint64_t high;
    uint64_t samples;
}
flopmeter_wire_copy_t;

/** Two copies of a cumulative sum; `copy[version & 1]` is in force, so that no kill tears it. One cache line. */
typedef struct flopmeter_wire_double_stct
{
    uint64_t version;
    flopmeter_wire_copy_t copy[2];
    uint64_t zero;
}
flopmeter_wire_double_t;

typedef struct flopmeter_wire_lane_stct
{
    uint64_t magic;
    uint32_t wire_version;
    uint32_t header_length;
    uint64_t nonce;
    uint32_t pid;
    uint32_t tid;
    uint64_t pid_start_ticks;
    uint64_t created_ns;
    uint32_t slot_capacity;
    uint32_t ring_capacity;
    uint64_t slot_table_offset;
    uint64_t fold_table_offset;
    uint64_t ring_offset;
    uint64_t file_length;
    uint64_t pid_namespace;
    uint64_t journal_offset;
    uint32_t journal_capacity;
    uint8_t zero_108[20];
    uint32_t state;
    uint32_t slot_count;
    uint8_t zero_136[56];
    flopmeter_wire_double_t ring_tally;
    flopmeter_wire_double_t fold_tally;
    uint8_t zero_320[FLOPMETER_HEADER_LENGTH - 320];
}
flopmeter_wire_lane_t;

typedef struct flopmeter_wire_slot_stct
{
    uint16_t precision;
    uint16_t basis;
    uint16_t source;
    uint8_t part;
    uint8_t flags;
    uint8_t run_length;
    uint8_t node_length;
    uint8_t zero_10[6];
    char run[64];
    char node[64];
    uint8_t zero_144[16];
}
flopmeter_wire_slot_t;

/** Agrona's record header and our batch header behind it; the samples follow (flopmeter_sample_t). */
typedef struct flopmeter_wire_record_stct
{
    int32_t length;
    int32_t type;
    uint64_t sequence;
    uint64_t base_ns;
    uint32_t count;
    uint32_t reserved;
}
flopmeter_wire_record_t;

/** Of the fold journal; the samples follow. */
typedef struct flopmeter_wire_journal_stct
{
    uint64_t epoch;
    uint8_t zero_8[48];
    uint32_t count;
    uint32_t reserved;
}
flopmeter_wire_journal_t;

typedef struct flopmeter_wire_trailer_stct
{
    uint8_t zero_0[128];
    uint64_t tail;
    uint8_t zero_136[120];
    uint64_t head_cache;
    uint8_t zero_264[120];
    uint64_t head;
    uint8_t zero_392[376];
}
flopmeter_wire_trailer_t;

typedef struct flopmeter_wire_gap_stct
{
    uint32_t state;
    uint32_t reason;
    uint32_t source;
    uint32_t pid;
    uint64_t begin_ns;
    uint64_t end_ns;
    uint64_t samples;
    uint32_t joined;               /* pauses told here beside the first one */
    uint32_t ended;                /* of all of them; 0 where an older version wrote it */
    uint8_t zero_48[16];
}
flopmeter_wire_gap_t;

typedef struct flopmeter_wire_control_stct
{
    uint64_t magic;
    uint32_t wire_version;
    uint32_t file_length;
    uint64_t meter_nonce;
    uint32_t supervisor_pid;
    uint32_t meter_state;
    uint8_t zero_32[32];
    uint64_t time_ns;
    uint8_t zero_72[56];
    uint32_t gate;
    uint8_t zero_132[3964];
    uint32_t gap_count;
    uint32_t process_flags;
    uint64_t lost_samples;
    uint8_t zero_4112[48];
    flopmeter_wire_gap_t gap[FLOPMETER_GAPS_MAX];
    uint8_t zero_8128[64];
}
flopmeter_wire_control_t;

_Static_assert(64 == sizeof(flopmeter_wire_double_t), "double record");
_Static_assert(4096 == sizeof(flopmeter_wire_lane_t), "lane header");
_Static_assert(88 == offsetof(flopmeter_wire_lane_t, pid_namespace), "lane constants");
_Static_assert(96 == offsetof(flopmeter_wire_lane_t, journal_offset), "lane journal");
_Static_assert(128 == offsetof(flopmeter_wire_lane_t, state), "lane state");
_Static_assert(192 == offsetof(flopmeter_wire_lane_t, ring_tally), "ring tally");
_Static_assert(256 == offsetof(flopmeter_wire_lane_t, fold_tally), "fold tally");
_Static_assert(160 == sizeof(flopmeter_wire_slot_t), "slot");
_Static_assert(16 == offsetof(flopmeter_wire_slot_t, run), "slot run");
_Static_assert(80 == offsetof(flopmeter_wire_slot_t, node), "slot node");
_Static_assert(32 == sizeof(flopmeter_wire_record_t), "record and batch header");
_Static_assert(24 == offsetof(flopmeter_wire_record_t, count), "released samples");
_Static_assert(64 == sizeof(flopmeter_wire_journal_t), "journal");
_Static_assert(56 == offsetof(flopmeter_wire_journal_t, count), "samples in the journal");
_Static_assert(FLOPMETER_RING_TRAILER_LENGTH == sizeof(flopmeter_wire_trailer_t), "ring trailer");
_Static_assert(128 == offsetof(flopmeter_wire_trailer_t, tail), "tail");
_Static_assert(256 == offsetof(flopmeter_wire_trailer_t, head_cache), "head cache");
_Static_assert(384 == offsetof(flopmeter_wire_trailer_t, head), "head");
_Static_assert(64 == sizeof(flopmeter_wire_gap_t), "gap");
_Static_assert(FLOPMETER_CONTROL_LENGTH == sizeof(flopmeter_wire_control_t), "control file");
_Static_assert(64 == offsetof(flopmeter_wire_control_t, time_ns), "time word");
_Static_assert(128 == offsetof(flopmeter_wire_control_t, gate), "gate");
_Static_assert(4096 == offsetof(flopmeter_wire_control_t, gap_count), "producer page");
_Static_assert(4160 == offsetof(flopmeter_wire_control_t, gap), "gaps");

#endif /* FLOPMETER_WIRE_H */

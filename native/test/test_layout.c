/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * testdata/wire/layout.csv and the structs of the writer say the same, row by row and in both directions.
 */

#include <string.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "flopmeter_wire.h"

#define ROWS_MAX (256)

typedef struct row_stct
{
    char structure[24];
    char field[24];
    char type[8];
    unsigned long offset;
    unsigned long length;
}
row_t;

#define FIELD(structure, field, c_type, member, type) \
    { structure, field, type, offsetof(c_type, member), sizeof(((c_type *)NULL)->member) }
#define WHOLE(structure, c_type) { structure, "LENGTH", "bytes", 0, sizeof(c_type) }

static const row_t in_c[] =
{
    WHOLE("lane", flopmeter_wire_lane_t),
    FIELD("lane", "magic", flopmeter_wire_lane_t, magic, "u64"),
    FIELD("lane", "wireVersion", flopmeter_wire_lane_t, wire_version, "u32"),
    FIELD("lane", "headerLength", flopmeter_wire_lane_t, header_length, "u32"),
    FIELD("lane", "nonce", flopmeter_wire_lane_t, nonce, "u64"),
    FIELD("lane", "pid", flopmeter_wire_lane_t, pid, "u32"),
    FIELD("lane", "tid", flopmeter_wire_lane_t, tid, "u32"),
    FIELD("lane", "pidStartTicks", flopmeter_wire_lane_t, pid_start_ticks, "u64"),
    FIELD("lane", "createdNs", flopmeter_wire_lane_t, created_ns, "u64"),
    FIELD("lane", "slotCapacity", flopmeter_wire_lane_t, slot_capacity, "u32"),
    FIELD("lane", "ringCapacity", flopmeter_wire_lane_t, ring_capacity, "u32"),
    FIELD("lane", "slotTableOffset", flopmeter_wire_lane_t, slot_table_offset, "u64"),
    FIELD("lane", "foldTableOffset", flopmeter_wire_lane_t, fold_table_offset, "u64"),
    FIELD("lane", "ringOffset", flopmeter_wire_lane_t, ring_offset, "u64"),
    FIELD("lane", "fileLength", flopmeter_wire_lane_t, file_length, "u64"),
    FIELD("lane", "pidNamespace", flopmeter_wire_lane_t, pid_namespace, "u64"),
    FIELD("lane", "journalOffset", flopmeter_wire_lane_t, journal_offset, "u64"),
    FIELD("lane", "journalCapacity", flopmeter_wire_lane_t, journal_capacity, "u32"),
    FIELD("lane", "state", flopmeter_wire_lane_t, state, "u32"),
    FIELD("lane", "slotCount", flopmeter_wire_lane_t, slot_count, "u32"),
    FIELD("lane", "ringTally", flopmeter_wire_lane_t, ring_tally, "bytes"),
    FIELD("lane", "foldTally", flopmeter_wire_lane_t, fold_tally, "bytes"),
    WHOLE("slot", flopmeter_wire_slot_t),
    FIELD("slot", "precision", flopmeter_wire_slot_t, precision, "u16"),
    FIELD("slot", "basis", flopmeter_wire_slot_t, basis, "u16"),
    FIELD("slot", "source", flopmeter_wire_slot_t, source, "u16"),
    FIELD("slot", "part", flopmeter_wire_slot_t, part, "u8"),
    FIELD("slot", "flags", flopmeter_wire_slot_t, flags, "u8"),
    FIELD("slot", "runLength", flopmeter_wire_slot_t, run_length, "u8"),
    FIELD("slot", "nodeLength", flopmeter_wire_slot_t, node_length, "u8"),
    FIELD("slot", "run", flopmeter_wire_slot_t, run, "bytes"),
    FIELD("slot", "node", flopmeter_wire_slot_t, node, "bytes"),
    WHOLE("doubleRecord", flopmeter_wire_double_t),
    FIELD("doubleRecord", "version", flopmeter_wire_double_t, version, "u64"),
    FIELD("doubleRecord", "aLow", flopmeter_wire_double_t, copy[0].low, "u64"),
    FIELD("doubleRecord", "aHigh", flopmeter_wire_double_t, copy[0].high, "u64"),
    FIELD("doubleRecord", "aSamples", flopmeter_wire_double_t, copy[0].samples, "u64"),
    FIELD("doubleRecord", "bLow", flopmeter_wire_double_t, copy[1].low, "u64"),
    FIELD("doubleRecord", "bHigh", flopmeter_wire_double_t, copy[1].high, "u64"),
    FIELD("doubleRecord", "bSamples", flopmeter_wire_double_t, copy[1].samples, "u64"),
    WHOLE("record", flopmeter_wire_record_t),
    FIELD("record", "length", flopmeter_wire_record_t, length, "i32"),
    FIELD("record", "type", flopmeter_wire_record_t, type, "i32"),
    FIELD("record", "sequence", flopmeter_wire_record_t, sequence, "u64"),
    FIELD("record", "baseNs", flopmeter_wire_record_t, base_ns, "u64"),
    FIELD("record", "count", flopmeter_wire_record_t, count, "u32"),
    FIELD("record", "reserved", flopmeter_wire_record_t, reserved, "u32"),
    WHOLE("sample", flopmeter_sample_t),
    FIELD("sample", "slot", flopmeter_sample_t, slot, "u32"),
    FIELD("sample", "dtNs", flopmeter_sample_t, dt_ns, "u32"),
    FIELD("sample", "flopCount", flopmeter_sample_t, flop_count, "u64"),
    WHOLE("journal", flopmeter_wire_journal_t),
    FIELD("journal", "epoch", flopmeter_wire_journal_t, epoch, "u64"),
    FIELD("journal", "count", flopmeter_wire_journal_t, count, "u32"),
    WHOLE("ringTrailer", flopmeter_wire_trailer_t),
    FIELD("ringTrailer", "tail", flopmeter_wire_trailer_t, tail, "u64"),
    FIELD("ringTrailer", "headCache", flopmeter_wire_trailer_t, head_cache, "u64"),
    FIELD("ringTrailer", "head", flopmeter_wire_trailer_t, head, "u64"),
    WHOLE("control", flopmeter_wire_control_t),
    FIELD("control", "magic", flopmeter_wire_control_t, magic, "u64"),
    FIELD("control", "wireVersion", flopmeter_wire_control_t, wire_version, "u32"),
    FIELD("control", "fileLength", flopmeter_wire_control_t, file_length, "u32"),
    FIELD("control", "meterNonce", flopmeter_wire_control_t, meter_nonce, "u64"),
    FIELD("control", "supervisorPid", flopmeter_wire_control_t, supervisor_pid, "u32"),
    FIELD("control", "meterState", flopmeter_wire_control_t, meter_state, "u32"),
    FIELD("control", "timeNs", flopmeter_wire_control_t, time_ns, "u64"),
    FIELD("control", "gate", flopmeter_wire_control_t, gate, "u32"),
    FIELD("control", "gapCount", flopmeter_wire_control_t, gap_count, "u32"),
    FIELD("control", "processFlags", flopmeter_wire_control_t, process_flags, "u32"),
    FIELD("control", "lostSamples", flopmeter_wire_control_t, lost_samples, "u64"),
    FIELD("control", "gap", flopmeter_wire_control_t, gap, "bytes"),
    WHOLE("gap", flopmeter_wire_gap_t),
    FIELD("gap", "state", flopmeter_wire_gap_t, state, "u32"),
    FIELD("gap", "reason", flopmeter_wire_gap_t, reason, "u32"),
    FIELD("gap", "source", flopmeter_wire_gap_t, source, "u32"),
    FIELD("gap", "pid", flopmeter_wire_gap_t, pid, "u32"),
    FIELD("gap", "beginNs", flopmeter_wire_gap_t, begin_ns, "u64"),
    FIELD("gap", "endNs", flopmeter_wire_gap_t, end_ns, "u64"),
    FIELD("gap", "samples", flopmeter_wire_gap_t, samples, "u64"),
    FIELD("gap", "joined", flopmeter_wire_gap_t, joined, "u32"),
    FIELD("gap", "ended", flopmeter_wire_gap_t, ended, "u32"),
};

static const size_t in_c_count = sizeof(in_c) / sizeof(in_c[0]);

static const row_t *find(const row_t *rows, size_t count, const row_t *wanted)
{
    for (size_t i = 0; i < count; i++)
    {
        if (0 == strcmp(rows[i].structure, wanted->structure) && 0 == strcmp(rows[i].field, wanted->field))
        {
            return &rows[i];
        }
    }
    return NULL;
}

static size_t read_csv(const char *path, row_t *rows)
{
    FILE *const file = fopen(path, "r");
    char line[256];
    size_t count = 0;

    CHECK(NULL != file, "%s", path);
    CHECK(NULL != fgets(line, sizeof(line), file), "%s is empty", path);
    CHECK(0 == strcmp(line, "struct,field,offset,length,type\n"), "first line: %s", line);
    while (NULL != fgets(line, sizeof(line), file))
    {
        row_t *const row = &rows[count++];
        CHECK(count < ROWS_MAX, "more than %d rows", ROWS_MAX);
        CHECK(5 == sscanf(line, "%23[^,],%23[^,],%lu,%lu,%7[^\n]",
            row->structure, row->field, &row->offset, &row->length, row->type), "row: %s", line);
    }
    fclose(file);
    return count;
}

int main(int argc, char **argv)
{
    static row_t in_csv[ROWS_MAX];

    CHECK(2 == argc, "usage: test_layout layout.csv");
    const size_t in_csv_count = read_csv(argv[1], in_csv);

    for (size_t i = 0; i < in_csv_count; i++)
    {
        const row_t *const row = &in_csv[i];
        const row_t *const mine = find(in_c, in_c_count, row);
        CHECK(NULL != mine, "%s.%s is not in C", row->structure, row->field);
        CHECK(find(in_csv, in_csv_count, row) == row, "%s.%s is there twice", row->structure, row->field);
        CHECK(mine->offset == row->offset && mine->length == row->length && 0 == strcmp(mine->type, row->type),
            "%s.%s: C has %lu,%lu,%s", row->structure, row->field, mine->offset, mine->length, mine->type);
    }
    for (size_t i = 0; i < in_c_count; i++)
    {
        CHECK(NULL != find(in_csv, in_csv_count, &in_c[i]), "missing in the CSV: %s,%s,%lu,%lu,%s",
            in_c[i].structure, in_c[i].field, in_c[i].offset, in_c[i].length, in_c[i].type);
    }
    return 0;
}

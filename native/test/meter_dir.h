/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A meter without the meter: a directory with a control file, and readers of all lanes in it.
 */

#ifndef FLOPMETER_TEST_METER_DIR_H
#define FLOPMETER_TEST_METER_DIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lane_reader.h"

#define METER_LANES_MAX (8192)

typedef struct meter_stct
{
    char path[256];
    char spill[256];
    uint8_t *control;
    lane_reader_t *lanes[METER_LANES_MAX];
    int lane_count;
}
meter_t;

/** Make the directory and the control file, and put both paths and the run "test" into the environment. */
meter_t *meter_create(void);

/** As meter_create() in the existing directory `parent`. */
meter_t *meter_create_in(const char *parent);

/** Remove everything. */
void meter_destroy(meter_t *meter);

/** Set the time word. */
void meter_time(meter_t *meter, uint64_t time_ns);

/** Adopt new lanes and consume what is released; moves heads when `commit`. */
void meter_drain(meter_t *meter, bool commit);

/** Check every lane against its tallies. */
void meter_check(meter_t *meter, bool dead);

/** Sum over all lanes of the slots with this node ("" = none, NULL = any) and part (-1 = any). */
total_t meter_total(const meter_t *meter, const char *node, int part);

/** Sum over all lanes of what was folded. */
total_t meter_folded(const meter_t *meter);

uint64_t meter_lost(const meter_t *meter);
uint32_t meter_gaps(const meter_t *meter, uint32_t reason);

/** Drain everything and check that the samples and FLOP of all lanes are these. */
void meter_expect(meter_t *meter, u128_t flop, uint64_t samples);

/** Run `scenario` in a child that first attaches; return its wait status. */
int meter_run(meter_t *meter, void (*scenario)(meter_t *));

/** As meter_run(), and check that it exited with 0. */
void meter_run_ok(meter_t *meter, void (*scenario)(meter_t *));

#endif /* FLOPMETER_TEST_METER_DIR_H */

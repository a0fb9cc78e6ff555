/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets in a drain cursor, codes of a drain call: flopmeter_drain_t of native/src/jni/flopmeter_drain.h. */
public final class DrainDescriptor
{
    public static final int RING_ADDRESS_OFFSET = 0;
    public static final int RING_CAPACITY_OFFSET = 8;
    public static final int TABLE_ADDRESS_OFFSET = 16;
    public static final int BLOCK_ADDRESS_OFFSET = 24;
    public static final int SLOT_COUNT_OFFSET = 32;
    public static final int HEAD_PUBLISHED_OFFSET = 40;
    public static final int SEQUENCE_STOP_OFFSET = 48;
    public static final int POSITION_OFFSET = 56;
    public static final int OPEN_COUNT_OFFSET = 64;
    public static final int SEQUENCE_NEXT_OFFSET = 72;
    public static final int RUNNING_OFFSET = 80;
    public static final int BOUNDARY_OFFSET = 104;
    public static final int FAULT_VALUE_OFFSET = 128;
    public static final int MAP_ADDRESS_OFFSET = 144;
    public static final int MAP_LENGTH_OFFSET = 152;
    public static final int LENGTH = 160;

    public static final int EMPTY = 0;
    public static final int LIMIT = 1;
    public static final int SLOT = 2;
    public static final int STOP = 3;
    public static final int PADDING = -1;
    public static final int RECORD_LENGTH = -2;
    public static final int OUTSTANDING = -3;
    public static final int TYPE = -4;
    public static final int SEQUENCE = -5;
    public static final int COUNT_CLOSED = -6;
    public static final int COUNT_OPEN = -7;
    public static final int OVERFLOW = -8;
    public static final int TRUNCATED = -9;

    /** One entry of the delta table: {low, samples << 32 | carries}. */
    public static final int DELTA_LENGTH = 16;
    public static final int DELTA_SHIFT = 4;
    public static final int DELTA_WORD_OFFSET = 8;
    public static final int SAMPLE_SHIFT = 32;
    public static final long CARRY_MASK = 0xFFFFFFFFL;
    /** Slots per byte of the block map: 64. */
    public static final int BLOCK_SHIFT = 6;
    /** In a table of more slots each sample marks its block; in a smaller one a call marks all of them. */
    public static final int UNMARKED_MAX = 1024;

    private DrainDescriptor()
    {
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets of a lane's header page, docs/design/0001-wire-format.md; checked against testdata/wire/layout.csv. */
public final class LaneDescriptor
{
    /** "FLOPLANE", little-endian. */
    public static final long MAGIC = 0x454E414C504F4C46L;
    public static final int WIRE_VERSION = 2;
    /** Lanes of libraries that fold sample by sample; they are read as well. */
    public static final int WIRE_VERSION_WITHOUT_JOURNAL = 1;
    public static final int HEADER_LENGTH = 4096;
    public static final String NAME_SUFFIX = ".lane";

    public static final int MAGIC_OFFSET = 0;
    public static final int WIRE_VERSION_OFFSET = 8;
    public static final int HEADER_LENGTH_OFFSET = 12;
    public static final int NONCE_OFFSET = 16;
    public static final int PID_OFFSET = 24;
    public static final int TID_OFFSET = 28;
    public static final int PID_START_TICKS_OFFSET = 32;
    public static final int CREATED_NS_OFFSET = 40;
    public static final int SLOT_CAPACITY_OFFSET = 48;
    public static final int RING_CAPACITY_OFFSET = 52;
    public static final int SLOT_TABLE_OFFSET_OFFSET = 56;
    public static final int FOLD_TABLE_OFFSET_OFFSET = 64;
    public static final int RING_OFFSET_OFFSET = 72;
    public static final int FILE_LENGTH_OFFSET = 80;
    public static final int PID_NAMESPACE_OFFSET = 88;
    public static final int JOURNAL_OFFSET_OFFSET = 96;
    public static final int JOURNAL_CAPACITY_OFFSET = 104;
    public static final int STATE_OFFSET = 128;
    public static final int SLOT_COUNT_OFFSET = 132;
    public static final int RING_TALLY_OFFSET = 192;
    public static final int FOLD_TALLY_OFFSET = 256;

    public static final int STATE_ACTIVE = 1;
    public static final int STATE_IDLE = 2;
    public static final int STATE_CLOSED = 3;

    public static final int SLOT_CAPACITY_MIN = 64;
    public static final int SLOT_CAPACITY_MAX = 65536;
    public static final int RING_CAPACITY_MIN = 4096;
    public static final int RING_CAPACITY_MAX = 64 * 1024 * 1024;

    /** Agrona's trailer behind the data of the ring. */
    public static final int TRAILER_LENGTH = 768;
    public static final int TRAILER_TAIL_OFFSET = 128;
    public static final int TRAILER_HEAD_CACHE_OFFSET = 256;
    public static final int TRAILER_HEAD_OFFSET = 384;

    private LaneDescriptor()
    {
    }

    public static long foldTableOffset(final int slotCapacity)
    {
        return HEADER_LENGTH + (long)slotCapacity * SlotDescriptor.LENGTH;
    }

    /** The ring begins at a page. */
    public static long ringOffset(final int slotCapacity)
    {
        final long end = foldTableOffset(slotCapacity) + (long)slotCapacity * FoldDescriptor.LENGTH;
        return (end + 4095) & -4096L;
    }

    /** Where a lane without a journal ends. */
    public static long journalOffset(final int slotCapacity, final int ringCapacity)
    {
        return ringOffset(slotCapacity) + ringCapacity + TRAILER_LENGTH;
    }

    /** Samples that a journal has room for as producers make it today, and the most that it may have. */
    public static int journalCapacity(final int slotCapacity)
    {
        return Math.min(2 * slotCapacity, JournalDescriptor.SAMPLES_MAX);
    }

    public static long fileLength(final int slotCapacity, final int ringCapacity)
    {
        return fileLength(slotCapacity, ringCapacity, journalCapacity(slotCapacity));
    }

    static long fileLength(final int slotCapacity, final int ringCapacity, final int journalCapacity)
    {
        return journalOffset(slotCapacity, ringCapacity) + JournalDescriptor.LENGTH +
            (long)journalCapacity * SampleDescriptor.LENGTH;
    }
}

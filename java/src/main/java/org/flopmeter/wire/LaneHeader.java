/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.flopmeter.wire.LaneDescriptor.FILE_LENGTH_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.FOLD_TABLE_OFFSET_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.HEADER_LENGTH;
import static org.flopmeter.wire.LaneDescriptor.HEADER_LENGTH_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.JOURNAL_CAPACITY_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.JOURNAL_OFFSET_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.MAGIC;
import static org.flopmeter.wire.LaneDescriptor.MAGIC_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.NAME_SUFFIX;
import static org.flopmeter.wire.LaneDescriptor.NONCE_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.PID_NAMESPACE_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.PID_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.PID_START_TICKS_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.RING_CAPACITY_MAX;
import static org.flopmeter.wire.LaneDescriptor.RING_CAPACITY_MIN;
import static org.flopmeter.wire.LaneDescriptor.RING_CAPACITY_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.RING_OFFSET_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.SLOT_CAPACITY_MAX;
import static org.flopmeter.wire.LaneDescriptor.SLOT_CAPACITY_MIN;
import static org.flopmeter.wire.LaneDescriptor.SLOT_CAPACITY_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.SLOT_TABLE_OFFSET_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.WIRE_VERSION;
import static org.flopmeter.wire.LaneDescriptor.WIRE_VERSION_OFFSET;
import static org.flopmeter.wire.LaneDescriptor.WIRE_VERSION_WITHOUT_JOURNAL;

import org.agrona.UnsafeApi;

/** The constants of a lane, read once, checked against each other and against the file, and never read again. */
public final class LaneHeader
{
    private static final int NONCE_LENGTH = 16;

    private final long nonce;
    private final int pid;
    private final long pidStartTicks;
    private final long pidNamespace;
    private final int slotCapacity;
    private final int ringCapacity;
    private final long foldTableOffset;
    private final long ringOffset;
    private final long journalOffset;
    private final int journalCapacity;

    public LaneHeader(final MappedLane lane, final long nonceExpected) throws LaneViolation
    {
        final long base = lane.address();
        expect(HEADER_LENGTH <= lane.length(), FILE_LENGTH_OFFSET, "file of " + lane.length() + " bytes has no header");
        expectLong(base, MAGIC_OFFSET, MAGIC, "magic");
        final int version = UnsafeApi.getInt(base + WIRE_VERSION_OFFSET);
        expect(WIRE_VERSION == version || WIRE_VERSION_WITHOUT_JOURNAL == version,
            WIRE_VERSION_OFFSET, "wireVersion=" + Integer.toUnsignedString(version));
        expectInt(base, HEADER_LENGTH_OFFSET, HEADER_LENGTH, "headerLength");
        expectLong(base, NONCE_OFFSET, nonceExpected, "nonce");
        nonce = nonceExpected;
        pid = UnsafeApi.getInt(base + PID_OFFSET);
        pidStartTicks = UnsafeApi.getLong(base + PID_START_TICKS_OFFSET);
        pidNamespace = UnsafeApi.getLong(base + PID_NAMESPACE_OFFSET);

        slotCapacity = UnsafeApi.getInt(base + SLOT_CAPACITY_OFFSET);
        expect(
            isPowerOfTwo(slotCapacity) && slotCapacity >= SLOT_CAPACITY_MIN && slotCapacity <= SLOT_CAPACITY_MAX,
            SLOT_CAPACITY_OFFSET, "slotCapacity=" + slotCapacity);
        ringCapacity = UnsafeApi.getInt(base + RING_CAPACITY_OFFSET);
        expect(
            isPowerOfTwo(ringCapacity) && ringCapacity >= RING_CAPACITY_MIN && ringCapacity <= RING_CAPACITY_MAX,
            RING_CAPACITY_OFFSET, "ringCapacity=" + ringCapacity);

        foldTableOffset = LaneDescriptor.foldTableOffset(slotCapacity);
        ringOffset = LaneDescriptor.ringOffset(slotCapacity);
        expectLong(base, SLOT_TABLE_OFFSET_OFFSET, HEADER_LENGTH, "slotTableOffset");
        expectLong(base, FOLD_TABLE_OFFSET_OFFSET, foldTableOffset, "foldTableOffset");
        expectLong(base, RING_OFFSET_OFFSET, ringOffset, "ringOffset");
        final boolean isJournaled = WIRE_VERSION == version;
        final long journalExpected = LaneDescriptor.journalOffset(slotCapacity, ringCapacity);
        journalOffset = isJournaled ? journalExpected : 0;
        expectLong(base, JOURNAL_OFFSET_OFFSET, journalOffset, "journalOffset");
        journalCapacity = UnsafeApi.getInt(base + JOURNAL_CAPACITY_OFFSET);
        // Producers of an older library have shorter ones.
        expect(
            isJournaled ?
                isPowerOfTwo(journalCapacity) && journalCapacity <= LaneDescriptor.journalCapacity(slotCapacity) :
                0 == journalCapacity,
            JOURNAL_CAPACITY_OFFSET, "journalCapacity=" + journalCapacity);
        final long fileLength =
            isJournaled ? LaneDescriptor.fileLength(slotCapacity, ringCapacity, journalCapacity) : journalExpected;
        expectLong(base, FILE_LENGTH_OFFSET, fileLength, "fileLength");
        expect(fileLength == lane.length(), FILE_LENGTH_OFFSET,
            "file has " + lane.length() + " bytes, its header says " + fileLength);
    }

    public long nonce()
    {
        return nonce;
    }

    public int pid()
    {
        return pid;
    }

    public long pidStartTicks()
    {
        return pidStartTicks;
    }

    /** In which the pid means something; 0 = unknown. */
    public long pidNamespace()
    {
        return pidNamespace;
    }

    public int slotCapacity()
    {
        return slotCapacity;
    }

    public int ringCapacity()
    {
        return ringCapacity;
    }

    public long foldTableOffset()
    {
        return foldTableOffset;
    }

    public long ringOffset()
    {
        return ringOffset;
    }

    /** Of samples; 0 = a lane without a journal. */
    public int journalCapacity()
    {
        return journalCapacity;
    }

    public long journalOffset()
    {
        return journalOffset;
    }

    /** File name of the lane with this nonce. */
    public static String nameOf(final long nonce)
    {
        final String digits = Long.toHexString(nonce);
        return "0".repeat(NONCE_LENGTH - digits.length()) + digits + NAME_SUFFIX;
    }

    /** Is this how lanes are named? Anything else in the directory is none of the reader's business. */
    public static boolean isLaneName(final String name)
    {
        if (NONCE_LENGTH + NAME_SUFFIX.length() != name.length() || !name.endsWith(NAME_SUFFIX))
        {
            return false;
        }
        for (int i = 0; i < NONCE_LENGTH; i++)
        {
            final char c = name.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            {
                return false;
            }
        }
        return true;
    }

    public static long nonceOf(final String laneName)
    {
        return Long.parseUnsignedLong(laneName.substring(0, NONCE_LENGTH), 16);
    }

    private static boolean isPowerOfTwo(final int value)
    {
        return value > 0 && 0 == (value & (value - 1));
    }

    private static void expectInt(final long base, final int offset, final int expected, final String name)
        throws LaneViolation
    {
        final int value = UnsafeApi.getInt(base + offset);
        expect(expected == value, offset, name + "=" + Integer.toUnsignedString(value));
    }

    private static void expectLong(final long base, final int offset, final long expected, final String name)
        throws LaneViolation
    {
        final long value = UnsafeApi.getLong(base + offset);
        expect(expected == value, offset, name + "=0x" + Long.toHexString(value));
    }

    private static void expect(final boolean holds, final long offset, final String reason) throws LaneViolation
    {
        if (!holds)
        {
            throw new LaneViolation(LaneViolation.Kind.HEADER, offset, reason);
        }
    }
}

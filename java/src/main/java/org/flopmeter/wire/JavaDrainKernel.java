/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.flopmeter.wire.BatchDescriptor.COUNT_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.HEADER_LENGTH;
import static org.flopmeter.wire.BatchDescriptor.RECORD_LENGTH_MAX;
import static org.flopmeter.wire.BatchDescriptor.SEQUENCE_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.TYPE_BATCH;
import static org.flopmeter.wire.BatchDescriptor.TYPE_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.TYPE_PADDING;
import static org.flopmeter.wire.DrainDescriptor.BOUNDARY_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.EMPTY;
import static org.flopmeter.wire.DrainDescriptor.HEAD_PUBLISHED_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.OPEN_COUNT_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.POSITION_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.RING_ADDRESS_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.RING_CAPACITY_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.RUNNING_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.SEQUENCE_NEXT_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.SEQUENCE_STOP_OFFSET;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.FlopArithmetic;

/**
 * The drain loop on raw addresses, function by function native/src/jni/drain.c. A page that is gone is an InternalError
 * here, on JDK 17 perhaps a late one: so the file's length must be checked every 64 KiB.
 */
public final class JavaDrainKernel implements DrainKernel
{
    public static final JavaDrainKernel INSTANCE = new JavaDrainKernel();

    /** Bytes between two checks that the file still has its length. */
    static final int LENGTH_LIMIT_MAX = 64 * 1024;

    private static final long ONE_SAMPLE = 1L << DrainDescriptor.SAMPLE_SHIFT;
    private static final long BLOCK_SLOTS = 1L << DrainDescriptor.BLOCK_SHIFT;
    private static final long TYPE_WORD = (long)TYPE_BATCH << 32;
    private static final long HIGH_ROOM = -1L << 32;

    private JavaDrainKernel()
    {
    }

    @Override
    public int drain(final long cursor, final long lengthLimit)
    {
        final long samplesBefore = UnsafeApi.getLong(cursor + RUNNING_OFFSET + 16);
        final int result = drainTo(cursor, UnsafeApi.getLong(cursor + POSITION_OFFSET) + lengthLimit);
        final long slotCount = UnsafeApi.getLong(cursor + DrainDescriptor.SLOT_COUNT_OFFSET);
        if (samplesBefore != UnsafeApi.getLong(cursor + RUNNING_OFFSET + 16) &&
            slotCount <= DrainDescriptor.UNMARKED_MAX)
        {
            final long blocks = UnsafeApi.getLong(cursor + DrainDescriptor.BLOCK_ADDRESS_OFFSET);
            UnsafeApi.setMemory(blocks, slotCount + BLOCK_SLOTS - 1 >>> DrainDescriptor.BLOCK_SHIFT, (byte)1);
        }
        return result;
    }

    @Override
    public int lengthLimitMax()
    {
        return LENGTH_LIMIT_MAX;
    }

    @Override
    public String name()
    {
        return "java";
    }

    private static int drainTo(final long cursor, final long limit)
    {
        long position = UnsafeApi.getLong(cursor + POSITION_OFFSET);
        while (position < limit)
        {
            if (0 == UnsafeApi.getLong(cursor + OPEN_COUNT_OFFSET) && hasRoom(cursor))
            {
                final int run = runThrough(cursor, limit);
                if (DrainDescriptor.LIMIT != run)
                {
                    return run;
                }
            }
            final long positionBefore = position;
            position = UnsafeApi.getLong(cursor + POSITION_OFFSET);
            if (position == positionBefore)
            {
                final int result = record(cursor);
                if (DrainDescriptor.LIMIT != result)
                {
                    return result;
                }
                position = UnsafeApi.getLong(cursor + POSITION_OFFSET);
            }
            else if (isStop(cursor))
            {
                return DrainDescriptor.STOP;
            }
        }
        return DrainDescriptor.LIMIT;
    }

    private static boolean isStop(final long cursor)
    {
        return UnsafeApi.getLong(cursor + SEQUENCE_NEXT_OFFSET) == UnsafeApi.getLong(cursor + SEQUENCE_STOP_OFFSET);
    }

    /** No call brings so many samples that this one carries out of 128 bits. */
    private static boolean hasRoom(final long cursor)
    {
        return Long.compareUnsigned(UnsafeApi.getLong(cursor + RUNNING_OFFSET + 8), HIGH_ROOM) < 0;
    }

    /** The record at the position, all checks on. LIMIT: it is consumed, go on; else what the call returns. */
    private static int record(final long cursor)
    {
        final long ring = UnsafeApi.getLong(cursor + RING_ADDRESS_OFFSET);
        final long mask = UnsafeApi.getLong(cursor + RING_CAPACITY_OFFSET) - 1;
        final long record = ring + (UnsafeApi.getLong(cursor + POSITION_OFFSET) & mask);
        final int length = UnsafeApi.getIntAcquire(null, record);
        if (length <= 0)
        {
            return 0 == length ? EMPTY : open(cursor, record, -(long)length);
        }
        final int result = closed(cursor, record, length);
        if (EMPTY != result)
        {
            return result;
        }
        return isStop(cursor) ? DrainDescriptor.STOP : DrainDescriptor.LIMIT;
    }

    /**
     * Closed batches, one after the other, as long as everything is as it should be, with the state in registers. What
     * is not is left where it is: {@link #record} looks at it again, from the beginning, and says why.
     */
    private static int runThrough(final long cursor, final long limit)
    {
        final long ring = UnsafeApi.getLong(cursor + RING_ADDRESS_OFFSET);
        final long capacity = UnsafeApi.getLong(cursor + RING_CAPACITY_OFFSET);
        final long outstanding = UnsafeApi.getLong(cursor + HEAD_PUBLISHED_OFFSET) + capacity;
        final long sequenceStop = UnsafeApi.getLong(cursor + SEQUENCE_STOP_OFFSET);
        long position = UnsafeApi.getLong(cursor + POSITION_OFFSET);
        long sequence = UnsafeApi.getLong(cursor + SEQUENCE_NEXT_OFFSET);
        while (position < limit && sequence != sequenceStop)
        {
            final long record = ring + (position & capacity - 1);
            // Length and type in one word: what is open, empty, padding or too long is more than the longest record.
            final long length = UnsafeApi.getLongAcquire(null, record) - TYPE_WORD;
            final int count = UnsafeApi.getInt(record + COUNT_OFFSET);
            if (Long.compareUnsigned(length, RECORD_LENGTH_MAX) > 0 ||
                length != HEADER_LENGTH + (count & DrainDescriptor.CARRY_MASK) * SampleDescriptor.LENGTH ||
                length > capacity - (position & capacity - 1) ||
                Long.compareUnsigned(position + length, outstanding) > 0 ||
                UnsafeApi.getLong(record + SEQUENCE_OFFSET) != sequence)
            {
                break;
            }
            final int result = consume(cursor, record, count);
            if (EMPTY != result)
            {
                return result;
            }
            position += length;
            sequence++;
            UnsafeApi.putLong(cursor + OPEN_COUNT_OFFSET, 0);
            UnsafeApi.putLong(cursor + POSITION_OFFSET, position);
            UnsafeApi.putLong(cursor + SEQUENCE_NEXT_OFFSET, sequence);
            keepBoundary(cursor);
        }
        return DrainDescriptor.LIMIT;
    }

    /** What was consumed up to here is at the end of a record. */
    private static void keepBoundary(final long cursor)
    {
        for (int offset = 0; offset < BOUNDARY_OFFSET - RUNNING_OFFSET; offset += 8)
        {
            UnsafeApi.putLong(cursor + BOUNDARY_OFFSET + offset, UnsafeApi.getLong(cursor + RUNNING_OFFSET + offset));
        }
    }

    private static int closed(final long cursor, final long record, final long length)
    {
        final int type = UnsafeApi.getInt(record + TYPE_OFFSET);
        if (TYPE_PADDING == type)
        {
            if (0 != UnsafeApi.getLong(cursor + OPEN_COUNT_OFFSET) || length != toEnd(cursor) ||
                length > RECORD_LENGTH_MAX)
            {
                return fault(cursor, DrainDescriptor.PADDING, length, toEnd(cursor));
            }
        }
        else
        {
            final int result = batch(cursor, record, type, length);
            if (EMPTY != result)
            {
                return result;
            }
        }
        UnsafeApi.putLong(cursor + POSITION_OFFSET, UnsafeApi.getLong(cursor + POSITION_OFFSET) + length);
        keepBoundary(cursor);
        return isOutstanding(cursor, 0) ? fault(cursor, DrainDescriptor.OUTSTANDING, length, 0) : EMPTY;
    }

    private static int batch(final long cursor, final long record, final int type, final long length)
    {
        final int checked = checkRecord(cursor, record, type, length);
        if (EMPTY != checked)
        {
            return checked;
        }
        final long count = UnsafeApi.getIntAcquire(null, record + COUNT_OFFSET) & DrainDescriptor.CARRY_MASK;
        if (count != (length - HEADER_LENGTH) / SampleDescriptor.LENGTH ||
            count < UnsafeApi.getLong(cursor + OPEN_COUNT_OFFSET))
        {
            return fault(cursor, DrainDescriptor.COUNT_CLOSED, count, length);
        }
        final int result = consume(cursor, record, (int)count);
        if (EMPTY == result)
        {
            UnsafeApi.putLong(cursor + OPEN_COUNT_OFFSET, 0);
            UnsafeApi.putLong(
                cursor + SEQUENCE_NEXT_OFFSET, UnsafeApi.getLong(cursor + SEQUENCE_NEXT_OFFSET) + 1);
        }
        return result;
    }

    private static int open(final long cursor, final long record, final long length)
    {
        final int type = UnsafeApi.getInt(record + TYPE_OFFSET);
        if (TYPE_PADDING == type)
        {
            return EMPTY;
        }
        final int checked = checkRecord(cursor, record, type, length);
        if (EMPTY != checked)
        {
            return checked;
        }
        if (isOutstanding(cursor, length))
        {
            return fault(cursor, DrainDescriptor.OUTSTANDING, length, 0);
        }
        final long count = UnsafeApi.getIntAcquire(null, record + COUNT_OFFSET) & DrainDescriptor.CARRY_MASK;
        if (count < UnsafeApi.getLong(cursor + OPEN_COUNT_OFFSET) ||
            count > (length - HEADER_LENGTH) / SampleDescriptor.LENGTH)
        {
            return fault(cursor, DrainDescriptor.COUNT_OPEN, count, length);
        }
        return consume(cursor, record, (int)count);
    }

    private static int checkRecord(final long cursor, final long record, final int type, final long length)
    {
        if (TYPE_BATCH != type)
        {
            return fault(cursor, DrainDescriptor.TYPE, type, 0);
        }
        if (length < HEADER_LENGTH || length > RECORD_LENGTH_MAX || 0 != (length & SampleDescriptor.LENGTH - 1) ||
            length > toEnd(cursor))
        {
            return fault(cursor, DrainDescriptor.RECORD_LENGTH, length, toEnd(cursor));
        }
        final long sequence = UnsafeApi.getLong(record + SEQUENCE_OFFSET);
        final long sequenceNext = UnsafeApi.getLong(cursor + SEQUENCE_NEXT_OFFSET);
        return sequence == sequenceNext ? EMPTY : fault(cursor, DrainDescriptor.SEQUENCE, sequence, sequenceNext);
    }

    /** Add samples from the open count on to the table and to the running sum. */
    private static int consume(final long cursor, final long record, final int to)
    {
        final long table = UnsafeApi.getLong(cursor + DrainDescriptor.TABLE_ADDRESS_OFFSET);
        final long blocks = UnsafeApi.getLong(cursor + DrainDescriptor.BLOCK_ADDRESS_OFFSET);
        final int slotCount = (int)UnsafeApi.getLong(cursor + DrainDescriptor.SLOT_COUNT_OFFSET);
        final boolean marks = slotCount > DrainDescriptor.UNMARKED_MAX;
        final int from = (int)UnsafeApi.getLong(cursor + OPEN_COUNT_OFFSET);
        long sample = record + HEADER_LENGTH + (long)from * SampleDescriptor.LENGTH;
        long low = 0;
        long high = 0;
        int slot = 0;
        int i = from;
        for (; i < to; i++)
        {
            slot = UnsafeApi.getInt(sample);
            final long flopCount = UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
            if (Integer.compareUnsigned(slot, slotCount) >= 0)
            {
                break;
            }
            final long delta = table + ((long)slot << DrainDescriptor.DELTA_SHIFT);
            final long deltaLow = UnsafeApi.getLong(delta) + flopCount;
            UnsafeApi.putLong(delta, deltaLow);
            UnsafeApi.putLong(
                delta + DrainDescriptor.DELTA_WORD_OFFSET,
                UnsafeApi.getLong(delta + DrainDescriptor.DELTA_WORD_OFFSET) + ONE_SAMPLE +
                FlopArithmetic.carry(deltaLow, flopCount));
            if (marks)
            {
                UnsafeApi.putByte(blocks + (slot >>> DrainDescriptor.BLOCK_SHIFT), (byte)1);
            }
            low += flopCount;
            high += FlopArithmetic.carry(low, flopCount);
            sample += SampleDescriptor.LENGTH;
        }
        UnsafeApi.putLong(cursor + OPEN_COUNT_OFFSET, i);
        if (!addToRunning(cursor + RUNNING_OFFSET, low, high, i - from))
        {
            return fault(cursor, DrainDescriptor.OVERFLOW, 0, 0);
        }
        return i == to ?
            EMPTY : fault(cursor, DrainDescriptor.SLOT, slot & DrainDescriptor.CARRY_MASK, slotCount);
    }

    private static boolean addToRunning(final long sum, final long low, final long high, final long samples)
    {
        final long lowBefore = UnsafeApi.getLong(sum);
        final long highBefore = UnsafeApi.getLong(sum + 8);
        if (FlopArithmetic.addOverflows(highBefore, lowBefore, high, low))
        {
            return false;
        }
        UnsafeApi.putLong(sum, lowBefore + low);
        UnsafeApi.putLong(sum + 8, FlopArithmetic.addHigh(highBefore, lowBefore, high, low));
        UnsafeApi.putLong(sum + 16, UnsafeApi.getLong(sum + 16) + samples);
        return true;
    }

    /** A producer can't have written more than a ring beyond the head it was given. */
    private static boolean isOutstanding(final long cursor, final long length)
    {
        return Long.compareUnsigned(
            UnsafeApi.getLong(cursor + POSITION_OFFSET) + length - UnsafeApi.getLong(cursor + HEAD_PUBLISHED_OFFSET),
            UnsafeApi.getLong(cursor + RING_CAPACITY_OFFSET)) > 0;
    }

    private static long toEnd(final long cursor)
    {
        final long capacity = UnsafeApi.getLong(cursor + RING_CAPACITY_OFFSET);
        return capacity - (UnsafeApi.getLong(cursor + POSITION_OFFSET) & (capacity - 1));
    }

    private static int fault(final long cursor, final int code, final long value0, final long value1)
    {
        UnsafeApi.putLong(cursor + DrainDescriptor.FAULT_VALUE_OFFSET, value0);
        UnsafeApi.putLong(cursor + DrainDescriptor.FAULT_VALUE_OFFSET + 8, value1);
        return code;
    }
}

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

import org.agrona.UnsafeApi;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.wire.LaneViolation.Kind;

/**
 * Drains the ring of one lane from private positions, on raw addresses, without allocation. Every word of the lane is
 * untrusted: it is loaded once, checked, then used. Open batches are consumed up to their released count.
 * <p>
 * After a violation the sums are in an undefined state: go back to what was committed.
 */
public final class LaneReader
{
    /** Bytes between two checks that the file still has its length, and the most that one turn drains. */
    public static final int CHUNK_LENGTH = 64 * 1024;

    private final MappedLane lane;
    private final LaneHeader header;
    private final SlotTable slots;
    private final SlotSums sums = new SlotSums();
    private final DoubleRecord tally = new DoubleRecord();
    private final RunningSum running = new RunningSum();
    private final RunningSum boundary = new RunningSum();
    private final long ringAddress;
    private final int ringCapacity;

    private long position;
    private int openCount;
    private long sequenceNext = 1;
    private long headPublished;
    private boolean isTallyPending;

    public LaneReader(final MappedLane lane, final LaneHeader header)
    {
        this.lane = lane;
        this.header = header;
        slots = new SlotTable(lane, header);
        ringAddress = lane.address() + header.ringOffset();
        ringCapacity = header.ringCapacity();
    }

    /** Go on from a committed state, after the sums and the keys have been restored. */
    public void restore(final long positionCommitted, final int openCountCommitted, final long sequenceNextCommitted)
    {
        position = positionCommitted;
        openCount = openCountCommitted;
        sequenceNext = sequenceNextCommitted;
        running.set(0, 0, 0);
        for (int slot = 0; slot < slots.count(); slot++)
        {
            running.add(sums.ringLow(slot), sums.ringHigh(slot), sums.ringSamples(slot));
        }
        headPublished = position;
    }

    public LaneHeader header()
    {
        return header;
    }

    public SlotTable slots()
    {
        return slots;
    }

    public SlotSums sums()
    {
        return sums;
    }

    /** Ring bytes consumed, at a record boundary. */
    public long position()
    {
        return position;
    }

    /** Samples consumed of the open record at the position. */
    public int openCount()
    {
        return openCount;
    }

    /** Sequence of the record at the position. */
    public long sequenceNext()
    {
        return sequenceNext;
    }

    /** All that was consumed. */
    public RunningSum running()
    {
        return running;
    }

    /** What was consumed up to the position, the open record left out. */
    public RunningSum boundary()
    {
        return boundary;
    }

    /** The producer's own tally of what it put into the ring, as last read. */
    public DoubleRecord tally()
    {
        return tally;
    }

    /** Is there a record that has not been consumed? One load. */
    public boolean hasWork()
    {
        final long record = ringAddress + (position & (ringCapacity - 1));
        final int length = UnsafeApi.getIntAcquire(null, record);
        return length > 0 || (length < 0 && openCount != UnsafeApi.getInt(record + COUNT_OFFSET));
    }

    /**
     * Consume records of about `lengthLimit` bytes at most. Return how many bytes and samples, in one number above 0.
     */
    public int drain(final int lengthLimit) throws LaneViolation
    {
        checkFileLength();
        takeTally();
        final long limit = position + Math.min(lengthLimit, CHUNK_LENGTH);
        int work = 0;
        while (position < limit)
        {
            final long record = ringAddress + (position & (ringCapacity - 1));
            final int length = UnsafeApi.getIntAcquire(null, record);
            if (length > 0)
            {
                closed(record, length);
                work += length;
            }
            else
            {
                work += length < 0 ? open(record, length) : 0;
                break;
            }
        }
        // What was read from a page that is gone is not data, even when no fault told so.
        checkFileLength();
        return work;
    }

    /** Let the producer have the room of what was consumed. Only after the commit: see docs/design/0003-commit.md. */
    public void publishHead()
    {
        if (headPublished != position)
        {
            UnsafeApi.putLongRelease(
                null, ringAddress + ringCapacity + LaneDescriptor.TRAILER_HEAD_OFFSET, position);
            headPublished = position;
        }
    }

    /** Write the committed head again: the meter before this one may have died between its commit and its heads. */
    public void republishHead()
    {
        headPublished = -1;
        publishHead();
    }

    /** When the producer is gone and nothing is left: does its last tally equal what was consumed? */
    public void checkEnd() throws LaneViolation
    {
        checkFileLength();
        if (!tally.read(tallyAddress()))
        {
            return;
        }
        final boolean covered = tally.version() == sequenceNext - 1 ?
            boundary.equalTo(tally) : tally.version() == sequenceNext && running.equalTo(tally);
        if (!covered)
        {
            throw tallyViolation();
        }
    }

    /** Samples that the producer says it put into the ring, read now; unsigned and not to be believed. */
    public long samplesClaimed()
    {
        return tally.read(tallyAddress()) ? tally.samples() : 0;
    }

    public void checkFileLength() throws LaneViolation
    {
        final long fileLength = lane.fileLength();
        if (fileLength != lane.length())
        {
            throw new LaneViolation(
                Kind.TRUNCATED,
                Math.max(0, fileLength),
                "file of " + lane.length() + " bytes has " + fileLength + " now");
        }
    }

    private void closed(final long record, final int length) throws LaneViolation
    {
        final int offset = (int)(position & (ringCapacity - 1));
        final int type = UnsafeApi.getInt(record + TYPE_OFFSET);
        if (TYPE_PADDING == type)
        {
            if (0 != openCount || length != ringCapacity - offset || length > RECORD_LENGTH_MAX)
            {
                throw violation(
                    Kind.LENGTH, "padding of " + length + " bytes, " + (ringCapacity - offset) + " to the end");
            }
        }
        else
        {
            checkRecord(type, length, offset, record);
            final int count = UnsafeApi.getIntAcquire(null, record + COUNT_OFFSET);
            if (count != (length - HEADER_LENGTH) / SampleDescriptor.LENGTH || count < openCount)
            {
                throw violation(Kind.COUNT, "count=" + count + " after " + openCount + " in " + length + " bytes");
            }
            consume(record, openCount, count);
            openCount = 0;
            sequenceNext++;
        }
        position += length;
        checkOutstanding(0);
        boundary.set(running);
        checkTally();
    }

    private int open(final long record, final int length) throws LaneViolation
    {
        final int type = UnsafeApi.getInt(record + TYPE_OFFSET);
        if (TYPE_PADDING == type)
        {
            return 0;
        }
        final int claimed = -length;
        checkRecord(type, claimed, (int)(position & (ringCapacity - 1)), record);
        checkOutstanding(claimed);
        final int count = UnsafeApi.getIntAcquire(null, record + COUNT_OFFSET);
        if (count < openCount || count > (claimed - HEADER_LENGTH) / SampleDescriptor.LENGTH)
        {
            throw violation(Kind.COUNT, "count=" + count + " after " + openCount + " in " + claimed + " bytes claimed");
        }
        final int work = count - openCount;
        consume(record, openCount, count);
        openCount = count;
        return work;
    }

    private void checkRecord(final int type, final int length, final int offset, final long record)
        throws LaneViolation
    {
        if (TYPE_BATCH != type)
        {
            throw violation(Kind.TYPE, "type=" + type);
        }
        if (length < HEADER_LENGTH || length > RECORD_LENGTH_MAX || 0 != (length & 15) ||
            length > ringCapacity - offset)
        {
            throw violation(Kind.LENGTH, "length=" + length + ", " + (ringCapacity - offset) + " to the end");
        }
        final long sequence = UnsafeApi.getLong(record + SEQUENCE_OFFSET);
        if (sequence != sequenceNext)
        {
            throw violation(Kind.SEQUENCE, "sequence=" + sequence + ", expected " + sequenceNext);
        }
    }

    /** A producer can't have written more than a ring beyond the head it was given. */
    private void checkOutstanding(final int length) throws LaneViolation
    {
        if (position + length - headPublished > ringCapacity)
        {
            throw violation(Kind.LENGTH, "more outstanding than the ring holds");
        }
    }

    private void consume(final long record, final int from, final int to) throws LaneViolation
    {
        int slotCount = slots.count();
        long[] words = sums.words;
        long low = 0;
        long high = 0;
        for (int i = from; i < to; i++)
        {
            final long sample = record + HEADER_LENGTH + (long)i * SampleDescriptor.LENGTH;
            final int slot = UnsafeApi.getInt(sample);
            final long flopCount = UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
            if (Integer.compareUnsigned(slot, slotCount) >= 0)
            {
                slotCount = slotCountCovering(slot);
                words = sums.words;
            }

            final int base = slot << SlotSums.SHIFT;
            final long slotLow = words[base] + flopCount;
            words[base] = slotLow;
            if (Long.compareUnsigned(slotLow, flopCount) < 0 && 0 == ++words[base + SlotSums.RING_HIGH])
            {
                throw violation(Kind.OVERFLOW, "slot " + slot + " needs more than 128 bits");
            }
            words[base + SlotSums.RING_SAMPLES]++;
            if (0 == words[base + SlotSums.DIRTY])
            {
                sums.markDirty(slot);
            }
            low += flopCount;
            high += FlopArithmetic.carry(low, flopCount);
        }
        if (!running.add(low, high, to - from))
        {
            throw violation(Kind.OVERFLOW, "the lane needs more than 128 bits");
        }
    }

    private int slotCountCovering(final int slot) throws LaneViolation
    {
        final int slotCount = slots.refresh();
        sums.ensureCapacity(slotCount);
        if (Integer.compareUnsigned(slot, slotCount) >= 0)
        {
            throw violation(Kind.SLOT, "slot=" + Integer.toUnsignedString(slot) + " of " + slotCount);
        }
        return slotCount;
    }

    /** Read a tally, unless one is waiting for its batch to be reached: that is how a busy lane is checked, too. */
    private void takeTally() throws LaneViolation
    {
        if (!isTallyPending && tally.read(tallyAddress()))
        {
            isTallyPending = true;
            checkTally();
        }
    }

    private void checkTally() throws LaneViolation
    {
        final long lead = tally.version() - (sequenceNext - 1);
        if (isTallyPending && lead <= 0)
        {
            isTallyPending = false;
            // The tally is published before its record is closed, so it can't be behind what was read as closed.
            if (lead < 0 || !boundary.equalTo(tally))
            {
                throw tallyViolation();
            }
        }
    }

    private long tallyAddress()
    {
        return lane.address() + LaneDescriptor.RING_TALLY_OFFSET;
    }

    private LaneViolation tallyViolation()
    {
        return new LaneViolation(
            Kind.TALLY,
            LaneDescriptor.RING_TALLY_OFFSET,
            "ring tally of batch " + tally.version() + " has " + tally.samples() + " samples; consumed through batch " +
            (sequenceNext - 1) + ": " + boundary.samples() + ", with the open one " + running.samples());
    }

    private LaneViolation violation(final Kind kind, final String reason)
    {
        return new LaneViolation(kind, header.ringOffset() + (position & (ringCapacity - 1)), reason);
    }
}

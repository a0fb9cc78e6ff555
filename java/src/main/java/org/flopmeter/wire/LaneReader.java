/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.agrona.UnsafeApi;
import org.flopmeter.wire.LaneViolation.Kind;

/**
 * Drains the ring of one lane from private positions, without allocation: a {@link DrainKernel} consumes, this class
 * gives it its limits and judges. Every word of the lane is untrusted: it is loaded once, checked, then used. Open
 * batches are consumed up to their released count.
 * <p>
 * After a violation the sums are in an undefined state: go back to what was committed. One thread.
 */
public final class LaneReader
{
    /** What one turn of a small lane drains at most. */
    public static final int CHUNK_LENGTH = JavaDrainKernel.LENGTH_LIMIT_MAX;

    private final MappedLane lane;
    private final LaneHeader header;
    private final DrainKernel kernel;
    private final SlotTable slots;
    private final SlotSums sums = new SlotSums(new DeltaTable());
    private final DrainCursor cursor;
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

    /** With the Java kernel. */
    public LaneReader(final MappedLane lane, final LaneHeader header)
    {
        this(lane, header, JavaDrainKernel.INSTANCE);
    }

    public LaneReader(final MappedLane lane, final LaneHeader header, final DrainKernel kernel)
    {
        this.lane = lane;
        this.header = header;
        this.kernel = kernel;
        slots = new SlotTable(lane, header);
        cursor = new DrainCursor(lane, header);
        cursor.table(sums.deltas(), 0);
        ringAddress = lane.address() + header.ringOffset();
        ringCapacity = header.ringCapacity();
    }

    /**
     * Go on from a committed state, after the keys and {@link #boundary()} have been restored. What runs on is the sum
     * of the committed slots: so the producer's tally checks them, too.
     */
    public void restore(
        final SlotSums committed,
        final long positionCommitted,
        final int openCountCommitted,
        final long sequenceNextCommitted)
    {
        sums.ensureCapacity(slots.count());
        running.set(0, 0, 0);
        for (int slot = 0; slot < slots.count(); slot++)
        {
            running.add(committed.ringLow(slot), committed.ringHigh(slot), committed.ringSamples(slot));
        }
        headPublished = positionCommitted;
        cursor.set(DrainDescriptor.POSITION_OFFSET, positionCommitted);
        cursor.set(DrainDescriptor.OPEN_COUNT_OFFSET, openCountCommitted);
        cursor.set(DrainDescriptor.SEQUENCE_NEXT_OFFSET, sequenceNextCommitted);
        cursor.set(DrainDescriptor.HEAD_PUBLISHED_OFFSET, positionCommitted);
        cursor.setSum(DrainDescriptor.RUNNING_OFFSET, running);
        cursor.setSum(DrainDescriptor.BOUNDARY_OFFSET, boundary);
        cursor.table(sums.deltas(), slots.count());
        takeCursor();
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
        return length > 0 ||
            (length < 0 && openCount != UnsafeApi.getInt(record + BatchDescriptor.COUNT_OFFSET));
    }

    /**
     * Consume records of about `lengthLimit` bytes at most. Return how many bytes and samples, in one number above 0
     * when there was something.
     */
    public int drain(final int lengthLimit) throws LaneViolation
    {
        checkFileLength();
        return drainChecked(lengthLimit);
    }

    /** {@link #drain} right after {@link #checkFileLength}. */
    public int drainChecked(final int lengthLimit) throws LaneViolation
    {
        final long positionBefore = position;
        final int openCountBefore = openCount;
        final long limit = position + Math.min(lengthLimit, ringCapacity);
        takeTally();
        boolean isMore = true;
        while (isMore && position < limit)
        {
            cursor.set(DrainDescriptor.SEQUENCE_STOP_OFFSET, isTallyPending ? tally.version() + 1 : 0);
            final int code = kernel.drain(cursor.address(), Math.min(limit - position, kernel.lengthLimitMax()));
            takeCursor();
            isMore = DrainDescriptor.EMPTY != code;
            judge(code);
            // What was read from a page that is gone is not data, even when no fault told so.
            checkFileLength();
        }
        return (int)(position - positionBefore) + Math.max(0, openCount - openCountBefore);
    }

    /** Let the producer have the room of what was consumed. Only after the commit: see docs/design/0003-commit.md. */
    public void publishHead()
    {
        if (headPublished != position)
        {
            UnsafeApi.putLongRelease(
                null, ringAddress + ringCapacity + LaneDescriptor.TRAILER_HEAD_OFFSET, position);
            headPublished = position;
            cursor.set(DrainDescriptor.HEAD_PUBLISHED_OFFSET, position);
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

    private void takeCursor()
    {
        position = cursor.get(DrainDescriptor.POSITION_OFFSET);
        openCount = (int)cursor.get(DrainDescriptor.OPEN_COUNT_OFFSET);
        sequenceNext = cursor.get(DrainDescriptor.SEQUENCE_NEXT_OFFSET);
        cursor.getSum(DrainDescriptor.RUNNING_OFFSET, running);
        cursor.getSum(DrainDescriptor.BOUNDARY_OFFSET, boundary);
    }

    private void judge(final int code) throws LaneViolation
    {
        switch (code)
        {
            case DrainDescriptor.EMPTY, DrainDescriptor.LIMIT ->
            {
                // Nothing to judge.
            }
            case DrainDescriptor.STOP -> checkTally();
            case DrainDescriptor.SLOT -> coverSlot((int)cursor.faultValue(0));
            default -> throw violation(code);
        }
    }

    private void coverSlot(final int slot) throws LaneViolation
    {
        final int slotCount = slots.refresh();
        sums.ensureCapacity(slotCount);
        cursor.table(sums.deltas(), slotCount);
        if (Integer.compareUnsigned(slot, slotCount) >= 0)
        {
            throw violation(Kind.SLOT, "slot=" + Integer.toUnsignedString(slot) + " of " + slotCount);
        }
    }

    private LaneViolation violation(final int code) throws LaneViolation
    {
        final long value = cursor.faultValue(0);
        final long bound = cursor.faultValue(1);
        return switch (code)
        {
            case DrainDescriptor.PADDING ->
                violation(Kind.LENGTH, "padding of " + value + " bytes, " + bound + " to the end");
            case DrainDescriptor.RECORD_LENGTH ->
                violation(Kind.LENGTH, "length=" + value + ", " + bound + " to the end");
            case DrainDescriptor.OUTSTANDING -> violation(Kind.LENGTH, "more outstanding than the ring holds");
            case DrainDescriptor.TYPE -> violation(Kind.TYPE, "type=" + value);
            case DrainDescriptor.SEQUENCE ->
                violation(Kind.SEQUENCE, "sequence=" + value + ", expected " + bound);
            case DrainDescriptor.COUNT_CLOSED, DrainDescriptor.COUNT_OPEN -> violation(
                Kind.COUNT, "count=" + value + " after " + openCount + " in " + bound + " bytes" +
                (DrainDescriptor.COUNT_OPEN == code ? " claimed" : ""));
            case DrainDescriptor.OVERFLOW -> violation(Kind.OVERFLOW, "the lane needs more than 128 bits");
            case DrainDescriptor.TRUNCATED ->
                violation(Kind.TRUNCATED, "a read faulted: the file was cut under its map");
            default -> throw new IllegalStateException("drain kernel " + kernel.name() + " returned " + code);
        };
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

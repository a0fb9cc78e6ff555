/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.flopmeter.wire.SlotSums.FOLD_VERSION;
import static org.flopmeter.wire.SlotSums.SHIFT;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.wire.LaneViolation.Kind;

/**
 * Reads what one lane has folded in place: cumulative cells that only grow, and the journal of what goes there next,
 * checked against the producer's fold tally.
 */
public final class FoldReader
{
    /**
     * 2^120 FLOP are more than any process can fold: a lane that claims more lies, and could overflow honest totals.
     */
    private static final int HIGH_BITS_MAX = 56;

    private final MappedLane lane;
    private final LaneHeader header;
    private final SlotTable slots;
    private final SlotSums sums;
    private final DoubleRecord tally = new DoubleRecord();
    private final DoubleRecord cell = new DoubleRecord();
    private final RunningSum total = new RunningSum();
    /** Null in a lane that has none. */
    private final FoldJournal journal;
    private final RunningSum told = new RunningSum();
    private long versionScanned;

    public FoldReader(final MappedLane lane, final LaneReader reader)
    {
        this.lane = lane;
        header = reader.header();
        slots = reader.slots();
        sums = reader.sums();
        journal = 0 == header.journalCapacity() ? null : new FoldJournal(lane, header, slots, sums);
    }

    /** Go on from committed sums. */
    public void restore()
    {
        versionScanned = 0;
        total.set(0, 0, 0);
        for (int slot = 0; slot < slots.count(); slot++)
        {
            total.add(sums.foldLow(slot), sums.foldHigh(slot), sums.foldSamples(slot));
        }
        if (null != journal)
        {
            journal.forget();
        }
    }

    /** All that was folded, as last read. */
    public RunningSum total()
    {
        return total;
    }

    /** The producer's own tally of what it folded, as last read. */
    public DoubleRecord tally()
    {
        return tally;
    }

    /** Has anything been folded since the last scan? A load or two, of one line. */
    public boolean hasWork()
    {
        return null == journal ?
            versionScanned != UnsafeApi.getLong(lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET) :
            journal.hasMoved();
    }

    /** Read every cell that has changed. Return how many. */
    public int scan() throws LaneViolation
    {
        return null == journal ? scanWithoutJournal() : scanWithJournal();
    }

    /** Samples that the producer says it folded, read now; unsigned and not to be believed. */
    public long samplesClaimed()
    {
        if (!tally.read(lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET))
        {
            return 0;
        }
        return tally.samples() +
            (null == journal || tally.version() == journal.epochClaimed() ? 0 : journal.samplesClaimed());
    }

    /** The journal before the cells: what it has no more when it is read, they have. */
    private int scanWithJournal() throws LaneViolation
    {
        journal.read();
        final long tallyAddress = lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET;
        final boolean isTallyRead = tally.read(tallyAddress);
        final int changed = readCells(slots.count());
        // While the producer folds on, the cells are of different instants and can't be compared with any one tally.
        if (isTallyRead && journal.isStill(tallyAddress, tally.version()))
        {
            checkTally();
        }
        return changed;
    }

    /** Each sample of the journal is in the sums, from there or from its cell; is it in the tally as well? */
    private void checkTally() throws LaneViolation
    {
        told.set(tally.low(), tally.high(), tally.samples());
        boolean isSound = tally.version() == journal.epoch();
        if (tally.version() == journal.epoch() - 1)
        {
            isSound = told.add(journal.total().low(), journal.total().high(), journal.total().samples());
        }
        if (!isSound || !told.equalTo(total))
        {
            throw new LaneViolation(
                Kind.TALLY,
                LaneDescriptor.FOLD_TALLY_OFFSET,
                "fold tally " + tally.version() + " at journal " + journal.epoch() + " makes " + told.samples() +
                " samples, the cells " + total.samples());
        }
    }

    private int scanWithoutJournal() throws LaneViolation
    {
        final long tallyAddress = lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET;
        if (!tally.read(tallyAddress))
        {
            return 0;
        }
        final long versionBefore = tally.version();
        final int slotCount = slots.refresh();
        sums.ensureCapacity(slotCount);
        final int changed = readCells(slotCount);
        versionScanned = versionBefore;
        // While the producer folds on, the cells are of different instants and can't be compared with any one tally.
        if (versionBefore == UnsafeApi.getLongAcquire(null, tallyAddress) &&
            !total.equalTo(tally) && !total.oneSampleBeyond(tally))
        {
            throw new LaneViolation(
                Kind.TALLY,
                LaneDescriptor.FOLD_TALLY_OFFSET,
                "fold tally has " + tally.samples() + " samples, the cells have " + total.samples());
        }
        return changed;
    }

    private int readCells(final int slotCount) throws LaneViolation
    {
        int changed = 0;
        for (int slot = 0; slot < slotCount; slot++)
        {
            changed += readCell(slot) ? 1 : 0;
        }
        return changed;
    }

    private boolean readCell(final int slot) throws LaneViolation
    {
        final long offset = header.foldTableOffset() + (long)slot * FoldDescriptor.LENGTH;
        final long address = lane.address() + offset;
        final int base = slot << SHIFT;
        if (sums.words[base + FOLD_VERSION] == UnsafeApi.getLongAcquire(null, address) || !cell.read(address))
        {
            return false;
        }
        final boolean isPending = null != journal && journal.isTouched(slot);
        final boolean isBeyond = isPending && journal.isBeyond(cell.version() >>> 1);
        final long low = cell.low() + (isBeyond ? journal.low(slot) : 0);
        final long high = isBeyond ?
            FlopArithmetic.addHigh(cell.high(), cell.low(), journal.high(slot), journal.low(slot)) : cell.high();
        final long samples = cell.samples() + (isBeyond ? journal.samples(slot) : 0);
        if (0 != cell.high() >>> HIGH_BITS_MAX || 0 != high >>> HIGH_BITS_MAX || 0 != samples >>> HIGH_BITS_MAX ||
            (isBeyond && 0 != journal.high(slot) >>> HIGH_BITS_MAX) || !sums.foldMayBecome(slot, low, high, samples))
        {
            throw new LaneViolation(Kind.FOLD, offset, "fold cell " + slot + " fell or is out of bounds");
        }
        final boolean isChanged = take(slot, low, high, samples);
        // What is in the journal goes to the cell later, and is then looked for there.
        sums.words[base + FOLD_VERSION] = isPending ? FoldJournal.CELL_VERSION_NONE : cell.version();
        return isChanged;
    }

    private boolean take(final int slot, final long low, final long high, final long samples)
    {
        if (low == sums.foldLow(slot) && high == sums.foldHigh(slot) && samples == sums.foldSamples(slot))
        {
            return false;
        }
        total.subtract(sums.foldLow(slot), sums.foldHigh(slot), sums.foldSamples(slot));
        total.add(low, high, samples);
        sums.fold(slot, low, high, samples);
        sums.markFoldDirty(slot);
        return true;
    }
}

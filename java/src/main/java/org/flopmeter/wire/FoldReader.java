/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.flopmeter.wire.SlotSums.FOLD_VERSION;
import static org.flopmeter.wire.SlotSums.SHIFT;

import org.agrona.UnsafeApi;
import org.flopmeter.wire.LaneViolation.Kind;

/**
 * Reads the fold table of one lane in place: cumulative cells that only grow, checked against the producer's fold
 * tally.
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
    private long versionScanned;

    public FoldReader(final MappedLane lane, final LaneReader reader)
    {
        this.lane = lane;
        header = reader.header();
        slots = reader.slots();
        sums = reader.sums();
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

    /** Has the tally moved since the last scan? One load. */
    public boolean hasWork()
    {
        return versionScanned != UnsafeApi.getLong(lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET);
    }

    /** Read every cell that has changed. Return how many. */
    public int scan() throws LaneViolation
    {
        final long tallyAddress = lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET;
        if (!tally.read(tallyAddress))
        {
            return 0;
        }
        final long versionBefore = tally.version();
        final int slotCount = slots.refresh();
        sums.ensureCapacity(slotCount);
        int changed = 0;
        for (int slot = 0; slot < slotCount; slot++)
        {
            changed += readCell(slot) ? 1 : 0;
        }
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

    /** Samples that the producer says it folded, read now; unsigned and not to be believed. */
    public long samplesClaimed()
    {
        return tally.read(lane.address() + LaneDescriptor.FOLD_TALLY_OFFSET) ? tally.samples() : 0;
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
        if (0 != cell.high() >>> HIGH_BITS_MAX || 0 != cell.samples() >>> HIGH_BITS_MAX ||
            !sums.foldMayBecome(slot, cell.low(), cell.high(), cell.samples()))
        {
            throw new LaneViolation(Kind.FOLD, offset, "fold cell " + slot + " fell or is out of bounds");
        }
        total.subtract(sums.foldLow(slot), sums.foldHigh(slot), sums.foldSamples(slot));
        total.add(cell.low(), cell.high(), cell.samples());
        sums.fold(slot, cell.low(), cell.high(), cell.samples());
        sums.words[base + FOLD_VERSION] = cell.version();
        sums.markFoldDirty(slot);
        return true;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.BufferUtil;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.wire.DrainDescriptor;
import org.flopmeter.wire.RunningSum;

/** What an {@link Adder} has added of one lane, from its beginning. One thread. */
final class Unchecked
{
    private static final int DELTA_LENGTH = 16;

    private final LoopedLane lane;
    private final Adder adder;
    private final int slots;
    private final boolean sums;
    /** Deltas of all slots, then the running sum. */
    private final ByteBuffer table;
    private long position;

    /** Of a lane that nothing was read of; sums: with the running sum. */
    Unchecked(final LoopedLane lane, final Adder adder, final int slots, final boolean sums)
    {
        this.lane = lane;
        this.adder = adder;
        this.slots = slots;
        this.sums = sums;
        table = ByteBuffer.allocateDirect((slots + 2) * DELTA_LENGTH).alignedSlice(DELTA_LENGTH)
            .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Add what is in the ring. */
    void lap()
    {
        final long deltas = BufferUtil.address(table);
        position = sums ?
            adder.addAndSum(
                lane.ringAddress(), lane.ringCapacity(), position, deltas, deltas + (long)slots * DELTA_LENGTH) :
            adder.add(lane.ringAddress(), lane.ringCapacity(), position, deltas);
    }

    /** A loop that was left out by the compiler, or adds something else, is no baseline. */
    boolean isExact()
    {
        final RunningSum sum = new RunningSum();
        for (int slot = 0; slot < slots; slot++)
        {
            final long word = table.getLong(slot * DELTA_LENGTH + Long.BYTES);
            final long low = sum.low() + table.getLong(slot * DELTA_LENGTH);
            final long carries = (word & DrainDescriptor.CARRY_MASK) +
                FlopArithmetic.carry(low, table.getLong(slot * DELTA_LENGTH));
            sum.set(low, sum.high() + carries, sum.samples() + (word >>> DrainDescriptor.SAMPLE_SHIFT));
        }
        final int at = slots * DELTA_LENGTH;
        return lane.isExact(sum) && position == lane.positionEnd() &&
            (!sums || table.getLong(at) == sum.low() && table.getLong(at + Long.BYTES) == sum.high());
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.nio.ByteBuffer;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;

/** A flopmeter_drain_t: what a drain kernel knows about one lane, off-heap. One thread. */
final class DrainCursor
{
    private static final int ALIGNMENT = 64;

    private final ByteBuffer memory = BufferUtil.allocateDirectAligned(DrainDescriptor.LENGTH, ALIGNMENT);
    private final long address = BufferUtil.address(memory);

    DrainCursor(final MappedLane lane, final LaneHeader header)
    {
        set(DrainDescriptor.RING_ADDRESS_OFFSET, lane.address() + header.ringOffset());
        set(DrainDescriptor.RING_CAPACITY_OFFSET, header.ringCapacity());
        set(DrainDescriptor.MAP_ADDRESS_OFFSET, lane.address());
        set(DrainDescriptor.MAP_LENGTH_OFFSET, lane.length());
        set(DrainDescriptor.SEQUENCE_NEXT_OFFSET, 1);
    }

    long address()
    {
        return address;
    }

    long get(final int offset)
    {
        return UnsafeApi.getLong(address + offset);
    }

    void set(final int offset, final long value)
    {
        UnsafeApi.putLong(address + offset, value);
    }

    void table(final DeltaTable deltas, final int slotCount)
    {
        set(DrainDescriptor.TABLE_ADDRESS_OFFSET, deltas.address());
        set(DrainDescriptor.BLOCK_ADDRESS_OFFSET, deltas.blockAddress());
        set(DrainDescriptor.SLOT_COUNT_OFFSET, slotCount);
    }

    void getSum(final int offset, final RunningSum sum)
    {
        sum.set(get(offset), get(offset + 8), get(offset + 16));
    }

    void setSum(final int offset, final RunningSum sum)
    {
        set(offset, sum.low());
        set(offset + 8, sum.high());
        set(offset + 16, sum.samples());
    }

    /** What made the last call return. */
    long faultValue(final int index)
    {
        return get(DrainDescriptor.FAULT_VALUE_OFFSET + 8 * index);
    }
}

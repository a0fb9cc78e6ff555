/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.flopmeter.wire.DrainDescriptor.BLOCK_SHIFT;
import static org.flopmeter.wire.DrainDescriptor.CARRY_MASK;
import static org.flopmeter.wire.DrainDescriptor.DELTA_LENGTH;
import static org.flopmeter.wire.DrainDescriptor.DELTA_SHIFT;
import static org.flopmeter.wire.DrainDescriptor.DELTA_WORD_OFFSET;
import static org.flopmeter.wire.DrainDescriptor.SAMPLE_SHIFT;

import java.nio.ByteBuffer;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;

/**
 * What the drain kernel adds to since the last commit: per slot a 64-bit sum of FLOP with its carries and samples
 * (docs/design/0005-hot-path.md, section 2). Off-heap, because the kernel in C works on it, too. One thread.
 */
public final class DeltaTable
{
    /** Slots per block. */
    public static final int BLOCK_SLOTS = 1 << BLOCK_SHIFT;

    private static final int ALIGNMENT = 64;

    private ByteBuffer memory;
    private long address;
    private long blockAddress;
    private int capacity;

    DeltaTable()
    {
        ensureCapacity(BLOCK_SLOTS);
    }

    /** Room for slots below `slotCount`; addresses change. */
    void ensureCapacity(final int slotCount)
    {
        if (slotCount <= capacity)
        {
            return;
        }
        int capacityNew = Math.max(BLOCK_SLOTS, capacity);
        while (capacityNew < slotCount)
        {
            capacityNew <<= 1;
        }
        final int tableLength = capacityNew * DELTA_LENGTH;
        final int length = tableLength + (capacityNew >> BLOCK_SHIFT);
        final ByteBuffer grown = BufferUtil.allocateDirectAligned(length, ALIGNMENT);
        final long addressNew = BufferUtil.address(grown);
        if (null != memory)
        {
            UnsafeApi.copyMemory(address, addressNew, (long)capacity * DELTA_LENGTH);
            UnsafeApi.copyMemory(blockAddress, addressNew + tableLength, capacity >> BLOCK_SHIFT);
        }
        memory = grown;
        address = addressNew;
        blockAddress = addressNew + tableLength;
        capacity = capacityNew;
    }

    long address()
    {
        return address;
    }

    long blockAddress()
    {
        return blockAddress;
    }

    /** Slots there is room for, a multiple of {@link #BLOCK_SLOTS}. */
    public int capacity()
    {
        return capacity;
    }

    /** May a slot of these 64 have been touched? In a table of 1024 slots or less all blocks say the same. */
    public boolean isTouched(final int block)
    {
        return 0 != UnsafeApi.getByte(blockAddress + block);
    }

    /** FLOP modulo 2^64. */
    public long low(final int slot)
    {
        return UnsafeApi.getLong(address + ((long)slot << DELTA_SHIFT));
    }

    /** Samples in the high 32 bits, carries in the low ones; 0 when the slot was not touched. */
    public long word(final int slot)
    {
        return UnsafeApi.getLong(address + ((long)slot << DELTA_SHIFT) + DELTA_WORD_OFFSET);
    }

    public static long carries(final long word)
    {
        return word & CARRY_MASK;
    }

    public static long samples(final long word)
    {
        return word >>> SAMPLE_SHIFT;
    }

    boolean isEmpty()
    {
        for (int block = 0; block < capacity >> BLOCK_SHIFT; block++)
        {
            if (isTouched(block))
            {
                return false;
            }
        }
        return true;
    }

    /** Slots of a block that were touched, as a set. */
    public long touched(final int block)
    {
        long word = address + ((long)block << BLOCK_SHIFT + DELTA_SHIFT) + DELTA_WORD_OFFSET;
        long touched = 0;
        for (int i = 0; i < BLOCK_SLOTS; i++)
        {
            touched |= (0 == UnsafeApi.getLong(word) ? 0L : 1L) << i;
            word += DELTA_LENGTH;
        }
        return touched;
    }

    /** Write the deltas of these slots of a block to `target`, one behind the other. */
    public void copyTouched(final int block, final long touched, final long target)
    {
        final long first = address + ((long)block << BLOCK_SHIFT + DELTA_SHIFT);
        if (-1L == touched)
        {
            UnsafeApi.copyMemory(first, target, BLOCK_SLOTS * DELTA_LENGTH);
            return;
        }
        long at = target;
        for (long left = touched; 0 != left; left &= left - 1)
        {
            final long delta = first + ((long)Long.numberOfTrailingZeros(left) << DELTA_SHIFT);
            UnsafeApi.putLong(at, UnsafeApi.getLong(delta));
            UnsafeApi.putLong(at + DELTA_WORD_OFFSET, UnsafeApi.getLong(delta + DELTA_WORD_OFFSET));
            at += DELTA_LENGTH;
        }
    }

    /** Nothing is touched any more. */
    void clear()
    {
        final int blocks = capacity >> BLOCK_SHIFT;
        for (int block = 0; block < blocks; block++)
        {
            final int first = block;
            while (block < blocks && isTouched(block))
            {
                block++;
            }
            if (block > first)
            {
                UnsafeApi.setMemory(
                    address + ((long)first << BLOCK_SHIFT + DELTA_SHIFT),
                    (long)(block - first) << BLOCK_SHIFT + DELTA_SHIFT,
                    (byte)0);
                UnsafeApi.setMemory(blockAddress + first, block - first, (byte)0);
            }
        }
    }
}

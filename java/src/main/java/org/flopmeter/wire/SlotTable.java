/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * Private copy of a lane's keys. A slot is read once, when it is published; what the producer does to it later is
 * nothing to us.
 */
public final class SlotTable
{
    private final long base;
    private final int slotCapacity;
    private final List<SlotKey> keys = new ArrayList<>();

    SlotTable(final MappedLane lane, final LaneHeader header)
    {
        base = lane.address();
        slotCapacity = header.slotCapacity();
    }

    public int count()
    {
        return keys.size();
    }

    public SlotKey key(final int slot)
    {
        return keys.get(slot);
    }

    /** Keys from this slot on. */
    public List<SlotKey> keysFrom(final int slot)
    {
        return keys.subList(slot, keys.size());
    }

    /** A key known from the account: the slot is not read again. */
    public void restore(final SlotKey key)
    {
        keys.add(key);
    }

    /** Read the slots published since. Return how many slots there are. */
    int refresh() throws LaneViolation
    {
        final int count = UnsafeApi.getIntAcquire(null, base + LaneDescriptor.SLOT_COUNT_OFFSET);
        if (count < keys.size() || count > slotCapacity)
        {
            throw new LaneViolation(
                LaneViolation.Kind.SLOT,
                LaneDescriptor.SLOT_COUNT_OFFSET,
                "slotCount=" + count + " after " + keys.size() + ", capacity=" + slotCapacity);
        }
        for (int slot = keys.size(); slot < count; slot++)
        {
            keys.add(read(slot));
        }
        return count;
    }

    private SlotKey read(final int slot) throws LaneViolation
    {
        final long offset = LaneDescriptor.HEADER_LENGTH + (long)slot * SlotDescriptor.LENGTH;
        final long address = base + offset;
        final long codes = UnsafeApi.getLong(address);
        final Precision precision = Precision.ofCode((int)codes & 0xFFFF);
        final Basis basis = Basis.ofCode((int)(codes >>> 16) & 0xFFFF);
        final Source source = Source.ofCode((int)(codes >>> 32) & 0xFFFF);
        final Part part = Part.ofCode((int)(codes >>> 48) & 0xFF);
        final int flags = (int)(codes >>> 56) & 0xFF;
        if (null == precision || null == basis || null == source || null == part ||
            0 != (flags & ~SlotDescriptor.FLAG_OVERFLOW))
        {
            throw violation(offset, "slot " + slot + " has unknown codes: 0x" + Long.toHexString(codes));
        }

        final boolean overflow = 0 != (flags & SlotDescriptor.FLAG_OVERFLOW);
        final int runLength = UnsafeApi.getByte(address + SlotDescriptor.RUN_LENGTH_OFFSET) & 0xFF;
        final int nodeLength = UnsafeApi.getByte(address + SlotDescriptor.NODE_LENGTH_OFFSET) & 0xFF;
        if (runLength > SlotDescriptor.ID_LENGTH_MAX || nodeLength > SlotDescriptor.ID_LENGTH_MAX ||
            overflow != (0 == runLength) || (overflow && 0 != nodeLength))
        {
            throw violation(offset, "slot " + slot + " has ids of " + runLength + " and " + nodeLength + " characters");
        }

        final String run = readId(offset + SlotDescriptor.RUN_OFFSET, runLength);
        final String node = 0 == nodeLength ? null : readId(offset + SlotDescriptor.NODE_OFFSET, nodeLength);
        return new SlotKey(run, node, precision, basis, source, part, overflow);
    }

    private String readId(final long offset, final int length) throws LaneViolation
    {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = UnsafeApi.getByte(base + offset + i);
            if (!SlotKey.isIdCharacter(bytes[i]))
            {
                throw violation(offset + i, "character 0x" + Integer.toHexString(bytes[i] & 0xFF) + " in an id");
            }
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static LaneViolation violation(final long offset, final String reason)
    {
        return new LaneViolation(LaneViolation.Kind.SLOT, offset, reason);
    }
}

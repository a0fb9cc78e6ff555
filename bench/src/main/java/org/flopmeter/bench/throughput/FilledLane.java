/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.throughput;

import static org.flopmeter.wire.BatchDescriptor.COUNT_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.HEADER_LENGTH;
import static org.flopmeter.wire.BatchDescriptor.RECORD_LENGTH_MAX;
import static org.flopmeter.wire.BatchDescriptor.SEQUENCE_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.TYPE_BATCH;
import static org.flopmeter.wire.BatchDescriptor.TYPE_OFFSET;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.BufferUtil;
import org.flopmeter.wire.LaneDescriptor;
import org.flopmeter.wire.MappedLane;
import org.flopmeter.wire.SampleDescriptor;
import org.flopmeter.wire.SlotDescriptor;

/** A lane of the default size with a full ring of full records, in plain memory. */
final class FilledLane implements MappedLane
{
    static final int SLOTS = 1024;
    static final int RING_CAPACITY = 256 * 1024;
    static final int SAMPLES_PER_RECORD = (RECORD_LENGTH_MAX - HEADER_LENGTH) / SampleDescriptor.LENGTH;
    /** The last place stays empty: the reader ends there. */
    static final int RECORDS = RING_CAPACITY / RECORD_LENGTH_MAX - 1;
    static final int SAMPLES = RECORDS * SAMPLES_PER_RECORD;
    static final long NONCE = 1;

    private static final long LENGTH = LaneDescriptor.fileLength(SLOTS, RING_CAPACITY);
    /** A tally that is never reached is never compared: the same ring is drained again and again. */
    private static final long VERSION_NEVER = 1L << 40;
    /** Odd, so that all slots come by, and far enough to leave the cache line. */
    private static final int SLOT_STRIDE = 37;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect((int)LENGTH + 4096).alignedSlice(4096)
        .order(ByteOrder.LITTLE_ENDIAN);

    FilledLane()
    {
        bytes.putLong(LaneDescriptor.MAGIC_OFFSET, LaneDescriptor.MAGIC);
        bytes.putInt(LaneDescriptor.WIRE_VERSION_OFFSET, LaneDescriptor.WIRE_VERSION);
        bytes.putInt(LaneDescriptor.HEADER_LENGTH_OFFSET, LaneDescriptor.HEADER_LENGTH);
        bytes.putLong(LaneDescriptor.NONCE_OFFSET, NONCE);
        bytes.putInt(LaneDescriptor.SLOT_CAPACITY_OFFSET, SLOTS);
        bytes.putInt(LaneDescriptor.RING_CAPACITY_OFFSET, RING_CAPACITY);
        bytes.putLong(LaneDescriptor.SLOT_TABLE_OFFSET_OFFSET, LaneDescriptor.HEADER_LENGTH);
        bytes.putLong(LaneDescriptor.FOLD_TABLE_OFFSET_OFFSET, LaneDescriptor.foldTableOffset(SLOTS));
        bytes.putLong(LaneDescriptor.RING_OFFSET_OFFSET, LaneDescriptor.ringOffset(SLOTS));
        bytes.putLong(LaneDescriptor.FILE_LENGTH_OFFSET, LENGTH);
        bytes.putInt(LaneDescriptor.STATE_OFFSET, LaneDescriptor.STATE_ACTIVE);
        bytes.putLong(LaneDescriptor.RING_TALLY_OFFSET, VERSION_NEVER);
        for (int slot = 0; slot < SLOTS; slot++)
        {
            fillSlot(slot);
        }
        bytes.putInt(LaneDescriptor.SLOT_COUNT_OFFSET, SLOTS);
        for (int record = 0; record < RECORDS; record++)
        {
            fillRecord(record);
        }
    }

    long ringAddress()
    {
        return address() + LaneDescriptor.ringOffset(SLOTS);
    }

    @Override
    public long address()
    {
        return BufferUtil.address(bytes);
    }

    @Override
    public long length()
    {
        return LENGTH;
    }

    @Override
    public long fileLength()
    {
        return LENGTH;
    }

    @Override
    public void close()
    {
        // The memory belongs to the buffer.
    }

    private void fillSlot(final int slot)
    {
        final int at = LaneDescriptor.HEADER_LENGTH + slot * SlotDescriptor.LENGTH;
        final String run = "run-" + slot;
        bytes.putShort(at, (short)1).putShort(at + 2, (short)2).putShort(at + 4, (short)2);
        bytes.put(at + 8, (byte)run.length());
        for (int i = 0; i < run.length(); i++)
        {
            bytes.put(at + 16 + i, (byte)run.charAt(i));
        }
    }

    private void fillRecord(final int record)
    {
        final int at = (int)LaneDescriptor.ringOffset(SLOTS) + record * RECORD_LENGTH_MAX;
        bytes.putInt(at, RECORD_LENGTH_MAX).putInt(at + TYPE_OFFSET, TYPE_BATCH);
        bytes.putLong(at + SEQUENCE_OFFSET, record + 1L).putInt(at + COUNT_OFFSET, SAMPLES_PER_RECORD);
        for (int i = 0; i < SAMPLES_PER_RECORD; i++)
        {
            final int sample = at + HEADER_LENGTH + i * SampleDescriptor.LENGTH;
            final int number = record * SAMPLES_PER_RECORD + i;
            bytes.putInt(sample, number * SLOT_STRIDE % SLOTS);
            bytes.putLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET, 2_000_000L + number);
        }
    }
}

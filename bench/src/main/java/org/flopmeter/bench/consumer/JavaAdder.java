/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import static org.flopmeter.wire.BatchDescriptor.COUNT_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.HEADER_LENGTH;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.wire.DrainDescriptor;
import org.flopmeter.wire.SampleDescriptor;

/** As {@link org.flopmeter.wire.JavaDrainKernel} adds, on raw addresses. */
final class JavaAdder implements Adder
{
    private static final long ONE_SAMPLE = 1L << DrainDescriptor.SAMPLE_SHIFT;
    private static final int DELTA_LENGTH = 16;

    @Override
    public long add(final long ring, final long capacity, final long position, final long deltas)
    {
        long at = position;
        long record = ring + (at & capacity - 1);
        int length = UnsafeApi.getIntAcquire(null, record);
        while (length > 0)
        {
            final long end = endOf(record);
            for (long sample = record + HEADER_LENGTH; sample != end; sample += SampleDescriptor.LENGTH)
            {
                addSample(deltas, sample);
            }
            at += length;
            record = ring + (at & capacity - 1);
            length = UnsafeApi.getIntAcquire(null, record);
        }
        return at;
    }

    @Override
    public long addAndSum(
        final long ring, final long capacity, final long position, final long deltas, final long sum)
    {
        long low = UnsafeApi.getLong(sum);
        long high = UnsafeApi.getLong(sum + Long.BYTES);
        long at = position;
        long record = ring + (at & capacity - 1);
        int length = UnsafeApi.getIntAcquire(null, record);
        while (length > 0)
        {
            final long end = endOf(record);
            for (long sample = record + HEADER_LENGTH; sample != end; sample += SampleDescriptor.LENGTH)
            {
                final long flopCount = addSample(deltas, sample);
                low += flopCount;
                high += FlopArithmetic.carry(low, flopCount);
            }
            at += length;
            record = ring + (at & capacity - 1);
            length = UnsafeApi.getIntAcquire(null, record);
        }
        UnsafeApi.putLong(sum, low);
        UnsafeApi.putLong(sum + Long.BYTES, high);
        return at;
    }

    private static long endOf(final long record)
    {
        return record + HEADER_LENGTH + (long)UnsafeApi.getInt(record + COUNT_OFFSET) * SampleDescriptor.LENGTH;
    }

    private static long addSample(final long deltas, final long sample)
    {
        final long delta = deltas + (long)UnsafeApi.getInt(sample) * DELTA_LENGTH;
        final long flopCount = UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
        final long low = UnsafeApi.getLong(delta) + flopCount;
        UnsafeApi.putLong(delta, low);
        UnsafeApi.putLong(
            delta + Long.BYTES,
            UnsafeApi.getLong(delta + Long.BYTES) + ONE_SAMPLE + FlopArithmetic.carry(low, flopCount));
        return flopCount;
    }
}

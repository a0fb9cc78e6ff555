/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * The fold journal of a lane in Java, store by store in the order of docs/design/0001-wire-format.md, section 3: after
 * each of them a meter may look, or the producer is killed. By the numbers of that page, not by the descriptors.
 */
public final class JournalFixture
{
    /** The producer is dead. */
    public static final class Killed extends RuntimeException
    {
        private static final long serialVersionUID = 1L;
    }

    /** Told in the same step as a sample is released. */
    interface Released
    {
        void sample(int slot, BigInteger flopCount);
    }

    private static final int ENTRIES = 64;
    private static final int WIDE = 1 << 31;

    private final ByteBuffer bytes;
    private final int at;
    private final int capacity;
    private final int foldTable;
    private final Released released;
    private final BigInteger[] sums = new BigInteger[LaneFixture.SLOTS];
    private final long[] sumSamples = new long[LaneFixture.SLOTS];
    private final Map<Integer, BigInteger> pending = new TreeMap<>();
    private final long[] pendingSamples = new long[LaneFixture.SLOTS];
    private BigInteger tally = BigInteger.ZERO;
    private long tallySamples;
    private long epoch = 1;
    private int count;
    private long storesLeft = Long.MAX_VALUE;
    private Runnable afterStore = () -> {};

    JournalFixture(
        final ByteBuffer bytes, final int at, final int capacity, final int foldTable, final Released released)
    {
        this.bytes = bytes;
        this.at = at;
        this.capacity = capacity;
        this.foldTable = foldTable;
        this.released = released;
        java.util.Arrays.fill(sums, BigInteger.ZERO);
        bytes.putLong(at, epoch);
    }

    /** Where it begins in the file. */
    public int offset()
    {
        return at;
    }

    /** Samples in it. */
    public int count()
    {
        return count;
    }

    /** Killed after so many stores more. */
    public void killAfter(final long stores)
    {
        storesLeft = stores;
    }

    /** What happens after each store. */
    public void afterEachStore(final Runnable look)
    {
        afterStore = look;
    }

    /** One sample; of more than 64 bits it takes two places. */
    public void add(final int slot, final BigInteger flopCount)
    {
        final boolean isWide = flopCount.bitLength() > 64;
        final int places = isWide ? 2 : 1;
        if (capacity - count < places)
        {
            fold();
        }
        final int entry = at + ENTRIES + 16 * count;
        store(() -> bytes.putLong(entry, isWide ? slot | (long)WIDE & 0xFFFFFFFFL : slot));
        store(() -> bytes.putLong(entry + 8, flopCount.longValue()));
        if (isWide)
        {
            store(() -> bytes.putLong(entry + 16, 0));
            store(() -> bytes.putLong(entry + 24, flopCount.shiftRight(64).longValue()));
        }
        tally = tally.add(flopCount);
        tallySamples++;
        pending.merge(slot, flopCount, BigInteger::add);
        pendingSamples[slot]++;
        store(() ->
        {
            count += places;
            bytes.putInt(at + 56, count);
            released.sample(slot, flopCount);
        });
    }

    /** Cells, then the tally, then an empty journal, then its number. */
    public void fold()
    {
        pending.forEach((slot, flopCount) ->
        {
            sums[slot] = sums[slot].add(flopCount);
            sumSamples[slot] += pendingSamples[slot];
            pendingSamples[slot] = 0;
            final int cell = foldTable + slot * 64;
            storeDouble(cell, epoch * 2 + (~bytes.getLong(cell) & 1), sums[slot], sumSamples[slot]);
        });
        pending.clear();
        storeDouble(256, epoch, tally, tallySamples);
        store(() ->
        {
            count = 0;
            bytes.putInt(at + 56, 0);
        });
        store(() -> bytes.putLong(at, ++epoch));
    }

    private void storeDouble(final int record, final long version, final BigInteger sum, final long samples)
    {
        final int copy = record + (0 == (version & 1) ? 8 : 32);
        store(() -> bytes.putLong(copy, sum.longValue()));
        store(() -> bytes.putLong(copy + 8, sum.shiftRight(64).longValue()));
        store(() -> bytes.putLong(copy + 16, samples));
        store(() -> bytes.putLong(record, version));
    }

    private void store(final Runnable one)
    {
        if (0 == storesLeft)
        {
            throw new Killed();
        }
        storesLeft--;
        one.run();
        afterStore.run();
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.SplittableRandom;

/** What every peer is given: samples of 50-bit FLOP counts on 1024 keys at random, the same again and again. */
public final class SamplePattern
{
    /** Samples of one lap, a power of two. */
    public static final int LENGTH = 8192;
    /** Keys in use. */
    public static final int SLOTS = 1024;

    static final int MASK = LENGTH - 1;

    private static final int FLOP_BITS = 50;
    private static final int HEAVY_BITS = 60;

    final int[] slots = new int[LENGTH];
    final long[] flopCounts = new long[LENGTH];
    private final BigInteger[] lapTotals = new BigInteger[SLOTS];

    /** The pattern of that seed. */
    public SamplePattern(final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        Arrays.fill(lapTotals, BigInteger.ZERO);
        for (int i = 0; i < LENGTH; i++)
        {
            slots[i] = random.nextInt(SLOTS);
            flopCounts[i] = random.nextLong() >>> (Long.SIZE - FLOP_BITS);
            lapTotals[slots[i]] = lapTotals[slots[i]].add(BigInteger.valueOf(flopCounts[i]));
        }
    }

    /** The exact total of a slot after that many laps, and then that many of {@link #turnHeavy}. */
    public BigInteger total(final int slot, final long laps, final long heavyLaps)
    {
        final long heavySamples = heavyLaps * (LENGTH / SLOTS);
        return lapTotals[slot].multiply(BigInteger.valueOf(laps))
            .add(BigInteger.valueOf(heavySamples).shiftLeft(HEAVY_BITS));
    }

    /**
     * From here on each lap has 8 samples of 2^60 FLOP for each slot: two laps are 2^64, which a cluster of 10^18
     * FLOP/s has in 18 s. Totals become as large as they are in earnest, however few samples a tool has managed.
     */
    public void turnHeavy()
    {
        for (int i = 0; i < LENGTH; i++)
        {
            slots[i] = i % SLOTS;
            flopCounts[i] = 1L << HEAVY_BITS;
        }
    }

    static String run(final int slot)
    {
        return "run-" + slot / 64;
    }

    static String node(final int slot)
    {
        return "node-" + slot % 64 / 4;
    }

    static String precision(final int slot)
    {
        return "p" + slot % 4;
    }
}

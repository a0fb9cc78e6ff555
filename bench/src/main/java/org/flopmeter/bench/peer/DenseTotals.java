/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigInteger;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.unit.FlopCount;

/** Our own dense 128-bit sums: what stands behind a queue, so that only the queue is compared. One thread. */
final class DenseTotals
{
    private final long[] halves = new long[2 * SamplePattern.SLOTS];

    void add(final int slot, final long flopCount)
    {
        final int index = 2 * (slot & SamplePattern.SLOTS - 1);
        final long low = halves[index] + flopCount;
        halves[index] = low;
        halves[index + 1] += FlopArithmetic.carry(low, flopCount);
    }

    BigInteger total(final int slot)
    {
        return FlopCount.of(halves[2 * slot + 1], halves[2 * slot]).toBigInteger();
    }
}

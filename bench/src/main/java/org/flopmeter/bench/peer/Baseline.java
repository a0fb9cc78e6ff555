/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigDecimal;

/** The same loop with the work removed. */
final class Baseline implements PeerTool
{
    private final SamplePattern pattern;
    private volatile long sink;

    Baseline(final SamplePattern pattern)
    {
        this.pattern = pattern;
    }

    @Override
    public String name()
    {
        return "baselineLoop";
    }

    @Override
    public String note()
    {
        return "the same loop over the same samples, nothing added up by key; shown, not subtracted";
    }

    @Override
    public boolean crosses()
    {
        return false;
    }

    @Override
    public void run(final long laps)
    {
        long sum = sink;
        for (long lap = 0; lap < laps; lap++)
        {
            for (int i = 0; i < SamplePattern.LENGTH; i++)
            {
                // The multiplication keeps the compiler from turning the sum into a few wide instructions.
                sum = sum * 31 + (pattern.slots[i] ^ pattern.flopCounts[i]);
            }
        }
        sink = sum;
    }

    @Override
    public BigDecimal total(final int slot)
    {
        return BigDecimal.ZERO;
    }

    @Override
    public boolean hasTotals()
    {
        return false;
    }
}

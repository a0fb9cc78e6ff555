/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A share of one core that the meter's loop keeps to, whatever the rings say: a token bucket of CPU time. What it
 * doesn't drain in time the lanes fold. One thread.
 */
public final class CpuBudget
{
    /** No limit. */
    public static final CpuBudget NONE = new CpuBudget(0, () -> 0);

    /** CPU time saved up in quiet times, at most; of JVM start and compilation that much is forgiven, too. */
    private static final long CREDIT_NS_MAX = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int MILLION = 1_000_000;

    private final long partsPerMillion;
    private final LongSupplier cpuNs;
    private long cpuNsBefore;
    private long timeNsBefore;
    private long creditNs;
    private boolean isStarted;

    private CpuBudget(final long partsPerMillion, final LongSupplier cpuNs)
    {
        this.partsPerMillion = partsPerMillion;
        this.cpuNs = cpuNs;
    }

    /**
     * A budget from its beginning at the first {@link #pauseNs}.
     *
     * @param percent of one core, above 0.
     * @param cpuNs   CPU time of this process so far, in ns.
     */
    public static CpuBudget ofPercent(final double percent, final LongSupplier cpuNs)
    {
        if (!(percent > 0 && percent <= 100))
        {
            throw new IllegalArgumentException("CPU budget: expected a percentage above 0, at most 100: " + percent);
        }
        return new CpuBudget(Math.max(1, Math.round(percent * (MILLION / 100))), cpuNs);
    }

    /** How long the loop must sleep now; 0 when it is within its budget. */
    long pauseNs(final long timeNs)
    {
        if (0 == partsPerMillion)
        {
            return 0;
        }
        final long cpuNsNow = cpuNs.getAsLong();
        if (isStarted)
        {
            final long earnedNs = (timeNs - timeNsBefore) / 1000 * partsPerMillion / 1000;
            creditNs = Math.min(CREDIT_NS_MAX, creditNs + earnedNs - (cpuNsNow - cpuNsBefore));
        }
        isStarted = true;
        cpuNsBefore = cpuNsNow;
        timeNsBefore = timeNs;
        return creditNs >= 0 ? 0 : -creditNs * 1000 / partsPerMillion * 1000;
    }
}

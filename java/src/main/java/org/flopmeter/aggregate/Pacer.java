/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.concurrent.TimeUnit;

/**
 * How long the meter's loop sleeps after a duty cycle: as long as the fullest ring allows, 5 ms at most while anything
 * comes, up to 50 ms when nothing does; and never less than its CPU budget asks for. It does not spin: where a sleep
 * would be too long the next cycle begins at once, because there is work for it. One thread.
 */
public final class Pacer
{
    private static final long ACTIVE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long QUIET_NS_MAX = TimeUnit.MILLISECONDS.toNanos(50);

    /** What the kernel adds to a sleep: its timer slack and the way back onto a core. */
    private static final long WAKE_NS = TimeUnit.MICROSECONDS.toNanos(60);

    private final CpuBudget budget;
    private long pauseNs;

    public Pacer(final CpuBudget budget)
    {
        this.budget = budget;
    }

    /**
     * Time to sleep, in ns; 0 = go on at once.
     *
     * @param workCount   of the cycle, 0 when there was nothing to do.
     * @param halfFullNs  when the fastest ring is expected to be half full: {@link AggregatorAgent#halfFullNs()}.
     */
    public long pauseNs(final int workCount, final long halfFullNs, final long timeNs)
    {
        if (0 == workCount)
        {
            // After a burst the ring may fill again at once, so the way to long sleeps is short, but it has steps.
            pauseNs = Math.min(QUIET_NS_MAX, Math.max(WAKE_NS, 2 * pauseNs));
        }
        else
        {
            pauseNs = Math.max(0, Math.min(ACTIVE_NS_MAX, halfFullNs - WAKE_NS));
            pauseNs = pauseNs < WAKE_NS ? 0 : pauseNs;
        }
        return Math.max(pauseNs, budget.pauseNs(timeNs));
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.concurrent.TimeUnit;

/**
 * How long the meter's loop sleeps after a duty cycle: as long as the fullest ring allows; while anything comes, until
 * there is enough to be worth a cycle, from one to the next 4 to 32 ms; up to 80 ms when nothing does; and never less
 * than its CPU budget asks for. It does not spin: where a sleep would be too long the next cycle begins at once,
 * because there is work for it. One thread.
 */
public final class Pacer
{
    private static final long ACTIVE_NS_MIN = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long ACTIVE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(32);
    private static final long QUIET_NS_MAX = TimeUnit.MILLISECONDS.toNanos(80);

    /** A cycle costs about the same for a few samples as for so many bytes of them, 30 000 samples. */
    private static final long WORTH_LENGTH = 512 * 1024;
    /** Where that takes longer, the flow is a thin one, and a cycle waits for twice as much. */
    private static final long THIN_NS = TimeUnit.MILLISECONDS.toNanos(10);
    /** What is left of an active pause at least, as a part of it, however long a cycle takes. */
    private static final int PART_LEFT = 4;
    private static final long ELAPSED_NS_MAX = TimeUnit.SECONDS.toNanos(1);

    /** What the kernel adds to a sleep: its timer slack and the way back onto a core. */
    private static final long WAKE_NS = TimeUnit.MICROSECONDS.toNanos(60);

    private final CpuBudget budget;
    private long pauseNs;
    private long activeNs = ACTIVE_NS_MIN;
    private long timeNsBefore;
    private long pausedNs;

    public Pacer(final CpuBudget budget)
    {
        this.budget = budget;
    }

    /**
     * Time to sleep, in ns; 0 = go on at once.
     *
     * @param workCount   of the cycle, bytes and a little more; 0 when there was nothing to do.
     * @param halfFullNs  when the fastest ring is expected to be half full: {@link AggregatorAgent#halfFullNs()}.
     */
    public long pauseNs(final int workCount, final long halfFullNs, final long timeNs)
    {
        final long elapsedNs = Math.min(ELAPSED_NS_MAX, timeNs - timeNsBefore);
        timeNsBefore = timeNs;
        if (0 == workCount)
        {
            activeNs = ACTIVE_NS_MIN;
            // After a burst the ring may fill again at once, so the way to long sleeps is short, but it has steps.
            pauseNs = Math.min(QUIET_NS_MAX, Math.max(WAKE_NS, 2 * pauseNs));
        }
        else
        {
            // In steps: what begins to come may well go on at ten times that rate.
            final long stepNs = Math.min(ACTIVE_NS_MAX, 2 * activeNs);
            activeNs = Math.max(ACTIVE_NS_MIN, Math.min(stepNs, worthNs(elapsedNs, workCount)));
            // A total is as old as a pause and the cycle after it: what the last cycle took comes off the pause.
            final long busyNs = Math.max(0, elapsedNs - pausedNs);
            final long restNs = Math.max(activeNs / PART_LEFT, activeNs - busyNs);
            pauseNs = Math.max(0, Math.min(restNs, halfFullNs - WAKE_NS));
            pauseNs = pauseNs < WAKE_NS ? 0 : pauseNs;
        }
        pausedNs = Math.max(pauseNs, budget.pauseNs(timeNs));
        return pausedNs;
    }

    /** How long it takes until there is enough for a cycle, when it goes on to come as it did. */
    private static long worthNs(final long elapsedNs, final int workCount)
    {
        final long worthNs = WORTH_LENGTH * elapsedNs / workCount;
        return worthNs > THIN_NS ? 2 * worthNs : worthNs;
    }
}

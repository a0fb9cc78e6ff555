/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class PacerTest
{
    private static final long MS = 1_000_000;
    private static final long NEVER_NS = Long.MAX_VALUE;

    private long cpuNs;
    private long timeNs;

    @Test
    void shouldSleepFourMsWhenSomethingBeginsToCome()
    {
        final Pacer pacer = new Pacer(CpuBudget.NONE);

        assertEquals(4 * MS, pacer.pauseNs(1, NEVER_NS, 0));
        assertEquals(4 * MS, pacer.pauseNs(1, 40 * MS, 0));
    }

    /** 1.6 M samples/s, the kernels of a host with 8 GPUs: every 32 ms; five times that: every 4 ms. */
    @Test
    void shouldSleepUntilACycleIsWorthIt()
    {
        assertEquals(32 * MS, steadyPauseNs(26_000_000));
        assertEquals(4 * MS, steadyPauseNs(130_000_000));
        assertEquals(8 * MS, steadyPauseNs(65_536_000));
        assertEquals(26 * MS, steadyPauseNs(40_329_846), "a thin flow waits for twice as much");
        assertEquals(32 * MS, steadyPauseNs(1000), "nobody waits longer for a little");
    }

    @Test
    void shouldNotSleepLongAtOnceWhenSomethingBeginsToCome()
    {
        final Pacer pacer = new Pacer(CpuBudget.NONE);
        timeNs += pacer.pauseNs(0, NEVER_NS, timeNs);

        assertEquals(8 * MS, after(pacer, 1));
        assertEquals(16 * MS, after(pacer, 1));
        after(pacer, 0);
        assertEquals(8 * MS, after(pacer, 1), "and again after a pause");
    }

    /** The next cycle, which takes no time itself. */
    private long after(final Pacer pacer, final int workCount)
    {
        final long pauseNs = pacer.pauseNs(workCount, NEVER_NS, timeNs);
        timeNs += pauseNs;
        return pauseNs;
    }

    /** Totals are as old as a pause and the cycle after it. */
    @Test
    void shouldTakeALongCycleOffThePause()
    {
        final int bytesPerMs = 140_000;
        for (final long busyUs : new long[] { 0, 2000, 3000, 10_000 })
        {
            final Pacer pacer = new Pacer(CpuBudget.NONE);
            long pauseNs = 4 * MS;
            for (int cycle = 0; cycle < 20; cycle++)
            {
                timeNs += pauseNs + busyUs * 1000;
                pauseNs = pacer.pauseNs((int)((pauseNs + busyUs * 1000) * bytesPerMs / MS), NEVER_NS, timeNs);
            }
            assertEquals(Math.max(1000, 4000 - busyUs), pauseNs / 1000, "us after a cycle of " + busyUs);
        }
    }

    private static long steadyPauseNs(final long bytesPerSec)
    {
        final Pacer pacer = new Pacer(CpuBudget.NONE);
        long pauseNs = 0;
        long nowNs = 0;
        for (int cycle = 0; cycle < 20; cycle++)
        {
            final long work = Math.max(1, bytesPerSec * pauseNs / 1_000_000_000);
            pauseNs = pacer.pauseNs((int)work, NEVER_NS, nowNs);
            nowNs += pauseNs;
        }
        return Math.round(pauseNs / (double)MS) * MS;
    }

    @Test
    void shouldWakeBeforeTheFastestRingIsHalfFull()
    {
        final Pacer pacer = new Pacer(CpuBudget.NONE);

        assertTrue(pacer.pauseNs(1, 2 * MS, 0) < 2 * MS);
        assertTrue(pacer.pauseNs(1, 2 * MS, 0) > MS);
        assertEquals(0, pacer.pauseNs(1, MS / 10, 0), "a sleep would be longer");
        assertEquals(0, pacer.pauseNs(1, 0, 0));
    }

    @Test
    void shouldSleepLongerAndLongerWhenNothingComes()
    {
        final Pacer pacer = new Pacer(CpuBudget.NONE);
        pacer.pauseNs(1, 0, 0);
        long before = 0;
        for (int i = 0; i < 20; i++)
        {
            final long pauseNs = pacer.pauseNs(0, NEVER_NS, 0);
            assertTrue(pauseNs > 0, "never spins");
            assertTrue(pauseNs > before || 80 * MS == pauseNs, "step " + i);
            before = pauseNs;
        }
        assertEquals(80 * MS, before);
        assertEquals(4 * MS, pacer.pauseNs(1, NEVER_NS, 0), "and at once back when something comes");
    }

    @Test
    void shouldKeepToItsBudgetWhateverTheRingsSay()
    {
        final Pacer pacer = new Pacer(CpuBudget.ofPercent(2, () -> cpuNs));
        final long busyNs = MS;
        pacer.pauseNs(1, 0, timeNs);
        long cpuNsAtStart = 0;
        long timeNsAtStart = 0;
        for (int cycle = 0; cycle < 1000; cycle++)
        {
            if (100 == cycle)
            {
                // What was saved up before is spent.
                cpuNsAtStart = cpuNs;
                timeNsAtStart = timeNs;
            }
            cpuNs += busyNs;
            timeNs += busyNs;
            timeNs += pacer.pauseNs(1, 0, timeNs);
        }
        final double share = (double)(cpuNs - cpuNsAtStart) / (timeNs - timeNsAtStart);

        assertTrue(share <= 0.0201, "share " + share);
        assertTrue(share >= 0.019, "a budget is there to be used: " + share);
    }

    @Test
    void shouldNotSaveUpMoreThanABurst()
    {
        final Pacer pacer = new Pacer(CpuBudget.ofPercent(10, () -> cpuNs));
        pacer.pauseNs(1, NEVER_NS, timeNs);
        timeNs += 3600_000 * MS;
        pacer.pauseNs(1, NEVER_NS, timeNs);
        cpuNs += 30 * MS;

        assertEquals(200 * MS, pacer.pauseNs(1, NEVER_NS, timeNs), "30 ms less 10 ms of credit at a tenth of a core");
    }

    @Test
    void shouldRefuseABudgetThatIsNone()
    {
        for (final double percent : new double[] { 0, -1, 100.5, Double.NaN, Double.POSITIVE_INFINITY })
        {
            assertThrows(IllegalArgumentException.class, () -> CpuBudget.ofPercent(percent, () -> 0L));
        }
    }
}

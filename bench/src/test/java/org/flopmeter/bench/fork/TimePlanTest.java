/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimePlanTest
{
    /** For the start of JVMs, comparisons at the end of a fork, the pages. */
    private static final double SHARE_OF_ROUNDS_MAX = 0.93;

    private long nowNs;

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void shouldFitWhatIsPromised(final boolean isQuick)
    {
        final long promisedMs = isQuick ? TimePlan.QUICK_MS_PROMISED : TimePlan.FULL_MS_PROMISED;
        final long plannedMs = Arrays.stream(TimePlan.values()).mapToLong((part) -> part.ms(isQuick)).sum();

        assertTrue(plannedMs <= SHARE_OF_ROUNDS_MAX * promisedMs, plannedMs + " of " + promisedMs + " ms");
    }

    @ParameterizedTest
    @ValueSource(longs = { 1, 10, 100, 1000 })
    void shouldEndRoundsAtTheLimitWhateverOneTakes(final long roundNs)
    {
        final TimeLimit limit = new TimeLimit(() -> nowNs, 500);
        int rounds = 0;
        for (; limit.isMore(rounds, 20); rounds++)
        {
            nowNs += roundNs;
        }

        assertEquals(Math.min(20, Math.max(TimeLimit.ROUNDS_MIN, 500 / roundNs)), rounds);
    }

    /** Parts one after the other, each with its share of what those before it left. */
    @ParameterizedTest
    @ValueSource(longs = { 1, 7, 60 })
    void shouldShareWhatIsLeft(final long roundNs)
    {
        final TimeLimit limit = new TimeLimit(() -> nowNs, 1000);
        for (int parts = 4; parts > 0; parts--)
        {
            final TimeLimit part = limit.share(parts);
            final TimeLimit warmUp = part.share(2);
            int rounds = 0;
            for (; warmUp.isMoreWarmUp(rounds, Integer.MAX_VALUE); rounds++)
            {
                nowNs += roundNs;
            }
            for (rounds = 0; part.isMore(rounds, Integer.MAX_VALUE); rounds++)
            {
                nowNs += roundNs;
            }
            assertTrue(rounds >= TimeLimit.ROUNDS_MIN);
        }

        final long late = roundNs * (1 + TimeLimit.ROUNDS_MIN);
        assertTrue(nowNs >= 1000 && nowNs <= 1000 + late, "ended at " + nowNs);
    }

    @Test
    void shouldCrossToAForkAndBackByTheClockOfAll()
    {
        final Settings settings = Settings.of(TimePlan.PEERS.begin(true).in(Settings.of(List.of())).words());
        final Settings past = new TimeLimit(() -> 0, System.nanoTime() - 1).in(Settings.of(List.of()));

        assertTrue(TimeLimit.of(settings).isMore(TimeLimit.ROUNDS_MIN, 20));
        assertEquals(false, TimeLimit.of(past).isMore(TimeLimit.ROUNDS_MIN, 20));
        assertTrue(TimeLimit.of(Settings.of(List.of())).isMore(19, 20), "no limit");
        assertTrue(TimeLimit.of(Settings.of(List.of())).share(3).isMore(19, 20), "nor a share of one");
    }
}

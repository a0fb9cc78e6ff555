/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import org.junit.jupiter.api.Test;

class LayerTest
{
    private static final Precision[] THREE = { Precision.FP64, Precision.FP32, Precision.UNKNOWN };

    @Test
    void shouldAddOnlyWhatWasExecutedBeyondTheCalls()
    {
        final Layer layer = layer(
            calls(Map.of(Precision.FP64, 100L, Precision.FP32, 50L)),
            exactly(Map.of(Precision.FP64, 130L, Precision.FP32, 50L)), null);

        assertEquals(Map.of(Precision.FP64, FlopCount.of(30)), layer.byPrecision());
        assertEquals(FlopCount.of(30), layer.added());
        assertEquals(Map.of(Basis.EXACT_EXECUTED, FlopCount.of(30)), layer.byBasis());
        assertEquals(List.of(), layer.findings());
    }

    /** A call states bf16 and the silicon ran fp32: one piece of work, and not two. */
    @Test
    void shouldNotCountTwiceWhatRanInAnotherPrecisionThanItWasStated()
    {
        final Layer layer = layer(
            calls(Map.of(Precision.BF16, 100L)), exactly(Map.of(Precision.FP32, 107L)), null);

        assertEquals(Map.of(Precision.FP32, FlopCount.of(7)), layer.byPrecision());
        // The canary: the larger of both, precision by precision, would make 207 of it.
        assertNotEquals(FlopCount.of(107), layer.added());
    }

    @Test
    void shouldLeaveOpenWhichOfTwoPrecisionsExceeds()
    {
        final Layer layer = layer(
            calls(Map.of(Precision.BF16, 100L)),
            exactly(Map.of(Precision.FP32, 60L, Precision.FP64, 90L)), null);

        // 50 beyond the calls: at most 60 of them fp32, at most 90 fp64.
        assertEquals(Map.of(Precision.UNKNOWN, FlopCount.of(50)), layer.byPrecision());
    }

    @Test
    void shouldPutIntoUnknownWhatTheCounterLumps()
    {
        final Layer layer = layer(
            calls(Map.of(Precision.FP64, 100L, Precision.FP32, 50L)), exactly(Map.of(Precision.UNKNOWN, 170L)), null);

        assertEquals(Map.of(Precision.UNKNOWN, FlopCount.of(20)), layer.byPrecision());
        assertEquals(List.of(), layer.findings(), "what a precision did can't be told");
    }

    @Test
    void shouldAddOfTheDerivedFigureOnlyWhatNothingElseCounted()
    {
        final Layer.Witness derived = witness(Precision.UNKNOWN, 10, 20, 40);

        final Layer alone = layer(calls(Map.of()), null, derived);
        final Layer besideCalls = layer(calls(Map.of(Precision.BF16, 5L)), null, derived);
        final Layer besideExecuted = layer(calls(Map.of()), exactly(Map.of(Precision.BF16, 5L)), derived);
        final Layer explained = layer(calls(Map.of(Precision.BF16, 20L)), null, derived);

        assertEquals(Map.of(Basis.DERIVED, FlopCount.of(10)), alone.byBasis());
        assertEquals(FlopCount.of(10), alone.addedEstimate());
        assertEquals(Map.of(Basis.DERIVED, FlopCount.of(5)), besideCalls.byBasis());
        assertEquals(FlopCount.of(10), besideCalls.addedEstimate());
        assertEquals(
            Map.of(Basis.EXACT_EXECUTED, FlopCount.of(5), Basis.DERIVED, FlopCount.of(5)), besideExecuted.byBasis());
        // The canary: the sum of both counters would make 15 of it.
        assertEquals(FlopCount.of(10), besideExecuted.added());
        assertEquals(FlopCount.ZERO, explained.added().add(explained.addedEstimate()));
    }

    /** Pipe activity is 5 % off by itself: so much beyond the calls is no work that they do not show. */
    @Test
    void shouldNotTakeTheErrorOfTheDerivedPointForWork()
    {
        final Layer.Witness derived = witness(Precision.UNKNOWN, 0, 1050, 4000);

        final Layer within = layer(calls(Map.of(Precision.BF16, 1000L)), null, derived);
        final Layer beyond = layer(calls(Map.of(Precision.BF16, 999L)), null, derived);

        assertEquals(FlopCount.ZERO, within.addedEstimate());
        assertEquals(FlopCount.of(51), beyond.addedEstimate());
    }

    /** A runtime records by itself what it did on the card: the counter of the card saw the same work. */
    @Test
    void shouldNotAddWhatTheProgramRecordedItself()
    {
        final Layer.Witness derived = witness(Precision.BF16, 600, 1000, 2000);
        final Layer.Calls recorded = calls(Map.of(Precision.BF16, 500L));

        final Layer open = Layer.of(
            calls(Map.of()), null, derived, Layer.Elsewhere.after(recorded, calls(Map.of()), null));
        final Layer seenByCpu = Layer.of(calls(Map.of()), null, derived, Layer.Elsewhere.after(
            recorded, calls(Map.of(Precision.FP64, 50L)), exactly(Map.of(Precision.FP64, 450L))));

        assertEquals(FlopCount.of(100), open.added());
        assertEquals(FlopCount.of(400), open.addedEstimate());
        // Of the 500 the CPU may have done the 400 that it executed beyond its calls: the card did 500 beyond the rest.
        assertEquals(FlopCount.of(500), seenByCpu.added());
        assertEquals(Map.of(Precision.BF16, FlopCount.of(100), Precision.UNKNOWN, FlopCount.of(400)),
            seenByCpu.byPrecision());
    }

    @Test
    void shouldFindCallsThatStateMoreThanWasExecuted()
    {
        final Layer byPrecision = layer(
            calls(Map.of(Precision.FP64, 101L, Precision.FP32, 5L)),
            exactly(Map.of(Precision.FP64, 100L, Precision.FP32, 50L)), null);
        final Layer inAll =
            layer(calls(Map.of(Precision.FP64, 171L)), exactly(Map.of(Precision.UNKNOWN, 170L)), null);
        final Layer inPart = layer(
            calls(Map.of(Precision.FP64, 171L)),
            new Layer.Witness(Map.of(Precision.UNKNOWN, FlopInterval.exact(FlopCount.of(170))), false, FlopCount.ZERO),
            null);

        assertEquals(1, byPrecision.findings().size());
        assertTrue(byPrecision.findings().get(0).startsWith("fp64: calls state 101 FLOP, executed were 100 at most"));
        assertTrue(inAll.findings().get(0).startsWith("in all: calls state 171 FLOP"));
        assertEquals(List.of(), inPart.findings(), "a counter that did not watch all the time proves nothing");
    }

    /** Against all ways to spread the amount: a precision has for sure what it has in every one of them. */
    @Test
    void shouldSpreadOnlyWhatIsSure()
    {
        final long seed = 20261127L;
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 3000; round++)
        {
            final int[] excess = { random.nextInt(7), random.nextInt(7), random.nextInt(7) };
            final int amount = random.nextInt(excess[0] + excess[1] + excess[2] + 1);
            final int[] least = { amount, amount, amount };
            for (int a = 0; a <= Math.min(amount, excess[0]); a++)
            {
                for (int b = 0; b <= Math.min(amount - a, excess[1]); b++)
                {
                    if (amount - a - b <= excess[2])
                    {
                        least[0] = Math.min(least[0], a);
                        least[1] = Math.min(least[1], b);
                        least[2] = Math.min(least[2], amount - a - b);
                    }
                }
            }

            final Map<Precision, FlopCount> excesses = new EnumMap<>(Precision.class);
            for (int i = 0; i < THREE.length; i++)
            {
                excesses.put(THREE[i], FlopCount.of(excess[i]));
            }
            final Map<Precision, FlopCount> parts = Layer.spread(FlopCount.of(amount), excesses);

            final String where = "seed " + seed + " round " + round;
            assertEquals(FlopCount.of(least[0]), parts.getOrDefault(Precision.FP64, FlopCount.ZERO), where);
            assertEquals(FlopCount.of(least[1]), parts.getOrDefault(Precision.FP32, FlopCount.ZERO), where);
            assertEquals(FlopCount.of(amount - least[0] - least[1]),
                parts.getOrDefault(Precision.UNKNOWN, FlopCount.ZERO), where);
        }
    }

    /** Totals by three lines of arithmetic of their own: lower = the larger, point = the largest of three. */
    @Test
    void shouldAgreeWithAnIndependentSumForRandomFigures()
    {
        final long seed = 20261128L;
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 3000; round++)
        {
            final Map<Precision, FlopCount> counts = new EnumMap<>(Precision.class);
            final Map<Precision, FlopCount> estimates = new EnumMap<>(Precision.class);
            final Map<Precision, FlopInterval> figures = new EnumMap<>(Precision.class);
            long calls = 0;
            long guessed = 0;
            long lower = 0;
            long point = 0;
            for (final Precision precision : THREE)
            {
                final long count = Precision.UNKNOWN == precision ? 0 : random.nextInt(100);
                final long estimate = random.nextInt(3) == 0 && 0 < count ? random.nextInt(50) : 0;
                final long seen = random.nextInt(100);
                final long scaled = seen + random.nextInt(40);
                counts.put(precision, FlopCount.of(count));
                estimates.put(precision, FlopCount.of(estimate));
                figures.put(precision, FlopInterval.of(
                    FlopCount.of(seen), FlopCount.of(scaled), FlopCount.of(scaled + random.nextInt(9))));
                calls += count;
                guessed += estimate;
                lower += seen;
                point += scaled;
            }

            final Layer layer = layer(
                new Layer.Calls(counts, estimates), new Layer.Witness(figures, true, FlopCount.ZERO), null);

            final String where = "seed " + seed + " round " + round;
            final long total = calls + layer.added().low();
            assertEquals(Math.max(calls, lower), total, where);
            assertEquals(Math.max(Math.max(calls + guessed, total), point),
                total + guessed - layer.covered().low() + layer.addedEstimate().low(), where);
        }
    }

    private static Layer layer(final Layer.Calls calls, final Layer.Witness executed, final Layer.Witness derived)
    {
        return Layer.of(calls, executed, derived, Layer.Elsewhere.NONE);
    }

    private static Layer.Calls calls(final Map<Precision, Long> counts)
    {
        final Map<Precision, FlopCount> flopCounts = new EnumMap<>(Precision.class);
        counts.forEach((precision, count) -> flopCounts.put(precision, FlopCount.of(count)));
        return new Layer.Calls(flopCounts, Map.of());
    }

    private static Layer.Witness exactly(final Map<Precision, Long> counts)
    {
        final Map<Precision, FlopInterval> figures = new EnumMap<>(Precision.class);
        counts.forEach((precision, count) -> figures.put(precision, FlopInterval.exact(FlopCount.of(count))));
        return new Layer.Witness(figures, true, FlopCount.ZERO);
    }

    private static Layer.Witness witness(
        final Precision precision, final long lower, final long point, final long upper)
    {
        return new Layer.Witness(
            Map.of(precision, FlopInterval.of(FlopCount.of(lower), FlopCount.of(point), FlopCount.of(upper))), true,
            FlopCount.ZERO);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FigureTest
{
    @Test
    void shouldTakeMedianAndTenthsOfRoundsInAnyOrder()
    {
        final double[] rounds = { 11, 1, 2, 10, 3, 9, 4, 8, 5, 7, 6 };

        final Figure figure = Figure.of("x", "ns", Placement.MIDDLE, rounds, true);

        assertEquals(6, figure.median());
        assertEquals(2, figure.p10());
        assertEquals(10, figure.p90());
        assertEquals(11, figure.rounds());
        assertEquals("middle", figure.placement());
        assertEquals(11, rounds[0]);
    }

    @Test
    void shouldTakeTheMiddleOfTwo()
    {
        assertEquals(1.5, Quantiles.median(new double[]{ 2, 1 }));
    }

    @Test
    void shouldRefuseWhatIsNoMeasurement()
    {
        final double[] endless = { 1, Double.POSITIVE_INFINITY };

        assertThrows(
            IllegalArgumentException.class, () -> Figure.of("x", "ns", Placement.NEAR, endless, true));
        assertThrows(
            IllegalArgumentException.class, () -> Figure.of("x", "ns", Placement.NEAR, new double[0], true));
    }

    @Test
    void shouldTakeTheSlowestOfRatesAndCosts()
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", true);
        card.add(Figure.of("rate", "samples/s", Placement.NEAR, new double[]{ 9 }, true));
        card.add(Figure.of("rate", "samples/s", Placement.FAR, new double[]{ 3 }, true));
        card.add(Figure.of("cost", "ns", Placement.NEAR, new double[]{ 9 }, true));
        card.add(Figure.of("cost", "ns", Placement.FAR, new double[]{ 3 }, true));

        assertEquals(3, card.slowest("rate").orElseThrow().median());
        assertEquals(9, card.slowest("cost").orElseThrow().median());
        assertTrue(card.slowest("other").isEmpty());
    }

    @Test
    void shouldOrderPlacementsByDistance()
    {
        assertEquals(Placement.FAR, Placement.NEAR.slower(Placement.FAR));
        assertEquals(Placement.MIDDLE, Placement.MIDDLE.slower(Placement.NEAR));
        assertEquals(Placement.FAR, Placement.ofJson("far"));
        assertThrows(IllegalArgumentException.class, () -> Placement.ofJson("FAR"));
    }
}

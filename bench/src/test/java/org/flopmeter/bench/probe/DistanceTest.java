/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.flopmeter.bench.card.Placement;
import org.junit.jupiter.api.Test;

class DistanceTest
{
    private static Distance of(final double latencyNs)
    {
        return new Distance(latencyNs, 1e10);
    }

    @Test
    void shouldClassifyByLatency()
    {
        assertEquals(Placement.NEAR, of(20).placement());
        assertEquals(Placement.NEAR, of(44.9).placement());
        assertEquals(Placement.MIDDLE, of(45).placement());
        assertEquals(Placement.MIDDLE, of(149.9).placement());
        assertEquals(Placement.FAR, of(150).placement());
        assertEquals(Placement.FAR, of(273).placement());
    }

    @Test
    void shouldTakeTheSlowerClassOfAMixedRound()
    {
        final Surroundings mixed = new Surroundings(of(30), of(200));
        assertTrue(mixed.isMixed());
        assertEquals(Placement.FAR, mixed.placement());
        assertEquals(Placement.FAR, new Surroundings(of(200), of(30)).placement());
        assertFalse(new Surroundings(of(30), of(31)).isMixed());
    }
}

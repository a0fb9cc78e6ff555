/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.flopmeter.bench.card.Curve;
import org.flopmeter.bench.fork.Results;
import org.junit.jupiter.api.Test;

class ScaleTest
{
    @Test
    void shouldKeepTheSlowestPlacementOfAPoint()
    {
        final Results results = new Results();
        for (final String placement : new String[] { "middle", "far", "near" })
        {
            results.add("samplesPerSec.16", 3);
            results.add("placement.16", placement);
        }
        results.add("placement.64", "near");

        assertEquals(new Curve.Point(16, 3, 3, 3, "far"), Scale.point(results, 16));
    }

    @Test
    void shouldHaveNoPointWithoutAPlacement()
    {
        final Results results = new Results();
        results.add("samplesPerSec.16", 3);

        assertThrows(IllegalStateException.class, () -> Scale.point(results, 16));
    }
}

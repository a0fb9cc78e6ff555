/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;

/** A million nodes in a row: recursion on the call stack would overflow. */
class DeepGraphTest
{
    @Test
    void shouldFollowAChainOfAMillion()
    {
        final int length = 1_000_000;
        final GraphBuilder builder = new GraphBuilder().computation("c0", activity(1));
        for (int i = 1; i < length; i++)
        {
            builder.computation("c" + i, activity(1)).edge("c" + (i - 1), "c" + i);
        }

        final CausalSum sum = new Quantities(builder.build()).compute(List.of("c" + (length - 1)));

        assertEquals(FlopInterval.exact(FlopCount.of(length)), sum.total());
        assertEquals(length, sum.counted().size());
    }

    @Test
    void shouldFindACycleThatIsAMillionLong()
    {
        final int length = 1_000_000;
        final List<Edge> edges = new ArrayList<>(length);
        for (int i = 0; i < length; i++)
        {
            edges.add(new Edge(i, (i + 1) % length, Cut.NONE, null));
        }

        assertTrue(new Cycle(length, edges).isThere());
        assertFalse(new Cycle(length, edges.subList(0, length - 1)).isThere());
    }

    private static Activity activity(final long flopCount)
    {
        return Activity.of(Map.of("fp8", FlopInterval.exact(FlopCount.of(flopCount))));
    }
}

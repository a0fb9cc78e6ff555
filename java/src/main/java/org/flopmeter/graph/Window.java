/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.unit.Ratio;

/** A span of time [from, to) in seconds, and what was executed in it. */
record Window(Ratio from, Ratio to)
{
    RatioInterval rate(final CausalGraph graph, final BitSet vertices)
    {
        final Map<String, RatioInterval> byPrecision = new TreeMap<>();
        for (int v = vertices.nextSetBit(0); v >= 0; v = vertices.nextSetBit(v + 1))
        {
            if (graph.isComputation(v))
            {
                final Ratio share = share(graph.name(v), graph.activity(v));
                graph.activity(v).flop().forEach((precision, flop) -> byPrecision.merge(
                    precision, RatioInterval.of(flop).multiply(share), RatioInterval::add));
            }
        }
        RatioInterval total = RatioInterval.ZERO;
        for (final Map.Entry<String, RatioInterval> entry : byPrecision.entrySet())
        {
            entry.getValue().requireFit("precision " + entry.getKey() + " in the window");
            total = total.add(entry.getValue());
        }
        total.requireFit("the total in the window");
        return total.multiply(Ratio.ONE.divide(to.subtract(from)));
    }

    /** Share of the computation's time that lies inside. */
    private Ratio share(final String name, final Activity activity)
    {
        final Ratio start = activity.start();
        final Ratio end = activity.end();
        if (null == start || null == end)
        {
            throw new GraphRefusedException(Refusal.MISSING_TIME,
                "computation \"" + name + "\" has no " + (null == start ? "start" : "end"));
        }
        if (start.equals(end))
        {
            return start.compareTo(from) >= 0 && start.compareTo(to) < 0 ? Ratio.ONE : Ratio.ZERO;
        }
        final Ratio inside = end.min(to).subtract(start.max(from));
        return inside.signum() <= 0 ? Ratio.ZERO : inside.divide(end.subtract(start));
    }
}

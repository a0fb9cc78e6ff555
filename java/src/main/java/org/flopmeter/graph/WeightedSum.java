/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * A figure whose precisions are weighed: a view, never the total itself.
 *
 * @param byPrecision weighed; the parts make up the total.
 */
public record WeightedSum(RatioInterval total, SortedMap<String, RatioInterval> byPrecision, List<String> counted)
{
    public WeightedSum
    {
        byPrecision = Collections.unmodifiableSortedMap(byPrecision);
        counted = List.copyOf(counted);
    }

    static WeightedSum of(final CausalSum sum, final Map<String, Ratio> factors)
    {
        final SortedMap<String, RatioInterval> byPrecision = new TreeMap<>();
        RatioInterval total = RatioInterval.ZERO;
        for (final Map.Entry<String, FlopInterval> entry : sum.byPrecision().entrySet())
        {
            final RatioInterval part = RatioInterval.of(entry.getValue())
                .multiply(factors.getOrDefault(entry.getKey(), Ratio.ONE));
            part.requireFit("weighted precision " + entry.getKey());
            byPrecision.put(entry.getKey(), part);
            total = total.add(part);
        }
        total.requireFit("the weighted total");
        return new WeightedSum(total, byPrecision, sum.counted());
    }
}

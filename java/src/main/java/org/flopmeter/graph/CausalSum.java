/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.unit.CodePointOrder;
import org.flopmeter.unit.FlopInterval;

/**
 * FLOP of a set of vertices: each computation once.
 *
 * @param total       over all precisions, plainly added.
 * @param byPrecision by name of the precision.
 * @param counted     names of the computations that make it up, sorted by code point: whoever adds their weights gets
 *                    the total.
 */
public record CausalSum(FlopInterval total, SortedMap<String, FlopInterval> byPrecision, List<String> counted)
{
    public CausalSum
    {
        byPrecision = Collections.unmodifiableSortedMap(byPrecision);
        counted = List.copyOf(counted);
    }

    /** The sum over a set of vertices; one of 2^128 or more, in a precision or over all, is refused. */
    public static CausalSum of(final CausalGraph graph, final BitSet vertices)
    {
        final IntervalSum total = new IntervalSum();
        final Map<String, IntervalSum> sums = new TreeMap<>();
        final List<String> counted = new ArrayList<>();
        for (int v = vertices.nextSetBit(0); v >= 0; v = vertices.nextSetBit(v + 1))
        {
            if (graph.isComputation(v))
            {
                counted.add(graph.name(v));
                graph.activity(v).flop().forEach((precision, flop) ->
                {
                    total.add(flop);
                    sums.computeIfAbsent(precision, ignored -> new IntervalSum()).add(flop);
                });
            }
        }
        final SortedMap<String, FlopInterval> byPrecision = new TreeMap<>();
        sums.forEach((precision, sum) -> byPrecision.put(precision, sum.interval("precision " + precision)));
        counted.sort(CodePointOrder.INSTANCE);
        return new CausalSum(total.interval("the total"), byPrecision, counted);
    }
}

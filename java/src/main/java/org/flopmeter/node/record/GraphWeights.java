/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import java.math.BigInteger;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.flopmeter.graph.store.GraphRecord;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * A run's result as weights per precision whose sums are the result's {@code flop}, end by end. The result's uppers per
 * precision each hold everything that could not be seen; here that is in the precision "unknown", once.
 */
final class GraphWeights
{
    private GraphWeights()
    {
    }

    static SortedMap<String, FlopInterval> of(final FlopInterval whole, final Iterable<Precise> parts)
    {
        final SortedMap<String, FlopInterval> weights = new TreeMap<>();
        BigInteger lower = whole.lower().toBigInteger();
        BigInteger point = whole.point().toBigInteger();
        BigInteger seen = BigInteger.ZERO;
        for (final Precise part : parts)
        {
            final FlopInterval flop = part.flop();
            weights.merge(part.precision(),
                FlopInterval.of(flop.lower(), flop.point(), flop.point()), FlopInterval::add);
            lower = lower.subtract(flop.lower().toBigInteger());
            point = point.subtract(flop.point().toBigInteger());
            seen = seen.add(flop.point().toBigInteger());
        }
        final FlopCount restLower = FlopCount.of(lower.max(BigInteger.ZERO));
        final FlopCount restPoint = FlopCount.of(point.max(BigInteger.ZERO)).max(restLower);
        final FlopInterval rest = whole.isBounded() ?
            FlopInterval.of(restLower, restPoint, FlopCount.of(
                whole.upper().toBigInteger().subtract(seen).max(BigInteger.ZERO)).max(restPoint)) :
            FlopInterval.unbounded(restLower, restPoint);
        if (!FlopInterval.ZERO.equals(rest))
        {
            weights.merge(RecordedComputation.UNKNOWN_PRECISION, rest, FlopInterval::add);
        }
        return weights;
    }

    static SortedMap<String, FlopInterval> of(final RunResult result)
    {
        return of(result.flop(), result.byPrecision().entrySet().stream()
            .map(entry -> new Precise(entry.getKey(), entry.getValue())).toList());
    }

    /**
     * What a computation and its segments weigh.
     *
     * @param weights  of the whole: what a segment has is taken out.
     * @param counted  by node and precision.
     * @param segments numbers by node, without the computation's own one: what is counted under that may have been at
     *     any time.
     */
    static void record(
        final SortedMap<String, FlopInterval> weights,
        final Map<String, Map<String, FlopInterval>> counted,
        final long computation,
        final Map<String, Long> segments,
        final long timeNs,
        final Consumer<GraphRecord> records)
    {
        segments.forEach((node, segment) -> take(weights, counted.get(node))
            .forEach((precision, flop) -> records.accept(new Weighed(segment, timeNs, precision, flop))));
        weights.forEach((precision, flop) -> records.accept(new Weighed(computation, timeNs, precision, flop)));
    }

    /**
     * Take what one node counted, per precision, out of the weights of its run.
     *
     * @param part null for nothing.
     * @return it.
     */
    static SortedMap<String, FlopInterval> take(
        final SortedMap<String, FlopInterval> weights, final Map<String, FlopInterval> part)
    {
        final SortedMap<String, FlopInterval> taken = new TreeMap<>();
        if (null != part)
        {
            part.forEach((precision, flop) ->
            {
                taken.put(precision, FlopInterval.of(flop.lower(), flop.point(), flop.point()));
                weights.computeIfPresent(precision, (ignored, whole) -> less(whole, flop));
            });
        }
        return taken;
    }

    private static FlopInterval less(final FlopInterval whole, final FlopInterval part)
    {
        final FlopCount lower = less(whole.lower(), part.lower());
        final FlopCount point = less(whole.point(), part.point()).max(lower);
        return whole.isBounded() ?
            FlopInterval.of(lower, point, less(whole.upper(), part.point()).max(point)) :
            FlopInterval.unbounded(lower, point);
    }

    private static FlopCount less(final FlopCount whole, final FlopCount part)
    {
        return whole.compareTo(part) > 0 ? whole.subtract(part) : FlopCount.ZERO;
    }

    /** What was done in a precision. */
    record Precise(String precision, FlopInterval flop)
    {
    }
}

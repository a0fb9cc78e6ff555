/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Refusal;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** Reads weights: "n", or ["lower", "point", "upper"] where the upper end may be "unbounded". */
public final class WeightReader
{
    /** What 2^128 takes is 39 digits; whatever is longer needs no conversion to be refused. */
    private static final int DIGITS_MAX = 39;

    private static final Pattern COUNT = Pattern.compile("-?(0|[1-9][0-9]*)");
    private static final String EXPECTED = "a count as a string, or [lower, point, upper] with lower <= point <= upper";

    private WeightReader()
    {
    }

    /** Weights by precision; a faulty one is refused with its path. */
    public static SortedMap<String, FlopInterval> read(final JsonView flop)
    {
        final SortedMap<String, FlopInterval> weights = new TreeMap<>();
        for (final String precision : flop.names())
        {
            weights.put(precision, interval(flop.member(precision)));
        }
        return weights;
    }

    private static FlopInterval interval(final JsonView weight)
    {
        final List<String> ends = ends(weight);
        final boolean isBounded = !FlopInterval.UNBOUNDED.equals(ends.get(2));
        final List<String> counts = isBounded ? ends : ends.subList(0, 2);
        requireCounts(weight, counts);
        final FlopCount lower = FlopCount.parse(counts.get(0));
        final FlopCount point = FlopCount.parse(counts.get(1));
        final FlopCount upper = isBounded ? FlopCount.parse(counts.get(2)) : null;
        if (lower.compareTo(point) > 0 || (isBounded && point.compareTo(upper) > 0))
        {
            throw badInterval(weight);
        }
        return isBounded ? FlopInterval.of(lower, point, upper) : FlopInterval.unbounded(lower, point);
    }

    private static List<String> ends(final JsonView weight)
    {
        if (weight.node().isString())
        {
            final String text = weight.string();
            if (FlopInterval.UNBOUNDED.equals(text))
            {
                throw badInterval(weight);
            }
            return List.of(text, text, text);
        }
        if (!weight.node().isArray() || 3 != weight.node().size())
        {
            throw badInterval(weight);
        }
        final List<String> ends = new ArrayList<>(3);
        for (final JsonView end : weight.elements())
        {
            if (!end.node().isString())
            {
                throw badInterval(weight);
            }
            ends.add(end.string());
        }
        return ends;
    }

    /** Shape, then sign, then size of all ends, before anybody looks at their order. */
    private static void requireCounts(final JsonView weight, final List<String> counts)
    {
        for (final String count : counts)
        {
            if (!COUNT.matcher(count).matches())
            {
                throw badInterval(weight);
            }
        }
        for (final String count : counts)
        {
            if (count.startsWith("-"))
            {
                throw new GraphRefusedException(Refusal.NEGATIVE_FLOP, weight.wrong("no negative FLOP").getMessage());
            }
        }
        for (final String count : counts)
        {
            if (count.length() > DIGITS_MAX || new BigInteger(count).bitLength() > 128)
            {
                throw new GraphRefusedException(Refusal.OVERFLOW,
                    weight.wrong("counts below 2^128").getMessage());
            }
        }
    }

    private static GraphRefusedException badInterval(final JsonView weight)
    {
        return new GraphRefusedException(Refusal.BAD_INTERVAL, weight.wrong(EXPECTED).getMessage());
    }
}

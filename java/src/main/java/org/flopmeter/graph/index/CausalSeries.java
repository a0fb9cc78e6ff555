/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * How a causal graph's weights lie in the series of an index: lower, point and upper end over all precisions, then for
 * each precision the same three and how many computations name it.
 *
 * @param precisions ascending.
 */
record CausalSeries(List<String> precisions)
{
    static final int ENDS = 3;
    static final int STRIDE = ENDS + 1;

    int count()
    {
        return ENDS + STRIDE * precisions.size();
    }

    /** The first series of a precision. */
    int of(final String precision)
    {
        return ENDS + STRIDE * Collections.binarySearch(precisions, precision);
    }

    /** The interval whose lower end is this series. */
    static FlopInterval interval(final ClosureTotal sums, final int series)
    {
        final FlopCount lower = sums.value(series);
        final FlopCount point = sums.value(series + 1);
        return sums.isUnbounded(series + 2) ?
            FlopInterval.unbounded(lower, point) : FlopInterval.of(lower, point, sums.value(series + 2));
    }

    /** By name of the precision: those that some computation names. */
    SortedMap<String, FlopInterval> byPrecision(final ClosureTotal sums)
    {
        final SortedMap<String, FlopInterval> result = new TreeMap<>();
        for (int i = 0; i < precisions.size(); i++)
        {
            final int series = ENDS + i * STRIDE;
            if (!sums.value(series + ENDS).isZero())
            {
                result.put(precisions.get(i), interval(sums, series));
            }
        }
        return Collections.unmodifiableSortedMap(result);
    }
}

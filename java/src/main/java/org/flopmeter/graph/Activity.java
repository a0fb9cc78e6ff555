/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * A computation, or one segment of it: what it weighs in each precision, when it ran and what for.
 *
 * @param flop  by name of the precision; absent precisions weigh nothing.
 * @param start seconds, null when unknown.
 * @param end   seconds, null when unknown.
 */
public record Activity(SortedMap<String, FlopInterval> flop, Ratio start, Ratio end, Purpose purpose)
{
    public Activity
    {
        flop = Collections.unmodifiableSortedMap(new TreeMap<>(flop));
    }

    /** A computation of which nobody said what it was for. */
    public Activity(final Map<String, FlopInterval> flop, final Ratio start, final Ratio end)
    {
        this(new TreeMap<>(flop), start, end, Purpose.UNSPECIFIED);
    }

    /** A computation whose times are not known either. */
    public static Activity of(final Map<String, FlopInterval> flop)
    {
        return new Activity(flop, null, null);
    }
}

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
 * A computation, or one segment of it: what it weighs in each precision, and when it ran.
 *
 * @param flop  by name of the precision; absent precisions weigh nothing.
 * @param start seconds, null when unknown.
 * @param end   seconds, null when unknown.
 */
public record Activity(SortedMap<String, FlopInterval> flop, Ratio start, Ratio end)
{
    public Activity
    {
        flop = Collections.unmodifiableSortedMap(new TreeMap<>(flop));
    }

    /** A computation whose times are not known. */
    public static Activity of(final Map<String, FlopInterval> flop)
    {
        return new Activity(new TreeMap<>(flop), null, null);
    }
}

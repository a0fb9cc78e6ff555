/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/** Are two sets of totals the same? */
final class Comparison
{
    /** A key whose totals differ. */
    record Difference(KeyName key, ExactTotal metered, ExactTotal expected)
    {
        @Override
        public String toString()
        {
            return key + ": metered " + metered + ", expected " + expected;
        }
    }

    private Comparison()
    {
    }

    /** Keys in order; one that is absent counts as zero, and zero samples are no key. */
    static List<Difference> differences(
        final SortedMap<KeyName, ExactTotal> metered, final SortedMap<KeyName, ExactTotal> expected)
    {
        final SortedSet<KeyName> keys = new TreeSet<>(metered.keySet());
        keys.addAll(expected.keySet());
        final List<Difference> differences = new ArrayList<>();
        for (final KeyName key : keys)
        {
            final ExactTotal is = metered.getOrDefault(key, ExactTotal.ZERO);
            final ExactTotal should = expected.getOrDefault(key, ExactTotal.ZERO);
            if (!is.equals(should))
            {
                differences.add(new Difference(key, is, should));
            }
        }
        return differences;
    }

    /** Everything added up. */
    static ExactTotal sum(final Map<KeyName, ExactTotal> totals)
    {
        return totals.values().stream().reduce(ExactTotal.ZERO, ExactTotal::add);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.Comparator;
import org.flopmeter.unit.Ratio;

/**
 * A place in the total order of runs: time of the end, then name. Data flow only up this order, so that two runs that
 * read and write each other's datasets make no cycle.
 *
 * @param runId null: after all runs of that time.
 */
record RunKey(Ratio time, String runId) implements Comparable<RunKey>
{
    private static final Comparator<RunKey> ORDER = Comparator.comparing(RunKey::time)
        .thenComparing(RunKey::runId, Comparator.nullsLast(Comparator.naturalOrder()));

    @Override
    public int compareTo(final RunKey other)
    {
        return ORDER.compare(this, other);
    }

    static RunKey least(final RunKey a, final RunKey b)
    {
        return a.compareTo(b) <= 0 ? a : b;
    }
}

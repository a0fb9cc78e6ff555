/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.util.List;

/**
 * How often a cost was how high, for the page's histogram.
 *
 * @param name    "producerCost", "stalenessOfTotals"; others may be added.
 * @param title   one line, for people.
 * @param unit    of the bounds, e.g. "ns/sample".
 * @param buckets from low to high, without gaps; empty ones at the ends left out.
 */
public record Distribution(String name, String title, String unit, List<Bucket> buckets)
{
    /** {@code count} values at or above {@code from} and below {@code to}. */
    public record Bucket(double from, double to, long count)
    {
    }

    /** The buckets are copied. */
    public Distribution
    {
        buckets = List.copyOf(buckets);
    }
}

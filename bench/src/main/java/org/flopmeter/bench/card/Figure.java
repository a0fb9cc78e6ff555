/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One measured figure of the score card.
 *
 * @param name      as in CONTRACT.md: endToEndBatched, endToEndSingle, consumerOnly, dramReadBandwidth, producerFree,
 *                  producerLive, producerFull, interceptedCall; others may be added.
 * @param unit      "samples/s", "B/s", "ns/sample", "ns".
 * @param placement {@link Placement#jsonName}; the one seen in the rounds that the figure is taken from.
 * @param median    over rounds, in the unit.
 * @param p10       a tenth of the rounds were below.
 * @param p90       a tenth of the rounds were above.
 * @param rounds    how many rounds.
 * @param exact     the totals of all rounds were right, per key; true where nothing is added up.
 * @param details   anything else worth telling, for the document's "details": strings, numbers, booleans, lists, maps.
 */
public record Figure(
    String name,
    String unit,
    String placement,
    double median,
    double p10,
    double p90,
    int rounds,
    boolean exact,
    Map<String, Object> details)
{
    private static final double LOW_SHARE = 0.1;
    private static final double HIGH_SHARE = 0.9;

    /** The details are copied, in their order. */
    public Figure
    {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    /**
     * The figure of some rounds.
     *
     * @param values one for each round, in the unit; at least one, all finite.
     */
    public static Figure of(
        final String name, final String unit, final Placement placement, final double[] values, final boolean exact)
    {
        for (final double value : values)
        {
            if (!Double.isFinite(value))
            {
                throw new IllegalArgumentException(name + ": a round measured " + value + " " + unit);
            }
        }
        return new Figure(
            name,
            unit,
            placement.jsonName(),
            Quantiles.median(values),
            Quantiles.of(values, LOW_SHARE),
            Quantiles.of(values, HIGH_SHARE),
            values.length,
            exact,
            Map.of());
    }

    /** The same figure with one more detail. */
    public Figure with(final String key, final Object value)
    {
        final Map<String, Object> more = new LinkedHashMap<>(details);
        more.put(key, value);
        return new Figure(name, unit, placement, median, p10, p90, rounds, exact, more);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.Quantiles;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Results;

/** Turns rounds of a fork into figures, one for each placement that was seen. */
public final class RoundFigures
{
    private RoundFigures()
    {
    }

    /** Values of "key", each with its "placement", by placement. */
    public static Map<Placement, double[]> byPlacement(final Results results, final String key)
    {
        final Map<Placement, List<Double>> lists = new EnumMap<>(Placement.class);
        final double[] values = results.numbers(key);
        final List<String> placements = results.texts("placement");
        for (int i = 0; i < values.length; i++)
        {
            lists.computeIfAbsent(Placement.ofJson(placements.get(i)), (placement) -> new ArrayList<>()).add(values[i]);
        }
        final Map<Placement, double[]> arrays = new EnumMap<>(Placement.class);
        lists.forEach((placement, list) ->
            arrays.put(placement, list.stream().mapToDouble(Double::doubleValue).toArray()));
        return arrays;
    }

    /** Add one figure per placement; the details go with each. Wrong totals are told. */
    public static void add(
        final ScoreCard card,
        final String name,
        final String unit,
        final Results results,
        final String key,
        final Map<String, Object> details)
    {
        final boolean exact = results.all("exact");
        byPlacement(results, key).forEach((placement, values) ->
            card.add(with(Figure.of(name, unit, placement, values, exact), details)));
        warnInexact(card, name, results);
    }

    /** The same figure with all these details. */
    public static Figure with(final Figure figure, final Map<String, Object> details)
    {
        Figure more = figure;
        for (final Map.Entry<String, Object> detail : details.entrySet())
        {
            more = more.with(detail.getKey(), detail.getValue());
        }
        return more;
    }

    /** Say on the card what was wrong with totals, if anything was: see {@link ScoreCard#wrong}. */
    public static void warnInexact(final ScoreCard card, final String name, final Results results)
    {
        if (results.has("difference"))
        {
            card.wrong(name + ": TOTALS WRONG: " + results.texts("difference").get(0));
        }
        else if (results.has("exact") && !results.all("exact"))
        {
            card.wrong(name + ": TOTALS WRONG");
        }
    }

    /** The slowest of the placements under that key, at least one: a figure is never shown in too good a class. */
    public static Placement slowest(final Results results, final String key)
    {
        return results.texts(key).stream().map(Placement::ofJson).reduce(Placement::slower)
            .orElseThrow(() -> new IllegalStateException("a measurement gave no " + key));
    }

    /** How many rounds began in one placement and ended in another. */
    public static long mixed(final Results results)
    {
        return results.texts("mixed").stream().filter(Boolean::parseBoolean).count();
    }

    /** Median of "key" per placement, by its word. */
    public static Map<String, Object> medians(final Results results, final String key)
    {
        final Map<String, Object> medians = new LinkedHashMap<>();
        byPlacement(results, key).forEach(
            (placement, values) -> medians.put(placement.jsonName(), Quantiles.median(values)));
        return medians;
    }

    /** Median of "key". */
    public static double median(final Results results, final String key)
    {
        return Quantiles.median(results.numbers(key));
    }
}

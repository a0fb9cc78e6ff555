/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.unit.Ratio;

/** Total processing performance of export rules: bits times dense TOPS. A unit of its own, not FLOP/s. */
final class TppDetermination
{
    private TppDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Fact list = situation.facts().at("tpp");
        final SortedMap<String, Ratio> byFormat = new TreeMap<>(CodePoints.ORDER);
        for (final Fact entry : list.elements())
        {
            final Ratio performance = Ratio.of(entry.at("bits").count()).multiply(entry.at("tops").ratio());
            byFormat.merge(entry.at("format").text(), performance, Ratio::max);
        }
        if (byFormat.isEmpty())
        {
            throw Refusal.MISSING_FACT.at(list.path(), "no format");
        }
        Map.Entry<String, Ratio> largest = null;
        final Answer perFormat = new Answer();
        for (final Map.Entry<String, Ratio> entry : byFormat.entrySet())
        {
            perFormat.put(entry.getKey(), entry.getValue());
            if (null == largest || entry.getValue().compareTo(largest.getValue()) > 0)
            {
                largest = entry;
            }
        }
        return new Answer()
            .put("tpp", largest.getValue())
            .put("unit", "TPP")
            .put("format", largest.getKey())
            .put("perFormat", perFormat);
    }
}

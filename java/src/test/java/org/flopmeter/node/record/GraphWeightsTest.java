/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.graph.store.GraphRecord;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.node.record.GraphWeights.Precise;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;

final class GraphWeightsTest
{
    private static FlopInterval flop(final long lower, final long point, final long upper)
    {
        return FlopInterval.of(FlopCount.of(lower), FlopCount.of(point), FlopCount.of(upper));
    }

    private static FlopInterval sum(final Map<String, FlopInterval> weights)
    {
        return weights.values().stream().reduce(FlopInterval.ZERO, FlopInterval::add);
    }

    /** The result's uppers per precision all hold the unseen work: here it stands once. */
    @Test
    void shouldWeighARunSoThatItAddsUp()
    {
        final FlopInterval whole = flop(10, 12, 100);
        final List<Precise> parts = List.of(new Precise("fp32", flop(4, 5, 93)), new Precise("fp64", flop(6, 7, 95)));
        final Map<String, FlopInterval> weights = GraphWeights.of(whole, parts);

        assertEquals(whole, sum(weights));
        assertEquals(new TreeMap<>(Map.of(
            "fp32", flop(4, 5, 5), "fp64", flop(6, 7, 7), "unknown", flop(0, 0, 88))), weights);
        final FlopInterval open = FlopInterval.unbounded(FlopCount.of(10), FlopCount.of(12));
        assertEquals(open, sum(GraphWeights.of(open, parts)));
        assertEquals(Map.of(), GraphWeights.of(FlopInterval.ZERO, List.of()));
    }

    /** What a segment takes it takes out of its run: both together are what the run was. */
    @Test
    void shouldTakeWhatANodeCountedOutOfItsRun()
    {
        final SortedMap<String, FlopInterval> weights = new TreeMap<>(Map.of(
            "fp32", flop(4, 5, 9), "fp64", FlopInterval.unbounded(FlopCount.of(6), FlopCount.of(7))));
        final FlopInterval whole = sum(weights);

        final SortedMap<String, FlopInterval> taken =
            GraphWeights.take(weights, Map.of("fp32", flop(3, 4, 8), "fp64", flop(6, 6, 6)));

        assertEquals(Map.of("fp32", flop(3, 4, 4), "fp64", flop(6, 6, 6)), taken);
        assertEquals(Map.of("fp32", flop(1, 1, 5),
            "fp64", FlopInterval.unbounded(FlopCount.ZERO, FlopCount.of(1))), weights);
        assertEquals(whole, sum(weights).add(sum(taken)));
        assertEquals(Map.of(), GraphWeights.take(weights, null));
        assertEquals(whole, sum(weights).add(sum(taken)));
    }

    /** A name that no segment has stays with the run; a segment under whose name nothing was counted weighs nothing. */
    @Test
    void shouldRecordEachSegmentAndTheRestOfTheRun()
    {
        final SortedMap<String, FlopInterval> weights = new TreeMap<>(Map.of("fp32", flop(10, 10, 10)));
        final List<GraphRecord> records = new ArrayList<>();
        GraphWeights.record(weights, Map.of("segment:one", Map.of("fp32", flop(3, 3, 3)),
            "train", Map.of("fp32", flop(7, 7, 7))), 1, new TreeMap<>(Map.of("", 6L, "segment:one", 5L)), 9,
            records::add);

        assertEquals(List.of(
            new Weighed(5, 9, "fp32", flop(3, 3, 3)), new Weighed(1, 9, "fp32", flop(7, 7, 7))), records);
    }
}

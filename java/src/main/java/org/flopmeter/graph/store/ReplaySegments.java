/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.graph.store.GraphRecord.Segment;

/**
 * Stretches of computations, each an effect of the one before it, the first of the computation itself: what is left of
 * that one, work that no stretch names, may be behind any of them.
 */
final class ReplaySegments
{
    private final ReplayEdges edges;
    private final Map<String, Long> firstResults;
    private final Map<String, Map<Segment, RecordedComputation>> byWhole = new HashMap<>();
    private final Map<String, RecordedComputation> last = new HashMap<>();

    ReplaySegments(final ReplayEdges edges, final Map<String, Long> firstResults)
    {
        this.edges = edges;
        this.firstResults = firstResults;
    }

    /** A meter that was started again tells the same stretch again: it is the one that it was. */
    RecordedComputation take(final RecordedComputation told, final Segment segment, final long sequence)
    {
        final RecordedComputation whole = told.whole();
        final Map<Segment, RecordedComputation> known =
            byWhole.computeIfAbsent(whole.id(), ignored -> new LinkedHashMap<>());
        final Segment key = new Segment(0, segment.beginNs(), segment.name());
        final RecordedComputation before = last.getOrDefault(whole.id(), whole);
        if (!known.containsKey(key))
        {
            final RecordedComputation stretch =
                whole.segment(known.size() + 1, segment.name(), segment.beginNs(), sequence);
            known.put(key, stretch);
            edges.add(before.id(), stretch.id());
            firstResults.merge(before.id(), sequence, Math::min);
            last.put(whole.id(), stretch);
        }
        return known.get(key);
    }
}

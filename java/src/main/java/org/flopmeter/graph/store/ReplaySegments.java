/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
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
    private final Map<String, Map<Mark, RecordedComputation>> byWhole = new HashMap<>();
    private final Map<Segment, Integer> told = new HashMap<>();
    private final Map<String, List<RecordedComputation>> stretches = new HashMap<>();

    /**
     * What makes a stretch the one that it was when it is told again. The program says time and name, and may say them
     * twice.
     *
     * @param before how many of this time and name the same meter has told before it.
     */
    private record Mark(long beginNs, String name, int before)
    {
    }

    ReplaySegments(final ReplayEdges edges, final Map<String, Long> firstResults)
    {
        this.edges = edges;
        this.firstResults = firstResults;
    }

    /** A meter that was started again tells the same stretch again: it is the one that it was. */
    RecordedComputation take(final RecordedComputation named, final Segment segment, final long sequence)
    {
        final RecordedComputation whole = named.whole();
        final Map<Mark, RecordedComputation> known =
            byWhole.computeIfAbsent(whole.id(), ignored -> new LinkedHashMap<>());
        // A meter that starts again begins anew, and tells all from the first: the record that it names is another one.
        final Mark key = new Mark(segment.beginNs(), segment.name(), told.merge(segment, 1, Integer::sum) - 1);
        if (!known.containsKey(key))
        {
            final List<RecordedComputation> all =
                stretches.computeIfAbsent(whole.id(), ignored -> new ArrayList<>());
            final RecordedComputation before = all.isEmpty() ? whole : all.get(all.size() - 1);
            final RecordedComputation stretch =
                whole.segment(known.size() + 1, segment.name(), segment.beginNs(), sequence);
            known.put(key, stretch);
            edges.add(before.id(), stretch.id());
            firstResults.merge(before.id(), sequence, Math::min);
            all.add(stretch);
        }
        return known.get(key);
    }

    /**
     * What ran inside a run is an effect of the stretches of that run that were recorded before it had any effect of
     * its own.
     *
     * @param effect number of the record of its first effect.
     */
    void leadToPart(final String whole, final String part, final long effect)
    {
        final RecordedComputation stretch = lastBefore(stretches.getOrDefault(whole, List.of()), effect);
        if (null != stretch)
        {
            edges.add(stretch.id(), part);
            firstResults.merge(stretch.id(), effect, Math::min);
        }
    }

    /** The newest stretch by then; the whole before the first one. */
    RecordedComputation lastBefore(final RecordedComputation whole, final long sequence)
    {
        final RecordedComputation stretch = lastBefore(stretches.getOrDefault(whole.id(), List.of()), sequence);
        return null == stretch ? whole : stretch;
    }

    private static RecordedComputation lastBefore(final List<RecordedComputation> all, final long sequence)
    {
        int at = all.size() - 1;
        while (at >= 0 && all.get(at).sequence() >= sequence)
        {
            at--;
        }
        return at < 0 ? null : all.get(at);
    }

    /** The first stretch that was recorded after that; null when there is none. */
    RecordedComputation firstAfter(final RecordedComputation whole, final long sequence)
    {
        final List<RecordedComputation> all = stretches.getOrDefault(whole.id(), List.of());
        int at = all.size();
        while (at > 0 && all.get(at - 1).sequence() > sequence)
        {
            at--;
        }
        return at == all.size() ? null : all.get(at);
    }

    /**
     * What a part wrote is an effect of the stretches of the run around it that had begun by then. The meter of that
     * run may be slower to record a beginning than that of the part is to record a result, and a clock may be set back:
     * whichever of record and time says that it had begun, it had.
     */
    void leadToResult(final String whole, final RecordedArtifact result)
    {
        final List<RecordedComputation> all = stretches.getOrDefault(whole, List.of());
        boolean isLed = false;
        for (int at = all.size() - 1; at >= 0; at--)
        {
            final RecordedComputation stretch = all.get(at);
            final boolean isRecorded = stretch.sequence() < result.sequence();
            if (!isLed && (isRecorded || stretch.beginNs() <= result.timeNs()))
            {
                isLed = true;
                edges.add(stretch.id(), result.id());
            }
            if (isLed)
            {
                firstResults.merge(stretch.id(), result.sequence(), Math::min);
            }
            if (isRecorded)
            {
                return;
            }
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Refusal;
import org.flopmeter.unit.Ratio;

/**
 * Which run started which, by parent facets, and how a parent that reads what its children wrote is cut into segments,
 * so that what came of a launch is not among its causes.
 */
final class Launches
{
    private final Map<LineageRun, List<LineageRun>> children = new HashMap<>();
    private final Map<LineageRun, Integer> parentsLeft = new HashMap<>();
    private final Map<LineageRun, Bound> bounds = new HashMap<>();

    /**
     * Before what a launch of the run must have been: before it or anything under it started, and, as clocks of
     * machines differ, before any of them stands in the order of runs.
     *
     * @param start null when no start is known.
     */
    private record Bound(Ratio start, RunKey place)
    {
        RunKey limit()
        {
            return null == start ? place : RunKey.least(place, new RunKey(start, null));
        }

        Bound and(final Bound other)
        {
            return new Bound(null == start ? other.start : null == other.start ? start : start.min(other.start),
                RunKey.least(place, other.place));
        }
    }

    /**
     * The segments of a run, numbered from 1.
     *
     * @param count      1: the run is not segmented.
     * @param reads      segment that read the version first.
     * @param launches   segment that launched the child.
     * @param isLastIdle does the last segment launch nothing?
     */
    record Segments(
        int count, Map<DatasetVersion, Integer> reads, Map<LineageRun, Integer> launches, boolean isLastIdle)
    {
    }

    /** Take parents from all runs; those that can't be are noted. */
    static Launches of(final Map<String, LineageRun> runs, final LineageNotes notes)
    {
        final Launches launches = new Launches();
        for (final LineageRun run : runs.values())
        {
            launches.children.put(run, new ArrayList<>());
            launches.parentsLeft.put(run, 0);
        }
        for (final LineageRun run : runs.values())
        {
            for (final String parentId : run.parents())
            {
                launches.parent(run, parentId, runs.get(parentId), notes);
            }
        }
        launches.bound(runs);
        return launches;
    }

    private void parent(
        final LineageRun run, final String parentId, final LineageRun parent, final LineageNotes notes)
    {
        final String place = "run " + JsonFacets.shown(run.runId());
        if (null == parent)
        {
            notes.unmapped("parent " + JsonFacets.shown(parentId) + ", of which there is no event", place);
        }
        else if (parent == run)
        {
            notes.unmapped("a run as its own parent", place);
        }
        else if (null != parent.start() && null != run.end() && parent.start().compareTo(run.end()) > 0)
        {
            notes.unmapped("parent " + JsonFacets.shown(parentId) + ", which starts after its child ended", place);
        }
        else
        {
            children.get(parent).add(run);
            parentsLeft.merge(run, 1, Integer::sum);
        }
    }

    /** Bounds from the leaves up; chains of parents may be long, so nothing here recurses. */
    private void bound(final Map<String, LineageRun> runs)
    {
        final Deque<LineageRun> free = new ArrayDeque<>();
        final List<LineageRun> parentsFirst = new ArrayList<>();
        runs.values().stream().filter(run -> 0 == parentsLeft.get(run)).forEach(free::add);
        while (!free.isEmpty())
        {
            final LineageRun run = free.remove();
            parentsFirst.add(run);
            for (final LineageRun child : children.get(run))
            {
                if (0 == parentsLeft.merge(child, -1, Integer::sum))
                {
                    free.add(child);
                }
            }
        }
        if (parentsFirst.size() < runs.size())
        {
            final LineageRun run = runs.values().stream().filter(one -> parentsLeft.get(one) > 0).findFirst()
                .orElseThrow();
            throw new GraphRefusedException(Refusal.CYCLE,
                "run " + JsonFacets.shown(run.runId()) + " is among the parents of its parents");
        }
        for (int i = parentsFirst.size() - 1; i >= 0; i--)
        {
            final LineageRun run = parentsFirst.get(i);
            Bound bound = new Bound(run.start(), run.key());
            for (final LineageRun child : children.get(run))
            {
                bound = bound.and(bounds.get(child));
            }
            bounds.put(run, bound);
        }
    }

    /** Cut a run where it read something between two launches, or after the last. */
    Segments segments(final LineageRun run, final List<DatasetVersion> reads)
    {
        final List<LineageRun> launched = new ArrayList<>(children.get(run));
        launched.sort(Comparator.comparing((LineageRun child) -> bounds.get(child).limit())
            .thenComparing(LineageRun::runId));
        final List<DatasetVersion> left = new ArrayList<>(reads);
        left.sort(Comparator.comparing(DatasetVersion::key, Comparator.nullsFirst(Comparator.naturalOrder())));
        final Map<DatasetVersion, Integer> readIn = new HashMap<>();
        final Map<LineageRun, Integer> launchedIn = new HashMap<>();
        int segment = 1;
        boolean isIdle = true;
        int next = 0;
        for (final LineageRun child : launched)
        {
            final RunKey limit = bounds.get(child).limit();
            while (next < left.size() && left.get(next).isBefore(limit))
            {
                segment += isIdle ? 0 : 1;
                isIdle = true;
                readIn.put(left.get(next++), segment);
            }
            launchedIn.put(child, segment);
            isIdle = false;
        }
        while (next < left.size())
        {
            segment += isIdle ? 0 : 1;
            isIdle = true;
            readIn.put(left.get(next++), segment);
        }
        return new Segments(segment, readIn, launchedIn, isIdle);
    }
}

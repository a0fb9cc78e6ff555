/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.unit.Ratio;

/** What all events of one run say together, in whatever order and however often they came. */
final class LineageRun
{
    private final String runId;
    private final Set<String> jobs = new TreeSet<>();
    private final Set<String> parents = new TreeSet<>();
    private Mentions inputs = new Mentions();
    private Mentions outputs = new Mentions();
    private Ratio eventFirst;
    private Ratio eventLast;
    private Ratio terminal;
    private boolean isComplete;
    private Ratio facetTime;
    private boolean isFacetTerminal;
    private ComputeFacet facet;

    LineageRun(final String runId)
    {
        this.runId = runId;
    }

    /** An event of that type at that time; types that don't end a run only move the times. */
    void event(final Ratio time, final String type)
    {
        eventFirst = null == eventFirst ? time : eventFirst.min(time);
        eventLast = null == eventLast ? time : eventLast.max(time);
        if (isTerminal(type))
        {
            final int order = null == terminal ? 1 : time.compareTo(terminal);
            final boolean isThisComplete = "COMPLETE".equals(type);
            // Of a success and a failure of one instant the failure counts: less is known of what it wrote.
            isComplete = order > 0 ? isThisComplete : order < 0 ? isComplete : isComplete && isThisComplete;
            terminal = order > 0 ? time : terminal;
        }
    }

    static boolean isTerminal(final String type)
    {
        return "COMPLETE".equals(type) || "FAIL".equals(type) || "ABORT".equals(type);
    }

    void compute(final Ratio time, final String type, final ComputeFacet compute)
    {
        final int order = null == facetTime ? 1 : time.compareTo(facetTime) != 0 ?
            time.compareTo(facetTime) : Boolean.compare(isTerminal(type), isFacetTerminal);
        if (order > 0)
        {
            facetTime = time;
            isFacetTerminal = isTerminal(type);
            facet = compute;
        }
        else if (0 == order)
        {
            facet = facet.merge(compute);
        }
    }

    void rename(final DatasetAliases aliases)
    {
        inputs = inputs.renamed(aliases::canonical);
        outputs = outputs.renamed(aliases::canonical);
    }

    String runId()
    {
        return runId;
    }

    Set<String> jobs()
    {
        return jobs;
    }

    Set<String> parents()
    {
        return parents;
    }

    Mentions inputs()
    {
        return inputs;
    }

    Mentions outputs()
    {
        return outputs;
    }

    /** Null when no event carried one. */
    ComputeFacet facet()
    {
        return facet;
    }

    /** Did it end, as far as its events say? */
    boolean isEnded()
    {
        return null != terminal;
    }

    /** Did it end well, so that what it replaced is gone? */
    boolean isComplete()
    {
        return isComplete;
    }

    /** Was the work after the last report, if any, counted by nobody? */
    boolean isReportedToTheEnd()
    {
        return null != terminal && null != facet && facetTime.compareTo(terminal) >= 0;
    }

    /** Seconds; null when unknown. */
    Ratio start()
    {
        return null != facet && facet.hasStart() ? facet.start() : eventFirst;
    }

    /** Seconds; null when unknown, as that of a run in flight is. */
    Ratio end()
    {
        return null != facet && facet.hasEnd() ? facet.end() : terminal;
    }

    /** A run in flight is ordered by what was last heard of it. */
    RunKey key()
    {
        return new RunKey(null == end() ? eventLast : end(), runId);
    }
}

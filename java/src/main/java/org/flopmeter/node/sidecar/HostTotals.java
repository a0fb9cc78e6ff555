/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * What a host's CPUs executed, over all processes that counted it, one after the other: each begins where the one
 * before it was read last, with a gap that it bounds itself.
 */
final class HostTotals
{
    private static final int GAPS_MAX = 64;

    private final Map<Precision, FlopInterval> before = new EnumMap<>(Precision.class);
    private final List<CounterFacts.CounterGap> gapsBefore = new ArrayList<>();
    private long coveredBeforeNs;
    /** One of them could not tell what it covered: nor can their sum. */
    private boolean isCoveredUnknown;
    private long runningBeforeNs;
    private boolean isRunningUnknown;
    private long beginNs;
    private long endNs;
    private CounterFacts current;

    /** Go on from these; null = begin anew. */
    HostTotals(final CounterFacts then)
    {
        if (null != then)
        {
            current = then;
            beginNs = then.beginMonotonicNs();
            endNs = then.endMonotonicNs();
            ended();
        }
    }

    /** When it was read last, CLOCK_MONOTONIC; 0 = never. */
    long endNs()
    {
        return endNs;
    }

    /** A reading, cumulative since its process began. False: it makes no sense after the one before. */
    boolean take(final CounterFacts reading)
    {
        if (reading.endMonotonicNs() < endNs || reading.endMonotonicNs() < reading.beginMonotonicNs() ||
            null != current && !isGrown(current.figures(), reading.figures()))
        {
            return false;
        }
        beginNs = 0 == endNs ? reading.beginMonotonicNs() : beginNs;
        endNs = reading.endMonotonicNs();
        current = reading;
        return true;
    }

    private static boolean isGrown(
        final Map<Precision, FlopInterval> then, final Map<Precision, FlopInterval> now)
    {
        return then.entrySet().stream().allMatch(entry ->
        {
            final FlopInterval figure = now.get(entry.getKey());
            return null != figure && figure.lower().compareTo(entry.getValue().lower()) >= 0 &&
                (!figure.isBounded() ||
                    entry.getValue().isBounded() && figure.upper().compareTo(entry.getValue().upper()) >= 0);
        });
    }

    /** The process that counted is gone. */
    void ended()
    {
        if (null != current)
        {
            current.figures().forEach((precision, figure) -> before.merge(precision, figure, FlopInterval::add));
            gapsBefore.addAll(current.gaps());
            while (gapsBefore.size() > GAPS_MAX)
            {
                final CounterFacts.CounterGap last = gapsBefore.remove(gapsBefore.size() - 1);
                final CounterFacts.CounterGap one = gapsBefore.remove(gapsBefore.size() - 1);
                gapsBefore.add(new CounterFacts.CounterGap(
                    Math.min(one.beginMonotonicNs(), last.beginMonotonicNs()),
                    Math.max(one.endMonotonicNs(), last.endMonotonicNs()), last.reason()));
            }
            isCoveredUnknown |= 0 == current.coveredNs();
            coveredBeforeNs += current.coveredNs();
            isRunningUnknown |= null == current.runningNs();
            runningBeforeNs += null == current.runningNs() ? 0 : current.runningNs();
            current = null;
        }
    }

    /** All of it as of the last reading, with the state that it is in now. */
    CounterFacts sum(final String state, final String detail)
    {
        final Map<Precision, FlopInterval> figures = new EnumMap<>(Precision.class);
        figures.putAll(before);
        final List<CounterFacts.CounterGap> gaps = new ArrayList<>(gapsBefore);
        if (null != current)
        {
            current.figures().forEach((precision, figure) -> figures.merge(precision, figure, FlopInterval::add));
            gaps.addAll(current.gaps());
        }
        return new CounterFacts("perf-host", Source.PERF, Basis.EXACT_EXECUTED, state, detail, 0 != endNs, beginNs,
            endNs, coveredNs(), runningNs(), Map.copyOf(figures), List.copyOf(gaps));
    }

    /** Null = it can't tell. */
    private Long runningNs()
    {
        final boolean isUnknown =
            isRunningUnknown || 0 == coveredNs() || null != current && null == current.runningNs();
        return isUnknown ? null : Long.valueOf(runningBeforeNs + (null == current ? 0 : current.runningNs()));
    }

    /** 0 = it can't tell. */
    private long coveredNs()
    {
        final boolean isUnknown = isCoveredUnknown || null != current && 0 == current.coveredNs();
        return isUnknown ? 0 : coveredBeforeNs + (null == current ? 0 : current.coveredNs());
    }
}

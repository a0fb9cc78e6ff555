/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.unit.Ratio;

/**
 * Compute over time: spread evenly over spans, or done at one instant. The compute inside a window that slides along is
 * linear between the moments where one of its ends passes the end of a span or an instant, so the supremum is at such a
 * moment or just after it. Just after, because a half-open window [t, t + W) holds an instant at t + W only once it has
 * moved on, and then no longer one at t.
 */
final class RateProfile
{
    private final NavigableMap<Ratio, Point> points = new TreeMap<>();

    /** Work from one moment to another, or at an instant when they are equal. */
    record Span(Ratio from, Ratio to, Ratio flop)
    {
    }

    /** What has accumulated at a breakpoint; the slope is that of the time after it. */
    private static final class Point
    {
        private Ratio slope = Ratio.ZERO;
        private Ratio instant = Ratio.ZERO;
        private Ratio spreadBefore;
        private Ratio instantsBefore;
    }

    RateProfile(final List<Span> spans)
    {
        for (final Span span : spans)
        {
            if (span.from.equals(span.to))
            {
                final Point point = pointAt(span.from);
                point.instant = point.instant.add(span.flop);
                continue;
            }
            final Ratio slope = span.flop.divide(span.to.subtract(span.from));
            final Point begin = pointAt(span.from);
            begin.slope = begin.slope.add(slope);
            final Point end = pointAt(span.to);
            end.slope = end.slope.subtract(slope);
        }
        accumulate();
    }

    /** The supremum, over all windows of that many seconds, of the compute inside divided by the seconds. */
    Ratio supremum(final Ratio windowSeconds)
    {
        Ratio most = Ratio.ZERO;
        for (final Ratio begin : begins(windowSeconds))
        {
            final Ratio end = begin.add(windowSeconds);
            final Ratio spread = spreadUntil(end).subtract(spreadUntil(begin));
            final Ratio here = instants(end, false).subtract(instants(begin, false));
            final Ratio justAfter = instants(end, true).subtract(instants(begin, true));
            most = most.max(spread.add(here.max(justAfter)));
        }
        return most.divide(windowSeconds);
    }

    private Point pointAt(final Ratio moment)
    {
        return points.computeIfAbsent(moment, key -> new Point());
    }

    /** Turns differences into running sums. */
    private void accumulate()
    {
        Ratio spread = Ratio.ZERO;
        Ratio instants = Ratio.ZERO;
        Ratio slope = Ratio.ZERO;
        Ratio last = null;
        for (final var entry : points.entrySet())
        {
            final Point point = entry.getValue();
            if (null != last)
            {
                spread = spread.add(slope.multiply(entry.getKey().subtract(last)));
            }
            point.spreadBefore = spread;
            point.instantsBefore = instants;
            slope = slope.add(point.slope);
            point.slope = slope;
            instants = instants.add(point.instant);
            last = entry.getKey();
        }
    }

    private SortedSet<Ratio> begins(final Ratio windowSeconds)
    {
        final SortedSet<Ratio> begins = new TreeSet<>(points.keySet());
        final List<Ratio> ends = new ArrayList<>(points.keySet());
        ends.forEach(end -> begins.add(end.subtract(windowSeconds)));
        return begins;
    }

    private Ratio spreadUntil(final Ratio moment)
    {
        final var entry = points.floorEntry(moment);
        return null == entry ? Ratio.ZERO :
            entry.getValue().spreadBefore.add(entry.getValue().slope.multiply(moment.subtract(entry.getKey())));
    }

    private Ratio instants(final Ratio moment, final boolean isIncluding)
    {
        final var entry = points.floorEntry(moment);
        if (null == entry)
        {
            return Ratio.ZERO;
        }
        final Point point = entry.getValue();
        final boolean isPointIncluded = isIncluding || !entry.getKey().equals(moment);
        return isPointIncluded ? point.instantsBefore.add(point.instant) : point.instantsBefore;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.flopmeter.unit.Ratio;

/** The greatest rate at which a model computes, over every window that a rule looks through. */
final class RateDetermination
{
    private final Pack pack;
    private final List<Work> work;

    private record Work(String cluster, Ratio from, Ratio to, Quantity flop)
    {
    }

    private RateDetermination(final Pack pack, final List<Work> work)
    {
        this.pack = pack;
        this.work = work;
    }

    static Answer determine(final Situation situation)
    {
        return new RateDetermination(situation.pack(), workOf(situation.facts())).answer();
    }

    private static List<Work> workOf(final Fact facts)
    {
        final String model = facts.at("rateOf").text();
        final List<Work> work = new ArrayList<>();
        for (final Fact piece : facts.at("work").elements())
        {
            final Work read = new Work(
                piece.at("cluster").text(),
                piece.at("from").ratio(),
                piece.at("to").ratio(),
                piece.at("flop").quantity());
            if (read.to.compareTo(read.from) < 0)
            {
                throw piece.at("to").wrong(Refusal.TIME_ORDER, "a time not before " + read.from);
            }
            if (piece.at("model").text().equals(model))
            {
                work.add(read);
            }
        }
        if (work.isEmpty())
        {
            throw Refusal.MISSING_FACT.at(facts.at("work").path(), "no work of model " + model);
        }
        return work;
    }

    private Answer answer()
    {
        final Ratio window = pack.rule(PackField.RATE_WINDOW);
        final Quantity rate = rateOf(work, window);
        final Answer windows = new Answer().put(window.toString(), rate);
        for (final Ratio other : pack.rule(PackField.RATE_WINDOWS_REPORTED))
        {
            windows.put(other.toString(), rateOf(work, other));
        }
        final Ratio limit = pack.rule(PackField.RATE_LIMIT);
        final Answer clusters = new Answer();
        Truth worstCluster = Truth.NO;
        for (final var cluster : byCluster().entrySet())
        {
            final Quantity alone = rateOf(cluster.getValue(), window);
            worstCluster = worstCluster.or(alone.exceeds(limit));
            clusters.put(cluster.getKey(), alone);
        }
        final boolean isOfModel = Choices.RateScope.MODEL == pack.rule(PackField.RATE_SCOPE);
        final Truth exceeds = isOfModel ? rate.exceeds(limit) : worstCluster;
        return new Answer()
            .put("windows", windows)
            .put("clusters", clusters)
            .put("limitWindow", window)
            .put("state", CapDetermination.state(exceeds))
            .put("provisional", exceeds.isUndetermined())
            .put("reasons", new Reasons().addBy(exceeds, Reason.RATE_ABOVE_LIMIT, Reason.RATE_MAY_EXCEED_LIMIT));
    }

    private SortedMap<String, List<Work>> byCluster()
    {
        final SortedMap<String, List<Work>> byCluster = new TreeMap<>(CodePoints.ORDER);
        work.forEach(piece -> byCluster.computeIfAbsent(piece.cluster, id -> new ArrayList<>()).add(piece));
        return byCluster;
    }

    private static Quantity rateOf(final List<Work> pieces, final Ratio window)
    {
        final boolean isBounded = pieces.stream().allMatch(piece -> piece.flop.isBounded());
        return new Quantity(
            supremum(pieces, Quantity::lower, window),
            supremum(pieces, Quantity::point, window),
            isBounded ? supremum(pieces, Quantity::upper, window) : null);
    }

    private static Ratio supremum(
        final List<Work> pieces, final Function<Quantity, Ratio> bound, final Ratio window)
    {
        final List<RateProfile.Span> spans = pieces.stream()
            .map(piece -> new RateProfile.Span(piece.from, piece.to, bound.apply(piece.flop)))
            .toList();
        return new RateProfile(spans).supremum(window);
    }
}

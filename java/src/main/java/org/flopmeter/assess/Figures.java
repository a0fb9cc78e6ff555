/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.RatioInterval;
import org.flopmeter.graph.view.RuleView;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/** Sums over a graph as one rule counts it. A fault of a node is a GraphRefusedException. */
final class Figures
{
    private final Source source;
    private final CausalGraph graph;
    private final RuleView view;

    /** A computation in a figure. */
    record Item(String id, Purpose purpose, FlopInterval flop, String basis)
    {
        /** Width of what is not known of it; null without an end. */
        BigInteger width()
        {
            return flop.isBounded() ? flop.upper().subtract(flop.lower()).toBigInteger() : null;
        }
    }

    /** @param view null counts the whole graph. */
    Figures(final Source source, final RuleView view)
    {
        this.source = source;
        graph = source.graph();
        this.view = view;
    }

    BitSet counted(final Collection<String> of)
    {
        final BitSet ids = graph.results(of);
        return null == view ? graph.closure(ids) : view.counted(graph, ids);
    }

    FlopInterval total(final BitSet vertices)
    {
        final FlopInterval total = CausalSum.of(graph, vertices).total();
        return source.isCertain() ? total : FlopInterval.unbounded(total.lower(), total.point());
    }

    FlopInterval training()
    {
        return total(counted(source.model()));
    }

    /** The highest rate between successive outputs, bound by bound, rounded outwards to whole FLOP/s. */
    FlopInterval rate(final List<String> sequence)
    {
        Ratio lower = Ratio.ZERO;
        Ratio point = Ratio.ZERO;
        Ratio upper = source.isCertain() ? Ratio.ZERO : null;
        for (final RatioInterval rate : new Quantities(graph).rates(sequence))
        {
            lower = lower.max(rate.lower());
            point = point.max(rate.point());
            upper = null == upper || null == rate.upper() ? null : upper.max(rate.upper());
        }
        final FlopCount whole = down(lower);
        final FlopCount middle = down(point);
        return null == upper ? FlopInterval.unbounded(whole, middle) : FlopInterval.of(whole, middle, up(upper));
    }

    /** Split by purpose; the parts make up the whole. */
    Map<Purpose, FlopInterval> byPurpose(final BitSet vertices)
    {
        final Map<Purpose, BitSet> parts = new EnumMap<>(Purpose.class);
        vertices.stream().filter(graph::isComputation).forEach(vertex -> parts
            .computeIfAbsent(graph.activity(vertex).purpose(), ignored -> new BitSet()).set(vertex));
        final Map<Purpose, FlopInterval> byPurpose = new EnumMap<>(Purpose.class);
        parts.forEach((purpose, part) -> byPurpose.put(purpose, CausalSum.of(graph, part).total()));
        return byPurpose;
    }

    /** Computations of a set, the largest possible ones first; equals in order of their names. */
    List<Item> items(final BitSet vertices)
    {
        final List<Item> items = new ArrayList<>();
        vertices.stream().filter(graph::isComputation).forEach(vertex ->
        {
            final FlopInterval flop = graph.activity(vertex).flop().values().stream()
                .reduce(FlopInterval.ZERO, FlopInterval::add);
            final String id = graph.name(vertex);
            items.add(new Item(id, graph.activity(vertex).purpose(), flop, source.basisOf().apply(id)));
        });
        items.sort(Comparator.comparing((Item item) -> item.flop().isBounded())
            .thenComparing(item -> item.flop().isBounded() ? item.flop().upper() : item.flop().point(),
                Comparator.reverseOrder())
            .thenComparing(Item::id));
        return items;
    }

    /** The weakest of what a set rests on: one unknown part makes the whole unknown. */
    String basis(final BitSet vertices)
    {
        final Set<String> bases = new LinkedHashSet<>();
        vertices.stream().filter(graph::isComputation)
            .forEach(vertex -> bases.add(source.basisOf().apply(graph.name(vertex))));
        return !source.isCertain() || bases.contains(Source.UNKNOWN) ? Source.UNKNOWN :
            bases.contains(Source.DECLARED) || bases.isEmpty() ? Source.DECLARED : Source.MEASURED;
    }

    private static FlopCount down(final Ratio ratio)
    {
        return FlopCount.of(ratio.numerator().divide(ratio.denominator()));
    }

    private static FlopCount up(final Ratio ratio)
    {
        return FlopCount.of(
            ratio.numerator().add(ratio.denominator()).subtract(BigInteger.ONE).divide(ratio.denominator()));
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * The quantities of Appendix A of "Keep the Future Human" on one graph, each a sum over a difference of closures.
 * References are node ids, or {@code id@k} for a segment. What can't be answered is a {@link GraphRefusedException}.
 * Threads may share it.
 */
public final class Quantities
{
    private final CausalGraph graph;

    public Quantities(final CausalGraph graph)
    {
        this.graph = graph;
    }

    /** Training compute of a model, output compute of an output: everything in the causal closure, once. */
    public CausalSum compute(final Collection<String> of)
    {
        return CausalSum.of(graph, closure(of));
    }

    /** What {@code of} needs beyond what {@code after} needed already. Never negative: sets differ, not sums. */
    public CausalSum marginal(final Collection<String> of, final Collection<String> after)
    {
        final BitSet difference = closure(of);
        difference.andNot(closure(after));
        return CausalSum.of(graph, difference);
    }

    /** All computations that no kept result depends on. With {@link #compute} it makes up everything executed. */
    public CausalSum unattributed(final Collection<String> kept)
    {
        final BitSet others = new BitSet(graph.vertexCount());
        others.set(0, graph.vertexCount());
        others.andNot(closure(kept));
        return CausalSum.of(graph, others);
    }

    /** The same figure split by what its computations were for; the parts make up the whole. */
    public Map<Purpose, FlopInterval> computeByPurpose(final Collection<String> of)
    {
        final BitSet closure = closure(of);
        final Map<Purpose, BitSet> parts = new EnumMap<>(Purpose.class);
        closure.stream().filter(graph::isComputation).forEach(vertex -> parts
            .computeIfAbsent(graph.activity(vertex).purpose(), ignored -> new BitSet()).set(vertex));
        final Map<Purpose, FlopInterval> byPurpose = new EnumMap<>(Purpose.class);
        parts.forEach((purpose, vertices) -> byPurpose.put(purpose, CausalSum.of(graph, vertices).total()));
        return byPurpose;
    }

    public Verdict threshold(final Collection<String> of, final BigInteger limitFlopCount)
    {
        return Verdict.of(compute(of).total(), limitFlopCount);
    }

    /**
     * Inference rate between successive outputs, in FLOP/s: what each needs beyond all before it, over the time
     * between. One rate for each output but the first.
     */
    public List<RatioInterval> rates(final List<String> sequence)
    {
        graph.results(sequence);
        final List<RatioInterval> rates = new ArrayList<>();
        final BitSet before = new BitSet(graph.vertexCount());
        for (int i = 0; i < sequence.size(); i++)
        {
            final BitSet closure = closure(List.of(sequence.get(i)));
            if (i > 0)
            {
                final Ratio duration = between(sequence.get(i - 1), sequence.get(i));
                final BitSet difference = (BitSet)closure.clone();
                difference.andNot(before);
                rates.add(RatioInterval.of(CausalSum.of(graph, difference).total())
                    .multiply(Ratio.ONE.divide(duration)));
            }
            before.or(closure);
        }
        return rates;
    }

    /**
     * Differences of successive output computes over time, in FLOP/s, of points alone: the reading that can be
     * negative. Kept to be compared with, not to be used.
     */
    public List<Ratio> naiveDifferences(final List<String> sequence)
    {
        graph.results(sequence);
        final List<Ratio> differences = new ArrayList<>();
        for (int i = 1; i < sequence.size(); i++)
        {
            final Ratio duration = between(sequence.get(i - 1), sequence.get(i));
            final Ratio earlier = Ratio.of(compute(List.of(sequence.get(i - 1))).total().point());
            final Ratio later = Ratio.of(compute(List.of(sequence.get(i))).total().point());
            differences.add(later.subtract(earlier).divide(duration));
        }
        return differences;
    }

    /**
     * FLOP of the closure that were executed inside [from, to), over its length: the figure for limits, which pauses
     * between outputs can't dilute. A computation counts pro rata of its time; one of an instant where it falls.
     *
     * @param from seconds.
     * @param to   seconds.
     */
    public RatioInterval windowed(final Collection<String> of, final Ratio from, final Ratio to)
    {
        final BitSet closure = closure(of);
        if (to.compareTo(from) <= 0)
        {
            throw new GraphRefusedException(Refusal.RATE_INTERVAL, "the window [" + from + ", " + to + ") is empty");
        }
        return new Window(from, to).rate(graph, closure);
    }

    /**
     * A view that weighs precisions, for instance by bits; a precision without a factor counts plainly.
     *
     * @param factors not negative, by name of the precision.
     */
    public WeightedSum weighted(final Collection<String> of, final Map<String, Ratio> factors)
    {
        return WeightedSum.of(compute(of), factors);
    }

    private BitSet closure(final Collection<String> of)
    {
        return graph.closure(graph.results(of));
    }

    /** Seconds from one output to the next, positive. */
    private Ratio between(final String earlier, final String later)
    {
        final Ratio duration = instant(later).subtract(instant(earlier));
        if (duration.signum() <= 0)
        {
            throw new GraphRefusedException(Refusal.RATE_INTERVAL,
                "no time passed between \"" + earlier + "\" and \"" + later + '"');
        }
        return duration;
    }

    private Ratio instant(final String reference)
    {
        final Ratio instant = graph.instant(graph.result(reference));
        if (null == instant)
        {
            throw new GraphRefusedException(Refusal.MISSING_TIME, "node \"" + reference + "\" has no time");
        }
        return instant;
    }
}

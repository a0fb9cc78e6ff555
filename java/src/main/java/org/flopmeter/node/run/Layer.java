/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;

/**
 * One device's one declared layer, docs/design/0008-counters.md section 2: what calls by shape counted is summed, and a
 * counter that saw the same work adds only what it executed beyond that. So nothing is counted twice, every lower end
 * stays a sum, and the counter's own upper end is there for the whole.
 *
 * @param basis     of what is added: EXACT_EXECUTED, or DERIVED where nothing else counted.
 * @param counts    added to the lower end, by precision.
 * @param estimates added to the point beyond the counts and the calls' own estimates.
 * @param covered   so much of the calls' estimates is in the counts already.
 * @param findings  where the calls state more than can have been executed.
 */
record Layer(
    Basis basis,
    Map<Precision, FlopCount> counts,
    Map<Precision, FlopCount> estimates,
    FlopCount covered,
    List<String> findings)
{
    /** What calls counted by shape, by precision. */
    record Calls(Map<Precision, FlopCount> counts, Map<Precision, FlopCount> estimates)
    {
    }

    /**
     * What a counter saw.
     *
     * @param isWhole   it watched all the time: its upper ends hold.
     * @param uncovered what may have been executed where it did not watch; null = no end.
     */
    record Witness(Map<Precision, FlopInterval> figures, boolean isWhole, FlopCount uncovered)
    {
        FlopCount lower()
        {
            return sum(figures.values().stream().map(FlopInterval::lower).toList());
        }

        FlopCount point()
        {
            return sum(figures.values().stream().map(FlopInterval::point).toList());
        }

        /** The most that was executed in all; null = no end. */
        FlopCount upper()
        {
            if (!isWhole || null == uncovered || figures.isEmpty() ||
                !figures.values().stream().allMatch(FlopInterval::isBounded))
            {
                return null;
            }
            return uncovered.add(sum(figures.values().stream().map(FlopInterval::upper).toList()));
        }

        /** The most that was executed in this precision; null = it can't tell. */
        FlopCount upperOf(final Precision precision)
        {
            final FlopInterval own = figures.get(precision);
            final FlopInterval unknown = figures.get(Precision.UNKNOWN);
            if (null == upper() || null == own || Precision.UNKNOWN == precision)
            {
                return null;
            }
            return own.upper().add(uncovered).add(null == unknown ? FlopCount.ZERO : unknown.upper());
        }
    }

    /** @param executed null = none. @param derived likewise. */
    static Layer of(final Calls calls, final Witness executed, final Witness derived)
    {
        final List<String> findings = new ArrayList<>();
        findings.addAll(above(calls, executed));
        findings.addAll(above(calls, derived));

        final boolean isCounted = !sum(calls.counts().values()).isZero() ||
            (null != executed && !executed.lower().isZero());
        final Witness adding = isCounted || null == derived ? executed : derived;
        if (null == adding)
        {
            return new Layer(Basis.EXACT_EXECUTED, Map.of(), Map.of(), FlopCount.ZERO, List.copyOf(findings));
        }

        final FlopCount callsCount = sum(calls.counts().values());
        final FlopCount callsEstimate = sum(calls.estimates().values());
        final FlopCount more = less(adding.lower(), callsCount);
        final Map<Precision, FlopCount> counts = spread(more, excess(calls.counts(), lowers(adding)));

        // The iterations that a call's estimate stands for were executed too: they are in `more`, as far as it goes.
        final FlopCount covered = min(callsEstimate, more);
        final FlopCount point = callsCount.add(callsEstimate.max(more));
        final Map<Precision, FlopCount> seen = new EnumMap<>(Precision.class);
        for (final Precision precision : Precision.values())
        {
            seen.put(precision, at(calls.counts(), precision)
                .add(at(calls.estimates(), precision).max(at(counts, precision))));
        }
        final Map<Precision, FlopCount> estimates =
            spread(less(adding.point(), point), excess(seen, points(adding)));
        return new Layer(
            adding == executed ? Basis.EXACT_EXECUTED : Basis.DERIVED, counts, estimates, covered,
            List.copyOf(findings));
    }

    FlopCount added()
    {
        return sum(counts.values());
    }

    FlopCount addedEstimate()
    {
        return sum(estimates.values());
    }

    /**
     * So much is to be spread, and these precisions exceed by so much, in sum at least as much. A precision surely has
     * what the others together can't have; the rest may be in any of them. (A call may state bf16 where the silicon ran
     * fp32: then one precision exceeds, another lacks, and the difference is nobody's.)
     */
    static Map<Precision, FlopCount> spread(final FlopCount amount, final Map<Precision, FlopCount> excess)
    {
        final Map<Precision, FlopCount> parts = new EnumMap<>(Precision.class);
        final FlopCount all = sum(excess.values());
        FlopCount rest = amount;
        for (final Map.Entry<Precision, FlopCount> entry : excess.entrySet())
        {
            final FlopCount sure = min(less(amount, all.subtract(entry.getValue())), entry.getValue());
            if (!sure.isZero() && Precision.UNKNOWN != entry.getKey())
            {
                parts.put(entry.getKey(), sure);
                rest = rest.subtract(sure);
            }
        }
        if (!rest.isZero())
        {
            parts.put(Precision.UNKNOWN, rest);
        }
        return parts;
    }

    private static List<String> above(final Calls calls, final Witness witness)
    {
        if (null == witness || null == witness.upper())
        {
            return List.of();
        }
        final List<String> findings = new ArrayList<>();
        calls.counts().forEach((precision, count) ->
        {
            final FlopCount most = witness.upperOf(precision);
            if (null != most && 0 < count.compareTo(most))
            {
                findings.add(text(precision.jsonName(), count, most));
            }
        });
        final FlopCount count = sum(calls.counts().values());
        if (findings.isEmpty() && 0 < count.compareTo(witness.upper()))
        {
            findings.add(text("in all", count, witness.upper()));
        }
        return findings;
    }

    private static String text(final String what, final FlopCount count, final FlopCount most)
    {
        return what + ": calls state " + count + " FLOP, executed were " + most +
            " at most: done in another precision or on another device, saved by the algorithm, or a wrong count";
    }

    private static Map<Precision, FlopCount> excess(
        final Map<Precision, FlopCount> from, final Map<Precision, FlopCount> to)
    {
        final Map<Precision, FlopCount> excess = new EnumMap<>(Precision.class);
        to.forEach((precision, count) ->
        {
            final FlopCount more = less(count, at(from, precision));
            if (!more.isZero())
            {
                excess.put(precision, more);
            }
        });
        return excess;
    }

    private static Map<Precision, FlopCount> lowers(final Witness witness)
    {
        final Map<Precision, FlopCount> lowers = new EnumMap<>(Precision.class);
        witness.figures().forEach((precision, flop) -> lowers.put(precision, flop.lower()));
        return lowers;
    }

    private static Map<Precision, FlopCount> points(final Witness witness)
    {
        final Map<Precision, FlopCount> points = new EnumMap<>(Precision.class);
        witness.figures().forEach((precision, flop) -> points.put(precision, flop.point()));
        return points;
    }

    private static FlopCount at(final Map<Precision, FlopCount> counts, final Precision precision)
    {
        return counts.getOrDefault(precision, FlopCount.ZERO);
    }

    /** The difference, or zero where it would be negative. */
    private static FlopCount less(final FlopCount one, final FlopCount other)
    {
        return 0 < one.compareTo(other) ? one.subtract(other) : FlopCount.ZERO;
    }

    private static FlopCount min(final FlopCount one, final FlopCount other)
    {
        return 0 < one.compareTo(other) ? other : one;
    }

    private static FlopCount sum(final Iterable<FlopCount> counts)
    {
        FlopCount sum = FlopCount.ZERO;
        for (final FlopCount count : counts)
        {
            sum = sum.add(count);
        }
        return sum;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
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
 * @param counts    added to the lower end, by precision and by what it rests on: EXACT_EXECUTED, DERIVED for what only
 *     pipe activity shows, DECLARED where that needs a person's word for the precision.
 * @param estimates added to the point beyond the counts and the calls' own estimates.
 * @param covered   so much of the calls' estimates is in the counts already.
 * @param findings  where the calls state more than can have been executed.
 */
record Layer(
    Map<Basis, Map<Precision, FlopCount>> counts,
    Map<Precision, FlopCount> estimates,
    FlopCount covered,
    List<String> findings)
{
    /**
     * The point of pipe activity is within 5 % of the truth where the precision is known: docs/gpu.md, one H200. That
     * much beyond the calls is noise and no work that they do not show.
     */
    private static final BigInteger DERIVED_ERROR_PERCENT = BigInteger.valueOf(105);
    private static final BigInteger PERCENT = BigInteger.valueOf(100);

    /** What calls counted by shape, by precision. */
    record Calls(Map<Precision, FlopCount> counts, Map<Precision, FlopCount> estimates)
    {
        FlopCount count()
        {
            return sum(counts.values());
        }

        FlopCount point()
        {
            return count().add(sum(estimates.values()));
        }

        FlopCount countOf(final Precision precision)
        {
            return at(counts, precision);
        }

        FlopCount pointOf(final Precision precision)
        {
            return at(counts, precision).add(at(estimates, precision));
        }
    }

    /**
     * What programs recorded themselves, on a device that nobody knows. It is in the total already, and what a counter
     * saw may be this work.
     *
     * @param recorded all of it.
     * @param count    of its counts what no counter of another device can have seen: this one's may have.
     * @param point    likewise with its estimates.
     */
    record Elsewhere(Calls recorded, FlopCount count, FlopCount point)
    {
        static final Elsewhere NONE =
            new Elsewhere(new Calls(Map.of(), Map.of()), FlopCount.ZERO, FlopCount.ZERO);

        /** What is left of it for other devices when this one's counter, if any, saw that much beyond its own calls. */
        static Elsewhere after(final Calls recorded, final Calls own, final Witness witness)
        {
            final FlopCount seen = null == witness ? FlopCount.ZERO : less(witness.lower(), own.count());
            final FlopCount likely = null == witness ? FlopCount.ZERO : less(witness.point(), own.point());
            return new Elsewhere(recorded, less(recorded.count(), seen), less(recorded.point(), likely));
        }
    }

    /**
     * What a counter saw.
     *
     * @param isWhole   it watched all the time: its upper ends hold.
     * @param uncovered what may have been executed where it did not watch; null = no end.
     * @param tensor    what else is known of precisions that it lumps.
     */
    record Witness(
        Map<Precision, FlopInterval> figures, boolean isWhole, FlopCount uncovered, TensorPrecision tensor)
    {
        /** One that lumps nothing, or nothing that anybody knows. */
        Witness(final Map<Precision, FlopInterval> figures, final boolean isWhole, final FlopCount uncovered)
        {
            this(figures, isWhole, uncovered, TensorPrecision.UNKNOWN);
        }

        /** By precision as far as it is known. Their upper ends mean nothing. */
        Map<Precision, FlopInterval> known()
        {
            return tensor.known(figures);
        }

        FlopCount lower()
        {
            return sum(known().values().stream().map(FlopInterval::lower).toList());
        }

        FlopCount point()
        {
            return sum(known().values().stream().map(FlopInterval::point).toList());
        }

        /** What of the lower end rests on a declaration. */
        FlopCount declared()
        {
            return lower().subtract(sum(figures.values().stream().map(FlopInterval::lower).toList()));
        }

        /** All of it if the tensor cores worked in the known precisions only; null = they are not known. */
        FlopInterval collapsed()
        {
            if (!tensor.isKnown())
            {
                return null;
            }
            final FlopCount lower = sum(figures.values().stream().map(FlopInterval::lower).toList())
                .subtract(tensor.any().lower()).add(tensor.collapsed().lower().max(tensor.any().lower()));
            final FlopCount point = point().max(lower);
            return null == upper() ? FlopInterval.unbounded(lower, point) : FlopInterval.of(
                lower, point, upper().subtract(tensor.any().upper()).add(tensor.collapsed().upper()).max(point));
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

        /** Of one precision; null = nothing that it tells apart. The upper end of a lumped one is its own alone. */
        FlopInterval of(final Precision precision)
        {
            final FlopInterval known = known().get(precision);
            final FlopInterval own = figures.get(precision);
            final FlopInterval alone = tensor.isKnown() ? tensor.ifAllWere().get(precision) : null;
            if (null == known)
            {
                return null;
            }
            FlopCount most = null == own ? FlopCount.ZERO : null == upper() ? null : own.upper();
            most = null == alone || null == upper() || null == most ? most : most.add(alone.upper());
            return null == most || (null == own && null == upper()) ?
                FlopInterval.unbounded(known.lower(), known.point()) :
                FlopInterval.of(known.lower(), known.point(), most.max(known.point()));
        }

        /** The most that was executed in this precision; null = it can't tell. */
        FlopCount upperOf(final Precision precision)
        {
            final FlopInterval alone = tensor.ifAllWere().get(precision);
            if (null != upper() && null != alone)
            {
                // Whatever else was on the pipe took room from it; all other pipes may have done it too.
                return upper().subtract(tensor.any().upper()).add(alone.upper());
            }
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
    static Layer of(final Calls calls, final Witness executed, final Witness derived, final Elsewhere elsewhere)
    {
        final List<String> findings = new ArrayList<>();
        findings.addAll(above(calls, executed));
        findings.addAll(above(calls, derived));

        // Each counter saw all of the device: what the second one adds is beyond what the first one does.
        final Map<Precision, FlopCount> recorded = new EnumMap<>(Precision.class);
        for (final Precision precision : Precision.values())
        {
            recorded.put(precision, elsewhere.recorded().countOf(precision).add(calls.countOf(precision)));
        }
        final FlopCount there = calls.count().add(elsewhere.count());
        final FlopCount byExecuted = null == executed ? FlopCount.ZERO : less(executed.lower(), there);
        final Map<Precision, FlopCount> ofExecuted = null == executed ? Map.of() :
            spread(byExecuted, excess(recorded, lowers(executed)));
        final FlopCount byDerived = null == derived ? FlopCount.ZERO : less(derived.lower(), there.add(byExecuted));
        final Map<Precision, FlopCount> ofDerived = null == derived ? Map.of() :
            spread(byDerived, excess(plus(recorded, ofExecuted), lowers(derived)));
        final FlopCount more = byExecuted.add(byDerived);

        final Map<Basis, Map<Precision, FlopCount>> counts = new EnumMap<>(Basis.class);
        put(counts, Basis.EXACT_EXECUTED, ofExecuted);
        final Map<Precision, FlopCount> byDeclaration = null == derived ? Map.of() : declared(derived, ofDerived);
        put(counts, Basis.DERIVED, excess(byDeclaration, ofDerived));
        put(counts, Basis.DECLARED, byDeclaration);
        // The iterations that a call's estimate stands for were executed too: they are in `more`, as far as it goes.
        final FlopCount callsEstimate = sum(calls.estimates().values());
        return new Layer(
            counts, estimates(calls, plus(ofExecuted, ofDerived), more, executed, derived, elsewhere),
            min(callsEstimate, more), List.copyOf(findings));
    }

    /** What the counters' points have beyond all that is there, `counted` and the calls' own estimates included. */
    private static Map<Precision, FlopCount> estimates(
        final Calls calls,
        final Map<Precision, FlopCount> counted,
        final FlopCount more,
        final Witness executed,
        final Witness derived,
        final Elsewhere elsewhere)
    {
        final Map<Precision, FlopCount> seen = new EnumMap<>(Precision.class);
        for (final Precision precision : Precision.values())
        {
            seen.put(precision, elsewhere.recorded().pointOf(precision).add(calls.countOf(precision))
                .add(at(calls.estimates(), precision).max(at(counted, precision))));
        }
        final Map<Precision, FlopCount> estimates = new EnumMap<>(Precision.class);
        FlopCount there = calls.count().add(sum(calls.estimates().values()).max(more)).add(elsewhere.point());
        if (null != executed)
        {
            final FlopCount beyond = less(executed.point(), there);
            addTo(estimates, spread(beyond, excess(seen, points(executed))));
            there = there.add(beyond);
        }
        if (null != derived && isBeyondError(derived.point(), there))
        {
            addTo(estimates, spread(less(derived.point(), there), excess(plus(seen, estimates), points(derived))));
        }
        return estimates;
    }

    /** Is a point of pipe activity farther above what is there than it is wrong by itself? */
    static boolean isBeyondError(final FlopCount point, final FlopCount there)
    {
        return 0 < point.toBigInteger().multiply(PERCENT)
            .compareTo(there.toBigInteger().multiply(DERIVED_ERROR_PERCENT));
    }

    /** Of these parts so much as rests on a declaration: in the precisions that it names, and only then in others. */
    private static Map<Precision, FlopCount> declared(
        final Witness derived, final Map<Precision, FlopCount> parts)
    {
        final List<Precision> order = new ArrayList<>(derived.tensor().precisions());
        order.add(Precision.UNKNOWN);
        parts.keySet().stream().filter(precision -> !order.contains(precision)).toList().forEach(order::add);
        final Map<Precision, FlopCount> declared = new EnumMap<>(Precision.class);
        FlopCount rest = derived.declared();
        for (final Precision precision : order)
        {
            final FlopCount part = min(at(parts, precision), rest);
            rest = rest.subtract(part);
            if (!part.isZero())
            {
                declared.put(precision, part);
            }
        }
        return declared;
    }

    FlopCount added()
    {
        return sum(byPrecision().values());
    }

    Map<Precision, FlopCount> byPrecision()
    {
        final Map<Precision, FlopCount> sums = new EnumMap<>(Precision.class);
        counts.values().forEach(part -> addTo(sums, part));
        return sums;
    }

    Map<Basis, FlopCount> byBasis()
    {
        final Map<Basis, FlopCount> sums = new EnumMap<>(Basis.class);
        counts.forEach((basis, part) -> sums.put(basis, sum(part.values())));
        return sums;
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
        witness.known().forEach((precision, flop) -> lowers.put(precision, flop.lower()));
        return lowers;
    }

    private static Map<Precision, FlopCount> points(final Witness witness)
    {
        final Map<Precision, FlopCount> points = new EnumMap<>(Precision.class);
        witness.known().forEach((precision, flop) -> points.put(precision, flop.point()));
        return points;
    }

    private static Map<Precision, FlopCount> plus(
        final Map<Precision, FlopCount> one, final Map<Precision, FlopCount> other)
    {
        final Map<Precision, FlopCount> sum = new EnumMap<>(Precision.class);
        addTo(sum, one);
        addTo(sum, other);
        return sum;
    }

    private static void addTo(final Map<Precision, FlopCount> sum, final Map<Precision, FlopCount> counts)
    {
        counts.forEach((precision, count) -> sum.merge(precision, count, FlopCount::add));
    }

    private static void put(
        final Map<Basis, Map<Precision, FlopCount>> counts, final Basis basis, final Map<Precision, FlopCount> part)
    {
        if (!part.isEmpty())
        {
            counts.put(basis, part);
        }
    }

    private static FlopCount at(final Map<Precision, FlopCount> counts, final Precision precision)
    {
        return counts.getOrDefault(precision, FlopCount.ZERO);
    }

    /** The difference, or zero where it would be negative. */
    static FlopCount less(final FlopCount one, final FlopCount other)
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

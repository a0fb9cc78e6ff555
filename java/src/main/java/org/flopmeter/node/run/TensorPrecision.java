/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;

/**
 * Pipe activity lumps the formats of the tensor cores, and somebody else knows which ones they were. A person said so:
 * then lower end and point are of those. Calls or the range profiler counted some: then the point is. The upper end
 * stays that of any format: work that nobody counted may have been of another one. docs/design/0008-counters.md
 * section 6.
 *
 * @param precisions  all of the work was of these.
 * @param isDeclared  a person said so; false: no other one was counted.
 * @param any         the pipe as it is.
 * @param ifAllWere   the pipe by precision; empty = nothing can be told apart.
 * @param finding     why what was declared is not used; null = it is, or nothing was.
 */
record TensorPrecision(
    Set<Precision> precisions,
    boolean isDeclared,
    FlopInterval any,
    Map<Precision, FlopInterval> ifAllWere,
    String finding)
{
    static final TensorPrecision UNKNOWN = new TensorPrecision(Set.of(), false, FlopInterval.ZERO, Map.of(), null);

    /** @param unknown what the lane has as "unknown". @param counted precisions that calls or a profiler counted. */
    static TensorPrecision of(final PipeNotes notes, final FlopInterval unknown, final Collection<Precision> counted)
    {
        final Set<Precision> named = EnumSet.noneOf(Precision.class);
        counted.stream().filter(PipeNotes.TENSOR::contains).forEach(named::add);
        final Set<Precision> declared = notes.declared();
        if (!notes.isInStepWith(unknown) || !isWithin(notes.any(), unknown))
        {
            return declared.isEmpty() ? UNKNOWN : refused(UNKNOWN, declared,
                null == notes.fault() ? "the counter's note and its lane are not of the same moment" : notes.fault());
        }
        final TensorPrecision none = new TensorPrecision(Set.of(), false, notes.any(), notes.ifAllWere(), null);
        final Set<Precision> precisions = declared.isEmpty() ? named : declared;
        if (precisions.isEmpty())
        {
            return none;
        }
        if (!declared.containsAll(named) && !declared.isEmpty())
        {
            named.removeAll(declared);
            return refused(none, declared, names(named) + " was counted");
        }
        if (!notes.ifAllWere().keySet().containsAll(precisions))
        {
            return declared.isEmpty() ? none : refused(none, declared, "not every card has it");
        }
        return new TensorPrecision(
            Set.copyOf(precisions), !declared.isEmpty(), notes.any(), notes.ifAllWere(), null);
    }

    private static boolean isWithin(final FlopInterval part, final FlopInterval whole)
    {
        return 0 >= part.lower().compareTo(whole.lower()) && 0 >= part.point().compareTo(whole.point()) &&
            0 >= part.upper().compareTo(whole.upper());
    }

    boolean isKnown()
    {
        return !precisions.isEmpty();
    }

    /** "bf16", "bf16, fp8". */
    List<String> names()
    {
        return precisions.stream().sorted().map(Precision::jsonName).toList();
    }

    /** The pipe if all of its work was of these precisions. */
    FlopInterval collapsed()
    {
        return FlopInterval.of(
            least(FlopInterval::lower), least(FlopInterval::point).max(least(FlopInterval::lower)),
            precisions.stream().map(precision -> ifAllWere.get(precision).upper()).max(FlopCount::compareTo)
                .orElseThrow());
    }

    /** Lower ends and points with what is known; their upper ends mean nothing. */
    Map<Precision, FlopInterval> known(final Map<Precision, FlopInterval> figures)
    {
        if (!isKnown())
        {
            return figures;
        }
        final Map<Precision, FlopInterval> known = new EnumMap<>(Precision.class);
        known.putAll(figures);
        final FlopInterval unknown = figures.getOrDefault(Precision.UNKNOWN, FlopInterval.ZERO);
        final FlopCount rest = unknown.lower().subtract(any.lower());
        known.put(Precision.UNKNOWN, FlopInterval.unbounded(
            rest, unknown.point().subtract(any.point()).max(rest)));
        // Lower ends are sure only where somebody answers for the precision.
        final FlopCount lower = isDeclared ? collapsed().lower().max(any.lower()) : any.lower();
        final FlopCount point = collapsed().point().max(lower);
        final Precision only = 1 == precisions.size() ? precisions.iterator().next() : Precision.UNKNOWN;
        add(known, isDeclared ? only : Precision.UNKNOWN, FlopInterval.unbounded(lower, lower));
        add(known, only, FlopInterval.unbounded(FlopCount.ZERO, point.subtract(lower)));
        return known;
    }

    private static void add(
        final Map<Precision, FlopInterval> known, final Precision precision, final FlopInterval flop)
    {
        known.merge(precision, flop, FlopInterval::add);
    }

    private FlopCount least(final Function<FlopInterval, FlopCount> end)
    {
        return precisions.stream().map(ifAllWere::get).map(end).min(Comparator.naturalOrder()).orElseThrow();
    }

    private static TensorPrecision refused(
        final TensorPrecision none, final Set<Precision> declared, final String why)
    {
        return new TensorPrecision(none.precisions, false, none.any, none.ifAllWere,
            "--gpu-precision " + names(declared).replace(" ", "") + " is not used: " + why);
    }

    private static String names(final Set<Precision> precisions)
    {
        return precisions.stream().sorted().map(Precision::jsonName).collect(Collectors.joining(", "));
    }
}

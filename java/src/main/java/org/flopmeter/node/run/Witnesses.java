/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.run.RunResult.IfAll;
import org.flopmeter.node.run.RunResult.OnPmu;
import org.flopmeter.node.run.RunResult.ResultWitness;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.GapReason;

/**
 * The counters that saw this run, from where they tell it: the supervisor's facts, or keys in lanes whose source and
 * basis are those of a counter. That a counter watched all the time only the facts can tell.
 *
 * @param cpu              null = none, as for the others.
 * @param list             all that was tried, for the document.
 * @param unwatchedDevices accelerators that were opened and that no counter watched.
 */
public record Witnesses(
    Layer.Witness cpu,
    Layer.Witness cudaExecuted,
    Layer.Witness cudaDerived,
    List<ResultWitness> list,
    List<String> unwatchedDevices)
{
    /** Is this key a counter's reading, and so not to be summed with what it saw? */
    public static boolean isWitness(final KeyTotal key)
    {
        return Source.PERF == key.source() ||
            (Source.CUDA == key.source() && (Basis.EXACT_EXECUTED == key.basis() || Basis.DERIVED == key.basis()));
    }

    /** @param cudaCalls what calls counted on GPUs. */
    static Witnesses of(
        final RunFacts facts, final Reading reading, final CpuPeak peak, final Layer.Calls cudaCalls)
    {
        final List<ResultWitness> list = new ArrayList<>();
        final Layer.Witness cpu =
            find(facts, reading, Source.PERF, Basis.EXACT_EXECUTED, uncovered(facts, reading, peak));
        final Layer.Witness executed = find(facts, reading, Source.CUDA, Basis.EXACT_EXECUTED, FlopCount.ZERO);
        final Layer.Witness derived = told(
            find(facts, reading, Source.CUDA, Basis.DERIVED, FlopCount.ZERO), facts.pipes(), executed, cudaCalls);
        for (final CounterFacts counter : facts.counters())
        {
            list.add(result(
                counter.name(), null == counter.source() ? "all" : counter.source().jsonName(),
                null == counter.basis() ? null : counter.basis().jsonName(), counter.state(), counter.detail(),
                counter.isWhole(), witness(counter, cpu, executed, derived), onPmu(counter)));
        }
        addOfLanes(list, Basis.EXACT_EXECUTED, executed);
        addOfLanes(list, Basis.DERIVED, derived);
        final boolean isWatched = (null != executed && null != executed.upper()) ||
            (null != derived && null != derived.upper());
        return new Witnesses(
            cpu, executed, derived, List.copyOf(list), facts.acceleratorsOpened().stream()
                .filter(device -> !(isWatched && device.contains("/nvidia")))
                .toList());
    }

    /** What the precision on the tensor cores was, where a person, calls or the range profiler know it. */
    private static Layer.Witness told(
        final Layer.Witness derived,
        final PipeNotes notes,
        final Layer.Witness executed,
        final Layer.Calls calls)
    {
        final FlopInterval unknown = null == derived ? null : derived.figures().get(Precision.UNKNOWN);
        if (null == unknown || !unknown.isBounded())
        {
            return derived;
        }
        final Set<Precision> counted = EnumSet.noneOf(Precision.class);
        for (final Precision precision : Precision.values())
        {
            final FlopInterval seen = null == executed ? null : executed.figures().get(precision);
            if (!calls.pointOf(precision).isZero() || (null != seen && !seen.point().isZero()))
            {
                counted.add(precision);
            }
        }
        return new Layer.Witness(derived.figures(), derived.isWhole(), derived.uncovered(),
            TensorPrecision.of(notes, unknown, counted));
    }

    static FlopInterval sum(final Layer.Witness witness)
    {
        final FlopCount upper = witness.upper();
        return null == upper ? FlopInterval.unbounded(witness.lower(), witness.point()) :
            FlopInterval.of(witness.lower(), witness.point(), upper);
    }

    /** Null where it told nothing. */
    private static Layer.Witness witness(
        final CounterFacts counter,
        final Layer.Witness cpu,
        final Layer.Witness executed,
        final Layer.Witness derived)
    {
        if (!counter.isRead() || null == counter.source())
        {
            return null;
        }
        if (Source.PERF == counter.source())
        {
            return cpu;
        }
        return Basis.DERIVED == counter.basis() ? derived : executed;
    }

    private static OnPmu onPmu(final CounterFacts counter)
    {
        return null == counter.runningNs() ? null : new OnPmu(counter.coveredNs(), counter.runningNs());
    }

    private static ResultWitness result(
        final String name,
        final String source,
        final String basis,
        final String state,
        final String detail,
        final boolean isWhole,
        final Layer.Witness witness,
        final OnPmu onPmu)
    {
        final FlopInterval ifAll = null == witness ? null : witness.collapsed();
        final Map<Precision, FlopInterval> byPrecision = new EnumMap<>(Precision.class);
        for (final Precision precision : Precision.values())
        {
            final FlopInterval flop = null == witness ? null : witness.of(precision);
            if (null != flop)
            {
                byPrecision.put(precision, flop);
            }
        }
        return new ResultWitness(
            name, source, basis, state, detail, isWhole, null == witness ? null : sum(witness), byPrecision,
            null == ifAll ? null :
                new IfAll(witness.tensor().names(), witness.tensor().isDeclared(), ifAll),
            onPmu);
    }

    private static void addOfLanes(final List<ResultWitness> list, final Basis basis, final Layer.Witness witness)
    {
        final boolean isTold = list.stream()
            .anyMatch(other -> Source.CUDA.jsonName().equals(other.source()) && basis.jsonName().equals(other.basis()));
        if (null != witness && !isTold)
        {
            list.add(result(
                "lane", Source.CUDA.jsonName(), basis.jsonName(), CounterFacts.AVAILABLE,
                "in lanes; whether it watched all the time is not known", false, witness, null));
        }
    }

    /**
     * What the CPU can have executed in CPU time that the counters did not watch: a setuid program takes them off
     * itself. Null = no end.
     */
    private static FlopCount uncovered(final RunFacts facts, final Reading reading, final CpuPeak peak)
    {
        final long coveredNs = facts.counters().stream()
            .filter(counter -> Source.PERF == counter.source())
            .mapToLong(CounterFacts::coveredNs)
            .max()
            .orElse(0);
        final BigInteger uncoveredNs =
            UpperEnds.cpuNs(facts, reading).subtract(BigInteger.valueOf(coveredNs)).max(BigInteger.ZERO);
        if (0 == uncoveredNs.signum())
        {
            return FlopCount.ZERO;
        }
        return peak.isBounded() ? FlopCount.of(peak.flopCountMax(uncoveredNs)) : null;
    }

    /** A counter whose figures are in lanes tells there, too, that it missed something; and a lane can be lost. */
    private static boolean isLaneWhole(final Reading reading)
    {
        return 0 == reading.samplesLost() && reading.findings().isEmpty() && reading.gaps().stream()
            .noneMatch(gap -> Source.CUDA == gap.source() && GapReason.COUNTER == gap.reason());
    }

    private static Layer.Witness find(
        final RunFacts facts,
        final Reading reading,
        final Source source,
        final Basis basis,
        final FlopCount uncovered)
    {
        final Map<Precision, Sums> inLanes = new EnumMap<>(Precision.class);
        for (final KeyTotal key : reading.keys())
        {
            if (source == key.source() && basis == key.basis())
            {
                inLanes.computeIfAbsent(key.precision(), ignored -> new Sums()).add(key.part(), key.flopCount());
            }
        }
        Map<Precision, FlopInterval> figures = new EnumMap<>(Precision.class);
        for (final Map.Entry<Precision, Sums> entry : inLanes.entrySet())
        {
            figures.put(entry.getKey(), entry.getValue().interval(entry.getValue().stated()));
        }
        boolean isWhole = false;
        boolean isRead = false;
        for (final CounterFacts counter : facts.counters())
        {
            if (source == counter.source() && basis == counter.basis() && counter.isRead())
            {
                isRead = true;
                isWhole = counter.isWhole() && (Source.PERF == source ||
                    (counter.beginMonotonicNs() <= facts.beginMonotonicNs() &&
                        counter.endMonotonicNs() >= facts.endMonotonicNs() && isLaneWhole(reading)));
                figures = counter.figures().isEmpty() ? figures : counter.figures();
            }
        }
        return isRead || !figures.isEmpty() ? new Layer.Witness(figures, isWhole, uncovered) : null;
    }
}

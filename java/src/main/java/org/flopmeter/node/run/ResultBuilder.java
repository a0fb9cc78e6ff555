/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.run.RunResult.Beyond;
import org.flopmeter.node.run.RunResult.Executed;
import org.flopmeter.node.run.RunResult.Overhead;
import org.flopmeter.node.run.RunResult.ResultFinding;
import org.flopmeter.node.run.RunResult.Samples;
import org.flopmeter.node.run.RunResult.SourceTotal;
import org.flopmeter.node.run.RunResult.UpperBasis;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * Facts of the supervisor + totals of the aggregator + peak of the CPU -> the result document.
 * <p>
 * lower = part 0, and what counters of the silicon saw beyond it ({@link Layer}). point = lower + part 1. upper = the
 * larger of point + part 2 and what the devices can have executed ({@link UpperEnds}), for the whole run; a node may
 * have had all of the unseen work, so each has that upper, and so has a precision that no counter tells apart.
 */
public final class ResultBuilder
{
    /** Sources of the preload library: always present, so that 0 means "looked and saw none". */
    private static final List<Source> SOURCES_ALWAYS = List.of(Source.API, Source.BLAS, Source.LAPACK, Source.ONEDNN);

    private final RunFacts facts;
    private final Reading reading;
    private final CpuPeak peak;
    private final MeterLoop loop;
    private final DeviceTotals cpu = new DeviceTotals();
    private final DeviceTotals cuda = new DeviceTotals();
    private final Map<String, Sums> nodes = new TreeMap<>();
    private final Map<Source, SourceTotal> sources = new EnumMap<>(Source.class);
    private final Map<Basis, FlopCount> bases = new EnumMap<>(Basis.class);

    public ResultBuilder(final RunFacts facts, final Reading reading, final CpuPeak peak)
    {
        this(facts, reading, peak, MeterLoop.UNKNOWN);
    }

    public ResultBuilder(final RunFacts facts, final Reading reading, final CpuPeak peak, final MeterLoop loop)
    {
        this.loop = loop;
        this.facts = facts;
        this.reading = reading;
        this.peak = peak;
    }

    /** @throws org.flopmeter.unit.FlopOverflowException a total does not fit 128 bits. */
    public RunResult build()
    {
        SOURCES_ALWAYS.forEach(source -> sources.put(source, new SourceTotal(0, FlopCount.ZERO)));
        reading.keys().forEach(this::charge);

        final Witnesses witnesses = Witnesses.of(facts, reading, peak, cuda.calls());
        final Layer cpuLayer = Layer.of(cpu.calls(), witnesses.cpu(), null, Layer.Elsewhere.NONE);
        final Layer cudaLayer = Layer.of(
            cuda.calls(), witnesses.cudaExecuted(), witnesses.cudaDerived(), cpu.recorded(witnesses.cpu()));
        final String beyond = beyond(cuda.calls(), cudaLayer);
        final ResultCoverage coverage = ResultCoverage.of(facts, cuda.whole());
        final List<Compared> compared = Compared.of(cpu, cuda, witnesses);
        add(cpu, cpuLayer);
        add(cuda, cudaLayer);
        addToSources(witnesses, cpuLayer, cudaLayer);

        final UpperEnds ends = new UpperEnds(facts, reading, witnesses, peak, cpu, cuda);
        final FlopInterval flop = cpu.whole().plus(cuda.whole()).interval(ends.whole());
        final Map<String, FlopInterval> byPrecision = new LinkedHashMap<>();
        for (final Precision precision : Precision.values())
        {
            final Sums sums = cpu.of(precision).plus(cuda.of(precision));
            if (cpu.has(precision) || cuda.has(precision))
            {
                byPrecision.put(precision.jsonName(), sums.interval(ends.of(precision)));
            }
        }
        final Map<String, FlopInterval> byNode = new LinkedHashMap<>();
        nodes.forEach((node, sums) -> byNode.put(node, sums.interval(ends.whole())));
        final Map<String, SourceTotal> bySource = new LinkedHashMap<>();
        sources.forEach((source, total) -> bySource.put(source.jsonName(), total));
        final Map<String, FlopCount> byBasis = new LinkedHashMap<>();
        bases.forEach((basis, flopCount) -> byBasis.put(basis.jsonName(), flopCount));

        return new RunResult(
            facts, flop, byPrecision, byNode, countedByNode(), beyondCalls(cpuLayer, cudaLayer), bySource, byBasis,
            witnesses.list(),
            new Samples(
                reading.samplesProduced(), reading.samplesConsumed(), reading.samplesFolded(), reading.samplesLost()),
            new ResultGaps(facts, reading, peak, flop, witnesses.unwatchedDevices()).list(),
            ends.basis(),
            reading.violations().isEmpty(),
            findings(ends.basis(), cpuLayer, cudaLayer, beyond, witnesses.cudaDerived()),
            new Overhead(facts.aggregatorCpuNs(), facts.supervisorCpuNs(), facts.meterRestarts(), loop),
            coverage, compared);
    }

    /**
     * As calls of the run's own processes counted it: what counters saw beyond them is no node's. A run nested in it
     * may count under the same name what has nothing to do with a segment of this one.
     */
    private Map<String, Map<String, FlopInterval>> countedByNode()
    {
        final Map<String, Map<Precision, Sums>> nodePrecisions = new TreeMap<>();
        for (final KeyTotal key : reading.ownKeys())
        {
            if (isCounted(key))
            {
                nodePrecisions.computeIfAbsent(RunResult.nodeOf(key), ignored -> new EnumMap<>(Precision.class))
                    .computeIfAbsent(key.precision(), ignored -> new Sums()).add(key.part(), key.flopCount());
            }
        }
        final Map<String, Map<String, FlopInterval>> counted = new TreeMap<>();
        nodePrecisions.forEach((node, precisions) -> precisions.forEach((precision, sums) ->
            counted.computeIfAbsent(node, ignored -> new TreeMap<>())
                .put(precision.jsonName(), sums.interval(sums.point()))));
        return counted;
    }

    private static List<Beyond> beyondCalls(final Layer cpuLayer, final Layer cudaLayer)
    {
        final List<Beyond> beyond = new ArrayList<>();
        cpuLayer.counts().forEach((basis, counts) -> counts.forEach((precision, flopCount) ->
            beyond.add(new Beyond(Source.PERF, basis, precision, flopCount))));
        cudaLayer.counts().forEach((basis, counts) -> counts.forEach((precision, flopCount) ->
            beyond.add(new Beyond(Source.CUDA, basis, precision, flopCount))));
        return List.copyOf(beyond);
    }

    private void charge(final KeyTotal key)
    {
        final FlopCount flopCount = key.flopCount();
        if (!isCounted(key))
        {
            return;
        }
        (Source.CUDA == key.source() ? cuda : cpu).add(key, flopCount);
        nodes.computeIfAbsent(RunResult.nodeOf(key), ignored -> new Sums()).add(key.part(), flopCount);
        if (Part.COUNT == key.part())
        {
            sources.merge(key.source(), new SourceTotal(key.samples(), flopCount), ResultBuilder::sum);
            bases.merge(key.basis(), flopCount, FlopCount::add);
        }
        else if (Part.ESTIMATE == key.part())
        {
            // An estimate is a formula with typical inputs, whatever the basis of the count it stands on.
            bases.merge(Basis.ANALYTIC, flopCount, FlopCount::add);
        }
    }

    private static boolean isCounted(final KeyTotal key)
    {
        return !Witnesses.isWitness(key) && (!key.flopCount().isZero() || 0 != key.samples());
    }

    private static SourceTotal sum(final SourceTotal one, final SourceTotal other)
    {
        return new SourceTotal(
            Math.addExact(one.calls(), other.calls()), one.flopCount().add(other.flopCount()));
    }

    /** What counters saw beyond the calls belongs to no node that anybody named. */
    private void add(final DeviceTotals device, final Layer layer)
    {
        device.add(layer);
        final FlopCount added = layer.added();
        final FlopCount estimate = layer.addedEstimate();
        if (!layer.covered().isZero())
        {
            bases.merge(Basis.ANALYTIC, layer.covered(), FlopCount::subtract);
        }
        if (!added.isZero() || !estimate.isZero())
        {
            nodes.computeIfAbsent(RunResult.UNATTRIBUTED, ignored -> new Sums())
                .addExecuted(added, layer.covered(), estimate);
        }
        layer.byBasis().forEach((basis, flopCount) -> bases.merge(basis, flopCount, FlopCount::add));
        if (!estimate.isZero())
        {
            // Scaled up from the time in which the counter watched, or from how long pipes were busy.
            bases.merge(Basis.DERIVED, estimate, FlopCount::add);
        }
    }

    /** Null where calls, if there are any, explain what counters saw, but for what these are wrong by. */
    private static String beyond(final Layer.Calls calls, final Layer layer)
    {
        final FlopCount stated = calls.point();
        final FlopCount sure = layer.added().subtract(layer.covered());
        final FlopCount likely = sure.add(layer.addedEstimate());
        return calls.count().isZero() || !Layer.isBeyondError(stated.add(likely), stated) ? null :
            "NVIDIA, calls state " + stated + " FLOP, counters saw at least " + sure + " and likely " + likely +
            " beyond: kernels that no call shows, or tiles filled up; in " + RunResult.UNATTRIBUTED;
    }

    private void addToSources(final Witnesses witnesses, final Layer cpuLayer, final Layer cudaLayer)
    {
        if (null != witnesses.cpu())
        {
            sources.put(Source.PERF, new SourceTotal(
                0, witnesses.cpu().lower(), new Executed(Witnesses.sum(witnesses.cpu()), cpuLayer.added())));
        }
        if (!cudaLayer.added().isZero())
        {
            sources.merge(Source.CUDA, new SourceTotal(0, cudaLayer.added()), ResultBuilder::sum);
        }
    }

    private List<ResultFinding> findings(
        final UpperBasis upperBasis,
        final Layer cpuLayer,
        final Layer cudaLayer,
        final String beyond,
        final Layer.Witness derived)
    {
        final List<ResultFinding> findings = new ArrayList<>();
        for (final String violation : reading.violations())
        {
            findings.add(new ResultFinding("CONSERVATION", "", 0, violation));
        }
        final BigInteger max = upperBasis.flopCountMax();
        if (null != max && 0 < cpu.whole().count().toBigInteger().compareTo(max))
        {
            findings.add(new ResultFinding("ABOVE_PHYSICAL_BOUND", "", 0,
                "counted " + cpu.whole().count() + " FLOP, the CPU can have executed " + max +
                " at most: a program that records for another device, or a wrong record"));
        }
        cpuLayer.findings().forEach(reason ->
            findings.add(new ResultFinding("SHAPE_ABOVE_EXECUTED", "", 0, "CPU, " + reason)));
        cudaLayer.findings().forEach(reason ->
            findings.add(new ResultFinding("SHAPE_ABOVE_EXECUTED", "", 0, "NVIDIA, " + reason)));
        if (null != derived && null != derived.tensor().finding())
        {
            findings.add(new ResultFinding("GPU_PRECISION", "", 0, derived.tensor().finding()));
        }
        if (null != beyond)
        {
            findings.add(new ResultFinding(RunResult.WORK_BEYOND_SHAPES, "", 0, beyond));
        }
        for (final Finding finding : reading.findings())
        {
            findings.add(new ResultFinding(finding.kind(), finding.lane(), finding.offset(), finding.reason()));
        }
        return List.copyOf(findings);
    }
}

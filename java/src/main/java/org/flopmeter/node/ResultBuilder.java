/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.RunResult.Overhead;
import org.flopmeter.node.RunResult.ResultFinding;
import org.flopmeter.node.RunResult.Samples;
import org.flopmeter.node.RunResult.SourceTotal;
import org.flopmeter.node.RunResult.UpperBasis;
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
 * lower = part 0. point = lower + part 1. upper = the larger of point + part 2 and what the CPU can have executed in
 * the time it ran, for the whole run; a node or precision may have had all of the unseen work, so each has that upper.
 */
final class ResultBuilder
{
    /** Sources of the preload library: always present, so that 0 means "looked and saw none". */
    private static final List<Source> SOURCES_ALWAYS = List.of(Source.API, Source.BLAS, Source.LAPACK, Source.ONEDNN);

    private final RunFacts facts;
    private final Reading reading;
    private final CpuPeak peak;
    private final MeterLoop loop;
    private final Sums whole = new Sums();
    private final Map<Precision, Sums> precisions = new EnumMap<>(Precision.class);
    private final Map<String, Sums> nodes = new TreeMap<>();
    private final Map<Source, SourceTotal> sources = new EnumMap<>(Source.class);
    private final Map<Basis, FlopCount> bases = new EnumMap<>(Basis.class);

    ResultBuilder(final RunFacts facts, final Reading reading, final CpuPeak peak)
    {
        this(facts, reading, peak, MeterLoop.UNKNOWN);
    }

    ResultBuilder(final RunFacts facts, final Reading reading, final CpuPeak peak, final MeterLoop loop)
    {
        this.loop = loop;
        this.facts = facts;
        this.reading = reading;
        this.peak = peak;
    }

    /** @throws org.flopmeter.unit.FlopOverflowException a total does not fit 128 bits. */
    RunResult build()
    {
        SOURCES_ALWAYS.forEach(source -> sources.put(source, new SourceTotal(0, FlopCount.ZERO)));
        reading.keys().forEach(this::charge);

        final UpperBasis upperBasis = upperBasis();
        final FlopInterval flop = whole.interval(upperOf(upperBasis));
        final Map<String, FlopInterval> byPrecision = new LinkedHashMap<>();
        precisions.forEach((precision, sums) -> byPrecision.put(precision.jsonName(), sums.interval(bound(flop))));
        final Map<String, FlopInterval> byNode = new LinkedHashMap<>();
        nodes.forEach((node, sums) -> byNode.put(node, sums.interval(bound(flop))));
        final Map<String, SourceTotal> bySource = new LinkedHashMap<>();
        sources.forEach((source, total) -> bySource.put(source.jsonName(), total));
        final Map<String, FlopCount> byBasis = new LinkedHashMap<>();
        bases.forEach((basis, flopCount) -> byBasis.put(basis.jsonName(), flopCount));

        return new RunResult(
            facts, flop, byPrecision, byNode, bySource, byBasis,
            new Samples(
                reading.samplesProduced(), reading.samplesConsumed(), reading.samplesFolded(), reading.samplesLost()),
            new ResultGaps(facts, reading, peak, flop).list(),
            upperBasis,
            reading.violations().isEmpty(),
            findings(upperBasis),
            new Overhead(facts.aggregatorCpuNs(), facts.supervisorCpuNs(), facts.meterRestarts(), loop));
    }

    private void charge(final KeyTotal key)
    {
        final FlopCount flopCount = key.flopCount();
        if (flopCount.isZero() && 0 == key.samples())
        {
            return;
        }
        final String node = null == key.node() || key.node().isEmpty() ? RunResult.UNATTRIBUTED : key.node();
        whole.add(key.part(), flopCount);
        precisions.computeIfAbsent(key.precision(), ignored -> new Sums()).add(key.part(), flopCount);
        nodes.computeIfAbsent(node, ignored -> new Sums()).add(key.part(), flopCount);
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

    private static SourceTotal sum(final SourceTotal one, final SourceTotal other)
    {
        return new SourceTotal(
            Math.addExact(one.calls(), other.calls()), one.flopCount().add(other.flopCount()));
    }

    private UpperBasis upperBasis()
    {
        final boolean isComplete = facts.cpuComplete() && !reading.cpuIncomplete();
        final BigInteger wallTimesCpus =
            BigInteger.valueOf(facts.wallNs()).multiply(BigInteger.valueOf(facts.onlineCpus()));
        final BigInteger counted = BigInteger.valueOf(facts.cpuNs());
        final BigInteger cpuNs = isComplete ? counted : counted.max(wallTimesCpus);
        final String why;
        BigInteger flopCountMax = null;
        if (!facts.acceleratorsOpened().isEmpty())
        {
            why = "opened without a source for it: " + String.join(" ", facts.acceleratorsOpened());
        }
        else if (null == facts.exitCode())
        {
            why = "the supervisor ended early: CPU time and devices opened are unknown";
        }
        else if (!peak.isBounded())
        {
            why = peak.why();
        }
        else
        {
            why = peak.why();
            flopCountMax = peak.flopCountMax(cpuNs);
        }
        return new UpperBasis(
            peak.flopPerCycle(), peak.isa(), peak.model(), peak.clockHz(), peak.clockSource(), cpuNs,
            isComplete ? "rusage" : "wall time x online CPUs", flopCountMax, why);
    }

    /** Null = unbounded. */
    private FlopCount upperOf(final UpperBasis upperBasis)
    {
        if (null == upperBasis.flopCountMax())
        {
            return null;
        }
        final FlopCount unseenMax = FlopCount.of(upperBasis.flopCountMax());
        // More than this CPU can execute was executed elsewhere: what the CPU did unseen comes on top.
        return 0 < whole.count().compareTo(unseenMax) ?
            whole.stated().add(unseenMax) : whole.stated().max(unseenMax);
    }

    private static FlopCount bound(final FlopInterval flop)
    {
        return flop.isBounded() ? flop.upper() : null;
    }

    private List<ResultFinding> findings(final UpperBasis upperBasis)
    {
        final List<ResultFinding> findings = new ArrayList<>();
        for (final String violation : reading.violations())
        {
            findings.add(new ResultFinding("CONSERVATION", "", 0, violation));
        }
        final BigInteger max = upperBasis.flopCountMax();
        if (null != max && 0 < whole.count().toBigInteger().compareTo(max))
        {
            findings.add(new ResultFinding("ABOVE_PHYSICAL_BOUND", "", 0,
                "counted " + whole.count() + " FLOP, the CPU can have executed " + max +
                " at most: a program that records for another device, or a wrong record"));
        }
        for (final Finding finding : reading.findings())
        {
            findings.add(new ResultFinding(finding.kind(), finding.lane(), finding.offset(), finding.reason()));
        }
        return List.copyOf(findings);
    }

    /** The three cumulative parts of one interval. */
    private static final class Sums
    {
        private final FlopCount[] parts = { FlopCount.ZERO, FlopCount.ZERO, FlopCount.ZERO };

        void add(final Part part, final FlopCount flopCount)
        {
            parts[part.code()] = parts[part.code()].add(flopCount);
        }

        FlopCount count()
        {
            return parts[Part.COUNT.code()];
        }

        FlopCount point()
        {
            return count().add(parts[Part.ESTIMATE.code()]);
        }

        /** The upper end that the sources themselves stated. */
        FlopCount stated()
        {
            return point().add(parts[Part.BOUND.code()]);
        }

        FlopInterval interval(final FlopCount upper)
        {
            return null == upper ?
                FlopInterval.unbounded(count(), point()) : FlopInterval.of(count(), point(), upper);
        }
    }
}

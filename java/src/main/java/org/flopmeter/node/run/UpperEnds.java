/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.Objects;
import java.util.stream.Stream;
import org.flopmeter.node.run.RunResult.UpperBasis;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Precision;

/**
 * Upper ends, docs/design/0004-result.md sections 1 and 2: the CPU's by its clock or by its counters, whichever is
 * smaller, plus those of the accelerators.
 */
final class UpperEnds
{
    private final RunFacts facts;
    private final Witnesses witnesses;
    private final CpuPeak peak;
    private final DeviceTotals cpu;
    private final DeviceTotals cuda;
    private final BigInteger cpuNs;
    private final String cpuTimeSource;
    private final FlopCount byClock;
    private final FlopCount byCounters;
    private final FlopCount accelerators;

    UpperEnds(
        final RunFacts facts,
        final Reading reading,
        final Witnesses witnesses,
        final CpuPeak peak,
        final DeviceTotals cpu,
        final DeviceTotals cuda)
    {
        this.facts = facts;
        this.witnesses = witnesses;
        this.peak = peak;
        this.cpu = cpu;
        this.cuda = cuda;
        this.cpuNs = cpuNs(facts, reading);
        this.cpuTimeSource = cpuTimeSource(facts, reading);
        this.byClock = byClock();
        this.byCounters = null == witnesses.cpu() || null == facts.exitCode() ? null : byCounters(
            witnesses.cpu().upper(), cpu.own(), cpu.elsewhere(), cpu.whole());
        this.accelerators = accelerators();
    }

    /**
     * CPU time that the run can have used at most. A tally holds whoever waited for whom, so it is the end where there
     * is one, and what was waited for is believed without one only where the supervisor says that it is complete.
     */
    static BigInteger cpuNs(final RunFacts facts, final Reading reading)
    {
        final BigInteger counted = BigInteger.valueOf(facts.cpuNs());
        if (null != facts.cpuTally())
        {
            return counted.max(wallTimesCpus(facts).min(BigInteger.valueOf(facts.cpuTally().cpuNs())));
        }
        return facts.cpuComplete() && !reading.cpuIncomplete() ? counted : counted.max(wallTimesCpus(facts));
    }

    private static String cpuTimeSource(final RunFacts facts, final Reading reading)
    {
        final BigInteger cpuNs = cpuNs(facts, reading);
        if (null == facts.cpuTally() ? facts.cpuComplete() && !reading.cpuIncomplete() :
            cpuNs.equals(BigInteger.valueOf(facts.cpuNs())))
        {
            return "rusage";
        }
        return null != facts.cpuTally() && cpuNs.equals(BigInteger.valueOf(facts.cpuTally().cpuNs())) ?
            facts.cpuTally().source() : "wall time x online CPUs";
    }

    private static BigInteger wallTimesCpus(final RunFacts facts)
    {
        return BigInteger.valueOf(facts.wallNs()).multiply(BigInteger.valueOf(facts.onlineCpus()));
    }

    /** Of the whole run; null = unbounded. */
    FlopCount whole()
    {
        final FlopCount ofCpu = Stream.of(byClock, byCounters)
            .filter(Objects::nonNull).min(FlopCount::compareTo).orElse(null);
        return null == ofCpu || null == accelerators ? null : ofCpu.add(accelerators);
    }

    /** Of one precision: the whole's, unless the CPU's counters tell this one apart and nothing else was at work. */
    FlopCount of(final Precision precision)
    {
        final FlopCount whole = whole();
        final FlopCount most = null == witnesses.cpu() || null == facts.exitCode() ?
            null : witnesses.cpu().upperOf(precision);
        if (null == whole || null == most || cuda.isUsed() || !accelerators.isZero())
        {
            return whole;
        }
        final FlopCount own =
            byCounters(most, cpu.own(precision), cpu.elsewhere(precision), cpu.of(precision));
        return 0 < own.compareTo(whole) ? whole : own;
    }

    UpperBasis basis()
    {
        final String why;
        if (!witnesses.unwatchedDevices().isEmpty())
        {
            why = "opened without a source for it: " + String.join(" ", witnesses.unwatchedDevices());
        }
        else if (null == facts.exitCode())
        {
            why = "the supervisor ended early: CPU time and devices opened are unknown";
        }
        else
        {
            why = peak.why();
        }
        final FlopCount executed = null == witnesses.cpu() ? null : witnesses.cpu().upper();
        final String decidedBy;
        if (null == whole())
        {
            decidedBy = "none";
        }
        else
        {
            decidedBy = null != byCounters && (null == byClock || 0 > byCounters.compareTo(byClock)) ? "perf" : "clock";
        }
        return new UpperBasis(
            peak.flopPerCycle(), peak.isa(), peak.model(), peak.clockHz(), peak.clockSource(), cpuNs,
            cpuTimeSource, clockMax(), why,
            null == executed ? null : executed.toBigInteger(),
            null == accelerators ? null : accelerators.toBigInteger(), decidedBy);
    }

    /** What the CPU can have executed by its clock; null = unbounded. */
    private BigInteger clockMax()
    {
        return !witnesses.unwatchedDevices().isEmpty() || null == facts.exitCode() || !peak.isBounded() ?
            null : peak.flopCountMax(cpuNs);
    }

    private FlopCount byClock()
    {
        final BigInteger max = clockMax();
        if (null == max)
        {
            return null;
        }
        final FlopCount unseenMax = FlopCount.of(max);
        // More than this CPU can execute was executed elsewhere: what the CPU did unseen comes on top.
        return 0 < cpu.whole().count().compareTo(unseenMax) ?
            cpu.whole().stated().add(unseenMax) : cpu.whole().stated().max(unseenMax);
    }

    /**
     * At most what the counters saw, and on top what a program recorded itself: that may have been another device's.
     * Calls above it were done elsewhere, too.
     */
    private static FlopCount byCounters(
        final FlopCount most, final FlopCount own, final FlopCount elsewhere, final Sums sums)
    {
        if (null == most)
        {
            return null;
        }
        return 0 < own.compareTo(most) ? sums.stated().add(most) : sums.stated().max(most.add(elsewhere));
    }

    /** Null = unbounded. */
    private FlopCount accelerators()
    {
        if (!witnesses.unwatchedDevices().isEmpty())
        {
            return null;
        }
        final FlopCount most = Stream.of(witnesses.cudaExecuted(), witnesses.cudaDerived())
            .filter(Objects::nonNull).map(Layer.Witness::upper).filter(Objects::nonNull)
            .min(FlopCount::compareTo).orElse(null);
        return null == most ? cuda.whole().stated() : byCounters(most, cuda.own(), cuda.elsewhere(), cuda.whole());
    }
}

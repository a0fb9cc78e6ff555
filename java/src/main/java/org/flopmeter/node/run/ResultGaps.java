/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.node.run.RunResult.ResultGap;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Plural;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.GapReason;
import org.flopmeter.wire.LaneViolation;

/**
 * Everything that was not counted, from three witnesses: the processes themselves (control page), the reader (lanes it
 * had to give up) and the supervisor (processes and devices). A restart of the meter that lost nothing is no gap.
 */
final class ResultGaps
{
    private static final String SOURCE_ALL = "all";
    private static final String NESTED = LaneViolation.Kind.NESTED.jsonName();

    private final RunFacts facts;
    private final Reading reading;
    private final CpuPeak peak;
    private final BigInteger upperOfRun;
    private final List<String> devices;

    /** @param devices accelerators that were opened and that no source watched. */
    ResultGaps(
        final RunFacts facts,
        final Reading reading,
        final CpuPeak peak,
        final FlopInterval flop,
        final List<String> devices)
    {
        this.devices = devices;
        this.facts = facts;
        this.reading = reading;
        this.peak = peak;
        this.upperOfRun = flop.isBounded() ? flop.upper().toBigInteger() : null;
    }

    List<ResultGap> list()
    {
        final List<ResultGap> gaps = new ArrayList<>();
        for (final Gap gap : reading.gaps())
        {
            gaps.add(ofProcess(gap));
        }
        for (final Finding finding : reading.findings())
        {
            // Findings about other files do not stand for work that was not counted.
            final boolean isLane = finding.lane().endsWith(".lane");
            if (isLane || NESTED.equals(finding.kind()))
            {
                gaps.add(new ResultGap(
                    SOURCE_ALL, facts.beginNs(), facts.endNs(), isLane ? "lane quarantined" : "nested meter not read",
                    finding.lane() + ": " + finding.reason(), upperOfRun));
            }
        }
        for (final RunFacts.Leftover leftover : facts.leftovers())
        {
            gaps.add(new ResultGap(
                SOURCE_ALL, facts.endNs(), facts.endNs(), "still running at the end",
                "pid " + leftover.pid() + " (" + leftover.comm() + "): counted until the end of the run",
                upperOfRun));
        }
        facts.counters().forEach(counter -> gaps.addAll(ofCounter(counter)));
        for (final String device : devices)
        {
            gaps.add(new ResultGap(
                device.contains("nvidia") ? "cuda" : "accelerator", facts.beginNs(), facts.endNs(),
                "accelerator opened without a source for it", device, null));
        }
        if (null == facts.exitCode())
        {
            gaps.add(new ResultGap(
                SOURCE_ALL, facts.beginNs(), facts.endNs(), "supervisor ended early",
                "CPU time, exit code and devices opened are unknown", null));
        }
        return List.copyOf(gaps);
    }

    /** Of a counter that was there: one that never was is no gap, since no figure rests on it. */
    private List<ResultGap> ofCounter(final CounterFacts counter)
    {
        final List<ResultGap> gaps = new ArrayList<>();
        final String source = null == counter.source() ? SOURCE_ALL : counter.source().jsonName();
        for (final CounterFacts.CounterGap gap : counter.gaps())
        {
            final long beginNs = facts.epochNs(gap.beginMonotonicNs());
            final long endNs = Math.max(beginNs, facts.epochNs(gap.endMonotonicNs()));
            gaps.add(new ResultGap(
                source, beginNs, endNs,
                CounterFacts.PAUSED.equals(gap.reason()) ? GapReason.COUNTER_PAUSED.text() : "counter not read",
                counter.name() + ": " + gap.reason(),
                upper(counter.source(), endNs - beginNs)));
        }
        final boolean isLost = CounterFacts.FAILED.equals(counter.state()) && counter.gaps().isEmpty() &&
            (counter.isRead() || null == counter.source());
        if (isLost)
        {
            gaps.add(new ResultGap(
                source, facts.beginNs(), facts.endNs(), "counter failed", counter.name() + ": " + counter.detail(),
                upperOfRun));
        }
        return gaps;
    }

    private ResultGap ofProcess(final Gap gap)
    {
        final long beginNs = facts.epochNs(gap.beginNs());
        // Whoever was to end it was killed: it lasted to the end of the run at most.
        final long endNs = Math.max(beginNs, gap.isOpen() ? facts.endNs() : facts.epochNs(gap.endNs()));
        final String source = null == gap.source() ? SOURCE_ALL : gap.source().jsonName();
        final String detail = "pid " + gap.pid() +
            (0 < gap.samples() ? ", " + Plural.of(gap.samples(), "sample") : "") +
            (0 < gap.joined() ? ", and " + Plural.of(gap.joined(), "more pause") + " within this time" : "") +
            (gap.isOpen() ? ", never ended" : "");
        return new ResultGap(source, beginNs, endNs, gap.reason().text(), detail, upper(gap.source(), endNs - beginNs));
    }

    /**
     * What all CPUs together can have executed in that time; the whole run's where the time is a moment only, or an
     * accelerator may have done what is missing.
     */
    private BigInteger upper(final Source source, final long durationNs)
    {
        final boolean isOfCpu = Source.CUDA != source &&
            (facts.acceleratorsOpened().isEmpty() || (null != source && Source.API != source));
        if (null == upperOfRun || 0 >= durationNs || !peak.isBounded() || !isOfCpu)
        {
            return upperOfRun;
        }
        return upperOfRun.min(peak.flopCountMax(
            BigInteger.valueOf(durationNs).multiply(BigInteger.valueOf(facts.onlineCpus()))));
    }
}

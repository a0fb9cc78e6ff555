/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.Totals;

/**
 * A replay and its verdict.
 *
 * @param metered  what the aggregator committed.
 * @param expected what the oracle computed.
 * @param problems anything but differing totals that must not be: lost samples, findings, gaps, conservation.
 */
record ReplayResult(
    ReplaySpec spec,
    int hostsAtOnce,
    ReplayMeter.Outcome outcome,
    SortedMap<KeyName, ExactTotal> metered,
    SortedMap<KeyName, ExactTotal> expected,
    List<Comparison.Difference> differences,
    List<String> problems,
    long oracleNs)
{
    static final String SCHEMA = "flopmeter/replay/v1";

    private static final String NO_NODE = "unattributed";

    static ReplayResult of(
        final ReplaySpec spec,
        final int hostsAtOnce,
        final ReplayMeter.Outcome outcome,
        final SortedMap<KeyName, ExactTotal> expected,
        final long oracleNs)
    {
        final SortedMap<KeyName, ExactTotal> metered = totalsOf(outcome.totals().keys());
        return new ReplayResult(spec, hostsAtOnce, outcome, metered, expected,
            Comparison.differences(metered, expected), problemsOf(outcome), oracleNs);
    }

    boolean isExact()
    {
        return differences.isEmpty() && problems.isEmpty();
    }

    ExactTotal sum()
    {
        return Comparison.sum(metered);
    }

    /** Logical time per wall time. */
    double realTimeFactor()
    {
        return (double)spec.sliceNs() / outcome.wallNs();
    }

    double samplesPerSec()
    {
        return 1e9 * outcome.totals().samplesProduced() / outcome.wallNs();
    }

    /** Part of the samples that found their ring full: exact in the totals, without a time of their own. */
    double foldedShare()
    {
        return (double)outcome.totals().samplesFolded() / Math.max(1, outcome.totals().samplesProduced());
    }

    /** Samples that came through rings, per second of CPU time of the thread that drains. */
    double consumedPerCpuSec()
    {
        return 1e9 * outcome.totals().samplesConsumed() / Math.max(1, outcome.aggregatorCpuNs());
    }

    /**
     * Logical time per CPU time of the thread that drains, if all samples had come through rings: folded ones are no
     * credit to it.
     */
    double aggregatorRealTimeFactor()
    {
        return (1 - foldedShare()) * spec.sliceNs() / Math.max(1, outcome.aggregatorCpuNs());
    }

    /** Mean arithmetic rate in logical time by the peak of the fleet. */
    double utilisation()
    {
        return sum().flopCount().doubleValue() / spec.flopPeak().doubleValue();
    }

    boolean exceedsU64()
    {
        return sum().flopCount().compareTo(BigInteger.ONE.shiftLeft(64)) >= 0;
    }

    static SortedMap<KeyName, ExactTotal> totalsOf(final List<KeyTotal> keys)
    {
        final SortedMap<KeyName, ExactTotal> totals = new TreeMap<>();
        for (final KeyTotal key : keys)
        {
            totals.merge(
                new KeyName(key.run(), null == key.node() ? NO_NODE : key.node(), key.precision()),
                new ExactTotal(key.flopCount().toBigInteger(), key.samples()), ExactTotal::add);
        }
        return totals;
    }

    private static List<String> problemsOf(final ReplayMeter.Outcome outcome)
    {
        final Totals totals = outcome.totals();
        final List<String> problems = new ArrayList<>(totals.conservationDetails());
        totals.findings().forEach((finding) -> problems.add(
            "finding " + finding.kind() + " in " + finding.lane() + " at " + finding.offset() + ": " +
            finding.reason()));
        totals.gaps().forEach((gap) -> problems.add("gap " + gap));
        if (0 != totals.samplesLost())
        {
            problems.add(totals.samplesLost() + " samples were lost");
        }
        if (!outcome.producers().isAttached())
        {
            problems.add("a producer found no meter");
        }
        return List.copyOf(problems);
    }
}

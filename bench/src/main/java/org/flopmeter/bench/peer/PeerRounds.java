/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.jctools.queues.MpscArrayQueue;
import org.jctools.queues.SpscArrayQueue;

/**
 * Rounds of all peers in turn, so that none has the quiet minutes for itself. Totals are cumulative over all rounds, as
 * a counter's are, made as large as they are in earnest, and compared at the end. Settings: rounds, roundNs, seed.
 */
public final class PeerRounds implements Measurement
{
    private static final int ROUNDS = 9;
    private static final long ROUND_NS = 100_000_000;
    private static final int WARM_UP_ROUNDS = 2;
    private static final long HEAVY_LAPS = 2;

    private SamplePattern pattern;
    private Probe probe;
    private Results results;
    private final Map<PeerTool, Long> lapsOfRound = new HashMap<>();
    private final Map<PeerTool, Long> lapsDone = new HashMap<>();

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        pattern = new SamplePattern(settings.number("seed", 1));
        results = out;
        final Cpus cpus = Cpus.choose();
        final List<PeerTool> tools = tools(pattern, cpus.consumer());
        try (Probe asked = new Probe(cpus))
        {
            probe = asked;
            PinnedThread.call(cpus.producer(), () ->
            {
                rounds(
                    tools, settings.count("rounds", ROUNDS), settings.number("roundNs", ROUND_NS),
                    TimeLimit.of(settings));
                return null;
            });
        }
        for (final PeerTool tool : tools)
        {
            tool.close();
        }
    }

    /** All that run in a JVM, in the order to be shown. */
    static List<PeerTool> tools(final SamplePattern pattern, final int readerCpu)
    {
        return new ArrayList<>(List.of(
            new Baseline(pattern),
            new DisruptorPeer(pattern, readerCpu, false),
            new DisruptorPeer(pattern, readerCpu, true),
            new JctoolsPeer(pattern, readerCpu, "jctoolsSpsc", "SpscArrayQueue",
                new SpscArrayQueue<>(JctoolsPeer.CAPACITY)),
            new JctoolsPeer(pattern, readerCpu, "jctoolsMpsc", "MpscArrayQueue, one producer,",
                new MpscArrayQueue<>(JctoolsPeer.CAPACITY)),
            new JdkPeers.Array(pattern),
            new JdkPeers.AdderMap(pattern),
            new MicrometerPeers.Cached(pattern),
            new MicrometerPeers.ByTags(pattern),
            new PrometheusPeers.Cached(pattern),
            new PrometheusPeers.ByLabels(pattern),
            new OtelPeer(pattern)));
    }

    private void rounds(
        final List<PeerTool> tools, final int rounds, final long roundNs, final TimeLimit limit) throws Exception
    {
        for (final PeerTool tool : tools)
        {
            results.add("tool", tool.name());
            results.add("note." + tool.name(), tool.note());
            results.add("crosses." + tool.name(), tool.crosses());
            calibrate(tool, roundNs);
        }
        for (int round = 0; limit.isMore(round, rounds); round++)
        {
            for (final PeerTool tool : tools)
            {
                round(tool);
            }
        }
        pattern.turnHeavy();
        for (final PeerTool tool : tools)
        {
            if (tool.hasTotals())
            {
                tool.run(HEAVY_LAPS);
                final TotalsCheck check = TotalsCheck.of(tool, pattern, lapsDone.get(tool), HEAVY_LAPS);
                results.add("exact." + tool.name(), check.isExact());
                results.add("totals." + tool.name(), check.words());
            }
        }
    }

    /** How many laps make a round? Asking is the warm-up, too. */
    private void calibrate(final PeerTool tool, final long roundNs) throws Exception
    {
        long laps = 1;
        long ns = timed(tool, laps);
        while (ns < roundNs / 2)
        {
            laps *= 2;
            ns = timed(tool, laps);
        }
        for (int i = 0; i < WARM_UP_ROUNDS; i++)
        {
            laps = Math.max(1, laps * roundNs / Math.max(1, ns));
            ns = timed(tool, laps);
        }
        lapsOfRound.put(tool, Math.max(1, laps * roundNs / Math.max(1, ns)));
    }

    private void round(final PeerTool tool) throws Exception
    {
        final long laps = lapsOfRound.get(tool);
        final double samples = (double)laps * SamplePattern.LENGTH;
        if (tool.crosses())
        {
            final Probe.Around<Long> around = probe.around(() -> timed(tool, laps));
            results.add("ns." + tool.name(), around.value() / samples);
            results.add("placement." + tool.name(), around.surroundings().placement().jsonName());
        }
        else
        {
            results.add("ns." + tool.name(), timed(tool, laps) / samples);
        }
    }

    private long timed(final PeerTool tool, final long laps) throws Exception
    {
        lapsDone.merge(tool, laps, Long::sum);
        final long beginNs = System.nanoTime();
        tool.run(laps);
        return System.nanoTime() - beginNs;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.overload;

import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.bench.endtoend.Drainer;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.Producer;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * A producer at full speed and a reader that looks only now and then. Settings: samples (per round), rounds, warmUp
 * (rounds that don't count: so many before all, two before each pause), pausesNs (comma-separated: how long the reader
 * stays away after each cycle), ring.
 */
public final class Overload implements Measurement
{
    private static final int ROUNDS = 5;
    private static final int WARM_UP = 2;
    private static final long SAMPLES = 4_000_000;
    private static final int RING_DEFAULT = 256 * 1024;

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        final ProducerConfig config =
            ProducerConfig.canonical(cpus.producer()).withRing(settings.count("ring", RING_DEFAULT));
        final String[] pausesNs = settings.text("pausesNs", "0,20000,200000,2000000").split(",");
        int warmUp = settings.count("warmUp", WARM_UP);
        for (int i = 0; i < pausesNs.length; i++)
        {
            final String pauseNs = pausesNs[i];
            // The first of them has the warm-up of all in its time.
            final TimeLimit limit = TimeLimit.of(settings).share(0 == i ? 2 : pausesNs.length - i);
            final int warmUpNow = warmUp;
            try (MeterDir directory = new MeterDir();
                Probe probe = new Probe(cpus);
                AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper());
                Producer producer = new Producer(directory, config))
            {
                PinnedThread.call(cpus.consumer(), () ->
                {
                    final Drainer drainer = new Drainer(agent, Integer.MAX_VALUE, Long.parseLong(pauseNs));
                    final Rig rig = new Rig(probe, agent, producer, drainer);
                    warmUp(settings, limit.share(2), warmUpNow, rig);
                    rounds(settings, limit, out, pauseNs, rig);
                    return null;
                });
            }
            warmUp = WARM_UP;
        }
    }

    private record Rig(Probe probe, AggregatorAgent agent, Producer producer, Drainer drainer)
    {
    }

    /** Until the reader is compiled, by compilers that share the two CPUs with what is measured. */
    private static void warmUp(final Settings settings, final TimeLimit limit, final int rounds, final Rig rig)
    {
        for (int round = 0; limit.isMoreWarmUp(round, rounds); round++)
        {
            rig.producer().ask(command(settings));
            rig.drainer().untilAnswered(rig.producer());
            rig.producer().answer();
        }
        rig.agent().drainToEnd();
    }

    private static String command(final Settings settings)
    {
        return "push " + settings.number("samples", SAMPLES);
    }

    private static void rounds(
        final Settings settings, final TimeLimit limit, final Results out, final String pauseNs, final Rig rig)
        throws Exception
    {
        final String command = command(settings);
        long foldedBefore = rig.agent().totals().samplesFolded();
        for (int round = 0; limit.isMore(round, settings.count("rounds", ROUNDS)); round++)
        {
            final Probe.Around<Map<String, String>> done = rig.probe().around(() ->
            {
                rig.producer().ask(command);
                rig.drainer().untilAnswered(rig.producer());
                return rig.producer().answer();
            });
            rig.agent().drainToEnd();
            final Totals totals = rig.agent().totals();
            final List<String> differences = rig.producer().expected().differences(totals);
            final double samples = Double.parseDouble(done.value().get("samples"));
            out.add("nsPerSample." + pauseNs, done.value().get("nsPerSample"));
            out.add("foldedShare." + pauseNs, (totals.samplesFolded() - foldedBefore) / samples);
            out.add("placement", done.surroundings().placement().jsonName());
            out.add("exact", differences.isEmpty());
            differences.forEach((difference) -> out.add("difference", difference));
            foldedBefore = totals.samplesFolded();
        }
        out.add("pauseNs", pauseNs);
    }
}

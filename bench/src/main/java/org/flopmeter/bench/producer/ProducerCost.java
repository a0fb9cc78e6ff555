/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * What one sample costs the metered program when no reader disturbs it: drained for free, as it is and with a time for
 * each sample that the program reads itself, and never drained at all. placement.NAME: where NAME was measured.
 * Settings: samples (per round), rounds.
 */
public final class ProducerCost implements Measurement
{
    private static final int ROUNDS = 15;
    private static final long SAMPLES = 2_000_000;
    private static final int RING_DEFAULT = 256 * 1024;
    private static final int BATCH_LARGE = 504;
    private static final String STAMPED = "stamped";

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        try (Probe probe = new Probe(cpus))
        {
            blocks(settings, new Block(out, probe, cpus));
        }
    }

    private static void blocks(final Settings settings, final Block block) throws Exception
    {
        final int rounds = settings.count("rounds", ROUNDS);
        final long samples = settings.number("samples", SAMPLES);
        final ProducerConfig config = ProducerConfig.canonical(block.cpus().producer()).withRing(RING_DEFAULT);
        final TimeLimit limit = TimeLimit.of(settings);
        final Round round = new Round(rounds, samples);
        free(config, limit.share(5), round, block, Map.of(
            "baseline", "baseline", "freeNs", "free", "freeRecordNs", "free-single", "stampedNs", STAMPED));
        free(config.withBatch(BATCH_LARGE), limit.share(4), round, block, Map.of("freeLargeNs", "free"));
        free(config.withBatch(1), limit.share(3), round, block, Map.of("freeOneNs", "free"));
        free(config.withRing(ProducerConfig.RING_BYTES), limit.share(2), round, block, Map.of(
            "freeLargeRingNs", "free"));
        full(config, limit, round, block);
    }

    private record Round(int count, long samples)
    {
    }

    /** What one producer measures, between two probes: its rounds take milliseconds, and a probe twenty. */
    private record Block(Results out, Probe probe, Cpus cpus)
    {
        /** placement.NAME for each of the names that the rounds measure. */
        void run(final Collection<String> names, final Callable<Integer> rounds) throws Exception
        {
            final String placement = probe.around(rounds).surroundings().placement().jsonName();
            names.forEach((name) -> out.add("placement." + name, placement));
        }
    }

    private static void free(
        final ProducerConfig config,
        final TimeLimit limit,
        final Round rounds,
        final Block block,
        final Map<String, String> commands) throws Exception
    {
        try (MeterDir directory = new MeterDir();
            Producer producer = new Producer(directory, config))
        {
            block.run(commands.keySet(), () -> freeRounds(producer, limit, rounds, block.out(), commands));
        }
    }

    private static int freeRounds(
        final Producer producer,
        final TimeLimit limit,
        final Round rounds,
        final Results out,
        final Map<String, String> commands)
    {
        int round = -2;
        for (; limit.isMore(round, rounds.count()); round++)
        {
            for (final Map.Entry<String, String> command : commands.entrySet())
            {
                final Map<String, String> answer = producer.tell(command.getValue() + " " + rounds.samples());
                if (round >= 0)
                {
                    out.add(command.getKey(), answer.get("nsPerSample"));
                    out.add("freeExact", answer.get("exact"));
                    if (STAMPED.equals(command.getValue()))
                    {
                        out.add("stampedExact", answer.get("exact"));
                    }
                }
            }
        }
        return round;
    }

    /** Nobody reads, so the ring fills, and then everything is folded: it is all there when somebody looks at last. */
    private static void full(
        final ProducerConfig config, final TimeLimit limit, final Round rounds, final Block block) throws Exception
    {
        final Results out = block.out();
        try (MeterDir directory = new MeterDir();
            Producer producer = new Producer(directory, config))
        {
            block.run(List.of("fullNs", "fullRecordNs"), () -> fullRounds(producer, limit, rounds, out));
            try (AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper()))
            {
                agent.drainToEnd();
                final List<String> differences = producer.expected().differences(agent.totals());
                out.add("fullExact", differences.isEmpty());
                out.add("fullFoldedShare", (double)agent.totals().samplesFolded() / producer.samples());
                differences.forEach((difference) -> out.add("difference", difference));
            }
        }
    }

    private static int fullRounds(
        final Producer producer, final TimeLimit limit, final Round rounds, final Results out)
    {
        int round = -2;
        for (; limit.isMore(round, rounds.count()); round++)
        {
            final String batched = producer.tell("push " + rounds.samples()).get("nsPerSample");
            final String single = producer.tell("push-single " + rounds.samples()).get("nsPerSample");
            if (round >= 0)
            {
                out.add("fullNs", batched);
                out.add("fullRecordNs", single);
            }
        }
        return round;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * What one sample costs the metered program when no reader disturbs it: drained for free, as it is and with a time for
 * each sample that the program reads itself, and never drained at all.
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
        final int rounds = settings.count("rounds", ROUNDS);
        final long samples = settings.number("samples", SAMPLES);
        final ProducerConfig config = ProducerConfig.canonical(Cpus.choose().producer()).withRing(RING_DEFAULT);
        final TimeLimit limit = TimeLimit.of(settings);
        final Round round = new Round(rounds, samples);
        free(config, limit.share(5), round, out, Map.of(
            "baseline", "baseline", "freeNs", "free", "freeRecordNs", "free-single", "stampedNs", STAMPED));
        free(config.withBatch(BATCH_LARGE), limit.share(4), round, out, Map.of("freeLargeNs", "free"));
        free(config.withBatch(1), limit.share(3), round, out, Map.of("freeOneNs", "free"));
        free(config.withRing(ProducerConfig.RING_BYTES), limit.share(2), round, out, Map.of("freeLargeRingNs", "free"));
        full(config, limit, round, out);
    }

    private record Round(int count, long samples)
    {
    }

    private static void free(
        final ProducerConfig config,
        final TimeLimit limit,
        final Round rounds,
        final Results out,
        final Map<String, String> commands) throws IOException
    {
        try (MeterDir directory = new MeterDir();
            Producer producer = new Producer(directory, config))
        {
            for (int round = -2; limit.isMore(round, rounds.count()); round++)
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
        }
    }

    /** Nobody reads, so the ring fills, and then everything is folded: it is all there when somebody looks at last. */
    private static void full(
        final ProducerConfig config, final TimeLimit limit, final Round rounds, final Results out) throws IOException
    {
        try (MeterDir directory = new MeterDir();
            Producer producer = new Producer(directory, config))
        {
            for (int round = -2; limit.isMore(round, rounds.count()); round++)
            {
                final String batched = producer.tell("push " + rounds.samples()).get("nsPerSample");
                final String single = producer.tell("push-single " + rounds.samples()).get("nsPerSample");
                if (round >= 0)
                {
                    out.add("fullNs", batched);
                    out.add("fullRecordNs", single);
                }
            }
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
}

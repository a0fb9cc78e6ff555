/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.Producer;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.NativeLaneMapper;

/** A metered program of each of two builds, on the same core, one waiting while the other works. */
final class PairedProducers
{
    /** Rounds that are not counted: pages are touched, the core's clock rises. */
    private static final int ROUNDS_BEFORE = 3;

    private static final String FREE = "free";

    /** @param root checkout that it was built in. */
    private record Build(Path root, MeterDir directory, Producer producer)
    {
    }

    private final Build other;
    private final Build mine;

    private PairedProducers(final Build other, final Build mine)
    {
        this.other = other;
        this.mine = mine;
    }

    /**
     * Let both do it that often.
     *
     * @param otherRoot checkout of the other build.
     * @param root      checkout of this one.
     * @param command   of flopmeter-bench-producer, see bench/native/producer.c.
     */
    static PairedFigure measure(
        final Path otherRoot, final Path root, final ProducerConfig config, final String command, final int rounds)
        throws IOException
    {
        try (MeterDir otherDirectory = new MeterDir();
            MeterDir directory = new MeterDir();
            Producer other = new Producer(otherRoot, otherDirectory, config);
            Producer mine = new Producer(root, directory, config))
        {
            final PairedProducers pair = new PairedProducers(
                new Build(otherRoot, otherDirectory, other), new Build(root, directory, mine));
            final PairedFigure figure = pair.measure(command, rounds);
            if (!command.startsWith(FREE))
            {
                check(pair.other);
                check(pair.mine);
            }
            return figure;
        }
    }

    /** A meter finds every sample. Of those that were drained for free, the producer has compared its tally itself. */
    private static void check(final Build build) throws IOException
    {
        try (AggregatorAgent agent = AggregatorAgent.open(build.directory().path(), new NativeLaneMapper()))
        {
            agent.drainToEnd();
            final List<String> differences = build.producer().expected().differences(agent.totals());
            if (!differences.isEmpty())
            {
                throw new BenchException(build.root() + ": totals are wrong: " + differences.get(0));
            }
        }
    }

    /** Each round is begun by the build that came second in the one before. */
    private PairedFigure measure(final String command, final int rounds)
    {
        final double[] otherNs = new double[rounds];
        final double[] thisNs = new double[rounds];
        for (int round = -ROUNDS_BEFORE; round < rounds; round++)
        {
            final boolean isOtherFirst = 0 == (round & 1);
            final double first = nsPerSample(isOtherFirst ? other : mine, command);
            final double second = nsPerSample(isOtherFirst ? mine : other, command);
            if (round >= 0)
            {
                otherNs[round] = isOtherFirst ? first : second;
                thisNs[round] = isOtherFirst ? second : first;
            }
        }
        return PairedFigure.of(otherNs, thisNs);
    }

    private static double nsPerSample(final Build build, final String command)
    {
        final Map<String, String> answer = build.producer().tell(command);
        if (!"true".equals(answer.get("exact")))
        {
            throw new BenchException(
                build.root() + ": the producer's tally is wrong after " + command + ": " + answer);
        }
        return Double.parseDouble(answer.get("nsPerSample"));
    }
}

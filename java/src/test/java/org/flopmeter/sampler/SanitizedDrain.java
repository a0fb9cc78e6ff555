/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.Totals;

/**
 * Meters in a JVM of their own, one for each directory and all at once: each drains what its COMMAND records, then the
 * FLOP and findings of all are printed.
 */
final class SanitizedDrain
{
    private SanitizedDrain()
    {
    }

    /** DIRECTORY,DIRECTORY... COMMAND [ARG...]. */
    public static void main(final String[] args) throws InterruptedException, ExecutionException
    {
        final List<String> command = List.of(args).subList(1, args.length);
        final List<Callable<Totals>> meters = new ArrayList<>();
        for (final String directory : args[0].split(","))
        {
            meters.add(() -> drain(Path.of(directory), command));
        }
        final ExecutorService threads = Executors.newFixedThreadPool(meters.size());
        BigInteger flopCount = BigInteger.ZERO;
        final List<Finding> findings = new ArrayList<>();
        final List<Future<Totals>> results = threads.invokeAll(meters);
        // Before any result is asked for: a meter that failed must end this program, not leave its threads waiting.
        threads.shutdown();
        for (final Future<Totals> totals : results)
        {
            findings.addAll(totals.get().findings());
            for (final KeyTotal key : totals.get().keys())
            {
                flopCount = flopCount.add(key.flopCount().toBigInteger());
            }
        }
        System.out.println("flopCount=" + flopCount + " findings=" + findings);
    }

    private static Totals drain(final Path directory, final List<String> command) throws IOException
    {
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            final ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().remove("LD_PRELOAD");
            builder.environment().put("FLOPMETER_LANE_DIR", directory.toString());
            builder.environment().put("FLOPMETER_LANE_RING", "4096");
            final Process producer = builder.start();
            while (producer.isAlive())
            {
                agent.doWork();
                Thread.onSpinWait();
            }
            agent.drainToEnd();
            return agent.totals();
        }
    }
}

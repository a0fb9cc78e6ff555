/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.producer.LineProcess;
import org.flopmeter.bench.producer.Producer;

/** What an LTTng-UST event with the fields of a sample costs its thread, natively. */
final class LttngRounds
{
    private static final String PROGRAM = "flopmeter-bench-lttng";
    private static final int EVENTS = 200_000;
    private static final int WARM_UP_ROUNDS = 2;

    private LttngRounds()
    {
    }

    /** ns per event of each round; a {@link BenchException} says why there are none. */
    static double[] nsPerEvent(final int rounds, final TimeLimit limit) throws InterruptedException
    {
        final List<String> missing = List.of("lttng", "lttng-sessiond").stream()
            .filter((name) -> !isOnPath(name)).toList();
        if (!missing.isEmpty())
        {
            throw new BenchException(String.join(" and ", missing) + " not installed (lttng-tools)");
        }
        final Path program = program();
        try (LttngSession session = new LttngSession();
            LineProcess process = new LineProcess(
                session.commandOf(program, Integer.toString(Cpus.choose().producer())), session.environment()))
        {
            process.expectLine();
            if (!"1".equals(process.answer().get("enabled")))
            {
                throw new BenchException("the session does not see the tracepoint");
            }
            final List<Double> values = new ArrayList<>();
            for (int round = -WARM_UP_ROUNDS; limit.isMore(round, rounds); round++)
            {
                final double ns = Double.parseDouble(process.tell("push " + EVENTS).get("nsPerSample"));
                if (round >= 0)
                {
                    values.add(ns);
                }
            }
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }

    private static Path program()
    {
        try
        {
            return Producer.program(PROGRAM);
        }
        catch (final BenchException ex)
        {
            throw new BenchException("built without its development files (liblttng-ust-dev)", ex);
        }
    }

    private static boolean isOnPath(final String name)
    {
        for (final String directory : System.getenv().getOrDefault("PATH", "").split(":"))
        {
            if (Files.isExecutable(Path.of(directory, name)))
            {
                return true;
            }
        }
        return false;
    }
}

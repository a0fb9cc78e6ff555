/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

import java.io.PrintStream;
import java.util.Map;
import java.util.function.Consumer;
import org.flopmeter.bench.BenchCommand;
import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.card.ScoreCard;

/**
 * {@code flopmeter bench gate}: a quick card, and once more when something seems slower. What is too slow both times
 * has regressed: a neighbour who came by once is forgiven, a slower program is not.
 */
public final class GateCommand
{
    private static final int DONE = 0;
    private static final int ANSWER_IS_NO = 1;
    private static final int USAGE = 2;
    private static final int ENVIRONMENT = 3;

    private GateCommand()
    {
    }

    /** Where a card comes from. */
    @FunctionalInterface
    interface Source
    {
        ScoreCard card(Consumer<String> progress) throws InterruptedException;
    }

    /** Measure and compare. Return the exit code. */
    public static int run(final PrintStream err, final String... args)
        throws InterruptedException
    {
        if (args.length > 0)
        {
            err.println("flopmeter: bench gate takes no argument, got: " + args[0]);
            return USAGE;
        }
        return run((progress) -> BenchCommand.measure(true, progress), new Gate(GateTable.load()), err);
    }

    static int run(final Source source, final Gate gate, final PrintStream err) throws InterruptedException
    {
        final Consumer<String> progress = (line) -> err.println("flopmeter: " + line);
        try
        {
            final ScoreCard first = source.card(progress);
            gate.lines(first).forEach(err::println);
            final Map<String, String> failures = gate.failures(first);
            if (!failures.isEmpty())
            {
                err.println("flopmeter: once more, since these were too slow: " + String.join(", ", failures.keySet()));
                final ScoreCard second = source.card(progress);
                gate.lines(second).forEach(err::println);
                final Map<String, String> again = gate.failures(second);
                // Wrong totals are no matter of noise: once is enough, in either card.
                failures.keySet().removeIf((name) -> !name.endsWith(Gate.EXACT) && !again.containsKey(name));
                again.keySet().removeIf((name) -> !name.endsWith(Gate.EXACT));
                again.forEach(failures::putIfAbsent);
            }
            failures.values().forEach((line) -> err.println("flopmeter: regressed: " + line));
            return failures.isEmpty() ? DONE : ANSWER_IS_NO;
        }
        catch (final BenchException ex)
        {
            err.println("flopmeter: bench gate: " + ex.getMessage());
            return ENVIRONMENT;
        }
    }
}

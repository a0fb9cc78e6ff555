/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.compare;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.producer.ProducerConfig;

/**
 * {@code flopmeter bench compare}: what a sample costs a program with this build and with another checkout's, in turn
 * on one core. Absolute figures drift by a third within a minute on shared machines; these ratios hold.
 */
public final class CompareCommand
{
    private static final int DONE = 0;
    private static final int USAGE = 2;
    private static final int ENVIRONMENT = 3;

    private static final int ROUNDS_DEFAULT = 31;
    private static final int ROUNDS_MAX = 10_000;
    private static final int RING_BYTES = 256 * 1024;
    private static final int[] SLOTS = { 1024, 16 };
    private static final String[][] STATES = {
        { "batch, drained", "free 300000" },
        { "batch, ring full", "push 300000" },
        { "record, drained", "free-single 300000" },
        { "record, ring full", "push-single 300000" } };

    private CompareCommand()
    {
    }

    /** Measure and print. Return the exit code. */
    public static int run(final PrintStream out, final PrintStream err, final String... args)
    {
        final int rounds = args.length < 2 ? ROUNDS_DEFAULT : roundsOf(args[1]);
        if (args.length < 1 || args.length > 2 || rounds < 1)
        {
            err.println("flopmeter: bench compare: expected a checkout that is built, and 1 to " + ROUNDS_MAX +
                " rounds or no number, got: " + String.join(" ", args));
            return USAGE;
        }
        final Path other = Path.of(args[0]).toAbsolutePath().normalize();
        if (!Files.isDirectory(other))
        {
            err.println(
                "flopmeter: bench compare: " + args[0] + ": expected a checkout that is built, found no directory");
            return USAGE;
        }
        try
        {
            print(out, other, Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize(), rounds);
            return DONE;
        }
        catch (final BenchException | IOException ex)
        {
            err.println("flopmeter: bench compare: " + ex.getMessage());
            return ENVIRONMENT;
        }
    }

    private static int roundsOf(final String text)
    {
        try
        {
            final int rounds = Integer.parseInt(text);
            return rounds <= ROUNDS_MAX ? rounds : 0;
        }
        catch (final NumberFormatException ex)
        {
            return 0;
        }
    }

    private static void print(final PrintStream out, final Path other, final Path root, final int rounds)
        throws IOException
    {
        final int cpu = Cpus.choose().producer();
        out.printf(Locale.ROOT, "ns per sample, median (least) of %d rounds in turn on CPU %d%n", rounds, cpu);
        out.printf(Locale.ROOT, "  other: %s%n  this:  %s%n", other, root);
        out.printf(Locale.ROOT, "  %-18s %5s %15s %15s %6s%n", "STATE", "SLOTS", "OTHER", "THIS", "RATIO");
        for (final int slots : SLOTS)
        {
            final ProducerConfig config = ProducerConfig.canonical(cpu).withRing(RING_BYTES).withSlots(slots);
            for (final String[] state : STATES)
            {
                // With programs of its own: a ring that was full once is never empty again without a meter.
                final PairedFigure figure = PairedProducers.measure(other, root, config, state[1], rounds);
                out.printf(Locale.ROOT, "  %-18s %5d %6.2f (%6.2f) %6.2f (%6.2f) %6.2f%n", state[0], slots,
                    figure.otherMedian(), figure.otherLeast(), figure.thisMedian(), figure.thisLeast(),
                    figure.ratio());
            }
        }
    }
}

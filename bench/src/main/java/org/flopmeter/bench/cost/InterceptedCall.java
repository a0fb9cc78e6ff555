/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Probe;

/** What interception adds to one call of a BLAS routine: a tiny gemm plain and under {@code flopmeter run}, in turn. */
public final class InterceptedCall
{
    private static final int SIZE = 8;

    private InterceptedCall()
    {
    }

    /**
     * One round each.
     *
     * @param metered ns per call under the meter, median of 50 stretches.
     * @param plain   the same without it.
     * @param flop    what the result says of the run, its lower bound; null when it says nothing.
     * @param sent    FLOP of all calls, by their shape.
     */
    public record Round(double metered, double plain, BigInteger flop, BigInteger sent)
    {
        /** Did the meter count each call? */
        public boolean isExact()
        {
            return sent.equals(flop);
        }

        /** In words. */
        public String difference()
        {
            return (null == flop ? "no total" : flop + " FLOP") + ", expected " + sent;
        }

        /** What the meter added, in ns. */
        public double extraNs()
        {
            return metered - plain;
        }
    }

    /** Does one round and says where it was: {@link org.flopmeter.bench.probe.Probe#around}. */
    @FunctionalInterface
    public interface Place
    {
        /** The round between two probes. */
        Probe.Around<Round> around(Callable<Round> round) throws Exception;
    }

    /** Measure it so many times, with so many calls each, while there is time. */
    public static List<Probe.Around<Round>> rounds(
        final Place place, final int count, final long calls, final TimeLimit limit) throws InterruptedException
    {
        final Path root = Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize();
        return rounds(root, place, count, calls, limit);
    }

    static List<Probe.Around<Round>> rounds(
        final Path root, final Place place, final int count, final long calls, final TimeLimit limit)
        throws InterruptedException
    {
        final List<String> command = TinyGemm.command(root, calls, SIZE);
        final Meter meter = new Meter(root);
        final List<Probe.Around<Round>> rounds = new ArrayList<>();
        try
        {
            for (int i = 0; limit.isMore(i, count); i++)
            {
                rounds.add(place.around(() -> round(meter, command, calls)));
            }
        }
        catch (final InterruptedException | BenchException ex)
        {
            throw ex;
        }
        catch (final Exception ex)
        {
            throw new BenchException("an intercepted call can't be measured: " + ex.getMessage(), ex);
        }
        return rounds;
    }

    private static Round round(final Meter meter, final List<String> command, final long calls)
        throws IOException, InterruptedException
    {
        final double plain = firstNumber(meter.plain(command));
        final Meter.Outcome metered = meter.metered(command);
        return new Round(firstNumber(metered), plain, metered.flop(), TinyGemm.flop(calls, SIZE));
    }

    private static double firstNumber(final Meter.Outcome outcome)
    {
        return Double.parseDouble(outcome.output().split(" ")[0]);
    }
}

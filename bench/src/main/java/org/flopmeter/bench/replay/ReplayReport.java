/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Locale;

import org.flopmeter.aggregate.Totals;

/** The replay in words. It says at which part of real time it was replayed, and claims nothing else. */
final class ReplayReport
{
    private static final int DIFFERENCES_MAX = 8;
    private static final BigDecimal U64 = new BigDecimal(BigInteger.ONE.shiftLeft(64));

    private final PrintStream out;

    ReplayReport(final PrintStream out)
    {
        this.out = out;
    }

    void printFleet(final ReplaySpec spec, final int hostsAtOnce)
    {
        print("replay      fleet of %s FLOP/s (%s, bf16 peak): %,d hosts x 8 devices, %d at a time",
            shortOf(spec.flopPerSec()), spec.accelerator().name(), spec.hosts(), hostsAtOnce);
        print("            the whole fleet for %s s of logical time, seed %s",
            BigDecimal.valueOf(spec.sliceNs(), 9).stripTrailingZeros().toPlainString(),
            Long.toUnsignedString(spec.seed()));
    }

    void printResult(final ReplayResult result)
    {
        final Totals totals = result.outcome().totals();
        final ExactTotal sum = result.sum();
        print("total       %,d samples, %,d FLOP = %s x 2^64, utilisation %.1f %%",
            sum.samples(), sum.flopCount(),
            new BigDecimal(sum.flopCount()).divide(U64, new MathContext(3)).toPlainString(),
            100 * result.utilisation());
        print("            one sample per %.1f us on each device, idle ones included",
            result.spec().devices() * 1e-3 * result.spec().sliceNs() / Math.max(1, sum.samples()));
        print("            replayed at %s x of real time: %.2f s of wall time, %,.1f M samples/s, %.2f %% folded",
            factorOf(result.realTimeFactor()), result.outcome().wallNs() / 1e9, result.samplesPerSec() / 1e6,
            100 * result.foldedShare());
        print("aggregator  %,d samples through rings in %.2f s of CPU time of one thread (%.0f %% busy): " +
            "%,.1f M/s, %s x of real time", totals.samplesConsumed(), result.outcome().aggregatorCpuNs() / 1e9,
            100.0 * result.outcome().aggregatorCpuNs() / result.outcome().wallNs(), result.consumedPerCpuSec() / 1e6,
            factorOf(result.aggregatorRealTimeFactor()));
        print("producers   %.2f ns/sample of CPU time, generation of the trace included; rings of %,d KiB",
            (double)result.outcome().producers().cpuNs() / Math.max(1, sum.samples()),
            result.outcome().ringBytes() >> 10);
        result.problems().forEach((problem) -> print("PROBLEM     %s", problem));
        if (result.differences().isEmpty())
        {
            print("exact       %d totals equal those of the oracle (BigInteger, from the seed) in FLOP and samples",
                result.metered().size());
            return;
        }
        print("NOT EXACT   %d of %d totals differ:", result.differences().size(), result.expected().size());
        result.differences().stream().limit(DIFFERENCES_MAX).forEach((difference) -> print("  %s", difference));
    }

    /** Powers of ten as such, other rates in full. */
    static String shortOf(final BigInteger value)
    {
        final String digits = value.toString();
        return digits.matches("10*") ? "10^" + (digits.length() - 1) : digits;
    }

    private static String factorOf(final double factor)
    {
        return new BigDecimal(factor).round(new MathContext(3)).toPlainString();
    }

    private void print(final String format, final Object... arguments)
    {
        out.println(String.format(Locale.ROOT, format, arguments));
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.flopmeter.unit.Precision;
import org.junit.jupiter.api.Test;

/** The comparison finds every kind of wrong total; a meter that adds in double is one. */
final class ComparisonTest
{
    private static final KeyName KEY = new KeyName("r", "n", Precision.BF16);
    private static final KeyName OTHER = new KeyName("r", "n", Precision.FP32);
    private static final BigInteger LARGE = BigInteger.TWO.pow(70);

    @Test
    void shouldFindOneFlopInTwoToThe70()
    {
        final var expected = totals(KEY, LARGE, 3);
        assertEquals(List.of(), Comparison.differences(totals(KEY, LARGE, 3), expected));
        assertEquals(1, Comparison.differences(totals(KEY, LARGE.add(BigInteger.ONE), 3), expected).size());
        assertEquals(1, Comparison.differences(totals(KEY, LARGE.subtract(BigInteger.ONE), 3), expected).size());
        assertEquals(1, Comparison.differences(totals(KEY, LARGE, 4), expected).size());
    }

    @Test
    void shouldFindMissingAndForeignKeys()
    {
        final var differences = Comparison.differences(totals(OTHER, LARGE, 3), totals(KEY, LARGE, 3));
        assertEquals(
            List.of("r n fp32: metered 1180591620717411303424 FLOP in 3 samples, expected 0 FLOP in 0 samples",
                "r n bf16: metered 0 FLOP in 0 samples, expected 1180591620717411303424 FLOP in 3 samples"),
            differences.stream().map(Comparison.Difference::toString).toList());
    }

    /** Canary: beyond 2^53 low bits are lost, and those of a trace are arbitrary. */
    @Test
    void shouldFindTotalsThatWereAddedInDouble() throws InterruptedException
    {
        final Trace trace = new Trace(ReplayFiles.spec("small").withSliceNs(20_000_000_000L));
        final SortedMap<KeyName, ExactTotal> expected = new Oracle(trace).totals(2);
        final double[] flop = new double[trace.spec().jobs().size() * JobSpec.KEYS];
        final long[] samples = new long[flop.length];
        for (long host = 0; host < trace.spec().hosts(); host++)
        {
            for (int device = 0; device < ReplaySpec.DEVICES_PER_HOST; device++)
            {
                trace.run(host, device, (op, key, flopOfShape, flopExtra, timeNs) ->
                {
                    flop[key] += flopOfShape + flopExtra;
                    samples[key]++;
                });
            }
        }
        final SortedMap<KeyName, ExactTotal> metered = new TreeMap<>();
        for (int i = 0; i < flop.length; i++)
        {
            final JobSpec job = trace.spec().jobs().get(i / JobSpec.KEYS);
            final int key = i % JobSpec.KEYS;
            if (0 != samples[i])
            {
                metered.merge(new KeyName(job.run(), job.nodeOf(key), job.precisionOf(key)),
                    new ExactTotal(new BigDecimal(flop[i]).toBigInteger(), samples[i]), ExactTotal::add);
            }
        }

        final var differences = Comparison.differences(metered, expected);

        assertFalse(differences.isEmpty());
        assertTrue(differences.stream().allMatch((each) -> each.metered().samples() == each.expected().samples()));
    }

    private static SortedMap<KeyName, ExactTotal> totals(final KeyName key, final BigInteger flop, final long samples)
    {
        final SortedMap<KeyName, ExactTotal> totals = new TreeMap<>();
        totals.put(key, new ExactTotal(flop, samples));
        return totals;
    }
}

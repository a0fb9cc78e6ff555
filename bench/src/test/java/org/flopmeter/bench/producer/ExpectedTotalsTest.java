/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpectedTotalsTest
{
    private static final BigInteger LARGE = BigInteger.TWO.pow(100);

    private static KeyTotal key(final String node, final Precision precision, final BigInteger flop, final long samples)
    {
        return new KeyTotal("bench", node, precision, Basis.EXACT_BY_SHAPE, Source.API, Part.COUNT,
            FlopCount.of(flop), samples, false);
    }

    private static ExpectedTotals expected(final Path directory) throws IOException
    {
        final Path file = directory.resolve("totals");
        Files.writeString(file, "n0 fp64 " + LARGE + " 7\nn0 fp32 5 1\n");
        return ExpectedTotals.read(file);
    }

    @Test
    void shouldAgreeWithTheSameTotals(@TempDir final Path directory) throws IOException
    {
        final List<KeyTotal> keys = List.of(
            key("n0", Precision.FP32, BigInteger.valueOf(5), 1), key("n0", Precision.FP64, LARGE, 7));
        assertEquals(List.of(), expected(directory).differences(keys));
    }

    @Test
    void shouldSeeOneFlopTooMany(@TempDir final Path directory) throws IOException
    {
        final List<String> differences = expected(directory).differences(List.of(
            key("n0", Precision.FP32, BigInteger.valueOf(5), 1),
            key("n0", Precision.FP64, LARGE.add(BigInteger.ONE), 7)));
        assertEquals(1, differences.size());
        assertTrue(differences.get(0).startsWith("n0 fp64: " + LARGE.add(BigInteger.ONE)), differences.get(0));
    }

    @Test
    void shouldSeeASampleThatIsMissingThoughTheFlopAreRight(@TempDir final Path directory) throws IOException
    {
        assertEquals(1, expected(directory).differences(List.of(
            key("n0", Precision.FP32, BigInteger.valueOf(5), 1), key("n0", Precision.FP64, LARGE, 6))).size());
    }

    @Test
    void shouldSeeAKeyThatIsMissingAndOneThatIsOver(@TempDir final Path directory) throws IOException
    {
        assertEquals(2, expected(directory).differences(List.of(
            key("n0", Precision.FP64, LARGE, 7), key("n1", Precision.FP32, BigInteger.valueOf(5), 1))).size());
    }
}

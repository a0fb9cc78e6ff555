/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompareCommandTest
{
    private static final Path ROOT = Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(final String... args)
    {
        return CompareCommand.run(
            new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
            args);
    }

    @Test
    void shouldCompareABuildWithItself()
    {
        assertEquals(0, run(ROOT.toString(), "2"), err::toString);

        final String text = out.toString(StandardCharsets.UTF_8);
        assertEquals(4 + 8, text.lines().count(), text);
        assertEquals(
            4, text.lines().filter(line -> line.matches("  (batch|record), drained .* [0-9.]+")).count(), text);
        assertEquals(0, err.size(), err::toString);
    }

    @Test
    void shouldTakeTheRatioWithinEachRound()
    {
        final PairedFigure figure =
            PairedFigure.of(new double[] { 1, 10, 2 }, new double[] { 2, 5, 3 });

        assertEquals(new PairedFigure(2, 1, 3, 2, 1.5), figure);
    }

    /** The canary: a producer that expects a FLOP too many. */
    @Test
    void shouldNotMeasureAProducerThatIsWrong()
    {
        final BenchException ex = assertThrows(BenchException.class,
            () -> PairedProducers.measure(ROOT, ROOT, ProducerConfig.canonical(0).planted(), "push 10000", 1));
        assertTrue(ex.getMessage().startsWith(ROOT + ": totals are wrong: "), ex.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "/no/such/place", ". 0", ". x", ". 10001", ". 3 4" })
    void shouldSayWhatItExpects(final String words)
    {
        assertEquals(2, run(words.isEmpty() ? new String[0] : words.split(" ")));
        assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count(), err::toString);
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("expected a checkout that is built"), err::toString);
    }

    @Test
    void shouldSayWhereItLooksForABuild(@TempDir final Path empty)
    {
        assertEquals(3, run(empty.toString(), "1"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains(empty.toString()), err::toString);
    }
}

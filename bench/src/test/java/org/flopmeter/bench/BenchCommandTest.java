/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.report.BenchJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest
{
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private boolean wasMeasured;

    @Test
    void shouldPrintWordsToStderrOnly()
    {
        assertEquals(0, run(Cards.full()));

        assertEquals("", text(out));
        assertTrue(text(err).contains("one core keeps pace with"), text(err));
        assertTrue(text(err).contains("disruptorSingle"), text(err));
    }

    @Test
    void shouldPrintTheDocumentToStdoutOnly()
    {
        assertEquals(0, run(Cards.full(), "--json"));

        assertEquals(BenchJson.SCHEMA, JsonMapper.shared().readTree(text(out)).get("schema").asString());
    }

    @Test
    void shouldWriteDocumentAndPage() throws IOException
    {
        final Path made = directory.resolve("some/where");

        assertEquals(0, run(Cards.full(), "--out", made.toString()));

        assertEquals("", text(out));
        assertTrue(Files.readString(made.resolve("bench.json")).contains(BenchJson.SCHEMA));
        assertTrue(Files.readString(made.resolve("bench.html")).startsWith("<!DOCTYPE html>"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "--frobnicate", "stray", "--out", "--quick=maybe" })
    void shouldRefuseBadUsageInOneLine(final String argument)
    {
        assertEquals(2, run(Cards.full(), argument));

        assertEquals("", text(out));
        assertEquals(1, text(err).lines().count(), text(err));
        assertTrue(text(err).contains(argument.replaceAll("=.*", "").replaceAll("^-+", "")), text(err));
        assertFalse(wasMeasured);
    }

    @Test
    void shouldRefuseADirectoryThatIsAFileBeforeMeasuring() throws IOException
    {
        final Path file = Files.createFile(directory.resolve("file"));

        assertEquals(2, run(Cards.full(), "--json", "--out", file.toString()));

        assertFalse(wasMeasured);
        assertTrue(text(err).contains(file.toString()), text(err));
        assertEquals("USAGE", JsonMapper.shared().readTree(text(out)).get("error").asString());
    }

    @Test
    void shouldSayWhatTheEnvironmentLacks()
    {
        final int code = BenchCommand.run((quick, progress) ->
        {
            throw new BenchException("two CPUs are needed");
        }, stream(out), stream(err), "--json");

        assertEquals(3, code);
        assertEquals("flopmeter: bench: two CPUs are needed\n", text(err));
        assertEquals("ENVIRONMENT", JsonMapper.shared().readTree(text(out)).get("error").asString());
    }

    @Test
    void shouldAnswerNoWhenTotalsWereWrong()
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", false);
        card.add(Figure.of("endToEndBatched", "samples/s", Placement.FAR, new double[]{ 1e8 }, false));

        assertEquals(1, run(card));

        assertTrue(text(err).contains("WRONG TOTALS"), text(err));
    }

    /** In a curve, or with the kernel that is not the default: there is no figure that would say so. */
    @Test
    void shouldAnswerNoWhenTotalsOutsideOfAnyFigureWereWrong()
    {
        final Results results = new Results();
        results.add("exact", false);
        final ScoreCard card = Cards.full();

        RoundFigures.warnInexact(card, "throughputByLanes", results);

        assertEquals(1, run(card, "--json"));
        assertTrue(text(err).contains("warning: throughputByLanes: TOTALS WRONG"), text(err));
        final JsonNode document = JsonMapper.shared().readTree(text(out));
        assertFalse(document.get("exact").asBoolean());
        assertEquals("[\"throughputByLanes: TOTALS WRONG\"]", document.get("wrongTotals").toString());
    }

    @Test
    void shouldTellWhichTotalWasWrong()
    {
        final Results results = new Results();
        results.add("exact", true);
        final ScoreCard card = Cards.full();
        RoundFigures.warnInexact(card, "a", results);
        assertTrue(card.isExact());

        results.add("difference", "n0 fp64: 4 FLOP in 1 samples, expected 5 in 1");
        RoundFigures.warnInexact(card, "b", results);

        assertEquals(List.of("b: TOTALS WRONG: n0 fp64: 4 FLOP in 1 samples, expected 5 in 1"), card.wrongTotals());
        assertFalse(card.isExact());
    }

    @Test
    void shouldHelp()
    {
        assertEquals(0, run(Cards.full(), "--help"));

        assertTrue(text(out).contains("--quick") && text(out).contains("cost"), text(out));
        assertFalse(wasMeasured);
    }

    private int run(final ScoreCard card, final String... args)
    {
        return BenchCommand.run((quick, progress) ->
        {
            wasMeasured = true;
            progress.accept("measuring");
            return card;
        }, stream(out), stream(err), args);
    }

    private static PrintStream stream(final ByteArrayOutputStream bytes)
    {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(final ByteArrayOutputStream bytes)
    {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}

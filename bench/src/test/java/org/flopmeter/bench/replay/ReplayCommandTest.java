/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class ReplayCommandTest
{
    private static final Path NOWHERE = Path.of("/no/such/program");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--flop-per-sec 1e30 | --flop-per-sec 1e30: expected 1 to 1e24, such as 1e18 or 250000000000000000",
        "--flop-per-sec fast | --flop-per-sec fast: expected 1 to 1e24",
        "--seconds 0 | --seconds 0: expected 0.000000001 to 1000000",
        "--seconds -1 | --seconds -1: expected 0.000000001 to 1000000",
        "--seconds 1e3 | --seconds 1e3: expected",
        "--seed x | --seed x: expected an integer from 0 to 2^64 - 1",
        "--accelerator tpu | --accelerator tpu: expected h100 or b200",
        "--hosts-at-once 0 | --hosts-at-once 0: expected 1 to 64",
        "--hosts-at-once 65 | --hosts-at-once 65: expected 1 to 64",
        "--trace /no/such/file | /no/such/file: no such file",
        "--nonsense | '--nonsense'",
        "word | 'word'",
        "--seconds | --seconds" })
    void shouldRefuseWrongUsageInOneLine(final String args, final String message)
    {
        assertEquals(2, run(NOWHERE, 2, args.split(" ")));
        assertEquals("", out.toString());
        assertEquals(1, text().lines().count(), text());
        assertTrue(text().startsWith("flopmeter: bench replay: "), text());
        assertTrue(text().contains(message), text());
    }

    @Test
    void shouldExplainItself()
    {
        assertEquals(0, run(NOWHERE, 1, "--help"));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("--hosts-at-once"));
        assertEquals("", text());
    }

    @Test
    void shouldSayWhatIsMissing()
    {
        assertEquals(3, run(NOWHERE, 2));
        assertEquals(
            "flopmeter: bench replay: /no/such/program is not built; run: ./flopmeter setup", text().strip());
    }

    @Test
    void shouldNeedTwoCpus()
    {
        assertEquals(3, run(ReplayFiles.PRODUCER, 1));
        assertTrue(text().contains("one CPU only"), text());
    }

    @Test
    void shouldWriteErrorsAsDocumentsToo()
    {
        assertEquals(2, run(NOWHERE, 2, "--json", "--seconds", "never"));
        final JsonNode document = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
        assertEquals("flopmeter/replay/v1", document.path("schema").asString());
        assertEquals("USAGE", document.path("error").asString());
        assertTrue(text().contains(document.path("message").asString()), text());
    }

    @ParameterizedTest
    @CsvSource({ "1e18, 100", "1e19, 10", "1e20, 1", "1e21, 1", "1e22, 0.1", "1e15, 100000", "1, 1000000" })
    void shouldChooseASliceForARunOfSeconds(final String flopPerSec, final String seconds) throws IOException
    {
        assertEquals(spec("--flop-per-sec", flopPerSec, "--seconds", seconds), spec("--flop-per-sec", flopPerSec));
    }

    @Test
    void shouldReplaceLinesOfTheTraceByOptions() throws IOException
    {
        final String file = ReplayFiles.file("mixed.spec").toString();
        final ReplaySpec spec = spec("--trace", file);
        assertEquals(ReplayFiles.spec("mixed"), spec);
        assertEquals(spec.withSeed(3), spec("--trace", file, "--seed", "3"));
        assertEquals(spec.withSliceNs(1_500_000_000L), spec("--trace", file, "--seconds", "1.5"));
        assertEquals(
            spec.withFleet(spec.flopPerSec(), Accelerator.of("h100")), spec("--trace", file, "--accelerator", "h100"));
    }

    private ReplaySpec spec(final String... args) throws IOException
    {
        final ReplayCommand command = command(NOWHERE, 2);
        new picocli.CommandLine(command).parseArgs(args);
        return command.spec();
    }

    private int run(final Path program, final int cpus, final String... args)
    {
        return ReplayCommand.run(command(program, cpus), args);
    }

    private ReplayCommand command(final Path program, final int cpus)
    {
        return new ReplayCommand(new PrintStream(out, true), new PrintStream(err, true), program, cpus);
    }

    private String text()
    {
        return err.toString(StandardCharsets.UTF_8);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Distance;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.probe.Surroundings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a launcher and a program made up: what is done with what they say. */
class InterceptedCallTest
{
    private static final long CALLS = 100;
    /** 101 calls of 2 x 8^3. */
    private static final String SENT = "103424";

    @TempDir
    private Path root;

    @Test
    void shouldBeExactWhenEachCallIsInTheResult() throws Exception
    {
        final InterceptedCall.Round round = round("{\"flop\":{\"lower\":\"" + SENT + "\"}}");

        assertTrue(round.isExact(), round.difference());
        assertEquals(25.5, round.extraNs(), 1e-9);
    }

    /** One FLOP too few, one call too many, nothing at all. */
    @ParameterizedTest
    @CsvSource({ "103423,103423 FLOP", "104448,104448 FLOP", ",no total" })
    void shouldNotBeExactOtherwise(final String lower, final String words) throws Exception
    {
        final InterceptedCall.Round round =
            round(null == lower ? "{}" : "{\"flop\":{\"lower\":\"" + lower + "\"}}");

        assertFalse(round.isExact());
        assertEquals(words + ", expected " + SENT, round.difference());
    }

    @Test
    void shouldKnowWhatTheProgramComputes()
    {
        assertEquals(new BigInteger(SENT), TinyGemm.flop(CALLS, 8));
        assertEquals(BigInteger.valueOf(51 * 1024), TinyGemm.flop(1, 8), "each stretch has a call");
        assertEquals(BigInteger.valueOf(101 * 1024), TinyGemm.flop(149, 8), "and all have as many");
    }

    private InterceptedCall.Round round(final String result) throws IOException, InterruptedException
    {
        script("target/native/bench/native/flopmeter_tiny_gemm", "echo 100.5 101");
        // run --quiet --out FILE -- COMMAND
        script("flopmeter", "echo '" + result + "' >\"$4\"; echo 126 130");
        final Surroundings here = new Surroundings(new Distance(60, 1), new Distance(200, 1));
        final Probe.Around<InterceptedCall.Round> round = InterceptedCall.rounds(
            root, (work) -> new Probe.Around<>(work.call(), here), 1, CALLS, TimeLimit.of(Settings.of(List.of())))
            .get(0);
        assertEquals(Placement.FAR, round.surroundings().placement());
        return round.value();
    }

    private void script(final String name, final String line) throws IOException
    {
        final Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }
}

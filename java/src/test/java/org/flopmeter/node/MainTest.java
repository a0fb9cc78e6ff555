/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest
{
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @Test
    void shouldRefuseWrongUsageInOneLine()
    {
        assertRefused(2, "a command is missing");
        assertRefused(2, "'nonsense'", "nonsense");
        assertRefused(2, "--meter-dir", "aggregate");
        assertRefused(2, "no such directory", "aggregate", "--meter-dir", "/no/such");
        assertRefused(2, "not-a-number", "aggregate", "--meter-dir", "/tmp", "--live-fd", "not-a-number");
        assertRefused(2, "'--bad'", "doctor", "--bad");
        assertRefused(2, "'second'", "result", "first", "second");
        assertRefused(2, "not a meter directory", "result", folder.toString());
        final String place = folder.toString();
        assertRefused(2, "with --gpus only", "sidecar", "--place", place, "--job-mapping-dir", place);
        assertRefused(2, "expected a directory; found /no/such",
            "sidecar", "--place", place, "--gpus", "--job-mapping-dir", "/no/such");
    }

    @Test
    void shouldRefuseAFileThatNeverEnds()
    {
        final String endless = "/dev/zero: cannot be read: expected at most";
        assertRefused(2, endless, "policy", "explain", "/dev/zero");
        assertRefused(2, endless, "assess", "--plan", "params=7e9,tokens=3e12", "--facts", "/dev/zero");
        assertRefused(2, endless, "ledger", "proof", "--check", "/dev/zero", "--dir", folder.toString());
    }

    @Test
    void shouldKnowItsVersionAndHelp()
    {
        assertEquals(0, run("--version"));
        assertEquals(0, run("--help"));
        assertEquals(0, run("top", "--help"));
        assertTrue(text(out).contains("flopmeter"));
        assertEquals("", text(err));
    }

    @Test
    void shouldCompareTheDemoWithItsExpectation() throws IOException
    {
        final Path result = folder.resolve("result.json");
        final Path expected = folder.resolve("expected.txt");
        Files.writeString(result,
            "{\"byNode\": {\"training\": {\"lower\": \"1234567\"}, \"evaluation\": {\"lower\": \"5\"}}}");
        Files.writeString(expected, "training 1234567\nevaluation 5\n");
        assertEquals(0, run("demo-check", result.toString(), expected.toString()));
        assertTrue(text(err).contains("1 234 567  1 234 567  equal"), text(err));

        Files.writeString(expected, "training 1234567\nevaluation 6\n");
        assertEquals(1, run("demo-check", result.toString(), expected.toString()));
        assertTrue(text(err).contains("DIFFERENT"), text(err));

        Files.writeString(expected, "training 1234567\n");
        assertEquals(1, run("demo-check", result.toString(), expected.toString()), "a node that nobody expected");
    }

    @Test
    void shouldNameFileAndPlaceOfWrongInput() throws IOException
    {
        final Path result = folder.resolve("result.json");
        final Path expected = folder.resolve("expected.txt");
        assertRefused(2, "result.json: no such file", "demo-check", result.toString(), expected.toString());
        Files.writeString(result, "{");
        assertRefused(2, "result.json: not JSON", "demo-check", result.toString(), expected.toString());
        Files.writeString(result, "{\"byNode\": {}}");
        Files.writeString(expected, "training 1\nevaluation -1\n");
        assertRefused(2, "expected.txt: line 2:", "demo-check", result.toString(), expected.toString());
    }

    private void assertRefused(final int exitCode, final String word, final String... args)
    {
        assertEquals(exitCode, run(args), String.join(" ", args));
        assertEquals("", text(out));
        assertEquals(1, text(err).lines().count(), text(err));
        assertTrue(text(err).contains(word), text(err));
    }

    private int run(final String... args)
    {
        out.reset();
        err.reset();
        return Main.run(stream(out), stream(err), args);
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

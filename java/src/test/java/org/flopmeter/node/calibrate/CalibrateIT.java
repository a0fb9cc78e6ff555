/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.MeteredRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./flopmeter calibrate} as a vendor types it, on whatever this machine is. */
class CalibrateIT
{
    private static final long TIMEOUT_S = 300;

    @TempDir
    private Path folder;

    @Test
    void shouldCertifyThisMachine() throws IOException, InterruptedException
    {
        final Path signed = folder.resolve("signed.json");
        final Path key = folder.resolve("lab.key");
        launch("policy", "keygen", "--name", "lab.example/1", key.toString());
        final String envelope = launch("calibrate", "--quick", "--json", "--out", signed.toString(), "--sign",
            key.toString());
        final String words = Files.readString(folder.resolve("stderr.txt"));
        assertEquals(envelope, Files.readString(signed));
        final String document = launch("calibrate", "--verify", signed.toString(), "--key", key + ".pub", "--json");
        assertTrue(Files.readString(folder.resolve("stderr.txt")).contains("signed by lab.example/1+"));
        CalibrateCertificateTest.assertValid(document);
        final JsonNode certificate = JsonMapper.shared().readTree(document);
        assertEquals(certificate.at("/digest/value").stringValue(), CalibrateCertificate.digest(certificate));
        assertTrue(certificate.path("isTruthInside").booleanValue(), words);
        assertTrue(6 <= certificate.path("kernels").size(), words);
        assertTrue(words.contains("flopmeter calibrate: "), words);
        assertInterception(certificate, words);
        try (var files = Files.list(folder))
        {
            assertEquals(4, files.count(), "nothing else was left in the current directory");
        }
    }

    private String launch(final String... arguments) throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of(MeteredRun.LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(folder.resolve("stderr.txt").toFile())
            .start();
        final byte[] stdout = process.getInputStream().readAllBytes();
        assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(folder.resolve("stderr.txt")));
        return new String(stdout, StandardCharsets.UTF_8);
    }

    /* Where there is a shared BLAS its count is exact; where there is none, that is said with a remedy. */
    private static void assertInterception(final JsonNode certificate, final String words)
    {
        for (final JsonNode source : certificate.path("sources"))
        {
            if ("AVAILABLE".equals(source.path("state").stringValue()))
            {
                continue;
            }
            assertFalse(source.path("remedy").stringValue().isEmpty(), words);
            assertTrue(words.contains("not calibrated: " + source.path("source").stringValue()), words);
        }
        int figures = 0;
        for (final JsonNode figure : certificate.path("figures"))
        {
            if ("blas".equals(figure.path("source").stringValue()))
            {
                assertEquals(0, figure.at("/pointErrorPpm/low").intValue());
                assertEquals(0, figure.at("/pointErrorPpm/high").intValue());
                assertEquals("0.2", figure.path("class").stringValue());
                figures++;
            }
        }
        assertEquals(words.contains("not calibrated: blas: ABSENT") ? 0 : 2, figures, words);
    }
}

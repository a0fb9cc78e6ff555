/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

    /** A GPU's products, through libraries that compute nothing: the wrappers, lanes and the result are real. */
    @Test
    void shouldCountAProductOfCublas() throws IOException, InterruptedException
    {
        final Path tests = Path.of(System.getProperty("flopmeter.native.build", "target/native"), "native/test");
        final Path result = folder.resolve("result.json");
        final Path program = MeteredRun.LAUNCHER.resolveSibling("target/dist/bin/flopmeter-calibrate");
        assumeTrue(Files.isDirectory(tests.resolve("calibrate_fake_cublas")), "skipped: no native tests in this build");
        for (final String precision : List.of("fp64", "fp32", "bf16"))
        {
            final String fakes = tests.resolve("calibrate_fake_cuda") + ":" + tests.resolve("calibrate_fake_cublas");
            final Process process = new ProcessBuilder(
                "env", "LD_LIBRARY_PATH=" + fakes, MeteredRun.LAUNCHER.toString(), "run", "--quiet", "--out",
                result.toString(), "--", program.toString(), "--cublas", precision)
                .directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            final JsonNode said = JsonMapper.shared().readTree(process.getInputStream().readAllBytes());
            assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS));

            final JsonNode read = JsonMapper.shared().readTree(Files.readString(result));
            assertEquals("282142840", said.path("expected").stringValue());
            assertEquals("282142840", read.at("/bySource/cuda/flop").stringValue(""), precision);
            assertEquals("282142840", read.at("/byPrecision/" + precision + "/lower").stringValue(""), precision);
            assertTrue(said.path("file").stringValue().endsWith("/calibrate_fake_cublas/libcublas.so.13"));
            assertTrue(said.path("libraries").toString().contains("/libflopmeter_intercept.so"));
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
                assertEquals("none", figure.path("class").stringValue(), "a quick one gives no class");
                figures++;
            }
        }
        assertEquals(words.contains("not calibrated: blas: ABSENT") ? 0 : 2, figures, words);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.Main;
import org.flopmeter.node.io.CanonicalJson;
import org.flopmeter.node.io.EnvironmentException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class CalibrateProgramsTest
{
    /** Each CPU can compute in these. */
    private static final Set<String> EVERYWHERE = Set.of("fp64", "fp32");

    private static final Path TEST_PROGRAM = Path.of(
        System.getProperty("flopmeter.native.build", "target/native"), "native/test/flopmeter-calibrate-test");

    @TempDir
    private Path folder;
    private Path lib;

    @BeforeEach
    void layOut() throws IOException
    {
        lib = Files.createDirectories(folder.resolve("lib"));
        final Path program = Files.createDirectories(folder.resolve("bin")).resolve(CalibratePrograms.PROGRAM);
        Files.writeString(program, "#!/bin/sh\n");
        assertTrue(program.toFile().setExecutable(true));
    }

    @Test
    void shouldSayWhatIsMissing() throws IOException
    {
        Files.delete(folder.resolve("bin").resolve(CalibratePrograms.PROGRAM));

        assertTrue(refusal(command -> null).contains("flopmeter-calibrate is missing"));
    }

    @Test
    void shouldSayHowTheProgramFailed()
    {
        assertTrue(refusal(command -> output(-1, "")).contains("could not be started"));
        assertTrue(refusal(command -> output(139, "")).contains("exit code 139"));
        assertTrue(refusal(command -> output(0, "Segmentation fault")).contains("printed what it should not"));
    }

    @Test
    void shouldPassOptionsOn()
    {
        final CalibrateRaw raw = programs(command ->
        {
            assertEquals(List.of("--json", "--device", "3", "--quick"), command.subList(1, command.size()));
            return output(0, CalibrateFixture.raw());
        }).counters(true, 3);

        assertEquals(3, raw.sources().size());
    }

    @Test
    void shouldCalibrateInterceptionUnderRun()
    {
        final List<CalibratePrograms.Interception> exact =
            programs(command -> metered(command, 0, 282142840L)).interceptions(raw(), false, 2);
        final List<CalibratePrograms.Interception> blind =
            programs(command -> metered(command, 0, 0L)).interceptions(raw(), true, 2);

        assertEquals(List.of("blas", "cublas"), exact.stream().map(each -> each.source().source()).toList());
        assertEquals(List.of("cpu", "gpu"), exact.stream().map(each -> each.source().chipKind()).toList());
        for (int i = 0; i < 2; i++)
        {
            assertEquals("AVAILABLE", exact.get(i).source().state());
            assertEquals(6 + 3 * i, exact.get(i).readings().size());
            assertTrue(exact.get(i).readings().stream().allMatch(CalibrateReading::isTruthInside));
            assertEquals(List.of(Path.of("/lib/libblas.so.3"), Path.of("/lib/libflopmeter.so"),
                Path.of("/lib/libflopmeter_intercept.so")), exact.get(i).libraries());
            assertEquals(2 + i, blind.get(i).readings().size());
            assertFalse(blind.get(i).readings().get(0).isTruthInside(), "nothing was seen, and said to be exact");
        }
    }

    @Test
    void shouldTellAbsentFromFailedInterception()
    {
        assertEquals("ABSENT", first(command -> output(3, "{}")).source().state());
        assertEquals("FAILED", first(command -> output(1, "{}")).source().state());
        assertEquals("FAILED", first(command -> output(0, "no JSON")).source().state());
        assertFalse(first(command -> metered(command, 0, null)).readings().get(0).isGood());

        final String bare = CalibrateFixture.raw().replace("\"driverCudaVersion\": 13000, ", "");
        assertEquals("ABSENT", programs(command ->
        {
            assertFalse(command.contains("--cublas"), "no driver, no try");
            return output(3, "");
        }).interceptions(CalibrateRaw.parse(bare), true, 0).get(1).source().state());

        final CalibrateRaw.SourceState words = programs(command -> output(3, "{\"state\": \"NO_PERMISSION\", " +
            "\"detail\": \"cuInit: 800\", \"remedy\": \"ask\"}")).interceptions(raw(), true, 0).get(1).source();
        assertEquals("NO_PERMISSION: cuInit: 800; ask", words.state() + ": " + words.detail() + "; " + words.remedy());
    }

    /** Which bytes counted: everything that either program had loaded, each file once, whatever it was called. */
    @Test
    void shouldDigestWhatTookPart() throws IOException
    {
        final Path driver = Files.writeString(folder.resolve("libcuda.so.580"), "driver");
        final Path link = Files.createSymbolicLink(folder.resolve("libcuda.so.1"), driver);
        final Path meter = Files.writeString(folder.resolve("libflopmeter_intercept.so"), "meter");
        final String raw = CalibrateFixture.raw().replace("\"passes\": 2",
            "\"libraries\": [\"" + link + "\", \"" + driver + "\"], \"passes\": 2");
        final CalibratePrograms programs = programs(words -> !words.contains("--run") ? output(0, raw) :
            words.contains("--cublas") ? output(3, "") :
            output(0, "{\"file\": \"" + meter + "\", \"libraries\": [\"" + meter + "\"], " +
            "\"kernel\": \"dgemm\", \"precision\": \"fp64\", \"expected\": \"5\"}"));

        final JsonNode libraries = CalibrateCommand.measure(programs, true, 0).document().at("/environment/libraries");

        assertEquals(2, libraries.size(), libraries::toString);
        assertEquals("libcuda.so.580", libraries.at("/0/name").stringValue());
        assertEquals(CanonicalJson.sha256("driver".getBytes(StandardCharsets.UTF_8)),
            libraries.at("/0/sha256").stringValue());
        assertEquals("libflopmeter_intercept.so", libraries.at("/1/name").stringValue());
    }

    @Test
    void shouldRefuseALibraryThatIsNoPath()
    {
        for (final String library : List.of("7", "\"libcuda.so.1\"", "\"/a\\u0000b\""))
        {
            final String raw = CalibrateFixture.raw().replace("\"passes\": 2",
                "\"libraries\": [" + library + "], \"passes\": 2");
            assertTrue(refusal(command -> output(0, raw)).contains("/libraries/0"),
                library);
        }
    }

    @Test
    void shouldGiveTheAnswerAsExitCode() throws IOException
    {
        assertEquals(0, deliver(CalibrateFixture.raw()));
        assertEquals(1, deliver(CalibrateFixture.raw().replace(
            "\"lower\": \"10000\", \"point\": \"1090000\", \"upper\": \"unbounded\"",
            "\"lower\": \"1000001\", \"point\": \"1090000\", \"upper\": \"unbounded\"")));
        assertEquals(2, Main.run(nowhere(), nowhere(), "calibrate", "--device", "-1"));
        assertEquals(2, Main.run(nowhere(), nowhere(), "calibrate", "--out", folder.toString()));
        assertEquals(2, Main.run(nowhere(), nowhere(), "calibrate", "--nonsense"));
    }

    /**
     * End to end with the real kernels: a source that reads 1 % too much is of class 1, one that reads half too much of
     * none.
     */
    @Test
    void shouldFindTheErrorOfARealSource() throws IOException
    {
        assumeTrue(Files.isExecutable(TEST_PROGRAM), "skipped: no native tests in this build");

        final List<CalibrateFigure> exact = figures("exact");
        final List<CalibrateReading> highReadings = readings("high");
        final List<CalibrateFigure> high = CalibrateFigure.of(highReadings, true);
        final List<CalibrateFigure> outside = figures("outside");
        final List<CalibrateFigure> unknown = figures("unknown");

        assertEquals(List.of("perf", "perf-tree", "perf-host"),
            exact.stream().map(CalibrateFigure::source).distinct().toList());
        for (int i = 0; i < exact.size(); i++)
        {
            final CalibrateFigure figure = exact.get(i);
            final boolean isEverywhere = EVERYWHERE.contains(figure.precision());
            // In which other formats there are kernels depends on the CPU.
            assertTrue((isEverywhere ? 3 : 1) <= figure.kernels(), figure::toString);
            if ("perf-host".equals(figure.source()))
            {
                assertEquals(0, high.get(i).outside(), "a whole host's may be others' work");
                continue;
            }
            assertEquals(0, figure.errorLowPpm().signum() + figure.errorHighPpm().signum());
            assertEquals(CalibrateClass.CLASS_0_2, figure.accuracyClass());
            assertEquals(CalibrateClass.CLASS_1, high.get(i).accuracyClass());
            assertEquals(onePercentPpm(highReadings, figure), high.get(i).errorHighPpm());
            assertEquals(high.get(i).good(), high.get(i).outside());
            assertEquals(CalibrateClass.NONE, outside.get(i).accuracyClass());
            assertEquals(CalibrateClass.CLASS_0_2, unknown.get(i).accuracyClass());
        }
        assertEquals(6, exact.stream().filter(figure -> EVERYWHERE.contains(figure.precision())).count());
    }

    /**
     * What the source that reads 1 % too much has added: whole FLOP, so a little less where a kernel had little time,
     * as on a busy machine.
     */
    private static BigInteger onePercentPpm(final List<CalibrateReading> readings, final CalibrateFigure figure)
    {
        return readings.stream()
            .filter(each -> each.source().equals(figure.source()) && each.precision().equals(figure.precision()))
            .map(each -> CalibrateFigure.ceilPpm(each.expected().divide(BigInteger.valueOf(100)), each.expected()))
            .max(BigInteger::compareTo).orElseThrow();
    }

    private static List<CalibrateFigure> figures(final String mode)
    {
        return CalibrateFigure.of(readings(mode), true);
    }

    private static List<CalibrateReading> readings(final String mode)
    {
        return CalibrateRaw.parse(run(mode)).readings();
    }

    private static String run(final String mode)
    {
        try
        {
            final ProcessBuilder builder = new ProcessBuilder(TEST_PROGRAM.toString());
            builder.environment().put("FAKE_SOURCE", mode);
            builder.environment().put("LD_LIBRARY_PATH", "/nonexistent");
            final Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
            final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
            return text;
        }
        catch (final IOException | InterruptedException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private int deliver(final String raw) throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final CalibrateCommand command = new CalibrateCommand();
        command.streams(new PrintStream(out, true, StandardCharsets.UTF_8), nowhere());
        final CalibratePrograms programs = programs(
            words -> words.contains("--run") ? output(3, "") : output(0, raw));
        return command.deliver(CalibrateCommand.measure(programs, false, 0), null);
    }

    private CalibratePrograms.Output metered(final List<String> command, final int exitCode, final Long seen)
    {
        final String precision = command.get(command.size() - 1);
        final String total = "--blas".equals(command.get(command.size() - 2)) ? "blas" : "cuda";
        final Path result = Path.of(command.get(command.indexOf("--out") + 1));
        assertTrue(command.contains(lib.resolve("libflopmeter_intercept.so").toString()));
        if (null != seen)
        {
            write(result, "{\"flop\": {}, \"beginNs\": 5, \"endNs\": 9, \"bySource\": {" +
                (0 == seen ? "" : "\"" + total + "\": {\"calls\": 20, \"flop\": \"" + seen + "\"}") + "}}");
        }
        return output(exitCode, "{\"state\": \"AVAILABLE\", \"library\": \"libblas.so.3\", \"file\": " +
            "\"/lib/libblas.so.3\", \"libraries\": [\"/lib/libflopmeter_intercept.so\", \"/lib/libflopmeter.so\"], " +
            "\"kernel\": \"gemm\", \"precision\": \"" + precision +
            "\", \"calls\": 20, \"expected\": \"282142840\"}");
    }

    private static void write(final Path file, final String text)
    {
        try
        {
            Files.writeString(file, text);
        }
        catch (final IOException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static CalibrateRaw raw()
    {
        return CalibrateRaw.parse(CalibrateFixture.raw());
    }

    private CalibratePrograms.Interception first(final CalibratePrograms.Runner runner)
    {
        return programs(runner).interceptions(raw(), true, 0).get(0);
    }

    private String refusal(final CalibratePrograms.Runner runner)
    {
        return assertThrows(EnvironmentException.class, () -> programs(runner).counters(false, 0)).getMessage();
    }

    private CalibratePrograms programs(final CalibratePrograms.Runner runner)
    {
        return new CalibratePrograms(lib, folder, runner);
    }

    private static CalibratePrograms.Output output(final int exitCode, final String text)
    {
        return new CalibratePrograms.Output(exitCode, text);
    }

    private static PrintStream nowhere()
    {
        return new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    }
}

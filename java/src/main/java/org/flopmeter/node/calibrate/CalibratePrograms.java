/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.io.EnvironmentException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The programs of the kit: flopmeter-calibrate by itself, and a known product under `flopmeter run`. */
final class CalibratePrograms
{
    /** By name: the whole command line may know this package, not the other way round. */
    private static final String MAIN = "org.flopmeter.node.Main";
    static final String PROGRAM = "flopmeter-calibrate";
    static final String INTERCEPTION = "blas";

    private static final int NOT_HERE = 3;
    private static final String BASIS = "EXACT_BY_SHAPE";
    private static final String CPU = "cpu";

    /** Exit code and standard output of a program; -1 when it could not be started or took too long. */
    record Output(int exitCode, String text)
    {
    }

    /** Runs a program to its end; tests put their own answers in its place. */
    interface Runner
    {
        Output run(List<String> command);
    }

    /** What interception read: none where no shared BLAS is, and `source` says so. */
    record Interception(CalibrateRaw.SourceState source, List<CalibrateReading> readings, List<Path> libraries)
    {
    }

    private final Path bin;
    private final Path lib;
    private final Path scratch;
    private final Runner runner;

    /** @param scratch a folder of this command's own, for results of `flopmeter run`. */
    CalibratePrograms(final Path lib, final Path scratch, final Runner runner)
    {
        this.lib = lib;
        this.bin = lib.resolveSibling("bin");
        this.scratch = scratch;
        this.runner = runner;
    }

    Path program()
    {
        return bin.resolve(PROGRAM);
    }

    CalibrateRaw counters(final boolean isQuick, final int device)
    {
        if (!Files.isExecutable(program()))
        {
            throw new EnvironmentException(program() + " is missing; build flopmeter: ./flopmeter setup");
        }
        final List<String> command = new ArrayList<>(List.of(program().toString(), "--json", "--device", "" + device));
        if (isQuick)
        {
            command.add("--quick");
        }
        final Output output = runner.run(command);
        if (0 != output.exitCode())
        {
            throw new EnvironmentException(-1 == output.exitCode() ? PROGRAM + " could not be started, or did not end" :
                PROGRAM + " ended with exit code " + output.exitCode());
        }
        return CalibrateRaw.parse(output.text());
    }

    Interception interception(final boolean isQuick)
    {
        final List<CalibrateReading> readings = new ArrayList<>();
        final List<Path> libraries = new ArrayList<>();
        for (int pass = 0; pass < (isQuick ? 1 : 3); pass++)
        {
            for (final String precision : List.of("fp64", "fp32"))
            {
                final Path result = scratch.resolve(precision + "-" + pass + ".json");
                final Output output = runner.run(metered(result, precision));
                if (NOT_HERE == output.exitCode())
                {
                    return new Interception(state("ABSENT", "no shared BLAS here",
                        "apt-get install libopenblas0-pthread, or another shared BLAS"), List.of(), List.of());
                }
                final JsonNode said = tree(output.text());
                if (0 != output.exitCode() || said.path("expected").isMissingNode())
                {
                    return new Interception(state("FAILED", "the known product did not run under flopmeter run, " +
                        "exit code " + output.exitCode(), "flopmeter doctor"), List.copyOf(readings), libraries);
                }
                readings.add(reading(said, resultOf(result), pass));
                final Path library = Path.of(said.path("file").stringValue(""));
                if (!libraries.contains(library))
                {
                    libraries.add(library);
                }
            }
        }
        return new Interception(state(CalibrateReading.AVAILABLE, "LD_PRELOAD in front of " + libraries.get(0), ""),
            List.copyOf(readings), libraries);
    }

    private static CalibrateRaw.SourceState state(final String state, final String detail, final String remedy)
    {
        return new CalibrateRaw.SourceState(INTERCEPTION, BASIS, CPU, state, detail, remedy);
    }

    /* As the launcher starts it, with this JVM. */
    private List<String> metered(final Path result, final String precision)
    {
        final List<String> command = new ArrayList<>(List.of(
            bin.resolve("flopmeter-run").toString(), "--preload", lib.resolve("libflopmeter_intercept.so").toString()));
        for (final String word : List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", "-Xmx256m", "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED", "-Dflopmeter.native.path=" + lib, "-cp",
            System.getProperty("java.class.path"), MAIN))
        {
            command.add("--jvm");
            command.add(word);
        }
        command.addAll(List.of("--quiet", "--run", "calibrate", "--dir", scratch.toString(), "--out", result.toString(),
            "--", program().toString(), "--blas", precision));
        return command;
    }

    private static JsonNode resultOf(final Path result)
    {
        try
        {
            return Files.exists(result) ? tree(Files.readString(result)) : JsonMapper.shared().createObjectNode();
        }
        catch (final IOException e)
        {
            throw new EnvironmentException(result + ": cannot be read: " + e.getMessage());
        }
    }

    private static JsonNode tree(final String text)
    {
        try
        {
            return JsonMapper.shared().readTree(text);
        }
        catch (final JacksonException e)
        {
            return JsonMapper.shared().createObjectNode();
        }
    }

    /* A run without a result is a failed reading; a result without the source is one of zero: it saw nothing. */
    private static CalibrateReading reading(final JsonNode said, final JsonNode result, final int pass)
    {
        final String precision = said.path("precision").stringValue("");
        final boolean hasResult = !result.path("flop").isMissingNode();
        final BigInteger seen = new BigInteger(result.at("/bySource/" + INTERCEPTION + "/flop").stringValue("0"));
        return new CalibrateReading(INTERCEPTION, BASIS, CPU, said.path("kernel").stringValue(""), precision, pass,
            hasResult ? CalibrateReading.AVAILABLE : "FAILED", hasResult ? "" : "flopmeter run left no result", "",
            new BigInteger(said.path("expected").stringValue("0")),
            Math.max(0, result.path("endNs").longValue(0) - result.path("beginNs").longValue(0)), 0,
            List.of(new CalibrateReading.Figure(precision, seen, seen, seen)));
    }

    /** Programs of this machine: standard error goes to ours, standard output through a file that cannot fill up. */
    static Runner real(final Path scratch, final long timeoutSec)
    {
        return command ->
        {
            try
            {
                final Path file = Files.createTempFile(scratch, "out", ".json");
                final Process process = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(file.toFile())
                    .start();
                if (!process.waitFor(timeoutSec, TimeUnit.SECONDS))
                {
                    process.destroyForcibly().waitFor();
                    return new Output(-1, "");
                }
                return new Output(process.exitValue(), Files.readString(file, StandardCharsets.UTF_8));
            }
            catch (final IOException e)
            {
                return new Output(-1, "");
            }
            catch (final InterruptedException e)
            {
                Thread.currentThread().interrupt();
                return new Output(-1, "");
            }
        };
    }
}

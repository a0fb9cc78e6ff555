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
import java.util.Set;
import java.util.TreeSet;
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

    private static final int NOT_HERE = 3;
    private static final String BASIS = "EXACT_BY_SHAPE";
    private static final Products BLAS = new Products("blas", "cpu", "blas", List.of("fp64", "fp32"),
        "no shared BLAS here", "apt-get install libopenblas0-pthread, or another shared BLAS");
    private static final Products CUBLAS = new Products("cublas", "gpu", "cuda", List.of("fp64", "fp32", "bf16"),
        "no CUDA device or no cuBLAS here", "flopmeter doctor");

    /** Exit code and standard output of a program; -1 when it could not be started or took too long. */
    record Output(int exitCode, String text)
    {
    }

    /** Runs a program to its end; tests put their own answers in its place. */
    interface Runner
    {
        Output run(List<String> command);
    }

    /**
     * What interception read: none where the library is not here, and `source` says so.
     *
     * @param libraries that were loaded: the one that multiplied, its own, and those that counted.
     */
    record Interception(CalibrateRaw.SourceState source, List<CalibrateReading> readings, List<Path> libraries)
    {
    }

    /**
     * A library whose products are known.
     *
     * @param name  of the source, and of the program's option.
     * @param total whose total of the run's result they are in.
     */
    private record Products(
        String name, String chipKind, String total, List<String> precisions, String absence, String remedy)
    {
        CalibrateRaw.SourceState state(final String state, final String detail, final String remedy)
        {
            return new CalibrateRaw.SourceState(name, BASIS, chipKind, state, detail, remedy);
        }

        /* The program's own words where it has some. */
        CalibrateRaw.SourceState absent(final JsonNode said)
        {
            final String state = said.path("state").stringValue("ABSENT");
            final String detail = said.path("detail").stringValue("");
            return detail.isEmpty() ? state("ABSENT", absence, remedy) :
                state(state, detail, said.path("remedy").stringValue(remedy));
        }
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

    /** Each library's in turn: a CPU's BLAS, a GPU's. Where `raw` says that there is no driver none is looked for. */
    List<Interception> interceptions(final CalibrateRaw raw, final boolean isQuick, final int device)
    {
        final JsonNode gpu = raw.document().path("gpu");
        return List.of(interception(BLAS, isQuick, device), gpu.has("driverCudaVersion") ?
            interception(CUBLAS, isQuick, device) : new Interception(CUBLAS.absent(gpu), List.of(), List.of()));
    }

    private Interception interception(final Products products, final boolean isQuick, final int device)
    {
        final List<CalibrateReading> readings = new ArrayList<>();
        final Set<Path> libraries = new TreeSet<>();
        Path first = null;
        for (int pass = 0; pass < (isQuick ? 1 : CalibrateFigure.PASSES); pass++)
        {
            for (final String precision : products.precisions())
            {
                final Path result = scratch.resolve(products.name() + "-" + precision + "-" + pass + ".json");
                final Output output = runner.run(metered(result, products, precision, device));
                final JsonNode said = tree(output.text());
                if (NOT_HERE == output.exitCode())
                {
                    return new Interception(products.absent(said), List.of(), List.of());
                }
                if (0 != output.exitCode() || said.path("expected").isMissingNode())
                {
                    return new Interception(products.state("FAILED", "the known product did not run under flopmeter " +
                        "run, exit code " + output.exitCode() + said.path("detail").stringValue(""),
                        "flopmeter doctor"), List.copyOf(readings), List.copyOf(libraries));
                }
                readings.add(reading(products, said, resultOf(result), pass));
                final Path file = Path.of(said.path("file").stringValue(""));
                first = null == first ? file : first;
                libraries.add(file);
                said.path("libraries").forEach(library -> libraries.add(Path.of(library.stringValue(""))));
            }
        }
        return new Interception(
            products.state(CalibrateReading.AVAILABLE, "LD_PRELOAD in front of " + first, ""),
            List.copyOf(readings), List.copyOf(libraries));
    }

    /* As the launcher starts it, with this JVM. */
    private List<String> metered(
        final Path result, final Products products, final String precision, final int device)
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
            "--", program().toString(), "--device", Integer.toString(device), "--" + products.name(), precision));
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
    private static CalibrateReading reading(
        final Products products, final JsonNode said, final JsonNode result, final int pass)
    {
        final String precision = said.path("precision").stringValue("");
        final boolean hasResult = !result.path("flop").isMissingNode();
        final BigInteger seen = new BigInteger(result.at("/bySource/" + products.total() + "/flop").stringValue("0"));
        return new CalibrateReading(products.name(), BASIS, products.chipKind(),
            said.path("kernel").stringValue(""), precision, pass,
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

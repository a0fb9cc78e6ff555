/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Real programs with known counts: {@code testdata/programs/expected.csv} says what and why. A program whose
 * interpreter or library is not on this machine is skipped.
 */
class RunProgramsIT
{
    private static final Path PROGRAMS = MeteredRun.ROOT.resolve("testdata/programs");

    @TempDir
    private Path work;

    /** What one program must show: one row of the table per precision. `starts`: times what its start costs. */
    record Row(String precision, BigInteger flopCount, int starts, String end, String derivation)
    {
        static Row of(final String[] cells)
        {
            final String[] terms = cells[4].split("\\+|\\*");
            return new Row(cells[3], new BigInteger(terms[0]), terms.length > 1 ? Integer.parseInt(terms[1]) : 0,
                cells[5], cells[6]);
        }
    }

    /** One invocation of one program with one interpreter. */
    record Program(String name, String arguments, String needs, String interpreter, List<Row> rows)
    {
        @Override
        public String toString()
        {
            return (interpreter + " " + name + " " + arguments).strip();
        }
    }

    static Stream<Program> programs() throws IOException
    {
        final Map<String, Program> byInvocation = new LinkedHashMap<>();
        final List<String> lines = Files.readAllLines(PROGRAMS.resolve("expected.csv"));
        for (final String line : lines.subList(1, lines.size()))
        {
            final String[] cells = line.split(",", 7);
            for (final String interpreter : interpretersFor(cells[0]))
            {
                byInvocation.computeIfAbsent(interpreter + cells[0] + cells[1],
                    (key) -> new Program(cells[0], cells[1], cells[2], interpreter, new ArrayList<>()))
                    .rows().add(Row.of(cells));
            }
        }
        return byInvocation.values().stream();
    }

    /** Debian's Python and the one that the PATH finds first may carry different BLAS libraries: both are tried. */
    private static List<String> interpretersFor(final String program)
    {
        if (program.endsWith(".py") || program.endsWith(".sh"))
        {
            final Path debian = Path.of("/usr/bin/python3");
            final Path first = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                .map((directory) -> Path.of(directory, "python3")).filter(Files::isExecutable).findFirst()
                .orElse(debian);
            return Stream.of(debian, first).distinct().map(Path::toString).toList();
        }
        return List.of(program.endsWith(".m") ? "octave-cli" : program.endsWith(".R") ? "Rscript" : "cc");
    }

    @ParameterizedTest
    @MethodSource("programs")
    void shouldCountExactly(final Program program) throws Exception
    {
        final List<String> command = command(program);

        final MeteredRun run = new MeteredRun(work).environment("PYTHON", program.interpreter())
            .run(command.toArray(new String[0]));

        assertEquals(0, run.exitCode(), run::stderr);
        final JsonNode result = run.result();
        assertTrue(result.path("conserved").asBoolean(), result::toPrettyString);
        for (final Row row : program.rows())
        {
            final BigInteger expected = 0 == row.starts() ? row.flopCount() : row.flopCount().add(
                BigInteger.valueOf(row.starts()).multiply(startFlopCount(program, row.precision())));
            final JsonNode interval = result.path("byPrecision").path(row.precision());
            assertEquals(expected.toString(), interval.path("lower").asString("0"), row.derivation());
            if ("exact".equals(row.end()))
            {
                assertEquals(expected.toString(), interval.path("point").asString("0"), row.derivation());
            }
        }
    }

    /**
     * Importing NumPy or building a PyTorch optimizer makes a product or two, depending on the version: metered by
     * itself, with the same interpreter.
     */
    private BigInteger startFlopCount(final Program program, final String precision) throws Exception
    {
        final MeteredRun run = new MeteredRun(work);
        if ("torch".equals(program.needs()))
        {
            final List<String> words = command(program);
            words.set(2, "0");
            run.run(words.toArray(new String[0]));
        }
        else
        {
            run.run(program.interpreter(), "-c", "import " + program.needs());
        }
        assertEquals(0, run.exitCode(), run::stderr);
        return run.lowerOf("byPrecision", precision);
    }

    private List<String> command(final Program program) throws Exception
    {
        final Path script = PROGRAMS.resolve(program.name());
        final List<String> words = new ArrayList<>();
        switch (program.interpreter())
        {
            case "octave-cli" -> words.addAll(List.of("octave-cli", "--quiet", "--norc", script.toString()));
            case "Rscript" -> words.addAll(List.of("Rscript", "--vanilla", script.toString()));
            case "cc" -> words.add(compile(script).toString());
            default -> words.addAll(program.name().endsWith(".sh") ? List.of("sh", script.toString()) :
                List.of(program.interpreter(), script.toString()));
        }
        if (List.of("octave-cli", "Rscript").contains(words.get(0)))
        {
            assumeTrue(succeeds(words.get(0), "--version"), () -> "SKIPPED: no " + words.get(0));
        }
        if (List.of("numpy", "torch").contains(program.needs()))
        {
            assumeTrue(succeeds(program.interpreter(), "-c", "import " + program.needs()),
                () -> "SKIPPED: " + program.interpreter() + " has no " + program.needs());
        }
        if (!program.arguments().isEmpty())
        {
            words.addAll(List.of(program.arguments().split(" ")));
        }
        return words;
    }

    private Path compile(final Path source) throws Exception
    {
        final Path program = work.resolve("program");
        assumeTrue(succeeds("cc", "-o", program.toString(), source.toString(), "-lblas", "-lpthread"),
            () -> "SKIPPED: cannot link " + source + " with -lblas");
        return program;
    }

    @Test
    void shouldCountAtLeastTheFactorizationOfHpl() throws Exception
    {
        assumeTrue(succeeds("sh", "-c", "command -v hpcc"), () -> "SKIPPED: no hpcc");
        final int order = 200;
        Files.writeString(work.resolve("hpccinf.txt"), hplInput(order));

        final MeteredRun run = new MeteredRun(work).environment("OMPI_ALLOW_RUN_AS_ROOT", "1")
            .environment("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1").run("hpcc");

        assertEquals(0, run.exitCode(), run::stderr);
        assertTrue(run.result().path("conserved").asBoolean());
        final BigInteger n = BigInteger.valueOf(order);
        final BigInteger factorization = n.pow(3).shiftLeft(1).divide(BigInteger.valueOf(3));
        assertTrue(run.sourceFlop("blas").compareTo(factorization) >= 0, () -> "HPL of order " + order +
            " needs at least " + factorization + " FLOP in BLAS");
    }

    /** HPL's own input format: one problem, one block size, one process. */
    private static String hplInput(final int order)
    {
        return String.join("\n", "HPLinpack benchmark input file", "flopmeter", "HPL.out", "6", "1", order + " Ns",
            "1", "32 NBs", "0", "1", "1 Ps", "1 Qs", "16.0", "1", "2", "1", "4", "1", "2", "1", "1", "1", "0", "1",
            "0", "2", "64", "0", "0", "1", "8", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "");
    }

    private static boolean succeeds(final String... command)
    {
        try
        {
            final Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            process.getOutputStream().close();
            return process.waitFor(120, TimeUnit.SECONDS) && 0 == process.exitValue();
        }
        catch (final IOException | InterruptedException absent)
        {
            return false;
        }
    }
}

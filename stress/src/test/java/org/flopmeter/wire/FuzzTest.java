/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.jacoco.core.analysis.Analyzer;
import org.jacoco.core.analysis.CoverageBuilder;
import org.jacoco.core.analysis.IClassCoverage;
import org.jacoco.core.tools.ExecFileLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Jazzer on the readers in Java: the committed inputs, then some executions more, nightly 5 million; how many branches
 * the committed inputs reach; and the same with a mistake planted, from nothing, which must be found.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class FuzzTest
{
    private static final boolean IS_NIGHTLY = Boolean.getBoolean("flopmeter.nightly");
    private static final int EXECUTIONS = Integer.getInteger("flopmeter.fuzz.runs", IS_NIGHTLY ? 5_000_000 : 100_000);
    private static final int CANARY_EXECUTIONS = 3_000_000;
    private static final int SEED = Integer.getInteger("flopmeter.fuzz.seed", 20_261_127);
    /** 377 of 391 are reached. What is left is printed by each run. */
    private static final double BRANCHES_MIN = 0.95;
    private static final Path INPUTS = Path.of(System.getProperty("flopmeter.root")).resolve("testdata/fuzz/lane");
    private static final Path RESULTS = Path.of(System.getProperty("flopmeter.fuzz.results"));

    /**
     * What reads bytes of a process that is not trusted. DoubleRecord is not among them: its branches are taken when a
     * record changes while it is read, which is for jcstress.
     */
    private static final List<Class<?>> PARSERS = List.of(
        FoldJournal.class, FoldReader.class, JavaDrainKernel.class, LaneHeader.class, LaneReader.class,
        SlotTable.class);

    private static int run(final Path log, final List<String> jvmOptions, final String... command)
        throws IOException, InterruptedException
    {
        final List<String> words = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g"));
        words.addAll(Arrays.asList(System.getProperty("flopmeter.jvm.opens").split(" ")));
        words.addAll(jvmOptions);
        words.addAll(List.of("-cp", System.getProperty("java.class.path")));
        words.addAll(Arrays.asList(command));
        Files.createDirectories(RESULTS);
        return new ProcessBuilder(words)
            .directory(RESULTS.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    }

    private static int jazzer(final Path log, final boolean isPlanted, final int executions, final Path... corpora)
        throws IOException, InterruptedException
    {
        final String parsers = PARSERS.stream().map(Class::getName).collect(Collectors.joining(File.pathSeparator));
        final List<String> command = new ArrayList<>(List.of(
            "com.code_intelligence.jazzer.Jazzer", "--target_class=" + LaneFuzz.class.getName(),
            "--instrumentation_includes=" + parsers, "--custom_hook_includes=" + parsers, "-runs=" + executions,
            "-seed=" + SEED, "-max_len=4400", "-artifact_prefix=" + RESULTS + "/", "-print_final_stats=1"));
        for (final Path corpus : corpora)
        {
            command.add(corpus.toString());
        }
        return run(log, List.of("-D" + LaneFuzz.PLANTED + "=" + isPlanted), command.toArray(new String[0]));
    }

    private static Path scratch(final String name) throws IOException
    {
        final Path corpus = RESULTS.resolve(name);
        Files.createDirectories(corpus);
        for (final Path input : FuzzReplay.inputs(corpus))
        {
            Files.delete(input);
        }
        return corpus;
    }

    private static String tail(final Path log) throws IOException
    {
        final List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }

    @Test
    void shouldReadEveryInputRightly() throws IOException, InterruptedException
    {
        final Path log = RESULTS.resolve("jazzer.log");
        final int exitCode = jazzer(log, false, EXECUTIONS, scratch("corpus"), INPUTS);

        assertEquals(0, exitCode, () -> "seed " + SEED + ", see " + log);
        final String executed = Files.readAllLines(log).stream()
            .filter((line) -> line.startsWith("stat::number_of_executed_units")).findFirst().orElse("");
        System.out.println("jazzer, seed " + SEED + ": " + executed);
        assertTrue(executed.contains(String.valueOf(EXECUTIONS)), tail(log));
    }

    @Test
    void shouldReachTheBranchesByTheCommittedInputs() throws IOException, InterruptedException
    {
        final Path counted = RESULTS.resolve("branches.exec");
        Files.deleteIfExists(counted);
        final String agent = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter((path) -> path.contains("org.jacoco.agent")).findFirst().orElseThrow();
        final Path log = RESULTS.resolve("replay.log");
        final int exitCode = run(log, List.of("-javaagent:" + agent + "=destfile=" + counted),
            FuzzReplay.class.getName(), INPUTS.toString());
        assertEquals(0, exitCode, () -> "see " + log);

        final ExecFileLoader loader = new ExecFileLoader();
        loader.load(counted.toFile());
        final CoverageBuilder builder = new CoverageBuilder();
        final Analyzer analyzer = new Analyzer(loader.getExecutionDataStore(), builder);
        for (final Class<?> parser : PARSERS)
        {
            analyzer.analyzeClass(
                parser.getResourceAsStream(parser.getSimpleName() + ".class").readAllBytes(), parser.getName());
        }
        final StringBuilder missed = new StringBuilder();
        int branches = 0;
        int reached = 0;
        for (final IClassCoverage parser : builder.getClasses())
        {
            for (int line = parser.getFirstLine(); line <= parser.getLastLine(); line++)
            {
                if (0 != parser.getLine(line).getBranchCounter().getMissedCount())
                {
                    missed.append(' ').append(parser.getSourceFileName()).append(':').append(line);
                }
            }
            branches += parser.getBranchCounter().getTotalCount();
            reached += parser.getBranchCounter().getCoveredCount();
        }
        final int inputs = FuzzReplay.inputs(INPUTS).size();
        System.out.println("the " + inputs + " committed inputs reach " + reached + " of " + branches +
            " branches; not" + missed);
        assertEquals(PARSERS.size(), builder.getClasses().size());
        assertTrue(reached >= BRANCHES_MIN * branches, reached + " of " + branches + " branches");
    }

    @Test
    void shouldFindThePlantedMistakeFromNothing() throws IOException, InterruptedException
    {
        final Path log = RESULTS.resolve("planted.log");
        final int exitCode = jazzer(log, true, CANARY_EXECUTIONS, scratch("none"));

        assertNotEquals(0, exitCode, () -> "not found in " + CANARY_EXECUTIONS + " executions, see " + log);
        assertTrue(Files.readString(log).contains("AssertionError: slot "), () -> "an accident, see " + log);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSignature;
import org.flopmeter.witness.AddCheckpoint;
import org.jacoco.core.analysis.Analyzer;
import org.jacoco.core.analysis.CoverageBuilder;
import org.jacoco.core.analysis.IClassCoverage;
import org.jacoco.core.analysis.IMethodCoverage;
import org.jacoco.core.tools.ExecFileLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Jazzer on the readers of entries, blocks, segments, checkpoints, notes, keys and proofs: the committed inputs, then
 * some executions more, nightly 5 million of each; how many branches the committed inputs reach; and a reader with a
 * mistake, which must be found from nothing.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS)
class LedgerFuzzTest
{
    private static final boolean IS_NIGHTLY = Boolean.getBoolean("flopmeter.nightly");
    private static final int EXECUTIONS = Integer.getInteger("flopmeter.fuzz.runs", IS_NIGHTLY ? 5_000_000 : 15_000);
    private static final int CANARY_EXECUTIONS = 1_000_000;
    private static final int SEED = Integer.getInteger("flopmeter.fuzz.seed", 20_261_128);
    private static final double BRANCHES_MIN = 0.95;
    private static final Path INPUTS = Path.of(System.getProperty("flopmeter.root")).resolve("testdata/fuzz/ledger");
    private static final Path RESULTS = Path.of(System.getProperty("flopmeter.fuzz.results")).resolve("ledger");
    private static final List<Class<?>> PARSERS = List.of(
        AddCheckpoint.class, BlockLayout.class, Checkpoint.class, Cosignature.class, EntryCodec.class, EntryProof.class,
        ForkProof.class, HashText.class, MerkleProof.class, Note.class, NoteKey.class, NoteSignature.class,
        SegmentScan.class);

    /** Methods of these classes that read nothing of others: they make proofs from a ledger, or verify signatures. */
    private static final Set<String> NO_READERS =
        Set.of("EntryProof.of", "ForkProof.of", "ForkProof.check", "ForkProof.verify", "Note.verify", "Note.with",
            "Note.lambda$with$1", "EntryProof.lambda$of$0", "EntryProof.withCosignatures",
            "NoteKey.verify", "NoteKey.isClaimedBy", "NoteSignature.equals", "BlockLayout.putFrame",
            "SegmentScan.segments", "EntryCodec.kind", "EntryCodec.encode", "EntryCodec.encodeRare",
            "EntryCodec.putBytes", "BlockLayout.block");

    private static int run(final Path log, final List<String> jvmOptions, final List<String> command)
        throws IOException, InterruptedException
    {
        final List<String> words = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g"));
        words.addAll(jvmOptions);
        words.addAll(List.of("-cp", System.getProperty("java.class.path")));
        words.addAll(command);
        Files.createDirectories(RESULTS);
        return new ProcessBuilder(words)
            .directory(RESULTS.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    }

    private static int jazzer(
        final Path log, final boolean isPlanted, final String reader, final int executions, final Path... corpora)
        throws IOException, InterruptedException
    {
        final String parsers = PARSERS.stream().map(Class::getName).collect(Collectors.joining(File.pathSeparator));
        final List<String> command = new ArrayList<>(List.of(
            "com.code_intelligence.jazzer.Jazzer", "--target_class=" + LedgerFuzz.class.getName(),
            "--instrumentation_includes=" + parsers, "--custom_hook_includes=" + parsers, "-runs=" + executions,
            "-seed=" + SEED, "-max_len=1024", "-artifact_prefix=" + RESULTS + "/", "-print_final_stats=1",
            // They watch every regular expression of the JVM, those of the harness too, and find nothing here.
            "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.RegexRoadblocks:" +
            "com.code_intelligence.jazzer.sanitizers.RegexInjection"));
        Arrays.stream(corpora).map(Path::toString).forEach(command::add);
        return run(log, List.of("-D" + LedgerFuzz.PLANTED + "=" + isPlanted, "-D" + LedgerFuzz.ONLY + "=" + reader),
            command);
    }

    private static Path scratch(final String name) throws IOException
    {
        final Path corpus = Files.createDirectories(RESULTS.resolve(name));
        for (final Path input : LedgerFuzzReplay.inputs(corpus))
        {
            Files.delete(input);
        }
        return corpus;
    }

    @Test
    void shouldReadEveryInputRightly() throws IOException, InterruptedException
    {
        for (final String reader : IS_NIGHTLY ? LedgerFuzz.READERS : List.of("any"))
        {
            final Path log = RESULTS.resolve(reader + ".log");
            assertEquals(0, jazzer(log, false, reader, EXECUTIONS, scratch(reader), INPUTS),
                () -> "seed " + SEED + ", see " + log);
            final String executed = Files.readAllLines(log).stream()
                .filter(line -> line.startsWith("stat::number_of_executed_units")).findFirst().orElse("");
            System.out.println("jazzer, reader " + reader + ", seed " + SEED + ": " + executed);
            assertTrue(executed.contains(String.valueOf(EXECUTIONS)), () -> "see " + log);
        }
    }

    @Test
    void shouldReachTheBranchesByTheCommittedInputs() throws IOException, InterruptedException
    {
        Files.createDirectories(RESULTS);
        final Path counted = RESULTS.resolve("branches.exec");
        Files.deleteIfExists(counted);
        final String agent = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(path -> path.contains("org.jacoco.agent")).findFirst().orElseThrow();
        final Path log = RESULTS.resolve("replay.log");
        assertEquals(0, run(log, List.of("-javaagent:" + agent + "=destfile=" + counted),
            List.of(LedgerFuzzReplay.class.getName(), INPUTS.toString())), () -> "see " + log);

        final ExecFileLoader loader = new ExecFileLoader();
        loader.load(counted.toFile());
        final CoverageBuilder builder = new CoverageBuilder();
        final Analyzer analyzer = new Analyzer(loader.getExecutionDataStore(), builder);
        for (final Class<?> parser : PARSERS)
        {
            analyzer.analyzeClass(
                parser.getResourceAsStream(parser.getSimpleName() + ".class").readAllBytes(), parser.getName());
        }
        assertEquals(PARSERS.size(), builder.getClasses().size());
        final StringBuilder missed = new StringBuilder();
        int branches = 0;
        int reached = 0;
        for (final IClassCoverage parser : builder.getClasses())
        {
            final String name = parser.getName().substring(parser.getName().lastIndexOf('/') + 1);
            for (final IMethodCoverage method : parser.getMethods())
            {
                if (NO_READERS.contains(name + '.' + method.getName()))
                {
                    continue;
                }
                branches += method.getBranchCounter().getTotalCount();
                reached += method.getBranchCounter().getCoveredCount();
                for (int line = method.getFirstLine(); line <= method.getLastLine(); line++)
                {
                    if (0 != method.getLine(line).getBranchCounter().getMissedCount())
                    {
                        missed.append(' ').append(parser.getSourceFileName()).append(':').append(line);
                    }
                }
            }
        }
        System.out.println("the " + LedgerFuzzReplay.inputs(INPUTS).size() + " committed inputs reach " + reached +
            " of " + branches + " branches; not" + missed);
        assertTrue(reached >= BRANCHES_MIN * branches, reached + " of " + branches + " branches; not" + missed);
    }

    @Test
    void shouldFindThePlantedMistakeFromNothing() throws IOException, InterruptedException
    {
        final Path log = RESULTS.resolve("planted.log");
        final int exitCode = jazzer(log, true, "checkpoint", CANARY_EXECUTIONS, scratch("none"));

        assertNotEquals(0, exitCode, () -> "not found in " + CANARY_EXECUTIONS + " executions, see " + log);
        assertTrue(Files.readString(log).contains("AssertionError: not taken for a checkpoint"),
            () -> "an accident, see " + log);
    }
}

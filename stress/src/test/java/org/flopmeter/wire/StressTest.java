/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs jcstress over every lock-free protocol that has a reader in Java. Each has canaries, the same scene with stores
 * in a wrong order: on x86 no store overtakes another, so that a missing fence would not show, but a wrong order does.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS)
class StressTest
{
    private static final String EXPECTED_STATE = "exact, complete";
    private static final int ATTEMPTS_MAX = 5;
    private static final boolean IS_NIGHTLY = Boolean.getBoolean("flopmeter.nightly");
    private static final Path RESULTS = Path.of(System.getProperty("flopmeter.stress.results"));

    /** jcstress leaves out, without a word, what needs more cores than there are: so the list is checked. */
    private static final List<String> SOUND = List.of(
        "CloseStress", "DoubleRecordStress", "FoldStress", "GapStress", "ReleaseStress", "RoomStress", "SlotStress");
    private static final List<String> CANARIES = List.of(
        "CloseStress.ClosedBeforeTally", "CloseStress.NoZeroing", "DoubleRecordStress.OneCopy",
        "DoubleRecordStress.VersionBeforeCopy", "FoldStress.CountBeforeFolded",
        "FoldStress.EmptiedBeforeCell", "GapStress.StateBeforeGap",
        "ReleaseStress.CountBeforeSample", "RoomStress.HeadBeforeRead", "SlotStress.SlotCountBeforeSlot");

    private static final Map<String, Map<String, Long>> STATES = new TreeMap<>();

    @BeforeAll
    static void runAll() throws IOException, InterruptedException, ClassNotFoundException
    {
        // Nightly: every combination of compilers and flags that jcstress knows.
        run("org.flopmeter.wire", IS_NIGHTLY ?
            List.of("-iters", "3", "-time", "500", "-sc", "true",
                "-jvmArgsPrepend", System.getProperty("flopmeter.jvm.opens")) :
            List.of("-iters", "3", "-time", "200", "-sc", "false",
                "-jvmArgs", System.getProperty("flopmeter.jvm.opens") + " -Xmx256m"));
    }

    /** Two cores that are busy with other things may need longer to meet. */
    private static void runAgain(final String canary) throws IOException, InterruptedException, ClassNotFoundException
    {
        for (int attempt = 1; attempt <= ATTEMPTS_MAX && !isSeen(canary); attempt++)
        {
            run(canary, List.of(
                "-iters", "5", "-time", String.valueOf(1000 * attempt), "-sc", "false",
                "-jvmArgs", System.getProperty("flopmeter.jvm.opens") + " -Xmx256m"));
        }
    }

    private static boolean isSeen(final String canary)
    {
        return STATES.get(canary).keySet().stream().anyMatch((state) -> !EXPECTED_STATE.equals(state));
    }

    private static void run(final String tests, final List<String> options)
        throws IOException, InterruptedException, ClassNotFoundException
    {
        removeResults();
        Files.createDirectories(RESULTS);
        final Path log = RESULTS.resolve("jcstress.log");
        final List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp", System.getProperty("java.class.path"), "org.openjdk.jcstress.Main",
            "-r", RESULTS.toString(), "-t", tests, "-c", "2", "-f", "1", "-af", "NONE",
            "-strideSize", "128", "-strideCount", "8"));
        command.addAll(options);
        final Process process = new ProcessBuilder(command)
            .directory(RESULTS.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        // Not 0 when something was seen: what it means is judged below.
        process.waitFor();
        collect(log);
    }

    @Test
    void shouldRunEveryTest()
    {
        final List<String> expected = new ArrayList<>(CANARIES);
        SOUND.forEach((name) -> expected.add(name + ".Sound"));
        expected.sort(Comparator.naturalOrder());
        assertEquals(expected, List.copyOf(STATES.keySet()));
    }

    @Test
    void shouldSeeOnlyWhatWasWritten()
    {
        for (final String name : SOUND)
        {
            assertEquals(List.of(EXPECTED_STATE), List.copyOf(STATES.get(name + ".Sound").keySet()), name);
        }
    }

    @Test
    void shouldSeeEachPlantedMistake() throws IOException, InterruptedException, ClassNotFoundException
    {
        for (final String name : CANARIES)
        {
            runAgain(name);
            assertTrue(isSeen(name), name + " was not seen: " + STATES.get(name));
        }
    }

    private static void collect(final Path log) throws IOException, ClassNotFoundException
    {
        final InProcessCollector collector = new InProcessCollector();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(RESULTS, "jcstress-results-*.bin.gz"))
        {
            for (final Path file : files)
            {
                final DiskReadCollector reader = new DiskReadCollector(file.toString(), collector);
                reader.dump();
                reader.close();
            }
        }
        assertTrue(!collector.getTestResults().isEmpty(), "no results: see " + log);
        for (final TestResult result : collector.getTestResults())
        {
            final String name = result.getName().replace("org.flopmeter.wire.", "");
            assertEquals(Status.NORMAL, result.status(), name + ": " + result.getMessages() + ", see " + log);
            final Map<String, Long> states = STATES.computeIfAbsent(name, (absent) -> new TreeMap<>());
            result.getStateKeys().forEach((state) -> states.merge(state, result.getCount(state), Long::sum));
        }
        STATES.forEach((name, states) -> System.out.println("jcstress " + name + ": " + states));
    }

    private static void removeResults() throws IOException
    {
        if (Files.exists(RESULTS))
        {
            try (Stream<Path> paths = Files.walk(RESULTS))
            {
                for (final Path path : paths.sorted(Comparator.reverseOrder()).toList())
                {
                    Files.delete(path);
                }
            }
        }
    }
}

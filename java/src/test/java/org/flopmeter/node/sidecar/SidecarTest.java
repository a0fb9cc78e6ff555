/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.AccountHeldException;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CommittedTotals;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.meter.Drain;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.record.ArtifactNotes;
import org.flopmeter.node.run.LiveText;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.Suite;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.LaneMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sidecar's duty cycle in this process: many runs, damaged ones among them, and nothing kept of those that end. */
final class SidecarTest
{
    private static final int RUNS = Suite.rounds(1000, 50_000);
    private static final int AT_ONCE = 64;
    private static final int CYCLES_MAX = 2000;
    private static final int SAMPLES = 10;
    private static final int FLOP_COUNT = 7;

    private final LaneMapper mapper = new NativeLaneMapper();
    private final List<String> said = new ArrayList<>();
    private final long uid = StateDirectory.uid();
    private Path place;
    private Sidecar sidecar;

    @BeforeEach
    void setUp() throws IOException
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
        place = SidecarScene.newPlace("sidecar-");
        sidecar = newSidecar();
    }

    @AfterEach
    void tearDown() throws IOException
    {
        if (null != sidecar)
        {
            sidecar.close();
            SidecarScene.delete(place);
        }
    }

    private Sidecar newSidecar() throws IOException
    {
        return new Sidecar(List.of(MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE, said::add);
    }

    private void cycleUntilResult(final Path directory)
    {
        for (int i = 0; i < CYCLES_MAX && !Files.exists(directory.resolve(ResultFiles.RESULT)); i++)
        {
            sidecar.lookSoon();
            sidecar.cycle();
        }
        assertTrue(Files.exists(directory.resolve(ResultFiles.RESULT)), () -> directory + ": " + said);
    }

    private static JsonNode resultOf(final Path directory)
    {
        return JsonMapper.shared().readTree(directory.resolve(ResultFiles.RESULT).toFile());
    }

    private static void assertExact(final Path directory, final long flopCount)
    {
        final JsonNode result = resultOf(directory);
        assertEquals(Long.toString(flopCount), result.at("/flop/lower").asString());
        assertTrue(result.path("conserved").asBoolean());
        assertEquals(0, result.path("findings").size(), () -> result.path("findings").toString());
    }

    @Test
    void shouldKeepNothingOfRunsThatHaveEnded() throws Exception
    {
        final Path template = SidecarScene.newDirectory(place, RUNS);
        StandingDirectory.writeControl(template);
        final Path lane = SidecarScene.newLane(template, SAMPLES, FLOP_COUNT);
        final int retainedBefore = sidecar.retainedCount();
        for (int first = 0; first < RUNS; first += AT_ONCE)
        {
            final int last = Math.min(RUNS, first + AT_ONCE);
            for (int i = first; i < last; i++)
            {
                final Path run = SidecarScene.newRun(place, i);
                Files.copy(lane, run.resolve(lane.getFileName()));
            }
            for (int i = first; i < last; i++)
            {
                SidecarScene.end(SidecarScene.nameOf(place, i), i);
            }
            for (int i = first; i < last; i++)
            {
                final Path run = SidecarScene.nameOf(place, i);
                cycleUntilResult(run);
                assertExact(run, SAMPLES * FLOP_COUNT);
            }
            assertTrue(sidecar.retainedCount() <= 2 * AT_ONCE + 8, () -> "kept: " + sidecar.retainedCount());
            for (int i = first; i < last; i++)
            {
                SidecarScene.delete(SidecarScene.nameOf(place, i));
            }
        }
        sidecar.lookSoon();
        sidecar.cycle();
        assertEquals(0, sidecar.servedCount());
        assertEquals(RUNS, sidecar.runsServed());
        assertTrue(sidecar.retainedCount() <= retainedBefore + 2, () -> "kept: " + sidecar.retainedCount());
    }

    @Test
    void shouldServeManyRunsAtOnce() throws Exception
    {
        final Path[] runs = new Path[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++)
        {
            runs[i] = SidecarScene.newRun(place, i);
        }
        for (int i = 0; i < CYCLES_MAX && sidecar.servedCount() < AT_ONCE; i++)
        {
            sidecar.lookSoon();
            sidecar.cycle();
        }
        assertEquals(AT_ONCE, sidecar.servedCount());
        for (int i = 0; i < AT_ONCE; i += 8)
        {
            SidecarScene.newLane(runs[i], SAMPLES + i, FLOP_COUNT);
        }
        for (int i = 0; i < AT_ONCE; i++)
        {
            SidecarScene.end(runs[i], i);
            cycleUntilResult(runs[i]);
            assertExact(runs[i], 0 == i % 8 ? (SAMPLES + i) * FLOP_COUNT : 0);
        }
    }

    @Test
    void shouldQuarantineWhatIsDamagedAndServeTheOthers() throws Exception
    {
        final Map<Path, String> bad = badDirectories();
        final Path good = SidecarScene.newRun(place, 100);
        SidecarScene.newLane(good, SAMPLES, FLOP_COUNT);
        SidecarScene.end(good, 100);

        cycleUntilResult(good);

        assertExact(good, SAMPLES * FLOP_COUNT);
        sidecar.lookSoon();
        sidecar.cycle();
        bad.forEach((directory, what) ->
        {
            final String reason = sidecar.quarantine().reasons().get(directory);
            assertNotNull(reason, () -> what + " was not put into quarantine: " + sidecar.quarantine().reasons());
            assertFalse(reason.isBlank(), what);
        });
        assertEquals(bad.size(), sidecar.quarantine().reasons().size());
        assertEquals(0, sidecar.servedCount());
        assertEquals(bad.size(), said.size(), said::toString);

        for (final Path directory : bad.keySet())
        {
            SidecarScene.delete(directory);
        }
        sidecar.lookSoon();
        sidecar.cycle();
        assertEquals(Map.of(), sidecar.quarantine().reasons());
    }

    private Map<Path, String> badDirectories() throws IOException
    {
        final Map<Path, String> bad = new LinkedHashMap<>();
        final Path target = Files.createDirectory(place.resolve("elsewhere"));
        bad.put(Files.createSymbolicLink(SidecarScene.nameOf(place, 1), target), "a symbolic link");
        bad.put(Files.createFile(SidecarScene.nameOf(place, 2)), "a file");
        final Path writable = SidecarScene.newRun(place, 3);
        Files.setPosixFilePermissions(writable, PosixFilePermissions.fromString("rwxrwxrwx"));
        bad.put(writable, "a directory that all can write to");
        if (0 == uid)
        {
            final Path foreign = SidecarScene.newRun(place, 4);
            Files.setAttribute(foreign, "unix:uid", 65_534);
            bad.put(foreign, "a directory of somebody else");
        }
        final Path garbage = SidecarScene.newRun(place, 5);
        Files.write(garbage.resolve("control"), new byte[ControlDescriptor.FILE_LENGTH]);
        bad.put(garbage, "a control file of zeros");
        final Path truncated = SidecarScene.newRun(place, 6);
        truncate(truncated.resolve("control"), 100);
        bad.put(truncated, "a short control file");
        final Path linked = SidecarScene.newRun(place, 7);
        Files.delete(linked.resolve("control"));
        Files.createSymbolicLink(linked.resolve("control"), garbage.resolve("control"));
        bad.put(linked, "a control file that is a link");
        final Path words = SidecarScene.newRun(place, 8);
        Files.writeString(words.resolve(RunFacts.RUN), "{\"run\": ");
        bad.put(words, "a run.json that ends in the middle");
        final Path facts = SidecarScene.newRun(place, 9);
        Files.writeString(facts.resolve(RunFacts.FACTS), "[]");
        bad.put(facts, "facts that are none");
        final Path account = SidecarScene.newRun(place, 10);
        Files.createDirectory(account.resolve("account-1"));
        bad.put(account, "an account that is a directory");
        final Path lock = SidecarScene.newRun(place, 11);
        Files.createSymbolicLink(lock.resolve(".account.lock"), target.resolve("lock"));
        bad.put(lock, "a lock that is a link");
        return bad;
    }

    private static void truncate(final Path file, final long length) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.truncate(length);
        }
    }

    @Test
    void shouldTellOfAnAccountThatIsCutOff() throws Exception
    {
        final Path run = SidecarScene.newRun(place, 1);
        SidecarScene.newLane(run, SAMPLES, FLOP_COUNT);
        drainUntilCommitted(run, SAMPLES);
        sidecar.close();
        truncate(run.resolve("account-1"), 10);
        sidecar = newSidecar();
        SidecarScene.end(run, 1);

        cycleUntilResult(run);

        assertTrue(resultOf(run).path("findings").size() > 0, "the damage is told of");
    }

    @Test
    void shouldGoOnWhereAnotherSidecarEnded() throws Exception
    {
        final Path run = SidecarScene.newRun(place, 1);
        SidecarScene.newLane(run, SAMPLES, FLOP_COUNT);
        drainUntilCommitted(run, SAMPLES);
        assertNull(MeterPlace.hold(place, uid), "two sidecars in one place");
        sidecar.close();
        SidecarScene.newLane(run, 2 * SAMPLES, FLOP_COUNT);
        sidecar = newSidecar();
        drainUntilCommitted(run, 3 * SAMPLES);
        SidecarScene.end(run, 1);

        cycleUntilResult(run);

        assertExact(run, 3 * SAMPLES * FLOP_COUNT);
    }

    /** What a program says of its files is recorded by a meter of its own run: this one makes way for it. */
    @Test
    void shouldMakeWayForAMeterThatRecordsFiles() throws Exception
    {
        final Path run = SidecarScene.newRun(place, 1);
        SidecarScene.newLane(run, SAMPLES, FLOP_COUNT);
        drainUntilCommitted(run, SAMPLES);
        Files.createFile(run.resolve(ArtifactNotes.FILE));
        SidecarScene.newLane(run, 2 * SAMPLES, FLOP_COUNT);
        SidecarScene.end(run, 1);
        for (int i = 0; i < CYCLES_MAX && sidecar.isServed(run); i++)
        {
            sidecar.lookSoon();
            sidecar.cycle();
        }
        for (int i = 0; i < 10; i++)
        {
            sidecar.lookSoon();
            sidecar.cycle();
        }

        assertEquals(0, sidecar.servedCount(), "not taken up again");
        assertEquals(0, sidecar.runsServed());
        assertTrue(sidecar.quarantine().reasons().isEmpty(), () -> said.toString());
        assertTrue(Files.notExists(run.resolve(ResultFiles.RESULT)), "that is the other meter's to write");
        try (AggregatorAgent own = AggregatorAgent.open(run, mapper))
        {
            final Reading reading = Drain.toEnd(own);
            assertEquals(Long.toString(3L * SAMPLES * FLOP_COUNT), LiveText.counted(reading).toString());
        }
    }

    @Test
    void shouldReclaimLanesOfServicesThatHaveEnded() throws Exception
    {
        final ServedRun services = StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar);
        sidecar.add(services);
        final int processes = 40;
        for (int i = 0; i < processes; i++)
        {
            SidecarScene.newLane(services.directory(), SAMPLES, FLOP_COUNT);
        }
        drainUntilCommitted(services.directory(), (long)processes * SAMPLES);
        final long beginNs = System.nanoTime();
        long lanes = lanesIn(services.directory());
        while (lanes > 32 && System.nanoTime() - beginNs < 30_000_000_000L)
        {
            sidecar.cycle();
            lanes = lanesIn(services.directory());
        }
        assertTrue(lanes <= 32, lanes + " lanes are left");
        final Reading reading = Reading.of(CommittedTotals.read(services.directory(), mapper));
        assertEquals((long)processes * SAMPLES, reading.samplesConsumed() + reading.samplesFolded());
        assertEquals(Long.toString((long)processes * SAMPLES * FLOP_COUNT), LiveText.counted(reading).toString());
    }

    @Test
    void shouldMoveDamagedServicesAside() throws Exception
    {
        Files.createFile(place.resolve(RunFacts.SERVICES));

        sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));

        assertTrue(Files.isDirectory(place.resolve(RunFacts.SERVICES)));
        assertEquals(1, sidecar.quarantine().reasons().size());
        sidecar.lookSoon();
        sidecar.cycle();
        assertEquals(1, sidecar.quarantine().reasons().size(), "as long as it is there");
    }

    /** Moved aside, lanes of services would go on where nobody reads them. */
    @Test
    void shouldLeaveServicesThatAnotherMeterReadsWhereTheyAre() throws Exception
    {
        sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));

        assertThrows(AccountHeldException.class,
            () -> StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));

        assertTrue(Files.isDirectory(place.resolve(RunFacts.SERVICES)));
        assertTrue(sidecar.quarantine().reasons().isEmpty());
    }

    private static long lanesIn(final Path directory) throws IOException
    {
        try (var files = Files.list(directory))
        {
            return files.filter(file -> file.toString().endsWith(".lane")).count();
        }
    }

    private void drainUntilCommitted(final Path directory, final long samples) throws IOException
    {
        long found = 0;
        for (int i = 0; i < CYCLES_MAX && found < samples; i++)
        {
            sidecar.lookSoon();
            sidecar.cycle();
            if (Files.exists(directory.resolve(".account.lock")))
            {
                final Reading reading = Reading.of(CommittedTotals.read(directory, mapper));
                found = reading.samplesConsumed() + reading.samplesFolded();
            }
        }
        assertEquals(samples, found, said::toString);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.LaneMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Services on a file system that is full: no damage, and nothing is moved. Needs root, for a mount of 128 KiB. */
final class StandingDirectoryTest
{
    private static final int ROOM = 128 * 1024;

    private final LaneMapper mapper = new ChannelLaneMapper();
    private final long uid = StateDirectory.uid();
    private final List<String> said = new ArrayList<>();
    private Path place;
    private boolean isMounted;
    private Sidecar sidecar;

    private static int run(final String... command) throws IOException, InterruptedException
    {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    @BeforeEach
    void setUp() throws Exception
    {
        place = Files.createTempDirectory("flopmeter-standing-");
        isMounted = 0 == uid && Files.isExecutable(Path.of("/bin/mount")) &&
            0 == run("/bin/mount", "-t", "tmpfs", "-o", "mode=0700,size=" + ROOM, "tmpfs", place.toString());
        assumeTrue(isMounted, "SKIPPED: mounting a small tmpfs needs root and CAP_SYS_ADMIN");
        sidecar = new Sidecar(List.of(MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE, said::add);
    }

    @AfterEach
    void tearDown() throws Exception
    {
        if (null != sidecar)
        {
            sidecar.close();
        }
        if (isMounted)
        {
            assertEquals(0, run("/bin/umount", "-l", place.toString()));
        }
        Files.deleteIfExists(place);
    }

    private void fill(final long roomLeft) throws IOException
    {
        final Path filler = place.resolve("filler");
        Files.deleteIfExists(filler);
        Files.write(filler, new byte[(int)Math.max(0, Files.getFileStore(place).getUsableSpace() - roomLeft)]);
    }

    private List<String> names() throws IOException
    {
        try (Stream<Path> files = Files.list(place))
        {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("services"))
                .sorted().toList();
        }
    }

    @Test
    void shouldLeaveServicesWhereTheyAreWhileThereIsNoRoom() throws Exception
    {
        final long[] rooms = { 0, 4096 };
        for (final long room : rooms)
        {
            fill(room);
            assertThrows(IOException.class,
                () -> StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar),
                () -> room + " bytes of room");
            assertTrue(names().isEmpty() || List.of("services").equals(names()), () -> room + ": " + said);
            assertEquals(List.of(), said);
        }
        Files.delete(place.resolve("filler"));

        sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));

        assertEquals(List.of("services"), names());
        assertTrue(sidecar.quarantine().reasons().isEmpty());
    }

    /** Canary: damage is still told from want of room. */
    @Test
    void shouldMoveDamageAsideWhereThereIsRoom() throws Exception
    {
        Files.createFile(place.resolve("services"));

        sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));

        assertEquals(2, names().size(), () -> said.toString());
        assertEquals(1, said.size());
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.ControlDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The system is short of something when a sidecar takes services over: that is no damage of theirs. */
final class StandingDoubtTest
{
    @TempDir
    private Path folder;
    private final ChannelLaneMapper mapper = new ChannelLaneMapper();
    private final List<String> said = new ArrayList<>();
    private final long uid = StateDirectory.uid();
    private Path place;

    @BeforeEach
    void setUp() throws IOException
    {
        place = Files.createDirectory(folder.resolve("place"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private List<String> names() throws IOException
    {
        try (Stream<Path> files = Files.list(place))
        {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("services"))
                .sorted().toList();
        }
    }

    /** What names the meter to a ledger. */
    private byte[] nonce() throws IOException
    {
        final byte[] control = Files.readAllBytes(place.resolve("services").resolve(ControlDescriptor.NAME));
        return Arrays.copyOfRange(
            control, ControlDescriptor.METER_NONCE_OFFSET, ControlDescriptor.METER_NONCE_OFFSET + Long.BYTES);
    }

    @Test
    void shouldLeaveServicesWhereTheyAreWhileTheyCanNotBeMapped() throws IOException
    {
        try (Sidecar sidecar = new Sidecar(
            List.of(MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE, said::add))
        {
            StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar).close();
            final byte[] nonce = nonce();

            mapper.unmappable.add(ControlDescriptor.NAME);
            final IOException later = assertThrows(
                IOException.class, () -> StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));
            assertEquals("can't be looked at: too many open files", later.getMessage());
            assertEquals(List.of("services"), names(), said::toString);

            mapper.unmappable.clear();
            sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));
            assertEquals(List.of("services"), names(), said::toString);
            assertArrayEquals(nonce, nonce());
            assertEquals(List.of(), said);
        }
    }

    /** The canary: what is damaged is moved aside, as ever. */
    @Test
    void shouldMoveAsideWhatIsNoControlFile() throws IOException
    {
        try (Sidecar sidecar = new Sidecar(
            List.of(MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE, said::add))
        {
            StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar).close();
            Files.write(place.resolve("services").resolve(ControlDescriptor.NAME),
                new byte[ControlDescriptor.FILE_LENGTH]);

            sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));
            assertEquals(2, names().size(), said::toString);
            assertTrue(said.get(0).contains("moved aside"), said::toString);
        }
    }
}

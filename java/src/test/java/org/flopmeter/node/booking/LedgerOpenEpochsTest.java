/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.flopmeter.ledger.Disk;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerClock;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.sidecar.SidecarScene;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes and what a boot left open in their ledger; the first of them can't write. */
final class LedgerOpenEpochsTest
{
    private static final String BOOT = "this boot";
    private static final int EPOCHS = 9;

    private final NoteSigner signer = new NoteSigner(
        LedgerWriter.origin(LedgerHome.randomId()), SigningKey.generate(SignatureAlgorithm.ED25519));
    @TempDir
    private Path folder;

    /** How often a segment was opened. */
    private static final class CountingDisk implements Disk
    {
        private final Disk disk;
        private int opened;

        private CountingDisk(final Path directory)
        {
            disk = new FileDisk(directory, false);
        }

        @Override
        public List<String> list() throws IOException
        {
            return disk.list();
        }

        @Override
        public DiskFile open(final String name, final boolean isCreated) throws IOException
        {
            opened += name.endsWith(".ledger") ? 1 : 0;
            return disk.open(name, isCreated);
        }

        @Override
        public void rename(final String from, final String to) throws IOException
        {
            disk.rename(from, to);
        }

        @Override
        public void delete(final String name) throws IOException
        {
            disk.delete(name);
        }

        @Override
        public void forceDirectory() throws IOException
        {
            disk.forceDirectory();
        }
    }

    private LedgerWriter writer(final Disk disk) throws IOException
    {
        return LedgerWriter.open(disk, LedgerClock.SYSTEM, signer, "test");
    }

    /** Of another boot. */
    private void leaveOpen(final Disk disk, final List<Id> epochs) throws IOException
    {
        try (LedgerWriter writer = writer(disk))
        {
            for (final Id epoch : epochs)
            {
                writer.openEpoch(writer.ledger(), epoch, LedgerHome.randomId(), Id.NONE, "another boot", "test")
                    .source("peak", "machine", "1", "PHYSICAL_BOUND", "test");
            }
            assertTrue(writer.seal(), writer.failure());
        }
    }

    private int openedToClose(final int epochs) throws IOException
    {
        final Path directory = Files.createDirectory(folder.resolve("of-" + epochs));
        final CountingDisk disk = new CountingDisk(directory);
        leaveOpen(disk, IntStream.range(0, epochs).mapToObj(i -> new Id(i, 7)).toList());
        try (LedgerWriter refused = writer(disk))
        {
            new LedgerOpenEpochs(directory, BOOT).closeAbandoned(refused, Set.of());
        }
        try (LedgerWriter next = writer(disk))
        {
            final LedgerOpenEpochs open = new LedgerOpenEpochs(directory, BOOT);
            disk.opened = 0;
            open.closeAbandoned(next, Set.of());
            final int opened = disk.opened;
            assertTrue(next.seal(), next.failure());
            assertEquals(epochs, open.takeClosed().size());
            return opened;
        }
    }

    @Test
    void shouldReadTheLedgerOnceHoweverManyEpochsAreOpen() throws IOException
    {
        final int ofOne = openedToClose(1);
        assertTrue(ofOne > 0);
        assertEquals(ofOne, openedToClose(EPOCHS));
    }

    /** A meter went on with an epoch before it was durable that it was given up: it is open, and is to be found. */
    @Test
    void shouldLeaveOpenWhatAnotherWriterTookUpMeanwhile() throws IOException
    {
        final Path ledger = Files.createDirectory(folder.resolve("ledger"));
        final Disk disk = new FileDisk(ledger, false);
        final Path directory = Files.createDirectory(folder.resolve("run"));
        final LedgerOpenEpochs open = new LedgerOpenEpochs(ledger, BOOT);
        leaveOpen(disk, List.of(new Id(1, 7), new Id(2, 7)));
        try (LedgerWriter refused = writer(disk))
        {
            open.closeAbandoned(refused, Set.of());
            refused.pause();
            Files.write(directory.resolve("control"),
                ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(16, 1).array());
            Files.writeString(directory.resolve(RunFacts.RUN), "{\"run\": \"r\", \"beginNs\": 7}");
            takeUp(ledger, disk, LedgerRun.of(directory, System.nanoTime()));

            refused.resume(signer);
            assertTrue(refused.seal(), refused.failure());
            final Set<Id> closed = open.takeClosed();
            assertEquals(Set.of(new Id(2, 7)), closed);
            open.note(refused, List.of(), closed);
            open.closeAbandoned(refused, Set.of());
            assertFalse(refused.isDirty(), "its meter is there");
            assertFalse(refused.trace(LedgerWriter.Position.BEGINNING, new Id(1, 7)).isClosed());

            SidecarScene.delete(directory);
            open.closeAbandoned(refused, Set.of());
            assertTrue(refused.seal(), refused.failure());
            assertEquals(Set.of(new Id(1, 7)), open.takeClosed());
        }
    }

    /** One process was to close an epoch, and goes on with it before that is durable. */
    private Verification goneOnWith(final Id epoch, final boolean isTakenBack) throws IOException
    {
        final Path ledger = Files.createDirectory(folder.resolve("taken-back-" + isTakenBack));
        final Disk disk = new FileDisk(ledger, false);
        final LedgerOpenEpochs open = new LedgerOpenEpochs(ledger, BOOT);
        leaveOpen(disk, List.of(epoch));
        try (LedgerWriter writer = writer(disk))
        {
            open.closeAbandoned(writer, Set.of());
            if (isTakenBack)
            {
                open.takeBack(writer, epoch);
            }
            goOn(writer, epoch);
            assertTrue(writer.seal(), writer.failure());
            assertEquals(isTakenBack ? Set.of() : Set.of(epoch), open.takeClosed());
        }
        return new Verifier(disk).verify(null, null);
    }

    @Test
    void shouldTakeBackAClosingThatIsNotDurable() throws IOException
    {
        final Id epoch = new Id(1, 7);
        final Verification verification = goneOnWith(epoch, true);
        assertEquals(List.of(), verification.findings());
        assertFalse(verification.state().epoch(epoch).isClosed());

        // Canary: of two successors the second is none.
        assertNotEquals(List.of(), goneOnWith(epoch, false).findings());
    }

    private static void goOn(final LedgerWriter writer, final Id epoch) throws IOException
    {
        writer.openEpoch(writer.ledger(), epoch, LedgerHome.randomId(),
            writer.trace(LedgerWriter.Position.BEGINNING, epoch).nonce(), BOOT, "test");
    }

    private void takeUp(final Path ledger, final Disk disk, final LedgerRun run) throws IOException
    {
        try (LedgerWriter writer = writer(disk))
        {
            goOn(writer, run.id());
            new LedgerOpenEpochs(ledger, BOOT).note(writer, List.of(run), Set.of());
            assertTrue(writer.seal(), writer.failure());
        }
    }
}

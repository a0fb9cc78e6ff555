/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.EpochWriter.KeyWriter;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.Signer;
import org.flopmeter.ledger.LedgerWriter.Position;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a seal writes and where, and what stays to be written when the disk refuses. */
class LedgerWriterTest
{
    private static final String SEGMENT = SegmentScan.segmentName(1);
    private static final String SECOND = SegmentScan.segmentName(2);

    private final SimulatedDisk disk = new SimulatedDisk();
    private final Session.Clock clock = new Session.Clock();
    private LedgerWriter writer;

    @BeforeEach
    void open() throws IOException
    {
        writer = LedgerWriter.open(disk, clock, Session.SIGNER, "test", 4_000);
    }

    private EpochWriter epoch(final Id epoch)
    {
        return writer.openEpoch(Session.METER, epoch, new Id(5, 6), Id.NONE, "boot", "software");
    }

    private void change()
    {
        writer.changeParameter("name", "before", "after", "author");
    }

    private long used()
    {
        return disk.list().stream().mapToLong(name -> disk.bytes(name).length).sum();
    }

    private Verification verified() throws IOException
    {
        final Verification verification = new Verifier(disk).verify(null, null);
        assertEquals(List.of(), verification.findings());
        return verification;
    }

    private List<LedgerEntry> entries() throws IOException
    {
        final List<LedgerEntry> entries = new ArrayList<>();
        new Verifier(disk).onEntry((entry, sequence, block) -> entries.add(entry)).verify(null, null);
        return entries;
    }

    @Test
    void shouldSayWhetherAnythingIsNotDurable() throws IOException
    {
        assertTrue(writer.isDirty(), "the beginning of the ledger");
        assertTrue(writer.seal());
        assertFalse(writer.isDirty());
        change();
        assertTrue(writer.isDirty());
        assertTrue(writer.seal());
        final EpochWriter epoch = epoch(Session.EPOCH);
        final KeyWriter key = epoch.key(Session.keyOf(1), null);
        assertTrue(writer.seal());
        assertFalse(writer.isDirty());
        key.use(FlopCount.of(5), 1, 1, 2);
        assertTrue(writer.isDirty());
        assertTrue(writer.seal());
        assertFalse(writer.isDirty());
        epoch.close();
        assertTrue(writer.isDirty());
        assertTrue(writer.seal());
        assertFalse(writer.isDirty());
        final long blocks = writer.blocks();
        assertTrue(writer.seal());
        assertEquals(blocks, writer.blocks(), "nothing to write, nothing written");
        assertNotNull(writer.checkpoint());
        assertTrue(writer.seal());
        assertEquals(blocks, writer.blocks(), "a checkpoint alone makes no block");
        assertTrue(verified().state().epoch(Session.EPOCH).isClosed());
    }

    /** More than a block holds, in one seal: three blocks, each a leaf, and nothing of it twice. */
    @Test
    void shouldSealManyEntriesInSeveralBlocks() throws IOException
    {
        final EpochWriter epoch = epoch(Session.EPOCH);
        final int keys = 4_500;
        for (int i = 0; i < keys; i++)
        {
            epoch.key(Session.keyOf(i), null).use(FlopCount.of(i), 1, 1, 2);
        }
        assertTrue(writer.seal());
        assertEquals(3, writer.blocks());
        assertNotNull(writer.checkpoint());
        change();
        assertTrue(writer.seal());
        assertEquals(4, writer.blocks());

        final Verification verification = verified();
        assertEquals(3, verification.proved());
        assertEquals(keys, verification.state().epoch(Session.EPOCH).keys().size());
        assertEquals(FlopCount.of(keys * (keys - 1) / 2), Session.total(verification));
        assertEquals(3 + 2 * keys + 2, verification.sequence());
        assertArrayEquals(verification.root(),
            MerkleTree.ofStored(disk.bytes(Verifier.TREE), 4).root());
    }

    @Test
    void shouldBeginTheNextSegmentBehindTheBlockThatIsLongEnough() throws IOException
    {
        assertEquals(new Position(1, 64), writer.position());
        while (!disk.list().contains(SEGMENT) || disk.bytes(SEGMENT).length < 4_000)
        {
            change();
            assertTrue(writer.seal());
            assertEquals(List.of(SEGMENT), SegmentScan.segments(disk.list()));
            assertEquals(new Position(1, disk.bytes(SEGMENT).length), writer.position());
        }
        final byte[] full = disk.bytes(SEGMENT);
        change();
        assertTrue(writer.seal());
        assertArrayEquals(full, disk.bytes(SEGMENT));
        assertEquals(1, Blocks.of(disk.bytes(SECOND)).count());
        assertEquals(new Position(2, disk.bytes(SECOND).length), writer.position());
        verified();
    }

    /** Also where it ends at the very byte, and whoever opens it next sees that, too. */
    @Test
    void shouldBeginTheNextSegmentWhereOneIsExactlyFull() throws IOException
    {
        assertTrue(writer.seal());
        writer.close();
        final SimulatedDisk probe = disk.copy();
        final LedgerWriter ahead = LedgerWriter.open(probe, clock, Session.SIGNER, "test");
        ahead.changeParameter("name", "before", "after", "author");
        assertTrue(ahead.seal());
        final int length = probe.bytes(SEGMENT).length;
        for (final boolean isOpenedAgain : new boolean[]{ false, true })
        {
            final SimulatedDisk copy = disk.copy();
            LedgerWriter exact = LedgerWriter.open(copy, clock, Session.SIGNER, "test", length);
            for (int i = 0; i < 2; i++)
            {
                exact.changeParameter("name", "before", "after", "author");
                assertTrue(exact.seal());
                exact = isOpenedAgain ? LedgerWriter.open(copy, clock, Session.SIGNER, "test", length) : exact;
            }
            assertEquals(length, copy.bytes(SEGMENT).length);
            assertEquals(1, Blocks.of(copy.bytes(SECOND)).count());
        }
    }

    /** A ledger of years costs a seal no more than a new one. */
    @Test
    void shouldWriteOfTheTreeOnlyWhatIsNew() throws IOException
    {
        assertTrue(writer.seal());
        final List<Long> costs = new ArrayList<>();
        for (int i = 0; i < 60; i++)
        {
            final long before = disk.bytesWritten;
            change();
            assertTrue(writer.seal());
            costs.add(disk.bytesWritten - before);
        }
        final long most = costs.stream().mapToLong(Long::longValue).max().orElseThrow();
        final long least = costs.stream().mapToLong(Long::longValue).min().orElseThrow();
        assertTrue(most - least <= 64 + 6 * 32, costs::toString);
    }

    /** A meter runs for weeks: no file stays open that is not written to. */
    @Test
    void shouldLetGoOfFilesWhateverTheDiskDoes() throws IOException
    {
        assertEquals(0, disk.openFiles);
        assertTrue(writer.seal());
        assertEquals(1, disk.openFiles);
        writer.pause();
        assertEquals(0, disk.openFiles);
        writer.resume(Session.SIGNER);
        change();
        disk.forcesToFail = 1;
        assertFalse(writer.seal());
        assertEquals(0, disk.openFiles);
        disk.forcesToFail = 1;
        assertFalse(writer.seal(), "now it is the header of a segment");
        assertEquals(0, disk.openFiles);
        assertFalse(disk.list().contains(SECOND));
        assertTrue(writer.seal());
        writer.close();
        writer.close();
        assertEquals(0, disk.openFiles);
    }

    /** What a writer was told is not there is superseded, or taken back: it is said why not both. */
    @Test
    void shouldSayWhatElseTheDiskRefused() throws IOException
    {
        assertTrue(writer.seal());
        change();
        disk.forcesToFail = 1;
        disk.truncatesToFail = 1;
        assertFalse(writer.seal());
        assertEquals("Input/output error; no truncation", writer.failure());
        assertTrue(writer.seal());
        assertEquals(2, verified().blocks());
        change();
        disk.refusal = null;
        disk.forcesToFail = 1;
        assertFalse(writer.seal());
        assertEquals("IOException", writer.failure());
    }

    /** What was written before a force that failed is taken back, and said again in another segment. */
    @Test
    void shouldTakeBackWhatTheDiskRefusedAndGoOnElsewhere() throws IOException
    {
        assertTrue(writer.seal());
        final byte[] before = disk.bytes(SEGMENT);
        change();
        disk.forcesToFail = 1;
        assertFalse(writer.seal());
        assertEquals("Input/output error", writer.failure());
        assertTrue(writer.isDirty());
        assertArrayEquals(before, disk.bytes(SEGMENT));
        assertEquals(new Position(2, 64), writer.position());
        assertEquals(1, writer.blocks());
        assertTrue(writer.seal());
        assertNull(writer.failure());
        assertArrayEquals(before, disk.bytes(SEGMENT));
        assertEquals(1, Blocks.of(disk.bytes(SECOND)).count());
        verified();
    }

    @Test
    void shouldLeaveNoSegmentWithoutABlockWhereTheDiskIsFull() throws IOException
    {
        for (int room = 0; room < 80; room += 8)
        {
            disk.capacity = used() + room;
            assertFalse(writer.seal());
            assertEquals("No space left on device", writer.failure());
            assertFalse(disk.list().contains(SEGMENT), "room for " + room);
        }
        disk.capacity = Long.MAX_VALUE;
        assertTrue(writer.seal());
        assertEquals(1, verified().blocks());
    }

    /** It signs with the key that the ledger says, whatever the disk did meanwhile. */
    @Test
    void shouldKeepItsKeyWhereTheDiskRefusesTheChange() throws IOException
    {
        final NoteSigner next = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519));
        change();
        assertTrue(writer.seal());
        disk.forcesToFail = 1;
        assertFalse(writer.rotate(next));
        disk.forcesToFail = 1;
        assertFalse(writer.revoke());
        change();
        assertTrue(writer.seal());
        assertEquals(1, entries().stream().filter(Signer.class::isInstance).count(), "it is not tried again by itself");
        assertNotNull(writer.checkpoint());
        assertEquals(List.of(), new Verifier(disk).verify(Session.SIGNER.noteKey(), null).findings());

        assertTrue(writer.rotate(next));
        assertNotNull(writer.checkpoint());
        final Verification rotated = new Verifier(disk).verify(next.noteKey(), null);
        assertEquals(List.of(), rotated.findings());
        assertEquals(rotated.blocks(), rotated.proved());
        assertTrue(writer.revoke());
        assertTrue(verified().state().isRevoked());
    }

    @Test
    void shouldSignOnceWhatIsDurable() throws IOException
    {
        assertNull(writer.checkpoint(), "there is nothing to sign");
        assertTrue(writer.isCheckpointed());
        assertTrue(writer.seal());
        assertFalse(writer.isCheckpointed());
        final String note = writer.checkpoint();
        assertTrue(writer.isCheckpointed());
        final int operations = disk.operations;
        assertEquals(note, writer.checkpoint());
        assertEquals(operations, disk.operations, "it is there already");
        assertArrayEquals(note.getBytes(StandardCharsets.UTF_8), disk.bytes(Verifier.CHECKPOINT));
        assertArrayEquals(note.getBytes(StandardCharsets.UTF_8),
            disk.afterPowerLoss(ignored -> false).bytes(Verifier.CHECKPOINT));
        change();
        assertTrue(writer.seal());
        disk.forcesToFail = 1;
        assertNull(writer.checkpoint());
        assertEquals("Input/output error", writer.failure());
        assertFalse(writer.isCheckpointed());
        assertTrue(writer.seal());
        assertNull(writer.failure(), "everything is durable");
        assertArrayEquals(note.getBytes(StandardCharsets.UTF_8), disk.bytes(Verifier.CHECKPOINT));
        assertNotNull(writer.checkpoint());
        assertEquals(2, verified().proved());
    }

    /** Another one, shorter, is put in its place whole. */
    @Test
    void shouldReplaceAFileThatWasLeftBeside() throws IOException
    {
        disk.put(Verifier.CHECKPOINT + ".new", new byte[5_000]);
        assertTrue(writer.seal());
        assertEquals(writer.checkpoint(), new String(disk.bytes(Verifier.CHECKPOINT), StandardCharsets.UTF_8));
        assertFalse(disk.list().contains(Verifier.CHECKPOINT + ".new"));
    }

    /** Somebody else goes on with it: nothing more of it is written, nor is it closed. */
    @Test
    void shouldLetGoOfAnEpochWithAllThatIsPending() throws IOException
    {
        final EpochWriter kept = epoch(new Id(9, 1));
        final EpochWriter gone = epoch(new Id(9, 2));
        final KeyWriter keptKey = kept.key(Session.keyOf(1), null);
        final KeyWriter goneKey = gone.key(Session.keyOf(1), null);
        goneKey.use(FlopCount.of(10), 1, 1, 2);
        assertTrue(writer.seal());
        goneKey.use(FlopCount.of(11), 2, 2, 3);
        gone.gap("all", "why", 1, 2, null);
        gone.close();
        keptKey.use(FlopCount.of(20), 1, 1, 2);
        kept.gap("all", "why", 1, 2, null);
        kept.close();
        assertFalse(gone.isFenced());
        writer.letGo(gone);
        assertTrue(gone.isFenced());
        assertFalse(kept.isFenced());
        assertTrue(writer.seal());

        final LedgerState state = verified().state();
        assertEquals(FlopCount.of(10), state.epoch(new Id(9, 2)).counted());
        assertEquals(List.of(), state.epoch(new Id(9, 2)).gaps());
        assertFalse(state.epoch(new Id(9, 2)).isClosed());
        assertEquals(FlopCount.of(20), state.epoch(new Id(9, 1)).counted());
        assertEquals(1, state.epoch(new Id(9, 1)).gaps().size());
        assertTrue(state.epoch(new Id(9, 1)).isClosed());
    }

    /** The tree's file is derived: what does not fit the disk now is stored with what comes later. */
    @Test
    void shouldStoreTheTreeLaterWhereItDoesNotFitNow() throws IOException
    {
        assertTrue(writer.seal());
        change();
        final SimulatedDisk probe = disk.copy();
        final LedgerWriter ahead = LedgerWriter.open(probe, clock, Session.SIGNER, "test", 4_000);
        ahead.changeParameter("name", "before", "after", "author");
        assertTrue(ahead.seal());
        final long block = probe.bytes(SEGMENT).length - disk.bytes(SEGMENT).length;
        disk.capacity = used() + block + 10;
        assertTrue(writer.seal());
        assertEquals(2, writer.blocks());
        disk.capacity = Long.MAX_VALUE;
        change();
        assertTrue(writer.seal());
        assertArrayEquals(verified().root(), MerkleTree.ofStored(disk.bytes(Verifier.TREE), 3).root());
    }

    @Test
    void shouldGiveEachRepairOnce() throws IOException
    {
        assertTrue(writer.seal());
        writer.close();
        disk.remove(Verifier.TREE);
        final LedgerWriter again = LedgerWriter.open(disk, clock, Session.SIGNER, "test");
        assertEquals(List.of("tree: made again from 1 block"), again.takeRepairs());
        assertEquals(List.of(), again.takeRepairs());
    }

    /** Only where another wrote is anything read or written again. */
    @Test
    void shouldGoOnWhereItPausedUnlessAnotherWrote() throws IOException
    {
        writer.pause();
        writer.resume(Session.SIGNER);
        assertEquals(0, disk.operations);
        final EpochWriter epoch = epoch(Session.EPOCH);
        assertTrue(writer.seal(), "the beginning is still to be written");
        assertNotNull(writer.checkpoint());
        writer.pause();
        final int operations = disk.operations;
        writer.resume(Session.SIGNER);
        assertEquals(operations, disk.operations);
        assertTrue(writer.isCheckpointed());
        writer.pause();
        final LedgerWriter other = LedgerWriter.open(disk, clock, Session.SIGNER, "test", 4_000);
        other.changeParameter("other", "", "", "");
        assertTrue(other.seal());
        assertNotNull(other.checkpoint());
        other.close();
        writer.resume(Session.SIGNER);
        assertEquals(2, writer.blocks());
        assertTrue(writer.isCheckpointed());
        change();
        assertTrue(writer.seal());
        assertEquals(3, verified().blocks());
        assertEquals(1, entries().stream().filter(LedgerEntry.Genesis.class::isInstance).count());
        assertFalse(epoch.isFenced());
        assertEquals(1, entries().stream().filter(EpochOpened.class::isInstance).count(), "nobody took it over");

        // Another signs, and writes no block: nothing is said again either.
        writer.pause();
        final LedgerWriter signing = LedgerWriter.open(disk, clock, Session.SIGNER, "test", 4_000);
        final String note = signing.checkpoint();
        signing.close();
        writer.resume(Session.SIGNER);
        assertEquals(note, writer.checkpoint());
        assertFalse(writer.isDirty());
        assertTrue(writer.seal());
        assertEquals(3, verified().blocks());
    }

    /** Another process resumes the epoch. */
    private void takeOver(final Id nonce, final Id resumes, final long flop) throws IOException
    {
        final LedgerWriter other = LedgerWriter.open(disk, clock, Session.SIGNER, "test", 4_000);
        final EpochWriter epoch = other.openEpoch(Session.METER, Session.EPOCH, nonce, resumes, "boot", "software");
        epoch.key(Session.keyOf(1), null).use(FlopCount.of(flop), 2, 2, 3);
        assertTrue(other.seal());
        other.close();
    }

    /** Taken for dead: whatever it counts from then on is in the other's totals, and its end is the other's to say. */
    @Test
    void shouldWriteNothingOfAnEpochThatWasTakenOver() throws IOException
    {
        final EpochWriter taken = epoch(Session.EPOCH);
        final EpochWriter kept = epoch(new Id(9, 9));
        final KeyWriter key = taken.key(Session.keyOf(1), null);
        final KeyWriter clean = taken.key(Session.keyOf(2), null);
        key.use(FlopCount.of(10), 1, 1, 2);
        assertTrue(writer.seal());
        key.use(FlopCount.of(11), 1, 2, 3);
        taken.gap("all", "why", 1, 2, null);
        taken.close();
        kept.gap("all", "why", 1, 2, null);
        kept.close();
        writer.pause();
        takeOver(new Id(7, 7), new Id(5, 6), 20);
        writer.resume(Session.SIGNER);
        assertTrue(taken.isFenced());
        assertFalse(kept.isFenced());
        key.use(FlopCount.of(12), 1, 3, 4);
        assertTrue(writer.seal());
        clean.use(FlopCount.of(12), 1, 3, 4);
        assertFalse(writer.isDirty());
        assertTrue(writer.seal());

        final LedgerState state = verified().state();
        assertEquals(FlopCount.of(20), state.epoch(Session.EPOCH).counted());
        assertFalse(state.epoch(Session.EPOCH).isClosed());
        assertEquals(List.of(), state.epoch(Session.EPOCH).gaps());
        assertTrue(state.epoch(new Id(9, 9)).isClosed());
        assertEquals(1, state.epoch(new Id(9, 9)).gaps().size());
    }

    /** Its block is there although it was told that it is not, and another writer made it durable. */
    @Test
    void shouldResumeItsOwnEpochWhereABlockTurnsUp() throws IOException
    {
        assertTrue(writer.seal());
        final EpochWriter epoch = epoch(Session.EPOCH);
        final EpochWriter untouched = epoch(new Id(9, 9));
        final KeyWriter key = epoch.key(Session.keyOf(1), epoch.source("blas", "cpu", "calls", "shape", "hash"));
        key.use(FlopCount.of(10), 1, 1, 2);
        epoch.gap("all", "why", 1, 2, null);
        disk.forcesToFail = 1;
        disk.truncatesToFail = 1;
        assertFalse(writer.seal());
        writer.pause();
        final LedgerWriter other = LedgerWriter.open(disk, clock, Session.SIGNER, "test", 4_000);
        assertEquals(2, other.blocks());
        other.changeParameter("other", "", "", "");
        assertTrue(other.seal());
        other.close();
        writer.resume(Session.SIGNER);
        assertFalse(epoch.isFenced());
        assertFalse(untouched.isFenced());
        key.use(FlopCount.of(11), 2, 2, 3);
        assertTrue(writer.seal());
        key.use(FlopCount.of(12), 3, 3, 4);
        epoch.close();
        assertTrue(writer.seal());

        final LedgerState.EpochState found = verified().state().epoch(Session.EPOCH);
        assertEquals(FlopCount.of(12), found.counted());
        assertTrue(found.isClosed());
        assertEquals(2, found.gaps().size(), "rather twice than not at all");
        assertEquals("blas", found.keys().iterator().next().source().source());
        assertEquals(4, entries().stream().filter(EpochOpened.class::isInstance).count());
    }

    /** What is pending is said once more, and what was durable once again, when a ledger is gone. */
    @Test
    void shouldSayAgainWhatIsPendingOnce() throws IOException
    {
        final EpochWriter epoch = epoch(Session.EPOCH);
        final KeyWriter key = epoch.key(Session.keyOf(1), null);
        key.use(FlopCount.of(10), 1, 1, 2);
        assertTrue(writer.seal());
        epoch.gap("all", "why", 1, 2, null);
        change();
        epoch.key(Session.keyOf(2), null).use(FlopCount.of(5), 1, 1, 2);
        writer.pause();
        disk.list().forEach(disk::remove);
        writer.resume(Session.SIGNER);
        assertTrue(writer.seal());

        final LedgerState.EpochState found = verified().state().epoch(Session.EPOCH);
        assertEquals(FlopCount.of(15), found.counted());
        assertEquals(1, found.gaps().size());
        assertEquals(1, entries().stream().filter(LedgerEntry.ParameterChanged.class::isInstance).count());
        assertEquals(2, entries().stream().filter(LedgerEntry.KeyDefined.class::isInstance).count());
        assertEquals(List.of(1L, 1L), List.of(
            entries().stream().filter(LedgerEntry.Genesis.class::isInstance).count(),
            entries().stream().filter(EpochOpened.class::isInstance).count()));
    }

    /** Its end is durable: what is said of it afterwards has no place. */
    @Test
    void shouldForgetAnEpochThatHasEnded() throws IOException
    {
        final EpochWriter epoch = epoch(Session.EPOCH);
        final KeyWriter key = epoch.key(Session.keyOf(1), null);
        key.use(FlopCount.of(10), 1, 1, 2);
        epoch.close();
        assertTrue(writer.seal());
        key.use(FlopCount.of(11), 2, 2, 3);
        assertFalse(writer.isDirty());
        assertTrue(writer.seal());
        assertEquals(FlopCount.of(10), verified().state().epoch(Session.EPOCH).counted());
    }

    /** Whoever signed nothing at all has signed no entry of this ledger. */
    @Test
    void shouldBeginWithTheGenesisBesideACheckpointOfNothing() throws IOException
    {
        disk.put(Verifier.CHECKPOINT, new Checkpoint(Session.SIGNER.name(), 0, MerkleProof.emptyRoot())
            .signed(Session.SIGNER).getBytes(StandardCharsets.UTF_8));
        final LedgerWriter beside = LedgerWriter.open(disk, clock, Session.SIGNER, "test");
        assertTrue(beside.seal());
        assertEquals(2, verified().sequence());
        assertEquals("flopmeter.org/ledger/" + Session.LEDGER, LedgerWriter.origin(Session.LEDGER));
    }

    /** Two begin a ledger at once; whoever comes second says nothing of its beginning again. */
    @Test
    void shouldNotBeginALedgerThatAnotherHasBegun() throws IOException
    {
        final LedgerWriter other = LedgerWriter.open(disk, clock, Session.SIGNER, "test", 4_000);
        final EpochWriter epoch = epoch(Session.EPOCH);
        epoch.key(Session.keyOf(1), null).use(FlopCount.of(5), 1, 1, 2);
        change();
        writer.pause();
        assertTrue(other.seal());
        other.close();
        writer.resume(Session.SIGNER);
        assertTrue(writer.seal());
        assertEquals(FlopCount.of(5), verified().state().epoch(Session.EPOCH).counted());
        assertEquals(1, entries().stream().filter(LedgerEntry.ParameterChanged.class::isInstance).count());
    }
}

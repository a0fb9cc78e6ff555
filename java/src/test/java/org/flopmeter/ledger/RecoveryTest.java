/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.ledger.Verification.Finding;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;

/** Where the next writer goes on, what it puts aside, and that nothing of what it puts aside is lost. */
class RecoveryTest
{
    private static final String SEGMENT = SegmentScan.segmentName(1);
    private static final String SECOND = SegmentScan.segmentName(2);

    private static byte[] joined(final byte[] before, final byte[] behind)
    {
        final byte[] bytes = Arrays.copyOf(before, before.length + behind.length);
        System.arraycopy(behind, 0, bytes, before.length, behind.length);
        return bytes;
    }

    private static LedgerWriter open(final Disk disk) throws IOException
    {
        return LedgerWriter.open(disk, new Session.Clock(), Session.SIGNER, "test");
    }

    /** The next writer books and signs, and a stranger finds nothing wrong. */
    private static Verification goOn(final SimulatedDisk disk) throws IOException
    {
        final Session next = Session.begin(disk, new Id(7, 7), 1);
        assertTrue(next.interval());
        assertNotNull(next.writer().checkpoint());
        next.writer().close();
        final Verification verification = new Verifier(disk).verify(Session.SIGNER.noteKey(), null);
        assertEquals(List.of(), verification.findings());
        assertEquals(next.sum(), verification.state().epoch(new Id(7, 7)).counted());
        return verification;
    }

    @Test
    void shouldKeepEveryByteThatItCutsOff() throws IOException
    {
        for (final int length : new int[]{ 1, 7, 8, 100, BlockLayout.BLOCK_LENGTH_MAX + 24 })
        {
            final SimulatedDisk disk = Session.ledger(2, 4);
            final byte[] whole = disk.bytes(SEGMENT);
            final byte[] torn = new byte[length];
            new Random(length).nextBytes(torn);
            disk.put(SEGMENT, joined(whole, torn));
            final LedgerWriter writer = open(disk);
            writer.close();

            assertEquals(new LedgerWriter.Position(1, whole.length), writer.position(), "it goes on there");
            final String aside = "cut-00000001-" + whole.length;
            final String bytes = 1 == length ? "1 byte" : length + " bytes";
            assertEquals(List.of(
                SEGMENT + ": no whole block: " + bytes + " from offset " + whole.length + " on",
                SEGMENT + ": cut at offset " + whole.length + ", " + bytes + " kept in " + aside),
                writer.repairs());
            assertArrayEquals(torn, disk.bytes(aside));
            assertArrayEquals(whole, disk.bytes(SEGMENT));
            // All of it is durable before the writer rests on it.
            final SimulatedDisk after = disk.afterPowerLoss(ignored -> false);
            assertArrayEquals(torn, after.bytes(aside));
            assertArrayEquals(whole, after.bytes(SEGMENT));
            goOn(disk);
        }
    }

    /** At whatever step the power goes, they are in the segment or aside. */
    @Test
    void shouldKeepWhatItCutsOffWhenThePowerGoesMeanwhile() throws IOException
    {
        final SimulatedDisk ledger = Session.ledger(1, 3);
        final byte[] whole = ledger.bytes(SEGMENT);
        final byte[] torn = new byte[100];
        new Random(1).nextBytes(torn);
        ledger.put(SEGMENT, joined(whole, torn));
        boolean isStopped = true;
        for (int step = 0; isStopped; step++)
        {
            final SimulatedDisk disk = ledger.copy();
            disk.operationsUntilCrash = step;
            isStopped = false;
            try
            {
                open(disk);
            }
            catch (final SimulatedDisk.Crash crash)
            {
                isStopped = true;
            }
            for (int subset = 0; subset < 1 << Math.min(8, disk.unsyncedCount()); subset++)
            {
                final int kept = subset;
                final SimulatedDisk after = disk.afterPowerLoss(operation -> 1 == (kept >> operation & 1));
                final boolean isThere = Arrays.equals(joined(whole, torn), after.bytes(SEGMENT));
                final String aside = "cut-00000001-" + whole.length;
                assertTrue(isThere || Arrays.equals(torn, after.bytes(aside)), "step " + step + ", kept " + kept);
            }
        }
    }

    /** The last bytes say how long the last block is; what they say is looked at before it is believed. */
    @Test
    void shouldNotTrustATrailerThatLies() throws IOException
    {
        final SimulatedDisk ledger = Session.ledger(1, 3);
        final byte[] whole = ledger.bytes(SEGMENT);
        final int last = (int)(whole.length - Blocks.of(whole).offset(2));
        final int length = whole.length + 16;
        for (final int lie : new int[]{ last + 16, length - 64, length - 56, length, length + 8, length + 64,
            BlockLayout.BLOCK_LENGTH_MAX + 8, Integer.MAX_VALUE, 80, 16, 8, 0, -8, Integer.MIN_VALUE })
        {
            final SimulatedDisk disk = ledger.copy();
            disk.put(SEGMENT, joined(whole, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0).putInt(lie).putInt(~lie).array()));
            final LedgerWriter writer = open(disk);
            assertEquals(3, writer.blocks(), "a trailer of " + lie);
            assertArrayEquals(whole, disk.bytes(SEGMENT));
            goOn(disk);
        }
    }

    /** Header, frames and entries of the last block: where one is damaged it is cut off, whole. */
    @Test
    void shouldCutOffALastBlockWithDamageInIt() throws IOException
    {
        final SimulatedDisk ledger = Session.ledger(1, 3);
        ledger.remove(Verifier.CHECKPOINT);
        final byte[] whole = ledger.bytes(SEGMENT);
        final Blocks blocks = Blocks.of(whole);
        final int last = (int)blocks.offset(2);
        final byte[] header = whole.clone();
        header[last + 25] ^= 1;
        final byte[] frame = whole.clone();
        frame[last + 90] ^= 1;
        for (final byte[] damaged : List.of(header, frame, blocks.withKind(2, 99)))
        {
            final SimulatedDisk disk = ledger.copy();
            disk.put(SEGMENT, damaged);
            final LedgerWriter writer = open(disk);
            assertEquals(2, writer.blocks());
            assertEquals(new LedgerWriter.Position(1, last), writer.position());
            assertArrayEquals(Arrays.copyOf(whole, last), disk.bytes(SEGMENT));
            assertArrayEquals(Arrays.copyOfRange(damaged, last, damaged.length), disk.bytes("cut-00000001-" + last));
            goOn(disk);
        }
    }

    /** Of a ledger of any length the end is read, and what is before it is left to who verifies. */
    @Test
    void shouldLookOnlyAtTheEndOfALedgerThatEndsWell() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 5);
        final byte[] damaged = disk.bytes(SEGMENT);
        damaged[(int)Blocks.of(damaged).offset(2) + 90] ^= 1;
        disk.put(SEGMENT, damaged);
        final LedgerWriter writer = open(disk);
        assertEquals(List.of(), writer.repairs());
        assertEquals(new LedgerWriter.Position(1, damaged.length), writer.position());
        assertEquals(5, writer.blocks());
    }

    @Test
    void shouldGoOnInASegmentThatHasOnlyItsHeader() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 3);
        final byte[] first = disk.bytes(SEGMENT);
        final byte[] header = BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(
            Session.LEDGER, 3, Blocks.of(first).sequence(3), 2)).array();
        disk.put(SECOND, header);
        final LedgerWriter writer = open(disk);
        assertEquals(List.of(), writer.repairs());
        assertEquals(new LedgerWriter.Position(2, 64), writer.position());
        assertEquals(3, writer.blocks());
        assertEquals(4, disk.list().size(), disk.list()::toString);
        goOn(disk);
        assertArrayEquals(first, disk.bytes(SEGMENT));
    }

    /** Fewer, more, or as many as no disk has hashes of: a checksum that is right does not make them true. */
    @Test
    void shouldSignNothingWhereANumberSaysThatOtherBlocksWereThere() throws IOException
    {
        final SimulatedDisk ledger = Session.ledger(1, 3);
        ledger.remove(Verifier.CHECKPOINT);
        final byte[] first = ledger.bytes(SEGMENT);
        for (final long blocks : new long[]{ Long.MIN_VALUE, -5, -1, 5, 1L << 57, 3L << 57, 1L << 58, Long.MAX_VALUE })
        {
            final SimulatedDisk header = ledger.copy();
            header.put(SECOND, BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(
                Session.LEDGER, blocks, Blocks.of(first).sequence(3), 2)).array());
            final SimulatedDisk block = ledger.copy();
            block.put(SEGMENT, Blocks.of(first).withBlockOf(blocks - 1));
            for (final SimulatedDisk disk : List.of(header, block))
            {
                assertEquals("blocks are missing, and so are their hashes",
                    assertThrows(LedgerException.class, () -> open(disk), "of " + blocks).getMessage());
            }
        }
    }

    /** Cut twice at one place: the second cut is what is kept, to its last byte and no further. */
    @Test
    void shouldKeepNoByteOfAnEarlierCut() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 3);
        final byte[] whole = disk.bytes(SEGMENT);
        disk.put("cut-00000001-" + whole.length, new byte[500]);
        disk.put(SEGMENT, joined(whole, new byte[] { 1, 2, 3 }));
        open(disk).close();

        assertArrayEquals(new byte[] { 1, 2, 3 }, disk.bytes("cut-00000001-" + whole.length));
    }

    @Test
    void shouldPutASegmentAsideThatWasNeverFinished() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, 4);
        final byte[] header = disk.bytes(SEGMENT);
        final byte[] bytes = Arrays.copyOf(header, BlockLayout.SEGMENT_HEADER_LENGTH - 1);
        disk.put(SECOND, bytes);
        final LedgerWriter writer = open(disk);

        assertEquals(List.of(SECOND + ": shorter than the header of a segment; put aside"), writer.repairs());
        assertEquals(new LedgerWriter.Position(1, header.length), writer.position());
        assertArrayEquals(bytes, disk.bytes("cut-00000002-0"));
        assertFalse(disk.list().contains(SECOND));
        assertTrue(disk.afterPowerLoss(ignored -> false).list().contains("cut-00000002-0"));
        writer.close();
        goOn(disk);
        assertTrue(disk.bytes(SEGMENT).length > header.length);

        final SimulatedDisk first = new SimulatedDisk();
        first.put(SEGMENT, bytes);
        assertEquals(0, open(first).blocks());
        assertTrue(first.afterPowerLoss(ignored -> false).list().contains("cut-00000001-0"));
        assertFalse(first.afterPowerLoss(ignored -> false).list().contains(SEGMENT));
    }

    /** Damage is left where it is; who finds it on the way to the end goes on in a segment of its own. */
    @Test
    void shouldNotWriteIntoASegmentWithDamageInIt() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, 5);
        final byte[] damaged = disk.bytes(SEGMENT);
        final Blocks blocks = Blocks.of(damaged);
        damaged[(int)blocks.offset(2) + 100] ^= 1;
        damaged[damaged.length - 1] ^= 1;
        disk.put(SEGMENT, damaged);
        assertThrows(LedgerException.class, () -> open(disk.copy()), "the last block was signed");
        disk.remove(Verifier.CHECKPOINT);
        final Session session = Session.begin(disk, new Id(7, 7), 1);
        assertEquals(4, session.writer().blocks());
        assertEquals(
            new LedgerWriter.Position(2, BlockLayout.SEGMENT_HEADER_LENGTH), session.writer().position());
        assertTrue(session.interval());
        session.writer().close();

        assertArrayEquals(Arrays.copyOf(damaged, (int)blocks.offset(4)), disk.bytes(SEGMENT));
        assertEquals(new BlockLayout.SegmentHeader(Session.LEDGER, 4, blocks.sequence(4), 2), header(disk, SECOND));
        final Verification verification = new Verifier(disk).verify(null, null);
        assertEquals(List.of("damaged"), verification.findings().stream().map(Finding::kind).toList());
        assertEquals(session.sum(), verification.state().epoch(new Id(7, 7)).counted());
    }

    private static BlockLayout.SegmentHeader header(final SimulatedDisk disk, final String name) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            return new SegmentScan(name, file).header();
        }
    }

    /** Its writer was killed before its force, or after one that failed: then its pages are clean, and only cached. */
    @Test
    void shouldMakeWhatItFindsDurableBeforeItRestsOnIt() throws IOException
    {
        for (int failures = 0; failures < 2; failures++)
        {
            final SimulatedDisk disk = new SimulatedDisk();
            final Session session = Session.begin(disk, 2);
            assertTrue(session.interval());
            final long blocks = session.writer().blocks();
            session.grow();
            disk.forcesToFail = failures;
            // The write is done; the force is stopped, or it fails and what would take the write back is stopped.
            disk.operationsUntilCrash = disk.operations + 1 + failures;
            assertThrows(SimulatedDisk.Crash.class, session.writer()::seal);
            disk.operationsUntilCrash = Integer.MAX_VALUE;

            assertEquals(blocks + 1, open(disk).blocks());
            final SimulatedDisk after = disk.afterPowerLoss(ignored -> false);
            final Verification verification = new Verifier(after).verify(null, null);
            assertEquals(List.of(), verification.findings(), failures + " failures");
            assertEquals(session.sum(), Session.total(verification), failures + " failures");
        }
    }

    /** The same for a segment that has only its header. */
    @Test
    void shouldMakeAHeaderDurableBeforeItRestsOnIt() throws IOException
    {
        for (int failures = 0; failures < 2; failures++)
        {
            final SimulatedDisk disk = new SimulatedDisk();
            final Session session = Session.begin(disk, Session.EPOCH, 2, 500);
            assertTrue(session.interval());
            session.grow();
            disk.forcesToFail = failures;
            // Created, truncated, its header written; then as above.
            disk.operationsUntilCrash = disk.operations + 3 + failures;
            assertThrows(SimulatedDisk.Crash.class, session.writer()::seal);
            disk.operationsUntilCrash = Integer.MAX_VALUE;
            assertTrue(disk.list().contains(SECOND));

            assertEquals(1, open(disk).blocks());
            final SimulatedDisk after = disk.afterPowerLoss(ignored -> false);
            assertEquals(new BlockLayout.SegmentHeader(
                Session.LEDGER, 1, Blocks.of(disk.bytes(SEGMENT)).sequence(1), 2), header(after, SECOND));
        }
    }

    @Test
    void shouldMakeATreeAgainThatDoesNotFit() throws IOException
    {
        final SimulatedDisk ledger = Session.ledger(2, 6);
        final byte[] tree = ledger.bytes(Verifier.TREE);
        final byte[] leaf = tree.clone();
        leaf[(int)MerkleTree.storedIndex(0, 5) * 32] ^= 1;
        final byte[] edge = tree.clone();
        edge[(int)MerkleTree.storedIndex(2, 0) * 32] ^= 1;
        for (final byte[] other : List.of(new byte[0], Arrays.copyOf(tree, tree.length - 1), leaf, edge,
            joined(edge, new byte[70])))
        {
            final SimulatedDisk disk = ledger.copy();
            disk.put(Verifier.TREE, other);
            final LedgerWriter writer = open(disk);
            writer.close();
            assertEquals(List.of("tree: made again from 6 blocks"), writer.repairs());
            assertArrayEquals(tree, disk.bytes(Verifier.TREE));
            goOn(disk);
        }
        final SimulatedDisk absent = ledger.copy();
        absent.remove(Verifier.TREE);
        for (final Disk disk : List.of(ledger.copy(), absent))
        {
            assertEquals(MerkleTree.storedCount(6), Recovery.recover(disk, Session.SIGNER).tree.unstoredFrom(),
                "all but its edge is let go of");
        }
        final SimulatedDisk longer = ledger.copy();
        longer.put(Verifier.TREE, joined(tree, new byte[50]));
        assertEquals(List.of(), open(longer).repairs());
        goOn(longer);
    }

    /** Of an odd number of blocks the last leaf has no node above it: the block tells. */
    @Test
    void shouldCompareTheLastLeafWithTheLastBlock() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, 5);
        final byte[] tree = disk.bytes(Verifier.TREE);
        final byte[] other = tree.clone();
        other[tree.length - 1] ^= 1;
        disk.put(Verifier.TREE, other);
        disk.remove(Verifier.CHECKPOINT);
        assertEquals(List.of("tree: made again from 5 blocks"), open(disk).repairs());
        assertArrayEquals(tree, disk.bytes(Verifier.TREE));
    }

    /** Never forced, it may have holes that its right edge does not show; the checkpoint does. */
    @Test
    void shouldMakeATreeAgainThatACheckpointDoesNotFit() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = Session.begin(disk, 1);
        for (int i = 0; i < 8; i++)
        {
            assertTrue(session.interval());
            if (4 == i)
            {
                session.writer().checkpoint();
            }
        }
        session.writer().close();
        final byte[] tree = disk.bytes(Verifier.TREE);
        final byte[] hole = tree.clone();
        Arrays.fill(hole, (int)MerkleTree.storedIndex(0, 4) * 32, (int)MerkleTree.storedIndex(0, 4) * 32 + 32, (byte)0);
        disk.put(Verifier.TREE, hole);
        final LedgerWriter writer = open(disk);

        assertEquals(List.of("tree: made again from 8 blocks"), writer.repairs());
        assertArrayEquals(tree, disk.bytes(Verifier.TREE));
        writer.close();
        goOn(disk);
    }

    @Test
    void shouldKeepATreeInMemoryThatTheDiskHasNoRoomFor() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 5);
        final byte[] tree = disk.bytes(Verifier.TREE);
        disk.remove(Verifier.TREE);
        disk.capacity = disk.list().stream().mapToLong(name -> disk.bytes(name).length).sum();
        final Session session = Session.begin(disk, new Id(8, 8), 1);
        assertFalse(session.interval());
        disk.capacity = Long.MAX_VALUE;
        assertTrue(session.interval());
        session.writer().close();
        assertArrayEquals(tree, Arrays.copyOf(disk.bytes(Verifier.TREE), tree.length));
        goOn(disk);
    }

    @Test
    void shouldSignNothingWhereABlockAndItsHashAreGone() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 5);
        final byte[] bytes = disk.bytes(SEGMENT);
        bytes[(int)Blocks.of(bytes).offset(2) + 100] ^= 1;
        disk.put(SEGMENT, bytes);
        disk.remove(Verifier.TREE);

        final LedgerException refused = assertThrows(LedgerException.class, () -> open(disk));
        assertEquals("blocks are missing, and so are their hashes", refused.getMessage());
    }

    @Test
    void shouldPutACheckpointAsideThatTheSignerDidNotSign() throws IOException
    {
        final NoteSigner other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519));
        final byte[] foreign = new Checkpoint(Session.SIGNER.name(), 99, new byte[32]).signed(other)
            .getBytes(StandardCharsets.UTF_8);
        for (final byte[] bytes : List.of(foreign, "garbage".getBytes(StandardCharsets.UTF_8)))
        {
            final SimulatedDisk disk = Session.ledger(1, 3);
            disk.put(Verifier.CHECKPOINT, bytes);
            final LedgerWriter writer = open(disk);
            assertEquals(1, writer.repairs().size());
            assertTrue(writer.repairs().get(0).matches("checkpoint: .+; put aside"), writer.repairs()::toString);
            assertFalse(writer.isCheckpointed());
            writer.close();
            assertArrayEquals(bytes, disk.bytes("cut-checkpoint"));
            assertFalse(disk.list().contains(Verifier.CHECKPOINT));
            goOn(disk);
        }
    }

    @Test
    void shouldSignNothingBesideACheckpointThatDoesNotFit() throws IOException
    {
        final SimulatedDisk ledger = Session.ledger(1, 3);
        final byte[] root = new Verifier(ledger).verify(null, null).root();
        for (final Checkpoint checkpoint : List.of(new Checkpoint(Session.SIGNER.name(), 4, root),
            new Checkpoint(Session.SIGNER.name(), 2, root), new Checkpoint("elsewhere", 3, root)))
        {
            final SimulatedDisk disk = ledger.copy();
            disk.put(Verifier.CHECKPOINT, checkpoint.signed(Session.SIGNER).getBytes(StandardCharsets.UTF_8));
            final LedgerException refused = assertThrows(LedgerException.class, () -> open(disk));
            assertTrue(refused.getMessage().startsWith("a signed checkpoint covers " + checkpoint.size() +
                " blocks of " + checkpoint.origin() + ", and here are 3 of " + Session.LEDGER), refused.getMessage());
        }
    }

    /** Whoever signed it may have been stopped before the next block: it is entered once, and only where it is new. */
    @Test
    void shouldEnterTheNewestCheckpointOnce() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 3);
        final String note = new String(disk.bytes(Verifier.CHECKPOINT), StandardCharsets.UTF_8);
        final LedgerWriter writer = open(disk);
        assertTrue(writer.isCheckpointed());
        assertEquals(note, writer.checkpoint());
        writer.changeParameter("a", "b", "c", "d");
        assertTrue(writer.seal());
        assertFalse(writer.isCheckpointed());
        writer.close();
        final LedgerWriter again = open(disk);
        assertFalse(again.isCheckpointed());
        again.changeParameter("a", "b", "c", "d");
        assertTrue(again.seal());
        again.close();

        final Blocks blocks = Blocks.of(disk.bytes(SEGMENT));
        assertEquals(new CheckpointSigned(3, note), assertInstanceOf(
            CheckpointSigned.class, blocks.entries(3).get(0)));
        assertEquals(2, blocks.entries(3).size());
        assertEquals(1, blocks.entries(4).size());
    }

    private static byte[] noteOf(final String text)
    {
        return new Note(text, List.of(Session.SIGNER.sign(text))).encoded();
    }

    /** With one byte more it is put aside, as LedgerCrashTest has it. */
    @Test
    void shouldEnterACheckpointAsLongAsAnEntryHolds() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 3);
        final String text = Checkpoint.note(disk.bytes(Verifier.CHECKPOINT)).text();
        final int more = EntryCodec.STRING_LENGTH_MAX - noteOf(text + "x\n").length;
        final byte[] note = noteOf(
            text + ("x".repeat(999) + '\n').repeat(more / 1_000) + "x".repeat(1 + more % 1_000) + '\n');
        assertEquals(EntryCodec.STRING_LENGTH_MAX, note.length);
        disk.put(Verifier.CHECKPOINT, note);
        final LedgerWriter writer = open(disk);
        assertEquals(List.of(), writer.repairs());
        writer.changeParameter("a", "b", "c", "d");
        assertTrue(writer.seal());
        assertEquals(new CheckpointSigned(3, new String(note, StandardCharsets.UTF_8)),
            Blocks.of(disk.bytes(SEGMENT)).entries(3).get(0));
    }

    @Test
    void shouldBeginALedgerOnlyUnderAName() throws IOException
    {
        final String prefix = Session.SIGNER.name().substring(0, Session.SIGNER.name().length() - 32);
        for (final String name : List.of("x", prefix + "1".repeat(31), prefix + "1".repeat(33), prefix + "A".repeat(32),
            "x" + Session.SIGNER.name()))
        {
            final NoteSigner signer = new NoteSigner(name, SigningKey.generate(SignatureAlgorithm.ED25519));
            final LedgerException refused = assertThrows(LedgerException.class,
                () -> LedgerWriter.open(new SimulatedDisk(), new Session.Clock(), signer, "test"));
            assertEquals("the signer's name is not " + prefix + "ID: " + name, refused.getMessage());
        }
        final LedgerWriter writer = open(new SimulatedDisk());
        assertEquals(Session.LEDGER, writer.ledger());
        assertEquals(0, writer.blocks());
        assertEquals(List.of(), writer.repairs());
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.ledger.LedgerEntry.ParameterChanged;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.ledger.Verification.Finding;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is said of each kind of damage: exactly where it is, and nothing of what is whole. */
class VerifierTest
{
    private static final String SEGMENT = SegmentScan.segmentName(1);

    private SimulatedDisk disk;
    private byte[] original;
    private Blocks blocks;
    private byte[] root;

    @BeforeEach
    void write() throws IOException
    {
        disk = Session.ledger(2, 6);
        original = disk.bytes(SEGMENT);
        blocks = Blocks.of(original);
        root = verify().root();
    }

    private Verification verify() throws IOException
    {
        return new Verifier(disk).verify(null, null);
    }

    private Verification verify(final byte[] segment) throws IOException
    {
        disk.put(SEGMENT, segment);
        return verify();
    }

    private static List<String> kinds(final Verification verification)
    {
        return verification.findings().stream().map(Finding::kind).toList();
    }

    private long length(final int block)
    {
        return blocks.offset(block + 1) - blocks.offset(block);
    }

    private static Checkpoint parsed(final byte[] note)
    {
        return Checkpoint.parse(Checkpoint.note(note).text());
    }

    @Test
    void shouldSayThatThereIsNoLedger() throws IOException
    {
        final Verification verification = new Verifier(new SimulatedDisk()).verify(null, null);

        assertEquals(List.of(new Finding("missing", "", -1, 0, 0, "there is no segment of a ledger")),
            verification.findings());
        assertEquals(0, verification.blocks());
        assertEquals(0, verification.sequence());
        assertEquals(0, verification.proved());
        assertArrayEquals(MerkleProof.emptyRoot(), verification.root());
    }

    @Test
    void shouldHandOutEveryEntryAndEveryBlock() throws IOException
    {
        final List<LedgerEntry> entries = new ArrayList<>();
        final List<Long> in = new ArrayList<>();
        final Verifier verifier = new Verifier(disk).onEntry((entry, sequence, block) ->
        {
            entries.add(entry);
            in.add(block);
            assertEquals(entries.size(), sequence);
        });
        final Verification verification = verifier.verify(null, null);

        final List<LedgerEntry> expected = new ArrayList<>();
        for (int i = 0; i < blocks.count(); i++)
        {
            expected.addAll(blocks.entries(i));
            assertEquals(i, in.get((int)blocks.sequence(i) - 1));
            assertArrayEquals(blocks.blocks().get(i), verifier.block(i));
        }
        assertEquals(expected, entries);
        assertEquals(blocks.count(), verification.blocks());
        assertEquals(expected.size(), verification.sequence());
        assertEquals(blocks.count(), verification.proved());
        assertArrayEquals(root, verification.root());
        assertEquals(List.of(), verification.notes());
    }

    @Test
    void shouldReadTheBlocksBehindAHeaderThatIsDamaged() throws IOException
    {
        final byte[] bytes = original.clone();
        bytes[20] ^= 1;
        final Verification verification = verify(bytes);

        assertEquals(List.of(new Finding("header", SEGMENT, 0, BlockLayout.SEGMENT_HEADER_LENGTH, -1,
            "the header of the segment is damaged")), verification.findings());
        assertArrayEquals(root, verification.root());
    }

    @Test
    void shouldFindEveryFieldOfAHeaderThatDoesNotFit() throws IOException
    {
        for (final BlockLayout.SegmentHeader header : List.of(
            new BlockLayout.SegmentHeader(Session.LEDGER, 1, 1, 1),
            new BlockLayout.SegmentHeader(Session.LEDGER, 0, 2, 1),
            new BlockLayout.SegmentHeader(new Id(1, 1), 0, 1, 1)))
        {
            final byte[] bytes = original.clone();
            BlockLayout.segmentHeader(header).get(bytes, 0, BlockLayout.SEGMENT_HEADER_LENGTH);
            assertEquals(List.of(new Finding("header", SEGMENT, 0, BlockLayout.SEGMENT_HEADER_LENGTH, 1,
                "the header does not fit its place: it says block " + header.firstBlock() + ", entry " +
                header.firstSequence() + " of ledger " + header.ledger())), verify(bytes).findings());
        }
    }

    @Test
    void shouldFindASegmentThatIsMissingOrInAnotherPlace() throws IOException
    {
        final byte[] bytes = original.clone();
        BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(Session.LEDGER, 0, 1, 2))
            .get(bytes, 0, BlockLayout.SEGMENT_HEADER_LENGTH);
        final Finding finding = new Finding("missing", SEGMENT, 0, 0, blocks.sequence(blocks.count()),
            "segment 1 is missing or in another place");
        assertEquals(List.of(finding), verify(bytes).findings());

        disk.remove(SEGMENT);
        disk.put(SegmentScan.segmentName(2), original);
        assertEquals(List.of(new Finding("missing", SegmentScan.segmentName(2), 0, 0, finding.seq(),
            finding.detail())), verify().findings());
    }

    /** Its hash is stored beside: what is behind it is proved all the same. */
    @Test
    void shouldSayWhichEntriesAreMissing() throws IOException
    {
        final Verification verification = verify(blocks.without(2));

        assertEquals(List.of(new Finding("missing", SEGMENT, blocks.offset(2), 0, blocks.sequence(2),
            "missing before this offset: entries " + blocks.sequence(2) + " to " + (blocks.sequence(3) - 1) +
            " (block 2)")), verification.findings());
        assertArrayEquals(root, verification.root());
        assertEquals(blocks.count(), verification.proved());

        disk.remove(Verifier.TREE);
        final Verification alone = verify();
        assertNull(alone.root());
        assertEquals("missing", kinds(alone).get(0));
        final List<Finding> others = alone.findings().subList(1, alone.findings().size());
        assertFalse(others.isEmpty());
        assertTrue(others.stream().allMatch(finding -> "checkpoint".equals(finding.kind()) &&
            finding.detail().endsWith("can't be compared: a block and its hash are missing")), others::toString);
        assertEquals(0, alone.proved());
    }

    @Test
    void shouldLocateTheFirstEntryThatWasDamaged() throws IOException
    {
        final byte[] bytes = original.clone();
        final int block = (int)blocks.offset(3);
        final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        final int second = BlockLayout.nextFrame(buffer, BlockLayout.firstFrame(block));
        bytes[second + 30] ^= 1;
        final Verification verification = verify(bytes);

        assertEquals(List.of(new Finding("damaged", SEGMENT, block, length(3), blocks.sequence(3) + 1,
            "bytes of the block were changed, the first of them at or after offset " + second)),
            verification.findings());
        assertArrayEquals(root, verification.root());
        assertEquals(blocks.count(), verification.proved());
        assertEquals(blocks.sequence(blocks.count()) - 1, verification.sequence());
    }

    /** Its checksum holds, and it is none: the block is not taken, wherever it lies. */
    @Test
    void shouldFindAnEntryOfNoKind() throws IOException
    {
        for (final int block : new int[]{ 0, 4 })
        {
            assertEquals(new Finding("damaged", SEGMENT, blocks.offset(block), length(block), blocks.sequence(block),
                "no entry has the kind 99; block at offset " + blocks.offset(block)),
                verify(blocks.withKind(block, 99)).findings().get(0));
        }
    }

    @Test
    void shouldLocateAnEntryThatBreaksARule() throws IOException
    {
        final int entry = usageOf(3) + 1;
        final Usage usage = (Usage)blocks.entries(3).get(entry);
        final Verification verification = verify(blocks.replaced(3, entry, new Usage(
            usage.key(), usage.beginNs(), usage.endNs(), usage.wallNs(), usage.samples(), FlopCount.ZERO)));
        final Finding rule = verification.findings().get(0);
        assertEquals("rule", rule.kind());
        assertEquals(blocks.sequence(3) + entry, rule.seq());
        assertEquals(blocks.offset(3), rule.offset());
        assertEquals(length(3), rule.length());
        assertTrue(rule.detail().startsWith("a total falls from "), rule.detail());
    }

    /** The hash of the last block is the last that is stored. */
    @Test
    void shouldTakeTheLastHashThatIsStored() throws IOException
    {
        disk = Session.ledger(2, 5);
        final byte[] whole = verify().root();
        final byte[] bytes = disk.bytes(SEGMENT);
        bytes[bytes.length - 20] ^= 1;
        final Verification verification = verify(bytes);
        assertEquals(List.of("damaged"), kinds(verification));
        assertArrayEquals(whole, verification.root());
        assertEquals(5, verification.proved());
    }

    @Test
    void shouldLocateABlockWhoseHeaderWasDamaged() throws IOException
    {
        final byte[] bytes = original.clone();
        bytes[(int)blocks.offset(3) + 9] ^= 1;
        final List<Finding> findings = verify(bytes).findings();

        assertEquals(List.of("damaged", "missing"), findings.stream().map(Finding::kind).toList());
        assertEquals(new Finding("damaged", SEGMENT, blocks.offset(3), length(3), blocks.sequence(3),
            "bytes that are no block"), findings.get(0));
    }

    @Test
    void shouldTellATornEndFromDamage() throws IOException
    {
        final byte[] torn = Arrays.copyOf(original, original.length + 100);

        assertEquals(List.of(new Finding("torn", SEGMENT, original.length, 100, blocks.sequence(blocks.count()),
            "the last bytes are no whole block")), verify(torn).findings());
    }

    @Test
    void shouldFindABlockThatIsThereTwice() throws IOException
    {
        assertEquals(List.of(new Finding("misplaced", SEGMENT, blocks.offset(3), length(2), blocks.sequence(2),
            "block 2 is behind block 2")), verify(blocks.doubled(2)).findings());
    }

    /** The number of the block fits, that of its first entry does not: once too low, once too high. */
    @Test
    void shouldFindABlockWhoseEntriesAreNumberedWrong() throws IOException
    {
        final List<LedgerEntry> entries = List.of(new ParameterChanged(1, "a", "b", "c", "d"));
        final long next = blocks.sequence(blocks.count());
        assertEquals(List.of("misplaced"),
            kinds(verify(blocks.followedBy(BlockLayout.block(blocks.count(), next - 1, 1, entries)))));
        assertEquals(List.of(), kinds(verify(blocks.followedBy(BlockLayout.block(blocks.count(), next, 1, entries)))));
        final Verification gap = verify(blocks.followedBy(BlockLayout.block(blocks.count(), next + 2, 1, entries)));
        assertEquals(List.of("missing"), kinds(gap));
        assertEquals("missing before this offset: entries " + next + " to " + (next + 1),
            gap.findings().get(0).detail());
        assertEquals(next + 2, gap.sequence());
        final List<Finding> impossible = verify(blocks.withBlockOf(1L << 40)).findings();
        assertEquals(List.of(new Finding("misplaced", SEGMENT, original.length, length(blocks.count() - 1), next,
            "block 1099511627776 can't be that: the one before is " + (blocks.count() - 1))), impossible);
    }

    private LedgerEntry otherUsage(final int block, final int entry)
    {
        final Usage usage = (Usage)blocks.entries(block).get(entry);
        return new Usage(
            usage.key(), usage.beginNs(), usage.endNs(), usage.wallNs() + 1, usage.samples(), usage.flop());
    }

    private int usageOf(final int block)
    {
        final List<LedgerEntry> entries = blocks.entries(block);
        for (int i = 0; i < entries.size(); i++)
        {
            if (entries.get(i) instanceof Usage)
            {
                return i;
            }
        }
        throw new AssertionError("no usage in block " + block);
    }

    /** Whoever repairs the checksums leaves the tree; whoever changes that too leaves the checkpoints. */
    @Test
    void shouldLocateABlockThatWasRewrittenByItsHash() throws IOException
    {
        final byte[] forged = blocks.replaced(1, usageOf(1), otherUsage(1, usageOf(1)));
        final Verification verification = verify(forged);

        assertEquals(List.of("altered", "altered"), kinds(verification));
        assertEquals(new Finding("altered", SEGMENT, blocks.offset(1), length(1), blocks.sequence(1),
            "block 1 is not the one that checkpoint of size 4 covers"), verification.findings().get(0));
        assertEquals("block 1 is not the one that the newest checkpoint covers",
            verification.findings().get(1).detail());
        assertEquals(0, verification.proved());

        final byte[] tree = disk.bytes(Verifier.TREE);
        System.arraycopy(MerkleProof.leafHash(Blocks.of(forged).blocks().get(1)), 0, tree,
            (int)MerkleTree.storedIndex(0, 1) * 32, 32);
        disk.put(Verifier.TREE, tree);
        assertEquals(List.of(
            new Finding("altered", SEGMENT, blocks.offset(0), 0, 1,
                "something in blocks 0 to 3 is not what checkpoint of size 4 covers"),
            new Finding("altered", SEGMENT, blocks.offset(0), 0, 1,
                "something in blocks 0 to " + (blocks.count() - 1) + " is not what the newest checkpoint covers")),
            verify().findings());
    }

    /** What lies between the last checkpoint that fits and the first that does not. */
    @Test
    void shouldNarrowWhatWasRewrittenToTheBlocksBetweenTwoCheckpoints() throws IOException
    {
        disk.remove(Verifier.TREE);
        final Verification verification = verify(blocks.replaced(5, usageOf(5), otherUsage(5, usageOf(5))));

        assertEquals(List.of(new Finding("altered", SEGMENT, blocks.offset(4), 0, blocks.sequence(4),
            "something in blocks 4 to 5 is not what the newest checkpoint covers")), verification.findings());
        assertEquals(4, verification.proved());
    }

    @Test
    void shouldSayWhatIsWrongWithTheNewestCheckpoint() throws IOException
    {
        final NoteSigner other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519));
        final Checkpoint checkpoint = parsed(disk.bytes(Verifier.CHECKPOINT));
        final Checkpoint foreign = new Checkpoint("elsewhere", checkpoint.size(), checkpoint.root());

        assertEquals(List.of(new Finding("checkpoint", "", -1, 0, -1,
            "the newest checkpoint is of another ledger: elsewhere")), with(foreign.signed(Session.SIGNER)));
        assertEquals(4, verify().proved());
        assertEquals(List.of("checkpoint"), with(checkpoint.signed(other)).stream().map(Finding::kind).toList());
        final Finding garbage = with("garbage").get(0);
        assertEquals("checkpoint", garbage.kind());
        assertEquals(Verifier.CHECKPOINT, garbage.file());
        assertTrue(garbage.detail().startsWith("the newest checkpoint: "), garbage.detail());
        assertEquals(4, verify().proved(), "that of the entries fits");
        final long next = blocks.sequence(blocks.count());
        assertEquals(List.of(new Finding("missing", "", -1, 0, next,
            "the newest checkpoint covers what is missing: blocks " + blocks.count() + " to " + (blocks.count() + 1))),
            with(new Checkpoint(checkpoint.origin(), blocks.count() + 2, checkpoint.root()).signed(Session.SIGNER)));
        assertEquals(4, verify().proved());
    }

    @Test
    void shouldSayOfAKeyWhatItSigned() throws IOException
    {
        final NoteKey key = Session.SIGNER.noteKey();
        final Verification right = new Verifier(disk).verify(key, null);
        assertTrue(right.isOrigin());
        assertEquals(blocks.count(), right.proved());
        final NoteKey other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519)).noteKey();
        final Verification wrong = new Verifier(disk).verify(other, null);
        assertEquals(List.of(new Finding("origin", "", -1, 0, -1, "the key " + other + " signed nothing here")),
            wrong.findings());
        assertFalse(wrong.isOrigin());
        assertEquals(0, wrong.proved());
        assertFalse(new Verifier(disk).verify(null, null).isOrigin());

        disk.put(SEGMENT, Arrays.copyOf(original, (int)blocks.offset(3)));
        disk.remove(Verifier.CHECKPOINT);
        final Verification unsigned = new Verifier(disk).verify(key, null);
        assertEquals(List.of(new Finding("origin", "", -1, 0, -1, "no checkpoint of the key fits")),
            unsigned.findings());
        assertFalse(unsigned.isOrigin());
        // Of no block, and yet a checkpoint of that key.
        disk.put(Verifier.CHECKPOINT, new Checkpoint(Session.SIGNER.name(), 0, MerkleProof.emptyRoot())
            .signed(Session.SIGNER).getBytes(StandardCharsets.UTF_8));
        final Verification empty = new Verifier(disk).verify(key, null);
        assertEquals(List.of(), empty.findings());
        assertTrue(empty.isOrigin());
        assertEquals(0, empty.proved());
    }

    private List<Finding> with(final String checkpoint) throws IOException
    {
        disk.put(Verifier.CHECKPOINT, checkpoint.getBytes(StandardCharsets.UTF_8));
        return verify().findings();
    }

    @Test
    void shouldCompareWithAnOlderCheckpointFromOutside() throws IOException
    {
        final byte[] older = new Checkpoint(Session.SIGNER.name(), 3, new Verifier(disk).verify(null, null).root())
            .signed(Session.SIGNER).getBytes(StandardCharsets.UTF_8);
        final Verification wrong = new Verifier(disk).verify(null, older);
        assertEquals(List.of("altered"), kinds(wrong));
        assertEquals(-1, wrong.outsideSize());
        final NoteSigner other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519));
        for (final String text : List.of("garbage", parsed(disk.bytes(Verifier.CHECKPOINT)).signed(other)))
        {
            final Verification refused =
                new Verifier(disk).verify(null, text.getBytes(StandardCharsets.UTF_8));
            assertEquals(List.of("checkpoint"), kinds(refused));
            assertEquals(-1, refused.outsideSize());
        }

        final MerkleTree tree = MerkleTree.ofStored(disk.bytes(Verifier.TREE), blocks.count());
        final byte[] right = new Checkpoint(Session.SIGNER.name(), 3, tree.root(3))
            .signed(Session.SIGNER).getBytes(StandardCharsets.UTF_8);
        final Verification verification = new Verifier(disk).verify(null, right);
        assertEquals(List.of(), verification.findings());
        assertEquals(3, verification.outsideSize());
        assertEquals(blocks.count(), verification.proved());
    }

    /** A first block that is lost takes the keys of all signatures with it: that is said, and the rest is read. */
    @Test
    void shouldProveNothingWithoutTheFirstBlock() throws IOException
    {
        final Verification verification = verify(blocks.without(0));
        assertEquals("missing", kinds(verification).get(0));
        assertEquals(0, verification.findings().get(0).offset() - BlockLayout.SEGMENT_HEADER_LENGTH);
        assertEquals(0, verification.proved());
        assertTrue(verification.findings().stream().anyMatch(finding ->
            finding.detail().contains("the ledger has no signer")), verification.findings()::toString);
        assertFalse(verification.findings().stream().anyMatch(finding ->
            finding.detail().contains("the first entry is not the genesis")), verification.findings()::toString);
    }

    private static SimulatedDisk segments() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = Session.begin(disk, Session.EPOCH, 2, 1_000);
        for (int i = 0; i < 6; i++)
        {
            assertTrue(session.interval());
        }
        session.writer().checkpoint();
        session.writer().close();
        assertTrue(SegmentScan.segments(disk.list()).size() >= 3, disk.list()::toString);
        return disk;
    }

    /** What a later segment begins anew was never durable: it is told, and no finding. */
    @Test
    void shouldNoteWhatALaterSegmentSupersedes() throws IOException
    {
        disk = segments();
        final FlopCount total = Session.total(verify());
        final byte[] first = disk.bytes(SEGMENT);
        final int count = Blocks.of(first).count();
        disk.put("cut-00000001-64", new byte[5]);
        final Verification block = verify(Blocks.of(first).withBlockOf(count));
        assertEquals(List.of(), block.findings());
        assertEquals(List.of("cut-00000001-64: was no part of the ledger when it was opened, and is kept",
            SEGMENT + ": block " + count + " was superseded by a later segment"), block.notes());
        assertEquals(total, Session.total(block));

        final Verification torn = verify(Arrays.copyOf(first, first.length + 40));
        assertEquals(List.of(), torn.findings());
        assertEquals(SEGMENT + ": superseded: 40 bytes from " + first.length + " on", torn.notes().get(1));
    }

    /** Nothing of the first was durable: the second begins where it did. */
    @Test
    void shouldNoteASegmentOfWhichNothingCounts() throws IOException
    {
        final byte[] bytes = original.clone();
        BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(Session.LEDGER, 0, 1, 2))
            .get(bytes, 0, BlockLayout.SEGMENT_HEADER_LENGTH);
        disk.put(SegmentScan.segmentName(2), bytes);
        final Verification verification = verify();
        assertEquals(List.of(), verification.findings());
        assertEquals(blocks.count(), verification.notes().size());
        assertEquals(SEGMENT + ": block 0 was superseded by a later segment", verification.notes().get(0));
        assertArrayEquals(root, verification.root());
    }

    @Test
    void shouldNotTakeADamagedHeaderForOneThatSupersedes() throws IOException
    {
        disk = segments();
        final FlopCount total = Session.total(verify());
        final String last = SegmentScan.segments(disk.list()).get(2);
        final byte[] bytes = disk.bytes(last);
        bytes[33] ^= 1;
        disk.put(last, bytes);
        final Verification verification = verify();
        assertEquals(List.of(new Finding("header", last, 0, BlockLayout.SEGMENT_HEADER_LENGTH, -1,
            "the header of the segment is damaged")), verification.findings());
        assertEquals(List.of(), verification.notes());
        assertEquals(total, Session.total(verification));
    }

    /** A torn end is one only where nothing was written behind it. */
    @Test
    void shouldCallItDamageWhereASegmentBeforeTheLastIsCut() throws IOException
    {
        disk = segments();
        final byte[] first = disk.bytes(SEGMENT);
        final Verification verification = verify(Arrays.copyOf(first, first.length - 8));
        assertEquals(List.of("damaged", "missing", "header"), kinds(verification));
        assertEquals("the last bytes are no whole block", verification.findings().get(0).detail());
    }
}

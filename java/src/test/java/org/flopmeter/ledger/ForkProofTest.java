/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;

/** Proofs from what is stored beside the blocks, and proofs of forks that stand alone. */
class ForkProofTest
{
    private static final NoteSigner LOG =
        new NoteSigner("log.example", SigningKey.generate(SignatureAlgorithm.ED25519));
    private static final List<NoteKey> KEYS = List.of(LOG.noteKey());
    private static final int BLOCKS = 21;

    private static StoredTree stored(final Disk disk, final MerkleTree tree, final long size)
    {
        return new StoredTree(disk, size, tree.root(size));
    }

    private static MerkleTree tree(final Disk disk) throws IOException
    {
        final Verifier verifier = new Verifier(disk);
        assertTrue(verifier.verify(null, null).isOk());
        return verifier.tree();
    }

    private static Note signed(final long size, final byte[] root)
    {
        final String text = new Checkpoint(LOG.name(), size, root).text();
        return new Note(text, List.of(LOG.sign(text)));
    }

    @Test
    void shouldProveEveryBeginningFromTheStoredHashes() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, BLOCKS);
        final MerkleTree tree = tree(disk);
        for (long size = 1; size <= tree.size(); size++)
        {
            for (long old = 0; old <= size; old++)
            {
                final StoredTree stored = stored(disk, tree, size);
                final List<byte[]> proof = stored.consistency(old);
                assertTrue(MerkleProof.isConsistent(old, tree.root(old), size, tree.root(size), proof));
                assertArrayEquals(tree.root(old), stored.rootAt(old));
                assertTrue(stored.beginsWith(old, tree.root(old)));
                assertFalse(stored.beginsWith(old, new byte[32]));
            }
            assertFalse(stored(disk, tree, size).beginsWith(size + 1, tree.root(size)));
        }
    }

    /** Hashes beside the blocks may be damaged or gone: then the blocks are asked; nothing wrong is ever proved. */
    @Test
    void shouldFallBackToTheBlocks() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, BLOCKS);
        final MerkleTree tree = tree(disk);
        final byte[] hashes = disk.bytes("tree");
        for (int at = 0; at < hashes.length; at += 8)
        {
            final byte[] damaged = hashes.clone();
            damaged[at] ^= 4;
            final SimulatedDisk copy = disk.copy();
            copy.put("tree", damaged);
            final List<byte[]> proof = stored(copy, tree, tree.size()).consistency(13);
            assertTrue(MerkleProof.isConsistent(13, tree.root(13), tree.size(), tree.root(), proof), "byte " + at);
        }
        final SimulatedDisk bare = disk.copy();
        bare.remove("tree");
        assertArrayEquals(tree.root(7), stored(bare, tree, tree.size()).rootAt(7));

        final byte[] segment = bare.bytes("00000001.ledger");
        segment[segment.length / 2] ^= 1;
        bare.put("00000001.ledger", segment);
        assertThrows(LedgerException.class, () -> stored(bare, tree, tree.size()).rootAt(7));
        assertThrows(LedgerException.class, () -> new StoredTree(disk, tree.size(), new byte[32]).consistency(3));
        final LedgerException more = assertThrows(LedgerException.class,
            () -> new StoredTree(disk, tree.size() + 1, tree.root()).consistency(3));
        assertEquals("a checkpoint covers " + (tree.size() + 1) + " blocks, and here are " + tree.size() +
            "; see: flopmeter verify", more.getMessage());
    }

    /** The file of hashes is enough, and takes no lock: that blocks are appended meanwhile is not even seen. */
    @Test
    void shouldAskNoBlockWhereTheStoredHashesFit() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, BLOCKS);
        final MerkleTree tree = tree(disk);
        disk.remove("00000001.ledger");
        final StoredTree stored = stored(disk, tree, tree.size());
        assertEquals(tree.size(), stored.size());
        for (long old = 0; old <= tree.size(); old++)
        {
            assertArrayEquals(tree.root(old), stored.rootAt(old));
        }
    }

    @Test
    void shouldProveForksOfOneSizeAndOfTwo() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, BLOCKS);
        final MerkleTree tree = tree(disk);
        final long size = tree.size();
        for (long old = 1; old <= size; old++)
        {
            final Note forged = signed(old, MerkleProof.leafHash(tree.root(old)));
            final Note newest = signed(size, tree.root());
            final String text = ForkProof.of(forged, newest, stored(disk, tree, size)).text();
            if (old < size)
            {
                assertEquals(text, ForkProof.of(newest, forged, stored(disk, tree, size)).text(), "in either order");
            }
            final ForkProof proof = ForkProof.parse(text.getBytes(StandardCharsets.UTF_8));
            assertEquals(text, proof.text());
            assertTrue(proof.check(KEYS).contains("two histories of log.example"));
            assertThrows(LedgerException.class, () -> proof.check(List.of(Session.SIGNER.noteKey())));
        }
        // Of one size both checkpoints are all of it.
        final Note one = signed(9, new byte[32]);
        final ForkProof proof = ForkProof.of(one, signed(9, tree.root(9)), null);
        assertEquals(one.text(), proof.first().text());
        assertTrue(proof.check(KEYS).contains("two histories of log.example"));
    }

    private static void refuseText(final String text)
    {
        final LedgerException refused = assertThrows(
            LedgerException.class, () -> ForkProof.parse(text.getBytes(StandardCharsets.UTF_8)));
        assertTrue(refused.getMessage().startsWith("not a proof of a fork: expected lines "), refused.getMessage());
    }

    /** Longer than any tree makes it, or than anybody would read. */
    @Test
    void shouldReadNoProofThatIsTooLong()
    {
        final String hash = HashText.of(new byte[32]) + '\n';
        final ForkProof proof = new ForkProof(
            new byte[32], List.of(), signed(9, new byte[32]), signed(12, new byte[32]));
        final String head = proof.text().substring(0, proof.text().indexOf("\n\n") + 1);
        final String rest = proof.text().substring(head.length());
        assertEquals(63, ForkProof.parse(
            (head + hash.repeat(63) + rest).getBytes(StandardCharsets.UTF_8)).path().size());
        refuseText(head + hash.repeat(64) + rest);

        final String line = "x".repeat(999) + '\n';
        final String text = signed(9, new byte[32]).text() + line.repeat(600);
        final Note longer = new Note(text, List.of(LOG.sign(text)));
        refuseText(new ForkProof(new byte[32], List.of(), longer, longer).text());
    }

    @Test
    void shouldNotProveWhatIsNone() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, BLOCKS);
        final MerkleTree tree = tree(disk);
        final long size = tree.size();
        final Note newest = signed(size, tree.root());
        final Note older = signed(9, tree.root(9));
        final StoredTree stored = stored(disk, tree, size);
        assertThrows(LedgerException.class, () -> ForkProof.of(older, newest, stored), "one grew out of the other");
        assertThrows(LedgerException.class, () -> ForkProof.of(newest, newest, null));
        assertThrows(LedgerException.class, () -> ForkProof.of(signed(9, new byte[32]), newest, null));
        assertThrows(LedgerException.class,
            () -> ForkProof.of(signed(9, new byte[32]), newest, stored(disk, tree, size - 1)));
        final String text = new Checkpoint("elsewhere", 9, new byte[32]).text();
        final Note elsewhere = new Note(text, List.of(LOG.sign(text)));
        assertThrows(LedgerException.class, () -> ForkProof.of(elsewhere, newest, stored));

        // Made by hand, from true parts: neither agreement nor another log's checkpoint nor wrong hashes prove any.
        final List<byte[]> path = stored.consistency(9);
        assertThrows(LedgerException.class, () -> new ForkProof(tree.root(9), path, older, newest).check(KEYS));
        assertThrows(LedgerException.class, () -> new ForkProof(tree.root(9), path, elsewhere, newest).check(KEYS));
        assertThrows(LedgerException.class, () -> new ForkProof(new byte[32], path, older, newest).check(KEYS));
        assertThrows(LedgerException.class, () -> new ForkProof(tree.root(9), path, newest, older).check(KEYS));
    }

    /** Every byte of a proof, changed: it proves nothing, or the same in other words. */
    @Test
    void shouldNotBeChangedIntoAnotherProof() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, BLOCKS);
        final MerkleTree tree = tree(disk);
        final byte[] text = ForkProof.of(signed(9, new byte[32]), signed(tree.size(), tree.root()),
            stored(disk, tree, tree.size())).text().getBytes(StandardCharsets.UTF_8);
        final String proved = ForkProof.parse(text).check(KEYS);
        int refused = 0;
        for (int i = 0; i < text.length; i++)
        {
            final byte[] changed = text.clone();
            changed[i] ^= (byte)(1 << i % 8);
            try
            {
                assertEquals(proved, ForkProof.parse(changed).check(KEYS));
            }
            catch (final LedgerException ex)
            {
                refused++;
            }
        }
        assertEquals(text.length, refused);
        assertThrows(LedgerException.class, () -> ForkProof.parse(new byte[2 << 20]));
        assertThrows(LedgerException.class, () -> ForkProof.parse(new byte[0]));
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stranger with the proof and a key, and nothing else, finds the entry, or is told that it proves nothing. */
class EntryProofTest
{
    private static final NoteKey KEY = Session.SIGNER.noteKey();
    private static final NoteSigner WITNESS =
        new NoteSigner("witness.example/w1", SigningKey.generate(SignatureAlgorithm.ED25519));
    private static final int BLOCKS = 7;

    private SimulatedDisk disk;
    private Blocks blocks;
    private MerkleTree tree;

    @BeforeEach
    void write() throws IOException
    {
        disk = Session.ledger(1, BLOCKS);
        blocks = Blocks.of(disk.bytes(SegmentScan.segmentName(1)));
        tree = MerkleTree.ofStored(disk.bytes(Verifier.TREE), BLOCKS);
    }

    private String proof(final long entry, final Note... cosigned) throws IOException
    {
        return EntryProof.of(disk, entry, List.of(cosigned), null);
    }

    private static EntryProof parsed(final String text)
    {
        return EntryProof.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Note signed(final NoteSigner signer, final String origin, final long size, final byte[] root)
    {
        final String text = new Checkpoint(origin, size, root).text();
        return new Note(text, List.of(signer.sign(text)));
    }

    private Note signed(final long size)
    {
        return signed(Session.SIGNER, Session.SIGNER.name(), size, tree.root(size));
    }

    private static Note cosigned(final Note note)
    {
        return note.with(WITNESS.cosign(note.text(), 1));
    }

    private void refuse(final String message, final long entry) throws IOException
    {
        final LedgerException refused = assertThrows(LedgerException.class, () -> proof(entry));
        assertEquals(message, refused.getMessage());
    }

    private static void refuse(final String message, final byte[] text)
    {
        final LedgerException refused = assertThrows(LedgerException.class, () -> EntryProof.parse(text));
        assertTrue(refused.getMessage().startsWith("not a proof: " + message), refused.getMessage());
    }

    @Test
    void shouldProveEveryEntry() throws IOException
    {
        for (int block = 0; block < BLOCKS; block++)
        {
            final List<LedgerEntry> expected = blocks.entries(block);
            for (int i = 0; i < expected.size(); i++)
            {
                final EntryProof proof = parsed(proof(blocks.sequence(block) + i));
                assertEquals(expected, proof.entries(KEY));
                assertEquals(blocks.sequence(block), proof.firstSequence());
                assertEquals(block, proof.index());
                assertEquals(BLOCKS, proof.checkpoint().size());
            }
        }
        assertTrue(proof(1).startsWith("c2sp.org/tlog-proof@v1\nextra "));
    }

    @Test
    void shouldProveTheOnlyBlock() throws IOException
    {
        disk = Session.ledger(1, 1);
        final EntryProof proof = parsed(proof(1));
        assertEquals(List.of(), proof.path());
        assertEquals(Blocks.of(disk.bytes(SegmentScan.segmentName(1))).entries(0), proof.entries(KEY));
    }

    /** The key signs for the tree, not for what its blocks say. */
    @Test
    void shouldTakeNoBlockThatIsDamagedThoughItIsInTheTree() throws IOException
    {
        final byte[] whole = blocks.blocks().get(0);
        final byte[] damaged = whole.clone();
        damaged[whole.length - 20] ^= 1;
        final byte[] header = whole.clone();
        header[25] ^= 1;
        for (final byte[] block : List.of(damaged, header, Arrays.copyOf(whole, whole.length + 8), new byte[0],
            new byte[79], blocks.blocks().get(1)))
        {
            final Note note = signed(Session.SIGNER, Session.SIGNER.name(), 1, MerkleProof.leafHash(block));
            final EntryProof proof = new EntryProof(0, block, List.of(), note, Checkpoint.parse(note.text()));
            assertEquals("the block of the proof is damaged",
                assertThrows(LedgerException.class, () -> proof.entries(KEY)).getMessage());
        }
    }

    /** Every byte of it, changed. */
    @Test
    void shouldNotBeChangedIntoAnotherProof() throws IOException
    {
        final byte[] text = proof(blocks.sequence(3)).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i++)
        {
            final byte[] changed = text.clone();
            changed[i] ^= (byte)(1 << i % 8);
            assertThrows(LedgerException.class, () -> EntryProof.parse(changed).entries(KEY), "byte " + i);
        }
    }

    @Test
    void shouldSayThatAnotherKeySigned() throws IOException
    {
        final NoteKey other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519)).noteKey();
        final EntryProof proof = parsed(proof(1));
        assertThrows(LedgerException.class, () -> proof.entries(other));
        assertEquals(blocks.entries(0), proof.entries(null), "without a key no origin is proved");
        assertEquals("no checkpoint that is kept and has entry 1 was signed by " + other,
            assertThrows(LedgerException.class, () -> EntryProof.of(disk, 1, List.of(), other)).getMessage());
    }

    @Test
    void shouldProveNothingThatNoCheckpointCovers() throws IOException
    {
        final long last = blocks.sequence(BLOCKS) - 1;
        proof(last);
        refuse("there is no entry 0; the last one is " + last, 0);
        refuse("there is no entry " + (last + 1) + "; the last one is " + last, last + 1);
        disk.put(Verifier.CHECKPOINT, signed(4).encoded());
        proof(blocks.sequence(4) - 1);
        final String uncovered = " sign one: flopmeter ledger checkpoint";
        refuse("no checkpoint that fits covers entry " + blocks.sequence(4) + ";" + uncovered, blocks.sequence(4));
        disk.put(Verifier.CHECKPOINT,
            signed(Session.SIGNER, Session.SIGNER.name(), BLOCKS, new byte[32]).encoded());
        refuse("no checkpoint that fits covers entry 1;" + uncovered, 1);
        disk.remove(Verifier.CHECKPOINT);
        refuse("no checkpoint that fits covers entry 1;" + uncovered, 1);
    }

    /** The newest that witnesses cosigned and that has the entry, with all that they signed of it. */
    @Test
    void shouldTakeTheNewestCheckpointThatIsCosigned() throws IOException
    {
        final NoteSigner second =
            new NoteSigner("witness.example/w2", SigningKey.generate(SignatureAlgorithm.ED25519));
        final Note three = cosigned(signed(3));
        final Note five = cosigned(signed(5));
        final Note fiveAgain = signed(5).with(second.cosign(signed(5).text(), 1));
        for (final List<Note> order : List.of(List.of(three, five, fiveAgain), List.of(fiveAgain, five, three)))
        {
            final EntryProof proof = parsed(proof(blocks.sequence(2), order.toArray(new Note[0])));
            assertEquals(5, proof.checkpoint().size());
            assertEquals(3, proof.note().signatures().size());
            assertEquals(blocks.entries(2), proof.entries(KEY));
        }
        assertEquals(3, parsed(proof(1, three)).checkpoint().size());
        assertEquals(BLOCKS, parsed(proof(blocks.sequence(3), three)).checkpoint().size(), "it has not the entry");
        assertEquals(BLOCKS, parsed(proof(1, cosigned(signed(BLOCKS)))).checkpoint().size());
        assertEquals(2, parsed(proof(1, cosigned(signed(BLOCKS)))).note().signatures().size());
    }

    /** Others' checkpoints prove nothing here, whoever cosigned them. */
    @Test
    void shouldLeaveOutWhatIsNotOfThisLedger() throws IOException
    {
        final NoteSigner other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519));
        final List<Note> others = new ArrayList<>();
        others.add(cosigned(signed(Session.SIGNER, "elsewhere", 3, tree.root(3))));
        others.add(cosigned(signed(Session.SIGNER, Session.SIGNER.name(), 3, tree.root(4))));
        others.add(cosigned(signed(other, Session.SIGNER.name(), 3, tree.root(3))));
        others.add(cosigned(signed(Session.SIGNER, Session.SIGNER.name(), BLOCKS + 1, tree.root())));
        final EntryProof proof = parsed(proof(1, others.toArray(new Note[0])));
        assertEquals(BLOCKS, proof.checkpoint().size());
        assertEquals(1, proof.note().signatures().size());
    }

    @Test
    void shouldReadNoOtherText() throws IOException
    {
        final String text = proof(1);
        final String expected = "expected lines \"c2sp.org/tlog-proof@v1\", extra and index";
        refuse("longer than one can be", new byte[2 * BlockLayout.BLOCK_LENGTH_MAX + 1]);
        refuse(expected, new byte[2 * BlockLayout.BLOCK_LENGTH_MAX]);
        for (final String other : List.of("", "\n\n", text.substring(0, text.indexOf("\n\n")), "x" + text,
            text.replace("extra ", "other "), text.replace("index 0", "index 00"), text.replace("index 0", "index "),
            text.replace("index 0", "index 1000000000000000000"), "c2sp.org/tlog-proof@v1\nextra \n\nx"))
        {
            refuse(expected, other.getBytes(StandardCharsets.UTF_8));
        }
        final int end = text.indexOf("\n\n");
        final String hash = '\n' + HashText.of(new byte[32]);
        final String head = text.substring(0, text.indexOf("index 0") + 7);
        final EntryProof longest = parsed(head + hash.repeat(63) + text.substring(end));
        assertEquals(63, longest.path().size());
        assertThrows(LedgerException.class, () -> longest.entries(KEY));
        refuse(expected, (head + hash.repeat(64) + text.substring(end)).getBytes(StandardCharsets.UTF_8));
        refuse("not base64: 3 characters", (head + "\nx=y" + text.substring(end)).getBytes(StandardCharsets.UTF_8));
    }
}

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
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.flopmeter.ledger.Verification.Finding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A ledger that is hashed on a second thread reads as one that is not, whatever was done to it. */
class LeafHasherTest
{
    private static final String SEGMENT = SegmentScan.segmentName(1);
    private static final int WINDOW_LENGTH = 256 * 1024;
    private static final int WINDOWS = 64;

    /** Longer than all windows together. */
    private static SimulatedDisk ledger;

    @BeforeAll
    static void write() throws IOException
    {
        ledger = Session.ledger(256, 320);
        assertTrue(ledger.bytes(SEGMENT).length > LeafHasher.ALONE_LENGTH + LeafHasher.WINDOWS * (1 << 20));
    }

    @AfterAll
    static void drop()
    {
        ledger = null;
    }

    private static Verification verify(final Disk disk, final int processors) throws IOException
    {
        return new Verifier(disk, (note, signer) -> note.verify(List.of(signer.key())), processors).verify(null, null);
    }

    private static List<Finding> same(final SimulatedDisk disk) throws IOException
    {
        final Verification alone = verify(disk, 1);
        final Verification shared = verify(disk, 2);
        assertEquals(alone.findings(), shared.findings());
        assertEquals(alone.notes(), shared.notes());
        assertEquals(alone.blocks(), shared.blocks());
        assertEquals(alone.proved(), shared.proved());
        assertArrayEquals(alone.root(), shared.root());
        return shared.findings();
    }

    @Test
    void shouldReadTheSameWithOneProcessorAndWithTwo() throws IOException
    {
        assertEquals(List.of(), same(ledger.copy()));
        final byte[] stored = ledger.bytes(Verifier.TREE);
        final Verification verification = verify(ledger, 2);
        assertArrayEquals(
            MerkleTree.ofStored(stored, verification.blocks()).root(), verification.root());
    }

    @Tag("long")
    @Test
    void shouldFindTheSameWhereverAByteWasChanged() throws IOException
    {
        final byte[] original = ledger.bytes(SEGMENT);
        final Random random = new Random(7);
        for (int i = 0; i < 24; i++)
        {
            // Next to where a window ends, and anywhere.
            final int at = i < 12 ? (1 + i % 6) * (1 << 20) + 64 * (i - 6) : random.nextInt(original.length);
            final SimulatedDisk disk = ledger.copy();
            final byte[] bytes = original.clone();
            bytes[at] ^= 4;
            disk.put(SEGMENT, bytes);
            assertTrue(same(disk).stream().anyMatch(finding ->
                finding.offset() <= at && at < finding.offset() + finding.length()), "byte " + at);
        }
    }

    @Tag("long")
    @Test
    void shouldFindTheSameWhereABlockWasTakenOutOrForged() throws IOException
    {
        final Blocks blocks = Blocks.of(ledger.bytes(SEGMENT));
        final int count = blocks.count();
        for (final int index : new int[]{ 1, count / 3, count / 2, count - 2 })
        {
            final SimulatedDisk disk = ledger.copy();
            disk.put(SEGMENT, blocks.without(index));
            assertEquals("missing", same(disk).get(0).kind());
            disk.put(SEGMENT, blocks.swapped(index, index - 1));
            assertFalse(same(disk).isEmpty());
        }
        final SimulatedDisk disk = ledger.copy();
        disk.put(SEGMENT, blocks.forgeries(count / 2, 3).get(0));
        assertTrue(same(disk).stream().anyMatch(finding -> "altered".equals(finding.kind())));
        disk.remove(Verifier.TREE);
        assertTrue(same(disk).stream().anyMatch(finding -> "altered".equals(finding.kind())));
    }

    /** Windows are filled anew as soon as they are handed out: what was in them has to be hashed by then. */
    private static MerkleTree hash(final int processors, final MerkleTree expected, final boolean isAltered)
        throws IOException
    {
        final MerkleTree tree = new MerkleTree();
        final Random random = new Random(11);
        final byte[] bytes = new byte[WINDOW_LENGTH];
        try (LeafHasher hasher = new LeafHasher(tree, processors))
        {
            for (int i = 0; i < WINDOWS; i++)
            {
                final ByteBuffer window = hasher.next(WINDOW_LENGTH);
                random.nextBytes(bytes);
                System.arraycopy(bytes, 0, window.array(), 0, bytes.length);
                for (int at = 0; at < WINDOW_LENGTH;)
                {
                    final int length = Math.min(WINDOW_LENGTH - at, 1 + random.nextInt(20_000));
                    final byte[] leaf = MerkleTree.leafHash(MerkleTree.sha256(), bytes, at, length);
                    expected.append(leaf);
                    if (0 == random.nextInt(50))
                    {
                        hasher.leaf(leaf);
                    }
                    else
                    {
                        hasher.block(window, at, length);
                    }
                    at += length;
                }
                if (isAltered && i == WINDOWS / 2)
                {
                    window.array()[WINDOW_LENGTH / 2] ^= 1;
                }
            }
            hasher.finish();
            assertEquals(processors > 1, null != hasher.thread());
        }
        return tree;
    }

    @Test
    void shouldHashWhatWasDecodedInItsOrder() throws IOException
    {
        for (int processors = 1; processors <= 2; processors++)
        {
            final MerkleTree expected = new MerkleTree();
            final MerkleTree tree = hash(processors, expected, false);
            assertEquals(expected.size(), tree.size());
            assertArrayEquals(expected.root(), tree.root());
        }
    }

    /** Canary: a single bit that changes in a window between the two of them is seen by the test above. */
    @Test
    void shouldDifferWhenAWindowChangesBeforeItIsHashed() throws IOException
    {
        final MerkleTree expected = new MerkleTree();
        final MerkleTree tree = hash(2, expected, true);
        assertEquals(expected.size(), tree.size());
        assertFalse(Arrays.equals(expected.root(), tree.root()));
    }

    @Test
    void shouldStartNoThreadForALittle() throws IOException
    {
        final MerkleTree tree = new MerkleTree();
        try (LeafHasher hasher = new LeafHasher(tree, 2))
        {
            hasher.block(hasher.next(64), 0, 64);
            hasher.next(64);
            assertEquals(1, tree.size());
            hasher.finish();
            assertNull(hasher.thread());
        }
    }

    @Test
    void shouldRefuseABlockOfAnotherWindow() throws IOException
    {
        try (LeafHasher hasher = new LeafHasher(new MerkleTree(), 2))
        {
            hasher.next(64);
            assertThrows(IllegalStateException.class, () -> hasher.block(ByteBuffer.allocate(64), 0, 64));
        }
    }

    /** What goes wrong on the other thread is told to the caller, who does not wait for it before. */
    @Test
    void shouldTellWhatFailedOnTheOtherThread() throws IOException, InterruptedException
    {
        try (LeafHasher hasher = new LeafHasher(new MerkleTree(), 2))
        {
            for (int i = 0; i < 3 * LeafHasher.WINDOWS; i++)
            {
                final ByteBuffer window = hasher.next(1 << 20);
                hasher.block(window, 0, 2 << 20);
            }
            assertThrows(IllegalStateException.class, hasher::finish);
            hasher.thread().join();
        }
    }

    @Test
    void shouldEndItsThreadWhenTheCallerIsInterrupted() throws IOException, InterruptedException
    {
        final LeafHasher hasher = new LeafHasher(new MerkleTree(), 2);
        for (int i = 0; i < 4; i++)
        {
            hasher.block(hasher.next(1 << 20), 0, 1 << 20);
        }
        assertNotNull(hasher.thread());
        Thread.currentThread().interrupt();
        assertThrows(InterruptedIOException.class, () -> hasher.next(1 << 20));
        assertThrows(InterruptedIOException.class, hasher::finish);
        assertTrue(Thread.interrupted());
        hasher.close();
        hasher.thread().join();
    }
}

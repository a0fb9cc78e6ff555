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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Known answers are those of google/certificate-transparency (cpp/merkletree/merkle_tree_test.cc) and
 * transparency-dev/merkle (testonly/constants.go); proofs are compared with RFC 6962's recursive definitions.
 */
class MerkleTreeTest
{
    private static final String EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static final List<String> LEAVES = List.of(
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");
    private static final List<String> ROOTS = List.of(
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    /** Every complete subtree, in the order in which it becomes complete. */
    private static final List<String> STORED = List.of(
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
    private static final int SIZE_MAX = 40;

    @Test
    void shouldHaveThePublishedRoots()
    {
        final MerkleTree tree = new MerkleTree();
        assertEquals(EMPTY, HexFormat.of().formatHex(tree.root()));
        for (int i = 0; i < LEAVES.size(); i++)
        {
            tree.append(MerkleProof.leafHash(HexFormat.of().parseHex(LEAVES.get(i))));
            for (int j = 0; j <= i; j++)
            {
                assertEquals(ROOTS.get(j), HexFormat.of().formatHex(tree.root(j + 1)));
            }
        }
        final String stored = HexFormat.of().formatHex(tree.storedFrom(0));
        assertEquals(String.join("", STORED), stored.substring(0, 64 * STORED.size()));
        assertEquals(15, MerkleTree.storedCount(8));
        assertEquals(STORED.get(5), HexFormat.of().formatHex(tree.node(1, 1)));
    }

    @Test
    void shouldGiveThePublishedProofs()
    {
        final MerkleTree tree = tree(8);
        assertEquals(List.of(
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"), hex(tree.inclusion(0, 8)));
        assertEquals(List.of(
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"), hex(tree.consistency(6, 8)));
    }

    @Test
    void shouldProveEveryLeafAndEveryBeginningAndNothingElse()
    {
        final MerkleTree tree = tree(SIZE_MAX);
        for (int size = 1; size <= SIZE_MAX; size++)
        {
            for (int index = 0; index < size; index++)
            {
                final List<byte[]> path = tree.inclusion(index, size);
                assertTrue(MerkleProof.isIncluded(tree.leaf(index), index, size, tree.root(size), path));
                assertFalse(MerkleProof.isIncluded(
                    tree.leaf((index + 1) % SIZE_MAX), index, size, tree.root(size), path));
                assertFalse(MerkleProof.isIncluded(tree.leaf(index), index, size, tree.root(size - 1), path));
                final int leaf = index;
                final int treeSize = size;
                refuseAltered(path, altered ->
                    MerkleProof.isIncluded(tree.leaf(leaf), leaf, treeSize, tree.root(treeSize), altered));
            }
            for (int old = 0; old <= size; old++)
            {
                final int oldSize = old;
                final int newSize = size;
                final List<byte[]> proof = tree.consistency(old, size);
                assertTrue(MerkleProof.isConsistent(old, tree.root(old), size, tree.root(size), proof));
                refuseAltered(proof, altered -> MerkleProof.isConsistent(
                    oldSize, tree.root(oldSize), newSize, tree.root(newSize), altered));
            }
        }
    }

    private static void refuseAltered(final List<byte[]> proof, final Predicate<List<byte[]>> check)
    {
        for (int i = 0; i < proof.size(); i++)
        {
            final List<byte[]> flipped = new ArrayList<>(proof);
            flipped.set(i, proof.get(i).clone());
            flipped.get(i)[i % 32] ^= 1;
            assertFalse(check.test(flipped));
            final List<byte[]> shorter = new ArrayList<>(proof);
            shorter.remove(i);
            assertFalse(check.test(shorter));
        }
        final List<byte[]> longer = new ArrayList<>(proof);
        longer.add(new byte[32]);
        assertFalse(check.test(longer));
    }

    @Test
    void shouldTakeUpWhatWasStoredAndRefuseWhatDoesNotFit()
    {
        for (int size = 1; size <= SIZE_MAX; size++)
        {
            final byte[] stored = tree(size).storedFrom(0);
            final MerkleTree again = MerkleTree.ofStored(stored, size);
            assertNotNull(again);
            assertArrayEquals(tree(size).root(), again.root());
            assertNull(MerkleTree.ofStored(Arrays.copyOf(stored, stored.length - 1), size));
        }
        final byte[] stored = tree(8).storedFrom(0);
        stored[14 * 32] ^= 1;
        assertNull(MerkleTree.ofStored(stored, 8));
    }

    /** A path through more levels than a tree of that size has ends at a root of another tree. */
    @Test
    void shouldRefuseAProofThatIsOfALargerTree()
    {
        final MerkleTree tree = tree(8);
        assertFalse(MerkleProof.isIncluded(tree.leaf(7), 3, 4, tree.root(8), tree.inclusion(7, 8)));
        assertFalse(MerkleProof.isConsistent(3, tree.root(7), 4, tree.root(8), tree.consistency(7, 8)));
        assertFalse(MerkleProof.isConsistent(8, tree.root(8), 4, tree.root(8), List.of()));
    }

    /** Each leads to the root that is asked for: what is wrong is the place or the form. */
    @Test
    void shouldRefusePlacesThatNoTreeHas()
    {
        final byte[] leaf = tree(1).leaf(0);
        assertTrue(MerkleProof.isIncluded(leaf, 0, 1, leaf, List.of()));
        assertFalse(MerkleProof.isIncluded(leaf, 1, 1, leaf, List.of()));
        assertFalse(MerkleProof.isIncluded(leaf, -1, 1, leaf, List.of()));
        assertFalse(MerkleProof.isIncluded(leaf, 0, 0, leaf, List.of()));
        assertFalse(MerkleProof.isConsistent(-1, leaf, 1, leaf, List.of(leaf)));
        assertFalse(MerkleProof.isConsistent(3, tree(3).root(), 5, tree(5).root(), List.of()));
        assertFalse(MerkleProof.isConsistent(2, tree(2).root(), 5, tree(5).root(), List.of()));
    }

    @Test
    void shouldRefuseASiblingOfAnotherLength()
    {
        final byte[] leaf = tree(1).leaf(0);
        for (final int length : new int[]{ 0, 31, 33 })
        {
            final byte[] sibling = new byte[length];
            final byte[] root = MerkleTree.nodeHash(MerkleTree.sha256(), leaf, sibling);
            assertFalse(MerkleProof.isIncluded(leaf, 0, 2, root, List.of(sibling)), "length " + length);
            assertFalse(MerkleProof.isConsistent(1, leaf, 2, root, List.of(sibling)), "length " + length);
        }
        assertEquals(EMPTY, HexFormat.of().formatHex(MerkleProof.emptyRoot()));
    }

    @Test
    void shouldRefuseToProveWhatIsNotInTheTree()
    {
        final MerkleTree tree = tree(5);
        for (final long size : new long[]{ -1, 6 })
        {
            assertThrows(LedgerException.class, () -> tree.root(size));
            assertThrows(LedgerException.class, () -> tree.inclusion(0, size));
            assertThrows(LedgerException.class, () -> tree.consistency(0, size));
            assertThrows(LedgerException.class, () -> tree.inclusion(size, 5));
            assertThrows(LedgerException.class, () -> tree.consistency(size, 5));
        }
        assertThrows(LedgerException.class, () -> tree.inclusion(5, 5));
        assertThrows(LedgerException.class, () -> tree.consistency(4, 3));
    }

    /** What is stored is let go of but for the right edge, and the tree is still the same one. */
    @Test
    void shouldGoOnFromItsEdgeOnly()
    {
        for (int size = 0; size <= SIZE_MAX; size++)
        {
            final MerkleTree tree = tree(size);
            final byte[] stored = tree(SIZE_MAX + 2).storedFrom(0);
            final AtomicInteger reads = new AtomicInteger();
            final MerkleTree.HashReader reader = index ->
            {
                reads.incrementAndGet();
                return Arrays.copyOfRange(stored, 32 * (int)index, 32 * (int)index + 32);
            };
            tree.stored(reader);
            for (final MerkleTree taken : List.of(tree, MerkleTree.ofReader(reader, size)))
            {
                final long from = taken.unstoredFrom();
                assertEquals(MerkleTree.storedCount(size), from);
                reads.set(0);
                assertArrayEquals(tree(size).root(), taken.root());
                append(taken, size);
                append(taken, size + 1);
                assertEquals(0, reads.get(), "size " + size + ": its edge is there");
                assertEquals(size + 2, taken.size());
                assertArrayEquals(tree(size + 2).root(), taken.root());
                assertArrayEquals(tree(size + 2).storedFrom(from), taken.storedFrom(from));
                taken.stored(reader);
                assertReadAgain(taken, size + 2, reads);
            }
        }
    }

    private static void assertReadAgain(final MerkleTree tree, final int size, final AtomicInteger reads)
    {
        for (int leaf = 0; leaf < size; leaf++)
        {
            reads.set(0);
            assertArrayEquals(tree(size).leaf(leaf), tree.leaf(leaf));
            final boolean isEdge = leaf == size - 1 && 1 == (size & 1);
            assertEquals(isEdge ? 0 : 1, reads.get(), "size " + size + ", leaf " + leaf);
        }
    }

    @Test
    void shouldNotGoOnFromAnEdgeThatDoesNotFit()
    {
        final byte[] stored = tree(6).storedFrom(0);
        for (int node = 0; node < stored.length / 32; node++)
        {
            final int altered = node;
            final MerkleTree tree = MerkleTree.ofReader(index ->
            {
                final byte[] hash = Arrays.copyOfRange(stored, 32 * (int)index, 32 * (int)index + 32);
                hash[5] ^= (byte)(altered == index ? 1 : 0);
                return hash;
            }, 6);
            // Of six leaves the last complete subtrees are of the leaves 4 and 5, and of 0 to 3.
            final boolean isEdge = node > 1 && node != 3 && node != 4;
            assertEquals(isEdge, null == tree, "node " + node);
        }
    }

    private static void append(final MerkleTree tree, final int leaf)
    {
        tree.append(leafHash(leaf));
    }

    private static byte[] leafHash(final int leaf)
    {
        return MerkleProof.leafHash(
            leaf < LEAVES.size() ? HexFormat.of().parseHex(LEAVES.get(leaf)) : new byte[] { (byte)leaf });
    }

    private static MerkleTree tree(final int size)
    {
        final MerkleTree tree = new MerkleTree();
        for (int i = 0; i < size; i++)
        {
            append(tree, i);
        }
        return tree;
    }

    private static List<String> hex(final List<byte[]> hashes)
    {
        return hashes.stream().map(HexFormat.of()::formatHex).toList();
    }
}

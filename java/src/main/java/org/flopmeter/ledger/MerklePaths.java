/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** Roots and proofs of RFC 6962 out of the hashes of whole subtrees, wherever those are kept. */
final class MerklePaths
{
    private final MessageDigest digest = MerkleTree.sha256();
    private final Nodes nodes;
    private final long size;

    /** Hashes of whole subtrees. */
    interface Nodes
    {
        /** Of the n-th subtree of 2^level leaves, all of which are in the tree. */
        byte[] node(int level, long n);
    }

    MerklePaths(final Nodes nodes, final long size)
    {
        this.nodes = nodes;
        this.size = size;
    }

    /** The root when there were only so many leaves. */
    byte[] root(final long treeSize)
    {
        requireSize(treeSize);
        return 0 == treeSize ? digest.digest() : hash(0, treeSize);
    }

    /** RFC 6962 section 2.1.1: siblings from the leaf up. */
    List<byte[]> inclusion(final long index, final long treeSize)
    {
        requireSize(treeSize);
        if (index < 0 || index >= treeSize)
        {
            throw new LedgerException("leaf " + index + " is not in a tree of " + treeSize);
        }
        final List<byte[]> path = new ArrayList<>();
        inclusion(index, 0, treeSize, path);
        return path;
    }

    private void inclusion(final long index, final long begin, final long end, final List<byte[]> path)
    {
        if (1 == end - begin)
        {
            return;
        }
        final long middle = begin + split(end - begin);
        if (index < middle)
        {
            inclusion(index, begin, middle, path);
            path.add(hash(middle, end));
        }
        else
        {
            inclusion(index, middle, end, path);
            path.add(hash(begin, middle));
        }
    }

    /** RFC 6962 section 2.1.2: that the tree of newSize begins with that of oldSize. */
    List<byte[]> consistency(final long oldSize, final long newSize)
    {
        requireSize(newSize);
        if (oldSize < 0 || oldSize > newSize)
        {
            throw new LedgerException("a tree of " + oldSize + " is not the beginning of one of " + newSize);
        }
        final List<byte[]> proof = new ArrayList<>();
        if (0 < oldSize)
        {
            consistency(oldSize, 0, newSize, true, proof);
        }
        return proof;
    }

    private void consistency(
        final long oldSize, final long begin, final long end, final boolean isWhole, final List<byte[]> proof)
    {
        if (oldSize == end)
        {
            if (!isWhole)
            {
                proof.add(hash(begin, end));
            }
            return;
        }
        final long middle = begin + split(end - begin);
        if (oldSize <= middle)
        {
            consistency(oldSize, begin, middle, isWhole, proof);
            proof.add(hash(middle, end));
        }
        else
        {
            consistency(oldSize, middle, end, false, proof);
            proof.add(hash(begin, middle));
        }
    }

    /** The largest power of two below n. */
    private static long split(final long n)
    {
        return Long.highestOneBit(n - 1);
    }

    private byte[] hash(final long begin, final long end)
    {
        final long length = end - begin;
        if (Long.highestOneBit(length) == length)
        {
            final int level = Long.numberOfTrailingZeros(length);
            return nodes.node(level, begin >> level);
        }
        final long middle = begin + split(length);
        return MerkleTree.nodeHash(digest, hash(begin, middle), hash(middle, end));
    }

    private void requireSize(final long treeSize)
    {
        if (treeSize < 0 || treeSize > size)
        {
            throw new LedgerException("a tree of " + size + " has no root at " + treeSize);
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tree of RFC 6962 over blocks, as a list of hashes in the order in which they become final: a leaf, then every
 * subtree that it completes (as Go's sumdb/tlog stores them). Only ever appended to.
 */
final class MerkleTree
{
    static final int HASH_LENGTH = 32;

    /** A tree of more leaves stores hashes at places that are no long. */
    private static final long SIZE_MAX = Long.MAX_VALUE / (2 * HASH_LENGTH);

    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private final MessageDigest digest = sha256();
    private final Map<Long, byte[]> edge = new HashMap<>();
    private byte[] hashes = new byte[64 * HASH_LENGTH];
    private HashReader beneath;
    private long base;
    private long count;
    private long size;

    /** Reads the index-th stored hash from where a tree was stored. */
    interface HashReader
    {
        byte[] read(long index);
    }

    static MessageDigest sha256()
    {
        try
        {
            return MessageDigest.getInstance("SHA-256");
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    static byte[] leafHash(final MessageDigest digest, final byte[] bytes, final int at, final int length)
    {
        digest.update(LEAF);
        digest.update(bytes, at, length);
        return digest.digest();
    }

    static byte[] nodeHash(final MessageDigest digest, final byte[] left, final byte[] right)
    {
        digest.update(NODE);
        digest.update(left);
        digest.update(right);
        return digest.digest();
    }

    /** How many leaves there are. */
    long size()
    {
        return size;
    }

    /** How many hashes a tree of so many leaves stores. */
    static long storedCount(final long size)
    {
        long stored = 0;
        for (long n = size; n > 0; n >>= 1)
        {
            stored += n;
        }
        return stored;
    }

    /** Where the hash of the n-th subtree of 2^level leaves is stored. */
    static long storedIndex(final int level, final long n)
    {
        return storedCount(((n + 1) << level) - 1) + level;
    }

    void append(final byte[] leafHash)
    {
        add(leafHash);
        byte[] hash = leafHash;
        long n = size;
        for (int level = 0; 1 == (n & 1); level++)
        {
            hash = nodeHash(digest, stored(level, n - 1), hash);
            add(hash);
            n >>= 1;
        }
        size++;
    }

    /** The bytes of what is stored from the index-th hash on. */
    byte[] storedFrom(final long index)
    {
        return Arrays.copyOfRange(
            hashes, Math.toIntExact((index - base) * HASH_LENGTH), Math.toIntExact((count - base) * HASH_LENGTH));
    }

    /** The first hash that is in memory only. */
    long unstoredFrom()
    {
        return base;
    }

    /** Everything is stored and can be read there: only what the next leaf needs is kept, O(log n). */
    void stored(final HashReader reader)
    {
        final Map<Long, byte[]> kept = new HashMap<>();
        for (int level = 0; size >> level > 0; level++)
        {
            if (1 == (size >> level & 1))
            {
                final long n = (size >> level) - 1;
                kept.put(storedIndex(level, n), stored(level, n));
            }
        }
        edge.clear();
        edge.putAll(kept);
        beneath = reader;
        base = count;
        hashes = new byte[64 * HASH_LENGTH];
    }

    /**
     * A tree from what was stored of one; each subtree of its right edge is checked against its halves.
     *
     * @return null when the bytes are not a tree of so many leaves.
     */
    static MerkleTree ofStored(final byte[] stored, final long size)
    {
        final MerkleTree tree = new MerkleTree();
        if (stored.length != storedCount(size) * HASH_LENGTH)
        {
            return null;
        }
        tree.hashes = stored.clone();
        tree.count = storedCount(size);
        tree.size = size;
        return tree.isEdgeWhole() ? tree : null;
    }

    /** As {@link #ofStored}, in O(log n): hashes are read when they are asked for. */
    static MerkleTree ofReader(final HashReader reader, final long size)
    {
        if (size < 0 || size > SIZE_MAX)
        {
            return null;
        }
        final MerkleTree tree = new MerkleTree();
        tree.beneath = reader;
        tree.base = storedCount(size);
        tree.count = tree.base;
        tree.size = size;
        if (!tree.isEdgeWhole())
        {
            return null;
        }
        tree.stored(reader);
        return tree;
    }

    private boolean isEdgeWhole()
    {
        for (int level = 1; size >> level > 0; level++)
        {
            final long last = (size >> level) - 1;
            final byte[] made = nodeHash(digest, stored(level - 1, 2 * last), stored(level - 1, 2 * last + 1));
            if (!Arrays.equals(made, stored(level, last)))
            {
                return false;
            }
        }
        return true;
    }

    byte[] leaf(final long index)
    {
        return stored(0, index);
    }

    byte[] root()
    {
        return root(size);
    }

    /** The root when there were only so many leaves. */
    byte[] root(final long treeSize)
    {
        return paths().root(treeSize);
    }

    List<byte[]> inclusion(final long index, final long treeSize)
    {
        return paths().inclusion(index, treeSize);
    }

    List<byte[]> consistency(final long oldSize, final long newSize)
    {
        return paths().consistency(oldSize, newSize);
    }

    /** The hash of the n-th subtree of 2^level leaves. */
    byte[] node(final int level, final long n)
    {
        return stored(level, n);
    }

    private MerklePaths paths()
    {
        return new MerklePaths(this::stored, size);
    }

    private byte[] stored(final int level, final long n)
    {
        final long index = storedIndex(level, n);
        if (index < base)
        {
            final byte[] kept = edge.get(index);
            return null == kept ? beneath.read(index) : kept;
        }
        final int at = Math.toIntExact((index - base) * HASH_LENGTH);
        return Arrays.copyOfRange(hashes, at, at + HASH_LENGTH);
    }

    private void add(final byte[] hash)
    {
        final int at = Math.toIntExact((count - base) * HASH_LENGTH);
        if (at == hashes.length)
        {
            hashes = Arrays.copyOf(hashes, Math.multiplyExact(hashes.length, 2));
        }
        System.arraycopy(hash, 0, hashes, at, HASH_LENGTH);
        count++;
    }
}

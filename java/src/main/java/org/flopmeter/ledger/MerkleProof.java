/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/** Checks of proofs by whoever has no tree: RFC 9162 sections 2.1.3.2 and 2.1.4.2. */
public final class MerkleProof
{
    private MerkleProof()
    {
    }

    /** SHA-256(0x00 || bytes). */
    public static byte[] leafHash(final byte[] bytes)
    {
        return MerkleTree.leafHash(MerkleTree.sha256(), bytes, 0, bytes.length);
    }

    /** The root of a tree without leaves. */
    public static byte[] emptyRoot()
    {
        return MerkleTree.sha256().digest();
    }

    /** Whether the leaf is the index-th of the tree with that size and root. */
    public static boolean isIncluded(
        final byte[] leafHash, final long index, final long size, final byte[] root, final List<byte[]> path)
    {
        if (index < 0 || index >= size)
        {
            return false;
        }
        final MessageDigest digest = MerkleTree.sha256();
        long fn = index;
        long sn = size - 1;
        byte[] hash = leafHash;
        for (final byte[] sibling : path)
        {
            if (0 == sn || MerkleTree.HASH_LENGTH != sibling.length)
            {
                return false;
            }
            if (1 == (fn & 1) || fn == sn)
            {
                hash = MerkleTree.nodeHash(digest, sibling, hash);
                while (0 == (fn & 1) && 0 != fn)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                hash = MerkleTree.nodeHash(digest, hash, sibling);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return 0 == sn && Arrays.equals(hash, root);
    }

    /** Whether the tree of newSize begins with the one of oldSize. */
    public static boolean isConsistent(
        final long oldSize, final byte[] oldRoot, final long newSize, final byte[] newRoot, final List<byte[]> proof)
    {
        if (oldSize < 0 || oldSize > newSize)
        {
            return false;
        }
        if (oldSize == newSize)
        {
            return proof.isEmpty() && Arrays.equals(oldRoot, newRoot);
        }
        if (0 == oldSize)
        {
            return proof.isEmpty() && Arrays.equals(oldRoot, MerkleTree.sha256().digest());
        }
        return isBeginning(oldSize, oldRoot, newSize, newRoot, proof);
    }

    private static boolean isBeginning(
        final long oldSize, final byte[] oldRoot, final long newSize, final byte[] newRoot, final List<byte[]> proof)
    {
        final MessageDigest digest = MerkleTree.sha256();
        final boolean isWhole = Long.highestOneBit(oldSize) == oldSize;
        if (!isWhole && proof.isEmpty())
        {
            return false;
        }
        long fn = oldSize - 1;
        long sn = newSize - 1;
        while (1 == (fn & 1))
        {
            fn >>= 1;
            sn >>= 1;
        }
        byte[] fr = isWhole ? oldRoot : proof.get(0);
        byte[] sr = fr;
        for (final byte[] hash : isWhole ? proof : proof.subList(1, proof.size()))
        {
            if (0 == sn || MerkleTree.HASH_LENGTH != hash.length)
            {
                return false;
            }
            if (1 == (fn & 1) || fn == sn)
            {
                fr = MerkleTree.nodeHash(digest, hash, fr);
                sr = MerkleTree.nodeHash(digest, hash, sr);
                while (0 == (fn & 1) && 0 != fn)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                sr = MerkleTree.nodeHash(digest, sr, hash);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return 0 == sn && Arrays.equals(fr, oldRoot) && Arrays.equals(sr, newRoot);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.unit.Plural;

/**
 * The tree that a checkpoint is of, read hash by hash from the file beside the blocks, which needs no lock: it only
 * grows, and nothing is given that does not lead to the root of the checkpoint. Where the file does not, the tree is
 * made again from the blocks.
 */
public final class StoredTree
{
    private final Disk disk;
    private final long size;
    private final byte[] root;
    private MerklePaths paths;
    private boolean isFromBlocks;

    /** @param root of the tree of so many blocks, as a checkpoint says. */
    public StoredTree(final Disk disk, final long size, final byte[] root)
    {
        this.disk = disk;
        this.size = size;
        this.root = root.clone();
        paths = new MerklePaths(this::node, size);
    }

    public long size()
    {
        return size;
    }

    /**
     * The proof of RFC 6962 that the first blocks are the beginning of this tree.
     *
     * @throws LedgerException the blocks are not those of the checkpoint, or there were never so few of them.
     */
    public List<byte[]> consistency(final long oldSize) throws IOException
    {
        return beginning(oldSize).path();
    }

    /** The root of this tree when it had so many blocks. */
    public byte[] rootAt(final long oldSize) throws IOException
    {
        return beginning(oldSize).root();
    }

    /** Whether a tree of that size and root is the beginning of this one. */
    public boolean beginsWith(final long oldSize, final byte[] oldRoot) throws IOException
    {
        return oldSize <= size && Arrays.equals(oldRoot, rootAt(oldSize));
    }

    private record Beginning(byte[] root, List<byte[]> path)
    {
    }

    private Beginning beginning(final long oldSize) throws IOException
    {
        Beginning beginning = fromFile(oldSize);
        if (null == beginning && !isFromBlocks)
        {
            paths = fromBlocks();
            isFromBlocks = true;
            beginning = fromFile(oldSize);
        }
        if (null == beginning)
        {
            throw new LedgerException(
                "the blocks are not those of the checkpoint of " + Plural.of(size, "block") +
                "; see: flopmeter verify");
        }
        return beginning;
    }

    /** Null where the hashes do not lead to the root. */
    private Beginning fromFile(final long oldSize) throws IOException
    {
        try
        {
            final Beginning beginning = new Beginning(paths.root(oldSize), paths.consistency(oldSize, size));
            return MerkleProof.isConsistent(oldSize, beginning.root(), size, root, beginning.path()) ?
                beginning : null;
        }
        catch (final UncheckedIOException ex)
        {
            return null;
        }
    }

    private MerklePaths fromBlocks() throws IOException
    {
        final Verifier verifier = new Verifier(disk);
        verifier.verify(null, null);
        final MerkleTree tree = verifier.tree();
        if (null == tree || tree.size() < size)
        {
            throw new LedgerException("a checkpoint covers " + Plural.of(size, "block") + ", and " +
                (null == tree ? "some are damaged" : "here are " + tree.size()) + "; see: flopmeter verify");
        }
        return new MerklePaths(tree::node, size);
    }

    private byte[] node(final int level, final long n)
    {
        final byte[] hash = new byte[MerkleTree.HASH_LENGTH];
        try (Disk.DiskFile file = disk.open(Verifier.TREE, false))
        {
            file.read(MerkleTree.storedIndex(level, n) * MerkleTree.HASH_LENGTH, ByteBuffer.wrap(hash));
            return hash;
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.unit.Plural;

/** A ledger as the files of C2SP's tlog-tiles, for any web server: docs/design/0022-witness.md section 5. */
public final class Tiles
{
    public static final String CHECKPOINT = "checkpoint";

    private static final int WIDTH_LOG = 8;
    private static final int WIDTH = 1 << WIDTH_LOG;
    private static final int ENTRY_LENGTH_MAX = 0xFFFF;

    private final Target target;
    private long written;

    /** Where tiles go. Full tiles never change: what has its name and length is there already. */
    public interface Target
    {
        boolean has(String path, long length) throws IOException;

        void put(String path, byte[] bytes) throws IOException;
    }

    /**
     * What was published.
     *
     * @param files that were written; others were there.
     */
    public record Published(Checkpoint checkpoint, long files)
    {
    }

    private Tiles(final Target target)
    {
        this.target = target;
    }

    /** Adds cosignatures to the checkpoint that is published. */
    public interface Cosigned
    {
        Note with(Note checkpoint) throws IOException;
    }

    /**
     * Write what the newest checkpoint covers; the checkpoint comes last, so that its readers find all of it.
     *
     * @param published checkpoint that stands there now; null when there is none.
     * @throws LedgerException the ledger is damaged, has no checkpoint, or does not go on from what stands there.
     */
    public static Published publish(
        final Disk disk, final Note published, final Cosigned cosigned, final Target target) throws IOException
    {
        final Verifier verifier = new Verifier(disk);
        final Verification verification = verifier.verify(null, null);
        final byte[] bytes = verifier.newestCheckpoint();
        if (!verification.isOk() || 0 == bytes.length)
        {
            throw new LedgerException(verification.isOk() ? "no checkpoint; sign one: flopmeter ledger checkpoint" :
                "the ledger is damaged and is not published; see: flopmeter verify");
        }
        final Note note = Checkpoint.note(bytes);
        final Checkpoint checkpoint = Checkpoint.parse(note.text());
        refuseOther(published, checkpoint, verifier.tree());
        final Tiles tiles = new Tiles(target);
        tiles.entries(verifier, checkpoint.size());
        for (int level = 0; checkpoint.size() >> (WIDTH_LOG * level) > 0; level++)
        {
            tiles.level(verifier.tree(), level, checkpoint.size() >> (WIDTH_LOG * level));
        }
        target.put(CHECKPOINT, cosigned.with(note).encoded());
        return new Published(checkpoint, tiles.written + 1);
    }

    /** The path of a tile or bundle: {@code tile/0/x001/234} or, where it is not full, {@code tile/0/000.p/7}. */
    public static String path(final String kind, final long index, final int width)
    {
        final StringBuilder path = new StringBuilder(String.format("%03d", index % 1000));
        for (long rest = index / 1000; rest > 0; rest /= 1000)
        {
            path.insert(0, String.format("x%03d/", rest % 1000));
        }
        return "tile/" + kind + '/' + path + (WIDTH == width ? "" : ".p/" + width);
    }

    private static void refuseOther(final Note published, final Checkpoint checkpoint, final MerkleTree tree)
    {
        final Checkpoint before = null == published ? null : Checkpoint.parse(published.text());
        if (null != before && (!before.origin().equals(checkpoint.origin()) || before.size() > checkpoint.size() ||
            !MerkleProof.isConsistent(before.size(), before.root(), checkpoint.size(), checkpoint.root(),
                tree.consistency(before.size(), checkpoint.size()))))
        {
            throw new LedgerException("the ledger of " + Plural.of(checkpoint.size(), "block") +
                " does not go on from what is " +
                "published there: " + Plural.of(before.size(), "block") + " of " + before.origin());
        }
    }

    private void level(final MerkleTree tree, final int level, final long hashes) throws IOException
    {
        for (long first = 0; first < hashes; first += WIDTH)
        {
            final int width = (int)Math.min(WIDTH, hashes - first);
            final String path = path(Integer.toString(level), first >> WIDTH_LOG, width);
            if (!target.has(path, (long)width * MerkleTree.HASH_LENGTH))
            {
                final ByteBuffer tile = ByteBuffer.allocate(width * MerkleTree.HASH_LENGTH);
                for (int i = 0; i < width; i++)
                {
                    tile.put(tree.node(WIDTH_LOG * level, first + i));
                }
                put(path, tile.array());
            }
        }
    }

    private void entries(final Verifier verifier, final long size) throws IOException
    {
        for (long first = 0; first < size; first += WIDTH)
        {
            final int width = (int)Math.min(WIDTH, size - first);
            final List<byte[]> blocks = new ArrayList<>();
            boolean isShort = true;
            for (int i = 0; i < width; i++)
            {
                final byte[] block = verifier.block(first + i);
                blocks.add(block);
                isShort &= block.length <= ENTRY_LENGTH_MAX;
            }
            // An entry of a bundle has at most 64 KiB, a block 4 MiB: a bundle with such a block has another name.
            final byte[] bundle = bundle(blocks, isShort ? Short.BYTES : Integer.BYTES);
            final String path = path(isShort ? "entries" : "blocks", first >> WIDTH_LOG, width);
            if (!target.has(path, bundle.length))
            {
                put(path, bundle);
            }
        }
    }

    private static byte[] bundle(final List<byte[]> blocks, final int lengthBytes)
    {
        final ByteArrayOutputStream bundle = new ByteArrayOutputStream();
        for (final byte[] block : blocks)
        {
            final byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(block.length).array();
            bundle.write(length, Integer.BYTES - lengthBytes, lengthBytes);
            bundle.writeBytes(block);
        }
        return bundle.toByteArray();
    }

    private void put(final String path, final byte[] bytes) throws IOException
    {
        target.put(path, bytes);
        written++;
    }
}

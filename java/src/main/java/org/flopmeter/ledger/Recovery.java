/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.Plural;

/** Finds where a ledger ends and puts aside what is no part of it: docs/design/0018-ledger.md section 4. */
final class Recovery
{
    private final Disk disk;
    private final Place place = new Place();
    private boolean isTreeMade;

    /** Where the next block goes. */
    static final class Place
    {
        final List<String> repairs = new ArrayList<>();
        Id ledger = Id.NONE;
        long number;
        long segmentEnd;
        /** False where the last segment can't be gone on with. */
        boolean isSegmentWhole;
        long blockNext;
        long sequenceNext = 1;
        MerkleTree tree;
        CheckpointSigned unentered;
        byte[] checkpoint = new byte[0];
        private byte[] lastLeaf;
        private long lastBlockAt;
    }

    private Recovery(final Disk disk)
    {
        this.disk = disk;
    }

    /** @throws LedgerException see {@link LedgerWriter#open}. */
    static Place recover(final Disk disk, final NoteSigner signer) throws IOException
    {
        final Recovery recovery = new Recovery(disk);
        recovery.findEnd();
        if (0 == recovery.place.blockNext)
        {
            recovery.begin(signer);
        }
        recovery.findTree();
        try
        {
            recovery.compareCheckpoint(signer);
        }
        catch (final UncheckedIOException ex)
        {
            throw ex.getCause();
        }
        return recovery.place;
    }

    /** Is everything there that was there before? */
    static boolean isContinued(final Place before, final Place found) throws IOException
    {
        try
        {
            return found.ledger.equals(before.ledger) && found.blockNext >= before.blockNext &&
                Arrays.equals(before.tree.root(), found.tree.root(before.blockNext));
        }
        catch (final UncheckedIOException ex)
        {
            throw ex.getCause();
        }
    }

    /** Write beside, make durable, then put in place. */
    static void replace(final Disk disk, final String name, final byte[] bytes) throws IOException
    {
        final String beside = name + ".new";
        try (Disk.DiskFile file = disk.open(beside, true))
        {
            file.truncate(0);
            file.write(0, ByteBuffer.wrap(bytes));
            file.force();
        }
        disk.rename(beside, name);
        disk.forceDirectory();
    }

    private void findEnd() throws IOException
    {
        final List<String> names = SegmentScan.segments(disk.list());
        for (int i = names.size() - 1; i >= 0; i--)
        {
            if (findEnd(names.get(i)))
            {
                return;
            }
        }
    }

    /** False when the segment was never finished: then its predecessor is the last. */
    private boolean findEnd(final String name) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            final BlockLayout.SegmentHeader header = new SegmentScan(name, file).header();
            place.ledger = header.ledger();
            place.number = Long.parseLong(name.substring(0, 8));
            place.blockNext = header.firstBlock();
            place.sequenceNext = header.firstSequence();
            place.segmentEnd = BlockLayout.SEGMENT_HEADER_LENGTH;
            place.lastBlockAt = 0;
            place.isSegmentWhole = true;
            if (!isLastBlockWhole(file))
            {
                scanToEnd(name, file);
            }
            makeDurable(file);
            return true;
        }
        catch (final LedgerException ex)
        {
            place.repairs.add(name + ": " + ex.getMessage() + "; put aside");
        }
        disk.rename(name, Verifier.CUT_PREFIX + name.substring(0, 8) + "-0");
        disk.forceDirectory();
        return false;
    }

    /**
     * Whoever wrote the end may have been killed before its force, or after one that failed: its pages are clean then,
     * and yet only in the cache. Written again they are what this process forces, and the next entry rests on a disk.
     */
    private void makeDurable(final Disk.DiskFile file) throws IOException
    {
        file.write(0, read(file, 0, BlockLayout.SEGMENT_HEADER_LENGTH));
        if (place.lastBlockAt > 0)
        {
            file.write(place.lastBlockAt,
                read(file, place.lastBlockAt, Math.toIntExact(place.segmentEnd - place.lastBlockAt)));
        }
        file.force();
        disk.forceDirectory();
    }

    /** Where there is none the header's last bytes are looked at, which are no trailer. */
    private boolean isLastBlockWhole(final Disk.DiskFile file) throws IOException
    {
        final long length = file.length();
        final int blockLength = BlockLayout.trailerLength(
            read(file, length - BlockLayout.BLOCK_TRAILER_LENGTH, BlockLayout.BLOCK_TRAILER_LENGTH), 0);
        if (blockLength < BlockLayout.BLOCK_LENGTH_MIN || blockLength > BlockLayout.BLOCK_LENGTH_MAX ||
            blockLength > length - BlockLayout.SEGMENT_HEADER_LENGTH)
        {
            return false;
        }
        final ByteBuffer block = read(file, length - blockLength, blockLength);
        return BlockLayout.isHeader(block, 0) && blockLength == BlockLayout.blockLength(block, 0) &&
            take(block, 0, length);
    }

    private boolean take(final ByteBuffer buffer, final int at, final long end)
    {
        try
        {
            if (0 <= BlockLayout.decode(buffer, at, Recovery::ignore))
            {
                return false;
            }
        }
        catch (final LedgerException ex)
        {
            return false;
        }
        place.blockNext = BlockLayout.blockIndex(buffer, at) + 1;
        place.sequenceNext = BlockLayout.firstSequence(buffer, at) + BlockLayout.frameCount(buffer, at);
        place.segmentEnd = end;
        place.lastBlockAt = end - BlockLayout.blockLength(buffer, at);
        place.lastLeaf = MerkleTree.leafHash(MerkleTree.sha256(), buffer.array(), buffer.arrayOffset() + at,
            BlockLayout.blockLength(buffer, at));
        return true;
    }

    private static void ignore(final LedgerEntry entry, final long sequence)
    {
        // Only whether it is one is asked.
    }

    private void scanToEnd(final String name, final Disk.DiskFile file) throws IOException
    {
        new SegmentScan(name, file).scan(new SegmentScan.Handler()
        {
            @Override
            public void onBlock(final String in, final long offset, final ByteBuffer buffer, final int at)
            {
                final long blockNext = place.blockNext;
                if (take(buffer, at, offset + BlockLayout.blockLength(buffer, at)))
                {
                    // Blocks behind damage stay; this writer goes on elsewhere.
                    place.isSegmentWhole &= place.blockNext == blockNext + 1;
                }
            }

            @Override
            public void onDamage(final String in, final long offset, final long length, final boolean isTail)
            {
                place.repairs.add(in + (isTail ? ": no whole block: " : ": damaged, and read on behind it: ") +
                    Plural.of(length, "byte") + " from offset " + offset + " on");
            }
        });
        if (file.length() > place.segmentEnd)
        {
            cut(name, file);
        }
    }

    private void cut(final String name, final Disk.DiskFile file) throws IOException
    {
        final long length = file.length() - place.segmentEnd;
        final String aside = Verifier.CUT_PREFIX + name.substring(0, 8) + "-" + place.segmentEnd;
        try (Disk.DiskFile kept = disk.open(aside, true))
        {
            kept.truncate(0);
            for (long at = 0; at < length;)
            {
                final ByteBuffer bytes = read(
                    file, place.segmentEnd + at, (int)Math.min(BlockLayout.BLOCK_LENGTH_MAX, length - at));
                kept.write(at, bytes);
                at += bytes.limit();
            }
            kept.force();
        }
        disk.forceDirectory();
        // Forced with what is before it.
        file.truncate(place.segmentEnd);
        place.repairs.add(name + ": cut at offset " + place.segmentEnd + ", " +
            Plural.of(length, "byte") + " kept in " + aside);
    }

    private void begin(final NoteSigner signer)
    {
        final String prefix = Checkpoint.originOf(Id.NONE).replace(Id.NONE.toString(), "");
        final String hex = signer.name().startsWith(prefix) ? signer.name().substring(prefix.length()) : "";
        if (!hex.matches("[0-9a-f]{32}"))
        {
            throw new LedgerException("the signer's name is not " + prefix + "ID: " + signer.name());
        }
        place.ledger = new Id(HexFormat.fromHexDigitsToLong(hex.substring(0, 16)),
            HexFormat.fromHexDigitsToLong(hex.substring(16)));
    }

    private void findTree() throws IOException
    {
        final MerkleTree tree = storedTree();
        if (null == tree)
        {
            makeTree();
            return;
        }
        place.tree = tree;
    }

    private void makeTree() throws IOException
    {
        isTreeMade = true;
        final Verifier verifier = new Verifier(disk);
        verifier.verify(null, null);
        final MerkleTree tree = verifier.tree();
        if (null == tree || tree.size() != place.blockNext)
        {
            throw new LedgerException("blocks are missing, and so are their hashes");
        }
        place.tree = tree;
        place.repairs.add("tree: made again from " + Plural.of(place.blockNext, "block"));
        try (Disk.DiskFile file = disk.open(Verifier.TREE, true))
        {
            file.truncate(0);
            file.write(0, ByteBuffer.wrap(tree.storedFrom(0)));
        }
        catch (final IOException ex)
        {
            // It stays in memory until it can be written.
            return;
        }
        tree.stored(index -> readHash(disk, index));
    }

    /** Null when what is stored does not fit, is not there, or can't be read: it is made again then. */
    private MerkleTree storedTree()
    {
        try
        {
            final MerkleTree tree = MerkleTree.ofReader(index -> readHash(disk, index), place.blockNext);
            return null != tree && (null == place.lastLeaf ||
                Arrays.equals(place.lastLeaf, tree.leaf(place.blockNext - 1))) ? tree : null;
        }
        catch (final UncheckedIOException ex)
        {
            return null;
        }
    }

    /** @throws UncheckedIOException it can't be read now: no sign that anything is gone. */
    static byte[] readHash(final Disk disk, final long index)
    {
        try (Disk.DiskFile file = disk.open(Verifier.TREE, false))
        {
            final ByteBuffer hash = ByteBuffer.allocate(MerkleTree.HASH_LENGTH);
            file.read(index * MerkleTree.HASH_LENGTH, hash);
            return hash.array();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /** A checkpoint that was signed and does not fit means that something signed is gone. */
    private void compareCheckpoint(final NoteSigner signer) throws IOException
    {
        final byte[] bytes = bytes(disk, Verifier.CHECKPOINT);
        if (0 == bytes.length)
        {
            return;
        }
        final Checkpoint checkpoint;
        try
        {
            final Note note = Checkpoint.note(bytes);
            note.verify(List.of(signer.noteKey()));
            checkpoint = Checkpoint.parse(note.text());
        }
        catch (final LedgerException | SigningException ex)
        {
            putCheckpointAside(ex.getMessage());
            return;
        }
        if (!isFitting(checkpoint) && !isTreeMade)
        {
            // It is never forced: a loss of power may have left holes in it that its right edge does not show.
            makeTree();
        }
        if (!isFitting(checkpoint))
        {
            throw new LedgerException("a signed checkpoint covers " + Plural.of(checkpoint.size(), "block") + " of " +
                checkpoint.origin() + ", and here are " + place.blockNext + " of " + place.ledger +
                " that do not fit it: an older state was put back, or something is gone");
        }
        if (bytes.length > EntryCodec.STRING_LENGTH_MAX)
        {
            // It fits the ledger, and no entry: every block that it should go into would be refused.
            putCheckpointAside("a note of " + bytes.length + " bytes, and at most " + EntryCodec.STRING_LENGTH_MAX +
                " fit an entry");
            return;
        }
        place.checkpoint = bytes;
        if (checkpoint.size() == place.blockNext)
        {
            place.unentered = new CheckpointSigned(checkpoint.size(), new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private void putCheckpointAside(final String why) throws IOException
    {
        disk.rename(Verifier.CHECKPOINT, Verifier.CUT_PREFIX + Verifier.CHECKPOINT);
        place.repairs.add("checkpoint: " + why + "; put aside");
    }

    private boolean isFitting(final Checkpoint checkpoint)
    {
        return checkpoint.origin().equals(Checkpoint.originOf(place.ledger)) && checkpoint.size() <= place.blockNext &&
            Arrays.equals(checkpoint.root(), place.tree.root(checkpoint.size()));
    }

    /** A small file; empty when it is not there. */
    static byte[] bytes(final Disk disk, final String name) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            return read(file, 0, (int)Math.min(Note.LENGTH_MAX, file.length())).array();
        }
        catch (final NoSuchFileException absent)
        {
            return new byte[0];
        }
    }

    private static ByteBuffer read(final Disk.DiskFile file, final long position, final int length)
        throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        file.read(position, bytes);
        return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
    }
}

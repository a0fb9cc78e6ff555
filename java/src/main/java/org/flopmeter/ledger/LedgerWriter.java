/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.flopmeter.ledger.EpochWriter.Ref;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.Genesis;
import org.flopmeter.ledger.LedgerEntry.ParameterChanged;
import org.flopmeter.ledger.LedgerEntry.Signer;
import org.flopmeter.sign.NoteSigner;

/**
 * Appends to a ledger: one block, one write and one fsync per {@link #seal}. What that returned true for is durable.
 * A disk that refuses is no exception: everything stays in memory, {@link #failure} says why, and the next seal tries
 * again in a new segment. One thread, and nobody else writes meanwhile.
 */
public final class LedgerWriter implements Closeable
{
    private static final long SEGMENT_LENGTH_MAX = 64L * 1024 * 1024;
    private static final int ENTRIES_PER_BLOCK_MAX = 4096;

    private final Disk disk;
    private final LedgerClock clock;
    private final NoteSigner signer;
    private final List<Draft> pending = new ArrayList<>();
    private final List<Closing> closing = new ArrayList<>();
    private final Set<EpochWriter> epochs = new LinkedHashSet<>();
    private final Recovery.Place place;
    private final long segmentLengthMax;
    private Disk.DiskFile segment;
    private CheckpointSigned unentered;
    private String failure;

    /** An entry that refers to others, whose numbers are known only when it is sealed. */
    record Draft(Ref ref, Supplier<LedgerEntry> entry)
    {
    }

    private record Closing(EpochWriter epoch, Supplier<LedgerEntry> entry)
    {
    }

    private LedgerWriter(
        final Disk disk, final LedgerClock clock, final NoteSigner signer, final Recovery.Place place,
        final long segmentLengthMax)
    {
        this.disk = disk;
        this.clock = clock;
        this.signer = signer;
        this.place = place;
        this.segmentLengthMax = segmentLengthMax;
    }

    /** The name under which a ledger's checkpoints are signed. */
    public static String origin(final Id ledger)
    {
        return Checkpoint.originOf(ledger);
    }

    /**
     * Open a ledger, or begin one, whose id is in the signer's name.
     *
     * @throws LedgerException nothing consistent can be signed any more: parts that were signed are gone, or an older
     *                         state was put back. The directory is evidence; begin another.
     */
    public static LedgerWriter open(
        final Disk disk, final LedgerClock clock, final NoteSigner signer, final String software) throws IOException
    {
        return open(disk, clock, signer, software, SEGMENT_LENGTH_MAX);
    }

    static LedgerWriter open(
        final Disk disk, final LedgerClock clock, final NoteSigner signer, final String software,
        final long segmentLengthMax) throws IOException
    {
        final Recovery.Place place = Recovery.recover(disk, signer);
        final LedgerWriter writer = new LedgerWriter(disk, clock, signer, place, segmentLengthMax);
        if (0 == place.blockNext)
        {
            final long nowNs = clock.wallNs();
            writer.add(() -> new Genesis(place.ledger, nowNs, software));
            writer.add(() -> new Signer(Signer.ED25519, Signer.FIRST, nowNs, signer.name(),
                signer.noteKey().key().raw(), new byte[0]));
        }
        writer.unentered = place.unentered;
        return writer;
    }

    LedgerClock clock()
    {
        return clock;
    }

    public Id ledger()
    {
        return place.ledger;
    }

    /** What was put aside or repaired when this was opened, for people. */
    public List<String> repairs()
    {
        return place.repairs;
    }

    /** How many blocks are durable. */
    public long blocks()
    {
        return place.blockNext;
    }

    /** Why the last seal was not durable; null when it was. */
    public String failure()
    {
        return failure;
    }

    /** @param resumes nonce of the writer before; {@link Id#NONE} for an epoch that is new. */
    public EpochWriter openEpoch(
        final Id meter, final Id epoch, final Id nonce, final Id resumes, final String boot, final String software)
    {
        final EpochWriter writer = new EpochWriter(this, new EpochOpened(
            meter, epoch, nonce, resumes, clock.wallNs(), clock.monotonicNs(), boot, software));
        epochs.add(writer);
        return writer;
    }

    /** Book a change of a parameter of the meter. */
    public void changeParameter(final String name, final String before, final String after, final String author)
    {
        final long wallNs = clock.wallNs();
        add(() -> new ParameterChanged(wallNs, name, before, after, author));
    }

    Ref add(final Supplier<LedgerEntry> entry)
    {
        final Draft draft = new Draft(new Ref(), entry);
        pending.add(draft);
        return draft.ref();
    }

    void closeAfter(final EpochWriter epoch, final Supplier<LedgerEntry> entry)
    {
        closing.add(new Closing(epoch, entry));
    }

    /** Write everything that is not durable yet. False when the disk refused; nothing is lost by that. */
    public boolean seal()
    {
        final List<Draft> drafts = drafts();
        if (drafts.isEmpty())
        {
            return null == failure;
        }
        try
        {
            write(drafts);
        }
        catch (final IOException ex)
        {
            fail(ex);
            return false;
        }
        failure = null;
        pending.clear();
        epochs.forEach(EpochWriter::sealed);
        closing.forEach(closed -> epochs.remove(closed.epoch()));
        closing.clear();
        return true;
    }

    private List<Draft> drafts()
    {
        final List<Draft> drafts = new ArrayList<>(pending);
        final long wallNs = clock.wallNs();
        epochs.forEach(epoch -> epoch.collect(wallNs, drafts));
        closing.forEach(closed -> drafts.add(new Draft(new Ref(), closed.entry())));
        return drafts;
    }

    private void write(final List<Draft> drafts) throws IOException
    {
        if (null == segment)
        {
            openSegment();
        }
        final List<LedgerEntry> entries = resolve(drafts);
        long end = place.segmentEnd;
        long block = place.blockNext;
        long sequence = place.sequenceNext;
        final List<byte[]> leaves = new ArrayList<>();
        for (int at = 0; at < entries.size();)
        {
            final int count = Math.min(ENTRIES_PER_BLOCK_MAX, entries.size() - at);
            final ByteBuffer bytes =
                BlockLayout.block(block, sequence, clock.wallNs(), entries.subList(at, at + count));
            leaves.add(MerkleTree.leafHash(MerkleTree.sha256(), bytes.array(), 0, bytes.limit()));
            final int length = bytes.remaining();
            segment.write(end, bytes);
            end += length;
            block++;
            sequence += count;
            at += count;
        }
        segment.force();
        place.segmentEnd = end;
        place.sequenceNext = sequence;
        place.blockNext = block;
        unentered = null;
        store(leaves);
        if (end >= segmentLengthMax)
        {
            closeSegment();
        }
    }

    /** Number the entries, so that they can refer to each other. The last checkpoint goes into the next block. */
    private List<LedgerEntry> resolve(final List<Draft> drafts)
    {
        final List<Draft> all = new ArrayList<>(drafts.size() + 1);
        final boolean isBegun = place.blockNext > 0;
        if (null != unentered && isBegun)
        {
            final CheckpointSigned signed = unentered;
            all.add(new Draft(new Ref(), () -> signed));
        }
        all.addAll(drafts);
        for (int i = 0; i < all.size(); i++)
        {
            all.get(i).ref().sequence = place.sequenceNext + i;
        }
        final List<LedgerEntry> entries = new ArrayList<>(all.size());
        all.forEach(draft -> entries.add(draft.entry().get()));
        return entries;
    }

    /** The tree's file is only a shortcut: it is made again where it doesn't fit. */
    private void store(final List<byte[]> leaves)
    {
        final long before = MerkleTree.storedCount(place.tree.size());
        leaves.forEach(place.tree::append);
        try (Disk.DiskFile file = disk.open(Verifier.TREE, true))
        {
            file.write(before * MerkleTree.HASH_LENGTH, ByteBuffer.wrap(place.tree.storedFrom(before)));
        }
        catch (final IOException ex)
        {
            // The next opening finds it too short.
            return;
        }
    }

    /** A new segment from the last durable block on: nothing that was written after it is trusted. */
    private void openSegment() throws IOException
    {
        if (place.isSegmentWhole && place.segmentEnd < segmentLengthMax)
        {
            segment = disk.open(SegmentScan.segmentName(place.number), false);
            return;
        }
        final long number = place.number + 1;
        final String name = SegmentScan.segmentName(number);
        Disk.DiskFile file = null;
        try
        {
            file = disk.open(name, true);
            file.truncate(0);
            file.write(0, BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(
                place.ledger, place.blockNext, place.sequenceNext, number)));
            file.force();
            disk.forceDirectory();
        }
        catch (final IOException ex)
        {
            discard(file, name);
            throw ex;
        }
        segment = file;
        place.number = number;
        place.segmentEnd = BlockLayout.SEGMENT_HEADER_LENGTH;
        place.isSegmentWhole = true;
    }

    private void discard(final Disk.DiskFile file, final String name) throws IOException
    {
        if (null != file)
        {
            file.close();
        }
        disk.delete(name);
    }

    private void fail(final IOException ex)
    {
        failure = null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage();
        if (null == segment)
        {
            return;
        }
        place.isSegmentWhole = false;
        try
        {
            // Gives the room back; where it doesn't work, the next segment supersedes what is there.
            segment.truncate(place.segmentEnd);
            segment.close();
        }
        catch (final IOException again)
        {
            failure = failure + "; " + again.getMessage();
        }
        segment = null;
    }

    private void closeSegment() throws IOException
    {
        final Disk.DiskFile file = segment;
        segment = null;
        file.close();
    }

    /**
     * Sign the tree over everything that is durable.
     *
     * @return the signed note, or null when there is nothing new to sign or the disk refused.
     */
    public String checkpoint()
    {
        if (0 == place.blockNext || (null != unentered && unentered.size() == place.blockNext))
        {
            return null == unentered ? null : unentered.note();
        }
        final String note = new Checkpoint(
            Checkpoint.originOf(place.ledger), place.blockNext, place.tree.root()).signed(signer);
        try
        {
            Recovery.replace(disk, Verifier.CHECKPOINT, note.getBytes(StandardCharsets.UTF_8));
        }
        catch (final IOException ex)
        {
            failure = ex.getMessage();
            return null;
        }
        unentered = new CheckpointSigned(place.blockNext, note);
        return note;
    }

    @Override
    public void close() throws IOException
    {
        if (null != segment)
        {
            closeSegment();
        }
    }
}

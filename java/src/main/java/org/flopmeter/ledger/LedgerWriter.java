/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
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
    private NoteSigner signer;
    private final List<Draft> pending = new ArrayList<>();
    private final List<Closing> closing = new ArrayList<>();
    private final Set<EpochWriter> epochs = new LinkedHashSet<>();
    private final String software;
    private final long segmentLengthMax;
    private Recovery.Place place;
    private Disk.DiskFile segment;
    private long pausedLength;
    private CheckpointSigned unentered;
    private String failure;

    /** Where the next block goes, as far as one can know. */
    public record Position(long segment, long offset)
    {
        public static final Position BEGINNING = new Position(0, BlockLayout.SEGMENT_HEADER_LENGTH);
    }

    private record Closing(EpochWriter epoch, Supplier<LedgerEntry> entry)
    {
    }

    private LedgerWriter(
        final Disk disk, final LedgerClock clock, final NoteSigner signer, final Recovery.Place place,
        final String software, final long segmentLengthMax)
    {
        this.software = software;
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
        final LedgerWriter writer = new LedgerWriter(disk, clock, signer, place, software, segmentLengthMax);
        writer.begin();
        return writer;
    }

    private void begin()
    {
        unentered = place.unentered;
        if (0 == place.blockNext)
        {
            final long nowNs = clock.wallNs();
            final NoteSigner first = signer;
            add(Draft.of(null, true, () -> new Genesis(place.ledger, nowNs, software)));
            add(Draft.of(null, true, () -> new Signer(Signer.ED25519, Signer.FIRST, nowNs, first.name(),
                first.noteKey().key().raw(), new byte[0])));
        }
    }

    /** Let go of the files, so that others can append until {@link #resume}. */
    public void pause() throws IOException
    {
        if (null != segment)
        {
            closeSegment();
        }
        pausedLength = lengthOf(SegmentScan.segmentName(place.number));
    }

    /**
     * Nobody else writes again. What others wrote meanwhile is taken in: an epoch that another writer took over is
     * let go ({@link EpochWriter#isFenced}); where what was durable is gone, everything is said again.
     *
     * @param current who signs now.
     */
    public void resume(final NoteSigner current) throws IOException
    {
        signer = current;
        if (isUnmoved())
        {
            return;
        }
        final Recovery.Place before = place;
        final Recovery.Place found = Recovery.recover(disk, signer);
        final boolean isContinued = Recovery.isContinued(before, found);
        place = found;
        unentered = found.unentered;
        final EpochTrace.Collector traces = new EpochTrace.Collector(null);
        final Set<Id> mine = new HashSet<>();
        epochs.forEach(epoch -> mine.add(epoch.id()));
        EntryScan.scan(disk, isContinued ? new Position(before.number, before.segmentEnd) : Position.BEGINNING,
            place.blockNext,
            (entry, sequence, block) ->
            {
                if (entry instanceof EpochOpened opened && mine.contains(opened.epoch()))
                {
                    traces.onEntry(entry, sequence, block);
                }
            });
        if (isContinued)
        {
            pending.removeIf(draft -> 0 != found.blockNext && draft.isDefinition() && null == draft.owner());
            epochs.removeIf(epoch -> !isMine(epoch, traces.of(epoch.id())));
        }
        else
        {
            sayAgain(traces);
        }
    }

    private boolean isUnmoved() throws IOException
    {
        final List<String> names = SegmentScan.segments(disk.list());
        final String last = names.isEmpty() ? "" : names.get(names.size() - 1);
        return last.equals(SegmentScan.segmentName(place.number)) && pausedLength == lengthOf(last) &&
            Arrays.equals(place.checkpoint, Recovery.bytes(disk, Verifier.CHECKPOINT));
    }

    /** -1 where it is not there. */
    private long lengthOf(final String name) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            return file.length();
        }
        catch (final NoSuchFileException gone)
        {
            return -1;
        }
    }

    /** Others took an epoch over; or a block of this writer is there that it was told is not: then it is said anew. */
    private boolean isMine(final EpochWriter epoch, final EpochTrace trace)
    {
        if (null == trace)
        {
            return true;
        }
        final boolean isOwn = trace.nonce().equals(epoch.nonce());
        final List<Draft> before = new ArrayList<>(pending);
        before.removeIf(draft -> epoch != draft.owner() || draft.isDefinition());
        pending.removeIf(draft -> epoch == draft.owner());
        if (isOwn)
        {
            epoch.reopen(nonceAfter(epoch.nonce()), trace.nonce());
            // Behind what they refer to.
            pending.addAll(before);
        }
        else
        {
            closing.removeIf(closed -> closed.epoch() == epoch);
            epoch.fence();
        }
        return isOwn;
    }

    private void sayAgain(final EpochTrace.Collector traces)
    {
        final List<Draft> before = new ArrayList<>(pending);
        before.removeIf(Draft::isDefinition);
        pending.clear();
        begin();
        for (final EpochWriter epoch : epochs)
        {
            final EpochTrace trace = traces.of(epoch.id());
            epoch.reopen(nonceAfter(epoch.nonce()), null == trace ? Id.NONE : trace.nonce());
        }
        pending.addAll(before);
    }

    /** One that nobody else has; the same whenever the same happens. */
    private Id nonceAfter(final Id nonce)
    {
        final ByteBuffer hash = ByteBuffer.wrap(MerkleTree.sha256().digest(
            (nonce + " " + place.sequenceNext).getBytes(StandardCharsets.UTF_8)));
        return new Id(hash.getLong(), hash.getLong());
    }

    /** From there on an epoch that is opened next will be found. */
    public Position position()
    {
        return place.isSegmentWhole ? new Position(place.number, place.segmentEnd) :
            new Position(place.number + 1, BlockLayout.SEGMENT_HEADER_LENGTH);
    }

    /** What is durable of an epoch that was opened at a position or later; null when nothing is. */
    public EpochTrace trace(final Position from, final Id epoch) throws IOException
    {
        final EpochTrace.Collector traces = new EpochTrace.Collector(epoch);
        EntryScan.scan(disk, from, place.blockNext, traces);
        return traces.of(epoch);
    }

    /** The same by a place that was noted: its segment may be gone, or another one by now. Then all is searched. */
    public EpochTrace lookUp(final Position noted, final Id epoch) throws IOException
    {
        final EpochTrace trace = trace(noted, epoch);
        return null != trace || Position.BEGINNING.equals(noted) ? trace : trace(Position.BEGINNING, epoch);
    }

    /** All epochs that have not ended: reads the whole ledger. */
    public Collection<EpochTrace> openEpochs() throws IOException
    {
        final EpochTrace.Collector traces = new EpochTrace.Collector(null);
        EntryScan.scan(disk, Position.BEGINNING, place.blockNext, traces);
        return traces.traces();
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

    /** As {@link #repairs}, each of them once. */
    public List<String> takeRepairs()
    {
        final List<String> taken = List.copyOf(place.repairs);
        place.repairs.clear();
        return taken;
    }

    /** Does the newest checkpoint cover everything that is durable? */
    public boolean isCheckpointed()
    {
        return null == unentered ? 0 == place.blockNext : unentered.size() == place.blockNext;
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
        add(Draft.of(null, false, () -> new ParameterChanged(wallNs, name, before, after, author)));
    }

    /**
     * The key hands over to the next one, which signs from here on. False when the disk refused: nothing has changed.
     */
    public boolean rotate(final NoteSigner next)
    {
        if (!sign(next, Signer.ROTATED))
        {
            return false;
        }
        signer = next;
        return true;
    }

    /** The key ends, and with it what can be signed here. False when the disk refused: nothing has changed. */
    public boolean revoke()
    {
        return sign(signer, Signer.REVOKED);
    }

    private boolean sign(final NoteSigner next, final int reason)
    {
        final Signer unsigned = new Signer(Signer.ED25519, reason, clock.wallNs(), next.name(),
            next.noteKey().key().raw(), new byte[0]);
        final byte[] signature = signer.key().sign(
            LedgerState.rotationText(place.ledger, unsigned).getBytes(StandardCharsets.UTF_8));
        final Signer signed = new Signer(unsigned.algorithm(), reason, unsigned.wallNs(), unsigned.name(),
            unsigned.publicKey(), signature);
        final Draft draft = Draft.of(null, false, () -> signed);
        add(draft);
        final boolean isSealed = seal();
        // A change of keys is not tried again by itself.
        pending.remove(draft);
        return isSealed;
    }

    /** Nothing more of it is written, and it is not closed: somebody else goes on with it. */
    public void letGo(final EpochWriter epoch)
    {
        epochs.remove(epoch);
        closing.removeIf(closed -> closed.epoch() == epoch);
        pending.removeIf(draft -> epoch == draft.owner());
        epoch.fence();
    }

    /** Is there anything that is not durable yet? */
    public boolean isDirty()
    {
        return !pending.isEmpty() || !closing.isEmpty() || epochs.stream().anyMatch(EpochWriter::isDirty);
    }

    void add(final Draft draft)
    {
        pending.add(draft);
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
            // What failed last was a checkpoint: everything is durable.
            failure = null;
            return true;
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
        closing.forEach(closed -> drafts.add(Draft.of(closed.epoch(), false, closed.entry())));
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
            all.add(Draft.of(null, false, () -> signed));
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
        leaves.forEach(place.tree::append);
        final long from = place.tree.unstoredFrom();
        try (Disk.DiskFile file = disk.open(Verifier.TREE, true))
        {
            file.write(from * MerkleTree.HASH_LENGTH, ByteBuffer.wrap(place.tree.storedFrom(from)));
        }
        catch (final IOException ex)
        {
            // It stays in memory until it can be written.
            return;
        }
        place.tree.stored(index -> Recovery.readHash(disk, index));
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
            if (BlockLayout.SEGMENT_HEADER_LENGTH == place.segmentEnd)
            {
                // Else there would be an empty one for every attempt.
                disk.delete(SegmentScan.segmentName(place.number));
                place.number--;
            }
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
        place.checkpoint = note.getBytes(StandardCharsets.UTF_8);
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

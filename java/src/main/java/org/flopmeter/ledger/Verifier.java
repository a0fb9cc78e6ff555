/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.ledger.Verification.Finding;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Plural;

/** Reads a whole ledger, offline, and says what holds and what does not: docs/design/0018-ledger.md section 5. */
public final class Verifier
{
    static final String TREE = "tree";
    static final String CHECKPOINT = "checkpoint";
    static final String CUT_PREFIX = "cut-";

    private static final int SMALL_FILE_LENGTH_MAX = 1 << 20;
    /** Each block that is missing takes a place here, and more in a row than these were never lost: half a year's. */
    private static final long MISSING_MAX = 1 << 24;

    private final Disk disk;
    private final SignatureCheck signatures;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final LedgerState state = new LedgerState();
    private final MerkleTree tree = new MerkleTree();
    private final LeafHasher hasher;
    private final List<Placed> places = new ArrayList<>();
    private final List<LedgerEntry> entries = new ArrayList<>();
    private EntryHandler handler;
    private byte[] storedTree = new byte[0];
    private boolean isTreeWhole = true;
    private long blockNext;
    private long sequenceNext = 1;
    private long supersededFrom;
    private final List<Long> provedBy = new ArrayList<>();
    private long proved = -1;

    /** Whether a key signed a note; one that can't is said by an exception. */
    interface SignatureCheck
    {
        void verify(Note note, LedgerState.SignerState signer);
    }

    /** Takes every entry that is whole. */
    public interface EntryHandler
    {
        void onEntry(LedgerEntry entry, long sequence, long block);
    }

    private record Placed(String file, long offset, long length, long sequence)
    {
    }

    public Verifier(final Disk disk)
    {
        this(disk, (note, signer) -> note.verify(List.of(signer.key())));
    }

    Verifier(final Disk disk, final SignatureCheck signatures)
    {
        this(disk, signatures, Runtime.getRuntime().availableProcessors());
    }

    Verifier(final Disk disk, final SignatureCheck signatures, final int processors)
    {
        this.disk = disk;
        this.signatures = signatures;
        this.hasher = new LeafHasher(tree, processors);
    }

    public Verifier onEntry(final EntryHandler entryHandler)
    {
        handler = entryHandler;
        return this;
    }

    /**
     * @param outsideKey        null when there is none.
     * @param outsideCheckpoint a signed note; null when there is none.
     */
    public Verification verify(final NoteKey outsideKey, final byte[] outsideCheckpoint) throws IOException
    {
        final List<String> names = SegmentScan.segments(disk.list());
        storedTree = smallFile(TREE, Integer.MAX_VALUE - 8);
        if (names.isEmpty())
        {
            find("missing", "", 0, "there is no segment of a ledger");
        }
        for (final String name : disk.list())
        {
            if (name.startsWith(CUT_PREFIX))
            {
                notes.add(name + ": was no part of the ledger when it was opened, and is kept");
            }
        }
        try (hasher)
        {
            scan(names);
            hasher.finish();
        }
        checkEntered();
        checkCurrent();
        final long outsideSize = null == outsideCheckpoint ? -1 : checkOutside(outsideCheckpoint);
        final boolean isOrigin = null != outsideKey && checkOrigin(outsideKey);
        return new Verification(state, List.copyOf(findings), List.copyOf(notes), blockNext, sequenceNext - 1,
            Math.max(proved, 0), isTreeWhole ? tree.root() : null, isOrigin, outsideSize);
    }

    /** The tree over what was read; null when a block is missing and its hash too. */
    MerkleTree tree()
    {
        return isTreeWhole ? tree : null;
    }

    /** The signed note that is the newest; empty when there is none. */
    byte[] newestCheckpoint() throws IOException
    {
        return smallFile(CHECKPOINT, SMALL_FILE_LENGTH_MAX);
    }

    /** The bytes of a block that the last pass found whole. */
    byte[] block(final long index) throws IOException
    {
        final Placed place = places.get(Math.toIntExact(index));
        try (Disk.DiskFile file = disk.open(place.file(), false))
        {
            final byte[] bytes = new byte[Math.toIntExact(place.length())];
            file.read(place.offset(), ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    private long[] firstBlocks(final List<String> names) throws IOException
    {
        final long[] firstBlocks = new long[names.size()];
        for (int i = 0; i < firstBlocks.length; i++)
        {
            try (Disk.DiskFile file = disk.open(names.get(i), false))
            {
                firstBlocks[i] = new SegmentScan(names.get(i), file).header().firstBlock();
            }
            catch (final LedgerException ex)
            {
                firstBlocks[i] = -1;
                findings.add(new Finding(
                    "header", names.get(i), 0, BlockLayout.SEGMENT_HEADER_LENGTH, -1, ex.getMessage()));
            }
        }
        return firstBlocks;
    }

    private void scan(final List<String> names) throws IOException
    {
        final long[] firstBlocks = firstBlocks(names);
        for (int i = 0; i < names.size(); i++)
        {
            supersededFrom = Long.MAX_VALUE;
            for (int j = i + 1; j < firstBlocks.length; j++)
            {
                supersededFrom = firstBlocks[j] < 0 ? supersededFrom : Math.min(supersededFrom, firstBlocks[j]);
            }
            scan(names.get(i), i + 1, i == names.size() - 1);
        }
    }

    private void scan(final String name, final long number, final boolean isLast) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            final SegmentScan scan = new SegmentScan(name, file, hasher);
            final long blocksBefore = blockNext;
            final long sequenceBefore = sequenceNext;
            scan.scan(new SegmentScan.Handler()
            {
                @Override
                public void onBlock(final String in, final long offset, final ByteBuffer buffer, final int at)
                {
                    Verifier.this.onBlock(in, offset, buffer, at);
                }

                @Override
                public void onDamage(final String in, final long offset, final long length, final boolean isTail)
                {
                    if (isTail && blockNext >= supersededFrom)
                    {
                        notes.add(in + ": superseded: " + Plural.of(length, "byte") + " from " + offset + " on");
                        return;
                    }
                    findings.add(new Finding(isTail && isLast ? "torn" : "damaged", in, offset, length, sequenceNext,
                        isTail ? "the last bytes are no whole block" : "bytes that are no block"));
                }
            });
            checkHeader(name, number, scan, blocksBefore, sequenceBefore);
        }
    }

    private void checkHeader(
        final String name, final long number, final SegmentScan scan, final long firstBlock, final long firstSequence)
        throws IOException
    {
        try
        {
            final BlockLayout.SegmentHeader header = scan.header();
            if (header.number() != number || !name.equals(SegmentScan.segmentName(number)))
            {
                findings.add(new Finding("missing", name, 0, 0, sequenceNext,
                    "segment " + number + " is missing or in another place"));
            }
            final boolean isFitting = header.firstBlock() == firstBlock && header.firstSequence() == firstSequence &&
                (null == state.genesis() || header.ledger().equals(state.genesis().ledger()));
            if (!isFitting)
            {
                findings.add(new Finding("header", name, 0, BlockLayout.SEGMENT_HEADER_LENGTH, firstSequence,
                    "the header does not fit its place: it says block " + header.firstBlock() + ", entry " +
                    header.firstSequence() + " of ledger " + header.ledger()));
            }
        }
        catch (final LedgerException ex)
        {
            // Told by firstBlocks.
            return;
        }
    }

    private void onBlock(final String file, final long offset, final ByteBuffer buffer, final int at)
    {
        final long index = BlockLayout.blockIndex(buffer, at);
        final long first = BlockLayout.firstSequence(buffer, at);
        final int length = BlockLayout.blockLength(buffer, at);
        if (index >= supersededFrom && Long.MAX_VALUE != supersededFrom)
        {
            notes.add(file + ": block " + index + " was superseded by a later segment");
            return;
        }
        if (index < blockNext || first < sequenceNext)
        {
            findings.add(new Finding("misplaced", file, offset, length, first,
                "block " + index + " is behind block " + (blockNext - 1)));
            return;
        }
        if (index - blockNext > MISSING_MAX)
        {
            findings.add(new Finding("misplaced", file, offset, length, first,
                "block " + index + " can't be that: the one before is " + (blockNext - 1)));
            return;
        }
        if (index != blockNext || first != sequenceNext)
        {
            findings.add(new Finding("missing", file, offset, 0, sequenceNext, "missing before this offset: " +
                Plural.range(sequenceNext, first - 1, "entry", "entries") + (index == blockNext ? "" :
                " (" + Plural.range(blockNext, index - 1, "block", "blocks") + ")")));
            appendStored(index);
        }
        if (read(file, offset, buffer, at))
        {
            places.add(new Placed(file, offset, length, first));
            if (isTreeWhole)
            {
                hasher.block(buffer, at, length);
            }
        }
        else
        {
            appendStored(index + 1);
        }
        blockNext = index + 1;
        sequenceNext = first + BlockLayout.frameCount(buffer, at);
    }

    /** False when the block is damaged: nothing of it is taken then. */
    private boolean read(final String file, final long offset, final ByteBuffer buffer, final int at)
    {
        final long index = BlockLayout.blockIndex(buffer, at);
        final long first = BlockLayout.firstSequence(buffer, at);
        entries.clear();
        String detail = "bytes of the block were changed, the first of them at or after offset ";
        int wrong;
        try
        {
            wrong = BlockLayout.decodeAllButUsage(buffer, at, (entry, sequence) -> entries.add(entry));
        }
        catch (final LedgerException ex)
        {
            wrong = at;
            detail = ex.getMessage() + "; block at offset ";
        }
        if (wrong >= 0)
        {
            findings.add(new Finding("damaged", file, offset, BlockLayout.blockLength(buffer, at),
                first + entries.size(), detail + (offset + wrong - at)));
            return false;
        }
        int frame = BlockLayout.firstFrame(at);
        for (int i = 0; i < entries.size(); i++)
        {
            try
            {
                apply(entries.get(i), buffer, frame, first + i, index);
            }
            catch (final LedgerException | FlopOverflowException ex)
            {
                findings.add(new Finding("rule", file, offset, BlockLayout.blockLength(buffer, at), first + i,
                    ex.getMessage()));
            }
            frame = BlockLayout.nextFrame(buffer, frame);
        }
        return true;
    }

    /** @param entry null for a usage: it is in its frame. */
    private void apply(
        final LedgerEntry entry, final ByteBuffer buffer, final int frame, final long sequence, final long index)
    {
        final int body = frame + BlockLayout.FRAME_HEADER_LENGTH;
        if (null == entry)
        {
            state.applyUsage(buffer, body);
        }
        else
        {
            state.apply(entry, sequence, index);
        }
        if (null != handler)
        {
            handler.onEntry(null == entry ? EntryCodec.usage(buffer, body) : entry, sequence, index);
        }
    }

    /** What can't be read has the hash that was stored beside; without it the tree ends here. */
    private void appendStored(final long untilBlock)
    {
        for (long block = blockNext; block < untilBlock; block++)
        {
            state.loseBlock();
            final byte[] stored = storedLeaf(block);
            isTreeWhole &= null != stored;
            places.add(null);
            if (isTreeWhole)
            {
                hasher.leaf(stored);
            }
        }
    }

    private byte[] storedLeaf(final long block)
    {
        final long at = MerkleTree.storedIndex(0, block) * MerkleTree.HASH_LENGTH;
        return at + MerkleTree.HASH_LENGTH > storedTree.length ? null :
            Arrays.copyOfRange(storedTree, (int)at, (int)at + MerkleTree.HASH_LENGTH);
    }

    private void checkEntered()
    {
        for (final CheckpointSigned signed : state.checkpoints())
        {
            check(signed.note().getBytes(StandardCharsets.UTF_8), "checkpoint of size " + signed.size(), "");
        }
    }

    private void checkCurrent() throws IOException
    {
        final byte[] bytes = newestCheckpoint();
        if (bytes.length > 0)
        {
            check(bytes, "the newest checkpoint", CHECKPOINT);
        }
    }

    private boolean check(final byte[] bytes, final String what, final String file)
    {
        try
        {
            final Note note = Checkpoint.note(bytes);
            final Checkpoint checkpoint = Checkpoint.parse(note.text());
            final int signer = signerOf(note, checkpoint.size());
            if (!fits(checkpoint, what))
            {
                return false;
            }
            proved = Math.max(proved, checkpoint.size());
            while (provedBy.size() <= signer)
            {
                provedBy.add(-1L);
            }
            provedBy.set(signer, Math.max(provedBy.get(signer), checkpoint.size()));
            return true;
        }
        catch (final LedgerException | SigningException ex)
        {
            findings.add(new Finding("checkpoint", file, -1, 0, -1, what + ": " + ex.getMessage()));
            return false;
        }
    }

    private int signerOf(final Note note, final long size)
    {
        String why = "the ledger has no signer";
        for (int i = state.signers().size() - 1; i >= 0; i--)
        {
            final LedgerState.SignerState signer = state.signers().get(i);
            try
            {
                signatures.verify(note, signer);
                if (signer.revokedAtBlock >= size)
                {
                    return i;
                }
                why = "its signer was replaced before";
            }
            catch (final SigningException | LedgerException ex)
            {
                why = ex.getMessage();
            }
        }
        throw new LedgerException(why);
    }

    private boolean fits(final Checkpoint checkpoint, final String what)
    {
        if (null == state.genesis() || !checkpoint.origin().equals(Checkpoint.originOf(state.genesis().ledger())))
        {
            find("checkpoint", what, -1, "is of another ledger: " + checkpoint.origin());
            return false;
        }
        if (checkpoint.size() > blockNext)
        {
            findings.add(new Finding("missing", "", -1, 0, sequenceNext, what + " covers what is missing: " +
                Plural.range(blockNext, checkpoint.size() - 1, "block", "blocks")));
            return false;
        }
        if (checkpoint.size() > tree.size())
        {
            find("checkpoint", what, -1, "can't be compared: a block and its hash are missing");
            return false;
        }
        if (!Arrays.equals(checkpoint.root(), tree.root(checkpoint.size())))
        {
            altered(checkpoint.size(), what);
            return false;
        }
        return true;
    }

    /** The checksums hold, the tree does not: the hashes stored beside tell the place, if nobody changed them too. */
    private void altered(final long size, final String what)
    {
        boolean isLocated = false;
        for (long block = 0; block < size; block++)
        {
            final Placed place = places.get((int)block);
            final byte[] stored = storedLeaf(block);
            if (null != place && null != stored && !Arrays.equals(stored, tree.leaf(block)))
            {
                isLocated = true;
                findings.add(new Finding("altered", place.file(), place.offset(), place.length(), place.sequence(),
                    "block " + block + " is not the one that " + what + " covers"));
            }
        }
        if (!isLocated)
        {
            final long from = Math.max(proved, 0);
            final Placed place = from < places.size() ? places.get((int)from) : null;
            findings.add(new Finding("altered", null == place ? "" : place.file(), null == place ? -1 : place.offset(),
                0, null == place ? -1 : place.sequence(),
                "something in " + Plural.range(from, size - 1, "block", "blocks") +
                " is not what " + what + " covers"));
        }
    }

    /** What the key signed, and the keys that it handed over to, is its; what others signed before it is not. */
    private boolean checkOrigin(final NoteKey key)
    {
        proved = -1;
        boolean isSigner = false;
        for (int i = 0; i < state.signers().size(); i++)
        {
            isSigner |= state.signers().get(i).isKey(key);
            if (isSigner && i < provedBy.size())
            {
                proved = Math.max(proved, provedBy.get(i));
            }
        }
        if (proved < 0)
        {
            find("origin", "", -1,
                isSigner ? "no checkpoint of the key fits" : "the key " + key + " signed nothing here");
        }
        return proved >= 0;
    }

    private long checkOutside(final byte[] bytes)
    {
        return check(bytes, "the checkpoint from outside", "") ?
            Checkpoint.parse(Checkpoint.note(bytes).text()).size() : -1;
    }

    private byte[] smallFile(final String name, final int lengthMax) throws IOException
    {
        if (!disk.list().contains(name))
        {
            return new byte[0];
        }
        try (Disk.DiskFile file = disk.open(name, false))
        {
            final byte[] bytes = new byte[(int)Math.min(lengthMax, file.length())];
            file.read(0, ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    private void find(final String kind, final String what, final long seq, final String detail)
    {
        findings.add(new Finding(kind, "", -1, 0, seq, what.isEmpty() ? detail : what + " " + detail));
    }
}

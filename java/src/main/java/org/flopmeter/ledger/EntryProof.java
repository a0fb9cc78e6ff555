/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSignature;
import org.flopmeter.sign.SigningException;

/**
 * That an entry is in a ledger, for somebody who has nothing of it: C2SP's tlog-proof, whose extra data is the block.
 *
 * @param index of the block.
 */
public record EntryProof(long index, byte[] block, List<byte[]> path, Note note, Checkpoint checkpoint)
{
    private static final String FIRST_LINE = "c2sp.org/tlog-proof@v1";
    private static final String EXTRA = "extra ";
    private static final String INDEX = "index ";
    private static final int PATH_LENGTH_MAX = 63;

    /**
     * With the newest checkpoint; where witnesses cosigned only an older one that has the entry, with that, as long as
     * the same key signed it.
     *
     * @param cosigned checkpoints with cosignatures: those that don't fit this ledger are left out.
     * @param signer   whose signature the checkpoint is to have; null = who signed the newest.
     * @throws LedgerException there is no such entry, or no checkpoint covers it, or none that the signer signed.
     */
    public static String of(final Disk disk, final long entry, final List<Note> cosigned, final NoteKey signer)
        throws IOException
    {
        final long[] block = { -1 };
        final Verifier verifier = new Verifier(disk).onEntry((found, sequence, in) ->
        {
            if (sequence == entry)
            {
                block[0] = in;
            }
        });
        final Verification verification = verifier.verify(null, null);
        if (block[0] < 0)
        {
            throw new LedgerException("there is no entry " + entry + "; the last one is " + verification.sequence());
        }
        final byte[] noteBytes = verifier.newestCheckpoint();
        final Note newest = 0 == noteBytes.length ? null : Checkpoint.note(noteBytes);
        if (null == newest || verification.proved() <= block[0] ||
            Checkpoint.parse(newest.text()).size() > verification.proved())
        {
            throw new LedgerException(
                "no checkpoint that fits covers entry " + entry + "; sign one: flopmeter ledger checkpoint");
        }
        final NoteKey wanted = null == signer ? signerOf(newest, verification) : signer;
        final List<Note> signed = new ArrayList<>(cosigned);
        signed.removeIf(note -> !isSignedBy(note, wanted));
        final Note note = withCosignatures(newest, block[0], signed, verifier.tree());
        if (!isSignedBy(note, wanted))
        {
            throw new LedgerException("no checkpoint that is kept and has entry " + entry + " was signed by " + wanted);
        }
        final Checkpoint checkpoint = Checkpoint.parse(note.text());
        final StringBuilder text = new StringBuilder(FIRST_LINE).append('\n')
            .append(EXTRA).append(HashText.of(verifier.block(block[0]))).append('\n')
            .append(INDEX).append(block[0]).append('\n');
        verifier.tree().inclusion(block[0], checkpoint.size())
            .forEach(hash -> text.append(HashText.of(hash)).append('\n'));
        return text.append('\n').append(new String(note.encoded(), StandardCharsets.UTF_8)).toString();
    }

    private static NoteKey signerOf(final Note newest, final Verification verification)
    {
        final List<LedgerState.SignerState> signers = verification.state().signers();
        for (int i = signers.size() - 1; i >= 0; i--)
        {
            if (isSignedBy(newest, signers.get(i).key()))
            {
                return signers.get(i).key();
            }
        }
        throw new LedgerException("no key of the ledger signed its newest checkpoint");
    }

    private static boolean isSignedBy(final Note note, final NoteKey key)
    {
        try
        {
            note.verify(List.of(key));
            return true;
        }
        catch (final SigningException ex)
        {
            return false;
        }
    }

    private static Note withCosignatures(
        final Note newest, final long block, final List<Note> cosigned, final MerkleTree tree)
    {
        final Checkpoint last = Checkpoint.parse(newest.text());
        Note best = null;
        for (final Note note : cosigned)
        {
            final Checkpoint checkpoint = Checkpoint.parse(note.text());
            final long size = checkpoint.size();
            final boolean isOfLedger = checkpoint.origin().equals(last.origin()) && size > block &&
                size <= last.size() && Arrays.equals(checkpoint.root(), tree.root(size));
            if (isOfLedger && (null == best || size > Checkpoint.parse(best.text()).size()))
            {
                best = note;
            }
        }
        if (null == best)
        {
            return newest;
        }
        for (final Note note : cosigned)
        {
            if (note.text().equals(best.text()))
            {
                for (final NoteSignature signature : note.signatures())
                {
                    best = best.with(signature);
                }
            }
        }
        return best;
    }

    /** @throws LedgerException the text is not a proof. */
    public static EntryProof parse(final byte[] bytes)
    {
        if (bytes.length > 2 * BlockLayout.BLOCK_LENGTH_MAX)
        {
            throw new LedgerException("not a proof: longer than one can be");
        }
        final String text = new String(bytes, StandardCharsets.UTF_8);
        final int empty = text.indexOf("\n\n");
        final String[] lines = empty < 0 ? new String[0] : text.substring(0, empty).split("\n", -1);
        if (lines.length < 3 || !FIRST_LINE.equals(lines[0]) || !lines[1].startsWith(EXTRA) ||
            !lines[2].matches("index (0|[1-9][0-9]{0,17})") || lines.length > 3 + PATH_LENGTH_MAX)
        {
            throw new LedgerException("not a proof: expected lines \"" + FIRST_LINE + "\", extra and index");
        }
        final List<byte[]> path = new ArrayList<>();
        for (int i = 3; i < lines.length; i++)
        {
            path.add(bytes(lines[i]));
        }
        final Note note = Checkpoint.note(text.substring(empty + 2).getBytes(StandardCharsets.UTF_8));
        return new EntryProof(Long.parseLong(lines[2].substring(INDEX.length())),
            bytes(lines[1].substring(EXTRA.length())), path, note, Checkpoint.parse(note.text()));
    }

    /**
     * The entries of the block, proved to be in the tree of the checkpoint.
     *
     * @param key that has to have signed it; null = no origin is proved.
     * @throws LedgerException it proves nothing.
     */
    public List<LedgerEntry> entries(final NoteKey key)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        final List<LedgerEntry> entries = new ArrayList<>();
        if (block.length < BlockLayout.BLOCK_LENGTH_MIN || !BlockLayout.isHeader(buffer, 0) ||
            BlockLayout.blockLength(buffer, 0) != block.length || BlockLayout.blockIndex(buffer, 0) != index ||
            BlockLayout.decode(buffer, 0, (entry, sequence) -> entries.add(entry)) >= 0)
        {
            throw new LedgerException("the block of the proof is damaged");
        }
        if (!MerkleProof.isIncluded(MerkleProof.leafHash(block), index, checkpoint.size(), checkpoint.root(), path))
        {
            throw new LedgerException("the block is not in the tree of the checkpoint");
        }
        try
        {
            if (null != key)
            {
                note.verify(List.of(key));
            }
        }
        catch (final SigningException ex)
        {
            throw new LedgerException(ex.getMessage(), ex);
        }
        return entries;
    }

    public long firstSequence()
    {
        return BlockLayout.firstSequence(ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN), 0);
    }

    private static byte[] bytes(final String base64)
    {
        final byte[] bytes = HashText.bytes(base64);
        if (null == bytes)
        {
            throw new LedgerException("not a proof: not base64: " + base64.length() + " characters");
        }
        return bytes;
    }
}

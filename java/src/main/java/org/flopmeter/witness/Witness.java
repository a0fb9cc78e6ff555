/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.MerkleProof;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSignature;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SigningException;

/**
 * A witness of append-only logs (c2sp.org/tlog-witness): it cosigns a checkpoint only when the tree that it has
 * cosigned before is the beginning of the new one, and remembers that durably before it answers. Threads may share it.
 */
public final class Witness
{
    private final NoteSigner signer;
    private final Supplier<TrustedLogs> logs;
    private final Store store;
    private final LongSupplier timeSeconds;
    private final Map<String, Object> turns = new ConcurrentHashMap<>();

    /** What a witness remembers: for each origin the newest checkpoint, with the cosignature that was given. */
    public interface Store
    {
        /** Null when nothing of that origin was ever saved; an error, not null, when that can't be read. */
        byte[] load(String origin) throws IOException;

        /** When this returns, {@link #load} gives these bytes, whatever happens to power and process. */
        void save(String origin, byte[] note) throws IOException;
    }

    /** What was cosigned last. */
    private record Seen(long size, byte[] root, long timeSeconds)
    {
    }

    /** @param timeSeconds POSIX time; it may be set back, the times in cosignatures of an origin never are. */
    public Witness(
        final NoteSigner signer, final Supplier<TrustedLogs> logs, final Store store, final LongSupplier timeSeconds)
    {
        this.signer = signer;
        this.logs = logs;
        this.store = store;
        this.timeSeconds = timeSeconds;
    }

    /** The key that its cosignatures are checked with. */
    public NoteKey key()
    {
        return signer.witnessKey();
    }

    /** How the path of an origin's newest checkpoint begins. */
    public static String originHash(final String origin)
    {
        try
        {
            return HexFormat.of().formatHex(
                MessageDigest.getInstance("SHA-256").digest(origin.getBytes(StandardCharsets.UTF_8)));
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    /** Answers add-checkpoint. */
    public WitnessAnswer add(final byte[] body)
    {
        final AddCheckpoint request;
        try
        {
            request = AddCheckpoint.parse(body);
        }
        catch (final LedgerException ex)
        {
            return WitnessAnswer.text(WitnessAnswer.BAD_REQUEST, ex.getMessage());
        }
        final String origin = request.checkpoint().origin();
        final List<NoteKey> keys = logs.get().keys(origin);
        if (keys.isEmpty())
        {
            return WitnessAnswer.text(WitnessAnswer.NOT_FOUND, "unknown origin");
        }
        final List<NoteSignature> signatures;
        try
        {
            signatures = new ArrayList<>(request.note().verify(keys).values());
        }
        catch (final SigningException ex)
        {
            return WitnessAnswer.text(WitnessAnswer.FORBIDDEN, ex.getMessage());
        }
        if (request.oldSize() > request.checkpoint().size())
        {
            return WitnessAnswer.text(WitnessAnswer.BAD_REQUEST, "the old size is larger than the checkpoint's");
        }
        // Only origins that are known: their number is bounded.
        synchronized (turns.computeIfAbsent(origin, made -> new Object()))
        {
            try
            {
                return cosign(request, new Note(request.note().text(), signatures));
            }
            catch (final IOException ex)
            {
                return WitnessAnswer.text(WitnessAnswer.FAILED, "the state of this witness: " + ex.getMessage());
            }
        }
    }

    private WitnessAnswer cosign(final AddCheckpoint request, final Note signed) throws IOException
    {
        final Checkpoint checkpoint = request.checkpoint();
        final Seen seen = seen(checkpoint.origin());
        if (request.oldSize() != seen.size())
        {
            return WitnessAnswer.conflict(seen.size());
        }
        if (!MerkleProof.isConsistent(
            seen.size(), seen.root(), checkpoint.size(), checkpoint.root(), request.proof()))
        {
            return WitnessAnswer.text(WitnessAnswer.UNPROCESSABLE, "the consistency proof does not fit: the log of " +
                checkpoint.size() + " does not begin with the one of " + seen.size() + " that was cosigned");
        }
        final NoteSignature cosignature =
            signer.cosign(signed.text(), Math.max(timeSeconds.getAsLong(), seen.timeSeconds()));
        store.save(checkpoint.origin(), signed.with(cosignature).encoded());
        return new WitnessAnswer(
            WitnessAnswer.OK, WitnessAnswer.TEXT, cosignature.line().getBytes(StandardCharsets.UTF_8));
    }

    private Seen seen(final String origin) throws IOException
    {
        final byte[] bytes = store.load(origin);
        if (null == bytes)
        {
            return new Seen(0, MerkleProof.emptyRoot(), 1);
        }
        try
        {
            final Note note = Checkpoint.note(bytes);
            final NoteSignature own = note.verify(List.of(key())).get(key());
            final Checkpoint checkpoint = Checkpoint.parse(note.text());
            if (!checkpoint.origin().equals(origin))
            {
                throw new LedgerException("of another origin");
            }
            return new Seen(checkpoint.size(), checkpoint.root(), Cosignature.of(own).timeSeconds());
        }
        catch (final LedgerException | SigningException ex)
        {
            // Never taken for "nothing seen": that would cosign a fork.
            throw new IOException("what was cosigned last is damaged: " + ex.getMessage(), ex);
        }
    }

    /** Answers the request for the newest checkpoint of an origin, by {@link #originHash}. */
    public WitnessAnswer checkpoint(final String originHash)
    {
        for (final String origin : logs.get().origins())
        {
            if (!originHash(origin).equals(originHash))
            {
                continue;
            }
            try
            {
                final byte[] note = store.load(origin);
                if (null != note)
                {
                    return new WitnessAnswer(WitnessAnswer.OK, WitnessAnswer.TEXT, note);
                }
            }
            catch (final IOException ex)
            {
                return WitnessAnswer.text(WitnessAnswer.FAILED, "the state of this witness: " + ex.getMessage());
            }
        }
        return WitnessAnswer.text(WitnessAnswer.NOT_FOUND, "nothing of such an origin was cosigned");
    }
}

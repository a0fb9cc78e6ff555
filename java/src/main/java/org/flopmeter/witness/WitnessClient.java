/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.ForkProof;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.StoredTree;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.Plural;
import org.flopmeter.witness.WitnessOutcome.Kind;

/** The side of a ledger: asks a witness to cosign a checkpoint, and tells what it says when it does not. */
public final class WitnessClient
{
    private static final int TRIES_MAX = 4;
    private static final int SHOWN_LENGTH_MAX = 200;

    private final NoteKey witness;
    private final List<NoteKey> ledgerKeys;
    private final Transport transport;

    /** A way to a witness. */
    public interface Transport
    {
        WitnessAnswer post(String path, byte[] body) throws IOException;

        WitnessAnswer get(String path) throws IOException;
    }

    /**
     * @param witness    its key, of the cosignature type.
     * @param ledgerKeys that sign for the ledger: what the witness shows counts when one of them signed it.
     */
    public WitnessClient(final NoteKey witness, final List<NoteKey> ledgerKeys, final Transport transport)
    {
        if (NoteKey.Type.COSIGNATURE != witness.type())
        {
            throw new SigningException("the key " + witness + " is not a witness's (type 0x04)");
        }
        this.witness = witness;
        this.ledgerKeys = List.copyOf(ledgerKeys);
        this.transport = transport;
    }

    /**
     * Ask for a cosignature.
     *
     * @param note     the signed checkpoint.
     * @param tree     that it is of.
     * @param seenSize the largest size of which a cosignature of this witness is kept here; 0 = none is.
     * @throws IOException the witness can't be reached.
     */
    public WitnessOutcome submit(final Note note, final StoredTree tree, final long seenSize) throws IOException
    {
        final String origin = Checkpoint.parse(note.text()).origin();
        long oldSize = Math.min(seenSize, tree.size());
        for (int i = 0; i < TRIES_MAX; i++)
        {
            final WitnessAnswer answer = transport.post(
                "/add-checkpoint", AddCheckpoint.of(oldSize, tree.consistency(oldSize), note).encoded());
            switch (answer.status())
            {
                case WitnessAnswer.OK:
                    return seenSize > tree.size() ? forgotten(seenSize, "cosigns " + tree.size()) :
                        cosigned(note, answer);
                case WitnessAnswer.CONFLICT:
                    final long claimed = size(answer);
                    if (claimed < 0 || claimed == oldSize)
                    {
                        return refused("answered 409 without a size");
                    }
                    if (claimed < seenSize)
                    {
                        return forgotten(seenSize, "says that it has seen " + claimed);
                    }
                    if (claimed > tree.size())
                    {
                        return rolledBack(origin, tree, claimed);
                    }
                    oldSize = claimed;
                    break;
                case WitnessAnswer.UNPROCESSABLE:
                    return forked(origin, note, tree);
                case WitnessAnswer.NOT_FOUND:
                    return seenSize > 0 ? forgotten(seenSize, "knows no such ledger (404)") :
                        refused("does not know this ledger (404): the key of the ledger has to be among its logs");
                case WitnessAnswer.FORBIDDEN:
                    return refused("does not trust the key of this ledger (403): " + shown(answer) + (0 == seenSize ?
                        "" : "; it did before: after `ledger rotate` its owner has to add the new key to its logs"));
                default:
                    return refused("answered " + answer.status() + ": " + shown(answer));
            }
        }
        return refused("named another size each time: somebody else appends to this ledger");
    }

    private WitnessOutcome cosigned(final Note note, final WitnessAnswer answer)
    {
        try
        {
            final Note whole = Checkpoint.note(
                (new String(note.encoded(), StandardCharsets.UTF_8) + new String(answer.body(), StandardCharsets.UTF_8))
                .getBytes(StandardCharsets.UTF_8));
            final var signature = whole.verify(List.of(witness)).get(witness);
            if (Cosignature.of(signature).timeSeconds() > 0)
            {
                final long size = Checkpoint.parse(note.text()).size();
                return new WitnessOutcome(Kind.COSIGNED, "the witness " + witness.name() + " has seen " +
                    Plural.of(size, "block"), note.with(signature), null, null);
            }
        }
        catch (final LedgerException | SigningException ex)
        {
            return refused("answered without a cosignature of its key: " + ex.getMessage());
        }
        return refused("answered with a cosignature without a time");
    }

    private WitnessOutcome rolledBack(final String origin, final StoredTree tree, final long claimed)
    {
        final Note evidence = evidence(origin);
        final boolean isShown = null != evidence && Checkpoint.parse(evidence.text()).size() > tree.size();
        return new WitnessOutcome(Kind.ROLLED_BACK, "the witness " + witness.name() + " has seen " +
            Plural.of(claimed, "block") + " of this ledger, and here are " + tree.size() +
            ": an older state was put back, or another copy of it goes on" +
            (isShown ? "; a checkpoint signed by this ledger's key shows it" : "; it does not show them"),
            null, isShown ? evidence : null, null);
    }

    private WitnessOutcome forked(final String origin, final Note note, final StoredTree tree) throws IOException
    {
        final Note evidence = evidence(origin);
        String proof = null;
        if (null != evidence && Checkpoint.parse(evidence.text()).size() <= tree.size())
        {
            try
            {
                proof = ForkProof.of(evidence, note, tree).text();
            }
            catch (final LedgerException ex)
            {
                // What it shows is the beginning of this ledger: then it shows no reason to refuse.
                return refused("says that this ledger is not the one it has seen, and shows the beginning of it (422)");
            }
        }
        return new WitnessOutcome(Kind.FORKED, "the witness " + witness.name() +
            " has seen another history of this ledger" +
            (null == proof ? "; it does not show it" : "; two checkpoints signed by this ledger's key prove it"),
            null, evidence, proof);
    }

    private WitnessOutcome forgotten(final long seenSize, final String what)
    {
        return WitnessOutcome.of(Kind.FORGOTTEN, "the witness " + witness.name() + " has cosigned " +
            Plural.of(seenSize, "block") + " of this ledger and now " + what + ": the witness was set back");
    }

    private WitnessOutcome refused(final String what)
    {
        return WitnessOutcome.of(Kind.REFUSED, "the witness " + witness.name() + ' ' + what);
    }

    /** The newest checkpoint of the witness, when it was signed by a key of this ledger and by the witness; or null. */
    private Note evidence(final String origin)
    {
        try
        {
            final WitnessAnswer answer = transport.get('/' + Witness.originHash(origin) + "/checkpoint");
            if (WitnessAnswer.OK != answer.status())
            {
                return null;
            }
            final Note note = Checkpoint.note(answer.body());
            note.verify(ledgerKeys);
            note.verify(List.of(witness));
            return Checkpoint.parse(note.text()).origin().equals(origin) ? note : null;
        }
        catch (final IOException | LedgerException | SigningException ex)
        {
            // The alarm holds without it.
            return null;
        }
    }

    /** The size in an answer 409, or -1. */
    private static long size(final WitnessAnswer answer)
    {
        final String text = new String(answer.body(), StandardCharsets.US_ASCII);
        return WitnessAnswer.SIZE.equals(answer.contentType()) && text.matches("(0|[1-9][0-9]{0,17})\n") ?
            Long.parseLong(text.substring(0, text.length() - 1)) : -1;
    }

    private static String shown(final WitnessAnswer answer)
    {
        final String text = new String(answer.body(), StandardCharsets.UTF_8).replaceAll("[\\p{Cntrl}\\p{Cf}]+", " ");
        return text.substring(0, Math.min(SHOWN_LENGTH_MAX, text.length())).strip();
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.StoredTree;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.VerifyingKey;

/**
 * How much of a ledger enough witnesses have seen. A witness that has cosigned a tree has seen every beginning of it.
 *
 * @param seen   by each witness that has seen something, the most first.
 * @param blocks that as many as the quorum have seen; -1 when fewer have seen anything.
 */
public record Quorum(List<Seen> seen, long blocks)
{
    /** The largest checkpoint of this ledger that a witness has cosigned, and when. */
    public record Seen(NoteKey witness, long blocks, long timeSeconds)
    {
    }

    /**
     * Count the witnesses whose cosignatures fit a ledger.
     *
     * @param witnesses that are believed; spellings of one key are one witness.
     * @param notes     checkpoints with cosignatures, of any ledger and by anybody: what does not fit does not count.
     */
    public static Quorum of(
        final List<NoteKey> witnesses, final int quorum, final List<Note> notes, final String origin,
        final StoredTree tree) throws IOException
    {
        final List<Seen> seen = new ArrayList<>();
        final List<VerifyingKey> counted = new ArrayList<>();
        for (final NoteKey witness : witnesses)
        {
            if (NoteKey.Type.COSIGNATURE == witness.type() && !counted.contains(witness.key()))
            {
                counted.add(witness.key());
                final Seen most = most(witness, notes, origin, tree);
                if (null != most)
                {
                    seen.add(most);
                }
            }
        }
        seen.sort(Comparator.comparingLong(Seen::blocks).reversed());
        return new Quorum(List.copyOf(seen),
            quorum < 1 || seen.size() < quorum ? -1 : seen.get(quorum - 1).blocks());
    }

    private static Seen most(
        final NoteKey witness, final List<Note> notes, final String origin, final StoredTree tree)
        throws IOException
    {
        Seen most = null;
        for (final Note note : notes)
        {
            try
            {
                final Checkpoint checkpoint = Checkpoint.parse(note.text());
                if (checkpoint.origin().equals(origin) && (null == most || checkpoint.size() > most.blocks()) &&
                    tree.beginsWith(checkpoint.size(), checkpoint.root()))
                {
                    most = new Seen(witness, checkpoint.size(),
                        Cosignature.of(note.verify(List.of(witness)).get(witness)).timeSeconds());
                }
            }
            catch (final LedgerException | SigningException ex)
            {
                // Not of this witness, or of nobody.
                continue;
            }
        }
        return most;
    }
}

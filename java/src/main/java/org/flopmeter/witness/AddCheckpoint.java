/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.HashText;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.sign.Note;

/**
 * The body of an add-checkpoint request.
 *
 * @param oldSize of the checkpoint that the witness is believed to have seen last.
 * @param proof   RFC 6962's consistency proof from there.
 */
public record AddCheckpoint(long oldSize, List<byte[]> proof, Note note, Checkpoint checkpoint)
{
    /** Bytes of a body: 63 hashes and a checkpoint with a hundred signatures need about a third. */
    public static final int LENGTH_MAX = 64 * 1024;

    private static final String OLD = "old ";
    private static final int PROOF_LENGTH_MAX = 63;

    public static AddCheckpoint of(final long oldSize, final List<byte[]> proof, final Note note)
    {
        return new AddCheckpoint(oldSize, List.copyOf(proof), note, Checkpoint.parse(note.text()));
    }

    /** @throws LedgerException the bytes are not such a body. */
    public static AddCheckpoint parse(final byte[] body)
    {
        final String text = body.length > LENGTH_MAX ? "" : new String(body, StandardCharsets.UTF_8);
        final int empty = text.indexOf("\n\n");
        final String[] lines = empty < 0 ? new String[] { "" } : text.substring(0, empty).split("\n", -1);
        if (!lines[0].matches(OLD + "(0|[1-9][0-9]{0,17})") || lines.length > 1 + PROOF_LENGTH_MAX)
        {
            throw new LedgerException("expected a line \"old SIZE\", at most " + PROOF_LENGTH_MAX +
                " hashes, an empty line and a checkpoint, of at most " + LENGTH_MAX + " bytes");
        }
        final List<byte[]> proof = new ArrayList<>();
        for (int i = 1; i < lines.length; i++)
        {
            final byte[] hash = HashText.hash(lines[i]);
            if (null == hash)
            {
                throw new LedgerException("line " + (i + 1) + " is not 32 bytes of base64");
            }
            proof.add(hash);
        }
        // From the bytes: what is no UTF-8 is refused, not replaced.
        final int at = text.substring(0, empty).getBytes(StandardCharsets.UTF_8).length + 2;
        return of(Long.parseLong(lines[0].substring(OLD.length())), proof,
            Checkpoint.note(Arrays.copyOfRange(body, at, body.length)));
    }

    public byte[] encoded()
    {
        final StringBuilder text = new StringBuilder(OLD).append(oldSize).append('\n');
        proof.forEach(hash -> text.append(HashText.of(hash)).append('\n'));
        return text.append('\n').append(new String(note.encoded(), StandardCharsets.UTF_8)).toString()
            .getBytes(StandardCharsets.UTF_8);
    }
}

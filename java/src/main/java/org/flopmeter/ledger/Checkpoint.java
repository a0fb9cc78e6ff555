/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SigningException;

/** Size and root of a ledger's tree: the text of C2SP's tlog-checkpoint, signed as a note. */
public record Checkpoint(String origin, long size, byte[] root)
{
    private static final String ORIGIN = "flopmeter.org/ledger/";
    private static final int SIZE_DIGITS_MAX = 18;

    static String originOf(final Id ledger)
    {
        return ORIGIN + ledger;
    }

    /** The text that is signed. */
    public String text()
    {
        return origin + '\n' + size + '\n' + HashText.of(root) + '\n';
    }

    String signed(final NoteSigner signer)
    {
        final Note note = new Note(text(), List.of(signer.sign(text())));
        return new String(note.encoded(), StandardCharsets.UTF_8);
    }

    /** @throws LedgerException the text is not a checkpoint. */
    public static Checkpoint parse(final String text)
    {
        final String[] lines = text.split("\n", -1);
        if (lines.length < 4 || lines[0].isEmpty() || !text.endsWith("\n") ||
            !lines[1].matches("0|[1-9][0-9]{0," + (SIZE_DIGITS_MAX - 1) + "}"))
        {
            throw new LedgerException("not a checkpoint: expected lines of origin, size and root");
        }
        // What follows the last newline is empty, no line is.
        for (int i = 3; i < lines.length - 1; i++)
        {
            if (lines[i].isEmpty())
            {
                throw new LedgerException("not a checkpoint: an empty line before its end");
            }
        }
        final byte[] root = HashText.hash(lines[2]);
        if (null == root)
        {
            throw new LedgerException("not a checkpoint: its root is not 32 bytes of base64");
        }
        return new Checkpoint(lines[0], Long.parseLong(lines[1]), root);
    }

    /** @throws LedgerException the bytes are not a signed note. */
    public static Note note(final byte[] bytes)
    {
        try
        {
            return Note.parse(bytes);
        }
        catch (final SigningException ex)
        {
            throw new LedgerException(ex.getMessage(), ex);
        }
    }

    String rootText()
    {
        return HexFormat.of().formatHex(root);
    }
}

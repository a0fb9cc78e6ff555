/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The text of C2SP's tlog-checkpoint: lines of origin, size and root, then lines that others may add. */
class CheckpointTest
{
    /** The root of a tree without leaves, in base64 as the specification has it. */
    private static final String ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    private static void refuse(final String message, final String text)
    {
        final LedgerException refused = assertThrows(LedgerException.class, () -> Checkpoint.parse(text), text);
        assertEquals("not a checkpoint: " + message, refused.getMessage());
    }

    @Test
    void shouldReadWhatItWrites()
    {
        final Checkpoint checkpoint = new Checkpoint("log.example", 12, MerkleProof.emptyRoot());
        assertEquals("log.example\n12\n" + ROOT + '\n', checkpoint.text());
        final Checkpoint parsed = Checkpoint.parse(checkpoint.text());
        assertEquals("log.example", parsed.origin());
        assertEquals(12, parsed.size());
        assertArrayEquals(MerkleProof.emptyRoot(), parsed.root());
        assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", parsed.rootText());
    }

    @Test
    void shouldReadLinesThatOthersAdd()
    {
        assertEquals(0, Checkpoint.parse("o\n0\n" + ROOT + "\nextension\n").size());
        assertEquals(1, Checkpoint.parse("o\n1\n" + ROOT + "\none\ntwo\n").size());
        refuse("an empty line before its end", "o\n1\n" + ROOT + "\n\n");
        refuse("an empty line before its end", "o\n1\n" + ROOT + "\n\ntwo\n");
        refuse("an empty line before its end", "o\n1\n" + ROOT + "\none\n\n");
    }

    @Test
    void shouldRefuseEveryOtherForm()
    {
        assertEquals(999_999_999_999_999_999L, Checkpoint.parse("o\n999999999999999999\n" + ROOT + '\n').size());
        for (final String text : List.of("", "o\n1\n" + ROOT, "o\n1\n", "\n1\n" + ROOT + '\n', "o\n01\n" + ROOT + '\n',
            "o\n\n" + ROOT + '\n', "o\n-1\n" + ROOT + '\n', "o\n1000000000000000000\n" + ROOT + '\n',
            "o\n1\n" + ROOT + "\nextension"))
        {
            refuse("expected lines of origin, size and root", text);
        }
        for (final String root : List.of("", "x", ROOT.substring(4), ROOT.substring(0, 43), ROOT + "AAAA"))
        {
            refuse("its root is not 32 bytes of base64", "o\n1\n" + root + '\n');
        }
    }

    @Test
    void shouldSayWhyBytesAreNoNote()
    {
        final LedgerException refused = assertThrows(
            LedgerException.class, () -> Checkpoint.note("text".getBytes(StandardCharsets.UTF_8)));
        assertTrue(null != refused.getCause() && refused.getMessage().equals(refused.getCause().getMessage()));
        final String note = new Checkpoint("log.example", 12, MerkleProof.emptyRoot()).signed(Session.SIGNER);
        assertEquals("log.example\n12\n" + ROOT + '\n', Checkpoint.note(note.getBytes(StandardCharsets.UTF_8)).text());
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.Plural;

/**
 * That a key signed two histories of one ledger, for somebody who has nothing of it: two checkpoints, and the proof
 * that the tree of the second does not begin with that of the first. Format: docs/design/0022-witness.md section 4.
 *
 * @param root of the tree of the second checkpoint when it had the size of the first.
 * @param path RFC 6962's proof of that.
 */
public record ForkProof(byte[] root, List<byte[]> path, Note first, Note second)
{
    private static final String FIRST_LINE = "flopmeter.org/ledger-fork@v1";
    private static final String ROOT = "root ";
    private static final int PATH_LENGTH_MAX = 63;
    private static final int LENGTH_MAX = 1 << 20;
    /** The head, and text and signatures of two notes. */
    private static final int PART_COUNT = 5;

    /**
     * Of two checkpoints of the same size; or of two sizes, with the tree of the larger one.
     *
     * @param tree null when there is none.
     * @throws LedgerException they do not contradict each other, or that can't be shown with what is there.
     */
    public static ForkProof of(final Note one, final Note other, final StoredTree tree) throws IOException
    {
        final boolean isOrdered = Checkpoint.parse(one.text()).size() <= Checkpoint.parse(other.text()).size();
        final Note first = isOrdered ? one : other;
        final Note second = isOrdered ? other : one;
        final Checkpoint smaller = Checkpoint.parse(first.text());
        final Checkpoint larger = Checkpoint.parse(second.text());
        if (!smaller.origin().equals(larger.origin()))
        {
            throw new LedgerException("checkpoints of two ledgers: " + smaller.origin() + " and " + larger.origin());
        }
        if (smaller.size() == larger.size())
        {
            if (Arrays.equals(smaller.root(), larger.root()))
            {
                throw new LedgerException(
                    "the checkpoints say the same: " + Plural.of(larger.size(), "block") + ", one root");
            }
            return new ForkProof(larger.root(), List.of(), first, second);
        }
        if (null == tree || tree.size() != larger.size())
        {
            throw new LedgerException("one checkpoint has " + Plural.of(smaller.size(), "block") + " and the other " +
                larger.size() + ": expected the ledger that the larger one is of");
        }
        if (tree.beginsWith(smaller.size(), smaller.root()))
        {
            throw new LedgerException("the checkpoints agree: one ledger grew from " + smaller.size() + " to " +
                Plural.of(larger.size(), "block"));
        }
        return new ForkProof(tree.rootAt(smaller.size()), tree.consistency(smaller.size()), first, second);
    }

    public String text()
    {
        final StringBuilder text = new StringBuilder(FIRST_LINE).append('\n')
            .append(ROOT).append(HashText.of(root)).append('\n');
        path.forEach(hash -> text.append(HashText.of(hash)).append('\n'));
        return text.append('\n').append(new String(first.encoded(), StandardCharsets.UTF_8))
            .append('\n').append(new String(second.encoded(), StandardCharsets.UTF_8)).toString();
    }

    /** @throws LedgerException the bytes are not such a proof; whether it proves something is not looked at. */
    public static ForkProof parse(final byte[] bytes)
    {
        // Neither a checkpoint nor signatures have an empty line in them.
        final String[] parts = bytes.length > LENGTH_MAX ? new String[0] :
            new String(bytes, StandardCharsets.UTF_8).split("\n\n", -1);
        final String[] lines = PART_COUNT == parts.length ? parts[0].split("\n", -1) : new String[0];
        if (lines.length < 2 || !FIRST_LINE.equals(lines[0]) || !lines[1].startsWith(ROOT) ||
            lines.length > 2 + PATH_LENGTH_MAX)
        {
            throw new LedgerException("not a proof of a fork: expected lines \"" + FIRST_LINE +
                "\" and root, hashes, an empty line, and two checkpoints");
        }
        final List<byte[]> path = new ArrayList<>();
        for (int i = 2; i < lines.length; i++)
        {
            path.add(hash(lines[i]));
        }
        final ForkProof proof = new ForkProof(hash(lines[1].substring(ROOT.length())), path,
            note(parts[1] + "\n\n" + parts[2] + '\n'), note(parts[3] + "\n\n" + parts[4]));
        Checkpoint.parse(proof.first.text());
        Checkpoint.parse(proof.second.text());
        return proof;
    }

    /**
     * Returns what is proved, in words.
     *
     * @param keys that sign for the ledger: each checkpoint needs a signature of one of them.
     * @throws LedgerException nothing is.
     */
    public String check(final List<NoteKey> keys)
    {
        verify("first", first, keys);
        verify("second", second, keys);
        return claim();
    }

    /** What is proved when the signatures are right. */
    String claim()
    {
        final Checkpoint smaller = Checkpoint.parse(first.text());
        final Checkpoint larger = Checkpoint.parse(second.text());
        if (!smaller.origin().equals(larger.origin()))
        {
            throw new LedgerException("the checkpoints are of two ledgers");
        }
        if (!MerkleProof.isConsistent(smaller.size(), root, larger.size(), larger.root(), path))
        {
            throw new LedgerException("the hashes do not lead to the root of the second checkpoint");
        }
        if (Arrays.equals(root, smaller.root()))
        {
            throw new LedgerException("the checkpoints agree");
        }
        return "two histories of " + larger.origin() + " were signed: over the first " +
            Plural.of(smaller.size(), "block") + " the root is " + HashText.of(smaller.root()) + " in one and " +
            HashText.of(root) + " in the other, of " + Plural.of(larger.size(), "block");
    }

    private static void verify(final String which, final Note note, final List<NoteKey> keys)
    {
        try
        {
            note.verify(keys);
        }
        catch (final SigningException ex)
        {
            throw new LedgerException("the " + which + " checkpoint: " + ex.getMessage(), ex);
        }
    }

    private static Note note(final String text)
    {
        return Checkpoint.note(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] hash(final String line)
    {
        final byte[] hash = HashText.hash(line);
        if (null == hash)
        {
            throw new LedgerException("not a proof of a fork: a line that is not 32 bytes of base64");
        }
        return hash;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A C2SP signed note (c2sp.org/signed-note): text that ends with a newline, an empty line, signature lines. A parsed
 * note is not trusted before {@link #verify}.
 */
public record Note(String text, List<NoteSignature> signatures)
{
    /** More lines than anybody needs; the specification asks for at least 16. */
    public static final int SIGNATURE_COUNT_MAX = 100;

    /** Bytes of a whole note. */
    public static final int LENGTH_MAX = 1 << 20;

    public Note
    {
        refuseBadText(text);
        if (signatures.isEmpty() || signatures.size() > SIGNATURE_COUNT_MAX)
        {
            throw malformed("1 to " + SIGNATURE_COUNT_MAX + " signature lines, found " + signatures.size());
        }
        signatures = List.copyOf(signatures);
    }

    /** The note of those bytes; a {@link SigningException} when they are none. */
    public static Note parse(final byte[] utf8)
    {
        final String whole = utf8.length <= LENGTH_MAX ? Bytes.text(utf8) : null;
        if (null == whole)
        {
            throw malformed("UTF-8 of at most " + LENGTH_MAX + " bytes");
        }
        final int emptyLine = whole.lastIndexOf("\n\n");
        if (emptyLine < 0 || !whole.endsWith("\n"))
        {
            throw malformed("an empty line, then signature lines, each with a newline at its end");
        }
        final List<NoteSignature> signatures = new ArrayList<>();
        final String tail = whole.substring(emptyLine + 2);
        for (int begin = 0; begin < tail.length() && signatures.size() <= SIGNATURE_COUNT_MAX;)
        {
            final int end = tail.indexOf('\n', begin);
            final NoteSignature signature = NoteSignature.parse(tail.substring(begin, end));
            if (null == signature)
            {
                throw malformed("a signature line, found \"" + Shown.of(tail.substring(begin, end)) + '"');
            }
            signatures.add(signature);
            begin = end + 1;
        }
        return new Note(whole.substring(0, emptyLine + 1), signatures);
    }

    /** The text of notes is UTF-8 without control characters but newlines, one of them at its end. */
    static void refuseBadText(final String text)
    {
        if (!text.endsWith("\n") || text.chars().anyMatch(c -> c < ' ' && '\n' != c) ||
            !text.equals(Bytes.text(Bytes.utf8(text))))
        {
            throw malformed("text without control characters, with a newline at its end");
        }
    }

    /**
     * The keys that signed, each with its signature. Signatures of other keys are ignored; a wrong one of a given key
     * refuses the note, as does a note that none of the keys signed.
     */
    public Map<NoteKey, NoteSignature> verify(final List<NoteKey> keys)
    {
        final Map<NoteKey, NoteSignature> verified = new LinkedHashMap<>();
        for (final NoteSignature signature : signatures)
        {
            for (final NoteKey key : keys)
            {
                if (!key.isClaimedBy(signature) || verified.containsKey(key))
                {
                    continue;
                }
                if (!key.verify(text, signature))
                {
                    throw new SigningException("the signature of " + key + " does not fit the note");
                }
                verified.put(key, signature);
            }
        }
        if (verified.isEmpty())
        {
            throw new SigningException("the note has no signature of a known key");
        }
        return verified;
    }

    /** The note with one more signature; it takes the place of one by the same key. */
    public Note with(final NoteSignature signature)
    {
        final List<NoteSignature> all = new ArrayList<>(signatures);
        all.removeIf(other -> other.name().equals(signature.name()) && other.hash() == signature.hash());
        all.add(signature);
        return new Note(text, all);
    }

    public byte[] encoded()
    {
        final StringBuilder whole = new StringBuilder(text).append('\n');
        signatures.forEach(signature -> whole.append(signature.line()));
        return Bytes.utf8(whole.toString());
    }

    private static SigningException malformed(final String expected)
    {
        return new SigningException("not a signed note: expected " + expected);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key under a name. Its text is the one of golang.org/x/mod/sumdb/note,
 * {@code PRIVATE+KEY+name+hash+base64(algorithm || secret)}: name, algorithm and secret can't come apart unnoticed.
 */
public final class NoteSigner
{
    private static final Pattern TEXT =
        Pattern.compile("PRIVATE\\+KEY\\+([^+]+)\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]{1,200})");

    private final String name;
    private final SigningKey key;

    public NoteSigner(final String name, final SigningKey key)
    {
        NoteKey.refuseBadName(name);
        this.name = name;
        this.key = key;
    }

    /** The key of a text; a {@link SigningException}, which does not show the text, says what is wrong with it. */
    public static NoteSigner parse(final String text)
    {
        final Matcher matcher = TEXT.matcher(text);
        final byte[] encoded = matcher.matches() ? Bytes.ofBase64(matcher.group(3)) : null;
        if (null == encoded || 0 == encoded.length)
        {
            throw new SigningException("not a private key: expected PRIVATE+KEY+NAME+HASH+BASE64");
        }
        final SignatureAlgorithm algorithm = SignatureAlgorithm.of(encoded[0] & 0xff);
        final byte[] secret = Arrays.copyOfRange(encoded, 1, encoded.length);
        final NoteSigner signer = new NoteSigner(matcher.group(1), SigningKey.of(algorithm, secret));
        if (!signer.noteKey().hashText().equals(matcher.group(2)))
        {
            throw new SigningException(
                "private key " + signer.name + ": its hash does not fit: name or key were altered");
        }
        return signer;
    }

    public String name()
    {
        return name;
    }

    public SigningKey key()
    {
        return key;
    }

    /** The public key under the same name. */
    public NoteKey noteKey()
    {
        return new NoteKey(name, NoteKey.Type.ED25519, key.verifyingKey());
    }

    /** The public key as that of a witness: another hash, so that the two kinds of signature can't be confused. */
    public NoteKey witnessKey()
    {
        return new NoteKey(name, NoteKey.Type.COSIGNATURE, key.verifyingKey());
    }

    /** The private key as text. It is a secret: for a file of mode 0600 only. */
    String text()
    {
        final byte[] algorithm = { (byte)key.verifyingKey().algorithm().id() };
        return "PRIVATE+KEY+" + name + '+' + noteKey().hashText() + '+' +
            Bytes.base64(Bytes.join(algorithm, key.secret()));
    }

    /** The signature of a note's text. */
    public NoteSignature sign(final String text)
    {
        Note.refuseBadText(text);
        return new NoteSignature(name, noteKey().hash(), key.sign(Bytes.utf8(text)));
    }

    /**
     * A witness's cosignature of a note's text.
     *
     * @param timeSeconds POSIX time.
     */
    public NoteSignature cosign(final String text, final long timeSeconds)
    {
        Note.refuseBadText(text);
        final byte[] signature = key.sign(Cosignature.message(timeSeconds, text));
        return new NoteSignature(
            name, witnessKey().hash(), new Cosignature(timeSeconds, signature).encoded());
    }

    @Override
    public String toString()
    {
        return "private key " + noteKey();
    }
}

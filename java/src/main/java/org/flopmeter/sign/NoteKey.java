/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public key under a name, as C2SP signed notes have it (c2sp.org/signed-note). Its text is the vkey
 * {@code name+hash+base64(type || public key)}. What a signature covers depends on the type.
 */
public record NoteKey(String name, Type type, VerifyingKey key)
{
    private static final Pattern TEXT = Pattern.compile("([^+]+)\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]{1,200})");
    private static final int NAME_LENGTH_MAX = 256;

    /** Signature types of the specification that this version knows. */
    public enum Type
    {
        /** The signature of the note's text. */
        ED25519(0x01),

        /** A witness's cosignature with a time (c2sp.org/tlog-cosignature). */
        COSIGNATURE(0x04);

        private final int id;

        Type(final int id)
        {
            this.id = id;
        }

        public int id()
        {
            return id;
        }

        static Type of(final int id)
        {
            for (final Type type : values())
            {
                if (type.id == id)
                {
                    return type;
                }
            }
            throw new SigningException(String.format(
                "signature type 0x%02x is unknown; this version knows 0x01 (Ed25519) and 0x04 (cosignature/v1)", id));
        }
    }

    public NoteKey
    {
        refuseBadName(name);
    }

    /** The key of a vkey; a {@link SigningException} says what is wrong with it. */
    public static NoteKey parse(final String vkey)
    {
        final Matcher matcher = TEXT.matcher(vkey);
        final byte[] encoded = matcher.matches() ? Bytes.ofBase64(matcher.group(3)) : null;
        if (null == encoded || 0 == encoded.length)
        {
            throw new SigningException("not a public key: expected NAME+HASH+BASE64, 8 hexadecimal digits of hash");
        }
        final Type type = Type.of(encoded[0] & 0xff);
        final byte[] raw = Arrays.copyOfRange(encoded, 1, encoded.length);
        final NoteKey key =
            new NoteKey(matcher.group(1), type, VerifyingKey.of(SignatureAlgorithm.ED25519, raw));
        if (!key.text().equals(vkey))
        {
            throw new SigningException("public key " + key.name + ": its hash is " + key.hashText() + ", not " +
                matcher.group(2) + ": name or key were altered");
        }
        return key;
    }

    /** Key names are not empty and have neither white space nor a plus. */
    public static boolean isName(final String name)
    {
        return !name.isEmpty() && name.length() <= NAME_LENGTH_MAX && name.codePoints().noneMatch(point ->
            '+' == point || Character.isWhitespace(point) || Character.isSpaceChar(point) ||
            Character.isISOControl(point) || Character.getType(point) == Character.SURROGATE);
    }

    public static void refuseBadName(final String name)
    {
        if (!isName(name))
        {
            throw new SigningException("key name \"" + Shown.of(name) +
                "\": expected 1 to " + NAME_LENGTH_MAX + " characters, none of them white space or '+'");
        }
    }

    /** SHA-256(name, newline, type, public key), the first 4 bytes, big-endian. */
    public int hash()
    {
        return ByteBuffer.wrap(Bytes.sha256(Bytes.utf8(name + '\n'), encoded())).getInt();
    }

    /** The hash in 8 hexadecimal digits. */
    public String hashText()
    {
        return HexFormat.of().toHexDigits(hash());
    }

    /** The vkey. */
    public String text()
    {
        return name + '+' + hashText() + '+' + Bytes.base64(encoded());
    }

    /** Does a signature claim to be of this key? Nothing is verified. */
    public boolean isClaimedBy(final NoteSignature signature)
    {
        return name.equals(signature.name()) && hash() == signature.hash();
    }

    /** Is that a signature of the text of a note by this key? */
    public boolean verify(final String text, final NoteSignature signature)
    {
        if (!isClaimedBy(signature))
        {
            return false;
        }
        if (Type.COSIGNATURE == type)
        {
            final Cosignature cosignature = Cosignature.of(signature);
            return null != cosignature && key.verify(cosignature.message(text), cosignature.signature());
        }
        return key.verify(Bytes.utf8(text), signature.signature());
    }

    @Override
    public String toString()
    {
        return name + '+' + hashText();
    }

    private byte[] encoded()
    {
        return Bytes.join(new byte[]{ (byte)type.id }, key.raw());
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import org.flopmeter.unit.StrictUtf8;

/** Bytes and their texts, each with one spelling only. */
final class Bytes
{
    private Bytes()
    {
    }

    static byte[] join(final byte[]... parts)
    {
        int length = 0;
        for (final byte[] part : parts)
        {
            length = Math.addExact(length, part.length);
        }
        final ByteBuffer joined = ByteBuffer.allocate(length);
        for (final byte[] part : parts)
        {
            joined.put(part);
        }
        return joined.array();
    }

    static byte[] sha256(final byte[]... parts)
    {
        try
        {
            return MessageDigest.getInstance("SHA-256").digest(join(parts));
        }
        catch (final GeneralSecurityException ex)
        {
            throw new IllegalStateException("every JDK has SHA-256", ex);
        }
    }

    static byte[] utf8(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The text of UTF-8, or null when the bytes are none. */
    static String text(final byte[] utf8)
    {
        try
        {
            return StrictUtf8.decode(utf8);
        }
        catch (final CharacterCodingException ex)
        {
            return null;
        }
    }

    static String base64(final byte[] bytes)
    {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The bytes of standard base64 with its padding, or null: the JDK's decoder takes several texts for the same. */
    static byte[] ofBase64(final String text)
    {
        return decoded(text, Base64.getDecoder(), Base64.getEncoder());
    }

    /** Likewise, in either alphabet. */
    static byte[] ofEitherBase64(final String text)
    {
        final byte[] standard = ofBase64(text);
        return null != standard ? standard : decoded(text, Base64.getUrlDecoder(), Base64.getUrlEncoder());
    }

    private static byte[] decoded(final String text, final Base64.Decoder decoder, final Base64.Encoder encoder)
    {
        try
        {
            final byte[] bytes = decoder.decode(text);
            return encoder.encodeToString(bytes).equals(text) ? bytes : null;
        }
        catch (final IllegalArgumentException ex)
        {
            return null;
        }
    }
}

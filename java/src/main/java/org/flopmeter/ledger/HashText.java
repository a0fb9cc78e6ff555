/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.Base64;

/** Bytes as one line of base64, with one spelling only: the JDK's decoder takes several texts for the same bytes. */
public final class HashText
{
    private HashText()
    {
    }

    public static String of(final byte[] bytes)
    {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The bytes, or null when the text is not the base64 of any. */
    static byte[] bytes(final String text)
    {
        try
        {
            final byte[] bytes = Base64.getDecoder().decode(text);
            return of(bytes).equals(text) ? bytes : null;
        }
        catch (final IllegalArgumentException ex)
        {
            return null;
        }
    }

    /** The hash of 32 bytes, or null when the text is none. */
    public static byte[] hash(final String text)
    {
        final byte[] bytes = bytes(text);
        return null == bytes || MerkleTree.HASH_LENGTH != bytes.length ? null : bytes;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A signature line of a note: who claims to have signed, and the bytes after the key hash. Verified by nobody yet. */
public record NoteSignature(String name, int hash, byte[] signature)
{
    private static final String MARK = "\u2014 ";

    public NoteSignature
    {
        NoteKey.refuseBadName(name);
        signature = signature.clone();
    }

    /** The signature of a line without its newline, or null when the line is none. */
    static NoteSignature parse(final String line)
    {
        final int space = line.startsWith(MARK) ? line.indexOf(' ', MARK.length()) : -1;
        if (space < 0)
        {
            return null;
        }
        final String name = line.substring(MARK.length(), space);
        final byte[] bytes = Bytes.ofBase64(line.substring(space + 1));
        if (!NoteKey.isName(name) || null == bytes || bytes.length <= Integer.BYTES)
        {
            return null;
        }
        return new NoteSignature(
            name, ByteBuffer.wrap(bytes).getInt(), Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length));
    }

    /** The bytes after the key hash. */
    @Override
    public byte[] signature()
    {
        return signature.clone();
    }

    /** The line with its newline. */
    public String line()
    {
        final byte[] hashBytes = ByteBuffer.allocate(Integer.BYTES).putInt(hash).array();
        return MARK + name + ' ' + Bytes.base64(Bytes.join(hashBytes, signature)) + '\n';
    }

    @Override
    public boolean equals(final Object other)
    {
        return other instanceof NoteSignature && line().equals(((NoteSignature)other).line());
    }

    @Override
    public int hashCode()
    {
        return line().hashCode();
    }
}

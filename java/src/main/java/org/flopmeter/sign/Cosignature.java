/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A witness's timestamped cosignature of a checkpoint (c2sp.org/tlog-cosignature, cosignature/v1).
 *
 * @param timeSeconds POSIX time at which the witness saw the note.
 * @param signature of {@link #message}.
 */
public record Cosignature(long timeSeconds, byte[] signature)
{
    private static final int SIGNATURE_LENGTH = SignatureAlgorithm.ED25519.signatureLength();

    public Cosignature
    {
        if (timeSeconds < 0)
        {
            throw new SigningException("the time of a cosignature is below 0");
        }
        signature = signature.clone();
    }

    /** The cosignature inside a signature line, or null when its length or time is impossible. */
    public static Cosignature of(final NoteSignature line)
    {
        final ByteBuffer bytes = ByteBuffer.wrap(line.signature());
        if (bytes.remaining() != Long.BYTES + SIGNATURE_LENGTH)
        {
            return null;
        }
        final long timeSeconds = bytes.getLong();
        return timeSeconds < 0 ? null :
            new Cosignature(timeSeconds, Arrays.copyOfRange(bytes.array(), Long.BYTES, bytes.capacity()));
    }

    /** What is signed for the text of a note. */
    static byte[] message(final long timeSeconds, final String text)
    {
        return Bytes.utf8("cosignature/v1\ntime " + timeSeconds + '\n' + text);
    }

    byte[] message(final String text)
    {
        return message(timeSeconds, text);
    }

    @Override
    public byte[] signature()
    {
        return signature.clone();
    }

    byte[] encoded()
    {
        return Bytes.join(ByteBuffer.allocate(Long.BYTES).putLong(timeSeconds).array(), signature);
    }
}

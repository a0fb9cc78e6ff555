/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Text that others wrote: what is not UTF-8 is refused, where the JDK's constructors would put question marks. */
public final class StrictUtf8
{
    private StrictUtf8()
    {
    }

    /** @throws CharacterCodingException the bytes are not UTF-8. */
    public static String decode(final byte[] utf8) throws CharacterCodingException
    {
        return StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(ByteBuffer.wrap(utf8))
            .toString();
    }
}

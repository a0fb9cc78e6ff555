/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.flopmeter.unit.FlopCount;

/** An input of a fuzzer, taken piece by piece; what is not there is zero. */
final class FuzzInput
{
    private final byte[] bytes;
    private int at;

    FuzzInput(final byte[] bytes)
    {
        this.bytes = bytes;
    }

    boolean hasMore()
    {
        return at < bytes.length;
    }

    int next()
    {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    long nextLong()
    {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++)
        {
            value = value << 8 | next();
        }
        return value;
    }

    FlopCount nextCount()
    {
        return FlopCount.of(nextLong(), nextLong());
    }

    Id nextId()
    {
        return new Id(nextLong(), nextLong());
    }

    byte[] nextBytes(final int length)
    {
        final byte[] taken = new byte[length];
        for (int i = 0; i < length; i++)
        {
            taken[i] = (byte)next();
        }
        return taken;
    }

    /** Short, of any characters that Java's encoder keeps. */
    String nextText()
    {
        return new String(nextBytes(next() % 12), StandardCharsets.UTF_8);
    }

    /** Any chars, halves of pairs among them. */
    String nextChars()
    {
        final char[] chars = new char[next() % 12];
        for (int i = 0; i < chars.length; i++)
        {
            chars[i] = (char)(next() << 8 | next());
        }
        return new String(chars);
    }

    byte[] rest()
    {
        final byte[] rest = Arrays.copyOfRange(bytes, Math.min(at, bytes.length), bytes.length);
        at = bytes.length;
        return rest;
    }
}

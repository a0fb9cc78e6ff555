/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.util.Arrays;

/** What a loss of power leaves of a write, sector by sector. */
final class Survivors
{
    private static final int SECTOR_LENGTH = 512;

    private Survivors()
    {
    }

    static byte[] of(
        final byte[] before, final Volume.Operation operation, final int index, final Volume.Survival survival)
    {
        if (null == operation.bytes())
        {
            return survival.isKept(index, 0) ? applied(before, operation.position(), null) : before;
        }
        byte[] after = before;
        final int end = operation.bytes().length;
        int sector = 0;
        for (int at = 0; at < end;)
        {
            final long position = operation.position() + at;
            final int next = (int)Math.min(end, at + SECTOR_LENGTH - position % SECTOR_LENGTH);
            if (survival.isKept(index, sector++))
            {
                after = applied(after, position, Arrays.copyOfRange(operation.bytes(), at, next));
            }
            at = next;
        }
        return after;
    }

    static byte[] applied(final byte[] before, final long position, final byte[] bytes)
    {
        if (null == bytes)
        {
            return Arrays.copyOf(before, (int)Math.min(before.length, position));
        }
        final int end = (int)position + bytes.length;
        final byte[] after = Arrays.copyOf(before, Math.max(before.length, end));
        System.arraycopy(bytes, 0, after, (int)position, bytes.length);
        return after;
    }
}

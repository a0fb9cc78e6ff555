/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Frames as docs/design/0012-graph-store.md draws them: what a checksum does not tell. */
class FrameLayoutTest
{
    private static final int AT = 16;
    private static final int BEHIND = 24;

    private static ByteBuffer frame(final int bodyLength, final int length)
    {
        final ByteBuffer buffer = ByteBuffer.allocate(AT + length + BEHIND).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bodyLength; i++)
        {
            buffer.put(AT + 24 + i, (byte)(i | 1));
        }
        FrameLayout.seal(buffer, AT, 1L << 40, 40_000, FrameLayout.FLAG_FIRST, bodyLength);
        return buffer;
    }

    /** The checksum that fits what is there. */
    private static void sum(final ByteBuffer buffer, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(buffer.array(), AT, 4);
        crc.update(buffer.array(), AT + 8, length - 8);
        buffer.putInt(AT + 4, (int)crc.getValue());
    }

    @Test
    void shouldTakeFramesFromTheShortestToTheLongest()
    {
        final int[][] lengths = {{0, 32}, {1, 40}, {7, 40}, {8, 40}, {9, 48}, {65_496, 65_528}, {65_504, 65_536}};
        for (final int[] each : lengths)
        {
            final ByteBuffer buffer = frame(each[0], each[1]);
            assertEquals(each[1], FrameLayout.frameLength(each[0]));
            assertEquals(each[1], FrameLayout.validLength(buffer, AT, AT + each[1]));
            assertEquals(0, FrameLayout.validLength(buffer, AT, AT + each[1] - 1), "cut");
            assertEquals(1L << 40, FrameLayout.sequence(buffer, AT));
            assertEquals(40_000, FrameLayout.type(buffer, AT));
            assertEquals(2, FrameLayout.flags(buffer, AT));
            assertEquals(buffer.slice(AT + 24, each[0]), FrameLayout.body(buffer, AT));
            final int crc = buffer.getInt(AT + 4);
            sum(buffer, each[1]);
            assertEquals(crc, buffer.getInt(AT + 4));
        }
    }

    @Test
    void shouldKnowWhatNoFrameIsLongAs()
    {
        for (final int length : new int[] {32, 40, 65_528, 65_536})
        {
            assertTrue(FrameLayout.isPlausible(length), length + " bytes");
        }
        for (final int length : new int[] {Integer.MIN_VALUE, -32, 0, 24, 33, 36, 39, 65_537, 65_544})
        {
            assertFalse(FrameLayout.isPlausible(length), length + " bytes");
        }
    }

    /** Made by somebody who can sum: all the words have to agree, and what is nothing is zero. */
    @Test
    void shouldRefuseWhatIsNoFrameThoughItsSumIsRight()
    {
        final ByteBuffer other = frame(8, 40);
        other.putInt(AT + 36, 48);
        assertRefused(other, 40, "another length at its end");

        final ByteBuffer negative = frame(0, 32);
        negative.putInt(AT + 20, -1);
        assertRefused(negative, 32, "a body of -1 bytes");

        for (final int bodyLength : new int[] {0, 9, 16, 17, 70_000})
        {
            final ByteBuffer buffer = frame(8, 40);
            buffer.putInt(AT + 20, bodyLength);
            assertRefused(buffer, 40, "a body of " + bodyLength + " bytes in 8");
        }
        for (int at = AT + 24 + 5; at < AT + 36; at++)
        {
            final ByteBuffer buffer = frame(5, 40);
            buffer.put(at, (byte)1);
            assertRefused(buffer, 40, "padding at " + at);
        }
        final ByteBuffer tooLong = frame(65_512, 65_544);
        assertRefused(tooLong, 65_544, "longer than any");
    }

    private static void assertRefused(final ByteBuffer buffer, final int length, final String what)
    {
        sum(buffer, length);
        assertEquals(0, FrameLayout.validLength(buffer, AT, buffer.capacity()), what);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Imported;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.Test;

/** Bodies of frames: what there is comes back, and what can't be is refused with a word that says what. */
class RecordCodecTest
{
    private static ByteBuffer body(final GraphRecord record)
    {
        final ByteBuffer body = ByteBuffer.allocate(FrameLayout.BODY_LENGTH_MAX).order(ByteOrder.LITTLE_ENDIAN);
        RecordCodec.encode(record, body);
        return body.flip();
    }

    private static GraphRecord decoded(final GraphRecord record)
    {
        return RecordCodec.decode(RecordCodec.type(record), body(record));
    }

    private static String refusal(final int type, final ByteBuffer body)
    {
        return assertThrows(IllegalArgumentException.class, () -> RecordCodec.decode(type, body.rewind()))
            .getMessage();
    }

    @Test
    void shouldGiveBackEveryKindCutPurposeAndFormat()
    {
        final List<GraphRecord> records = new ArrayList<>(Records.ofEveryType(5));
        for (final NodeKind kind : NodeKind.values())
        {
            records.add(new Written(1, Records.digest(4), 5, 6, kind, "p"));
        }
        for (final Cut cut : List.of(Cut.INDEPENDENT, Cut.HUMAN_SUBSTANTIAL, Cut.HUMAN_SELECTION))
        {
            records.add(new CutMade("a", "b", cut, "why", "me", 7));
        }
        for (final Purpose purpose : Purpose.values())
        {
            records.add(new Purposed("c", purpose, "why", "me", 8));
        }
        for (final ImportFormat format : ImportFormat.values())
        {
            records.add(new Imported(format, 9, "f", "me", "{}"));
            records.add(new Imported(format, 9, "", "", ""));
        }
        records.forEach(record -> assertEquals(record, decoded(record)));
        assertEquals("NONE has no code", assertThrows(IllegalArgumentException.class,
            () -> body(new CutMade("a", "b", Cut.NONE, "", "", 0))).getMessage());
    }

    @Test
    void shouldTakeOnlyDigestsOf32Bytes()
    {
        final String hex = "0123456789abcdef".repeat(4);
        assertEquals("sha256:" + hex, new ContentDigest(hex).toString());
        for (final String other : List.of(
            "", hex + "0", hex.substring(1), hex.toUpperCase(Locale.ROOT), "sha256:" + hex))
        {
            assertEquals("expected 64 hexadecimal digits, found \"" + other + '"',
                assertThrows(IllegalArgumentException.class, () -> new ContentDigest(other)).getMessage());
        }
    }

    /** The bytes of docs/design/0012-graph-store.md. */
    @Test
    void shouldLayOutAPeakAsDocumented()
    {
        final ByteBuffer body = body(new Peaked(3, FlopCount.of(1, 2)));
        assertEquals(24, body.limit());
        assertEquals(3, body.getLong(0));
        assertEquals(2, body.getLong(8));
        assertEquals(1, body.getLong(16));
        assertEquals(8, RecordCodec.type(new Peaked(3, FlopCount.ZERO)));
    }

    @Test
    void shouldRefuseARecordThatIsTooShortOrTooLong()
    {
        for (final GraphRecord record : Records.ofEveryType(5))
        {
            final int type = RecordCodec.type(record);
            final ByteBuffer whole = body(record);
            for (int length = 0; length < whole.limit(); length++)
            {
                final ByteBuffer cut = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
                cut.put(whole.slice(0, length));
                assertEquals("a record of type " + type + " is too short", refusal(type, cut));
            }
            final ByteBuffer longer = ByteBuffer.allocate(whole.limit() + 1).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals("1 bytes too many in a record", refusal(type, longer.put(whole)));
        }
    }

    @Test
    void shouldRefuseWordsThatMeanNothing()
    {
        final List<GraphRecord> all = Records.ofEveryType(5);
        refuse(all.get(2), 16, 2, "isUnbounded: found 2");
        refuse(all.get(2), 20, 1, "a word that is zero: found 1");
        for (final int code : new int[] {0, 6, -1})
        {
            refuse(all.get(4), 56, code, "the unknown code " + code);
        }
        refuse(all.get(5), 56, 4, "flags of a read: found 4");
        refuse(all.get(8), 40, 0, "an origin of the unknown code 0");
        refuse(all.get(9), 40, 3, "an origin of the unknown code 3");
        refuse(all.get(9), 44, 1, "a word that is zero: found 1");
        refuse(all.get(10), 8, 4, "the unknown code 4");
        refuse(all.get(11), 8, 4, "the unknown code 4");
        refuse(all.get(11), 12, -1, "imported lines of -1 bytes");
        refuse(all.get(11), 12, 48_001, "imported lines of 48001 bytes");
        refuse(all.get(13), 8, 10, "the unknown code 10");
        refuse(all.get(13), 12, 1, "a word that is zero: found 1");
        refuse(all.get(14), 18, 0x00FF, "a text that is not UTF-8");
    }

    private static void refuse(final GraphRecord record, final int at, final int word, final String expected)
    {
        final ByteBuffer body = body(record);
        body.putInt(at, word);
        assertEquals(expected, refusal(RecordCodec.type(record), body), record.toString());
    }

    /** Bytes count, and a character that does not fit as a whole is left out. */
    @Test
    void shouldKeepTextsUpToTheirBoundInBytes()
    {
        for (final int character : new int[] {'a', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF})
        {
            final String one = Character.toString(character);
            final int length = one.getBytes(StandardCharsets.UTF_8).length;
            final String longest = one.repeat(8192 / length);
            for (final String more : List.of("", one, one + one))
            {
                final Begun begun = new Begun(1, longest + more, "", "n", "", "o");
                assertEquals(new Begun(1, longest, "", "n", "", "o"), decoded(begun), "characters of " + length);
            }
        }
        final Imported longest = new Imported(ImportFormat.EDGES, 1, "f".repeat(8192), "a".repeat(8192),
            "l".repeat(Imported.TEXT_LENGTH_MAX));
        assertEquals(longest, decoded(longest));
        assertTrue(body(longest).limit() < FrameLayout.BODY_LENGTH_MAX);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Bound;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.ledger.LedgerEntry.Correction;
import org.flopmeter.ledger.LedgerEntry.EpochClosed;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.GapBooked;
import org.flopmeter.ledger.LedgerEntry.Genesis;
import org.flopmeter.ledger.LedgerEntry.KeyDefined;
import org.flopmeter.ledger.LedgerEntry.ParameterChanged;
import org.flopmeter.ledger.LedgerEntry.Signer;
import org.flopmeter.ledger.LedgerEntry.SourceRegistered;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/** Bodies of docs/design/0018-ledger.md section 1, read back, and refused where a byte of them is not as it says. */
class EntryCodecTest
{
    private static final FlopCount LARGE = FlopCount.of(-3, -2);
    private static final Signer SIGNER = new Signer(1, 2, -5, "näme", new byte[] { 1, 2, 3 }, new byte[] { 4 });

    /** By their kinds, from 1 on; where an upper end may be missing, with and without. */
    private static List<List<LedgerEntry>> entries()
    {
        return List.of(
            List.of(new Genesis(new Id(1, -2), 3, "software")),
            List.of(SIGNER),
            List.of(new EpochOpened(new Id(1, 2), new Id(3, 4), new Id(5, 6), new Id(7, 8), 9, 10, "boot", "software")),
            List.of(new EpochClosed(1, 2, 3)),
            List.of(new SourceRegistered(1, "source", "device", "counter", "method", "software")),
            List.of(new KeyDefined(1, 2, new AccountKey(
                "run", "", Precision.FP32, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.ESTIMATE))),
            List.of(new Usage(1, 2, 3, 4, 5, LARGE)),
            List.of(new Correction(1, 2, LARGE, FlopCount.of(7), "author", "argument")),
            List.of(new Bound(1, 2, 3, 4, FlopCount.of(5), FlopCount.of(6), LARGE),
                new Bound(1, 2, 3, 4, FlopCount.of(5), FlopCount.of(6), FlopCount.ZERO),
                new Bound(1, 2, 3, 4, FlopCount.of(5), LARGE, null)),
            List.of(new GapBooked(1, 2, 3, 4, LARGE, "source", "reason"),
                new GapBooked(1, 2, 3, 4, null, "source", "reason")),
            List.of(new ParameterChanged(1, "name", "before", "after", "author")),
            List.of(new CheckpointSigned(1, "note")));
    }

    private static ByteBuffer body(final LedgerEntry entry)
    {
        final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        EntryCodec.encode(entry, bytes);
        return bytes.flip();
    }

    private static void refuse(final String message, final int kind, final ByteBuffer body)
    {
        final LedgerException refused =
            assertThrows(LedgerException.class, () -> EntryCodec.decode(kind, body), message);
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void shouldReadEveryKindBack()
    {
        for (int kind = 1; kind <= entries().size(); kind++)
        {
            for (final LedgerEntry entry : entries().get(kind - 1))
            {
                assertEquals(kind, EntryCodec.kind(entry), entry::toString);
                final ByteBuffer body = body(entry);
                assertEquals(entry, EntryCodec.decode(kind, body));
                assertEquals(0, body.remaining());
            }
        }
    }

    @Test
    void shouldRefuseABodyThatIsTooShortOrTooLong()
    {
        for (int kind = 1; kind <= entries().size(); kind++)
        {
            for (final LedgerEntry entry : entries().get(kind - 1))
            {
                final ByteBuffer body = body(entry);
                final int length = body.limit();
                for (int cut = 0; cut < length; cut++)
                {
                    final ByteBuffer shorter = body.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(cut);
                    final int of = kind;
                    assertThrows(LedgerException.class, () -> EntryCodec.decode(of, shorter), entry::toString);
                }
                body.limit(length + 3);
                refuse("is 3 bytes too long", kind, body);
            }
        }
        refuse("is too short", EntryCodec.USAGE, ByteBuffer.allocate(8));
        refuse("no entry has the kind 0", 0, ByteBuffer.allocate(8));
        refuse("no entry has the kind 13", 13, ByteBuffer.allocate(8));
    }

    /** Little-endian, low half first: who reads it with another program finds it there. */
    @Test
    void shouldLayOutAUsageAsItIsWritten()
    {
        final ByteBuffer body = body(new Usage(1, 2, 3, 4, 5, FlopCount.of(6, 7)));
        assertEquals(EntryCodec.USAGE_LENGTH, body.limit());
        for (int i = 0; i < 7; i++)
        {
            assertEquals(new long[] { 1, 2, 3, 4, 5, 7, 6 }[i], body.getLong(8 * i));
        }
        assertEquals(new Usage(1, 2, 3, 4, 5, FlopCount.of(6, 7)), EntryCodec.usage(body, 0));
        final ByteBuffer key = body(new KeyDefined(1, 2, new AccountKey(
            "r", "", Precision.FP32, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.ESTIMATE)));
        assertEquals(List.of(Precision.FP32.code(), Basis.EXACT_BY_SHAPE.code(), Source.BLAS.code(),
            Part.ESTIMATE.code(), 1), List.of((int)key.getShort(16), (int)key.getShort(18), (int)key.getShort(20),
                (int)key.getShort(22), (int)key.getShort(24)));
        final ByteBuffer epoch = body(new EpochOpened(
            new Id(2, 1), new Id(4, 3), new Id(6, 5), new Id(8, 7), 9, 10, "", ""));
        for (int i = 0; i < 10; i++)
        {
            assertEquals(i + 1, epoch.getLong(8 * i));
        }
    }

    @Test
    void shouldRefuseReservedBytesAndFlagsAndCodes()
    {
        refuse("reserved", EntryCodec.SIGNER, body(SIGNER).putInt(4, 1));
        for (final int kind : new int[]{ EntryCodec.BOUND, EntryCodec.GAP })
        {
            final LedgerEntry bounded = entries().get(kind - 1).get(0);
            refuse("a flag is neither 0 nor 1", kind, body(bounded).putInt(32, 2));
            refuse("a flag is neither 0 nor 1", kind, body(bounded).putInt(32, 3));
            refuse("reserved", kind, body(bounded).putInt(36, 1));
            refuse("an unbounded end has a value", kind, body(bounded).putInt(32, 1));
        }
        final LedgerEntry key = entries().get(EntryCodec.KEY - 1).get(0);
        for (int at = 16; at < 24; at += 2)
        {
            refuse("a code that stands for nothing", EntryCodec.KEY, body(key).putShort(at, (short)999));
        }
    }

    @Test
    void shouldHoldTextsUpToTheirLimitAndNoOthers()
    {
        final String longest = "x".repeat(EntryCodec.STRING_LENGTH_MAX);
        final CheckpointSigned entry = new CheckpointSigned(1, longest);
        assertEquals(entry, EntryCodec.decode(EntryCodec.CHECKPOINT, body(entry)));
        final LedgerException refused =
            assertThrows(LedgerException.class, () -> body(new CheckpointSigned(1, longest + 'x')));
        assertEquals("a text of 16385 bytes; at most 16384 fit an entry", refused.getMessage());
        final ByteBuffer longer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        longer.putLong(1).putShort((short)(EntryCodec.STRING_LENGTH_MAX + 1)).position(1 << 15).flip();
        refuse("a text of 16385 bytes in an entry with ", EntryCodec.CHECKPOINT, longer);
        refuse("a text of 65535 bytes in an entry with 4", EntryCodec.CHECKPOINT,
            body(new CheckpointSigned(1, "note")).putShort(8, (short)-1));
        refuse("a text of 5 bytes in an entry with 4", EntryCodec.CHECKPOINT,
            body(new CheckpointSigned(1, "note")).putShort(8, (short)5));
        refuse("a text is not UTF-8", EntryCodec.CHECKPOINT, body(new CheckpointSigned(1, "note")).put(10, (byte)-1));
    }

    @Test
    void shouldTellSignersApart()
    {
        final List<Signer> others = new ArrayList<>(List.of(
            new Signer(9, 2, -5, "näme", new byte[] { 1, 2, 3 }, new byte[] { 4 }),
            new Signer(1, 9, -5, "näme", new byte[] { 1, 2, 3 }, new byte[] { 4 }),
            new Signer(1, 2, 9, "näme", new byte[] { 1, 2, 3 }, new byte[] { 4 }),
            new Signer(1, 2, -5, "name", new byte[] { 1, 2, 3 }, new byte[] { 4 }),
            new Signer(1, 2, -5, "näme", new byte[] { 1, 2, 9 }, new byte[] { 4 }),
            new Signer(1, 2, -5, "näme", new byte[] { 1, 2, 3 }, new byte[] { 9 })));
        others.forEach(other -> assertNotEquals(SIGNER, other));
        final Signer same = new Signer(1, 2, -5, "näme", new byte[] { 1, 2, 3 }, new byte[] { 4 });
        assertEquals(SIGNER, same);
        assertEquals(SIGNER.hashCode(), same.hashCode());
        assertNotEquals(SIGNER.hashCode(), others.get(4).hashCode());
        assertEquals("Signer[algorithm=1, reason=2, wallNs=-5, name=näme, publicKey=010203, signature=04]",
            SIGNER.toString());
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
import org.flopmeter.unit.StrictUtf8;

/** Entries as bodies of frames. Decoding trusts nothing: whatever is not exactly one entry is refused. */
final class EntryCodec
{
    static final int GENESIS = 1;
    static final int SIGNER = 2;
    static final int EPOCH_OPENED = 3;
    static final int EPOCH_CLOSED = 4;
    static final int SOURCE = 5;
    static final int KEY = 6;
    static final int USAGE = 7;
    static final int CORRECTION = 8;
    static final int BOUND = 9;
    static final int GAP = 10;
    static final int PARAMETER = 11;
    static final int CHECKPOINT = 12;

    /** Of its body: every body of this length and kind is a usage. */
    static final int USAGE_LENGTH = 56;

    static final int STRING_LENGTH_MAX = 16 * 1024;

    private EntryCodec()
    {
    }

    static int kind(final LedgerEntry entry)
    {
        if (entry instanceof Usage)
        {
            return USAGE;
        }
        if (entry instanceof KeyDefined)
        {
            return KEY;
        }
        if (entry instanceof Bound)
        {
            return BOUND;
        }
        if (entry instanceof GapBooked)
        {
            return GAP;
        }
        if (entry instanceof EpochOpened)
        {
            return EPOCH_OPENED;
        }
        if (entry instanceof EpochClosed)
        {
            return EPOCH_CLOSED;
        }
        if (entry instanceof SourceRegistered)
        {
            return SOURCE;
        }
        if (entry instanceof Correction)
        {
            return CORRECTION;
        }
        if (entry instanceof CheckpointSigned)
        {
            return CHECKPOINT;
        }
        if (entry instanceof ParameterChanged)
        {
            return PARAMETER;
        }
        return entry instanceof Signer ? SIGNER : GENESIS;
    }

    static void encode(final LedgerEntry entry, final ByteBuffer into)
    {
        if (entry instanceof Usage usage)
        {
            into.putLong(usage.key()).putLong(usage.beginNs()).putLong(usage.endNs()).putLong(usage.wallNs())
                .putLong(usage.samples());
            put(into, usage.flop());
        }
        else if (entry instanceof KeyDefined defined)
        {
            final AccountKey key = defined.key();
            into.putLong(defined.epoch()).putLong(defined.source());
            into.putShort((short)key.precision().code()).putShort((short)key.basis().code())
                .putShort((short)key.source().code()).putShort((short)key.part().code());
            put(into, key.run(), key.node());
        }
        else if (entry instanceof Bound bound)
        {
            putInterval(into, bound.epoch(), bound.beginNs(), bound.endNs(), bound.wallNs(), bound.upper());
            put(into, bound.lower());
            put(into, bound.point());
            put(into, null == bound.upper() ? FlopCount.ZERO : bound.upper());
        }
        else if (entry instanceof GapBooked gap)
        {
            putInterval(into, gap.epoch(), gap.beginNs(), gap.endNs(), gap.wallNs(), gap.upper());
            put(into, null == gap.upper() ? FlopCount.ZERO : gap.upper());
            put(into, gap.source(), gap.reason());
        }
        else
        {
            encodeRare(entry, into);
        }
    }

    private static void encodeRare(final LedgerEntry entry, final ByteBuffer into)
    {
        if (entry instanceof EpochOpened opened)
        {
            put(into, opened.meter());
            put(into, opened.epoch());
            put(into, opened.nonce());
            put(into, opened.resumes());
            into.putLong(opened.wallNs()).putLong(opened.monotonicNs());
            put(into, opened.boot(), opened.software());
        }
        else if (entry instanceof EpochClosed closed)
        {
            into.putLong(closed.epoch()).putLong(closed.wallNs()).putLong(closed.monotonicNs());
        }
        else if (entry instanceof SourceRegistered source)
        {
            into.putLong(source.epoch());
            put(into, source.source(), source.device(), source.counter(), source.method(), source.software());
        }
        else if (entry instanceof Correction correction)
        {
            into.putLong(correction.key()).putLong(correction.wallNs());
            put(into, correction.added());
            put(into, correction.removed());
            put(into, correction.author(), correction.argument());
        }
        else if (entry instanceof CheckpointSigned checkpoint)
        {
            into.putLong(checkpoint.size());
            put(into, checkpoint.note());
        }
        else if (entry instanceof ParameterChanged parameter)
        {
            into.putLong(parameter.wallNs());
            put(into, parameter.name(), parameter.before(), parameter.after(), parameter.author());
        }
        else if (entry instanceof Signer signer)
        {
            into.putShort((short)signer.algorithm()).putShort((short)signer.reason()).putInt(0)
                .putLong(signer.wallNs());
            put(into, signer.name());
            putBytes(into, signer.publicKey());
            putBytes(into, signer.signature());
        }
        else if (entry instanceof Genesis genesis)
        {
            put(into, genesis.ledger());
            into.putLong(genesis.createdNs());
            put(into, genesis.software());
        }
    }

    /** @throws LedgerException the bytes are not exactly one entry of that kind. */
    static LedgerEntry decode(final int kind, final ByteBuffer body)
    {
        final LedgerEntry entry;
        try
        {
            entry = entry(kind, body);
        }
        catch (final java.nio.BufferUnderflowException ex)
        {
            throw new LedgerException("an entry of kind " + kind + " is too short", ex);
        }
        if (body.hasRemaining())
        {
            throw new LedgerException("an entry of kind " + kind + " is " + body.remaining() + " bytes too long");
        }
        return entry;
    }

    private static LedgerEntry entry(final int kind, final ByteBuffer body)
    {
        return switch (kind)
        {
            case GENESIS -> new Genesis(id(body), body.getLong(), string(body));
            case SIGNER -> signer(body);
            case EPOCH_OPENED -> new EpochOpened(
                id(body), id(body), id(body), id(body), body.getLong(), body.getLong(), string(body), string(body));
            case EPOCH_CLOSED -> new EpochClosed(body.getLong(), body.getLong(), body.getLong());
            case SOURCE -> new SourceRegistered(
                body.getLong(), string(body), string(body), string(body), string(body), string(body));
            case KEY -> new KeyDefined(body.getLong(), body.getLong(), key(body));
            case USAGE -> new Usage(
                body.getLong(), body.getLong(), body.getLong(), body.getLong(), body.getLong(), count(body));
            case CORRECTION -> new Correction(
                body.getLong(), body.getLong(), count(body), count(body), string(body), string(body));
            case BOUND -> bound(body);
            case GAP -> gap(body);
            case PARAMETER -> new ParameterChanged(
                body.getLong(), string(body), string(body), string(body), string(body));
            case CHECKPOINT -> new CheckpointSigned(body.getLong(), string(body));
            default -> throw new LedgerException("no entry has the kind " + kind);
        };
    }

    /** The usage whose body, of {@link #USAGE_LENGTH}, begins there. */
    static Usage usage(final ByteBuffer bytes, final int at)
    {
        return new Usage(bytes.getLong(at), bytes.getLong(at + 8), bytes.getLong(at + 16), bytes.getLong(at + 24),
            bytes.getLong(at + 32), FlopCount.of(bytes.getLong(at + 48), bytes.getLong(at + 40)));
    }

    private static Signer signer(final ByteBuffer body)
    {
        final int algorithm = body.getShort() & 0xFFFF;
        final int reason = body.getShort() & 0xFFFF;
        requireZero(body.getInt());
        return new Signer(algorithm, reason, body.getLong(), string(body), bytes(body), bytes(body));
    }

    private static AccountKey key(final ByteBuffer body)
    {
        final Precision precision = Precision.ofCode(body.getShort());
        final Basis basis = Basis.ofCode(body.getShort());
        final Source source = Source.ofCode(body.getShort());
        final Part part = Part.ofCode(body.getShort());
        if (null == precision || null == basis || null == source || null == part)
        {
            throw new LedgerException("a key has a code that stands for nothing");
        }
        return new AccountKey(string(body), string(body), precision, basis, source, part);
    }

    private static Bound bound(final ByteBuffer body)
    {
        final long epoch = body.getLong();
        final long beginNs = body.getLong();
        final long endNs = body.getLong();
        final long wallNs = body.getLong();
        final boolean isUnbounded = isUnbounded(body);
        final FlopCount lower = count(body);
        final FlopCount point = count(body);
        return new Bound(epoch, beginNs, endNs, wallNs, lower, point, upper(body, isUnbounded));
    }

    private static GapBooked gap(final ByteBuffer body)
    {
        final long epoch = body.getLong();
        final long beginNs = body.getLong();
        final long endNs = body.getLong();
        final long wallNs = body.getLong();
        final boolean isUnbounded = isUnbounded(body);
        return new GapBooked(epoch, beginNs, endNs, wallNs, upper(body, isUnbounded), string(body), string(body));
    }

    private static boolean isUnbounded(final ByteBuffer body)
    {
        final int flag = body.getInt();
        if (0 != (flag & ~1))
        {
            throw new LedgerException("a flag is neither 0 nor 1");
        }
        requireZero(body.getInt());
        return 1 == flag;
    }

    private static FlopCount upper(final ByteBuffer body, final boolean isUnbounded)
    {
        final FlopCount upper = count(body);
        if (isUnbounded && !upper.isZero())
        {
            throw new LedgerException("an unbounded end has a value");
        }
        return isUnbounded ? null : upper;
    }

    private static void requireZero(final int value)
    {
        if (0 != value)
        {
            throw new LedgerException("bytes that are reserved are not zero");
        }
    }

    private static void putInterval(
        final ByteBuffer into, final long epoch, final long beginNs, final long endNs, final long wallNs,
        final FlopCount upper)
    {
        into.putLong(epoch).putLong(beginNs).putLong(endNs).putLong(wallNs).putInt(null == upper ? 1 : 0).putInt(0);
    }

    static void put(final ByteBuffer into, final FlopCount count)
    {
        into.putLong(count.low()).putLong(count.high());
    }

    private static FlopCount count(final ByteBuffer body)
    {
        final long low = body.getLong();
        return FlopCount.of(body.getLong(), low);
    }

    private static void put(final ByteBuffer into, final Id id)
    {
        into.putLong(id.low()).putLong(id.high());
    }

    private static Id id(final ByteBuffer body)
    {
        final long low = body.getLong();
        return new Id(body.getLong(), low);
    }

    private static void put(final ByteBuffer into, final String... strings)
    {
        for (final String string : strings)
        {
            putBytes(into, string.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void putBytes(final ByteBuffer into, final byte[] bytes)
    {
        if (bytes.length > STRING_LENGTH_MAX)
        {
            throw new LedgerException(
                "a text of " + bytes.length + " bytes; at most " + STRING_LENGTH_MAX + " fit an entry");
        }
        into.putShort((short)bytes.length).put(bytes);
    }

    private static byte[] bytes(final ByteBuffer body)
    {
        final int length = body.getShort() & 0xFFFF;
        if (length > STRING_LENGTH_MAX || length > body.remaining())
        {
            throw new LedgerException("a text of " + length + " bytes in an entry with " + body.remaining());
        }
        final byte[] bytes = new byte[length];
        body.get(bytes);
        return bytes;
    }

    private static String string(final ByteBuffer body)
    {
        try
        {
            return StrictUtf8.decode(bytes(body));
        }
        catch (final CharacterCodingException ex)
        {
            throw new LedgerException("a text is not UTF-8", ex);
        }
    }
}

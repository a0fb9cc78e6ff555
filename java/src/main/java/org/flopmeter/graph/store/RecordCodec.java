/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.HumanMade;
import org.flopmeter.graph.store.GraphRecord.Imported;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** Bodies of frames, docs/design/0012-graph-store.md section 1. What can't be is an IllegalArgumentException. */
final class RecordCodec
{
    /** Longer texts are shortened when they are written: a record is bounded, and they are for people. */
    static final int TEXT_LENGTH_MAX = 8192;

    private static final int BEGUN = 1;
    private static final int ENDED = 2;
    private static final int WEIGHED = 3;
    private static final int WRITTEN = 4;
    private static final int READ = 5;
    private static final int DECLARED = 6;
    private static final int CUT = 7;
    private static final int PEAKED = 8;
    private static final int IMPORTED = 9;
    private static final int HUMAN_MADE = 10;
    private static final int PURPOSED = 11;
    private static final int SEGMENT = 12;

    private static final int ORIGIN_HUMAN = 1;
    private static final int ORIGIN_BOUNDED = 2;
    private static final int READ_CHANGED = 1;
    private static final int READ_UNHASHED = 2;

    /** Codes of kinds and cuts are these places plus one: they don't follow an order that may change. */
    private static final NodeKind[] KINDS =
        { NodeKind.COMPUTATION, NodeKind.DATASET, NodeKind.MODEL, NodeKind.OUTPUT, NodeKind.HUMAN };
    private static final Cut[] CUTS = { Cut.INDEPENDENT, Cut.HUMAN_SUBSTANTIAL, Cut.HUMAN_SELECTION };

    private static final ImportFormat[] FORMATS = { ImportFormat.EVENTS, ImportFormat.NODES, ImportFormat.EDGES };
    private static final Purpose[] PURPOSES = {
        Purpose.PREPARATION, Purpose.SELECTION, Purpose.SYNTHESIS, Purpose.TRAINING, Purpose.TRIAL, Purpose.FAILED,
        Purpose.EVALUATION, Purpose.SERVING, Purpose.UNSPECIFIED };

    private RecordCodec()
    {
    }

    static int type(final GraphRecord record)
    {
        if (record instanceof Begun)
        {
            return BEGUN;
        }
        if (record instanceof Ended)
        {
            return ENDED;
        }
        if (record instanceof Weighed)
        {
            return WEIGHED;
        }
        if (record instanceof Written)
        {
            return WRITTEN;
        }
        if (record instanceof Read)
        {
            return READ;
        }
        if (record instanceof Peaked)
        {
            return PEAKED;
        }
        if (record instanceof Imported)
        {
            return IMPORTED;
        }
        if (record instanceof HumanMade)
        {
            return HUMAN_MADE;
        }
        if (record instanceof Purposed)
        {
            return PURPOSED;
        }
        if (record instanceof Segment)
        {
            return SEGMENT;
        }
        return record instanceof Declared ? DECLARED : CUT;
    }

    /** Put the body where the buffer stands. */
    static void encode(final GraphRecord record, final ByteBuffer to)
    {
        if (record instanceof Begun begun)
        {
            to.putLong(begun.beginNs());
            text(to, begun.id(), begun.run(), begun.node(), begun.command(), begun.outer());
        }
        else if (record instanceof Ended ended)
        {
            to.putLong(ended.computation()).putLong(ended.endNs()).putInt(ended.exitCode());
        }
        else if (record instanceof Weighed weighed)
        {
            final FlopInterval flop = weighed.flop();
            to.putLong(weighed.computation()).putLong(weighed.asOfNs());
            to.putInt(flop.isBounded() ? 0 : 1).putInt(0);
            count(to, flop.lower(), flop.point(), flop.isBounded() ? flop.upper() : FlopCount.ZERO);
            text(to, weighed.precision());
        }
        else if (record instanceof Written written)
        {
            to.putLong(written.computation()).putLong(written.length()).putLong(written.timeNs());
            to.put(written.digest().bytes()).putInt(code(KINDS, written.kind()));
            text(to, written.path());
        }
        else if (record instanceof Read read)
        {
            final ContentDigest digest = null == read.digest() ? ContentDigest.NONE : read.digest();
            to.putLong(read.computation()).putLong(read.length()).putLong(read.timeNs()).put(digest.bytes());
            to.putInt((read.isChanged() ? READ_CHANGED : 0) | (null == read.digest() ? READ_UNHASHED : 0));
            text(to, read.path());
        }
        else if (record instanceof Declared declared)
        {
            final FlopCount bound = declared.bound();
            to.putLong(declared.timeNs()).put(declared.digest().bytes());
            to.putInt(null == bound ? ORIGIN_HUMAN : ORIGIN_BOUNDED).putInt(0);
            count(to, null == bound ? FlopCount.ZERO : bound);
            text(to, declared.argument(), declared.author(), declared.path());
        }
        else if (record instanceof Peaked peaked)
        {
            to.putLong(peaked.computation());
            count(to, peaked.flopPerSec());
        }
        else if (record instanceof Imported imported)
        {
            encode(imported, to);
        }
        else if (record instanceof HumanMade made)
        {
            to.putLong(made.timeNs());
            text(to, made.dataset(), made.argument(), made.author());
        }
        else if (record instanceof Purposed purposed)
        {
            to.putLong(purposed.timeNs()).putInt(code(PURPOSES, purposed.purpose())).putInt(0);
            text(to, purposed.computation(), purposed.argument(), purposed.author());
        }
        else if (record instanceof Segment segment)
        {
            to.putLong(segment.computation()).putLong(segment.beginNs());
            text(to, segment.name());
        }
        else if (record instanceof CutMade made)
        {
            to.putLong(made.timeNs()).putInt(code(CUTS, made.cut()));
            text(to, made.cause(), made.effect(), made.argument(), made.author());
        }
    }

    private static void encode(final Imported imported, final ByteBuffer to)
    {
        final byte[] lines = imported.text().getBytes(StandardCharsets.UTF_8);
        to.putLong(imported.timeNs()).putInt(code(FORMATS, imported.format())).putInt(lines.length);
        text(to, imported.source(), imported.author());
        to.put(lines);
    }

    static GraphRecord decode(final int type, final ByteBuffer from)
    {
        try
        {
            final GraphRecord record = switch (type)
            {
                case BEGUN -> new Begun(from.getLong(), text(from), text(from), text(from), text(from), text(from));
                case ENDED -> new Ended(from.getLong(), from.getLong(), from.getInt());
                case WEIGHED -> weighed(from);
                case WRITTEN -> written(from);
                case READ -> read(from);
                case DECLARED -> declared(from);
                case CUT -> cut(from);
                case PEAKED -> new Peaked(from.getLong(), count(from));
                case IMPORTED -> imported(from);
                case HUMAN_MADE -> humanMade(from);
                case PURPOSED -> purposed(from);
                case SEGMENT -> new Segment(from.getLong(), from.getLong(), text(from));
                default -> throw new IllegalArgumentException("a record of the unknown type " + type);
            };
            if (from.hasRemaining())
            {
                throw new IllegalArgumentException(from.remaining() + " bytes too many in a record");
            }
            return record;
        }
        catch (final BufferUnderflowException ex)
        {
            throw new IllegalArgumentException("a record of type " + type + " is too short", ex);
        }
    }

    private static Weighed weighed(final ByteBuffer from)
    {
        final long computation = from.getLong();
        final long asOfNs = from.getLong();
        final int isUnbounded = oneOf(from.getInt(), 1, "isUnbounded");
        oneOf(from.getInt(), 0, "a word that is zero");
        final FlopCount lower = count(from);
        final FlopCount point = count(from);
        final FlopCount upper = count(from);
        final FlopInterval flop =
            0 == isUnbounded ? FlopInterval.of(lower, point, upper) : FlopInterval.unbounded(lower, point);
        return new Weighed(computation, asOfNs, text(from), flop);
    }

    private static Written written(final ByteBuffer from)
    {
        final long computation = from.getLong();
        final long length = from.getLong();
        final long timeNs = from.getLong();
        final ContentDigest digest = digest(from);
        return new Written(computation, digest, length, timeNs, decoded(KINDS, from.getInt()), text(from));
    }

    private static Read read(final ByteBuffer from)
    {
        final long computation = from.getLong();
        final long length = from.getLong();
        final long timeNs = from.getLong();
        final ContentDigest digest = digest(from);
        final int flags = oneOf(from.getInt(), READ_CHANGED | READ_UNHASHED, "flags of a read");
        return new Read(computation, 0 == (flags & READ_UNHASHED) ? digest : null, length, timeNs,
            0 != (flags & READ_CHANGED), text(from));
    }

    private static Declared declared(final ByteBuffer from)
    {
        final long timeNs = from.getLong();
        final ContentDigest digest = digest(from);
        final int origin = from.getInt();
        if (ORIGIN_HUMAN != origin && ORIGIN_BOUNDED != origin)
        {
            throw new IllegalArgumentException("an origin of the unknown code " + origin);
        }
        oneOf(from.getInt(), 0, "a word that is zero");
        final FlopCount bound = count(from);
        return new Declared(
            digest, ORIGIN_BOUNDED == origin ? bound : null, text(from), text(from), timeNs, text(from));
    }

    private static CutMade cut(final ByteBuffer from)
    {
        final long timeNs = from.getLong();
        final Cut cut = decoded(CUTS, from.getInt());
        return new CutMade(text(from), text(from), cut, text(from), text(from), timeNs);
    }

    private static Imported imported(final ByteBuffer from)
    {
        final long timeNs = from.getLong();
        final ImportFormat format = decoded(FORMATS, from.getInt());
        final int length = from.getInt();
        final String source = text(from);
        final String author = text(from);
        if (length < 0 || length > Imported.TEXT_LENGTH_MAX)
        {
            throw new IllegalArgumentException("imported lines of " + length + " bytes");
        }
        return new Imported(format, timeNs, source, author, text(from, length));
    }

    private static HumanMade humanMade(final ByteBuffer from)
    {
        final long timeNs = from.getLong();
        return new HumanMade(text(from), text(from), text(from), timeNs);
    }

    private static Purposed purposed(final ByteBuffer from)
    {
        final long timeNs = from.getLong();
        final Purpose purpose = decoded(PURPOSES, from.getInt());
        oneOf(from.getInt(), 0, "a word that is zero");
        return new Purposed(text(from), purpose, text(from), text(from), timeNs);
    }

    private static int oneOf(final int value, final int mask, final String what)
    {
        if (0 != (value & ~mask))
        {
            throw new IllegalArgumentException(what + ": found " + value);
        }
        return value;
    }

    private static <T> int code(final T[] values, final T value)
    {
        for (int i = 0; i < values.length; i++)
        {
            if (values[i] == value)
            {
                return i + 1;
            }
        }
        throw new IllegalArgumentException(value + " has no code");
    }

    private static <T> T decoded(final T[] values, final int code)
    {
        if (code < 1 || code > values.length)
        {
            throw new IllegalArgumentException("the unknown code " + code);
        }
        return values[code - 1];
    }

    private static ContentDigest digest(final ByteBuffer from)
    {
        final byte[] bytes = new byte[ContentDigest.LENGTH];
        from.get(bytes);
        return ContentDigest.of(bytes);
    }

    private static void count(final ByteBuffer to, final FlopCount... counts)
    {
        for (final FlopCount count : counts)
        {
            to.putLong(count.low()).putLong(count.high());
        }
    }

    private static FlopCount count(final ByteBuffer from)
    {
        final long low = from.getLong();
        return FlopCount.of(from.getLong(), low);
    }

    private static void text(final ByteBuffer to, final String... texts)
    {
        for (final String text : texts)
        {
            final byte[] bytes = shortened(text).getBytes(StandardCharsets.UTF_8);
            to.putShort((short)bytes.length).put(bytes);
        }
    }

    private static String shortened(final String text)
    {
        int length = 0;
        for (int i = 0; i < text.length();)
        {
            final int c = text.codePointAt(i);
            length += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            if (length > TEXT_LENGTH_MAX)
            {
                return text.substring(0, i);
            }
            i += Character.charCount(c);
        }
        return text;
    }

    private static String text(final ByteBuffer from)
    {
        return text(from, Short.toUnsignedInt(from.getShort()));
    }

    private static String text(final ByteBuffer from, final int length)
    {
        if (length > from.remaining())
        {
            throw new BufferUnderflowException();
        }
        final ByteBuffer bytes = from.slice(from.position(), length);
        from.position(from.position() + length);
        try
        {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        }
        catch (final CharacterCodingException ex)
        {
            throw new IllegalArgumentException("a text that is not UTF-8", ex);
        }
    }
}

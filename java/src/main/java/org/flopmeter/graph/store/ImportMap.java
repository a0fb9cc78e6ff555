/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.lineage.LineageImport.Unwritten;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.ImportFold.ImportedEdge;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * What the lines of all imports make, as bytes: so that a question need not map every event again. It is a copy, under
 * a key of what it is a copy of; if anything is wrong with it, lines are mapped instead. Big-endian; each string once.
 */
final class ImportMap
{
    private static final long MAGIC = 0x464C4F50_494D5031L;
    private static final int HEADER_LENGTH = 12;

    private ImportMap()
    {
    }

    static byte[] encode(final String key, final ImportFold.Outcome outcome)
    {
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (Writer to = new Writer(body))
        {
            to.text(key);
            to.out.writeInt(outcome.runCount());
            to.out.writeInt(outcome.notes().size());
            for (final String note : outcome.notes())
            {
                to.text(note);
            }
            to.out.writeInt(outcome.nodes().size());
            for (final Map.Entry<String, ImportedNode> node : outcome.nodes().entrySet())
            {
                to.text(node.getKey());
                to.node(node.getValue());
            }
            to.out.writeInt(outcome.edges().size());
            for (final ImportedEdge edge : outcome.edges())
            {
                to.edge(edge);
            }
            to.out.writeInt(outcome.origins().size());
            for (final Map.Entry<String, Unwritten> origin : outcome.origins().entrySet())
            {
                to.text(origin.getKey());
                to.text(origin.getValue().artifact());
                to.text(origin.getValue().dataset());
                to.out.writeBoolean(origin.getValue().isHuman());
            }
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException("memory does not fail", ex);
        }
        final byte[] bytes = body.toByteArray();
        final ByteArrayOutputStream all = new ByteArrayOutputStream(HEADER_LENGTH + bytes.length);
        try (DataOutputStream out = new DataOutputStream(all))
        {
            out.writeLong(MAGIC);
            out.writeInt(crc(bytes, 0));
            out.write(bytes);
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException("memory does not fail", ex);
        }
        return all.toByteArray();
    }

    /** What was kept under this key; null when it is of another, or not whole. */
    static ImportFold.Outcome decode(final String key, final byte[] bytes)
    {
        try (Reader from = new Reader(bytes))
        {
            if (MAGIC != from.in.readLong() || crc(bytes, HEADER_LENGTH) != from.in.readInt() ||
                !key.equals(from.text()))
            {
                return null;
            }
            final ImportFold.Outcome outcome = new ImportFold.Outcome();
            final int runCount = from.in.readInt();
            final List<String> notes = new ArrayList<>();
            for (int left = from.in.readInt(); left > 0; left--)
            {
                notes.add(from.text());
            }
            outcome.describe(notes, runCount);
            for (int left = from.in.readInt(); left > 0; left--)
            {
                outcome.nodes().put(from.text(), from.node());
            }
            for (int left = from.in.readInt(); left > 0; left--)
            {
                outcome.edges().add(from.edge());
            }
            for (int left = from.in.readInt(); left > 0; left--)
            {
                outcome.origins().put(from.text(), new Unwritten(from.text(), from.text(), from.in.readBoolean()));
            }
            return outcome;
        }
        catch (final IOException | IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException ex)
        {
            return null;
        }
    }

    private static int crc(final byte[] bytes, final int from)
    {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, Math.min(from, bytes.length), Math.max(0, bytes.length - from));
        return (int)crc.getValue();
    }

    /** Strings by number: -1 none, their count so far a new one. */
    private static final class Writer implements AutoCloseable
    {
        private final DataOutputStream out;
        private final Map<String, Integer> known = new HashMap<>();

        Writer(final ByteArrayOutputStream to)
        {
            out = new DataOutputStream(to);
        }

        private void text(final String text) throws IOException
        {
            final Integer number = null == text ? Integer.valueOf(-1) : known.putIfAbsent(text, known.size());
            out.writeInt(null == number ? known.size() - 1 : number);
            if (null == number)
            {
                final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }

        private void node(final ImportedNode node) throws IOException
        {
            text(node.id());
            text(node.kind().jsonName());
            text(null == node.digest() ? null : node.digest().hex());
            out.writeBoolean(node.isSegmented());
            ratio(node.instant());
            out.writeInt(node.parts().size());
            for (final Activity part : node.parts())
            {
                ratio(part.start());
                ratio(part.end());
                text(part.purpose().jsonName());
                out.writeInt(part.flop().size());
                for (final Map.Entry<String, FlopInterval> flop : part.flop().entrySet())
                {
                    text(flop.getKey());
                    out.writeBoolean(flop.getValue().isBounded());
                    count(flop.getValue().lower());
                    count(flop.getValue().point());
                    count(flop.getValue().isBounded() ? flop.getValue().upper() : FlopCount.ZERO);
                }
            }
        }

        private void edge(final ImportedEdge edge) throws IOException
        {
            text(edge.cause());
            text(edge.effect());
            text(null == edge.cut() ? null : edge.cut().cut().jsonName());
            if (null != edge.cut())
            {
                text(edge.cut().argument());
                text(edge.cut().author());
                out.writeLong(edge.cut().timeNs());
            }
        }

        private void ratio(final Ratio ratio) throws IOException
        {
            integer(null == ratio ? null : ratio.numerator());
            if (null != ratio)
            {
                integer(ratio.denominator());
            }
        }

        private void integer(final BigInteger integer) throws IOException
        {
            final byte[] bytes = null == integer ? new byte[0] : integer.toByteArray();
            out.writeInt(bytes.length);
            out.write(bytes);
        }

        private void count(final FlopCount count) throws IOException
        {
            out.writeLong(count.high());
            out.writeLong(count.low());
        }

        @Override
        public void close() throws IOException
        {
            out.close();
        }
    }

    private static final class Reader implements AutoCloseable
    {
        private final DataInputStream in;
        private final List<String> known = new ArrayList<>();

        Reader(final byte[] bytes)
        {
            in = new DataInputStream(new ByteArrayInputStream(bytes));
        }

        private String text() throws IOException
        {
            final int number = in.readInt();
            if (number == known.size())
            {
                known.add(new String(bytes(), StandardCharsets.UTF_8));
            }
            return -1 == number ? null : known.get(number);
        }

        private byte[] bytes() throws IOException
        {
            final int length = in.readInt();
            if (length < 0 || length > in.available())
            {
                throw new IOException("a length of " + length);
            }
            return in.readNBytes(length);
        }

        private ImportedNode node() throws IOException
        {
            final String id = text();
            final NodeKind kind = NodeKind.ofName(text());
            final String digest = text();
            final boolean isSegmented = in.readBoolean();
            final Ratio instant = ratio();
            final List<Activity> parts = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--)
            {
                final Ratio start = ratio();
                final Ratio end = ratio();
                final Purpose purpose = Purpose.ofName(text());
                final TreeMap<String, FlopInterval> flop = new TreeMap<>();
                for (int more = in.readInt(); more > 0; more--)
                {
                    flop.put(text(), interval());
                }
                parts.add(new Activity(flop, start, end, purpose));
            }
            return new ImportedNode(
                id, kind, null == digest ? null : new ContentDigest(digest), parts, isSegmented, instant);
        }

        private FlopInterval interval() throws IOException
        {
            final boolean isBounded = in.readBoolean();
            final FlopCount lower = count();
            final FlopCount point = count();
            final FlopCount upper = count();
            return isBounded ? FlopInterval.of(lower, point, upper) : FlopInterval.unbounded(lower, point);
        }

        private ImportedEdge edge() throws IOException
        {
            final String cause = text();
            final String effect = text();
            final String cut = text();
            return new ImportedEdge(cause, effect, null == cut ? null :
                new CutMade(cause, effect, Cut.ofName(cut), text(), text(), in.readLong()));
        }

        private Ratio ratio() throws IOException
        {
            final byte[] numerator = bytes();
            return 0 == numerator.length ? null : Ratio.of(new BigInteger(numerator), new BigInteger(bytes()));
        }

        private FlopCount count() throws IOException
        {
            return FlopCount.of(in.readLong(), in.readLong());
        }

        @Override
        public void close() throws IOException
        {
            in.close();
        }
    }
}

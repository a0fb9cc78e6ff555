/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * Writes a closure index as a file that {@link MappedIndex} answers from: beside the file of that name, on disk before
 * it takes its place. Whoever is killed at any byte leaves the file that was there, or none. One use.
 */
public final class IndexFile
{
    private static final int BUFFER_LENGTH = 1 << 20;
    private static final String SUFFIX = ".new";

    private final ClosureIndex index;
    private final ParentGraph graph;
    private final ByteBuffer buffer = IndexSections.buffer(BUFFER_LENGTH);
    private final long[] offsets;
    private final long[] lengths;
    private final int[] crcs;
    private FileChannel channel;
    private CRC32C crc;
    private long position;

    private IndexFile(final ClosureIndex index)
    {
        this.index = index;
        graph = index.graph();
        final int count = IndexSections.count(graph.weights().seriesCount());
        offsets = new long[count];
        lengths = new long[count];
        crcs = new int[count];
    }

    /**
     * Write the index as it is, without changes that wait for a flush.
     *
     * @param file   takes its place when it is whole.
     * @param index  not changed.
     * @param labels of the nodes by number, or none of them.
     * @param note   the caller's own, as it is.
     * @return bytes of the file.
     * @throws IOException the file can't be written; what was there is there still.
     */
    public static long write(
        final Path file, final ClosureIndex index, final List<String> labels, final byte[] note) throws IOException
    {
        if (!labels.isEmpty() && labels.size() != index.graph().nodeCount())
        {
            throw new IllegalArgumentException(labels.size() + " labels for " + index.graph().nodeCount() + " nodes");
        }
        removeLeft(file);
        final Path beside = Files.createTempFile(
            file.toAbsolutePath().getParent(), file.getFileName().toString() + '-', SUFFIX);
        try
        {
            final IndexFile writer = new IndexFile(index);
            try (FileChannel to = FileChannel.open(beside, StandardOpenOption.READ, StandardOpenOption.WRITE))
            {
                writer.channel = to;
                writer.write(labels, note);
                to.force(true);
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel directory = FileChannel.open(
                file.toAbsolutePath().getParent(), StandardOpenOption.READ))
            {
                directory.force(true);
            }
            return writer.position;
        }
        finally
        {
            Files.deleteIfExists(beside);
        }
    }

    /** What a writer left that was killed, long enough ago to be none that writes now. */
    private static void removeLeft(final Path file) throws IOException
    {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(
            file.toAbsolutePath().getParent(), file.getFileName().toString() + "-*" + SUFFIX))
        {
            for (final Path each : left)
            {
                if (Files.getLastModifiedTime(each, LinkOption.NOFOLLOW_LINKS).toMillis() <
                    System.currentTimeMillis() - TimeUnit.HOURS.toMillis(1))
                {
                    Files.deleteIfExists(each);
                }
            }
        }
    }

    private void write(final List<String> labels, final byte[] note) throws IOException
    {
        position = IndexSections.headerLength(graph.weights().seriesCount());
        writeEdges();
        final IndexState state = index.state();
        if (null != state)
        {
            writeInts(IndexSections.CODES, state.codes, graph.nodeCount());
            writeRows(IndexSections.CORE_ROW_BEGIN, state.coreRows);
            writeRows(IndexSections.CLASS_ROW_BEGIN, state.classRows);
        }
        writeLabels(labels);
        begin(IndexSections.NOTE, note.length);
        putBytes(note);
        end(IndexSections.NOTE);
        for (int list = 0; list < graph.weights().listCount(); list++)
        {
            final int section = IndexSections.LISTS + IndexSections.PER_LIST * list;
            writeWeights(section, graph.weights().list(list));
            final IndexState.Sums sums = null == state ? null : state.sums(list);
            if (null != sums)
            {
                writeList(section + 1, sums.coreWeights, state.coreRows.columnCount());
                writeList(section + 2, sums.classWeights, state.classRows.columnCount());
                writeList(section + 3, sums.totals, state.rowCount());
            }
        }
        writeHeader(state);
    }

    /** Late edges come to lie with the others. */
    private void writeEdges() throws IOException
    {
        begin(IndexSections.PARENT_BEGIN, 4L * (graph.nodeCount() + 1L));
        int edges = 0;
        putInt(0);
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            edges = Math.addExact(edges, graph.lists().count(node) + graph.late().parentsOf(node).length);
            putInt(edges);
        }
        end(IndexSections.PARENT_BEGIN);
        begin(IndexSections.PARENTS, 4L * edges);
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            for (int at = 0, count = graph.lists().count(node); at < count; at++)
            {
                putInt(graph.lists().parent(node, at));
            }
            for (final int parent : graph.late().parentsOf(node))
            {
                putInt(parent);
            }
        }
        end(IndexSections.PARENTS);
    }

    private void writeRows(final int section, final BlockRows rows) throws IOException
    {
        begin(section, 4L * (rows.rowCount() + 1L));
        int places = 0;
        putInt(0);
        for (int row = 0; row < rows.rowCount(); row++)
        {
            places = Math.addExact(places, rows.row(row).length);
            putInt(places);
        }
        end(section);
        begin(section + 1, 4L * places);
        for (int row = 0; row < rows.rowCount(); row++)
        {
            for (final int block : rows.row(row))
            {
                putInt(block);
            }
        }
        end(section + 1);
        begin(section + 2, 8L * BlockRows.WORDS * rows.blockCount());
        for (int at = 0; at < BlockRows.WORDS * rows.blockCount(); at++)
        {
            putLong(rows.words()[at]);
        }
        end(section + 2);
    }

    private void writeLabels(final List<String> labels) throws IOException
    {
        if (labels.isEmpty())
        {
            return;
        }
        final byte[][] bytes = new byte[labels.size()][];
        long length = 0;
        for (int node = 0; node < bytes.length; node++)
        {
            bytes[node] = labels.get(node).getBytes(StandardCharsets.UTF_8);
            length += bytes[node].length;
        }
        final int[] begins = new int[bytes.length + 1];
        begin(IndexSections.LABEL_BYTES, length);
        for (int node = 0; node < bytes.length; node++)
        {
            begins[node + 1] = begins[node] + bytes[node].length;
            putBytes(bytes[node]);
        }
        end(IndexSections.LABEL_BYTES);
        writeInts(IndexSections.LABEL_BEGIN, begins, begins.length);
        final Integer[] order = new Integer[bytes.length];
        Arrays.setAll(order, node -> node);
        Arrays.sort(order, (one, other) -> Arrays.compareUnsigned(bytes[one], bytes[other]));
        begin(IndexSections.LABEL_ORDER, 4L * order.length);
        for (final int node : order)
        {
            putInt(node);
        }
        end(IndexSections.LABEL_ORDER);
    }

    private void writeInts(final int section, final int[] values, final int count) throws IOException
    {
        begin(section, 4L * count);
        for (int i = 0; i < count; i++)
        {
            putInt(values[i]);
        }
        end(section);
    }

    private void writeWeights(final int section, final NodeWeights weights) throws IOException
    {
        if (null == weights)
        {
            return;
        }
        begin(section, 16L * graph.nodeCount());
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            putLong(weights.low(node));
            putLong(weights.high(node));
        }
        end(section);
    }

    private void writeList(final int section, final WideList list, final int count) throws IOException
    {
        begin(section, 16L * count);
        for (int i = 0; i < count; i++)
        {
            putLong(list.low(i));
            putLong(list.high(i));
        }
        end(section);
    }

    private void writeHeader(final IndexState state) throws IOException
    {
        final int seriesCount = graph.weights().seriesCount();
        final ByteBuffer header = IndexSections.buffer(IndexSections.headerLength(seriesCount));
        header.putLong(IndexSections.MAGIC).putInt(IndexSections.VERSION).putInt(header.capacity());
        header.putLong(graph.nodeCount()).putLong(graph.keptEdgeCount()).putLong(seriesCount);
        header.putLong(null == state ? 0 : state.rowCount());
        header.putLong(null == state ? 0 : state.coreRows.columnCount());
        header.putLong(null == state ? 0 : state.classRows.columnCount());
        header.putLong(null == state ? 0 : 1).putLong(position);
        header.position(IndexSections.TABLE_OFFSET);
        for (int section = 0; section < offsets.length; section++)
        {
            header.putLong(offsets[section]).putLong(lengths[section]).putInt(crcs[section]).putInt(0);
        }
        final long[] exact = new long[IndexSections.exactWords(seriesCount)];
        for (int series = 0; series < seriesCount; series++)
        {
            exact[series >>> 6] |= graph.weights().isExact(series) ? 1L << series : 0;
        }
        for (final long word : exact)
        {
            header.putLong(word);
        }
        header.putInt(header.capacity() - 4, IndexSections.crc(header, 0, header.capacity() - 4));
        header.clear();
        long at = 0;
        while (header.hasRemaining())
        {
            at += channel.write(header, at);
        }
    }

    private void begin(final int section, final long length)
    {
        if (length > IndexSections.SECTION_LENGTH_MAX)
        {
            throw new IllegalStateException(
                "section " + section + " of " + length + " bytes: the graph is too large for one mapped index");
        }
        position = 0 == length ? position : IndexSections.aligned(position);
        offsets[section] = position;
        lengths[section] = length;
        crc = new CRC32C();
        buffer.clear();
    }

    private void end(final int section) throws IOException
    {
        drain();
        crcs[section] = (int)crc.getValue();
        if (position != offsets[section] + lengths[section])
        {
            throw new IllegalStateException("section " + section + " ends at " + position);
        }
    }

    private void putInt(final int value) throws IOException
    {
        if (buffer.remaining() < 4)
        {
            drain();
        }
        buffer.putInt(value);
    }

    private void putLong(final long value) throws IOException
    {
        if (buffer.remaining() < 8)
        {
            drain();
        }
        buffer.putLong(value);
    }

    private void putBytes(final byte[] bytes) throws IOException
    {
        for (int at = 0; at < bytes.length;)
        {
            if (!buffer.hasRemaining())
            {
                drain();
            }
            final int part = Math.min(buffer.remaining(), bytes.length - at);
            buffer.put(bytes, at, part);
            at += part;
        }
    }

    private void drain() throws IOException
    {
        buffer.flip();
        crc.update(buffer.duplicate());
        while (buffer.hasRemaining())
        {
            position += channel.write(buffer, position);
        }
        buffer.clear();
    }
}

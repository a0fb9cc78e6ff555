/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * The mapped sections of an index file, after one pass over all of them: checksums, and that every number which a query
 * follows leads somewhere. A file that fails is refused as a whole.
 */
final class IndexMapping
{
    private final long byteCount;
    private final ByteBuffer header;
    private final ByteBuffer[] sections;
    private final IntBuffer[] ints;
    private final LongBuffer[] longs;
    private final int nodeCount;
    private final int edgeCount;
    private final int seriesCount;
    private final int rowCount;
    private final boolean hasRows;

    private IndexMapping(final FileChannel channel) throws IOException
    {
        byteCount = channel.size();
        header = header(channel);
        nodeCount = count(IndexSections.NODES, Integer.MAX_VALUE - 1);
        edgeCount = count(IndexSections.EDGES, Integer.MAX_VALUE);
        seriesCount = count(IndexSections.SERIES, IndexSections.SERIES_MAX);
        rowCount = count(IndexSections.ROWS, nodeCount);
        hasRows = 1 == count(IndexSections.HAS_ROWS, 1);
        if (header.getLong(IndexSections.COUNTS_OFFSET + 8 * IndexSections.FILE_LENGTH) != byteCount)
        {
            throw new IndexFormatException("the file has " + byteCount + " bytes; expected " +
                header.getLong(IndexSections.COUNTS_OFFSET + 8 * IndexSections.FILE_LENGTH) +
                ": it was cut or appended to");
        }
        sections = new ByteBuffer[IndexSections.count(seriesCount)];
        ints = new IntBuffer[sections.length];
        longs = new LongBuffer[sections.length];
        for (int section = 0; section < sections.length; section++)
        {
            map(channel, section);
        }
        validate();
    }

    static IndexMapping open(final Path file) throws IOException
    {
        try (FileChannel channel = FileChannel.open(
            file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))
        {
            return new IndexMapping(channel);
        }
    }

    private static ByteBuffer header(final FileChannel channel) throws IOException
    {
        final ByteBuffer start = read(channel, IndexSections.TABLE_OFFSET);
        if (start.limit() < IndexSections.TABLE_OFFSET || IndexSections.MAGIC != start.getLong(0))
        {
            throw new IndexFormatException("offset 0: no closure index");
        }
        if (IndexSections.VERSION != start.getInt(8))
        {
            throw new IndexFormatException("offset 8: version " + start.getInt(8) + ", expected " +
                IndexSections.VERSION);
        }
        final long series = start.getLong(IndexSections.COUNTS_OFFSET + 8 * IndexSections.SERIES);
        if (series < 1 || series > IndexSections.SERIES_MAX ||
            start.getInt(12) != IndexSections.headerLength((int)series))
        {
            throw new IndexFormatException("offset 12: a header of " + start.getInt(12) + " bytes for " + series +
                " series");
        }
        final ByteBuffer header = read(channel, start.getInt(12));
        final int crcOffset = header.capacity() - 4;
        if (header.limit() < header.capacity() ||
            header.getInt(crcOffset) != IndexSections.crc(header, 0, crcOffset))
        {
            throw new IndexFormatException("offset " + crcOffset + ": the header is not whole");
        }
        return header;
    }

    private static ByteBuffer read(final FileChannel channel, final int length) throws IOException
    {
        final ByteBuffer buffer = IndexSections.buffer(length);
        while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) > 0)
        {
            continue;
        }
        return buffer.flip();
    }

    private int count(final int which, final int max)
    {
        final int offset = IndexSections.COUNTS_OFFSET + 8 * which;
        final long value = header.getLong(offset);
        if (value < 0 || value > max)
        {
            throw new IndexFormatException("offset " + offset + ": " + value + ", expected at most " + max);
        }
        return (int)value;
    }

    private void map(final FileChannel channel, final int section) throws IOException
    {
        final int entry = IndexSections.TABLE_OFFSET + IndexSections.ENTRY_LENGTH * section;
        final long offset = header.getLong(entry);
        final long length = header.getLong(entry + 8);
        if (length < 0 || length > IndexSections.SECTION_LENGTH_MAX || offset < 0 || offset > byteCount - length)
        {
            throw new IndexFormatException(
                "offset " + entry + ": section " + section + " lies at " + offset + ", " + length + " bytes");
        }
        final ByteBuffer mapped = (0 == length ? IndexSections.buffer(0) :
            channel.map(FileChannel.MapMode.READ_ONLY, offset, length)).order(ByteOrder.LITTLE_ENDIAN);
        if (header.getInt(entry + 16) != IndexSections.crc(mapped, 0, (int)length))
        {
            throw new IndexFormatException("offset " + offset + ": section " + section + " is damaged");
        }
        sections[section] = mapped;
        ints[section] = mapped.asIntBuffer();
        longs[section] = mapped.asLongBuffer();
    }

    private void validate()
    {
        requireLength(IndexSections.PARENT_BEGIN, 4L * (nodeCount + 1L));
        requireLength(IndexSections.PARENTS, 4L * edgeCount);
        requireAscending(IndexSections.PARENT_BEGIN, edgeCount);
        final IntBuffer begin = ints[IndexSections.PARENT_BEGIN];
        final IntBuffer parents = ints[IndexSections.PARENTS];
        for (int node = 0, edge = 0; node < nodeCount; node++)
        {
            for (final int end = begin.get(node + 1); edge < end; edge++)
            {
                if (parents.get(edge) < 0 || parents.get(edge) >= node)
                {
                    throw refused(IndexSections.PARENTS, edge, "the parent of node " + node, parents.get(edge));
                }
            }
        }
        final int coreColumns = count(IndexSections.CORE_COLUMNS, nodeCount);
        final int classColumns = count(IndexSections.CLASS_COLUMNS, Integer.MAX_VALUE >> 4);
        if (hasRows)
        {
            validateCodes(classColumns);
            validateRows(IndexSections.CORE_ROW_BEGIN, coreColumns);
            validateRows(IndexSections.CLASS_ROW_BEGIN, classColumns);
        }
        validateLabels();
        for (int list = 0; list < 2 * seriesCount; list++)
        {
            final int section = IndexSections.LISTS + IndexSections.PER_LIST * list;
            if (length(section) > 0)
            {
                requireLength(section, 16L * nodeCount);
                requireLength(section + 1, hasRows ? 16L * coreColumns : 0);
                requireLength(section + 2, hasRows ? 16L * classColumns : 0);
                requireLength(section + 3, hasRows ? 16L * rowCount : 0);
            }
        }
    }

    private void validateCodes(final int classColumns)
    {
        requireLength(IndexSections.CODES, 4L * nodeCount);
        final IntBuffer codes = ints[IndexSections.CODES];
        for (int node = 0; node < nodeCount; node++)
        {
            final int code = codes.get(node);
            final boolean isThere = Code.isCore(code) ? Code.row(code) < rowCount :
                Code.NONE == code || (Code.isEntry(code) ? Code.entryRow(code) < rowCount :
                    Code.classId(code) < classColumns);
            if (!isThere)
            {
                throw refused(IndexSections.CODES, node, "the code of a node", code);
            }
        }
    }

    /** Row begins, places and blocks: no bit stands for a column that is not there. */
    private void validateRows(final int section, final int columns)
    {
        final long blockLength = 8L * BlockRows.WORDS;
        if (0 != length(section + 2) % blockLength || 0 == length(section + 2))
        {
            throw refused(section + 2, 0, "the blocks' length", length(section + 2));
        }
        final int blockCount = (int)(length(section + 2) / blockLength);
        requireLength(section, 4L * (rowCount + 1L));
        requireAscending(section, (int)(length(section + 1) / 4));
        final IntBuffer begin = ints[section];
        final IntBuffer places = ints[section + 1];
        final int last = columns >>> BlockRows.SHIFT;
        for (int row = 0; row < rowCount; row++)
        {
            for (int at = begin.get(row); at < begin.get(row + 1); at++)
            {
                final int block = places.get(at);
                if (block < 0 || block >= blockCount)
                {
                    throw refused(section + 1, at, "a block of row " + row, block);
                }
                final int place = at - begin.get(row);
                if (place >= last && !endsBefore(longs[section + 2], block, columns - (place << BlockRows.SHIFT)))
                {
                    throw refused(section + 1, at, "a block with more than " + columns + " columns", block);
                }
            }
        }
    }

    private static boolean endsBefore(final LongBuffer blocks, final int block, final int columns)
    {
        for (int bit = Math.max(0, columns); bit < BlockRows.WORDS * 64; bit++)
        {
            if (0 != (blocks.get(block * BlockRows.WORDS + (bit >>> 6)) & (1L << bit)))
            {
                return false;
            }
        }
        return true;
    }

    private void validateLabels()
    {
        if (0 == length(IndexSections.LABEL_BEGIN))
        {
            requireLength(IndexSections.LABEL_ORDER, 0);
            return;
        }
        requireLength(IndexSections.LABEL_BEGIN, 4L * (nodeCount + 1L));
        requireLength(IndexSections.LABEL_ORDER, 4L * nodeCount);
        requireAscending(IndexSections.LABEL_BEGIN, (int)length(IndexSections.LABEL_BYTES));
        for (int at = 0; at < nodeCount; at++)
        {
            final int node = ints[IndexSections.LABEL_ORDER].get(at);
            if (node < 0 || node >= nodeCount)
            {
                throw refused(IndexSections.LABEL_ORDER, at, "a node in the order of labels", node);
            }
        }
    }

    private void requireLength(final int section, final long expected)
    {
        if (length(section) != expected)
        {
            throw new IndexFormatException("section " + section + " has " + length(section) + " bytes, expected " +
                expected);
        }
    }

    /** From 0 up to a last value, never down. */
    private void requireAscending(final int section, final int last)
    {
        final IntBuffer begin = ints[section];
        int before = 0;
        for (int at = 0; at < begin.capacity(); at++)
        {
            final int next = begin.get(at);
            if (next < before || (0 == at && 0 != next))
            {
                throw refused(section, at, "a beginning", next);
            }
            before = next;
        }
        if (before != last)
        {
            throw refused(section, begin.capacity() - 1, "the last end", before);
        }
    }

    private IndexFormatException refused(final int section, final int at, final String what, final long value)
    {
        return new IndexFormatException(
            "section " + section + ", entry " + at + ": " + what + " can't be " + value);
    }

    int nodeCount()
    {
        return nodeCount;
    }

    int edgeCount()
    {
        return edgeCount;
    }

    int seriesCount()
    {
        return seriesCount;
    }

    long byteCount()
    {
        return byteCount;
    }

    boolean hasRows()
    {
        return hasRows;
    }

    /** Can no sum of this series have wrapped? */
    boolean isExact(final int series)
    {
        return 0 != (header.getLong(IndexSections.exactOffset(seriesCount) + 8 * (series >>> 6)) & (1L << series));
    }

    long length(final int section)
    {
        return sections[section].capacity();
    }

    IntBuffer ints(final int section)
    {
        return ints[section];
    }

    LongBuffer longs(final int section)
    {
        return longs[section];
    }

    byte[] bytes(final int section, final int begin, final int length)
    {
        final byte[] bytes = new byte[length];
        sections[section].get(begin, bytes);
        return bytes;
    }
}

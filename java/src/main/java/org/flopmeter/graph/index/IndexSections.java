/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Where what is in a file that holds a closure index: docs/design/0021-mapped-index.md section 1. */
final class IndexSections
{
    static final long MAGIC = 0x58444E49_504F4C46L;
    static final int VERSION = 1;

    static final int PARENT_BEGIN = 0;
    static final int PARENTS = 1;
    static final int CODES = 2;
    static final int CORE_ROW_BEGIN = 3;
    static final int CORE_PLACES = 4;
    static final int CORE_BLOCKS = 5;
    static final int CLASS_ROW_BEGIN = 6;
    static final int CLASS_PLACES = 7;
    static final int CLASS_BLOCKS = 8;
    static final int LABEL_BEGIN = 9;
    static final int LABEL_BYTES = 10;
    static final int LABEL_ORDER = 11;
    static final int NOTE = 12;
    /** From here on four for each list: weights of nodes, of core columns, of class columns, totals of rows. */
    static final int LISTS = 13;
    static final int PER_LIST = 4;

    static final int SERIES_MAX = 4096;
    static final int ALIGNMENT = 64;
    /** One mapping can be no longer. */
    static final long SECTION_LENGTH_MAX = Integer.MAX_VALUE;

    /** Magic, version, header length, nodes, edges, series, rows, core columns, class columns, rows or not, bytes. */
    static final int COUNTS_OFFSET = 16;
    static final int NODES = 0;
    static final int EDGES = 1;
    static final int SERIES = 2;
    static final int ROWS = 3;
    static final int CORE_COLUMNS = 4;
    static final int CLASS_COLUMNS = 5;
    /** 1 when rows answer, 0 when the contraction was defeated and there is the graph alone. */
    static final int HAS_ROWS = 6;
    static final int FILE_LENGTH = 7;
    static final int COUNTS = 8;
    static final int TABLE_OFFSET = COUNTS_OFFSET + 8 * COUNTS;
    /** Offset, length, CRC32C of a section and a word that is zero. */
    static final int ENTRY_LENGTH = 24;

    private IndexSections()
    {
    }

    static int count(final int seriesCount)
    {
        return LISTS + PER_LIST * 2 * seriesCount;
    }

    /** The header and a bit for each series whose sums may have wrapped, and a CRC32C of all before it. */
    static int headerLength(final int seriesCount)
    {
        return aligned(TABLE_OFFSET + ENTRY_LENGTH * count(seriesCount) + 8 * exactWords(seriesCount) + 4);
    }

    static int exactOffset(final int seriesCount)
    {
        return TABLE_OFFSET + ENTRY_LENGTH * count(seriesCount);
    }

    static int exactWords(final int seriesCount)
    {
        return (seriesCount + 63) >>> 6;
    }

    static int aligned(final int length)
    {
        return (int)aligned((long)length);
    }

    static long aligned(final long length)
    {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    static ByteBuffer buffer(final int length)
    {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    static int crc(final ByteBuffer buffer, final int begin, final int end)
    {
        final CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().clear().position(begin).limit(end));
        return (int)crc.getValue();
    }
}

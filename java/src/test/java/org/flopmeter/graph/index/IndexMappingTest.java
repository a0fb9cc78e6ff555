/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index file by its words: the first number that leads nowhere is refused, the last that leads somewhere is not. */
class IndexMappingTest
{
    private static final int NODES = 5;
    private static final int ROWS = 3;
    private static final int CLASSES = 1;

    @TempDir
    private Path work;

    private Path file;
    private byte[] whole;
    private final ClosureTotal total = new ClosureTotal();

    /** Three core nodes, of which two read the same output and are read by another: one class, one node of no entry. */
    @BeforeEach
    void write() throws IOException
    {
        final ParentGraph graph = new ParentGraph(2, 0);
        graph.add(true, new int[0], 0);
        graph.add(false, new int[] {0}, 1);
        graph.add(true, new int[] {1}, 1);
        graph.add(true, new int[] {1}, 1);
        graph.add(false, new int[] {2, 3}, 2);
        for (int node = 0; node < NODES; node++)
        {
            graph.setWeight(node, 0, node, 1 + node, false);
            graph.setWeight(node, 1, 0, 1, 1 == node);
        }
        file = work.resolve("an.index");
        IndexFile.write(file, ClosureIndex.build(graph, new IndexLimits(1L << 20, 1, 0)),
            IntStream.range(0, NODES).mapToObj(node -> "n" + node).toList(), new byte[] {7});
        whole = Files.readAllBytes(file);
    }

    private ByteBuffer copy()
    {
        return ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int entry(final int section)
    {
        return IndexSections.TABLE_OFFSET + IndexSections.ENTRY_LENGTH * section;
    }

    private int offset(final int section)
    {
        return (int)copy().getLong(entry(section));
    }

    private int length(final int section)
    {
        return (int)copy().getLong(entry(section) + 8);
    }

    /** With checksums that fit. */
    private MappedIndex open(final ByteBuffer bytes) throws IOException
    {
        for (int section = 0; section < IndexSections.count(2); section++)
        {
            final long begin = bytes.getLong(entry(section));
            final long length = bytes.getLong(entry(section) + 8);
            if (begin >= 0 && length >= 0 && begin <= bytes.capacity() - length)
            {
                bytes.putInt(entry(section) + 16, IndexSections.crc(bytes, (int)begin, (int)(begin + length)));
            }
        }
        return openWithHeader(bytes);
    }

    private MappedIndex openWithHeader(final ByteBuffer bytes) throws IOException
    {
        final int end = IndexSections.headerLength(2) - 4;
        bytes.putInt(end, IndexSections.crc(bytes, 0, end));
        Files.write(file, bytes.array());
        return MappedIndex.open(file);
    }

    private void assertRefused(final String expected, final ByteBuffer bytes)
    {
        assertEquals(expected, assertThrows(IndexFormatException.class, () -> open(bytes)).getMessage());
    }

    private void refuseInt(final int section, final int at, final int value, final String what)
    {
        final ByteBuffer bytes = copy();
        bytes.putInt(offset(section) + 4 * at, value);
        assertRefused("section " + section + ", entry " + at + ": " + what + " can't be " + value, bytes);
    }

    @Test
    void shouldHoldWhatWasWritten() throws IOException
    {
        final MappedIndex index = open(copy());
        assertEquals(NODES, index.nodeCount());
        assertEquals(5, index.edgeCount());
        index.total(4, 0, total);
        assertEquals(FlopCount.of(10, 15), total.value(0));
        index.totals(total, 2);
        assertEquals(FlopCount.of(3, 6), total.value(0));
        assertFalse(total.isUnbounded(0));
        assertEquals(FlopCount.of(3), total.value(1));
        assertTrue(total.isUnbounded(1));
        index.totals(total, 0);
        assertFalse(total.isUnbounded(1));
    }

    @Test
    void shouldRefuseTheFirstNumberThatLeadsNowhere()
    {
        for (int node = 0; node < NODES - 1; node++)
        {
            // Edges by node: none, one, one, one, two.
            refuseInt(IndexSections.PARENTS, node, node + 1, "the parent of node " + (node + 1));
            refuseInt(IndexSections.PARENTS, node, -1, "the parent of node " + (node + 1));
        }
        refuseInt(IndexSections.CODES, 0, Code.ofCore(ROWS), "the code of a node");
        refuseInt(IndexSections.CODES, 1, Code.ofEntry(ROWS), "the code of a node");
        refuseInt(IndexSections.CODES, 4, Code.ofClass(CLASSES), "the code of a node");
        for (final int section : new int[] {IndexSections.CORE_PLACES, IndexSections.CLASS_PLACES})
        {
            final int row = IndexSections.CORE_PLACES == section ? 0 : 1;
            final int blocks = length(section + 1) / 64;
            refuseInt(section, 0, blocks, "a block of row " + row);
            refuseInt(section, 0, -1, "a block of row " + row);
        }
        refuseInt(IndexSections.LABEL_ORDER, 2, NODES, "a node in the order of labels");
        refuseInt(IndexSections.LABEL_ORDER, 2, -1, "a node in the order of labels");
        for (final int section : new int[] {IndexSections.PARENT_BEGIN, IndexSections.CORE_ROW_BEGIN,
            IndexSections.CLASS_ROW_BEGIN, IndexSections.LABEL_BEGIN})
        {
            final int last = length(section) / 4 - 1;
            final int end = copy().getInt(offset(section) + 4 * last);
            refuseInt(section, 0, 1, "a beginning");
            refuseInt(section, last, end + 1, "the last end");
            refuseInt(section, last, -1, "a beginning");
        }
    }

    @Test
    void shouldTakeTheLastNumberThatLeadsSomewhere() throws IOException
    {
        final ByteBuffer bytes = copy();
        bytes.putInt(offset(IndexSections.CODES), Code.ofCore(ROWS - 1));
        bytes.putInt(offset(IndexSections.CODES) + 4, Code.ofEntry(ROWS - 1));
        bytes.putInt(offset(IndexSections.CODES) + 16, Code.ofClass(CLASSES - 1));
        bytes.putInt(offset(IndexSections.CORE_PLACES), length(IndexSections.CORE_BLOCKS) / 64 - 1);
        bytes.putInt(offset(IndexSections.PARENTS) + 12, 3);
        bytes.putInt(offset(IndexSections.LABEL_ORDER), NODES - 1);
        assertTrue(open(bytes).hasRows());
    }

    /** A bit of a column that is not there would be added up from whatever lies behind the last weight. */
    @Test
    void shouldRefuseTheFirstColumnThatIsNotThere() throws IOException
    {
        for (final int[] each : new int[][] {{IndexSections.CORE_BLOCKS, ROWS}, {IndexSections.CLASS_BLOCKS, CLASSES}})
        {
            for (final int column : new int[] {0, each[1] - 1, each[1], 63, 64, 128, 500, 511})
            {
                final ByteBuffer bytes = copy();
                final int last = offset(each[0]) + length(each[0]) - 64;
                final int word = last + 8 * (column / 64);
                bytes.putLong(word, bytes.getLong(word) | 1L << column);
                if (column < each[1])
                {
                    assertTrue(open(bytes).hasRows());
                    continue;
                }
                final String message =
                    assertThrows(IndexFormatException.class, () -> open(bytes)).getMessage();
                assertTrue(message.matches("section " + (each[0] - 1) + ", entry \\d+: a block with more than " +
                    each[1] + " columns can't be \\d+"), message);
            }
        }
    }

    /** 600 columns are 512 in a row's first block and 88 in its second. */
    @Test
    void shouldRefuseTheFirstColumnThatIsNotThereInALaterBlock() throws IOException
    {
        final ParentGraph graph = new ParentGraph(2, 0);
        for (int node = 0; node < 600; node++)
        {
            graph.add(true, new int[0], 0);
        }
        IndexFile.write(file, ClosureIndex.build(graph, new IndexLimits(1L << 20, 1, 0)), List.of(), new byte[0]);
        whole = Files.readAllBytes(file);
        final int last = offset(IndexSections.CORE_BLOCKS) + length(IndexSections.CORE_BLOCKS) - 64;
        final ByteBuffer bytes = copy();
        // The block of the newest row: bit 87 is its own column.
        assertEquals(1L << 87, bytes.getLong(last + 8));
        bytes.putLong(last + 8, 3L << 86);
        assertTrue(open(bytes).hasRows());
        bytes.putLong(last + 8, 3L << 87);
        final String message = assertThrows(IndexFormatException.class, () -> open(bytes)).getMessage();
        assertTrue(message.startsWith("section 4, entry ") &&
            message.contains(": a block with more than 600 columns can't be "), message);
    }

    @Test
    void shouldRefuseSectionsOfAnotherLength()
    {
        for (int section = 0; section < IndexSections.count(2); section++)
        {
            final int length = length(section);
            if (0 == length || IndexSections.NOTE == section)
            {
                continue;
            }
            final boolean isBlocks =
                IndexSections.CORE_BLOCKS == section || IndexSections.CLASS_BLOCKS == section;
            for (final int other : new int[] {0, length - (section < IndexSections.LISTS ? 1 : 16), length + 4})
            {
                if (0 == other && section >= IndexSections.LISTS &&
                    0 == (section - IndexSections.LISTS) % IndexSections.PER_LIST)
                {
                    // No weights at all are as good as any.
                    continue;
                }
                final ByteBuffer bytes = copy();
                bytes.putLong(entry(section) + 8, other);
                final String message = assertThrows(IndexFormatException.class, () -> open(bytes),
                    "section " + section + " of " + other + " bytes").getMessage();
                assertTrue(isBlocks ? message.equals(
                    "section " + section + ", entry 0: the blocks' length can't be " + other) :
                    message.contains("section ") && !message.contains("damaged"), message);
            }
        }
    }

    @Test
    void shouldRefuseSectionsThatLieElsewhere() throws IOException
    {
        final int section = IndexSections.NOTE;
        for (final long[] each : new long[][] {{-1, 1}, {0, -1}, {whole.length, 1}, {0, whole.length + 1L},
            {0, 1L << 31}, {Long.MAX_VALUE, 1}})
        {
            final ByteBuffer bytes = copy();
            bytes.putLong(entry(section), each[0]).putLong(entry(section) + 8, each[1]);
            assertRefused("offset " + entry(section) + ": section 12 lies at " + each[0] + ", " + each[1] + " bytes",
                bytes);
        }
        final ByteBuffer bytes = copy();
        bytes.putLong(entry(section), whole.length - 1L);
        assertEquals(1, open(bytes).note().length);
        bytes.putLong(entry(section), 0);
        assertEquals((byte)IndexSections.MAGIC, open(bytes).note()[0], "anywhere");
        bytes.putLong(entry(section), whole.length - 1L);
        bytes.putInt(entry(section) + 16, 5);
        assertEquals("offset " + (whole.length - 1) + ": section 12 is damaged",
            assertThrows(IndexFormatException.class, () -> openWithHeader(bytes)).getMessage());
    }

    @Test
    void shouldRefuseHeadersOfOtherFiles() throws IOException
    {
        refuseHeader(0, 0, "offset 0: no closure index");
        refuseHeader(8, 2, "offset 8: version 2, expected 1");
        refuseHeader(12, whole.length, "offset 12: a header of " + whole.length + " bytes for 2 series");
        for (final int series : new int[] {0, 1, 4097})
        {
            refuseHeader(IndexSections.COUNTS_OFFSET + 8 * IndexSections.SERIES, series,
                "offset 12: a header of " + IndexSections.headerLength(2) + " bytes for " + series + " series");
        }
        for (final int[] each : new int[][] {{IndexSections.ROWS, NODES + 1, NODES},
            {IndexSections.CORE_COLUMNS, NODES + 1, NODES}, {IndexSections.HAS_ROWS, 2, 1},
            {IndexSections.NODES, -1, Integer.MAX_VALUE - 1}, {IndexSections.EDGES, -1, Integer.MAX_VALUE}})
        {
            final ByteBuffer bytes = copy();
            bytes.putLong(IndexSections.COUNTS_OFFSET + 8 * each[0], each[1]);
            assertRefused("offset " + (IndexSections.COUNTS_OFFSET + 8 * each[0]) + ": " + each[1] +
                ", expected at most " + each[2], bytes);
        }
        final ByteBuffer bytes = copy();
        bytes.putLong(IndexSections.COUNTS_OFFSET + 8 * IndexSections.FILE_LENGTH, whole.length + 1L);
        assertRefused("the file has " + whole.length + " bytes; expected " + (whole.length + 1) +
            ": it was cut or appended to", bytes);

        final int crcOffset = IndexSections.headerLength(2) - 4;
        final byte[] damaged = whole.clone();
        damaged[crcOffset - 5] ^= 1;
        for (final byte[] each : List.of(damaged, Arrays.copyOf(whole, crcOffset + 3), Arrays.copyOf(whole, crcOffset)))
        {
            Files.write(file, each);
            assertEquals("offset " + crcOffset + ": the header is not whole",
                assertThrows(IndexFormatException.class, () -> MappedIndex.open(file)).getMessage());
        }
        Files.write(file, Arrays.copyOf(whole, IndexSections.TABLE_OFFSET - 1));
        assertEquals("offset 0: no closure index",
            assertThrows(IndexFormatException.class, () -> MappedIndex.open(file)).getMessage());
        Files.createSymbolicLink(work.resolve("link"), Files.write(file, whole));
        assertThrows(IOException.class, () -> MappedIndex.open(work.resolve("link")));
    }

    private void refuseHeader(final int at, final int value, final String expected)
    {
        assertRefused(expected, copy().putInt(at, value));
    }

    /** As docs/design/0021-mapped-index.md has it: multiples of 64 bytes, a bit a series, four bytes for the sum. */
    @Test
    void shouldLayOutHeadersAsDocumented()
    {
        assertEquals(640, IndexSections.headerLength(1));
        assertEquals(832, IndexSections.headerLength(2));
        assertEquals(86_528, IndexSections.headerLength(448), "the sum does not fit into what its bits leave");
        assertEquals(12_736, IndexSections.headerLength(64));
        assertEquals(12_928, IndexSections.headerLength(65));
        assertEquals(1, IndexSections.exactWords(64));
        assertEquals(2, IndexSections.exactWords(65));
        for (final int[] each : new int[][] {{0, 0}, {1, 64}, {63, 64}, {64, 64}, {65, 128}})
        {
            assertEquals(each[1], IndexSections.aligned(each[0]));
            assertEquals(each[1] + (1L << 40), IndexSections.aligned(each[0] + (1L << 40)));
        }
    }

    /** Which series may have wrapped is a bit of its own word for each 64 of them. */
    @Test
    void shouldKeepManySeriesApart() throws IOException
    {
        for (final int count : new int[] {1, 64, 65, 130, IndexSections.SERIES_MAX})
        {
            final ParentGraph graph = new ParentGraph(count, 0);
            graph.add(true, new int[0], 0);
            graph.add(false, new int[] {0}, 1);
            final int wraps = count * 2 / 3;
            graph.setWeight(0, wraps, -1, -1, false);
            graph.setWeight(1, wraps, 0, 1, false);
            final int last = count - 1;
            if (last != wraps)
            {
                graph.setWeight(0, last, 0, 5, false);
            }
            IndexFile.write(file, ClosureIndex.build(graph, new IndexLimits(1L << 20, 1, 0)), List.of(), new byte[0]);
            final MappedIndex index = MappedIndex.open(file);
            assertEquals(count, index.seriesCount());
            assertThrows(FlopOverflowException.class, () -> index.total(1, wraps, total));
            assertEquals(ClosureTotal.Path.SCAN, total.path());
            if (last != wraps)
            {
                index.total(1, last, total);
                assertEquals(FlopCount.of(5), total.value(last));
                assertEquals(ClosureTotal.Path.CONTRACTED, total.path());
            }
        }
    }

    /** Sections of megabytes, which the writer's buffer does not hold at once. */
    @Test
    void shouldWriteMoreThanItsBufferHolds() throws IOException
    {
        final int count = 270_000;
        final ParentGraph graph = new ParentGraph(1, count);
        final List<String> labels = new ArrayList<>();
        for (int node = 0; node < count; node++)
        {
            graph.add(0 == node % 1000, new int[] {node - 1}, Math.min(node, 1));
            graph.setWeight(node, 0, node, 3, false);
            labels.add("label " + "x".repeat(node % 11) + node);
        }
        labels.set(count - 1, "y".repeat(3 << 20));
        final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(1L << 26, 1, 0));
        assertEquals(IndexFile.write(file, index, labels, new byte[(1 << 20) + 1]), Files.size(file));
        final MappedIndex mapped = MappedIndex.open(file);
        assertEquals((1 << 20) + 1, mapped.note().length);
        for (int node = 0; node < count; node += 997)
        {
            mapped.total(node, 0, total);
            assertEquals(FlopCount.of(node * (node + 1L) / 2, 3 * (node + 1L)), total.value(0));
            assertEquals(labels.get(node), mapped.label(node));
            assertEquals(node, mapped.find(labels.get(node)));
        }
        assertEquals(count - 1, mapped.find(labels.get(count - 1)));
    }

    /** A writer that was killed leaves its file, and the next one takes those away that nobody writes any more. */
    @Test
    void shouldTakeAwayWhatKilledWritersLeft() throws IOException
    {
        final Path old = Files.createFile(work.resolve("an.index-1.new"));
        final Path recent = Files.createFile(work.resolve("an.index-2.new"));
        final Path other = Files.createFile(work.resolve("another.index-1.new"));
        final long nowMs = System.currentTimeMillis();
        Files.setLastModifiedTime(old, FileTime.fromMillis(nowMs - TimeUnit.MINUTES.toMillis(61)));
        Files.setLastModifiedTime(recent, FileTime.fromMillis(nowMs - TimeUnit.MINUTES.toMillis(50)));
        Files.setLastModifiedTime(other, FileTime.fromMillis(nowMs - TimeUnit.DAYS.toMillis(1)));
        write();
        try (Stream<Path> files = Files.list(work))
        {
            assertEquals(List.of(file, recent, other), files.sorted().toList());
        }
    }
}

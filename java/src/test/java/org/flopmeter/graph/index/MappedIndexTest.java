/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index in a file against plain sets; and files that are none. */
class MappedIndexTest
{
    private static final byte[] NOTE = "noted".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path work;

    private Path file;
    private final ClosureTotal total = new ClosureTotal();

    @BeforeEach
    void place()
    {
        file = work.resolve("an.index");
    }

    private static TwinGraph grown(
        final long seed, final TwinGraph.Shape shape, final int bits, final IndexLimits limits)
    {
        final TwinGraph twin = new TwinGraph(seed, shape, bits);
        twin.buildWith(1 + (int)(seed % 60), limits);
        for (int step = 0; step < 40; step++)
        {
            twin.step();
        }
        twin.flush();
        return twin;
    }

    private MappedIndex write(final TwinGraph twin) throws IOException
    {
        assertEquals(IndexFile.write(file, twin.index, List.of(), NOTE), Files.size(file));
        return MappedIndex.open(file);
    }

    /** Nodes whose sums, one by one, all at once and as sets of three, are not those of plain sets. */
    private int mismatches(final TwinGraph twin, final MappedIndex mapped)
    {
        int mismatches = 0;
        for (int node = 0; node < twin.naive.nodeCount(); node++)
        {
            final int[] three = {node, (node * 7 + 3) % twin.naive.nodeCount(), node / 2};
            final Set<Integer> closure = new HashSet<>(twin.naive.closure(node));
            final Set<Integer> closureOfThree = new HashSet<>(closure);
            Arrays.stream(three).forEach(each -> closureOfThree.addAll(twin.naive.closure(each)));
            final int one = node;
            boolean isRight = true;
            for (int series = 0; series < TwinGraph.SERIES; series++)
            {
                final int of = series;
                isRight &= twin.naive.sum(closure, series).equals(
                    answer(series, () -> mapped.total(one, of, total)));
            }
            isRight &= isRight(twin, closure, () -> mapped.totals(total, one));
            isRight &= isRight(twin, closureOfThree, () -> mapped.totals(total, three));
            mismatches += isRight ? 0 : 1;
        }
        return mismatches;
    }

    private boolean isRight(final TwinGraph twin, final Set<Integer> closure, final Runnable query)
    {
        final List<String> expected =
            IntStream.range(0, TwinGraph.SERIES).mapToObj(series -> twin.naive.sum(closure, series)).toList();
        // All at once, one overflow is an error for all.
        return expected.contains("OVERFLOW") ? "OVERFLOW".equals(answer(0, query)) :
            IntStream.range(0, TwinGraph.SERIES).allMatch(
                series -> expected.get(series).equals(answer(series, query)));
    }

    private String answer(final int series, final Runnable query)
    {
        try
        {
            query.run();
            return total.value(series) + (total.isUnbounded(series) ? "+" : "");
        }
        catch (final FlopOverflowException ex)
        {
            return "OVERFLOW";
        }
    }

    @Test
    void shouldAnswerAsPlainSetsDo() throws IOException
    {
        int contracted = 0;
        int stored = 0;
        final int graphs = Suite.rounds(80, 2000);
        for (int seed = 0; seed < graphs; seed++)
        {
            final TwinGraph.Shape shape = 0 == seed % 2 ? TwinGraph.Shape.MIXED : TwinGraph.Shape.CONVERSATIONS;
            final TwinGraph twin = grown(seed, shape, 100, new IndexLimits(1L << 27, 1, 0));
            final MappedIndex mapped = write(twin);
            assertTrue(mapped.hasRows());
            assertEquals(twin.naive.nodeCount(), mapped.nodeCount());
            assertEquals(twin.index.graph().keptEdgeCount(), mapped.edgeCount());
            assertEquals(Files.size(file), mapped.byteCount());
            assertEquals(TwinGraph.SERIES, mapped.seriesCount());
            assertArrayEquals(NOTE, mapped.note());
            assertEquals(0, mismatches(twin, mapped), "seed " + seed);
            for (int node = 0; node < mapped.nodeCount(); node++)
            {
                mapped.total(node, 0, total);
                assertEquals(twin.index.graph().isCore(node), ClosureTotal.Path.STORED == total.path());
                contracted += ClosureTotal.Path.CONTRACTED == total.path() ? 1 : 0;
                stored += ClosureTotal.Path.STORED == total.path() ? 1 : 0;
            }
        }
        assertTrue(contracted > 8 * graphs && stored > 2 * graphs, contracted + " contracted, " + stored + " stored");
    }

    @Test
    void shouldAnswerOverSeveralBlocksAndWithoutWeights() throws IOException
    {
        final TwinGraph twin = new TwinGraph(4, TwinGraph.Shape.WIDE, 100);
        twin.buildWith(1500, new IndexLimits(1L << 28, 1, 0));
        final MappedIndex mapped = write(twin);
        assertTrue(twin.index.rowCount() > 1024, "several blocks");
        for (int node = 0; node < 1500; node += 11)
        {
            mapped.total(node, 1, total);
            assertEquals(twin.naive.sum(twin.naive.closure(node), 1),
                total.value(1) + (total.isUnbounded(1) ? "+" : ""));
        }

        final ParentGraph bare = new ParentGraph(1, 0);
        bare.add(false, new int[0], 0);
        bare.add(false, new int[] {0}, 1);
        IndexFile.write(file, ClosureIndex.build(bare, new IndexLimits(1L << 20, 1, 0)), List.of(), new byte[0]);
        MappedIndex.open(file).total(1, 0, total);
        assertTrue(total.value(0).isZero());
        assertEquals(0, MappedIndex.open(file).note().length);
    }

    @Test
    void shouldScanWhereRowsCannotAnswer() throws IOException
    {
        int overflows = 0;
        final int graphs = Suite.rounds(40, 1000);
        for (int seed = 0; seed < graphs; seed++)
        {
            final TwinGraph twin = grown(seed, TwinGraph.Shape.MIXED, 128, new IndexLimits(1L << 27, 1, 0));
            assertEquals(0, mismatches(twin, write(twin)), "seed " + seed);
            overflows += twin.index.graph().weights().isExact(0) ? 0 : 1;
        }
        assertTrue(graphs < 20 || overflows > graphs / 6, overflows + " graphs past 2^128");

        final TwinGraph twin = grown(59, TwinGraph.Shape.CONVERSATIONS, 100, new IndexLimits(64, 1, 0));
        assertTrue(null != twin.index.defeat());
        final MappedIndex mapped = write(twin);
        assertFalse(mapped.hasRows());
        assertEquals(0, mismatches(twin, mapped));
        mapped.total(0, 0, total);
        assertEquals(ClosureTotal.Path.SCAN, total.path());
    }

    @Test
    void shouldFindNodesByTheirLabels() throws IOException
    {
        final TwinGraph twin = grown(50, TwinGraph.Shape.MIXED, 60, new IndexLimits(1L << 27, 1, 0));
        final List<String> labels = IntStream.range(0, twin.naive.nodeCount())
            .mapToObj(node -> 0 == node ? "" : (0 == node % 2 ? "zwölf " : "a") + node * 7919).toList();
        IndexFile.write(file, twin.index, labels, NOTE);
        final MappedIndex mapped = MappedIndex.open(file);
        for (int node = 0; node < labels.size(); node++)
        {
            assertEquals(node, mapped.find(labels.get(node)));
            assertEquals(labels.get(node), mapped.label(node));
        }
        assertEquals(-1, mapped.find("a"));
        assertEquals(-1, mapped.find("zz"));
        assertThrows(IllegalArgumentException.class, () -> IndexFile.write(file, twin.index, List.of("one"), NOTE));
        assertThrows(IllegalArgumentException.class, () -> mapped.total(labels.size(), 0, total));
        assertThrows(IllegalArgumentException.class, () -> mapped.total(-1, 0, total));
        assertThrows(IllegalArgumentException.class, () -> mapped.total(0, TwinGraph.SERIES, total));
        assertThrows(IllegalArgumentException.class, () -> mapped.total(0, -1, total));
        assertThrows(IllegalArgumentException.class, () -> mapped.totals(total, labels.size()));
    }

    /** Canary: what the comparison above must find. */
    @Test
    void shouldFindARowTotalOneTooHighAndALostEdge() throws IOException
    {
        final TwinGraph twin = grown(58, TwinGraph.Shape.CONVERSATIONS, 100, new IndexLimits(1L << 27, 1, 0));
        assertEquals(0, mismatches(twin, write(twin)));
        twin.index.state().sums(0).totals.add(twin.index.state().rowCount() / 2, 0, 1);
        assertTrue(mismatches(twin, write(twin)) > 0);
        twin.index.state().sums(0).totals.add(twin.index.state().rowCount() / 2, -1, -1);
        for (int i = 0; i < 5; i++)
        {
            twin.addEdge(false);
        }
        assertTrue(mismatches(twin, write(twin)) > 0);
    }

    /** Whatever byte is not as it was written: refused, or between two sections and of no matter. */
    @Test
    void shouldRefuseEveryFlippedBitAndEveryCut() throws IOException
    {
        final TwinGraph twin = grown(40, TwinGraph.Shape.CONVERSATIONS, 100, new IndexLimits(1L << 27, 1, 0));
        write(twin);
        final byte[] whole = Files.readAllBytes(file);
        final SplittableRandom random = new SplittableRandom(5);
        int harmless = 0;
        final int flips = Suite.rounds(400, 8000);
        for (int flip = 0; flip < flips; flip++)
        {
            // The header's words first, then anywhere.
            final int at = flip < flips / 4 ? random.nextInt(400) : random.nextInt(whole.length);
            final byte[] bytes = whole.clone();
            bytes[at] ^= (byte)(1 << random.nextInt(8));
            Files.write(file, bytes);
            try
            {
                assertEquals(0, mismatches(twin, MappedIndex.open(file)), "byte " + at);
                assertEquals(0, whole[at], "byte " + at);
                harmless++;
            }
            catch (final IndexFormatException ex)
            {
                continue;
            }
        }
        assertTrue(harmless < flips / 4, harmless + " of the bytes lie between sections");
        for (int cut = 0; cut < Suite.rounds(100, 2000); cut++)
        {
            final int length = random.nextInt(whole.length);
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(IndexFormatException.class, () -> MappedIndex.open(file), "cut at " + length);
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        assertThrows(IndexFormatException.class, () -> MappedIndex.open(file));
    }

    /** A file with right checksums that says what can't be: every number that a query follows is looked at. */
    @Test
    void shouldRefuseNumbersThatLeadNowhere() throws IOException
    {
        final TwinGraph twin = grown(57, TwinGraph.Shape.CONVERSATIONS, 100, new IndexLimits(1L << 27, 1, 0));
        final List<String> labels = IntStream.range(0, twin.naive.nodeCount()).mapToObj(node -> "n" + node).toList();
        IndexFile.write(file, twin.index, labels, NOTE);
        final byte[] whole = Files.readAllBytes(file);
        for (final int section : new int[] {
            IndexSections.PARENT_BEGIN, IndexSections.PARENTS, IndexSections.CODES, IndexSections.CORE_ROW_BEGIN,
            IndexSections.CORE_PLACES, IndexSections.CLASS_ROW_BEGIN, IndexSections.CLASS_PLACES,
            IndexSections.LABEL_BEGIN, IndexSections.LABEL_ORDER})
        {
            for (final int value : new int[] {Integer.MAX_VALUE, -100_000_000})
            {
                final ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
                bytes.putInt((int)offset(bytes, section), value);
                assertRefused(bytes, section);
            }
        }
        for (final int section : new int[] {IndexSections.CORE_BLOCKS, IndexSections.CLASS_BLOCKS})
        {
            final ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
            final int entry = IndexSections.TABLE_OFFSET + IndexSections.ENTRY_LENGTH * section;
            final int end = (int)(bytes.getLong(entry) + bytes.getLong(entry + 8));
            // The last bit of a block stands for a column that is not there; which blocks a row has is the index's.
            for (int last = end - 1; last >= bytes.getLong(entry); last -= 8 * BlockRows.WORDS)
            {
                bytes.put(last, (byte)0x80);
            }
            assertRefused(bytes, section);
        }
        for (int count = 0; count < IndexSections.COUNTS; count++)
        {
            final ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
            final int at = IndexSections.COUNTS_OFFSET + 8 * count;
            bytes.putLong(at, IndexSections.HAS_ROWS == count ? 2 : bytes.getLong(at) + 1);
            assertRefused(bytes, IndexSections.PARENTS);
        }
    }

    private static long offset(final ByteBuffer bytes, final int section)
    {
        return bytes.getLong(IndexSections.TABLE_OFFSET + IndexSections.ENTRY_LENGTH * section);
    }

    private void assertRefused(final ByteBuffer bytes, final int section) throws IOException
    {
        final int entry = IndexSections.TABLE_OFFSET + IndexSections.ENTRY_LENGTH * section;
        final int begin = (int)bytes.getLong(entry);
        bytes.putInt(entry + 16, IndexSections.crc(bytes, begin, begin + (int)bytes.getLong(entry + 8)));
        final int headerEnd = bytes.getInt(12) - 4;
        bytes.putInt(headerEnd, IndexSections.crc(bytes, 0, headerEnd));
        Files.write(file, bytes.array());
        final IndexFormatException refusal = assertThrows(
            IndexFormatException.class, () -> MappedIndex.open(file), "section " + section);
        assertFalse(refusal.getMessage().contains("damaged"), refusal.getMessage());
    }

    @Test
    void shouldKeepTheOldFileWhereANewOneCannotBeWritten() throws IOException
    {
        final TwinGraph twin = grown(30, TwinGraph.Shape.MIXED, 100, new IndexLimits(1L << 27, 1, 0));
        write(twin);
        final Path nowhere = work.resolve("no").resolve("such");
        assertThrows(IOException.class, () -> IndexFile.write(nowhere, twin.index, List.of(), NOTE));
        assertEquals(0, mismatches(twin, MappedIndex.open(file)));
        try (Stream<Path> files = Files.list(work))
        {
            assertEquals(List.of(file), files.toList());
        }
    }

    /** Killed at any moment, the writer leaves one of its files, whole; and nothing else for long. */
    @Test
    @Tag("process")
    void shouldSurviveKillsOfTheWriter() throws IOException, InterruptedException
    {
        final SplittableRandom random = new SplittableRandom(9);
        for (int kill = 0; kill < Suite.rounds(2, 40); kill++)
        {
            final Process writer = new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"), "-Xmx64m", "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), IndexWritingProcess.class.getName(), file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            final BufferedReader lines = new BufferedReader(
                new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8));
            for (int left = 1 + random.nextInt(20); left > 0; left--)
            {
                assertEquals("written", lines.readLine());
            }
            writer.destroyForcibly().waitFor();
            final MappedIndex mapped = MappedIndex.open(file);
            mapped.total(mapped.nodeCount() - 1, 0, total);
            assertEquals(Integer.toString(mapped.nodeCount()), total.value(0).toString());
        }
    }
}

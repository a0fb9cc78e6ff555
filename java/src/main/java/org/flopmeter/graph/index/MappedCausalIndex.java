/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The closure index of a causal graph in a file: totals by the names of its vertices. One thread. */
public final class MappedCausalIndex
{
    private final MappedIndex index;
    private final String stamp;
    private final CausalSeries series;
    private final ClosureTotal sums = new ClosureTotal();

    private MappedCausalIndex(final MappedIndex index, final List<String> words)
    {
        this.index = index;
        stamp = words.get(0);
        series = new CausalSeries(words.subList(1, words.size()));
    }

    /**
     * Map and validate it.
     *
     * @throws IndexFormatException it is none, or not whole.
     * @throws IOException          it can't be read.
     */
    public static MappedCausalIndex open(final Path file) throws IOException
    {
        final MappedIndex index = MappedIndex.open(file);
        final List<String> words = words(index.note());
        if (words.isEmpty() || index.seriesCount() != new CausalSeries(words.subList(1, words.size())).count())
        {
            throw new IndexFormatException("the note of the index names no precisions that fit its series");
        }
        return new MappedCausalIndex(index, words);
    }

    /** What the graph was when it was written. */
    public String stamp()
    {
        return stamp;
    }

    /** Is there a vertex of this name? */
    public boolean contains(final String name)
    {
        return index.find(name) >= 0;
    }

    /**
     * Everything behind these vertices, each computation once.
     *
     * @param names all of them known; a segmented computation goes by those of its segments.
     * @throws org.flopmeter.unit.FlopOverflowException when a sum needs more than 128 bits.
     */
    public CausalTotal totals(final Collection<String> names)
    {
        final int[] nodes = names.stream().mapToInt(this::require).toArray();
        index.totals(sums, nodes);
        return new CausalTotal(CausalSeries.interval(sums, 0), series.byPrecision(sums), sums.path());
    }

    /** The index below. */
    public MappedIndex index()
    {
        return index;
    }

    private int require(final String name)
    {
        final int node = index.find(name);
        if (node < 0)
        {
            throw new IllegalArgumentException("no vertex " + name + " in the index");
        }
        return node;
    }

    static byte[] note(final String stamp, final CausalSeries series)
    {
        final List<byte[]> words = new ArrayList<>();
        words.add(stamp.getBytes(StandardCharsets.UTF_8));
        series.precisions().forEach(precision -> words.add(precision.getBytes(StandardCharsets.UTF_8)));
        final ByteBuffer note = ByteBuffer.allocate(words.stream().mapToInt(word -> 4 + word.length).sum());
        words.forEach(word -> note.putInt(word.length).put(word));
        return note.array();
    }

    private static List<String> words(final byte[] note)
    {
        final ByteBuffer from = ByteBuffer.wrap(note);
        final List<String> words = new ArrayList<>();
        try
        {
            while (from.hasRemaining())
            {
                final int length = from.getInt();
                if (length < 0 || length > from.remaining())
                {
                    throw new BufferUnderflowException();
                }
                words.add(new String(note, from.position(), length, StandardCharsets.UTF_8));
                from.position(from.position() + length);
            }
        }
        catch (final BufferUnderflowException ex)
        {
            throw new IndexFormatException("the note of the index is none of a causal graph");
        }
        return words;
    }
}

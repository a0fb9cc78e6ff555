/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.index.CausalIndex;
import org.flopmeter.graph.index.CausalTotal;
import org.flopmeter.graph.index.IndexFormatException;
import org.flopmeter.graph.index.IndexLimits;
import org.flopmeter.graph.index.MappedCausalIndex;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.node.io.Version;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;

/**
 * Totals of a recorded graph from its closure index: the one that `graph index` left, while it is of these very
 * records, or one that is built now. What an index can't answer, the scan does.
 */
final class GraphAnswers
{
    static final String INDEX = "index";
    static final String SCAN = "scan";

    private static final String FILE = "closure.index";

    private final CausalGraph graph;
    private final MappedCausalIndex mapped;
    private final String unusable;
    private CausalIndex built;

    /**
     * A total and where it came from.
     *
     * @param by  {@link #INDEX} or {@link #SCAN}.
     * @param how which index, or why none.
     */
    record Answer(FlopInterval total, String by, String how)
    {
    }

    private GraphAnswers(final CausalGraph graph, final MappedCausalIndex mapped, final String unusable)
    {
        this.graph = graph;
        this.mapped = mapped;
        this.unusable = unusable;
    }

    static GraphAnswers of(final GraphRecords records)
    {
        String unusable = null;
        MappedCausalIndex mapped = null;
        try
        {
            mapped = isSettled(records) ? current(records.store()) : null;
        }
        catch (final IndexFormatException | IOException ex)
        {
            unusable = file(records.store()) + ": not used: " + ex.getMessage();
        }
        return new GraphAnswers(records.graph().graph(), mapped, unusable);
    }

    /** Where the index of a store is kept. */
    static Path file(final GraphStore store)
    {
        return store.file().resolveSibling(FILE);
    }

    /** Nothing that goes on, or may have: then totals change only with the records. */
    static boolean isSettled(final GraphRecords records)
    {
        return records.contents().damages().isEmpty() &&
            records.graph().computations().values().stream().allMatch(RecordedComputation::isEnded);
    }

    /** The index that was kept of these very records, by a meter of this version; null when there is none. */
    static MappedCausalIndex current(final GraphStore store) throws IOException
    {
        final String stamp = stamp(store);
        if (null == stamp || !Files.isRegularFile(file(store), LinkOption.NOFOLLOW_LINKS))
        {
            return null;
        }
        final MappedCausalIndex index = MappedCausalIndex.open(file(store));
        return index.stamp().equals(stamp) ? index : null;
    }

    static String stamp(final GraphStore store)
    {
        final String records = store.stamp();
        return null == records ? null : Version.text() + ' ' + records;
    }

    /** A stored index that is damaged, for people; null when there is none such. */
    String unusable()
    {
        return unusable;
    }

    /** Everything behind some vertices. */
    Answer total(final BitSet vertices)
    {
        try
        {
            final CausalTotal total = null == mapped ? built().totals(vertices) : mapped.totals(names(vertices));
            if (total.isByIndex())
            {
                return new Answer(total.flop(), INDEX,
                    null != mapped ? "mapped" : null == unusable ? "built" : "built; " + unusable);
            }
            return new Answer(total.flop(), SCAN, null == mapped && null != built().defeat() ? built().defeat() :
                "a sum near 2^128, or a walk too long for the index");
        }
        catch (final FlopOverflowException ex)
        {
            // Upper ends that do not fit are of no matter beside one that has no bound: the scan looks.
            return new Answer(CausalSum.of(graph, graph.closure(vertices)).total(), SCAN, ex.getMessage());
        }
    }

    private CausalIndex built()
    {
        built = null == built ? CausalIndex.of(graph, IndexLimits.ofHeap()) : built;
        return built;
    }

    private List<String> names(final BitSet vertices)
    {
        return vertices.stream().mapToObj(graph::name).collect(Collectors.toList());
    }
}

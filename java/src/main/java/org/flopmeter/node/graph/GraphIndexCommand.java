/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.flopmeter.graph.index.CausalIndex;
import org.flopmeter.graph.index.IndexLimits;
import org.flopmeter.graph.index.MappedCausalIndex;
import org.flopmeter.graph.index.MappedIndex;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Leaves the closure index of the records beside them, to be mapped by whoever asks later. */
@Command(name = "index", description = "Keep the index of the records as a file that later questions map.")
final class GraphIndexCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Override
    public Integer call()
    {
        final GraphStore store = GraphStore.of(
            StateDirectory.of(stateOption, System.getenv(), StateDirectory.uid()).state());
        final String stamp = GraphAnswers.stamp(store);
        if (null == stamp)
        {
            throw new UsageException("graph index: " + store.file() +
                ": no records, or no whole ones at its end; see: flopmeter graph list");
        }
        // Read after the stamp was taken: what is appended meanwhile makes the index old, never wrong.
        final GraphRecords records = GraphRecords.of(stateOption);
        requireSettled(records);
        final Path file = GraphAnswers.file(records.store());
        try
        {
            final CausalIndex index = CausalIndex.of(records.graph().graph(), IndexLimits.ofHeap());
            final long byteCount = index.write(file, stamp);
            final MappedIndex mapped = MappedCausalIndex.open(file).index();
            out().println(String.format(Locale.ROOT,
                "%s: %d nodes, %d edges, %d bytes%s; totals answer by %s", file, mapped.nodeCount(),
                index.edgeCount(), byteCount, 0 == index.edgeCount() ? "" :
                    String.format(Locale.ROOT, " (%.1f per edge)", byteCount / (double)index.edgeCount()),
                mapped.hasRows() ? "index" : "scan: " + index.defeat()));
            return ExitCode.DONE;
        }
        catch (final IOException ex)
        {
            throw new UsageException("graph index: " + file + ": cannot be written: " + ex.getMessage());
        }
    }

    private static void requireSettled(final GraphRecords records)
    {
        if (!records.contents().damages().isEmpty())
        {
            throw new UsageException("graph index: " + records.store().file() + ": records are damaged at offset " +
                records.contents().damages().get(0).offset() + "; expected whole ones");
        }
        for (final RecordedComputation computation : records.graph().computations().values())
        {
            if (!computation.isEnded())
            {
                throw new UsageException("graph index: " + Printable.of(computation.id()) +
                    " has not ended, so its weight changes; expected records of what has");
            }
        }
    }
}

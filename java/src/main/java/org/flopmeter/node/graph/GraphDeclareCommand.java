/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.ContentDigest;
import org.flopmeter.graph.store.GraphRecord;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphStoreException;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.Printable;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says where content comes from that no run recorded, or that an edge is not followed. Kept with its argument. */
@Command(name = "declare",
    description = "Say where a file comes from that no run wrote, what work was for, or cut an edge.")
final class GraphDeclareCommand extends StreamCommand
{
    @ArgGroup(multiplicity = "1")
    private What what;

    @Option(names = "--argument", required = true, paramLabel = "TEXT", description = "Why that is so. Required.")
    private String argument;

    @Option(names = "--author", paramLabel = "NAME", description = "Who says so. Default: the user.")
    private String author = System.getProperty("user.name", "");

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Parameters(paramLabel = "FILE|NODE", description = "A file; for --independent-of also a node or an id.")
    private String name;

    /** One of them. */
    static final class What
    {
        @Option(names = "--human", required = true, description = "People made the file: no compute is behind it.")
        private boolean isHuman;

        @Option(names = "--unknown-bound", required = true, paramLabel = "N",
            description = "No more than N FLOP are behind the file.")
        private String bound;

        @Option(names = "--independent-of", required = true, paramLabel = "CAUSE",
            description = "The node could not have changed with CAUSE, which it has an edge from.")
        private String cause;

        @Option(names = "--purpose", required = true, paramLabel = "PURPOSE",
            description = "What the computations of the node were for, as in docs/graph.md: the total is split by it.")
        private String purpose;
    }

    @Override
    public Integer call()
    {
        if (argument.isBlank())
        {
            throw new UsageException("--argument: expected a text that says why");
        }
        final GraphRecords records = GraphRecords.of(stateOption);
        final List<GraphRecord> made = null != what.purpose ? purposes(records) :
            null != what.cause ? cuts(records) : List.of(origin(records));
        try
        {
            records.store().append(made);
        }
        catch (final GraphStoreException ex)
        {
            throw new EnvironmentException(ex.getMessage());
        }
        err().println("flopmeter: graph: declared; it is shown with every total that rests on it");
        return ExitCode.DONE;
    }

    private Declared origin(final GraphRecords records)
    {
        final FlopCount bound = null == what.bound ? null : bound(what.bound);
        final Path path = GraphRecords.path(name);
        final ContentDigest digest;
        if (name.matches("sha256:[0-9a-f]{64}"))
        {
            digest = new ContentDigest(name.substring(name.indexOf(':') + 1));
        }
        else if (Files.isRegularFile(path))
        {
            digest = GraphRecords.digest(path);
        }
        else
        {
            throw new UsageException(Printable.of(name) + ": expected a file, or sha256: and 64 digits");
        }
        if (records.graph().artifacts().values().stream()
            .anyMatch(artifact -> digest.equals(artifact.digest()) && null != artifact.writer()))
        {
            err().println("flopmeter: graph: a recorded run wrote " + Printable.of(name) +
                ": a declaration does not hide that");
        }
        return new Declared(digest, bound, argument, author, GraphRecords.nowNs(),
            path.toAbsolutePath().normalize().toString());
    }

    private List<GraphRecord> cuts(final GraphRecords records)
    {
        final CausalGraph graph = records.graph().graph();
        final List<String> causes = records.require(what.cause).ids();
        final List<String> effects = records.require(name).ids();
        final List<GraphRecord> cuts = new ArrayList<>();
        for (final Edge edge : graph.edges())
        {
            final String from = graph.name(edge.cause());
            final String to = graph.name(edge.effect());
            if (causes.contains(from) && effects.contains(to))
            {
                cuts.add(new CutMade(from, to, Cut.INDEPENDENT, argument, author, GraphRecords.nowNs()));
            }
        }
        if (cuts.isEmpty())
        {
            throw new UsageException(Printable.of(name) + ": no edge leads to it from " +
                Printable.of(what.cause) + ": only an edge can be cut, never a path");
        }
        return cuts;
    }

    private List<GraphRecord> purposes(final GraphRecords records)
    {
        final Purpose purpose = Purpose.ofName(what.purpose);
        if (null == purpose)
        {
            throw new UsageException("--purpose: expected one of " + Arrays.stream(Purpose.values())
                .map(Purpose::jsonName).collect(Collectors.joining(", ")) + ", found " +
                Printable.of(what.purpose));
        }
        final CausalGraph graph = records.graph().graph();
        final List<GraphRecord> made = new ArrayList<>();
        records.require(name).ids().stream().filter(id -> graph.isComputation(graph.result(id))).forEach(id ->
            made.add(new Purposed(id, purpose, argument, author, GraphRecords.nowNs())));
        if (made.isEmpty())
        {
            throw new UsageException(Printable.of(name) + ": no computation, so it was for nothing; expected a " +
                "run, a node or the id of a computation");
        }
        return made;
    }

    private static FlopCount bound(final String text)
    {
        try
        {
            return FlopCount.parse(text);
        }
        catch (final NumberFormatException | FlopOverflowException ex)
        {
            throw new UsageException("--unknown-bound: " + ex.getMessage());
        }
    }
}

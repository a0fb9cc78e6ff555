/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Path;
import java.util.List;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.graph.store.GraphStoreException;
import org.flopmeter.graph.store.StoreImport;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.run.StateDirectory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes one graph of files of other formats, and says what it could not take over. */
@Command(name = "import",
    description = "Record OpenLineage run events or graphs in native JSON, or only make a graph of them.")
final class GraphImportCommand extends StreamCommand
{
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Events: one, an array, or one a line; or a graph.")
    private List<Path> files;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "auto",
        description = "auto (default), native or openlineage.")
    private GraphImport.Format format;

    @Option(names = "--human", paramLabel = "NAMESPACE/NAME",
        description = "People made this dataset, where no run is known to have. Repeatable.")
    private List<String> human = List.of();

    @Option(names = "--human-all", description = "People made every dataset that no run is known to have made.")
    private boolean isHumanAll;

    @Option(names = "--argument", paramLabel = "TEXT", description = "Why people are said to have made them.")
    private String argument = "";

    @Option(names = "--author", paramLabel = "NAME", description = "Who imports. Default: the user.")
    private String author = System.getProperty("user.name", "");

    @ArgGroup
    private Target target = new Target();

    /** Where it goes: into the records unless it is wanted as a document. */
    static final class Target
    {
        @Option(names = "--dir", required = true, paramLabel = "DIR",
            description = "State directory with the records to import into.")
        private Path state;

        @Option(names = "--print", required = true, description = "Only print the graph; record nothing.")
        private boolean isPrinted;

        @Option(names = "--out", required = true, paramLabel = "FILE",
            description = "Only write the graph there; record nothing.")
        private Path file;
    }

    @Override
    public Integer call()
    {
        final GraphImport graph =
            target.isPrinted || null != target.file ? document() : records();
        err().println("flopmeter: " + graph.mapped());
        graph.notes().forEach(note -> err().println("flopmeter:   " + note));
        return ExitCode.DONE;
    }

    private GraphImport document()
    {
        final GraphImport graph = GraphImport.of(files, format, human, isHumanAll);
        final String text = DocumentJson.print(graph.document());
        if (null == target.file)
        {
            out().print(text);
            out().flush();
        }
        else
        {
            DocumentFiles.write(target.file, text);
        }
        return graph;
    }

    private GraphImport records()
    {
        if ((isHumanAll || !human.isEmpty()) && argument.isBlank())
        {
            throw new UsageException("graph import: --human: expected --argument with a text that says why: it is " +
                "shown with every total that rests on it");
        }
        final GraphStore store = GraphStore.of(
            StateDirectory.of(target.state, System.getenv(), StateDirectory.uid()).state());
        try
        {
            final GraphImport graph = GraphImport.into(
                new StoreImport(store, author, GraphRecords.nowNs()), files, format, human, isHumanAll, argument);
            return new GraphImport(null, graph.mapped() + ", recorded in " + store.file(), graph.notes());
        }
        catch (final GraphStoreException ex)
        {
            throw new UsageException("graph import: " + ex.getMessage());
        }
    }
}

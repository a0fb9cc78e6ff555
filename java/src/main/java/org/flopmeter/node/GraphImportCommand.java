/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes one graph of files of other formats, and says what it could not take over. */
@Command(name = "import", description = "Make a graph in native JSON of OpenLineage run events, or check a native one.")
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

    @Option(names = "--out", paramLabel = "FILE", description = "Write the graph there, not to stdout.")
    private Path outFile;

    @Override
    public Integer call()
    {
        final GraphImport graph = GraphImport.of(files, format, human, isHumanAll);
        final String text = ResultJson.print(graph.document());
        if (null == outFile)
        {
            out().print(text);
            out().flush();
        }
        else
        {
            DocumentFiles.write(outFile, text);
        }
        err().println("flopmeter: " + graph.mapped());
        graph.notes().forEach(note -> err().println("flopmeter:   " + note));
        return Main.DONE;
    }
}

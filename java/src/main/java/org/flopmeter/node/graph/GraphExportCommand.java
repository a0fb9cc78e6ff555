/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.graph.lineage.LineageExport;
import org.flopmeter.graph.lineage.ProvExport;
import org.flopmeter.graph.picture.DotWriter;
import org.flopmeter.graph.picture.Picture;
import org.flopmeter.graph.picture.PictureBuilder;
import org.flopmeter.graph.picture.SvgWriter;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.Messages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes a graph in other formats, or draws a few levels of it. */
@Command(name = "export",
    description = "Write a graph in native JSON, as OpenLineage run events or PROV-JSON, or draw it.")
final class GraphExportCommand extends StreamCommand
{
    private static final int LEVELS_DEFAULT = 3;

    /** What is written. */
    enum Format
    {
        NATIVE, OPENLINEAGE, PROV, DOT, SVG;

        @Override
        public String toString()
        {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isPicture()
        {
            return DOT == this || SVG == this;
        }
    }

    @Parameters(paramLabel = "FILE.json", arity = "0..1",
        description = "A graph in native JSON; without it, what is recorded.")
    private Path file;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Option(names = "--format", paramLabel = "FORMAT", required = true,
        description = "native, openlineage (one event a line), prov (PROV-JSON), dot or svg.")
    private Format format;

    @Option(names = "--of", paramLabel = "NODE",
        description = "Draw the causes of this node. Repeatable; default: of all that cause nothing.")
    private List<String> of = List.of();

    @Option(names = "--levels", paramLabel = "N", description = "Steps back from it that are drawn; default 3.")
    private Integer levels;

    @Option(names = "--out", paramLabel = "FILE", description = "Write there, not to stdout.")
    private Path outFile;

    @Override
    public Integer call()
    {
        if (!format.isPicture() && (!of.isEmpty() || null != levels))
        {
            throw new UsageException("graph export: --of and --levels are for dot and svg");
        }
        if (null != levels && levels < 0)
        {
            throw new UsageException("graph export: --levels: expected 0 or more: " + levels);
        }
        if (null != file && null != stateOption)
        {
            throw new UsageException("graph export: --dir is for what is recorded; expected no FILE.json beside it");
        }
        final String text = null == file ? recorded() : DocumentFiles.accepted(file.toString(), () ->
        {
            final JsonView document = JsonView.root(
                StrictJson.read(DocumentFiles.bytes(file, DocumentFiles.GRAPH_LENGTH_MAX)));
            return text(GraphReader.read(document), jobs(document));
        });
        give(outFile, text);
        return ExitCode.DONE;
    }

    /** The recorded graph, runs that go on included; nodes of pictures by all names that graph total takes. */
    private String recorded()
    {
        final GraphRecords records = GraphRecords.of(stateOption);
        if (!records.contents().damages().isEmpty())
        {
            // A graph has no place to say so: whoever reads it would take its upper ends for true.
            throw new UsageException("graph export: " + records.store().file() + ": records are damaged at offset " +
                records.contents().damages().get(0).offset() + "; expected whole ones");
        }
        records.faults(Messages.of(System.getenv())).forEach(line -> err().println("flopmeter: graph export: " + line));
        final Map<String, String> jobs = new HashMap<>();
        records.graph().computations().values().forEach(each -> jobs.put(each.id(), each.node()));
        of = of.stream().flatMap(name -> records.require(name).ids().stream()).toList();
        return text(records.graph().graph(), jobs);
    }

    private String text(final CausalGraph graph, final Map<String, String> jobs)
    {
        return switch (format)
        {
            case NATIVE -> DocumentJson.print(labelled(GraphWriter.write(graph), jobs));
            case OPENLINEAGE -> LineageExport.events(graph, jobs).stream()
                .map(event -> event + "\n").collect(Collectors.joining());
            case PROV -> DocumentJson.print(ProvExport.document(graph, jobs));
            case DOT -> DotWriter.write(picture(graph, jobs));
            case SVG -> SvgWriter.write(picture(graph, jobs));
        };
    }

    private Picture picture(final CausalGraph graph, final Map<String, String> jobs)
    {
        return PictureBuilder.of(graph, of, null == levels ? LEVELS_DEFAULT : levels, jobs);
    }

    private static ObjectNode labelled(final ObjectNode document, final Map<String, String> jobs)
    {
        for (final JsonNode node : document.get("nodes"))
        {
            final String job = jobs.get(node.get("id").asString());
            if (null != job)
            {
                ((ObjectNode)node).put("job", job);
            }
        }
        return document;
    }

    /** Labels of computations; a graph has none, its document may. */
    private static Map<String, String> jobs(final JsonView document)
    {
        final Map<String, String> jobs = new HashMap<>();
        for (final JsonView node : document.member("nodes").elements())
        {
            final JsonView job = node.optional("job");
            if (null != job && job.node().isString())
            {
                jobs.put(node.member("id").string(), job.string());
            }
        }
        return jobs;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.view.RuleView;
import org.flopmeter.graph.view.ViewComparison;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** One graph under several rules, side by side, with what each leaves out. */
@Command(name = "views", description =
    "One figure of a graph in native JSON as several rules count it, and what each rule leaves out.")
final class GraphViewsCommand extends StreamCommand
{
    static final String SCHEMA = "flopmeter/graph-views/v1";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    @Parameters(paramLabel = "GRAPH.json", description = "The graph in native JSON.")
    private Path graphFile;

    @Option(names = "--of", paramLabel = "NODE", required = true, description = "The model or output; repeatable.")
    private List<String> nodes;

    @Option(names = "--view", paramLabel = "FILE", description = "A view of your own beside the shipped ones.")
    private List<Path> viewFiles = new ArrayList<>();

    @Option(names = "--json", description = "Print the document, not the table.")
    private boolean isJson;

    @Override
    public Integer call()
    {
        final CausalGraph graph = read(graphFile, GraphReader::read);
        final List<RuleView> views = new ArrayList<>(RuleView.shipped());
        viewFiles.forEach(file -> views.add(read(file, RuleView::read)));
        final List<ViewComparison> comparisons = compare(graph, views);
        if (isJson)
        {
            out().print(DocumentJson.print(document(comparisons)));
        }
        else
        {
            out().print(GraphViewsTable.text(comparisons));
        }
        return ExitCode.DONE;
    }

    private List<ViewComparison> compare(final CausalGraph graph, final List<RuleView> views)
    {
        return DocumentFiles.accepted(graphFile.toString(),
            () -> views.stream().map(view -> ViewComparison.of(graph, view, nodes)).toList());
    }

    private static <T> T read(final Path file, final Function<JsonView, T> reader)
    {
        final byte[] utf8 = DocumentFiles.bytes(file, DocumentFiles.GRAPH_LENGTH_MAX);
        return DocumentFiles.accepted(
            file.toString(), () -> reader.apply(JsonView.root(StrictJson.read(utf8)).object()));
    }

    private ObjectNode document(final List<ViewComparison> comparisons)
    {
        final ObjectNode document = JSON.objectNode().put("schema", SCHEMA);
        final ArrayNode of = document.putArray("of");
        nodes.forEach(of::add);
        final ArrayNode views = document.putArray("views");
        comparisons.forEach(comparison -> views.add(view(comparison)));
        return document;
    }

    private static ObjectNode view(final ViewComparison comparison)
    {
        final ObjectNode view = JSON.objectNode()
            .put("name", comparison.view().name())
            .put("version", comparison.view().version())
            .put("status", comparison.view().status())
            .put("citation", comparison.view().citation());
        view.set("total", DocumentJson.interval(comparison.counted().total()));
        final ArrayNode counted = view.putArray("counted");
        comparison.counted().counted().forEach(counted::add);
        view.set("leftOutTotal", DocumentJson.interval(comparison.leftOutTotal()));
        final ArrayNode leftOut = view.putArray("leftOut");
        for (final ViewComparison.Item item : comparison.leftOut())
        {
            final ObjectNode entry = leftOut.addObject()
                .put("computation", item.computation())
                .put("purpose", item.purpose().jsonName())
                .put("why", item.isOutOfReach() ? "out-of-reach" : item.treatment().jsonName());
            entry.set("flop", DocumentJson.interval(item.flop()));
        }
        return view;
    }
}

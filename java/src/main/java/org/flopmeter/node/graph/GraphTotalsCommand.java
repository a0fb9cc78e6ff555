/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.store.RecordedArtifact;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import org.flopmeter.unit.FlopInterval;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The totals of all models that are recorded, those of runs that go on included, from one index. */
@Command(name = "totals", description = "All compute behind every recorded model, or every node of a kind.")
final class GraphTotalsCommand extends StreamCommand
{
    static final String SCHEMA = "flopmeter/graph-totals/v1";

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Option(names = "--kind", paramLabel = "KIND",
        description = "model (default), output, dataset, computation. Repeatable.")
    private List<String> kindNames = List.of("model");

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    /** A node and what is behind it; null where that does not fit 128 bits. */
    private record Row(int vertex, GraphAnswers.Answer answer)
    {
    }

    @Override
    public Integer call()
    {
        final List<NodeKind> kinds = kindNames.stream().map(GraphTotalsCommand::kind).toList();
        final GraphRecords records = GraphRecords.of(stateOption);
        final GraphAnswers answers = GraphAnswers.of(records);
        if (null != answers.unusable())
        {
            err().println("flopmeter: graph totals: " + answers.unusable());
        }
        final boolean isCertain = records.contents().damages().isEmpty();
        final List<Row> rows = rows(records.graph().graph(), kinds, answers, isCertain);
        out().print(isJson ? DocumentJson.print(json(records, rows, isCertain)) :
            text(records, rows, Messages.of(System.getenv())));
        return ExitCode.DONE;
    }

    private static NodeKind kind(final String name)
    {
        final NodeKind kind = NodeKind.ofName(name);
        if (null == kind || NodeKind.HUMAN == kind)
        {
            throw new UsageException("graph totals: --kind: expected model, output, dataset or computation: " +
                Printable.of(name));
        }
        return kind;
    }

    private static List<Row> rows(
        final CausalGraph graph, final List<NodeKind> kinds, final GraphAnswers answers, final boolean isCertain)
    {
        final List<Row> rows = new ArrayList<>();
        final BitSet one = new BitSet();
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            // A segmented computation is what its last segment is.
            if (!kinds.contains(graph.kind(v)) || v != graph.result(id(graph, v)))
            {
                continue;
            }
            one.clear();
            one.set(v);
            try
            {
                final GraphAnswers.Answer answer = answers.total(one);
                rows.add(new Row(v, isCertain ? answer : new GraphAnswers.Answer(FlopInterval.unbounded(
                    answer.total().lower(), answer.total().point()), answer.by(), answer.how())));
            }
            catch (final GraphRefusedException ex)
            {
                rows.add(new Row(v, null));
            }
        }
        return rows;
    }

    private static String id(final CausalGraph graph, final int vertex)
    {
        final String name = graph.name(vertex);
        final int at = name.indexOf('@');
        return at < 0 ? name : name.substring(0, at);
    }

    private static ObjectNode json(final GraphRecords records, final List<Row> rows, final boolean isCertain)
    {
        final CausalGraph graph = records.graph().graph();
        final ObjectNode document = JsonMapper.shared().createObjectNode().put("schema", SCHEMA);
        document.put("complete", isCertain);
        final ArrayNode totals = document.putArray("totals");
        for (final Row row : rows)
        {
            final ObjectNode node = totals.addObject().put("id", id(graph, row.vertex()))
                .put("kind", graph.kind(row.vertex()).jsonName());
            final RecordedArtifact artifact = records.graph().artifacts().get(id(graph, row.vertex()));
            if (null != artifact)
            {
                node.put("path", artifact.path());
            }
            if (null == row.answer())
            {
                node.put("error", "OVERFLOW");
                continue;
            }
            node.set("total", DocumentJson.interval(row.answer().total()));
            node.put("answeredBy", row.answer().by()).put("answeredHow", row.answer().how());
        }
        return document;
    }

    private static String text(final GraphRecords records, final List<Row> rows, final Messages messages)
    {
        final CausalGraph graph = records.graph().graph();
        final StringBuilder text = new StringBuilder();
        text.append(messages.get("graph.totals", Integer.toString(rows.size()), Long.toString(rows.stream()
            .filter(row -> null != row.answer() && GraphAnswers.INDEX.equals(row.answer().by())).count())));
        text.append('\n');
        final Table table = new Table("<>><", "  ");
        for (final Row row : rows)
        {
            final RecordedArtifact artifact = records.graph().artifacts().get(id(graph, row.vertex()));
            final String id = Printable.of(id(graph, row.vertex()));
            final String path = null == artifact ? "" : Printable.of(artifact.path());
            if (null == row.answer())
            {
                table.row(id, "OVERFLOW", "", path);
                continue;
            }
            final FlopInterval total = row.answer().total();
            table.row(id, FlopText.grouped(total.lower().toBigInteger()), total.isBounded() ?
                "<= " + FlopText.grouped(total.upper().toBigInteger()) : messages.get("graph.noUpper"), path);
        }
        table.appendTo(text);
        records.faults(messages).forEach(line -> text.append("  ").append(line).append('\n'));
        return text.toString();
    }
}

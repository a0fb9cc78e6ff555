/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Path;
import org.flopmeter.graph.store.RecordedArtifact;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
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

/** What is recorded: computations and artifacts, in the order in which they were seen. */
@Command(name = "list", description = "What is recorded: runs, and the files that they read and wrote.")
final class GraphListCommand extends StreamCommand
{
    static final String SCHEMA = "flopmeter/graph-list/v1";

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Override
    public Integer call()
    {
        final GraphRecords records = GraphRecords.of(stateOption);
        out().print(isJson ? DocumentJson.print(json(records)) : text(records, Messages.of(System.getenv())));
        return ExitCode.DONE;
    }

    private static ObjectNode json(final GraphRecords records)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode().put("schema", SCHEMA);
        final ArrayNode computations = document.putArray("computations");
        for (final RecordedComputation computation : records.graph().computations().values())
        {
            final ObjectNode node = computations.addObject().put("id", computation.id())
                .put("run", computation.run()).put("node", computation.node()).put("beginNs", computation.beginNs());
            if (computation.isEnded())
            {
                node.put("endNs", computation.endNs());
            }
            if (computation.isPart())
            {
                node.put("partOf", computation.outer());
            }
            node.set("flop", DocumentJson.interval(flop(computation)));
        }
        final ArrayNode imported = document.putArray("imported");
        records.graph().imported().values().forEach(node -> imported.addObject().put("id", node.id())
            .put("kind", node.kind().jsonName()));
        final ArrayNode artifacts = document.putArray("artifacts");
        for (final RecordedArtifact artifact : records.graph().artifacts().values())
        {
            final ObjectNode node = artifacts.addObject().put("id", artifact.id()).put("path", artifact.path());
            if (null != artifact.writer())
            {
                node.put("writer", artifact.writer());
            }
        }
        return document;
    }

    private static String text(final GraphRecords records, final Messages messages)
    {
        final StringBuilder text = new StringBuilder();
        text.append(messages.get("graph.listRuns", Integer.toString(records.graph().computations().size())));
        text.append('\n');
        final Table runs = new Table("<><", "  ");
        records.graph().computations().values().forEach(computation -> runs.row(
            Printable.of(computation.id()), FlopText.grouped(flop(computation).lower().toBigInteger()),
            computation.isPart() ? messages.get("graph.partOf", Printable.of(computation.outer())) :
                computation.isEnded() ? "" : messages.get("graph.notEnded")));
        runs.appendTo(text);
        text.append(messages.get("graph.listFiles", Integer.toString(records.graph().artifacts().size())));
        text.append('\n');
        final Table files = new Table("<<<", "  ");
        records.graph().artifacts().values().forEach(artifact -> files.row(
            Printable.of(artifact.path()), Printable.of(artifact.id()),
            null == artifact.writer() ? messages.get("graph.noWriter") : Printable.of(artifact.writer())));
        files.appendTo(text);
        text.append(messages.get("graph.listImported", Integer.toString(records.graph().imported().size())));
        text.append('\n');
        final Table imported = new Table("<<", "  ");
        records.graph().imported().values().forEach(node -> imported.row(
            Printable.of(node.id()), node.kind().jsonName()));
        imported.appendTo(text);
        records.faults(messages).forEach(line -> text.append("  ").append(line).append('\n'));
        return text.toString();
    }

    private static FlopInterval flop(final RecordedComputation computation)
    {
        return computation.flop().values().stream().reduce(FlopInterval.ZERO, FlopInterval::add);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.FlopOverflowException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** All the compute behind something that recorded runs made: each computation once. */
@Command(name = "total", description = "All compute behind a file, node or run that was recorded: each run once.")
final class GraphTotalCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Option(names = "--proof", paramLabel = "FILE", description = "Write what anybody needs to add it up again.")
    private Path proofFile;

    @Parameters(paramLabel = "NODE|FILE", description = "A file, by its content; a node, a run, RUN/NODE, or an id.")
    private String name;

    @Override
    public Integer call()
    {
        final GraphRecords records;
        final GraphTotal total;
        try
        {
            records = GraphRecords.of(stateOption);
            total = GraphTotal.of(records, records.require(name));
        }
        catch (final UsageException ex)
        {
            return refuse("MISSING_NODE", ex.getMessage());
        }
        catch (final GraphRefusedException ex)
        {
            return refuse(ex.refusal().name(), ex.getMessage());
        }
        catch (final FlopOverflowException ex)
        {
            return refuse(ex.code(), ex.getMessage());
        }
        if (null != proofFile)
        {
            write(DocumentJson.print(GraphTotalJson.proof(records, total)));
        }
        out().print(isJson ? DocumentJson.print(GraphTotalJson.total(records, total)) :
            GraphTotalText.of(records, total, Messages.of(System.getenv())));
        return ExitCode.DONE;
    }

    private int refuse(final String code, final String message)
    {
        err().println("flopmeter: graph total: " + message.replaceAll("\\s*\\R\\s*", " "));
        if (isJson)
        {
            out().print(DocumentJson.print(
                JsonMapper.shared().createObjectNode().put("error", code).put("message", message)));
        }
        return ExitCode.USAGE;
    }

    private void write(final String document)
    {
        try
        {
            Files.write(proofFile, document.getBytes(StandardCharsets.UTF_8));
        }
        catch (final IOException ex)
        {
            throw new UsageException("--proof " + proofFile + ": cannot be written: " + ex.getMessage());
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import picocli.CommandLine.Command;

/** Exact accounts on the compute causal graph. */
@Command(
    name = "graph",
    description = "Training compute, output compute and rates on the causal graph, exact.",
    subcommands = {
        GraphEvalCommand.class,
        GraphViewsCommand.class,
        GraphTotalCommand.class,
        GraphTotalsCommand.class,
        GraphIndexCommand.class,
        GraphListCommand.class,
        GraphDeclareCommand.class,
        GraphImportCommand.class,
        GraphExportCommand.class })
public final class GraphCommand extends StreamCommand
{
    @Override
    public Integer call()
    {
        throw new UsageException("graph: a subcommand is missing; try: flopmeter graph --help");
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.document.QueryAnswers;
import org.flopmeter.json.JsonView;
import org.flopmeter.node.command.CaseCommand;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Answers the queries of graphs in native JSON. CONTRACT: `graph eval`. */
@Command(name = "eval", description = "Answer the queries of graphs in native JSON.")
final class GraphEvalCommand extends CaseCommand
{
    static final String SCHEMA = "flopmeter/graph-result/v1";

    @Override
    protected ObjectNode evaluate(final JsonView document)
    {
        try
        {
            final ObjectNode answer = JsonNodeFactory.instance.objectNode().put("schema", SCHEMA);
            answer.set("results", new QueryAnswers(GraphReader.read(document)).answers(document));
            return answer;
        }
        catch (final GraphRefusedException ex)
        {
            throw new RefusedException(ex.refusal().name(), ex.getMessage());
        }
    }
}

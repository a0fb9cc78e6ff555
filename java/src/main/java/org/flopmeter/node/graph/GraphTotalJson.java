/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.util.Map;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.Origin;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** flopmeter/graph-total/v1 and the proof of a total, flopmeter/graph-proof/v1: docs/schema. */
final class GraphTotalJson
{
    static final String TOTAL = "flopmeter/graph-total/v1";
    static final String PROOF = "flopmeter/graph-proof/v1";

    private static final JsonMapper JSON = JsonMapper.shared();

    private GraphTotalJson()
    {
    }

    static ObjectNode total(final GraphRecords records, final GraphTotal total)
    {
        final ObjectNode document = JSON.createObjectNode();
        document.put("schema", TOTAL);
        document.put("of", total.target().what());
        total.target().ids().forEach(document.putArray("ids")::add);
        document.set("total", DocumentJson.interval(total.total()));
        document.put("answeredBy", total.answer().by()).put("answeredHow", total.answer().how());
        intervals(document.putObject("byPrecision"), total.byPrecision());
        intervals(document.putObject("byNode"), total.byNode());
        final ObjectNode byPurpose = document.putObject("byPurpose");
        total.byPurpose().forEach((purpose, flop) -> byPurpose.set(purpose.jsonName(), DocumentJson.interval(flop)));
        intervals(document.putObject("byBasis"), total.byBasis());
        final ArrayNode counted = document.putArray("counted");
        total.counted().forEach((id, flop) -> counted(counted.addObject(), records, id, flop));
        final ArrayNode unknown = document.putArray("unknown");
        final ArrayNode declared = document.putArray("declared");
        total.origins().forEach(origin -> origin((null == origin.declared() ? unknown : declared).addObject(), origin));
        final ArrayNode cuts = document.putArray("cuts");
        total.cuts().forEach(cut -> cut(cuts.addObject(), cut));
        store(document.putObject("store"), records, total);
        return document;
    }

    /**
     * What anybody needs to add the total up again: the computations with their weights, and the edges that were
     * walked to find them.
     */
    static ObjectNode proof(final GraphRecords records, final GraphTotal total)
    {
        final CausalGraph graph = records.graph().graph();
        final ObjectNode document = JSON.createObjectNode();
        document.put("schema", PROOF);
        total.target().ids().forEach(document.putArray("of")::add);
        document.set("total", DocumentJson.interval(total.total()));
        intervals(document.putObject("byPrecision"), total.byPrecision());
        document.put("complete", total.isCertain());
        final ArrayNode nodes = document.putArray("nodes");
        total.closure().stream().forEach(vertex ->
        {
            final ObjectNode node = nodes.addObject();
            node.put("id", graph.name(vertex)).put("kind", graph.kind(vertex).jsonName());
            if (graph.isComputation(vertex))
            {
                intervals(node.putObject("flop"), graph.activity(vertex).flop());
            }
        });
        final ArrayNode edges = document.putArray("edges");
        for (final Edge edge : GraphTotal.walked(graph, total.closure()))
        {
            edges.addObject().put("from", graph.name(edge.cause())).put("to", graph.name(edge.effect()));
        }
        final ArrayNode cuts = document.putArray("cuts");
        total.cuts().forEach(cut -> cut(cuts.addObject(), cut));
        return document;
    }

    private static void intervals(final ObjectNode node, final Map<String, FlopInterval> intervals)
    {
        intervals.forEach((name, flop) -> node.set(name, DocumentJson.interval(flop)));
    }

    private static void counted(
        final ObjectNode node, final GraphRecords records, final String id, final FlopInterval flop)
    {
        node.put("id", id);
        node.set("flop", DocumentJson.interval(flop));
        final CausalGraph graph = records.graph().graph();
        node.put("purpose", graph.activity(graph.result(id)).purpose().jsonName());
        final RecordedComputation computation = records.graph().computations().get(id);
        if (null != computation)
        {
            node.put("run", computation.run()).put("node", computation.node());
            node.put("beginNs", computation.beginNs());
            if (computation.isEnded())
            {
                node.put("endNs", computation.endNs());
            }
            else if (records.liveNs().containsKey(id))
            {
                node.put("reportedNs", records.liveNs().get(id));
            }
        }
    }

    private static void origin(final ObjectNode node, final Origin origin)
    {
        node.put("id", origin.id()).put("artifact", origin.artifact()).put("path", origin.path());
        node.put("why", origin.why());
        final Declared declared = origin.declared();
        if (null != declared)
        {
            node.put("origin", null == declared.bound() ? "human" : "bounded");
            if (null != declared.bound())
            {
                node.put("upper", declared.bound().toString());
            }
            node.put("argument", declared.argument()).put("author", declared.author());
            node.put("timeNs", declared.timeNs());
        }
    }

    private static void cut(final ObjectNode node, final CutMade cut)
    {
        node.put("from", cut.cause()).put("to", cut.effect()).put("cut", cut.cut().jsonName());
        node.put("argument", cut.argument()).put("author", cut.author()).put("timeNs", cut.timeNs());
    }

    private static void store(final ObjectNode node, final GraphRecords records, final GraphTotal total)
    {
        node.put("file", records.store().file().toString()).put("records", records.contents().entries().size());
        node.put("complete", total.isCertain());
        final ArrayNode damages = node.putArray("damages");
        records.contents().damages().forEach(damage -> damages.addObject()
            .put("offset", damage.offset()).put("length", damage.length()).put("what", damage.what()));
        if (records.contents().tornOffset() >= 0)
        {
            node.put("tornOffset", records.contents().tornOffset());
        }
        records.graph().findings().forEach(node.putArray("findings")::add);
    }
}

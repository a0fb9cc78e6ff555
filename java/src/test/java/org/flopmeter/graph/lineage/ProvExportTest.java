/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.RandomGraph;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Whoever follows the relations of the document, by what PROV says of them, finds the same totals. */
class ProvExportTest
{
    private static final int GRAPHS = 200;

    /** Of each relation what is the effect and what the cause. */
    private static final Map<String, List<String>> RELATIONS = Map.of(
        "used", List.of("prov:activity", "prov:entity"),
        "wasGeneratedBy", List.of("prov:entity", "prov:activity"),
        "wasInformedBy", List.of("prov:informed", "prov:informant"),
        "wasDerivedFrom", List.of("prov:generatedEntity", "prov:usedEntity"),
        "wasAttributedTo", List.of("prov:entity", "prov:agent"),
        "wasAssociatedWith", List.of("prov:activity", "prov:agent"),
        "wasInfluencedBy", List.of("prov:influencee", "prov:influencer"));

    @Test
    void shouldKeepEveryTotalOfRandomGraphs()
    {
        long comparisons = 0;
        int noticed = 0;
        for (int seed = 0; seed < GRAPHS; seed++)
        {
            final CausalGraph graph = new RandomGraph(seed, 40).graph();
            final ObjectNode document = ProvExport.document(graph, Map.of());
            assertEquals(graph.vertexCount(), document.path("activity").size() + document.path("entity").size() +
                document.path("agent").size());
            final Map<String, BigInteger> totals = lowerTotals(document);
            for (int v = 0; v < graph.vertexCount(); v++)
            {
                final CausalSum sum = new Quantities(graph).compute(List.of(graph.name(v)));
                assertEquals(sum.total().lower().toBigInteger(), totals.get(graph.name(v)), "seed " + seed);
                comparisons++;
            }

            // Canary: without what was used the totals are others, wherever anything was.
            document.remove("used");
            noticed += totals.equals(lowerTotals(document)) ? 0 : 1;
        }
        assertTrue(comparisons > 4000, comparisons + " totals");
        assertTrue(noticed > GRAPHS / 4, noticed + " noticed");
    }

    @Test
    void shouldSayWhatPlainRelationsCannot()
    {
        final GraphBuilder builder = new GraphBuilder();
        final TreeMap<String, FlopInterval> flop = new TreeMap<>();
        flop.put("fp64", FlopInterval.unbounded(FlopCount.of(3), FlopCount.MAX));
        builder.computation("a/b \"c\"", new Activity(flop, Ratio.of(BigInteger.TWO), null, Purpose.TRAINING));
        builder.artifact("sha256:0#2", NodeKind.MODEL, Ratio.of(BigInteger.TEN));
        builder.artifact("p", NodeKind.HUMAN, null);
        builder.edge("a/b \"c\"", "sha256:0#2", Cut.INDEPENDENT, "by \u7b97");
        builder.edge("sha256:0#2", "p", Cut.NONE, null);
        final ObjectNode document = ProvExport.document(builder.build(), Map.of("a/b \"c\"", "ns/job"));

        final JsonNode run = document.at("/activity/flopmeter:a%2Fb%20%22c%22");
        assertEquals("a/b \"c\"", run.path("prov:label").asString());
        assertEquals("1970-01-01T00:00:02Z", run.path("prov:startTime").asString());
        assertTrue(run.path("prov:endTime").isMissingNode());
        assertEquals("ns/job", run.path("flopmeter:job").asString());
        assertEquals("training", run.path("flopmeter:purpose").asString());
        assertEquals("3", run.at("/flopmeter:flop.fp64.lower/$").asString());
        assertEquals(FlopCount.MAX.toString(), run.at("/flopmeter:flop.fp64.point/$").asString());
        assertEquals("xsd:integer", run.at("/flopmeter:flop.fp64.point/type").asString());
        assertEquals("unbounded", run.path("flopmeter:flop.fp64.upper").asString());
        final JsonNode model = document.at("/entity/flopmeter:sha256%3A0%232");
        assertEquals("flopmeter:model", model.at("/prov:type/$").asString());
        assertEquals("xsd:QName", model.at("/prov:type/type").asString());
        assertEquals("1970-01-01T00:00:10Z", model.at("/flopmeter:t/$").asString());
        assertEquals("prov:Person", document.at("/agent/flopmeter:p/prov:type/$").asString());
        assertEquals("xsd:QName", document.at("/agent/flopmeter:p/prov:type/type").asString());
        final JsonNode cut = document.at("/wasGeneratedBy/_:0");
        assertEquals("independent", cut.path("flopmeter:cut").asString());
        assertEquals("by \u7b97", cut.path("flopmeter:argument").asString());
        assertEquals("flopmeter:p", document.at("/wasInfluencedBy/_:1/prov:influencee").asString());
        assertTrue(document.at("/wasInfluencedBy/_:1/flopmeter:cut").isMissingNode());
    }

    private static Map<String, BigInteger> lowerTotals(final ObjectNode document)
    {
        final Map<String, List<String>> causes = new HashMap<>();
        RELATIONS.forEach((kind, ends) -> document.path(kind).forEach(relation ->
        {
            if (!relation.has("flopmeter:cut"))
            {
                causes.computeIfAbsent(relation.path(ends.get(0)).asString(), ignored -> new ArrayList<>())
                    .add(relation.path(ends.get(1)).asString());
            }
        }));
        final Map<String, BigInteger> totals = new HashMap<>();
        for (final String group : List.of("activity", "entity", "agent"))
        {
            document.path(group).properties().forEach(node -> totals.put(
                node.getValue().path("prov:label").asString(), lower(document, closure(causes, node.getKey()))));
        }
        return totals;
    }

    private static Set<String> closure(final Map<String, List<String>> causes, final String of)
    {
        final Set<String> seen = new HashSet<>(Set.of(of));
        final Deque<String> pending = new ArrayDeque<>(seen);
        while (!pending.isEmpty())
        {
            causes.getOrDefault(pending.pop(), List.of()).stream().filter(seen::add).forEach(pending::push);
        }
        return seen;
    }

    private static BigInteger lower(final ObjectNode document, final Set<String> names)
    {
        BigInteger sum = BigInteger.ZERO;
        for (final String name : names)
        {
            for (final Map.Entry<String, JsonNode> member : document.path("activity").path(name).properties())
            {
                if (member.getKey().endsWith(".lower"))
                {
                    sum = sum.add(new BigInteger(member.getValue().path("$").asString()));
                }
            }
        }
        return sum;
    }
}

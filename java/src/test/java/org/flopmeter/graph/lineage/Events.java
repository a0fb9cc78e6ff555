/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.lineage.LineageImport.Imported;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;

/** Builds events in words: single quotes stand for double ones. */
final class Events
{
    private final List<String> lines = new ArrayList<>();

    /** An event at that second of 10:00:00 on some day; members are what comes after the job. */
    Events add(final String type, final int second, final String run, final String members)
    {
        return add(type, second, run, members, "");
    }

    /** The same with run facets. */
    Events add(
        final String type, final int second, final String run, final String members, final String facets)
    {
        lines.add(("{'eventType':'" + type + "','eventTime':'" + time(second) + "','producer':'urn:test'," +
            "'run':{'runId':'" + run + "','facets':{" + facets + "}},'job':{'namespace':'jobs','name':'of " + run +
            "'}" + (members.isEmpty() ? "" : "," + members) + "}").replace('\'', '"'));
        return this;
    }

    /** START and COMPLETE with a weight of that many FLOP. */
    Events run(
        final String run, final int start, final int end, final String members, final long flopCount)
    {
        return add("START", start, run, "").add("COMPLETE", end, run, members, flop(flopCount));
    }

    static String flop(final long flopCount)
    {
        return "'flopmeter_compute':{'_producer':'urn:test','_schemaURL':'urn:test','flop':{'bf16':'" + flopCount +
            "'}}";
    }

    static String parent(final String run)
    {
        return "'parent':{'run':{'runId':'" + run + "'},'job':{'namespace':'jobs','name':'of " + run + "'}}";
    }

    static String reads(final String... datasets)
    {
        return "'inputs':[" + datasets(datasets) + "]";
    }

    static String writes(final String... datasets)
    {
        return "'outputs':[" + datasets(datasets) + "]";
    }

    /** "name", "name:version", or "name!" for one that is overwritten. */
    private static String datasets(final String... names)
    {
        final List<String> datasets = new ArrayList<>();
        for (final String name : names)
        {
            final String[] parts = name.split("[:!]", -1);
            datasets.add("{'namespace':'s3','name':'" + parts[0] + "','facets':{" +
                (name.contains(":") ? "'version':{'datasetVersion':'" + parts[1] + "'}" : "") +
                (name.contains("!") ? "'lifecycleStateChange':{'lifecycleStateChange':'OVERWRITE'}" : "") + "}}");
        }
        return String.join(",", datasets);
    }

    static String time(final int second)
    {
        return String.format("2026-11-28T%02d:%02d:%02dZ", 10 + second / 3600, second / 60 % 60, second % 60);
    }

    List<String> lines()
    {
        return lines;
    }

    Imported imported(final String... human)
    {
        return imported(lines, human);
    }

    static Imported imported(final List<String> lines, final String... human)
    {
        final LineageImport lineage = new LineageImport();
        lineage.add("", String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
        return lineage.graph(List.of(human), false);
    }

    /** Edges as "cause>effect", in order. */
    static List<String> edges(final Imported imported)
    {
        final List<String> edges = new ArrayList<>();
        imported.document().get("edges").forEach(edge ->
            edges.add(edge.get("from").asString() + ">" + edge.get("to").asString()));
        return edges;
    }

    static CausalGraph graph(final Imported imported)
    {
        return GraphReader.read(JsonView.root(StrictJson.read(
            imported.document().toString().getBytes(StandardCharsets.UTF_8))));
    }

    static String total(final Imported imported, final String of)
    {
        return new Quantities(graph(imported)).compute(List.of(of)).total().toString();
    }
}

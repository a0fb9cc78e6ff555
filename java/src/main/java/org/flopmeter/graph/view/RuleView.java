/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.view;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Purpose;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;

/**
 * A named rule about what counts, as data: how it treats the computations of each purpose. Cuts hold in every view.
 * What it reads into the law is its citation's, with a status: nobody has to believe a view that says unverified.
 *
 * @param treatments one for every purpose.
 */
public record RuleView(
    String name, int version, String status, String citation, String note, Map<Purpose, Treatment> treatments)
{
    public static final String SCHEMA = "flopmeter/graph-view/v1";

    private static final List<String> SHIPPED = List.of("seed", "eu-ai-act", "us-ca-sb53", "fmf");

    public RuleView
    {
        treatments = Map.copyOf(treatments);
    }

    /** The views that come with the program, the source text's first. */
    public static List<RuleView> shipped()
    {
        final List<RuleView> views = new ArrayList<>();
        for (final String name : SHIPPED)
        {
            try (InputStream stream = RuleView.class.getResourceAsStream(name + ".json"))
            {
                views.add(read(JsonView.root(StrictJson.read(stream.readAllBytes()))));
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
        }
        return views;
    }

    /** A view of a document; whatever is not one is a JsonFormatException that names the path. */
    public static RuleView read(final JsonView document)
    {
        if (!SCHEMA.equals(document.member("schema").string()))
        {
            throw document.member("schema").wrong('"' + SCHEMA + '"');
        }
        final JsonView version = document.member("version");
        if (!version.node().isInt() || version.node().asInt() < 1)
        {
            throw version.wrong("an integer from 1");
        }
        return new RuleView(
            document.member("name").string(), version.node().asInt(), document.member("status").string(),
            document.member("citation").string(), document.member("note").string(),
            treatments(document.member("treatments")));
    }

    /** Vertices that count towards these, and only these: every one is a computation. */
    public BitSet counted(final CausalGraph graph, final BitSet of)
    {
        final BitSet counted = graph.closure(of,
            (effect, cause) -> treatment(graph, effect).isFollowedTo(graph.kind(cause)));
        for (int v = counted.nextSetBit(0); v >= 0; v = counted.nextSetBit(v + 1))
        {
            if (!graph.isComputation(v) || !treatment(graph, v).isCounted())
            {
                counted.clear(v);
            }
        }
        return counted;
    }

    /** How the view treats a vertex; whatever is not a computation is followed. */
    public Treatment treatment(final CausalGraph graph, final int vertex)
    {
        return graph.isComputation(vertex) ?
            treatments.get(graph.activity(vertex).purpose()) : Treatment.COUNTED;
    }

    private static Map<Purpose, Treatment> treatments(final JsonView table)
    {
        final Map<Purpose, Treatment> treatments = new EnumMap<>(Purpose.class);
        for (final String name : table.names())
        {
            final Purpose purpose = Purpose.ofName(name);
            final Treatment treatment = Treatment.ofName(table.member(name).string());
            if (null == purpose)
            {
                throw table.wrong("purposes of computations, not \"" + name + '"');
            }
            if (null == treatment)
            {
                throw table.member(name).wrong("counted, without-models, passed or left-out");
            }
            treatments.put(purpose, treatment);
        }
        for (final Purpose purpose : Purpose.values())
        {
            table.member(purpose.jsonName());
        }
        return treatments;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Refusal;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;

/** Reads `nodes` and `edges` of the native JSON; faults are found in document order, nodes first. */
public final class GraphReader
{
    private final GraphBuilder builder = new GraphBuilder();

    private GraphReader()
    {
    }

    /**
     * The graph of a document. A graph that breaks a rule is a GraphRefusedException; what is not of the format at all
     * a JsonFormatException; both name the JSON path.
     */
    public static CausalGraph read(final JsonView document)
    {
        final GraphReader reader = new GraphReader();
        document.member("nodes").elements().forEach(reader::node);
        final JsonView edges = document.optional("edges");
        if (null != edges)
        {
            edges.elements().forEach(reader::edge);
        }
        return reader.builder.build();
    }

    private void node(final JsonView node)
    {
        final String id = node.member("id").string();
        at(node, () -> builder.requireNewId(id));
        final NodeKind kind = kind(node);
        final boolean isSegmented = node.has("segments");
        if (NodeKind.COMPUTATION == kind)
        {
            computation(node, id, isSegmented);
            return;
        }
        if (node.has("flop") || isSegmented)
        {
            throw refused(Refusal.WEIGHT_ON_ARTIFACT,
                node, "a " + kind.jsonName() + " weighs nothing; its FLOP belong to the computation that made it");
        }
        builder.artifact(id, kind, TimeReader.read(node, "t"));
    }

    private void computation(final JsonView node, final String id, final boolean isSegmented)
    {
        final Ratio start = TimeReader.read(node, "start");
        final Purpose purpose = purpose(node, Purpose.UNSPECIFIED);
        if (isSegmented)
        {
            final List<Activity> segments = segments(node, start, purpose);
            at(node, () -> builder.segmented(id, segments));
            return;
        }
        final Activity activity = activity(node, start, purpose);
        at(node, () -> builder.computation(id, activity));
    }

    private static List<Activity> segments(final JsonView node, final Ratio start, final Purpose purpose)
    {
        final List<Activity> segments = new ArrayList<>();
        Ratio begin = start;
        for (final JsonView part : node.member("segments").elements())
        {
            final Activity segment = activity(part, begin, purpose(part, purpose));
            segments.add(segment);
            begin = segment.end();
        }
        if (segments.isEmpty())
        {
            throw node.member("segments").wrong("at least one segment");
        }
        return segments;
    }

    private static Activity activity(final JsonView part, final Ratio start, final Purpose purpose)
    {
        final JsonView flop = part.optional("flop");
        return new Activity(null == flop ? new TreeMap<>() : WeightReader.read(flop), start,
            TimeReader.read(part, "end"), purpose);
    }

    private static Purpose purpose(final JsonView part, final Purpose inherited)
    {
        final JsonView name = part.optional("purpose");
        if (null == name)
        {
            return inherited;
        }
        final Purpose purpose = name.node().isString() ? Purpose.ofName(name.string()) : null;
        if (null == purpose)
        {
            throw name.wrong("one of " + Arrays.stream(Purpose.values())
                .map(Purpose::jsonName).collect(Collectors.joining(", ")));
        }
        return purpose;
    }

    private static NodeKind kind(final JsonView node)
    {
        final JsonView name = node.optional("kind");
        final NodeKind kind = null != name && name.node().isString() ? NodeKind.ofName(name.string()) : null;
        if (null == kind)
        {
            throw new GraphRefusedException(Refusal.BAD_KIND, (null == name ? node : name)
                .wrong("a kind: computation, dataset, model, output or human").getMessage());
        }
        return kind;
    }

    private void edge(final JsonView edge)
    {
        final String cause = edge.member("from").string();
        final String effect = edge.member("to").string();
        at(edge, () -> builder.requireNewEdge(cause, effect));
        final Cut cut = cut(edge);
        final JsonView argument = edge.optional("argument");
        final String words = null != argument && argument.node().isString() ? argument.string() : null;
        at(edge, () -> builder.edge(cause, effect, cut, words));
    }

    private static Cut cut(final JsonView edge)
    {
        final JsonView name = edge.optional("cut");
        if (null == name || name.node().isNull())
        {
            return Cut.NONE;
        }
        final Cut cut = name.node().isString() ? Cut.ofName(name.string()) : null;
        if (null == cut)
        {
            throw new GraphRefusedException(Refusal.BAD_CUT,
                name.wrong("independent, human-substantial or human-selection").getMessage());
        }
        return cut;
    }

    /** Let a refusal of the builder, which knows names, say the place too. */
    private static void at(final JsonView place, final Runnable step)
    {
        try
        {
            step.run();
        }
        catch (final GraphRefusedException ex)
        {
            throw new GraphRefusedException(ex.refusal(), place.path() + ": " + ex.getMessage());
        }
    }

    private static GraphRefusedException refused(final Refusal refusal, final JsonView place, final String message)
    {
        return new GraphRefusedException(refusal, place.path() + ": " + message);
    }
}

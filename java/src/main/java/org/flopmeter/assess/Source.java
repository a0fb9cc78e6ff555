/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.List;
import java.util.function.Function;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.json.JsonFormatException;

/**
 * A graph with what is known about its weights.
 *
 * @param model     ids of the model that is assessed; none for a plan alone.
 * @param basisOf   what the weight of a computation rests on, by name: MEASURED, DECLARED or UNKNOWN.
 * @param isCertain false when records are lost: then nothing has an upper end.
 * @param isRecorded whether the graph was recorded by the meter, so that it knows which ancestors are missing.
 * @param idsOf     ids of the nodes that people mean by a name; never none.
 */
public record Source(
    CausalGraph graph, List<String> model, Function<String, String> basisOf, boolean isCertain, boolean isRecorded,
    Function<String, List<String>> idsOf)
{
    public static final String MEASURED = "MEASURED";
    public static final String DECLARED = "DECLARED";
    public static final String UNKNOWN = "UNKNOWN";

    private static final int NAMED_MAX = 5;

    public Source
    {
        model = List.copyOf(model);
    }

    /** A graph that somebody wrote: its weights are what he declares. */
    public static Source declared(final CausalGraph graph, final List<String> model)
    {
        return new Source(graph, model, ignored -> DECLARED, true, false, List::of);
    }

    /** The one node that is meant by a name; where there are several, a document must say which. */
    String idOf(final String name, final String path)
    {
        final List<String> ids = idsOf.apply(name);
        if (1 != ids.size())
        {
            throw new JsonFormatException(path, "expected the name of one node, \"" + name + "\" is " + ids.size() +
                ": " + String.join(", ", ids.subList(0, Math.min(ids.size(), NAMED_MAX))));
        }
        return ids.get(0);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.Comparator;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Refusal;
import org.flopmeter.graph.document.TimeReader;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;

/**
 * Our dataset facet, docs/schema/openlineage-flopmeter-artifact-v1.json: what the dataset is.
 *
 * @param eventTime of the event that carried it; the latest counts.
 * @param id        of the node; null: made from the dataset's name. With a version only.
 * @param instant   replaces the end of the writer when {@code hasInstant}. With a version only.
 */
record ArtifactFacet(Ratio eventTime, NodeKind kind, String id, boolean hasInstant, Ratio instant, String text)
{
    static final String NAME = "flopmeter_artifact";

    private static final Comparator<ArtifactFacet> ORDER =
        Comparator.comparing(ArtifactFacet::eventTime).thenComparing(ArtifactFacet::text);

    static ArtifactFacet read(final JsonView facet, final Ratio eventTime)
    {
        final JsonView name = facet.member("kind");
        final NodeKind kind = NodeKind.ofName(name.string());
        if (null == kind || NodeKind.COMPUTATION == kind)
        {
            throw new GraphRefusedException(Refusal.BAD_KIND,
                name.wrong("dataset, model, output or human").getMessage());
        }
        return new ArtifactFacet(eventTime, kind, ComputeFacet.text(facet, "id"), facet.has("t"),
            TimeReader.read(facet, "t"), facet.node().toString());
    }

    static ArtifactFacet latest(final ArtifactFacet a, final ArtifactFacet b)
    {
        return ORDER.compare(a, b) >= 0 ? a : b;
    }
}

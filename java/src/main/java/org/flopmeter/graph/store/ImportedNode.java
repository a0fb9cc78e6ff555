/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.unit.Ratio;

/**
 * A node that was imported.
 *
 * @param id          in the recorded graph.
 * @param digest      of an artifact's content, where its id ends with it; else null.
 * @param parts       of a computation: its segments, or itself.
 * @param isSegmented are the parts named {@code id@k}?
 * @param instant     of an artifact, in seconds; null when unknown.
 */
public record ImportedNode(
    String id, NodeKind kind, ContentDigest digest, List<Activity> parts, boolean isSegmented, Ratio instant)
{
    private static final Pattern CONTENT = Pattern.compile("(?:.*#)?sha256:([0-9a-f]{64})", Pattern.DOTALL);

    /** Names that the records themselves give. */
    private static final Pattern OURS =
        Pattern.compile("((unknown|human|declared):)?(sha256:[0-9a-f]{64}|unread:|imported#).*", Pattern.DOTALL);

    public ImportedNode
    {
        parts = List.copyOf(parts);
    }

    /** As the recorded graph calls what the import calls so. */
    static String idOf(final String imported)
    {
        return OURS.matcher(imported).matches() ? "imported#" + imported : imported;
    }

    static ContentDigest digestOf(final NodeKind kind, final String imported)
    {
        final Matcher matcher = CONTENT.matcher(imported);
        return NodeKind.COMPUTATION != kind && NodeKind.HUMAN != kind && matcher.matches() ?
            new ContentDigest(matcher.group(1)) : null;
    }

    public boolean isComputation()
    {
        return NodeKind.COMPUTATION == kind;
    }

    /** Name of the part, from 1. */
    String name(final int part)
    {
        return isSegmented ? id + '@' + part : id;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

/** What a node of the graph is. Only a computation weighs anything. */
public enum NodeKind
{
    COMPUTATION("computation"),
    DATASET("dataset"),
    /** Checkpoints and adapter weights included. */
    MODEL("model"),
    /** Whatever an AI model emitted: text, tool call, label, score, reward. */
    OUTPUT("output"),
    HUMAN("human");

    private static final NodeKind[] KINDS = values();

    private final String jsonName;

    NodeKind(final String jsonName)
    {
        this.jsonName = jsonName;
    }

    public String jsonName()
    {
        return jsonName;
    }

    /** The kind of this name, or null: names come from documents. */
    public static NodeKind ofName(final String jsonName)
    {
        for (final NodeKind kind : KINDS)
        {
            if (kind.jsonName.equals(jsonName))
            {
                return kind;
            }
        }
        return null;
    }
}

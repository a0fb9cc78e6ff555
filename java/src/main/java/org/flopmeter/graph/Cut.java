/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

/** Why an edge is not followed. It still claims an order in time, and it needs an argument. */
public enum Cut
{
    NONE(null),
    /** The effect could not have changed with the cause, as the argument shows. */
    INDEPENDENT("independent"),
    /** A person changed the input substantially. */
    HUMAN_SUBSTANTIAL("human-substantial"),
    /** A person, not a program, chose among results. */
    HUMAN_SELECTION("human-selection");

    private static final Cut[] CUTS = values();

    private final String jsonName;

    Cut(final String jsonName)
    {
        this.jsonName = jsonName;
    }

    /** Null for {@link #NONE}, which documents don't write. */
    public String jsonName()
    {
        return jsonName;
    }

    /** Human cuts end at a human node: what a person made of it is not compute. */
    public boolean isHuman()
    {
        return HUMAN_SUBSTANTIAL == this || HUMAN_SELECTION == this;
    }

    /** The cut of this name, or null: names come from documents. */
    public static Cut ofName(final String jsonName)
    {
        for (final Cut cut : CUTS)
        {
            if (NONE != cut && cut.jsonName.equals(jsonName))
            {
                return cut;
            }
        }
        return null;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.util.Locale;

/** How far apart the cores of producer and consumer were while a figure was taken. Nearest first. */
public enum Placement
{
    /** Same last-level cache: about 30 ns one way. */
    NEAR,
    /** Across caches of one socket: about 70 ns. */
    MIDDLE,
    /** Across sockets: 200 ns and more. */
    FAR;

    /** The word in documents. */
    public String jsonName()
    {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one of the two with the longer way between the cores. */
    public Placement slower(final Placement other)
    {
        return compareTo(other) >= 0 ? this : other;
    }

    /**
     * The placement of a document's word.
     *
     * @throws IllegalArgumentException when it is none of near, middle, far.
     */
    public static Placement ofJson(final String word)
    {
        for (final Placement placement : values())
        {
            if (placement.jsonName().equals(word))
            {
                return placement;
            }
        }
        throw new IllegalArgumentException("placement must be near, middle or far: " + word);
    }
}

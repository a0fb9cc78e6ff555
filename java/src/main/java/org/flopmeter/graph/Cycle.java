/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.List;

/** Looks for a cycle by taking away vertices that have no cause left (Kahn 1962). */
final class Cycle
{
    private final int[] causesLeft;
    private int vertex = -1;

    Cycle(final int vertexCount, final List<Edge> edges)
    {
        causesLeft = new int[vertexCount];
        edges.forEach(edge -> causesLeft[edge.effect()]++);
        if (takeAway(Adjacency.of(vertexCount, edges, Edge::cause, Edge::effect, edge -> true)) < vertexCount)
        {
            vertex = onCycle(Adjacency.of(vertexCount, edges, Edge::effect, Edge::cause, edge -> true));
        }
    }

    boolean isThere()
    {
        return vertex >= 0;
    }

    /** One that is its own ancestor. */
    int vertex()
    {
        return vertex;
    }

    private int takeAway(final Adjacency effects)
    {
        final IntStack free = new IntStack();
        for (int i = 0; i < causesLeft.length; i++)
        {
            if (0 == causesLeft[i])
            {
                free.push(i);
            }
        }
        int taken = 0;
        while (!free.isEmpty())
        {
            final int cause = free.pop();
            taken++;
            for (int i = effects.begin(cause); i < effects.end(cause); i++)
            {
                if (0 == --causesLeft[effects.neighbour(i)])
                {
                    free.push(effects.neighbour(i));
                }
            }
        }
        return taken;
    }

    /** Every vertex left has a cause that is left: whoever walks from cause to cause comes to a cycle. */
    private int onCycle(final Adjacency causes)
    {
        final boolean[] isSeen = new boolean[causesLeft.length];
        int at = 0;
        while (0 == causesLeft[at])
        {
            at++;
        }
        while (!isSeen[at])
        {
            isSeen[at] = true;
            int i = causes.begin(at);
            while (0 == causesLeft[causes.neighbour(i)])
            {
                i++;
            }
            at = causes.neighbour(i);
        }
        return at;
    }
}

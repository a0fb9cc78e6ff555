/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/** Neighbours of each vertex in one array (compressed sparse rows). */
final class Adjacency
{
    private final int[] begins;
    private final int[] neighbours;

    private Adjacency(final int[] begins, final int[] neighbours)
    {
        this.begins = begins;
        this.neighbours = neighbours;
    }

    /** Rows of the edges that are wanted: of the vertex that {@code row} names, each with the one of {@code column}. */
    static Adjacency of(
        final int vertexCount,
        final List<Edge> edges,
        final ToIntFunction<Edge> row,
        final ToIntFunction<Edge> column,
        final Predicate<Edge> isWanted)
    {
        final int[] begins = new int[vertexCount + 1];
        for (final Edge edge : edges)
        {
            if (isWanted.test(edge))
            {
                begins[row.applyAsInt(edge) + 1]++;
            }
        }
        for (int i = 0; i < vertexCount; i++)
        {
            begins[i + 1] += begins[i];
        }
        final int[] next = begins.clone();
        final int[] neighbours = new int[begins[vertexCount]];
        for (final Edge edge : edges)
        {
            if (isWanted.test(edge))
            {
                neighbours[next[row.applyAsInt(edge)]++] = column.applyAsInt(edge);
            }
        }
        return new Adjacency(begins, neighbours);
    }

    int begin(final int vertex)
    {
        return begins[vertex];
    }

    int end(final int vertex)
    {
        return begins[vertex + 1];
    }

    int neighbour(final int position)
    {
        return neighbours[position];
    }
}

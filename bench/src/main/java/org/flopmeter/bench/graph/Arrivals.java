/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.util.Arrays;
import org.flopmeter.graph.index.ClosureIndex;

/** Nodes made beforehand, so that their arrival is measured and not their making. */
final class Arrivals implements LabGraph.NodeSink
{
    private int[] parents = new int[1 << 16];
    private int[] begin = new int[1 << 12];
    private boolean[] core = new boolean[1 << 12];
    private long[] weights = new long[1 << 13];
    private int[] buffer = new int[64];
    private int count;

    @Override
    public void onNode(
        final boolean isCore, final int[] parentList, final int length, final long weightHigh, final long weightLow)
    {
        if (count + 2 > begin.length)
        {
            begin = Arrays.copyOf(begin, 2 * begin.length);
            core = Arrays.copyOf(core, begin.length);
            weights = Arrays.copyOf(weights, 2 * begin.length);
        }
        final int used = begin[count];
        while (used + length > parents.length)
        {
            parents = Arrays.copyOf(parents, 2 * parents.length);
        }
        System.arraycopy(parentList, 0, parents, used, length);
        begin[count + 1] = used + length;
        core[count] = isCore;
        weights[2 * count] = weightLow;
        weights[2 * count + 1] = weightHigh;
        count++;
        buffer = buffer.length < length ? new int[length] : buffer;
    }

    int count()
    {
        return count;
    }

    boolean isCore(final int at)
    {
        return core[at];
    }

    void append(final int at, final ClosureIndex index)
    {
        final int length = begin[at + 1] - begin[at];
        System.arraycopy(parents, begin[at], buffer, 0, length);
        final int node = index.append(core[at], buffer, length);
        index.setNewest(node, 0, weights[2 * at + 1], weights[2 * at], false);
    }
}

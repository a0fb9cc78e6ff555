/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import org.flopmeter.graph.index.ParentGraph;

/**
 * Is a set of nodes the closure of its newest one by all edges that were told, dropped ones too?
 * <p>
 * It is when every parent of a member is a member, and every member but the newest is the parent of one: going from
 * child to child ends at the newest. So nothing has to be walked, and the laboratory is only made once more.
 */
final class ClosureCheck
{
    private final int[] members;
    private final long[] memberBits;
    private final long[] parentBits;
    private int node;
    private long edgesTold;

    /** Members, newest first. */
    ClosureCheck(final int[] members, final int nodeCount)
    {
        this.members = members;
        memberBits = new long[(nodeCount >>> 6) + 1];
        parentBits = new long[memberBits.length];
        for (final int member : members)
        {
            memberBits[member >>> 6] |= 1L << member;
        }
    }

    /** Throws when it is not. */
    void check(final LabGraph lab, final int epochs)
    {
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            lab.nextEpoch((isCore, parents, length, high, low) -> onNode(parents, length));
        }
        for (int i = 1; i < members.length; i++)
        {
            if (0 == (parentBits[members[i] >>> 6] & 1L << members[i]))
            {
                throw new IllegalStateException("node " + members[i] + " is in the closure and nobody's parent");
            }
        }
    }

    private void onNode(final int[] parents, final int length)
    {
        if (0 != (memberBits[node >>> 6] & 1L << node))
        {
            edgesTold += length;
            for (int i = 0; i < length; i++)
            {
                if (0 == (memberBits[parents[i] >>> 6] & 1L << parents[i]))
                {
                    throw new IllegalStateException("node " + parents[i] + ", a parent of " + node + ", is missing");
                }
                parentBits[parents[i] >>> 6] |= 1L << parents[i];
            }
        }
        node++;
    }

    long edgesTold()
    {
        return edgesTold;
    }

    long edgesKept(final ParentGraph graph)
    {
        long sum = 0;
        for (final int member : members)
        {
            sum += graph.parentsOf(member).length;
        }
        return sum;
    }

    /** Parents that don't fit beside their node. */
    long edgesInLists(final ParentGraph graph)
    {
        long sum = 0;
        for (final int member : members)
        {
            final int count = graph.parentsOf(member).length;
            sum += count > 2 ? count : 0;
        }
        return sum;
    }
}

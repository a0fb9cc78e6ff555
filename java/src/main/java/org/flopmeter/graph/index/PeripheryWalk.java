/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * The periphery above a node: the nodes that reach it through periphery only, and the core nodes they hang on.
 * <p>
 * Small in practice (a conversation), so a hash set that forgets by stamp beats a mark for each node of the graph.
 */
final class PeripheryWalk
{
    private final ParentGraph graph;
    private final SeenNodes seen = new SeenNodes();
    private int[] members = new int[64];
    private int memberCount;
    private int[] attached = new int[64];
    private int attachedCount;

    PeripheryWalk(final ParentGraph graph)
    {
        this.graph = graph;
    }

    /**
     * Walk from a node. A periphery node is its own first member; a core node is not one.
     *
     * @param start where to begin.
     * @param codes of all nodes.
     * @param membersMax gives up beyond so many.
     * @return false when it gave up.
     */
    boolean walk(final int start, final int[] codes, final int membersMax)
    {
        forget();
        if (!Code.isCore(codes[start]))
        {
            seen.see(start);
            push(start);
        }
        else
        {
            visitParents(start, codes);
        }
        for (int i = 0; i < memberCount; i++)
        {
            if (memberCount > membersMax)
            {
                return false;
            }
            visitParents(members[i], codes);
        }
        return true;
    }

    int memberCount()
    {
        return memberCount;
    }

    int member(final int at)
    {
        return members[at];
    }

    int attachedCount()
    {
        return attachedCount;
    }

    /** Rows of the core nodes that the members (or a core start) hang on, in no order, each once; callers may sort. */
    int[] attached()
    {
        return attached;
    }

    private void visitParents(final int node, final int[] codes)
    {
        final long pair = graph.lists().pairs()[node];
        final int second = ParentLists.second(pair);
        if (ParentLists.first(pair) != node)
        {
            visit(ParentLists.first(pair), codes);
        }
        if (second < 0)
        {
            final int[] more = graph.lists().more();
            for (int at = ~second + 1, end = at + more[~second]; at < end; at++)
            {
                visit(more[at], codes);
            }
        }
        else if (second != ParentLists.first(pair))
        {
            visit(second, codes);
        }
        if (!graph.late().isEmpty())
        {
            for (final int parent : graph.late().parentsOf(node))
            {
                visit(parent, codes);
            }
        }
    }

    private void visit(final int parent, final int[] codes)
    {
        if (!seen.see(parent))
        {
            return;
        }
        final int code = codes[parent];
        if (!Code.isCore(code))
        {
            push(parent);
            return;
        }
        if (attachedCount == attached.length)
        {
            attached = Arrays.copyOf(attached, 2 * attachedCount);
        }
        attached[attachedCount++] = Code.row(code);
    }

    private void push(final int node)
    {
        if (memberCount == members.length)
        {
            members = Arrays.copyOf(members, 2 * memberCount);
        }
        members[memberCount++] = node;
    }

    private void forget()
    {
        memberCount = 0;
        attachedCount = 0;
        seen.forget();
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Builds the contracted graph in one pass down the edges, for the entry sets, and one pass up the core nodes, for rows.
 * The order and the proof are in docs/design/0011-closure-index.md.
 */
final class IndexBuild
{
    private static final int[] NO_COLUMNS = new int[0];

    private final ParentGraph graph;
    private final IndexLimits limits;
    private final IndexState state;
    private int[] keptBegin = new int[64];
    private int[] kept = new int[256];

    IndexBuild(final ParentGraph graph, final IndexLimits limits)
    {
        this.graph = graph;
        this.limits = limits;
        state = new IndexState(graph, limits);
    }

    /** The whole of it; throws {@link IndexDefeatedException} when the limits don't hold. */
    IndexState build()
    {
        numberCore();
        final EntrySets raw = new EntrySets(limits.setIntsMax());
        findEntries(raw);
        addCoreRows();
        reduce(raw);
        addClassRows();
        kept = null;
        for (int list = 0; list < graph.weights().listCount(); list++)
        {
            sumList(list);
        }
        return state;
    }

    private void numberCore()
    {
        int row = 0;
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            if (graph.isCore(node))
            {
                state.codes[node] = Code.ofCore(row++);
            }
        }
    }

    /** Children come after parents, so going down every set is complete when it is passed on. */
    private void findEntries(final EntrySets raw)
    {
        final int[] codes = state.codes;
        final ParentLists lists = graph.lists();
        for (int node = graph.nodeCount() - 1; node >= 0; node--)
        {
            final int code = codes[node];
            if (Code.NONE == code)
            {
                continue;
            }
            final int passed = Code.isCore(code) ? Code.ofEntry(Code.row(code)) : code;
            for (int at = 0, count = lists.count(node); at < count; at++)
            {
                passOn(lists.parent(node, at), passed, raw);
            }
            for (final int parent : graph.late().parentsOf(node))
            {
                passOn(parent, passed, raw);
            }
        }
    }

    private void passOn(final int parent, final int code, final EntrySets raw)
    {
        final int before = state.codes[parent];
        if (!Code.isCore(before) && before != code)
        {
            state.codes[parent] = Code.NONE == before ? code : raw.union(before, code);
        }
    }

    private void addCoreRows()
    {
        final PeripheryWalk walk = new PeripheryWalk(graph);
        final int[] own = new int[1];
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            if (!graph.isCore(node))
            {
                continue;
            }
            walk.walk(node, state.codes, Integer.MAX_VALUE);
            final int count = state.keepMaximal(walk.attached(), walk.attachedCount());
            own[0] = state.coreRows.addColumn();
            state.coreRows.addUnion(walk.attached(), count, own, 0, 1);
            keep(walk.attached(), count);
        }
    }

    private void keep(final int[] rows, final int count)
    {
        final int row = state.rowCount() - 1;
        if (row + 2 > keptBegin.length)
        {
            keptBegin = Arrays.copyOf(keptBegin, Growth.length(keptBegin.length, row + 2L));
        }
        final int used = keptBegin[row];
        if (used + count > kept.length)
        {
            kept = Arrays.copyOf(kept, Growth.length(kept.length, (long)used + count));
        }
        System.arraycopy(rows, 0, kept, used, count);
        keptBegin[row + 1] = used + count;
    }

    /**
     * An entry that descends from another entry of the same set adds nothing: whoever is below it is below the other.
     * Classes are numbered by their oldest entry, so that rows of old nodes are short.
     */
    private void reduce(final EntrySets raw)
    {
        final int[] reduced = new int[raw.count()];
        final EntrySets loose = new EntrySets(limits.setIntsMax());
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            final int code = state.codes[node];
            if (code > 0 && !Code.isEntry(code) && 0 == reduced[Code.classId(code)])
            {
                state.entrySetCount++;
                reduced[Code.classId(code)] = reducedCode(code, raw, loose);
            }
        }
        final long[] order = new long[loose.count()];
        for (int id = 0; id < order.length; id++)
        {
            order[id] = ((long)loose.first(id) << 32) | id;
        }
        Arrays.sort(order);
        final int[] renumbered = new int[order.length];
        int[] members = new int[16];
        for (final long key : order)
        {
            final int code = Code.ofClass((int)key);
            members = EntrySets.roomFor(members, loose.sizeOf(code));
            renumbered[(int)key] = state.sets.code(members, loose.members(code, members));
        }
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            final int code = state.codes[node];
            if (code > 0 && !Code.isEntry(code))
            {
                final int less = reduced[Code.classId(code)];
                state.codes[node] = Code.isEntry(less) ? less : renumbered[Code.classId(less)];
            }
        }
    }

    private int reducedCode(final int code, final EntrySets raw, final EntrySets loose)
    {
        final int[] members = new int[raw.sizeOf(code)];
        raw.members(code, members);
        int left = 0;
        for (final int member : members)
        {
            boolean isCovered = false;
            for (int i = 0; i < left && !isCovered; i++)
            {
                isCovered = state.coreRows.test(member, members[i]);
            }
            if (!isCovered)
            {
                members[left++] = member;
            }
        }
        return loose.code(members, left);
    }

    private void addClassRows()
    {
        final int classCount = state.sets.count();
        final int rowCount = state.rowCount();
        final int[] ownBegin = new int[rowCount + 2];
        for (int id = 0; id < classCount; id++)
        {
            state.classRows.addColumn();
            for (int i = 0; i < state.sets.size(id); i++)
            {
                ownBegin[state.sets.member(id, i) + 2]++;
            }
        }
        for (int row = 0; row < rowCount; row++)
        {
            ownBegin[row + 2] += ownBegin[row + 1];
        }
        final int[] own = 0 == classCount ? NO_COLUMNS : new int[ownBegin[rowCount + 1]];
        for (int id = 0; id < classCount; id++)
        {
            for (int i = 0; i < state.sets.size(id); i++)
            {
                own[ownBegin[state.sets.member(id, i) + 1]++] = id;
            }
        }
        int[] of = new int[16];
        for (int row = 0; row < rowCount; row++)
        {
            final int count = keptBegin[row + 1] - keptBegin[row];
            of = EntrySets.roomFor(of, count);
            System.arraycopy(kept, keptBegin[row], of, 0, count);
            state.classRows.addUnion(of, count, own, ownBegin[row], ownBegin[row + 1]);
        }
    }

    private void sumList(final int listIndex)
    {
        final NodeWeights weights = graph.weights().list(listIndex);
        if (null == weights)
        {
            return;
        }
        final IndexState.Sums sums = state.sums(listIndex);
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            state.addToColumn(sums, state.codes[node], weights.high(node), weights.low(node));
        }
        TotalSweep.run(state, sums, limits.threadCount());
    }
}

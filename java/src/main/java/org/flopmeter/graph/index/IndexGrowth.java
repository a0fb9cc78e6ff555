/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.flopmeter.unit.FlopArithmetic;

/** What happens to the index when the graph grows: new nodes, edges between old ones, outputs that get entries. */
final class IndexGrowth
{
    /** Periphery nodes that left one column for another in one step, by the code that they had. */
    private static final class Move
    {
        private final int codeOld;
        private final int codeNew;
        private final long[] weights;

        private Move(final int codeOld, final int codeNew, final int listCount)
        {
            this.codeOld = codeOld;
            this.codeNew = codeNew;
            weights = new long[2 * listCount];
        }
    }

    private static final int[] NO_COLUMNS = new int[0];

    private final IndexState state;
    private final ParentGraph graph;
    private final ClosureQuery query;
    private final Map<Integer, Move> moves = new HashMap<>();
    private final ExtraBits coreExtra = new ExtraBits();
    private final ExtraBits classExtra = new ExtraBits();

    IndexGrowth(final IndexState state)
    {
        this.state = state;
        graph = state.graph;
        query = new ClosureQuery(graph);
    }

    /** The newest node of the graph. */
    void addNode(final int node)
    {
        if (node >= state.codes.length)
        {
            state.codes = Arrays.copyOf(state.codes, Growth.length(state.codes.length, node + 1L));
        }
        if (!graph.isCore(node))
        {
            state.codes[node] = Code.NONE;
            return;
        }
        final int row = state.rowCount();
        state.codes[node] = Code.ofCore(row);
        query.findRows(node, state);
        final int[] own = {state.coreRows.addColumn()};
        state.coreRows.addUnion(query.rows(), query.rowCount(), own, 0, 1);
        state.classRows.addUnion(query.rows(), query.rowCount(), NO_COLUMNS, 0, 0);
        state.growSums();
        for (int list = 0; list < graph.weights().listCount(); list++)
        {
            if (null != state.sums(list))
            {
                final long[] sum = query.sum(state, list);
                state.sums(list).totals.set(row, sum[1], sum[0]);
            }
        }
        promoteMembers(row);
    }

    /** An edge between nodes that are there; the graph has it already. */
    void addEdge(final int parent, final int child)
    {
        final int code = state.codes[child];
        if (Code.isCore(code))
        {
            feed(parent, Code.row(code));
        }
        else if (Code.NONE != code)
        {
            // What flows into a periphery node flows into its entries; those that descend from others follow by rows.
            final int[] entries = new int[state.sets.sizeOf(code)];
            state.sets.members(code, entries);
            for (final int entry : entries)
            {
                feed(parent, entry);
            }
        }
    }

    /** Everything above {@code parent}, itself included, is above the core node of this row and its descendants. */
    private void feed(final int parent, final int row)
    {
        final int code = state.codes[parent];
        final int[] coreBlocks;
        final int[] classBlocks;
        if (Code.isCore(code))
        {
            coreBlocks = state.coreRows.row(Code.row(code)).clone();
            classBlocks = state.classRows.row(Code.row(code)).clone();
        }
        else
        {
            query.findRows(parent, state);
            coreBlocks = state.coreRows.union(query.rows(), query.rowCount(), NO_COLUMNS, 0, 0);
            classBlocks = state.classRows.union(query.rows(), query.rowCount(), NO_COLUMNS, 0, 0);
        }
        for (int below = row; below < state.rowCount(); below++)
        {
            if (state.coreRows.test(below, row))
            {
                mergeInto(below, coreBlocks, classBlocks);
            }
        }
        if (!Code.isCore(code))
        {
            promoteMembers(row);
        }
    }

    private void mergeInto(final int row, final int[] coreBlocks, final int[] classBlocks)
    {
        coreExtra.clear();
        classExtra.clear();
        state.coreRows.collectExtra(coreBlocks, row, coreExtra);
        state.classRows.collectExtra(classBlocks, row, classExtra);
        if (coreExtra.isEmpty() && classExtra.isEmpty())
        {
            return;
        }
        final long[] sum = new long[2];
        for (int list = 0; list < graph.weights().listCount(); list++)
        {
            final IndexState.Sums sums = state.sums(list);
            if (null != sums)
            {
                sum[0] = 0;
                sum[1] = 0;
                coreExtra.addTo(sum, sums.coreWeights);
                classExtra.addTo(sum, sums.classWeights);
                sums.totals.add(row, sum[1], sum[0]);
            }
        }
        state.coreRows.merge(row, coreBlocks);
        state.classRows.merge(row, classBlocks);
    }

    /** The members of the last walk now feed this row: none becomes one entry, one becomes many. */
    private void promoteMembers(final int row)
    {
        moves.clear();
        for (int i = 0; i < query.walk().memberCount(); i++)
        {
            final int node = query.walk().member(i);
            final int code = state.codes[node];
            Move move = moves.get(code);
            if (null == move)
            {
                if (Code.NONE != code && state.covers(row, code))
                {
                    continue;
                }
                move = new Move(code, extended(code, row), graph.weights().listCount());
                moves.put(code, move);
            }
            take(node, move);
        }
        for (final Move move : moves.values())
        {
            settle(move, row);
        }
    }

    private void take(final int node, final Move move)
    {
        for (int list = 0; list < graph.weights().listCount(); list++)
        {
            final NodeWeights weights = graph.weights().list(list);
            if (null != weights)
            {
                final long low = move.weights[2 * list] + weights.low(node);
                move.weights[2 * list + 1] += weights.high(node) +
                    FlopArithmetic.carry(low, weights.low(node));
                move.weights[2 * list] = low;
            }
        }
        state.codes[node] = move.codeNew;
    }

    /** Who had the weight has it still; who gets it is below the new entry and was not below an old one. */
    private void settle(final Move move, final int row)
    {
        state.growSums();
        for (int below = row; below < state.rowCount(); below++)
        {
            if (state.coreRows.test(below, row) &&
                (Code.NONE == move.codeOld || !state.covers(below, move.codeOld)))
            {
                for (int list = 0; list < graph.weights().listCount(); list++)
                {
                    if (null != state.sums(list))
                    {
                        state.sums(list).totals.add(below, move.weights[2 * list + 1], move.weights[2 * list]);
                    }
                }
            }
        }
        for (int list = 0; list < graph.weights().listCount(); list++)
        {
            if (null != state.sums(list))
            {
                final long high = move.weights[2 * list + 1];
                final long low = move.weights[2 * list];
                state.addToColumn(state.sums(list), move.codeOld,
                    FlopArithmetic.subtractHigh(0, 0, high, low), -low);
                state.addToColumn(state.sums(list), move.codeNew, high, low);
            }
        }
    }

    private int extended(final int code, final int row)
    {
        if (Code.NONE == code)
        {
            return Code.ofEntry(row);
        }
        final int[] members = new int[state.sets.sizeOf(code)];
        state.sets.members(code, members);
        final int[] more = new int[members.length + 1];
        int length = 0;
        for (final int member : members)
        {
            // An old entry below the new one adds nothing any more.
            if (!state.coreRows.test(member, row))
            {
                more[length++] = member;
            }
        }
        more[length++] = row;
        Arrays.sort(more, 0, length);
        final int classesBefore = state.sets.count();
        final int result = state.sets.code(more, length);
        if (state.sets.count() > classesBefore)
        {
            addClassColumn(more, length);
        }
        return result;
    }

    private void addClassColumn(final int[] entries, final int length)
    {
        final int column = state.classRows.addColumn();
        for (int below = entries[0]; below < state.rowCount(); below++)
        {
            for (int i = 0; i < length; i++)
            {
                if (state.coreRows.test(below, entries[i]))
                {
                    state.classRows.set(below, column);
                    break;
                }
            }
        }
    }
}

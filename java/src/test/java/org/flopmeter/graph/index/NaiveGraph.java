/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The definition, word for word: the set of ancestors by java.util, the sum by BigInteger. Shares no code. */
final class NaiveGraph
{
    private static final BigInteger TWO_TO_128 = BigInteger.ONE.shiftLeft(128);

    private final List<List<Integer>> parents = new ArrayList<>();
    private final Map<Long, BigInteger> weights = new HashMap<>();
    private final Set<Long> unbounded = new HashSet<>();
    private final Map<Long, BigInteger> waiting = new HashMap<>();
    private final Map<Long, Boolean> waitingUnbounded = new HashMap<>();

    void add(final int[] parentList, final int length)
    {
        final List<Integer> list = new ArrayList<>();
        for (int i = 0; i < length; i++)
        {
            list.add(parentList[i]);
        }
        parents.add(list);
    }

    void addEdge(final int parent, final int child)
    {
        parents.get(child).add(parent);
    }

    void set(final int node, final int series, final BigInteger weight, final boolean isUnbounded)
    {
        weights.put(key(node, series), weight);
        if (isUnbounded)
        {
            unbounded.add(key(node, series));
        }
        else
        {
            unbounded.remove(key(node, series));
        }
    }

    void setLater(final int node, final int series, final BigInteger weight, final boolean isUnbounded)
    {
        waiting.put(key(node, series), weight);
        waitingUnbounded.put(key(node, series), isUnbounded);
    }

    void flush()
    {
        waiting.forEach((key, weight) ->
            set((int)(key >> 32), (int)(long)key, weight, waitingUnbounded.get(key)));
        waiting.clear();
        waitingUnbounded.clear();
    }

    int nodeCount()
    {
        return parents.size();
    }

    Set<Integer> closure(final int node)
    {
        final Set<Integer> seen = new HashSet<>();
        final Deque<Integer> open = new ArrayDeque<>();
        seen.add(node);
        open.add(node);
        while (!open.isEmpty())
        {
            for (final int parent : parents.get(open.remove()))
            {
                if (seen.add(parent))
                {
                    open.add(parent);
                }
            }
        }
        return seen;
    }

    /** Decimal digits, or {@code OVERFLOW}; with {@code +} when unbounded. */
    String sum(final Set<Integer> closure, final int series)
    {
        BigInteger sum = BigInteger.ZERO;
        boolean isUnbounded = false;
        for (final int node : closure)
        {
            sum = sum.add(weights.getOrDefault(key(node, series), BigInteger.ZERO));
            isUnbounded |= unbounded.contains(key(node, series));
        }
        return sum.compareTo(TWO_TO_128) >= 0 ? "OVERFLOW" : sum + (isUnbounded ? "+" : "");
    }

    private static long key(final int node, final int series)
    {
        return ((long)node << 32) | series;
    }
}

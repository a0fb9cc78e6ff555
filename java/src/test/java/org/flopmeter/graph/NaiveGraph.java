/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.unit.FlopInterval;

/**
 * The oracle: names, sets and BigIntegers, the closure by repetition until nothing changes. It shares no code with what
 * it checks but the units.
 */
final class NaiveGraph
{
    private final Map<String, Map<String, FlopInterval>> flopByName = new TreeMap<>();
    private final Set<String> names = new TreeSet<>();
    private final List<String[]> followed = new ArrayList<>();

    void artifact(final String name)
    {
        names.add(name);
    }

    void computation(final String name, final Map<String, FlopInterval> flop)
    {
        names.add(name);
        flopByName.put(name, new HashMap<>(flop));
    }

    void edge(final String cause, final String effect)
    {
        followed.add(new String[] { cause, effect });
    }

    Set<String> closure(final Set<String> of)
    {
        final Set<String> closure = new HashSet<>(of);
        int size;
        do
        {
            size = closure.size();
            for (final String[] edge : followed)
            {
                if (closure.contains(edge[1]))
                {
                    closure.add(edge[0]);
                }
            }
        }
        while (closure.size() > size);
        return closure;
    }

    Set<String> all()
    {
        return new HashSet<>(names);
    }

    Set<String> computations(final Set<String> of)
    {
        final Set<String> computations = new TreeSet<>(of);
        computations.retainAll(flopByName.keySet());
        return computations;
    }

    /** Lower, point and upper sum, the last null when unbounded; of one precision, or of all when it is null. */
    BigInteger[] sum(final Set<String> of, final String precision)
    {
        final BigInteger[] sum = { BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO };
        for (final String name : computations(of))
        {
            for (final Map.Entry<String, FlopInterval> entry : flopByName.get(name).entrySet())
            {
                if (null == precision || precision.equals(entry.getKey()))
                {
                    sum[0] = sum[0].add(entry.getValue().lower().toBigInteger());
                    sum[1] = sum[1].add(entry.getValue().point().toBigInteger());
                    sum[2] = null == sum[2] || !entry.getValue().isBounded() ?
                        null : sum[2].add(entry.getValue().upper().toBigInteger());
                }
            }
        }
        return sum;
    }
}

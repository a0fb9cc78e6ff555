/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigDecimal;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** What the JDK brings along. */
final class JdkPeers
{
    private JdkPeers()
    {
    }

    /** getAndAdd into an array: no keys, no events. */
    static final class Array extends CounterPeer
    {
        private final AtomicLongArray sums = new AtomicLongArray(SamplePattern.SLOTS);

        Array(final SamplePattern pattern)
        {
            super(pattern, "atomicLongArray", "java.util.concurrent, getAndAdd() by index; a long, wraps at 2^63");
        }

        @Override
        void lap(final int[] slots, final long[] flopCounts)
        {
            for (int i = 0; i < slots.length; i++)
            {
                sums.getAndAdd(slots[i], flopCounts[i]);
            }
        }

        @Override
        public BigDecimal total(final int slot)
        {
            return BigDecimal.valueOf(sums.get(slot));
        }
    }

    /** The frequency map of LongAdder's own documentation. */
    static final class AdderMap extends CounterPeer
    {
        private final ConcurrentHashMap<Key, LongAdder> sums = new ConcurrentHashMap<>();
        private final Key[] keys = new Key[SamplePattern.SLOTS];

        /** What is counted on. */
        record Key(String run, String node, String precision)
        {
        }

        AdderMap(final SamplePattern pattern)
        {
            super(pattern, "longAdderMap",
                "ConcurrentHashMap<Key, LongAdder>, computeIfAbsent(key).add(); a long, wraps at 2^63");
            for (int slot = 0; slot < keys.length; slot++)
            {
                keys[slot] = new Key(
                    SamplePattern.run(slot), SamplePattern.node(slot), SamplePattern.precision(slot));
            }
        }

        @Override
        void lap(final int[] slots, final long[] flopCounts)
        {
            for (int i = 0; i < slots.length; i++)
            {
                sums.computeIfAbsent(keys[slots[i]], (key) -> new LongAdder()).add(flopCounts[i]);
            }
        }

        @Override
        public BigDecimal total(final int slot)
        {
            return BigDecimal.valueOf(sums.getOrDefault(keys[slot], new LongAdder()).sum());
        }
    }
}

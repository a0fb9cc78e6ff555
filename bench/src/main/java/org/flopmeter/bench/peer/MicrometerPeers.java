/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.math.BigDecimal;

/** Micrometer with its own in-memory registry. */
final class MicrometerPeers
{
    private static final String NAME = "flop";

    private MicrometerPeers()
    {
    }

    private static Counter counter(final SimpleMeterRegistry registry, final int slot)
    {
        return registry.counter(
            NAME,
            "run", SamplePattern.run(slot),
            "node", SamplePattern.node(slot),
            "precision", SamplePattern.precision(slot));
    }

    /** Counters are looked up once and kept. */
    static final class Cached extends CounterPeer
    {
        private final Counter[] counters = new Counter[SamplePattern.SLOTS];

        Cached(final SamplePattern pattern)
        {
            super(pattern, "micrometerCached",
                "Micrometer 1, SimpleMeterRegistry, Counter kept; a double, rounds above 2^53");
            final SimpleMeterRegistry registry = new SimpleMeterRegistry();
            for (int slot = 0; slot < counters.length; slot++)
            {
                counters[slot] = counter(registry, slot);
            }
        }

        @Override
        void lap(final int[] slots, final long[] flopCounts)
        {
            for (int i = 0; i < slots.length; i++)
            {
                counters[slots[i]].increment(flopCounts[i]);
            }
        }

        @Override
        public BigDecimal total(final int slot)
        {
            return new BigDecimal(counters[slot].count());
        }
    }

    /** Looked up by name and tags each time. */
    static final class ByTags extends CounterPeer
    {
        private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
        private final String[][] tags = new String[SamplePattern.SLOTS][];

        ByTags(final SamplePattern pattern)
        {
            super(pattern, "micrometerTags",
                "Micrometer 1, registry.counter(name, tags).increment(); a double, rounds above 2^53");
            for (int slot = 0; slot < tags.length; slot++)
            {
                tags[slot] = new String[]{
                    "run", SamplePattern.run(slot),
                    "node", SamplePattern.node(slot),
                    "precision", SamplePattern.precision(slot) };
            }
        }

        @Override
        void lap(final int[] slots, final long[] flopCounts)
        {
            for (int i = 0; i < slots.length; i++)
            {
                registry.counter(NAME, tags[slots[i]]).increment(flopCounts[i]);
            }
        }

        @Override
        public BigDecimal total(final int slot)
        {
            return new BigDecimal(counter(registry, slot).count());
        }
    }
}

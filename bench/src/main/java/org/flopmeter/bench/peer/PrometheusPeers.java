/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.math.BigDecimal;

/** The Prometheus client. */
final class PrometheusPeers
{
    private PrometheusPeers()
    {
    }

    private static Counter counter()
    {
        return Counter.builder()
            .name("flop").labelNames("run", "node", "precision").register(new PrometheusRegistry());
    }

    private static CounterDataPoint point(final Counter counter, final int slot)
    {
        return counter.labelValues(
            SamplePattern.run(slot), SamplePattern.node(slot), SamplePattern.precision(slot));
    }

    /** Data points are looked up once and kept. */
    static final class Cached extends CounterPeer
    {
        private final CounterDataPoint[] points = new CounterDataPoint[SamplePattern.SLOTS];

        Cached(final SamplePattern pattern)
        {
            super(pattern, "prometheusCached",
                "Prometheus client 1, data point kept, inc(long); a long that wraps, read as a double");
            final Counter counter = counter();
            for (int slot = 0; slot < points.length; slot++)
            {
                points[slot] = point(counter, slot);
            }
        }

        @Override
        void lap(final int[] slots, final long[] flopCounts)
        {
            for (int i = 0; i < slots.length; i++)
            {
                points[slots[i]].inc(flopCounts[i]);
            }
        }

        @Override
        public BigDecimal total(final int slot)
        {
            return new BigDecimal(points[slot].get());
        }
    }

    /** Looked up by label values each time. */
    static final class ByLabels extends CounterPeer
    {
        private final Counter counter = counter();
        private final String[][] labels = new String[SamplePattern.SLOTS][];

        ByLabels(final SamplePattern pattern)
        {
            super(pattern, "prometheusLabels",
                "Prometheus client 1, labelValues(...).inc(long); a long that wraps, read as a double");
            for (int slot = 0; slot < labels.length; slot++)
            {
                labels[slot] = new String[]{
                    SamplePattern.run(slot), SamplePattern.node(slot), SamplePattern.precision(slot) };
            }
        }

        @Override
        void lap(final int[] slots, final long[] flopCounts)
        {
            for (int i = 0; i < slots.length; i++)
            {
                counter.labelValues(labels[slots[i]]).inc(flopCounts[i]);
            }
        }

        @Override
        public BigDecimal total(final int slot)
        {
            return new BigDecimal(point(counter, slot).get());
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/** OpenTelemetry SDK: a LongCounter with attributes that are built once, and a reader that collects when asked. */
final class OtelPeer extends CounterPeer
{
    private final Reader reader = new Reader();
    private final SdkMeterProvider provider = SdkMeterProvider.builder().registerMetricReader(reader).build();
    private final LongCounter counter =
        provider.get("flopmeter-bench").counterBuilder("flop").setUnit("{flop}").build();
    private final Attributes[] attributes = new Attributes[SamplePattern.SLOTS];
    private Map<Attributes, Long> collected;

    OtelPeer(final SamplePattern pattern)
    {
        super(pattern, "otel", "OpenTelemetry SDK 1, LongCounter.add(n, prebuilt attributes); a long, wraps at 2^63");
        for (int slot = 0; slot < attributes.length; slot++)
        {
            attributes[slot] = Attributes.builder()
                .put("run", SamplePattern.run(slot))
                .put("node", SamplePattern.node(slot))
                .put("precision", SamplePattern.precision(slot))
                .build();
        }
    }

    /** Without a reader the SDK would count nothing at all. */
    private static final class Reader implements MetricReader
    {
        private CollectionRegistration registration = CollectionRegistration.noop();

        @Override
        public void register(final CollectionRegistration given)
        {
            registration = given;
        }

        @Override
        public CompletableResultCode forceFlush()
        {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown()
        {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public AggregationTemporality getAggregationTemporality(final InstrumentType type)
        {
            return AggregationTemporality.CUMULATIVE;
        }
    }

    @Override
    void lap(final int[] slots, final long[] flopCounts)
    {
        for (int i = 0; i < slots.length; i++)
        {
            counter.add(flopCounts[i], attributes[slots[i]]);
        }
    }

    @Override
    public BigDecimal total(final int slot)
    {
        if (null == collected)
        {
            collected = new HashMap<>();
            for (final MetricData metric : reader.registration.collectAllMetrics())
            {
                for (final LongPointData point : metric.getLongSumData().getPoints())
                {
                    collected.put(point.getAttributes(), point.getValue());
                }
            }
        }
        return BigDecimal.valueOf(collected.getOrDefault(attributes[slot], 0L));
    }

    @Override
    public void close()
    {
        provider.close();
    }
}

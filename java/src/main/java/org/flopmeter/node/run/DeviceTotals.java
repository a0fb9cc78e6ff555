/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.EnumMap;
import java.util.Map;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/** The totals of one device: what calls counted, then what its layer adds. */
final class DeviceTotals
{
    private final Sums whole = new Sums();
    private final Sums elsewhere = new Sums();
    private final Map<Precision, Sums> precisions = new EnumMap<>(Precision.class);
    private final Map<Precision, Sums> elsewherePrecisions = new EnumMap<>(Precision.class);
    private final Map<Precision, Sums> ownPrecisions = new EnumMap<>(Precision.class);
    private FlopCount calls = FlopCount.ZERO;

    void add(final KeyTotal key, final FlopCount flopCount)
    {
        whole.add(key.part(), flopCount);
        precisions.computeIfAbsent(key.precision(), ignored -> new Sums()).add(key.part(), flopCount);
        if (Source.API == key.source())
        {
            elsewhere.add(key.part(), flopCount);
            elsewherePrecisions.computeIfAbsent(key.precision(), ignored -> new Sums()).add(key.part(), flopCount);
        }
        else
        {
            ownPrecisions.computeIfAbsent(key.precision(), ignored -> new Sums()).add(key.part(), flopCount);
            calls = Part.COUNT == key.part() ? calls.add(flopCount) : calls;
        }
    }

    /** What is there so far. */
    Layer.Calls calls()
    {
        return calls(precisions);
    }

    /** What programs recorded themselves of it; the rest is what calls counted that are surely this device's. */
    Layer.Elsewhere recorded(final Layer.Witness witness)
    {
        return Layer.Elsewhere.after(calls(elsewherePrecisions), ownCalls(), witness);
    }

    private static Layer.Calls calls(final Map<Precision, Sums> precisions)
    {
        final Map<Precision, FlopCount> counts = new EnumMap<>(Precision.class);
        final Map<Precision, FlopCount> estimates = new EnumMap<>(Precision.class);
        precisions.forEach((precision, sums) ->
        {
            counts.put(precision, sums.count());
            estimates.put(precision, sums.estimated());
        });
        return new Layer.Calls(counts, estimates);
    }

    /** What calls counted that are surely this device's. */
    Layer.Calls ownCalls()
    {
        return calls(ownPrecisions);
    }

    void add(final Layer layer)
    {
        final Map<Precision, FlopCount> added = layer.byPrecision();
        whole.addExecuted(layer.added(), layer.covered(), layer.addedEstimate());
        for (final Precision precision : Precision.values())
        {
            final FlopCount count = added.getOrDefault(precision, FlopCount.ZERO);
            final FlopCount estimate = layer.estimates().getOrDefault(precision, FlopCount.ZERO);
            if (!count.isZero() || !estimate.isZero())
            {
                precisions.computeIfAbsent(precision, ignored -> new Sums()).addExecuted(count, count, estimate);
            }
        }
    }

    Sums whole()
    {
        return whole;
    }

    boolean has(final Precision precision)
    {
        return precisions.containsKey(precision);
    }

    Sums of(final Precision precision)
    {
        return precisions.getOrDefault(precision, new Sums());
    }

    /** Upper end of what programs recorded themselves: it may have been done on a device that no source knows. */
    FlopCount elsewhere()
    {
        return elsewhere.stated();
    }

    FlopCount elsewhere(final Precision precision)
    {
        return elsewherePrecisions.getOrDefault(precision, new Sums()).stated();
    }

    /** Counts of the calls that are surely this device's. */
    FlopCount own()
    {
        return calls;
    }

    FlopCount own(final Precision precision)
    {
        return ownPrecisions.getOrDefault(precision, new Sums()).count();
    }

    /** Did any source count here, or state a bound? */
    boolean isUsed()
    {
        return !whole.stated().isZero();
    }
}

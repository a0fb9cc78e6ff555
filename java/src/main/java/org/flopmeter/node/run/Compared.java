/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;

/**
 * What several sources say of the same work on one kind of device, side by side: docs/design/0004-result.md section 5.
 * Columns are never added: each saw the same work, or some of it.
 *
 * @param device      "cpu" or "nvidia".
 * @param byPrecision precisions of which any source says anything.
 * @param all         the sums of the sources.
 */
record Compared(String device, Map<Precision, Row> byPrecision, Row all)
{
    /**
     * Null = this source says nothing of it: it did not look, or can't tell this precision from others.
     *
     * @param calls    as their shapes need.
     * @param executed as the silicon's counters say.
     * @param derived  as the activity of pipes allows.
     */
    record Row(FlopInterval calls, FlopInterval executed, FlopInterval derived)
    {
        boolean isEmpty()
        {
            return isZero(calls) && isZero(executed) && isZero(derived);
        }

        private static boolean isZero(final FlopInterval flop)
        {
            return null == flop || FlopInterval.ZERO.equals(flop);
        }
    }

    /** Where at least two sources spoke. */
    static List<Compared> of(final DeviceTotals cpu, final DeviceTotals cuda, final Witnesses witnesses)
    {
        final List<Compared> list = new ArrayList<>();
        add(list, "cpu", cpu.ownCalls(), witnesses.cpu(), null);
        add(list, "nvidia", cuda.ownCalls(), witnesses.cudaExecuted(), witnesses.cudaDerived());
        return List.copyOf(list);
    }

    private static void add(
        final List<Compared> list,
        final String device,
        final Layer.Calls calls,
        final Layer.Witness executed,
        final Layer.Witness derived)
    {
        final boolean isCounted = !calls.point().isZero();
        final int sources = (isCounted ? 1 : 0) + (null == executed ? 0 : 1) + (null == derived ? 0 : 1);
        if (2 > sources)
        {
            return;
        }
        final Map<Precision, Row> rows = new EnumMap<>(Precision.class);
        for (final Precision precision : Precision.values())
        {
            final Row row = new Row(
                !isCounted || Precision.UNKNOWN == precision ? null :
                    interval(calls.countOf(precision), calls.pointOf(precision)),
                null == executed ? null : executed.of(precision), null == derived ? null : derived.of(precision));
            if (!row.isEmpty())
            {
                rows.put(precision, row);
            }
        }
        list.add(new Compared(device, rows, new Row(
            isCounted ? interval(calls.count(), calls.point()) : null,
            null == executed ? null : Witnesses.sum(executed), null == derived ? null : Witnesses.sum(derived))));
    }

    private static FlopInterval interval(final FlopCount lower, final FlopCount point)
    {
        return FlopInterval.of(lower, point, point);
    }
}

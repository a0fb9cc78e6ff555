/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;

/** The three cumulative parts of one interval. */
final class Sums
{
    private final FlopCount[] parts = { FlopCount.ZERO, FlopCount.ZERO, FlopCount.ZERO };

    void add(final Part part, final FlopCount flopCount)
    {
        parts[part.code()] = parts[part.code()].add(flopCount);
    }

    /** Add what a counter saw: so much of the estimates is a count now, and so much is estimated beyond. */
    void addExecuted(final FlopCount count, final FlopCount covered, final FlopCount estimate)
    {
        final FlopCount left = 0 < estimated().compareTo(covered) ? estimated().subtract(covered) : FlopCount.ZERO;
        add(Part.COUNT, count);
        parts[Part.ESTIMATE.code()] = left.add(estimate);
    }

    Sums plus(final Sums other)
    {
        final Sums sum = new Sums();
        for (final Part part : Part.values())
        {
            sum.parts[part.code()] = parts[part.code()].add(other.parts[part.code()]);
        }
        return sum;
    }

    FlopCount count()
    {
        return parts[Part.COUNT.code()];
    }

    FlopCount estimated()
    {
        return parts[Part.ESTIMATE.code()];
    }

    FlopCount point()
    {
        return count().add(estimated());
    }

    /** The upper end that the sources themselves stated. */
    FlopCount stated()
    {
        return point().add(parts[Part.BOUND.code()]);
    }

    /** @param upper null = unbounded. */
    FlopInterval interval(final FlopCount upper)
    {
        return null == upper ?
            FlopInterval.unbounded(count(), point()) : FlopInterval.of(count(), point(), upper);
    }
}

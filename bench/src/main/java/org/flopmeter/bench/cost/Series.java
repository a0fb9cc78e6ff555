/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Measured values of one figure, in the order taken. */
final class Series
{
    private final List<Double> values = new ArrayList<>();

    void add(final double value)
    {
        values.add(value);
    }

    double median()
    {
        final List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        final int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    String text()
    {
        return String.format(Locale.ROOT, "%.4g (%.4g .. %.4g)", median(), Collections.min(values),
            Collections.max(values));
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import java.math.BigDecimal;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;

/** Reads times: JSON numbers, seconds, exact. */
public final class TimeReader
{
    /** 10^40 s is far beyond the age of the universe and 10^-40 s below every clock; a larger exponent is an attack. */
    private static final int EXPONENT_MAX = 40;

    static final String EXPECTED = "a number of seconds between 1e-40 and 1e40";

    private TimeReader()
    {
    }

    /** The time, or null when the member is absent or null. */
    public static Ratio read(final JsonView object, final String name)
    {
        final JsonView time = object.optional(name);
        return null == time || time.node().isNull() ? null : seconds(time);
    }

    /** The time of a value; whatever is not one is refused. */
    static Ratio seconds(final JsonView time)
    {
        if (!isSeconds(time))
        {
            throw time.wrong(EXPECTED);
        }
        return Ratio.of(time.node().decimalValue());
    }

    static boolean isSeconds(final JsonView time)
    {
        if (!time.node().isNumber())
        {
            return false;
        }
        final BigDecimal decimal = time.node().decimalValue();
        return 0 == decimal.signum() && Math.abs(decimal.scale()) <= EXPONENT_MAX ||
            decimal.scale() <= EXPONENT_MAX && (long)decimal.precision() - decimal.scale() <= EXPONENT_MAX;
    }
}

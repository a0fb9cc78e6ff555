/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import org.flopmeter.unit.Ratio;

/**
 * Below which a harbour is safe.
 *
 * @param fixed null where a tenth of the cap applies, exactly, also when 10 does not divide it.
 */
record HarbourThreshold(Ratio fixed)
{
    private static final Ratio TENTH = Ratio.ONE.divide(Ratio.of(10));

    static HarbourThreshold read(final Fact fact)
    {
        return new HarbourThreshold(fact.isString() && "auto".equals(fact.text()) ? null : Ratio.of(fact.count()));
    }

    /** What counts under this cap; null when it is a tenth of a cap that there is not. */
    Ratio under(final Ratio cap)
    {
        return null != fixed ? fixed : null == cap ? null : tenth(cap);
    }

    boolean isTooHigh(final Ratio cap)
    {
        return null != fixed && null != cap && fixed.compareTo(tenth(cap)) > 0;
    }

    private static Ratio tenth(final Ratio cap)
    {
        return cap.multiply(TENTH);
    }
}

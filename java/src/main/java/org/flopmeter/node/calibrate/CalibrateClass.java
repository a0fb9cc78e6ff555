/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.math.BigInteger;

/**
 * Accuracy classes in the manner of electricity meters: class c means that no reading was off by more than c percent.
 * The limit itself is inside, as a limit of error is. Only the manner is theirs: no reference conditions, no influence
 * quantities, no type test.
 */
enum CalibrateClass
{
    CLASS_0_2("0.2", 2),
    CLASS_0_5("0.5", 5),
    CLASS_1("1", 10),
    CLASS_2("2", 20),
    NONE("none", -1);

    private static final BigInteger PER_MILLE = BigInteger.valueOf(1000);

    private final String jsonName;
    private final BigInteger limitPerMille;

    CalibrateClass(final String jsonName, final long limitPerMille)
    {
        this.jsonName = jsonName;
        this.limitPerMille = BigInteger.valueOf(limitPerMille);
    }

    String jsonName()
    {
        return jsonName;
    }

    /** The narrowest class that a reading is in; compared as integers, nothing is divided. */
    static CalibrateClass of(final BigInteger read, final BigInteger expected)
    {
        final BigInteger error = read.subtract(expected).abs().multiply(PER_MILLE);
        for (final CalibrateClass each : values())
        {
            if (NONE != each && error.compareTo(expected.multiply(each.limitPerMille)) <= 0)
            {
                return each;
            }
        }
        return NONE;
    }

    CalibrateClass worse(final CalibrateClass other)
    {
        return ordinal() < other.ordinal() ? other : this;
    }
}

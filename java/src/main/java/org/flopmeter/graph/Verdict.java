/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.math.BigInteger;
import org.flopmeter.unit.FlopInterval;

/** Does a figure exceed a limit? Equal is not above; an interval that straddles the limit decides nothing. */
public enum Verdict
{
    ABOVE("above"),
    BELOW("below"),
    UNDECIDED("undecided");

    private final String jsonName;

    Verdict(final String jsonName)
    {
        this.jsonName = jsonName;
    }

    public String jsonName()
    {
        return jsonName;
    }

    /** The verdict on a figure against a limit in FLOP. */
    public static Verdict of(final FlopInterval figure, final BigInteger limit)
    {
        if (figure.lower().toBigInteger().compareTo(limit) > 0)
        {
            return ABOVE;
        }
        return figure.isBounded() && figure.upper().toBigInteger().compareTo(limit) <= 0 ? BELOW : UNDECIDED;
    }
}

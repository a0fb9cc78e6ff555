/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.math.BigInteger;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * Adds intervals end by end, which is exact because a closure is a set. Whether the sum fits is asked at its end: an
 * unbounded term hides how large the upper ends beside it are, whatever the order of the terms.
 */
final class IntervalSum
{
    private BigInteger lower = BigInteger.ZERO;
    private BigInteger point = BigInteger.ZERO;
    private BigInteger upper = BigInteger.ZERO;
    private boolean isBounded = true;

    void add(final FlopInterval term)
    {
        lower = lower.add(term.lower().toBigInteger());
        point = point.add(term.point().toBigInteger());
        if (term.isBounded())
        {
            upper = upper.add(term.upper().toBigInteger());
        }
        else
        {
            isBounded = false;
        }
    }

    /** The sum; one that needs more than 128 bits is refused. */
    FlopInterval interval(final String what)
    {
        return isBounded ?
            FlopInterval.of(count(what, lower), count(what, point), count(what, upper)) :
            FlopInterval.unbounded(count(what, lower), count(what, point));
    }

    private static FlopCount count(final String what, final BigInteger sum)
    {
        if (sum.bitLength() > 128)
        {
            throw new GraphRefusedException(Refusal.OVERFLOW, what + ": " + sum + " needs more than 128 bits");
        }
        return FlopCount.of(sum);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.math.BigInteger;

/** FLOP and samples of one key. */
record ExactTotal(BigInteger flopCount, long samples)
{
    static final ExactTotal ZERO = new ExactTotal(BigInteger.ZERO, 0);

    ExactTotal add(final ExactTotal other)
    {
        return new ExactTotal(flopCount.add(other.flopCount), Math.addExact(samples, other.samples));
    }

    @Override
    public String toString()
    {
        return flopCount + " FLOP in " + samples + " samples";
    }
}

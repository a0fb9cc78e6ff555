/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.flopmeter.unit.FlopArithmetic;

/** A u128 and its sample count, mutable. */
public final class RunningSum
{
    long low;
    long high;
    long samples;

    public long low()
    {
        return low;
    }

    public long high()
    {
        return high;
    }

    public long samples()
    {
        return samples;
    }

    public void set(final long lowNew, final long highNew, final long samplesNew)
    {
        low = lowNew;
        high = highNew;
        samples = samplesNew;
    }

    void set(final RunningSum other)
    {
        set(other.low, other.high, other.samples);
    }

    /** Add; false when it does not fit, and then nothing has changed. */
    boolean add(final long lowAdded, final long highAdded, final long samplesAdded)
    {
        if (FlopArithmetic.addOverflows(high, low, highAdded, lowAdded))
        {
            return false;
        }
        high = FlopArithmetic.addHigh(high, low, highAdded, lowAdded);
        low += lowAdded;
        samples += samplesAdded;
        return true;
    }

    /** Take away what is known to be in it. */
    void subtract(final long lowTaken, final long highTaken, final long samplesTaken)
    {
        high = FlopArithmetic.subtractHigh(high, low, highTaken, lowTaken);
        low -= lowTaken;
        samples -= samplesTaken;
    }

    boolean equalTo(final DoubleRecord tally)
    {
        return low == tally.low() && high == tally.high() && samples == tally.samples();
    }

    boolean equalTo(final RunningSum other)
    {
        return low == other.low && high == other.high && samples == other.samples;
    }

    /** Is it the tally and exactly one sample more? */
    boolean oneSampleBeyond(final DoubleRecord tally)
    {
        return samples == tally.samples() + 1 &&
            FlopArithmetic.compare(high, low, tally.high(), tally.low()) >= 0;
    }
}

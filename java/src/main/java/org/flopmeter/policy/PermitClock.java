/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;

/**
 * Time that nobody can turn back: it advances with the monotonic clock, and jumps ahead when the wall clock or a
 * witness says that it is later. Seconds.
 */
final class PermitClock
{
    private BigInteger boot = BigInteger.ZERO;
    private BigInteger wall = BigInteger.ZERO;
    private BigInteger trusted = BigInteger.ZERO;
    private boolean isStarted;

    BigInteger trusted()
    {
        return trusted;
    }

    BigInteger boot()
    {
        return boot;
    }

    /**
     * Moves on to what the clocks show. The first reading starts the clock.
     *
     * @param wallNow null when it moved on by the same step.
     * @param witness null when there is none.
     * @return by how much the steps of the two clocks differ.
     */
    BigInteger advance(final BigInteger bootNow, final BigInteger wallNow, final BigInteger witness)
    {
        final BigInteger bootStep = bootNow.subtract(boot);
        final BigInteger wallStep = null == wallNow ? bootStep : wallNow.subtract(wall);
        final BigInteger elapsed = isStarted ? bootStep : BigInteger.ZERO;
        final BigInteger difference = isStarted ? wallStep.subtract(bootStep).abs() : BigInteger.ZERO;
        boot = bootNow;
        wall = wall.add(wallStep);
        trust(trusted.add(elapsed), witness);
        return difference;
    }

    /** The device started again: its monotonic clock begins anew, trusted time does not. */
    void restart(final BigInteger bootNow, final BigInteger wallNow, final BigInteger witness)
    {
        boot = bootNow;
        wall = wallNow;
        trust(trusted, witness);
    }

    private void trust(final BigInteger atLeast, final BigInteger witness)
    {
        isStarted = true;
        trusted = atLeast.max(wall);
        if (null != witness)
        {
            trusted = trusted.max(witness);
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.agrona.concurrent.IdleStrategy;

/**
 * Parks for 5 ms after little work, and longer and longer up to 20 ms when it stays quiet: the meter must cost next
 * to nothing.
 */
public final class QuietIdleStrategy implements IdleStrategy
{
    private static final long PARK_NS_MIN = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long PARK_NS_MAX = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int WORK_BUSY = 16 * 1024;

    private long parkNs = PARK_NS_MIN;

    @Override
    public void idle(final int workCount)
    {
        if (workCount >= WORK_BUSY)
        {
            // A busy ring must be emptied before it folds.
            reset();
            return;
        }
        if (workCount > 0)
        {
            reset();
        }
        idle();
    }

    @Override
    public void idle()
    {
        LockSupport.parkNanos(parkNs);
        parkNs = Math.min(PARK_NS_MAX, parkNs + PARK_NS_MIN / 4);
    }

    @Override
    public void reset()
    {
        parkNs = PARK_NS_MIN;
    }

    @Override
    public String alias()
    {
        return "quiet";
    }
}

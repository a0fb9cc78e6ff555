/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.endtoend;

import java.util.concurrent.locks.LockSupport;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.aggregate.Pacer;

/** Sleeps between duty cycles as the meter's own loop does, without a CPU budget. One thread. */
public final class ShippedPace
{
    private final AggregatorAgent agent;
    private final Pacer pacer = new Pacer(CpuBudget.NONE);

    /** Of the loop around that agent. */
    public ShippedPace(final AggregatorAgent agent)
    {
        this.agent = agent;
    }

    /** After a cycle that did so much work. */
    public void rest(final int work)
    {
        final long nowNs = System.nanoTime();
        final long pauseNs = pacer.pauseNs(work, agent.halfFullNs(), nowNs);
        agent.tidy();
        final long endNs = nowNs + pauseNs;
        for (long leftNs = endNs - System.nanoTime(); leftNs > 0; leftNs = endNs - System.nanoTime())
        {
            LockSupport.parkNanos(leftNs);
        }
    }
}

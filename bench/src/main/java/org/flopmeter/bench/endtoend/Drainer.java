/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.endtoend;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.producer.Producer;

/**
 * The meter's loop as a measurement runs it: no parks, and a short pause when little was there, so that the reader does
 * not chase the writer from cache line to cache line.
 */
public final class Drainer
{
    private static final int IDLE_CYCLES_TO_END = 3;

    private final AggregatorAgent agent;
    private final int workSmall;
    private final long pauseNs;
    private final ShippedPace pace;
    private long workLastNs;

    /** A reader that pauses so long when a cycle found less than that work (bytes, about). */
    public Drainer(final AggregatorAgent agent, final int workSmall, final long pauseNs)
    {
        this.agent = agent;
        this.workSmall = workSmall;
        this.pauseNs = pauseNs;
        pace = null;
    }

    /** A reader that sleeps after each cycle, as the meter's own loop does. */
    public Drainer(final AggregatorAgent agent, final ShippedPace pace)
    {
        this.agent = agent;
        workSmall = 0;
        pauseNs = 0;
        this.pace = pace;
    }

    /** Drain until the producer has answered and nothing is left. Return when the last work was committed. */
    public long untilAnswered(final Producer producer)
    {
        workLastNs = System.nanoTime();
        int idleCycles = 0;
        while (idleCycles < IDLE_CYCLES_TO_END)
        {
            final boolean isAnswered = producer.isAnswered();
            final int work = agent.doWork();
            if (work > 0)
            {
                workLastNs = System.nanoTime();
                idleCycles = 0;
            }
            else if (isAnswered)
            {
                idleCycles++;
            }
            if (!isAnswered)
            {
                rest(work);
            }
        }
        return workLastNs;
    }

    private void rest(final int work)
    {
        if (null != pace)
        {
            pace.rest(work);
            return;
        }
        if (work >= workSmall || 0 == pauseNs)
        {
            return;
        }
        final long endNs = System.nanoTime() + pauseNs;
        while (System.nanoTime() < endNs)
        {
            Thread.onSpinWait();
        }
    }
}

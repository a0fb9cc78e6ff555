/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.flopmeter.wire.StressLane.Mistake;

/** One writer and one reader of a ring: the reader's own checks and the sum of the samples are the judges. */
abstract class RingScene
{
    static final String EXACT = "exact";

    private static final int READS = 3;

    final Mistake mistake;
    final StressLane lane;

    RingScene(final Mistake mistake)
    {
        this.mistake = mistake;
        lane = StressLane.take(mistake);
    }

    /** By the first actor. */
    abstract void write();

    /** By the second actor. */
    String read()
    {
        String verdict = EXACT;
        for (int i = 0; i < READS && EXACT == verdict; i++)
        {
            verdict = drain();
        }
        return verdict;
    }

    /** When both have come to their end: is everything there, once? */
    String finish(final Object verdict)
    {
        String completeness = "broken";
        if (EXACT == verdict)
        {
            lane.closeBatch();
            completeness = drain();
            if (EXACT == completeness)
            {
                completeness = lane.samples() == lane.reader().running().samples() ? "complete" : "lost";
            }
            commit();
        }
        lane.giveBack("complete".equals(completeness));
        return completeness;
    }

    final void commit()
    {
        lane.reader().sums().clean();
        lane.reader().publishHead();
    }

    final String drain()
    {
        try
        {
            lane.reader().drain(Integer.MAX_VALUE);
        }
        catch (final LaneViolation ex)
        {
            return ex.kind().name();
        }
        final RunningSum running = lane.reader().running();
        return running.low() == StressLane.sumThrough(running.samples()) ? EXACT : "torn";
    }
}

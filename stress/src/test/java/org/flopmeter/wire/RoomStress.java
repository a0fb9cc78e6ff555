/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.flopmeter.wire.StressLane.Mistake;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** 0003 section 2: the writer takes what the head gives back, and nothing else. */
public final class RoomStress
{
    private RoomStress()
    {
    }

    /** As the writer in C does it. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = FORBIDDEN, desc = "Torn, lost or refused.")
    public static class Sound extends Scene
    {
        public Sound()
        {
            super(Mistake.NONE);
        }

        @Actor
        public void writer()
        {
            write();
        }

        @Actor
        public void reader(final LL_Result result)
        {
            result.r1 = read();
        }

        @Arbiter
        public void end(final LL_Result result)
        {
            result.r2 = finish(result.r1);
        }
    }

    /** Room is given back before it was read. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class HeadBeforeRead extends Scene
    {
        public HeadBeforeRead()
        {
            super(Mistake.HEAD_BEFORE_READ);
        }

        @Actor
        public void writer()
        {
            write();
        }

        @Actor
        public void reader(final LL_Result result)
        {
            result.r1 = read();
        }

        @Arbiter
        public void end(final LL_Result result)
        {
            result.r2 = finish(result.r1);
        }
    }

    /** The ring is full; the reader reads and publishes its head, the writer goes on as soon as there is room. */
    abstract static class Scene extends RingScene
    {
        private static final int ATTEMPTS = 150;

        private final long written;

        Scene(final Mistake mistake)
        {
            super(mistake);
            while (lane.add())
            {
                if (0 == lane.samples() % 5)
                {
                    lane.closeBatch();
                }
            }
            written = lane.position();
        }

        @Override
        void write()
        {
            for (int i = 0; i < ATTEMPTS; i++)
            {
                lane.add();
            }
        }

        @Override
        String read()
        {
            String verdict = EXACT;
            for (int i = 0; i < 3 && EXACT == verdict; i++)
            {
                if (Mistake.HEAD_BEFORE_READ == mistake)
                {
                    lane.publishHead(written);
                }
                verdict = drain();
                if (EXACT == verdict)
                {
                    commit();
                }
            }
            return verdict;
        }
    }
}

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

/** 0001 section 2, step 3: who sees a count sees the samples. The record stays open. */
public final class ReleaseStress
{
    private ReleaseStress()
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

    /** Released, then written. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class CountBeforeSample extends Scene
    {
        public CountBeforeSample()
        {
            super(Mistake.COUNT_BEFORE_SAMPLE);
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

    /** Three samples into an open record. */
    abstract static class Scene extends RingScene
    {
        Scene(final Mistake mistake)
        {
            super(mistake);
            lane.claim();
        }

        @Override
        void write()
        {
            lane.add();
            lane.add();
            lane.add();
        }
    }
}

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

/** 0001 section 1: a double record is read whole, though it is written meanwhile. */
public final class DoubleRecordStress
{
    private DoubleRecordStress()
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

    /** The version names a copy that is not written yet. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class VersionBeforeCopy extends Scene
    {
        public VersionBeforeCopy()
        {
            super(Mistake.VERSION_BEFORE_COPY);
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

    /** The copy in force is overwritten. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class OneCopy extends Scene
    {
        public OneCopy()
        {
            super(Mistake.ONE_COPY);
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

    /** Two more versions of the ring tally; the n-th holds n samples. */
    abstract static class Scene
    {
        private final DoubleRecord tally = new DoubleRecord();
        private final StressLane lane;
        private final long address;
        private final long samplesBefore;

        Scene(final Mistake mistake)
        {
            lane = StressLane.take(mistake);
            address = lane.address() + LaneDescriptor.RING_TALLY_OFFSET;
            tally.read(address);
            samplesBefore = tally.samples();
        }

        void write()
        {
            lane.storeDouble(address, StressLane.sumThrough(samplesBefore + 1), samplesBefore + 1);
            lane.storeDouble(address, StressLane.sumThrough(samplesBefore + 2), samplesBefore + 2);
        }

        String read()
        {
            // A reading that did not succeed keeps the last good one, which must be whole as well.
            tally.read(address);
            if (tally.low() != StressLane.sumThrough(tally.samples()))
            {
                return "torn";
            }
            return tally.samples() >= samplesBefore ? "exact" : "stale";
        }

        String finish(final Object verdict)
        {
            final boolean isComplete = tally.read(address) && tally.samples() == samplesBefore + 2;
            lane.giveBack("exact".equals(verdict) && isComplete);
            return isComplete ? "complete" : "lost";
        }
    }
}

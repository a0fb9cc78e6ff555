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

/** 0001 section 3: a journal that is folded while it is read. */
public final class FoldStress
{
    private FoldStress()
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

    /** What is told of was not written yet. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class CountBeforeFolded extends Scene
    {
        public CountBeforeFolded()
        {
            super(Mistake.COUNT_BEFORE_FOLDED);
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

    /** For a moment a sample is neither in the journal nor in its cell. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class EmptiedBeforeCell extends Scene
    {
        public EmptiedBeforeCell()
        {
            super(Mistake.EMPTIED_BEFORE_CELL);
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

    /** Four folded samples, and two folds of the journal, while it and the table are read. */
    abstract static class Scene
    {
        private static final int SCANS = 8;

        private final StressLane lane;

        Scene(final Mistake mistake)
        {
            lane = StressLane.take(mistake);
        }

        void write()
        {
            for (int i = 0; i < 4; i++)
            {
                lane.fold();
            }
        }

        String read()
        {
            String verdict = "exact";
            for (int i = 0; i < SCANS && "exact".equals(verdict); i++)
            {
                verdict = scan();
            }
            return verdict;
        }

        String finish(final Object verdict)
        {
            String completeness = "broken";
            if ("exact".equals(verdict))
            {
                completeness = scan();
                final RunningSum total = lane.folds().total();
                completeness = "exact".equals(completeness) && total.samples() == lane.folded() ? "complete" : "lost";
                lane.reader().sums().clean();
            }
            lane.giveBack("complete".equals(completeness));
            return completeness;
        }

        private String scan()
        {
            try
            {
                lane.folds().scan();
            }
            catch (final LaneViolation ex)
            {
                return ex.kind().name();
            }
            final RunningSum total = lane.folds().total();
            return total.low() == StressLane.sumThrough(total.samples()) ? "exact" : "torn";
        }
    }
}

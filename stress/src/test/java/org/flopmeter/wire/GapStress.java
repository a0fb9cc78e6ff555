/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.agrona.UnsafeApi;
import org.flopmeter.wire.StressLane.Mistake;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** 0002 section 2: a gap whose state says that it is complete is. */
public final class GapStress
{
    private GapStress()
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

    /** Complete, then written. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class StateBeforeGap extends Scene
    {
        public StateBeforeGap()
        {
            super(Mistake.STATE_BEFORE_GAP);
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

    /** One gap in a control file. Only `timeNs` and `gate` go the other way, each one word and ordered with nothing. */
    abstract static class Scene
    {
        private static final Queue<PlainMemory> POOL = new ConcurrentLinkedQueue<>();

        private final Mistake mistake;
        private final PlainMemory control;
        private final ControlReader reader;
        private long pidRead;
        private long beginNsRead;

        Scene(final Mistake mistake)
        {
            this.mistake = mistake;
            final PlainMemory pooled = POOL.poll();
            control = null == pooled ? PlainMemory.allocate(ControlDescriptor.FILE_LENGTH) : pooled;
            control.clear();
            UnsafeApi.putLong(control.address(), ControlDescriptor.MAGIC);
            UnsafeApi.putInt(control.address() + ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION);
            reader = open(control);
        }

        /** flopmeter_gap() of process.c. */
        void write()
        {
            final long gap = control.address() + ControlDescriptor.GAP_OFFSET;
            if (Mistake.STATE_BEFORE_GAP == mistake)
            {
                complete(gap);
                StressLane.pause();
            }
            UnsafeApi.putInt(gap + ControlDescriptor.GAP_REASON_OFFSET, 1);
            UnsafeApi.putInt(gap + ControlDescriptor.GAP_PID_OFFSET, 1234);
            UnsafeApi.putLong(gap + ControlDescriptor.GAP_BEGIN_NS_OFFSET, 5);
            complete(gap);
        }

        String read()
        {
            pidRead = 0;
            beginNsRead = 0;
            final int invalid = reader.gaps((source, reason, pid, beginNs, endNs, samples, joined) ->
            {
                pidRead = pid;
                beginNsRead = beginNs;
            });
            final boolean isNone = 0 == pidRead && 0 == beginNsRead;
            return 0 == invalid && (isNone || isWhole()) ? "exact" : "torn";
        }

        String finish(final Object verdict)
        {
            final boolean isComplete = "exact".equals(read()) && isWhole();
            POOL.add(control);
            return isComplete ? "complete" : "lost";
        }

        private boolean isWhole()
        {
            return 1234 == pidRead && 5 == beginNsRead;
        }

        private static void complete(final long gap)
        {
            UnsafeApi.putIntRelease(
                null, gap + ControlDescriptor.GAP_STATE_OFFSET, ControlDescriptor.GAP_STATE_COMPLETE);
        }

        private static ControlReader open(final PlainMemory control)
        {
            try
            {
                return new ControlReader(control);
            }
            catch (final LaneViolation ex)
            {
                throw new IllegalStateException(ex);
            }
        }
    }
}

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

/** 0001 section 1: who sees a slot count sees the slots. */
public final class SlotStress
{
    private SlotStress()
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

    /** Counted, then written. */
    @JCStressTest
    @State
    @Outcome(id = "exact, complete", expect = ACCEPTABLE, desc = "What was read is what was written.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The mistake was seen.")
    public static class SlotCountBeforeSlot extends Scene
    {
        public SlotCountBeforeSlot()
        {
            super(Mistake.SLOT_COUNT_BEFORE_SLOT);
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

    /** One more slot, with a table that knows all before it. */
    abstract static class Scene
    {
        private static final int SLOTS_MAX = LaneDescriptor.SLOT_CAPACITY_MIN;

        private final StressLane lane;
        private final SlotTable slots;
        private final int slotsBefore;

        Scene(final Mistake mistake)
        {
            lane = StressLane.take(mistake);
            slots = lane.reader().slots();
            slotsBefore = refresh();
        }

        void write()
        {
            lane.appendSlot();
        }

        String read()
        {
            final int count = refresh();
            return count < 0 ? "refused" : isExact(count) ? "exact" : "torn";
        }

        String finish(final Object verdict)
        {
            final int count = "exact".equals(verdict) ? refresh() : -1;
            final boolean isComplete = count == slotsBefore + 1 && isExact(count);
            lane.giveBack(isComplete && count < SLOTS_MAX);
            return isComplete ? "complete" : "lost";
        }

        private boolean isExact(final int count)
        {
            for (int slot = slotsBefore; slot < count; slot++)
            {
                final SlotKey key = slots.key(slot);
                if (!"12345678".equals(key.run()) || !("" + slot / 8 + slot % 8).equals(key.node()))
                {
                    return false;
                }
            }
            return true;
        }

        private int refresh()
        {
            try
            {
                return slots.refresh();
            }
            catch (final LaneViolation ex)
            {
                return -1;
            }
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/**
 * An entry that is read while processes begin and end pauses in it. Their stores are those of process.c of the core,
 * in every order that they can come in, with each word of the entry read at every instant: what is found must have been
 * right at some instant of the reading.
 */
class JoinedGapTest
{
    private static final long BEGIN_NS = 1000;

    /** What an entry holds after a store, and which pauses are in it: those that nobody may find over. */
    private record Moment(Map<Integer, Long> words, List<Boolean> isBegun, List<Long> endsNs)
    {
        /** Is this reading wide enough for all pauses here? */
        boolean isCoveredBy(final long beginNs, final long endNs, final List<Long> beginsNs)
        {
            boolean isSo = true;
            for (int i = 0; i < isBegun.size(); i++)
            {
                final boolean isOver = 0 != endsNs.get(i) && endNs >= endsNs.get(i);
                isSo &= !isBegun.get(i) ||
                    (beginNs <= beginsNs.get(i) && (ControlReader.NO_END_NS == endNs || isOver));
            }
            return isSo;
        }
    }

    /** The process that made the entry, and two who join it; each store is a step. */
    private static final class Play
    {
        private static final int STEPS_OF_FIRST = 2;
        private static final int STEPS_OF_OTHERS = 4;
        private final Map<Integer, Long> words = new HashMap<>();
        private final List<Long> beginsNs = List.of(BEGIN_NS, BEGIN_NS - 1, BEGIN_NS + 1);
        private final int[] done = new int[3];
        private final long[] endsNs = new long[3];
        private final List<Moment> moments = new ArrayList<>();
        private long clockNs = 2000;

        Play()
        {
            words.put(ControlDescriptor.GAP_STATE_OFFSET, (long)ControlDescriptor.GAP_STATE_COMPLETE);
            words.put(ControlDescriptor.GAP_REASON_OFFSET, (long)GapReason.COUNTER_PAUSED.code());
            words.put(ControlDescriptor.GAP_SOURCE_OFFSET, (long)Source.CUDA.code());
            words.put(ControlDescriptor.GAP_BEGIN_NS_OFFSET, BEGIN_NS);
            note();
        }

        private void note()
        {
            moments.add(new Moment(Map.copyOf(words),
                List.of(true, done[1] >= 2, done[2] >= 2), List.of(endsNs[0], endsNs[1], endsNs[2])));
        }

        static int steps(final int process)
        {
            return 0 == process ? STEPS_OF_FIRST : STEPS_OF_OTHERS;
        }

        void step(final int process)
        {
            switch (done[process]++ + STEPS_OF_OTHERS - steps(process))
            {
                case 0 -> words.merge(ControlDescriptor.GAP_BEGIN_NS_OFFSET, beginsNs.get(process), Math::min);
                case 1 -> words.merge(ControlDescriptor.GAP_JOINED_OFFSET, 1L, Long::sum);
                case 2 ->
                {
                    endsNs[process] = ++clockNs;
                    words.merge(ControlDescriptor.GAP_END_NS_OFFSET, clockNs, Math::max);
                }
                default -> words.merge(ControlDescriptor.GAP_ENDED_OFFSET, 1L, Long::sum);
            }
            note();
        }
    }

    /** Goes on to a later moment before each of the words that change. */
    private static final class SlowEntry implements ControlReader.Entry
    {
        private static final List<Integer> CHANGING = List.of(
            ControlDescriptor.GAP_ENDED_OFFSET, ControlDescriptor.GAP_END_NS_OFFSET,
            ControlDescriptor.GAP_JOINED_OFFSET, ControlDescriptor.GAP_BEGIN_NS_OFFSET);
        private final List<Moment> moments;
        private final int[] at;
        private int reads;

        SlowEntry(final List<Moment> moments, final int... at)
        {
            this.moments = moments;
            this.at = at;
        }

        @Override
        public int getInt(final int offset)
        {
            return (int)getLong(offset);
        }

        @Override
        public long getLong(final int offset)
        {
            final int moment = at[Math.min(reads, at.length - 1)];
            reads += CHANGING.contains(offset) ? 1 : 0;
            return moments.get(moment).words().getOrDefault(offset, 0L);
        }
    }

    private long readings;
    private long closed;
    private boolean isEndLast;

    private void readAt(final Play play, final int... at)
    {
        final List<Moment> seen = play.moments.subList(at[0], at[at.length - 1] + 1);
        final SlowEntry entry = isEndLast ?
            new SlowEntry(play.moments, at[0], at[2], at[1], at[3]) : new SlowEntry(play.moments, at);
        assertTrue(ControlReader.gap(entry, (source, reason, pid, beginNs, endNs, samples, joined) ->
        {
            readings++;
            closed += ControlReader.NO_END_NS == endNs ? 0 : 1;
            assertTrue(seen.stream().anyMatch(moment -> moment.isCoveredBy(beginNs, endNs, play.beginsNs)),
                () -> beginNs + " to " + endNs + " was never right in " + seen);
        }));
        assertEquals(at.length, entry.reads);
    }

    private void readAll(final Play play)
    {
        final int count = play.moments.size();
        for (int a = 0; a < count; a++)
        {
            for (int b = a; b < count; b++)
            {
                for (int c = b; c < count; c++)
                {
                    for (int d = c; d < count; d++)
                    {
                        readAt(play, a, b, c, d);
                    }
                }
            }
        }
    }

    /** All orders in which the steps that are left can come. */
    private void playOn(final List<Integer> order)
    {
        boolean isOver = true;
        for (int process = 0; process < 3; process++)
        {
            final int next = process;
            if (order.stream().filter(one -> one == next).count() < Play.steps(process))
            {
                isOver = false;
                order.add(process);
                playOn(order);
                order.remove(order.size() - 1);
            }
        }
        if (isOver)
        {
            final Play play = new Play();
            order.forEach(play::step);
            readAll(play);
        }
    }

    @Test
    void shouldNeverFindAnEntryNarrowerThanItsPauses()
    {
        playOn(new ArrayList<>());

        assertEquals(3150L * 1001, readings);
        assertTrue(closed > readings / 50 && closed < readings / 2, () -> closed + " of " + readings);
    }

    /** A canary: as it was read once, the end after the count of those who joined. */
    @Test
    void shouldNoticeAReaderThatLooksForTheEndLast()
    {
        isEndLast = true;

        final AssertionError found = assertThrows(AssertionError.class, () -> playOn(new ArrayList<>()));

        assertTrue(found.getMessage().contains("was never right"), found::getMessage);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.RunningSum;
import org.flopmeter.wire.SlotKey;
import org.junit.jupiter.api.Test;

/** What is committed of lanes, alive and ended, through a snapshot and back, and what retiring one adds up to. */
final class AccountStateTest
{
    private static final SlotKey ONE = key("run", "node", false);
    private static final SlotKey TWO = key("run", null, false);
    private static final SlotKey OVERFLOW = key("", null, true);

    private final AccountState state = new AccountState();

    private static SlotKey key(final String run, final String node, final boolean overflow)
    {
        return new SlotKey(run, node, Precision.FP32, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.ESTIMATE, overflow);
    }

    /** A lane as a commit brings it, with every field told apart. */
    private LaneAccount lane(final long nonce, final List<SlotKey> keys)
    {
        final LaneAccount lane = new LaneAccount(nonce);
        lane.isQuarantined = 1 == nonce;
        lane.position = 10 * nonce;
        lane.openCount = (int)(11 * nonce);
        lane.sequenceNext = 12 * nonce;
        lane.lost = 13 * nonce;
        lane.running.set(14 * nonce, 15 * nonce, 16 * nonce);
        lane.boundary.set(17 * nonce, 18 * nonce, 19 * nonce);
        lane.folded.set(20 * nonce, 21 * nonce, 22 * nonce);
        final RecordWriter out = RecordWriter.ofRecord();
        AccountCodec.lane(out, lane, keys, 0);
        AccountCodec.noChanges(out);
        AccountCodec.apply(out.written(), state);
        return state.lanes.get(nonce);
    }

    private static ByteBuffer snapshot(final AccountState state)
    {
        final RecordWriter out = RecordWriter.ofRecord();
        AccountCodec.snapshot(out, state);
        final ByteBuffer written = out.written();
        return ByteBuffer.allocate(written.remaining()).put(written).flip();
    }

    private static AccountState read(final ByteBuffer bytes)
    {
        final AccountState read = new AccountState();
        AccountCodec.apply(bytes.duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN), read);
        return read;
    }

    private static void assertSum(final long factor, final long nonce, final RunningSum sum)
    {
        assertEquals(factor * nonce, sum.low());
        assertEquals((factor + 1) * nonce, sum.high());
        assertEquals((factor + 2) * nonce, sum.samples());
    }

    private static void assertLane(final long nonce, final LaneAccount lane)
    {
        assertEquals(nonce, lane.nonce);
        assertEquals(1 == nonce, lane.isQuarantined);
        assertEquals(10 * nonce, lane.position);
        assertEquals(11 * nonce, lane.openCount);
        assertEquals(12 * nonce, lane.sequenceNext);
        assertEquals(13 * nonce, lane.lost);
        assertSum(14, nonce, lane.running);
        assertSum(17, nonce, lane.boundary);
        assertSum(20, nonce, lane.folded);
    }

    /** Slots that have only one kind of sum, both, or none. */
    private void fill()
    {
        final LaneAccount first = lane(1, List.of(ONE, TWO, OVERFLOW, key("none", null, false)));
        first.sums.ring(0, 1, 2, 3);
        first.sums.fold(1, 4, 5, 6);
        first.sums.ring(2, 7, 8, 9);
        first.sums.fold(2, 10, 11, 12);
        lane(2, List.of(ONE)).sums.fold(0, 0, 0, 1);
        lane(3, List.of(ONE));
        lane(4, List.of(ONE, TWO)).sums.ring(1, 100, 0, 2);
        state.retire(4);
        state.retire(3);
        state.addFinding(new Finding("kind", "lane", -7, "reason"));
        state.findingsBeyond = 5;
    }

    @Test
    void shouldBeTheSameBehindASnapshot()
    {
        fill();
        final ByteBuffer bytes = snapshot(state);
        final AccountState read = read(bytes);
        assertEquals(bytes, snapshot(read));
        assertEquals(Set.of(1L, 2L), read.lanes.keySet());
        final LaneAccount lane = read.lanes.get(1L);
        assertLane(1, lane);
        assertLane(2, read.lanes.get(2L));
        assertEquals(List.of(ONE, TWO, OVERFLOW, key("none", null, false)), lane.keys);
        assertEquals(List.of(1L, 2L, 3L),
            List.of(lane.sums.ringLow(0), lane.sums.ringHigh(0), lane.sums.ringSamples(0)));
        assertEquals(List.of(4L, 5L, 6L),
            List.of(lane.sums.foldLow(1), lane.sums.foldHigh(1), lane.sums.foldSamples(1)));
        assertEquals(List.of(7L, 8L, 9L),
            List.of(lane.sums.ringLow(2), lane.sums.ringHigh(2), lane.sums.ringSamples(2)));
        assertEquals(List.of(10L, 11L, 12L),
            List.of(lane.sums.foldLow(2), lane.sums.foldHigh(2), lane.sums.foldSamples(2)));
        assertEquals(1, read.lanes.get(2L).sums.foldSamples(0));
        assertEquals(List.of(new Finding("kind", "lane", -7, "reason")), read.findings);
        assertEquals(5, read.findingsBeyond);
        assertEquals(List.of(4L, 3L), new ArrayList<>(read.retiredNonces));
        assertEquals(FlopCount.of(100), read.retired.get(TWO).flopCount);
        assertEquals(2, read.retired.get(TWO).ringSamples);
        assertEquals(0, read.retired.get(TWO).foldSamples);
        assertEquals(FlopCount.of(15 * 7 + 21 * 7, 14 * 7 + 20 * 7), read.retiredRunning);
        assertEquals(16 * 7, read.retiredConsumed);
        assertEquals(22 * 7, read.retiredFolded);
        assertEquals(13 * 7, read.retiredLost);
    }

    /** As many slots as a lane has room for, each with sums. */
    @Test
    void shouldKeepEverySlotOfALane()
    {
        final List<SlotKey> keys = new ArrayList<>();
        for (int slot = 0; slot < 1_024; slot++)
        {
            keys.add(key("run", "node-" + slot, false));
        }
        final LaneAccount lane = lane(1, keys);
        for (int slot = 0; slot < keys.size(); slot++)
        {
            lane.sums.ring(slot, slot, 1, 2);
            lane.sums.fold(slot, slot, 3, 4);
        }
        final LaneAccount read = read(snapshot(state)).lanes.get(1L);
        assertEquals(keys, read.keys);
        for (int slot = 0; slot < keys.size(); slot++)
        {
            assertEquals(slot, read.sums.ringLow(slot));
            assertEquals(slot, read.sums.foldLow(slot));
            assertEquals(4, read.sums.foldSamples(slot));
        }
        assertEquals(snapshot(state), snapshot(read(snapshot(state))));
    }

    /** By address what this meter wrote, by the bounds of the buffer what it found in a file: the same. */
    @Test
    void shouldAddWhatTheRingBroughtToItsSlots()
    {
        final List<SlotKey> keys = new ArrayList<>();
        for (int slot = 0; slot < 256; slot++)
        {
            keys.add(key("run", "node-" + slot, false));
        }
        final LaneAccount lane = lane(1, keys);
        final RecordWriter out = RecordWriter.ofRecord();
        AccountCodec.lane(out, lane, List.of(), keys.size());
        // Of the fourth 64 slots the first and the last: FLOP, then samples and carries.
        out.putInt(0).putInt(1).putInt(3).putLong(1L | Long.MIN_VALUE);
        out.putLong(-1).putLong(3L << 32 | 2).putLong(7).putLong(1L << 32).putInt(0);
        AccountCodec.apply(out.written(), state);
        final ByteBuffer heap = ByteBuffer.allocate(out.length()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        AccountCodec.apply(heap.put(out.written()).flip(), state);
        assertEquals(List.of(-2L, 5L, 6L), List.of(
            lane.sums.ringLow(192), lane.sums.ringHigh(192), lane.sums.ringSamples(192)));
        assertEquals(List.of(14L, 0L, 2L), List.of(
            lane.sums.ringLow(255), lane.sums.ringHigh(255), lane.sums.ringSamples(255)));
        assertEquals(0, lane.sums.ringSamples(0) + lane.sums.ringSamples(3) + lane.sums.ringSamples(193));
    }

    @Test
    void shouldAddKeysToALaneThatIsKnown()
    {
        final LaneAccount lane = lane(1, List.of(ONE));
        final RecordWriter out = RecordWriter.ofRecord();
        AccountCodec.lane(out, lane, List.of(TWO, OVERFLOW), 1);
        AccountCodec.noChanges(out);
        AccountCodec.apply(out.written(), state);
        assertEquals(List.of(ONE, TWO, OVERFLOW), lane.keys);
        assertEquals(List.of(ONE, TWO, OVERFLOW), read(snapshot(state)).lanes.get(1L).keys);

        final IllegalArgumentException refused = assertThrows(
            IllegalArgumentException.class, () -> AccountCodec.apply(out.written(), state));
        assertEquals("account record begins at key 1 of 3", refused.getMessage());
    }

    @Test
    void shouldForgetALaneThatIsGone()
    {
        fill();
        final RecordWriter out = RecordWriter.ofRecord();
        AccountCodec.retire(out, 2);
        AccountCodec.forget(out, 4);
        AccountCodec.apply(out.written(), state);
        assertEquals(Set.of(1L), state.lanes.keySet());
        assertEquals(List.of(3L, 2L), new ArrayList<>(state.retiredNonces));
        assertEquals(FlopCount.ZERO, state.retired.get(ONE).flopCount);
        assertEquals(1, state.retired.get(ONE).foldSamples);
    }

    /** What came through the ring and what was folded are one total, over all lanes that had the key. */
    @Test
    void shouldAddUpWhatEndedLanesHadOfAKey()
    {
        for (long nonce = 1; nonce <= 2; nonce++)
        {
            final LaneAccount lane = lane(nonce, List.of(ONE));
            lane.sums.ring(0, -1, nonce, 3);
            lane.sums.fold(0, 2, 0, 4);
            state.retire(nonce);
        }
        final AccountState.RetiredTotal total = state.retired.get(ONE);
        assertEquals(FlopCount.of(5, 2), total.flopCount);
        assertEquals(6, total.ringSamples);
        assertEquals(8, total.foldSamples);
    }

    @Test
    void shouldRetireNothingWhereATotalWouldOverflow()
    {
        lane(1, List.of(ONE)).sums.ring(0, -1, -1, 1);
        state.retire(1);
        lane(2, List.of(TWO, ONE)).sums.ring(1, 1, 0, 1);
        assertThrows(FlopOverflowException.class, () -> state.retire(2));
        assertEquals(Set.of(2L), state.lanes.keySet());
        assertEquals(Set.of(ONE), state.retired.keySet());
        assertEquals(FlopCount.MAX, state.retired.get(ONE).flopCount);
        assertEquals(1, state.retired.get(ONE).ringSamples);
        assertFalse(state.retiredNonces.contains(2L));
    }

    /** Names without end: those that find no room are counted without run and node, to the last FLOP. */
    @Test
    void shouldCountUnderNoNameWhatFindsNoRoom()
    {
        for (int i = 0; i < AccountState.RETIRED_KEYS_MAX - 2; i++)
        {
            state.retired.put(key("run-" + i, null, false), new AccountState.RetiredTotal());
        }
        // A key that is known takes no place, one that is there twice takes one: two find room.
        final SlotKey known = key("run-5", null, false);
        final SlotKey second = key("second", null, false);
        final LaneAccount lane =
            lane(1, List.of(known, ONE, ONE, second, TWO, known, key("other", null, false)));
        for (int slot = 0; slot < 7; slot++)
        {
            lane.sums.ring(slot, 1L << slot, 0, 1);
        }
        state.retire(1);
        assertEquals(AccountState.RETIRED_KEYS_MAX + 1, state.retired.size());
        assertEquals(FlopCount.of(6), state.retired.get(ONE).flopCount);
        assertEquals(FlopCount.of(8), state.retired.get(second).flopCount);
        assertEquals(FlopCount.of(33), state.retired.get(known).flopCount);
        assertFalse(state.retired.containsKey(TWO));
        assertEquals(FlopCount.of(16 + 64), state.retired.get(OVERFLOW).flopCount);
        assertEquals(2, state.retired.get(OVERFLOW).ringSamples);
    }

    @Test
    void shouldTellAFindingOnce()
    {
        for (int i = 0; i < AccountState.FINDINGS_MAX + 2; i++)
        {
            state.addFinding(new Finding("kind", "lane", i, "reason"));
            state.addFinding(new Finding("kind", "lane", 0, "reason"));
        }
        assertEquals(AccountState.FINDINGS_MAX, state.findings.size());
        assertEquals(2, state.findingsBeyond);
    }

    /** A checksum says nothing of what a record means: codes and lengths are looked at. */
    @Test
    void shouldRefuseWhatNoMeterWrites()
    {
        lane(1, List.of(ONE));
        final ByteBuffer whole = snapshot(state).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        // The last key: five codes, then the text of the run and of the node; two empty lists of sums behind them.
        final int text = whole.limit() - 12 - 4 - 4 - 4 - 3;
        assertEquals(3, whole.getInt(text));
        for (int code = 0; code < 4; code++)
        {
            final ByteBuffer other = snapshot(state).put(text - 5 + code, (byte)99);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> read(other))
                .getMessage().endsWith("with unknown codes"), "code " + code);
        }
        for (final int length : new int[]{ -1, 1 << 20 })
        {
            final ByteBuffer other = snapshot(state).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(text, length);
            assertEquals("account record with a text of " + length + " bytes",
                assertThrows(IllegalArgumentException.class, () -> read(other)).getMessage());
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.agrona.BufferUtil;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.DeltaTable;
import org.flopmeter.wire.RunningSum;
import org.flopmeter.wire.SlotKey;
import org.flopmeter.wire.SlotSums;

/**
 * Payload of account records: a list of operations. Values are absolute but for what the rings brought: that is added,
 * and
 * the sequence of the records sees to it that it is added once. The state after a commit is made by the same
 * {@link #apply} that a restart uses, so what is not in the record is not in the totals either.
 */
final class AccountCodec
{
    private static final int DELTA_LENGTH = 16;

    private static final int OP_LANE = 1;
    private static final int OP_RETIRE = 2;
    private static final int OP_FORGET = 3;
    private static final int OP_FINDING = 4;
    private static final int OP_RETIRED_KEY = 5;
    private static final int OP_RETIRED_NONCE = 6;
    private static final int OP_RETIRED_SUMS = 7;
    private static final int OP_FINDINGS_BEYOND = 8;

    private AccountCodec()
    {
    }

    /** One lane, with the keys to add. What its slots have follows: {@link #changes}, {@link #noChanges}. */
    static void lane(
        final RecordWriter out, final LaneAccount lane, final Iterable<SlotKey> keys, final int keyFirst)
    {
        state(out, lane);
        out.putInt(keyFirst);
        final int countIndex = out.length();
        out.putInt(0);
        int keyCount = 0;
        for (final SlotKey key : keys)
        {
            key(out, key);
            keyCount++;
        }
        out.setInt(countIndex, keyCount);
    }

    private static void state(final RecordWriter out, final LaneAccount lane)
    {
        out.putByte(OP_LANE).putLong(lane.nonce).putByte(lane.isQuarantined ? 1 : 0);
        out.putLong(lane.position).putInt(lane.openCount).putLong(lane.sequenceNext).putLong(lane.lost);
        sum(out, lane.running);
        sum(out, lane.boundary);
        sum(out, lane.folded);
    }

    /** No slot has anything new. */
    static void noChanges(final RecordWriter out)
    {
        out.putInt(0).putInt(0).putInt(0);
    }

    /** What the ring brought and which fold cells changed, since the last commit. */
    static void changes(final RecordWriter out, final SlotSums sums)
    {
        out.putInt(0);
        final int blockCountIndex = out.length();
        out.putInt(0);
        int blockCount = 0;
        for (int block = 0; block < sums.deltas().capacity() / DeltaTable.BLOCK_SLOTS; block++)
        {
            if (sums.deltas().isTouched(block))
            {
                blockCount += block(out, sums.deltas(), block);
            }
        }
        out.setInt(blockCountIndex, blockCount);
        out.putInt(sums.foldDirtyCount());
        for (int i = 0; i < sums.foldDirtyCount(); i++)
        {
            fold(out, sums.foldDirtySlot(i), sums);
        }
    }

    /** A set of the slots that were touched, and their deltas. Return how many blocks that makes: 1, or 0. */
    private static int block(final RecordWriter out, final DeltaTable deltas, final int block)
    {
        final long touched = deltas.touched(block);
        if (0 == touched)
        {
            return 0;
        }
        out.putInt(block).putLong(touched);
        final int length = Long.bitCount(touched) * DELTA_LENGTH;
        deltas.copyTouched(block, touched, out.address(length));
        out.skip(length);
        return 1;
    }

    private static void fold(final RecordWriter out, final int slot, final SlotSums sums)
    {
        out.putInt(slot).putLong(sums.foldLow(slot)).putLong(sums.foldHigh(slot)).putLong(sums.foldSamples(slot));
    }

    /** What is not zero of a lane's slots. */
    private static void sums(final RecordWriter out, final LaneAccount lane)
    {
        final int slotCount = lane.keys.size();
        final int ringCountIndex = out.length();
        out.putInt(0);
        int count = lane.sums.copyRing(slotCount, out.address(slotCount * SlotSums.RING_ENTRY_LENGTH));
        out.skip(count * SlotSums.RING_ENTRY_LENGTH);
        out.setInt(ringCountIndex, count);
        out.putInt(0);
        final int foldCountIndex = out.length();
        count = 0;
        out.putInt(0);
        for (int slot = 0; slot < slotCount; slot++)
        {
            if (0 != (lane.sums.foldSamples(slot) | lane.sums.foldLow(slot) | lane.sums.foldHigh(slot)))
            {
                fold(out, slot, lane.sums);
                count++;
            }
        }
        out.setInt(foldCountIndex, count);
    }

    static void retire(final RecordWriter out, final long nonce)
    {
        out.putByte(OP_RETIRE).putLong(nonce);
    }

    static void forget(final RecordWriter out, final long nonce)
    {
        out.putByte(OP_FORGET).putLong(nonce);
    }

    static void finding(final RecordWriter out, final Finding finding)
    {
        out.putByte(OP_FINDING).putText(finding.kind()).putText(finding.lane());
        out.putLong(finding.offset()).putText(finding.reason());
    }

    /** Everything, as operations on an empty state. */
    static void snapshot(final RecordWriter out, final AccountState state)
    {
        out.putByte(OP_RETIRED_SUMS).putLong(state.retiredRunning.high()).putLong(state.retiredRunning.low());
        out.putLong(state.retiredConsumed).putLong(state.retiredFolded).putLong(state.retiredLost);
        state.retired.forEach((key, total) ->
        {
            key(out.putByte(OP_RETIRED_KEY), key);
            out.putLong(total.flopCount.high()).putLong(total.flopCount.low());
            out.putLong(total.ringSamples).putLong(total.foldSamples);
        });
        state.retiredNonces.forEach((nonce) -> out.putByte(OP_RETIRED_NONCE).putLong(nonce));
        state.findings.forEach((finding) -> finding(out, finding));
        out.putByte(OP_FINDINGS_BEYOND).putLong(state.findingsBeyond);
        for (final LaneAccount lane : state.lanes.values())
        {
            state(out, lane);
            out.putInt(0).putInt(lane.keys.size()).putBytes(lane.keyBytes.written());
            sums(out, lane);
        }
    }

    static void apply(final ByteBuffer in, final AccountState state)
    {
        while (in.hasRemaining())
        {
            final int op = in.get();
            switch (op)
            {
                case OP_LANE -> applyLane(in, state);
                case OP_RETIRE -> state.retire(in.getLong());
                case OP_FORGET -> state.retiredNonces.remove(in.getLong());
                case OP_FINDING -> state.addFinding(new Finding(text(in), text(in), in.getLong(), text(in)));
                case OP_RETIRED_KEY -> applyRetiredKey(in, state);
                case OP_RETIRED_NONCE -> state.retiredNonces.add(in.getLong());
                case OP_FINDINGS_BEYOND -> state.findingsBeyond = in.getLong();
                case OP_RETIRED_SUMS -> applyRetiredSums(in, state);
                default -> throw new IllegalArgumentException("account record with unknown operation " + op);
            }
        }
    }

    private static void applyLane(final ByteBuffer in, final AccountState state)
    {
        final LaneAccount lane = state.lanes.computeIfAbsent(in.getLong(), LaneAccount::new);
        lane.isQuarantined = 0 != in.get();
        lane.position = in.getLong();
        lane.openCount = in.getInt();
        lane.sequenceNext = in.getLong();
        lane.lost = in.getLong();
        applySum(in, lane.running);
        applySum(in, lane.boundary);
        applySum(in, lane.folded);
        final int keyFirst = in.getInt();
        final int keyCount = in.getInt();
        if (keyFirst != lane.keys.size())
        {
            throw new IllegalArgumentException("account record begins at key " + keyFirst + " of " + lane.keys.size());
        }
        final int keysBegin = in.position();
        for (int i = 0; i < keyCount; i++)
        {
            lane.keys.add(key(in));
        }
        lane.keyBytes.putBytes(in.duplicate().limit(in.position()).position(keysBegin));
        lane.sums.ensureCapacity(lane.keys.size());
        applySlots(in, lane.sums);
    }

    private static void applySlots(final ByteBuffer in, final SlotSums sums)
    {
        for (int i = in.getInt(); i > 0; i--)
        {
            sums.ring(in.getInt(), in.getLong(), in.getLong(), in.getLong());
        }
        for (int i = in.getInt(); i > 0; i--)
        {
            applyBlock(in, in.getInt() * DeltaTable.BLOCK_SLOTS, in.getLong(), sums);
        }
        for (int i = in.getInt(); i > 0; i--)
        {
            sums.fold(in.getInt(), in.getLong(), in.getLong(), in.getLong());
        }
    }

    /** By address what this meter has just written, with the bounds of the buffer what it finds in a file. */
    private static void applyBlock(
        final ByteBuffer in, final int slotFirst, final long touched, final SlotSums sums)
    {
        final int length = Long.bitCount(touched) * DELTA_LENGTH;
        if (in.isDirect() && in.remaining() >= length)
        {
            sums.addDeltas(slotFirst, touched, BufferUtil.address(in) + in.position());
            in.position(in.position() + length);
            return;
        }
        for (long left = touched; 0 != left; left &= left - 1)
        {
            sums.addDelta(slotFirst + Long.numberOfTrailingZeros(left), in.getLong(), in.getLong());
        }
    }

    private static void applyRetiredKey(final ByteBuffer in, final AccountState state)
    {
        final AccountState.RetiredTotal total = new AccountState.RetiredTotal();
        state.retired.put(key(in), total);
        total.flopCount = FlopCount.of(in.getLong(), in.getLong());
        total.ringSamples = in.getLong();
        total.foldSamples = in.getLong();
    }

    private static void applyRetiredSums(final ByteBuffer in, final AccountState state)
    {
        state.retiredRunning = FlopCount.of(in.getLong(), in.getLong());
        state.retiredConsumed = in.getLong();
        state.retiredFolded = in.getLong();
        state.retiredLost = in.getLong();
    }

    private static void sum(final RecordWriter out, final RunningSum sum)
    {
        out.putLong(sum.low()).putLong(sum.high()).putLong(sum.samples());
    }

    private static void applySum(final ByteBuffer in, final RunningSum sum)
    {
        sum.set(in.getLong(), in.getLong(), in.getLong());
    }

    private static void key(final RecordWriter out, final SlotKey key)
    {
        out.putByte(key.precision().code()).putByte(key.basis().code()).putByte(key.source().code());
        out.putByte(key.part().code()).putByte(key.overflow() ? 1 : 0);
        out.putText(key.run()).putText(null == key.node() ? "" : key.node());
    }

    private static SlotKey key(final ByteBuffer in)
    {
        final Precision precision = Precision.ofCode(in.get());
        final Basis basis = Basis.ofCode(in.get());
        final Source source = Source.ofCode(in.get());
        final Part part = Part.ofCode(in.get());
        final boolean overflow = 0 != in.get();
        final String run = text(in);
        final String node = text(in);
        if (null == precision || null == basis || null == source || null == part)
        {
            throw new IllegalArgumentException("account record with unknown codes");
        }
        return new SlotKey(run, node.isEmpty() ? null : node, precision, basis, source, part, overflow);
    }

    private static String text(final ByteBuffer in)
    {
        final int length = in.getInt();
        if (length < 0 || length > in.remaining())
        {
            throw new IllegalArgumentException("account record with a text of " + length + " bytes");
        }
        final byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.flopmeter.wire.ControlDescriptor.GAP_BEGIN_NS_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_CAPACITY;
import static org.flopmeter.wire.ControlDescriptor.GAP_COUNT_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_ENDED_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_END_NS_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_JOINED_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_LENGTH;
import static org.flopmeter.wire.ControlDescriptor.GAP_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_PID_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_REASON_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_SAMPLES_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_SOURCE_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.GAP_STATE_COMPLETE;
import static org.flopmeter.wire.ControlDescriptor.GAP_STATE_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.LOST_SAMPLES_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.MAGIC;
import static org.flopmeter.wire.ControlDescriptor.PROCESS_FLAGS_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.PROCESS_FLAG_CPU_INCOMPLETE;
import static org.flopmeter.wire.ControlDescriptor.TIME_NS_OFFSET;
import static org.flopmeter.wire.ControlDescriptor.WIRE_VERSION_OFFSET;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.Source;

/** Reads what metered processes wrote into the control file. All of it is untrusted. */
public final class ControlReader
{
    /** The end of a pause that is not over, or whose process was killed in it. */
    public static final long NO_END_NS = Long.MAX_VALUE;

    /** Receives each complete gap, checked. {@code joined}: pauses in it beside the first one. */
    @FunctionalInterface
    public interface GapHandler
    {
        void onGap(Source source, GapReason reason, int pid, long beginNs, long endNs, long samples, long joined);
    }

    private final MappedLane control;

    public ControlReader(final MappedLane control) throws LaneViolation
    {
        this.control = control;
        if (MAGIC != UnsafeApi.getLong(control.address()) ||
            ControlDescriptor.WIRE_VERSION != UnsafeApi.getInt(control.address() + WIRE_VERSION_OFFSET))
        {
            throw new LaneViolation(LaneViolation.Kind.CONTROL, 0, "control file has another magic or version");
        }
    }

    /** Tell producers the time: CLOCK_MONOTONIC, which is what System.nanoTime reads on Linux. */
    public void timeNs(final long timeNs)
    {
        UnsafeApi.putLongRelease(null, control.address() + TIME_NS_OFFSET, timeNs);
    }

    public boolean isCpuIncomplete()
    {
        return 0 != (UnsafeApi.getInt(control.address() + PROCESS_FLAGS_OFFSET) & PROCESS_FLAG_CPU_INCOMPLETE);
    }

    /** Samples whose FLOP are in no total; unsigned, as it was found. */
    public long lostSamples()
    {
        return UnsafeApi.getLong(control.address() + LOST_SAMPLES_OFFSET);
    }

    /** How many gaps were told, stored or not; unsigned, as it was found. */
    public int gapCount()
    {
        return UnsafeApi.getIntAcquire(null, control.address() + GAP_COUNT_OFFSET);
    }

    /** Hand over each complete gap. Return how many entries made no sense. */
    public int gaps(final GapHandler handler)
    {
        int invalid = 0;
        for (int i = 0; i < GAP_CAPACITY; i++)
        {
            invalid += gap(new Mapped(control.address() + GAP_OFFSET + (long)i * GAP_LENGTH), handler) ? 0 : 1;
        }
        return invalid;
    }

    /** The words of one entry, each read at an instant of its own, in the order in which they are asked for. */
    interface Entry
    {
        int getInt(int offset);

        long getLong(int offset);
    }

    private record Mapped(long address) implements Entry
    {
        @Override
        public int getInt(final int offset)
        {
            return UnsafeApi.getIntAcquire(null, address + offset);
        }

        @Override
        public long getLong(final int offset)
        {
            return UnsafeApi.getLongAcquire(null, address + offset);
        }
    }

    /** False when it makes no sense. */
    static boolean gap(final Entry gap, final GapHandler handler)
    {
        final int state = gap.getInt(GAP_STATE_OFFSET);
        if (GAP_STATE_COMPLETE != state)
        {
            return 0 == state;
        }
        final GapReason reason = GapReason.ofCode(gap.getInt(GAP_REASON_OFFSET));
        final int sourceCode = gap.getInt(GAP_SOURCE_OFFSET);
        final Source source = Source.ofCode(sourceCode);
        final int pid = gap.getInt(GAP_PID_OFFSET);
        // In this order. Whoever joins says so before its end can be one of `ended`, and after it has put the begin
        // back: so an entry of which all had ended had this end then, and one that is joined meanwhile is open.
        final long ended = Integer.toUnsignedLong(gap.getInt(GAP_ENDED_OFFSET));
        final long endFoundNs = gap.getLong(GAP_END_NS_OFFSET);
        final long joined = Integer.toUnsignedLong(gap.getInt(GAP_JOINED_OFFSET));
        final long beginNs = gap.getLong(GAP_BEGIN_NS_OFFSET);
        // One alone that was told and is no stretch has ended, without a time.
        final boolean isOpen = GapReason.COUNTER_PAUSED == reason &&
            (0 != joined ? ended <= joined : 0 == ended && 0 == endFoundNs);
        final long endNs = isOpen ? NO_END_NS : endFoundNs;
        final long samples = gap.getLong(GAP_SAMPLES_OFFSET);
        if (null == reason || (null == source && 0 != sourceCode) || beginNs < 0 || samples < 0)
        {
            return false;
        }
        handler.onGap(source, reason, pid, beginNs, Math.max(beginNs, endNs), samples, joined);
        return true;
    }
}

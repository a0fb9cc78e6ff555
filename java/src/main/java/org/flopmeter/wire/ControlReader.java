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
            final long gap = control.address() + GAP_OFFSET + (long)i * GAP_LENGTH;
            final int state = UnsafeApi.getIntAcquire(null, gap + GAP_STATE_OFFSET);
            if (GAP_STATE_COMPLETE == state)
            {
                invalid += gap(gap, handler) ? 0 : 1;
            }
            else if (0 != state)
            {
                invalid++;
            }
        }
        return invalid;
    }

    private static boolean gap(final long gap, final GapHandler handler)
    {
        final GapReason reason = GapReason.ofCode(UnsafeApi.getInt(gap + GAP_REASON_OFFSET));
        final int sourceCode = UnsafeApi.getInt(gap + GAP_SOURCE_OFFSET);
        final Source source = Source.ofCode(sourceCode);
        final int pid = UnsafeApi.getInt(gap + GAP_PID_OFFSET);
        final long beginNs = UnsafeApi.getLong(gap + GAP_BEGIN_NS_OFFSET);
        // In this order: what is joined meanwhile makes it open, and never closed too early.
        final long ended = Integer.toUnsignedLong(UnsafeApi.getIntAcquire(null, gap + GAP_ENDED_OFFSET));
        final long joined = Integer.toUnsignedLong(UnsafeApi.getIntAcquire(null, gap + GAP_JOINED_OFFSET));
        final boolean isOpen = 0 != joined && ended <= joined;
        final long endNs = isOpen ? beginNs : UnsafeApi.getLong(gap + GAP_END_NS_OFFSET);
        final long samples = UnsafeApi.getLong(gap + GAP_SAMPLES_OFFSET);
        if (null == reason || (null == source && 0 != sourceCode) || beginNs < 0 || samples < 0)
        {
            return false;
        }
        handler.onGap(source, reason, pid, beginNs, Math.max(beginNs, endNs), samples, joined);
        return true;
    }
}

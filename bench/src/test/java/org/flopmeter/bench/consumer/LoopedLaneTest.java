/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;

import org.flopmeter.wire.JavaDrainKernel;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneReader;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.RunningSum;
import org.junit.jupiter.api.Test;

class LoopedLaneTest
{
    private static final int SLOTS = 100;
    private static final int RING = 64 * 1024;

    /** Samples alone would not do: a sample's FLOP may be wrong. */
    @Test
    void shouldCompareFlopAndSamplesOfAReader() throws LaneViolation
    {
        final LoopedLane lane = new LoopedLane(
            ByteBuffer.allocateDirect(LoopedLane.lengthOf(SLOTS, RING) + 4096).alignedSlice(4096), SLOTS, RING, 126);
        final LaneReader reader =
            new LaneReader(lane, new LaneHeader(lane, LoopedLane.NONCE), JavaDrainKernel.INSTANCE);
        for (int lap = 0; lap < 40; lap++)
        {
            lane.refill();
            assertFalse(lane.isExact(reader.running()), "a lap behind");
            while (reader.position() != lane.positionEnd())
            {
                reader.drain(RING);
            }
            reader.sums().clean();
            reader.publishHead();
            assertTrue(lane.isExact(reader.running()), "lap " + lap);
        }
        assertEquals(lane.samplesTotal(), reader.running().samples());
        final RunningSum sum = reader.running();
        sum.set(sum.low() + 1, sum.high(), sum.samples());
        assertFalse(lane.isExact(reader.running()), "one FLOP too many, as many samples");
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.stream.Stream;

import org.agrona.UnsafeApi;
import org.flopmeter.wire.BatchDescriptor;
import org.flopmeter.wire.SampleDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The baselines without checks do all the work that is left: they add every sample, in both languages. */
class UncheckedTest
{
    private static final int SLOTS = 100;
    private static final int RING = 64 * 1024;

    static Stream<Arguments> adders()
    {
        return Stream.of(new JavaAdder(), new NativeAdder())
            .flatMap((adder) -> Stream.of(Arguments.of(adder, false), Arguments.of(adder, true)));
    }

    private static LoopedLane lane()
    {
        return new LoopedLane(
            ByteBuffer.allocateDirect(LoopedLane.lengthOf(SLOTS, RING) + 4096).alignedSlice(4096), SLOTS, RING, 126);
    }

    @ParameterizedTest
    @MethodSource("adders")
    void shouldAddEverySample(final Adder adder, final boolean sums)
    {
        final LoopedLane lane = lane();
        final Unchecked unchecked = new Unchecked(lane, adder, SLOTS, sums);
        // Until the sums of 50-bit counts have carried out of 64 bits.
        for (int lap = 0; lap < 60; lap++)
        {
            lane.refill();
            assertFalse(unchecked.isExact(), "a lap behind");
            unchecked.lap();
            assertTrue(unchecked.isExact(), "lap " + lap);
        }
    }

    /** The canary: one FLOP too many in one sample. And that nothing is checked: this slot and count are believed. */
    @ParameterizedTest
    @MethodSource("adders")
    void shouldSeeOneFlopTooMany(final Adder adder, final boolean sums)
    {
        final LoopedLane lane = lane();
        final Unchecked unchecked = new Unchecked(lane, adder, SLOTS, sums);
        lane.refill();
        final long sample = lane.ringAddress() + BatchDescriptor.HEADER_LENGTH + SampleDescriptor.FLOP_COUNT_OFFSET;
        UnsafeApi.putLong(sample, UnsafeApi.getLong(sample) + 1);
        unchecked.lap();

        assertFalse(unchecked.isExact());
    }
}

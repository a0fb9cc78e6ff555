/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/** What people see while a run goes on is what its result will say. */
class LiveTextTest
{
    private static final KeyTotal CALLS = key("training", Precision.BF16, Source.CUDA, Part.COUNT, "1000", 4);
    private static final KeyTotal EXECUTED = ofCard(Basis.EXACT_EXECUTED, Part.COUNT, 1100);
    private static final KeyTotal DERIVED = ofCard(Basis.DERIVED, Part.COUNT, 600);

    private static KeyTotal ofCard(final Basis basis, final Part part, final long flopCount)
    {
        return new KeyTotal(
            "r", null, Precision.UNKNOWN, basis, Source.CUDA, part, FlopCount.of(flopCount), 1, false);
    }

    /** The canary: calls and both counters of the same card add up to 2700. */
    @Test
    void shouldCountOnceWhatACallAndCountersSaw()
    {
        final Reading reading = reading(CALLS, EXECUTED, DERIVED, ofCard(Basis.DERIVED, Part.ESTIMATE, 50_000));

        assertEquals(FlopCount.of(1100), LiveText.counted(reading));
        assertEquals(
            "training 90.9 %, unattributed 9.1 %", LiveText.shares(reading, BigInteger.valueOf(1100)));
    }

    @Test
    void shouldShowWhatOnlyACounterSees()
    {
        assertEquals(FlopCount.of(600), LiveText.counted(reading(DERIVED)));
        assertEquals(FlopCount.of(600), LiveText.beyondCalls(reading(DERIVED)));
        assertEquals(FlopCount.ZERO, LiveText.beyondCalls(reading(CALLS, DERIVED)));
    }

    @Test
    void shouldSayWhatTheResultSays()
    {
        final KeyTotal blas = key("training", Precision.FP64, Source.BLAS, Part.COUNT, "7", 1);
        final KeyTotal recorded = key("other", Precision.BF16, Source.API, Part.COUNT, "500", 1);
        for (final Reading reading : new Reading[] {
            reading(blas), reading(blas, CALLS), reading(blas, CALLS, DERIVED), reading(blas, CALLS, EXECUTED),
            reading(blas, recorded, DERIVED), reading(blas, recorded, CALLS, EXECUTED, DERIVED), reading(EXECUTED) })
        {
            assertEquals(
                new ResultBuilder(facts().build(), reading, PEAK).build().flop().lower(), LiveText.counted(reading));
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;

import org.flopmeter.unit.Basis;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.SlotKey;
import org.junit.jupiter.api.Test;

/** Names without end, as a hostile or careless service makes them: memory is bounded, totals are exact. */
final class RetiredKeysTest
{
    private static final int LANES = 1000;
    private static final int KEYS_PER_LANE = 1000;
    private static final int FLOP_COUNT = 7;

    private static LaneAccount laneOf(final int number)
    {
        final LaneAccount lane = new LaneAccount(number + 1);
        lane.sums.ensureCapacity(KEYS_PER_LANE);
        for (int slot = 0; slot < KEYS_PER_LANE; slot++)
        {
            lane.keys.add(new SlotKey("run", "node-" + number + "-" + slot, Precision.values()[0], Basis.values()[0],
                Source.API, Part.COUNT, false));
            lane.sums.ring(slot, FLOP_COUNT, 0, 1);
        }
        lane.running.set((long)KEYS_PER_LANE * FLOP_COUNT, 0, KEYS_PER_LANE);
        return lane;
    }

    @Test
    void shouldKeepAMillionKeysExactInBoundedMemory()
    {
        final AccountState state = new AccountState();
        for (int i = 0; i < LANES; i++)
        {
            final LaneAccount lane = laneOf(i);
            state.lanes.put(lane.nonce, lane);
            state.retire(lane.nonce);
            state.retiredNonces.remove(lane.nonce);
        }

        assertEquals(AccountState.RETIRED_KEYS_MAX + 1, state.retired.size());
        final TotalsBuilder builder = new TotalsBuilder();
        builder.add(state, "");
        final Totals totals = new Totals(builder);
        BigInteger sum = BigInteger.ZERO;
        BigInteger overflowed = BigInteger.ZERO;
        for (final KeyTotal key : totals.keys())
        {
            sum = sum.add(key.flopCount().toBigInteger());
            overflowed = overflowed.add(key.overflowed() ? key.flopCount().toBigInteger() : BigInteger.ZERO);
        }
        final long keys = (long)LANES * KEYS_PER_LANE;
        assertEquals(BigInteger.valueOf(keys * FLOP_COUNT), sum);
        assertEquals(BigInteger.valueOf((keys - AccountState.RETIRED_KEYS_MAX) * FLOP_COUNT), overflowed);
        assertEquals(keys, totals.samplesConsumed());
        assertTrue(totals.conserved(), () -> totals.conservationDetails().toString());
    }
}

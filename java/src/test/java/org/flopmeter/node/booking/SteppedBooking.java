/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.flopmeter.ledger.LedgerClock;
import org.flopmeter.ledger.LedgerHome;

/** A ledger's thread without a thread, for the simulator. */
public final class SteppedBooking
{
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private SteppedBooking()
    {
    }

    /** Books in ledgers of these clocks, as a process of this boot. */
    public static LedgerThread of(
        final LongSupplier nanoTime, final LedgerClock clock, final String boot, final String peak)
    {
        return new LedgerThread(INTERVAL_NS, SteppedBooking::ignore, nanoTime, state -> new LedgerBook(
            state, peak, boot, nanoTime, in -> LedgerHome.open(in, "simulated", clock)));
    }

    /** What the thread does when it is awake. */
    public static void turn(final LedgerThread thread)
    {
        thread.turn();
    }

    private static void ignore(final String line)
    {
        // What people would read.
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.ledger.LedgerClock;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.booking.SteppedBooking;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.wire.LaneMapper;

/** A sidecar and its ledger's thread, one turn at a time, for the simulator: the same classes as in the process. */
public final class SteppedSidecar
{
    /** What a supervisor and a program write and read. */
    public static final String RUN = RunFacts.RUN;
    public static final String FACTS = RunFacts.FACTS;
    public static final String RESULT = ResultFiles.RESULT;
    public static final String SUMMARY = ResultFiles.SUMMARY;
    public static final String STATE = LedgerBooking.STATE;

    private final Sidecar sidecar;
    private final LedgerThread thread;

    /** @throws IOException the place can't be held. */
    public SteppedSidecar(
        final Path place, final long uid, final LaneMapper mapper, final LedgerClock clock, final String boot,
        final String peak, final Consumer<String> log) throws IOException
    {
        final MeterPlace held = MeterPlace.hold(place, uid);
        if (null == held)
        {
            throw new IOException(place + " is held by another sidecar");
        }
        sidecar = new Sidecar(List.of(held), mapper, uid, CpuBudget.NONE, log);
        sidecar.costBy(() -> 0);
        thread = SteppedBooking.of(mapper::nanoTime, clock, boot, peak);
        sidecar.bookWith(thread, null, sidecar::lookSoon);
    }

    /** A duty cycle over all runs. */
    public void cycle()
    {
        sidecar.cycle();
        sidecar.tidy();
    }

    /** What the ledger's thread does when it is awake. */
    public void turn()
    {
        SteppedBooking.turn(thread);
    }

    /** Why the last booking was not durable; null when it was. */
    public String failure()
    {
        return thread.status().failure();
    }

    /** Runs that have ended and are not in the ledger yet. */
    public int unbooked()
    {
        return thread.status().unbooked();
    }

    public int served()
    {
        return sidecar.servedCount();
    }
}

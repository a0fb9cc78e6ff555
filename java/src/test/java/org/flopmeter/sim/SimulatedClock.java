/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import org.flopmeter.ledger.LedgerClock;

/** Clocks of a host: the monotonic one begins anew with each boot, the wall clock is set by people. */
final class SimulatedClock implements LedgerClock
{
    static final long SECOND_NS = 1_000_000_000L;
    private static final long BOOT_NS = 5 * SECOND_NS;

    private long monotonicNs = BOOT_NS;
    private long wallNs = 1_700_000_000L * SECOND_NS;
    private long livedNs;

    void advance(final long ns)
    {
        monotonicNs += ns;
        wallNs += ns;
        livedNs += ns;
    }

    void stepWall(final long ns)
    {
        wallNs = Math.max(0, wallNs + ns);
    }

    void boot()
    {
        monotonicNs = BOOT_NS;
    }

    /** Time that has passed, whatever the clocks say. */
    long livedNs()
    {
        return livedNs;
    }

    @Override
    public long wallNs()
    {
        return wallNs;
    }

    @Override
    public long monotonicNs()
    {
        return monotonicNs;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

/** The time, in ns. */
public interface LedgerClock
{
    LedgerClock SYSTEM = new LedgerClock()
    {
        @Override
        public long wallNs()
        {
            final java.time.Instant now = java.time.Instant.now();
            return now.getEpochSecond() * 1_000_000_000L + now.getNano();
        }

        @Override
        public long monotonicNs()
        {
            return System.nanoTime();
        }
    };

    /** UNIX epoch: a label for people. */
    long wallNs();

    /** Durations come from this one only. */
    long monotonicNs();
}

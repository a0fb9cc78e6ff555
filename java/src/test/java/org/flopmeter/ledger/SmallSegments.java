/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;

import org.flopmeter.sign.NoteSigner;

/** The ledger with segments so short that a simulation sees many of them. */
public final class SmallSegments
{
    private SmallSegments()
    {
    }

    /** As {@link LedgerWriter#open}. */
    public static LedgerWriter open(
        final Disk disk, final LedgerClock clock, final NoteSigner signer, final long segmentLengthMax)
        throws IOException
    {
        return LedgerWriter.open(disk, clock, signer, "simulated", segmentLengthMax);
    }
}

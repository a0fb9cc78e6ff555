/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.ledger.LedgerClock;

/** When this kernel was started. */
final class LedgerClocks
{
    private LedgerClocks()
    {
    }

    /** Wall clock at the start of the kernel, as far as /proc/stat tells; now where it doesn't. */
    static long bootWallNs()
    {
        try
        {
            for (final String line : Files.readAllLines(Path.of("/proc/stat")))
            {
                if (line.matches("btime [0-9]{1,12}"))
                {
                    // In whole seconds, rounded down.
                    return (Long.parseLong(line.substring(6)) + 1) * 1_000_000_000L;
                }
            }
        }
        catch (final IOException ex)
        {
            return LedgerClock.SYSTEM.wallNs();
        }
        return LedgerClock.SYSTEM.wallNs();
    }
}

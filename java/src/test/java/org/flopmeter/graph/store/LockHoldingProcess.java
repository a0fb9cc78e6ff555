/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.io.IOException;
import java.nio.file.Path;

/** A process that holds a store's lock until its input ends: DIRECTORY shared|alone. */
final class LockHoldingProcess
{
    private LockHoldingProcess()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        try (StoreLock lock = StoreLock.take(Path.of(args[0]), "shared".equals(args[1]), 0))
        {
            lock.requireHeld();
            System.out.println("held");
            while (System.in.read() >= 0)
            {
                continue;
            }
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

/**
 * A read of a page that is gone: the JVM tells of it when the thread next passes through its runtime, which may be much
 * later, and in the middle of something that must not be left half done.
 */
final class LateFault
{
    private static final int SETTLE_LENGTH = 1 << 20;

    /** Somebody might look: an array that nobody sees is none to a compiler, and no way through the runtime. */
    private static volatile byte[] seen;

    private LateFault()
    {
    }

    /**
     * Pass through the runtime here: after it no fault of an earlier read is still to be told. A large array is
     * allocated there.
     */
    static void settle()
    {
        try
        {
            seen = new byte[SETTLE_LENGTH];
            seen = null;
        }
        catch (final InternalError expected)
        {
            Thread.onSpinWait();
        }
    }
}

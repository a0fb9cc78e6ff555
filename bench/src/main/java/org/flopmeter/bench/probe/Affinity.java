/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import com.sun.jna.Library;
import com.sun.jna.Native;
import org.flopmeter.bench.BenchException;

/** Pins the calling thread. Threads and processes that it starts afterwards inherit that. */
public final class Affinity
{
    private static final int WORDS = 64;

    /** The one call that Java has no name for. */
    interface LibC extends Library
    {
        int sched_setaffinity(int tid, long length, long[] mask);
    }

    private Affinity()
    {
    }

    /** Let this thread run on one CPU only. */
    public static void pin(final int cpu)
    {
        final LibC libC = Native.load("c", LibC.class);
        final long[] mask = new long[WORDS];
        mask[cpu / Long.SIZE] = 1L << (cpu % Long.SIZE);
        if (0 != libC.sched_setaffinity(0, (long)WORDS * Long.BYTES, mask))
        {
            throw new BenchException("can't run on CPU " + cpu + ": error " + Native.getLastError());
        }
    }
}

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
    /**
     * "true": what is timed runs before everything else on its CPU (SCHED_FIFO). For busy machines and for root; the
     * rest of the machine waits meanwhile.
     */
    public static final String REALTIME_PROPERTY = "flopmeter.bench.realtime";

    private static final int WORDS = 64;
    private static final int SCHED_FIFO = 1;

    /** The one call that Java has no name for. */
    interface LibC extends Library
    {
        int sched_setaffinity(int tid, long length, long[] mask);

        int sched_setscheduler(int tid, int policy, int[] priority);
    }

    private Affinity()
    {
    }

    /** Was real-time priority asked for? */
    public static boolean isRealtime()
    {
        return Boolean.getBoolean(REALTIME_PROPERTY);
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
        if (isRealtime() && 0 != libC.sched_setscheduler(0, SCHED_FIFO, new int[] { 1 }))
        {
            throw new BenchException("-D" + REALTIME_PROPERTY + ": real-time priority is for root only");
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

/** A tool that adds up on the calling thread. */
abstract class CounterPeer implements PeerTool
{
    private final SamplePattern pattern;
    private final String name;
    private final String note;

    CounterPeer(final SamplePattern pattern, final String name, final String note)
    {
        this.pattern = pattern;
        this.name = name;
        this.note = note;
    }

    /** One lap over these arrays; each tool has its own loop, so that each is compiled for itself. */
    abstract void lap(int[] slots, long[] flopCounts);

    @Override
    public final String name()
    {
        return name;
    }

    @Override
    public final String note()
    {
        return note;
    }

    @Override
    public final boolean crosses()
    {
        return false;
    }

    @Override
    public final void run(final long laps)
    {
        for (long lap = 0; lap < laps; lap++)
        {
            lap(pattern.slots, pattern.flopCounts);
        }
    }
}

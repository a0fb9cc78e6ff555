/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/** Memory that an index may take before it gives way to the scan. */
public final class IndexLimits
{
    /** A gibibyte of blocks and sets: about sixteen times what the ten-million-node fixture needs. */
    public static final IndexLimits DEFAULT = new IndexLimits(1L << 30, 1);

    private final long byteCountMax;
    private final int threadCount;

    /**
     * Limits of one index.
     *
     * @param byteCountMax for distinct blocks and entry sets, each.
     * @param threadCount for the sweep over all totals at the build.
     */
    public IndexLimits(final long byteCountMax, final int threadCount)
    {
        if (byteCountMax < 0 || threadCount < 1)
        {
            throw new IllegalArgumentException(byteCountMax + " bytes, " + threadCount + " threads");
        }
        this.byteCountMax = byteCountMax;
        this.threadCount = threadCount;
    }

    /** Bytes for distinct blocks and entry sets, each. */
    public long byteCountMax()
    {
        return byteCountMax;
    }

    /** Threads for the sweep over all totals. */
    public int threadCount()
    {
        return threadCount;
    }

    long blocksMax()
    {
        return byteCountMax / (8 * BlockRows.WORDS);
    }

    long setIntsMax()
    {
        return byteCountMax / 4;
    }
}

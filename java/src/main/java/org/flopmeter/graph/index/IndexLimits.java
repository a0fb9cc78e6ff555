/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/** Memory that an index may take before it gives way to the scan. */
public final class IndexLimits
{
    private static final long BYTE_COUNT_MAX = 1L << 30;

    private final long byteCountMax;
    private final int threadCount;

    /**
     * Limits of one index.
     *
     * @param byteCountMax for rows of core columns, rows of class columns, and entry sets, each.
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

    /** A gibibyte, ten times what the ten-million-node fixture needs, or an eighth of the heap if that is less. */
    public static IndexLimits ofHeap()
    {
        return new IndexLimits(Math.min(BYTE_COUNT_MAX, Runtime.getRuntime().maxMemory() / 8), 1);
    }

    /** Bytes for rows of core columns, rows of class columns, and entry sets, each. */
    public long byteCountMax()
    {
        return byteCountMax;
    }

    /** Threads for the sweep over all totals. */
    public int threadCount()
    {
        return threadCount;
    }

    long setIntsMax()
    {
        return byteCountMax / 4;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/** Memory that an index may take before it gives way to the scan, and other bounds. */
public final class IndexLimits
{
    private static final long BYTE_COUNT_MAX = 1L << 30;

    private static final int SCAN_FIRST_MAX = 200;

    private final long byteCountMax;
    private final int threadCount;
    private final int scanFirstMax;

    /**
     * Limits of one index.
     *
     * @param byteCountMax for rows of core columns, rows of class columns, and entry sets, each.
     * @param threadCount for the sweep over all totals at the build.
     * @param scanFirstMax early nodes with so few ancestors are scanned, which is faster; 0 for none.
     */
    public IndexLimits(final long byteCountMax, final int threadCount, final int scanFirstMax)
    {
        if (byteCountMax < 0 || threadCount < 1 || scanFirstMax < 0)
        {
            throw new IllegalArgumentException(
                byteCountMax + " bytes, " + threadCount + " threads, " + scanFirstMax + " ancestors");
        }
        this.scanFirstMax = scanFirstMax;
        this.byteCountMax = byteCountMax;
        this.threadCount = threadCount;
    }

    /** A gibibyte, ten times what the ten-million-node fixture needs, or an eighth of the heap if that is less. */
    public static IndexLimits ofHeap()
    {
        return new IndexLimits(Math.min(BYTE_COUNT_MAX, Runtime.getRuntime().maxMemory() / 8), 1, SCAN_FIRST_MAX);
    }

    /** The same with other threads for the sweep. */
    public IndexLimits withThreads(final int count)
    {
        return new IndexLimits(byteCountMax, count, scanFirstMax);
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

    int scanFirstMax()
    {
        return scanFirstMax;
    }

    long setIntsMax()
    {
        return byteCountMax / 4;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

/** How soon bad lanes were found, over all scenes. */
final class HostileFigures
{
    private static final double NS_PER_MS = 1e6;

    int lateFaults;
    int foundAtTheEnd;
    private final int[] foundInCycle = new int[HostileScene.CYCLES_MAX + 1];
    private final int[] foundInMs = new int[1001];
    private long nsMax;
    private int foundLater;
    private long laterNsMax;

    void found(final int cycles, final long ns)
    {
        foundInCycle[Math.min(cycles, HostileScene.CYCLES_MAX)]++;
        foundInMs[(int)Math.min(foundInMs.length - 1, ns / (long)NS_PER_MS)]++;
        nsMax = Math.max(nsMax, ns);
    }

    void foundLater(final long ns)
    {
        foundLater++;
        laterNsMax = Math.max(laterNsMax, ns);
    }

    int found()
    {
        int sum = 0;
        for (final int count : foundInCycle)
        {
            sum += count;
        }
        return sum;
    }

    private int foundWithinMs(final int ms)
    {
        int sum = 0;
        for (int i = 0; i < ms; i++)
        {
            sum += foundInMs[i];
        }
        return sum;
    }

    @Override
    public String toString()
    {
        final StringBuilder text = new StringBuilder("quarantined in duty cycle");
        for (int cycle = 1; cycle < foundInCycle.length; cycle++)
        {
            text.append(' ').append(cycle).append(cycle < HostileScene.CYCLES_MAX ? ": " : " or later: ")
                .append(foundInCycle[cycle]);
        }
        return text.append("; within 1 ms: ").append(foundWithinMs(1)).append(", 10 ms: ").append(foundWithinMs(10))
            .append(", 100 ms: ").append(foundWithinMs(100)).append(", the last one after ").append(nsMax / NS_PER_MS)
            .append(" ms; by a later look at folds or at a producer that is gone: ").append(foundLater)
            .append(", the last one after ").append(laterNsMax / NS_PER_MS)
            .append(" ms; at the end: ").append(foundAtTheEnd)
            .append("; faults that the JVM told late: ").append(lateFaults).toString();
    }
}

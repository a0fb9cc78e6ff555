/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/** A set of nodes that is emptied by a stamp: small sets of a large graph, one after another. */
final class SeenNodes
{
    private long[] seen = new long[256];
    private int stamp;
    private int count;

    /** Empty it: before the first use, too. */
    void forget()
    {
        count = 0;
        stamp++;
        if (stamp < 0)
        {
            Arrays.fill(seen, 0);
            stamp = 1;
        }
    }

    /** True the first time since it was emptied. */
    boolean see(final int node)
    {
        final long entry = ((long)stamp << 32) | node;
        int slot = slot(node);
        while ((seen[slot] >>> 32) == stamp)
        {
            if (seen[slot] == entry)
            {
                return false;
            }
            slot = (slot + 1) & (seen.length - 1);
        }
        seen[slot] = entry;
        if (4 * ++count > seen.length)
        {
            grow();
        }
        return true;
    }

    private int slot(final int node)
    {
        return (node * 0x9E3779B1 >>> 8) & (seen.length - 1);
    }

    private void grow()
    {
        final long[] before = seen;
        seen = new long[4 * before.length];
        for (final long entry : before)
        {
            if ((entry >>> 32) == stamp)
            {
                int slot = slot((int)entry);
                while (0 != seen[slot])
                {
                    slot = (slot + 1) & (seen.length - 1);
                }
                seen[slot] = entry;
            }
        }
    }
}

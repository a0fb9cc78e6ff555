/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.util.ArrayList;
import java.util.List;

/** What a device does in one go: phases of ops, each repeated as the layers of a model are. */
final class Program
{
    static final int NO_KEY = -1;

    /** One kernel, or with NO_KEY a time without one. FLOP and duration are before jitter. */
    record Op(int key, long flopCount, long durationNs)
    {
    }

    /** Arrays, because this is walked for every sample. */
    static final class Phase
    {
        final long repeat;
        final long durationNs;
        final int[] keys;
        final long[] flopCounts;
        final long[] durationsNs;
        /** Number of its first op among all of a trace. */
        final int opFirst;

        private Phase(final int opFirst, final long repeat, final List<Op> ops)
        {
            this.opFirst = opFirst;
            this.repeat = repeat;
            keys = ops.stream().mapToInt(Op::key).toArray();
            flopCounts = ops.stream().mapToLong(Op::flopCount).toArray();
            durationsNs = ops.stream().mapToLong(Op::durationNs).toArray();
            long sumNs = 0;
            for (final long ns : durationsNs)
            {
                sumNs = Math.addExact(sumNs, ns);
            }
            durationNs = sumNs;
        }
    }

    private final List<Phase> phaseList = new ArrayList<>();
    private Phase[] phases = new Phase[0];
    private long durationNs;

    /** Return the number of the next phase's first op. */
    int add(final int opFirst, final long repeat, final List<Op> ops)
    {
        final Phase phase = new Phase(opFirst, repeat, ops);
        phaseList.add(phase);
        phases = phaseList.toArray(new Phase[0]);
        durationNs = Math.addExact(durationNs, Math.multiplyExact(repeat, phase.durationNs));
        return opFirst + ops.size();
    }

    Phase[] phases()
    {
        return phases;
    }

    long durationNs()
    {
        return durationNs;
    }
}

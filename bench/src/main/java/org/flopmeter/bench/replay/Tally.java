/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.math.BigInteger;

/**
 * What the producers say they emitted; not what the replay is judged by, that is the oracle.
 *
 * @param isAttached false when a producer found no meter.
 * @param cpuNs      CPU time of their threads, generation of the trace included.
 */
record Tally(BigInteger flopCount, long samples, boolean isAttached, long cpuNs)
{
    static final Tally NONE = new Tally(BigInteger.ZERO, 0, true, 0);

    /** {@code samples N flop N attached 0|1 thread-cpu-ns N}. */
    static Tally parse(final String line)
    {
        final String[] words = line.strip().split(" ");
        if (8 != words.length)
        {
            throw new IllegalStateException("a producer printed: " + line);
        }
        return new Tally(
            new BigInteger(words[3]), Long.parseLong(words[1]), "1".equals(words[5]), Long.parseLong(words[7]));
    }

    Tally add(final Tally other)
    {
        return new Tally(flopCount.add(other.flopCount), samples + other.samples, isAttached && other.isAttached,
            cpuNs + other.cpuNs);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.validate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * CPU time of the whole machine so far, from the first line of /proc/stat, in ticks.
 *
 * @param stolen by the hypervisor for other guests.
 * @param total  of any kind, idle included.
 */
public record Steal(long stolen, long total)
{
    private static final int STEAL_INDEX = 7;
    private static final int KINDS = 8;

    /** As it is now. */
    public static Steal now() throws IOException
    {
        return of(Files.readAllLines(Path.of("/proc/stat")).get(0));
    }

    /** Of a line "cpu user nice system idle iowait irq softirq steal ...". */
    static Steal of(final String line)
    {
        final String[] words = line.strip().split("\\s+");
        long total = 0;
        for (int i = 1; i <= KINDS && i < words.length; i++)
        {
            total += Long.parseLong(words[i]);
        }
        return new Steal(words.length > KINDS ? Long.parseLong(words[STEAL_INDEX + 1]) : 0, total);
    }

    /** Share of the time since then that was stolen. */
    public double shareSince(final Steal before)
    {
        return total == before.total ? 0 : (double)(stolen - before.stolen) / (total - before.total);
    }
}

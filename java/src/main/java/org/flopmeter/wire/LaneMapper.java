/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.io.IOException;
import java.nio.file.Path;

/** What the meter needs of the operating system and Java can't do safely; implemented in sampler. */
public interface LaneMapper
{
    /**
     * Map a file of the meter directory, read-write, not following links.
     *
     * @param lengthExpected exact length, or 0 when any page-sized length will do.
     * @throws IOException    the file is not there any more, or the system is short of something: try again later.
     * @throws LaneViolation it is not a regular file of ours with one link, mode 0600 and that length.
     */
    MappedLane map(Path directory, String name, long lengthExpected) throws IOException, LaneViolation;

    /**
     * Is the process that had this pid and start time (field 22 of /proc/pid/stat) still there? In doubt, yes; and a
     * pid of another pid namespace than ours is always in doubt.
     */
    boolean isAlive(int pid, long startTicks, long pidNamespace);

    /** Does a live process hold the flock on this file? In doubt, yes; a file that is not there is not locked. */
    boolean isLocked(Path directory, String name);

    /** CLOCK_MONOTONIC of the system whose lanes these are; a simulated one has its own. */
    default long nanoTime()
    {
        return System.nanoTime();
    }

    /** The loop that drains what this maps. */
    default DrainKernel drainKernel()
    {
        return JavaDrainKernel.INSTANCE;
    }
}

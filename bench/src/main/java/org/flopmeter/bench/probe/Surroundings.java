/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import org.flopmeter.bench.card.Placement;

/** The distance just before a round and just after it. */
public record Surroundings(Distance before, Distance after)
{
    /** The hypervisor moved the CPUs meanwhile, so the round belongs to both classes or to none. */
    public boolean isMixed()
    {
        return before.placement() != after.placement();
    }

    /** The slower one where they differ: a figure is never shown in too good a class. */
    public Placement placement()
    {
        return before.placement().slower(after.placement());
    }

    /** What could have crossed at best: the mean of both streams. */
    public double roofBytesPerSec()
    {
        return (before.streamBytesPerSec() + after.streamBytesPerSec()) / 2;
    }
}

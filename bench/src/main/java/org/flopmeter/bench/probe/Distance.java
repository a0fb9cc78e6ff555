/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import org.flopmeter.bench.card.Placement;

/**
 * How far apart two CPUs are at one moment.
 *
 * @param latencyNs         a cache line from one to the other, one way.
 * @param streamBytesPerSec through a ring of 4 MiB: the roof of anything that crosses.
 */
public record Distance(double latencyNs, double streamBytesPerSec)
{
    private static final double NEAR_NS_BELOW = 45;
    private static final double MIDDLE_NS_BELOW = 150;

    /** The class that the latency falls into. */
    public Placement placement()
    {
        return latencyNs < NEAR_NS_BELOW ? Placement.NEAR :
            latencyNs < MIDDLE_NS_BELOW ? Placement.MIDDLE : Placement.FAR;
    }
}

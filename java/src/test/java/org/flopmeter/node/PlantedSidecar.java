/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.HeadFirstKernel;
import org.flopmeter.wire.LaneMapper;

/**
 * The sidecar with a mistake in it, for {@link SidecarKillTest}. "head-first": heads move before the commit.
 * "lock-less": it takes the account of each run whoever holds it, and the place whoever serves it.
 */
final class PlantedSidecar
{
    static final String HEAD_FIRST = "head-first";
    static final String LOCK_LESS = "lock-less";

    private PlantedSidecar()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        final Path place = Path.of(args[2]);
        final boolean isLockLess = LOCK_LESS.equals(System.getProperty("flopmeter.planted"));
        final LaneMapper mapper = isLockLess ?
            new NativeLaneMapper() : new NativeLaneMapper(new HeadFirstKernel(DrainKernels.selected()));
        final long uid = StateDirectory.uid();
        final Sidecar sidecar = new Sidecar(
            List.of(isLockLess ? seize(place, uid) : MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE,
            System.err::println);
        while (true)
        {
            LockSupport.parkNanos(sidecar.cycle());
        }
    }

    /** Again when another one that starts at the same time held it in between. */
    private static MeterPlace seize(final Path place, final long uid) throws IOException
    {
        MeterPlace held = null;
        while (null == held)
        {
            breakLocks(place);
            held = MeterPlace.hold(place, uid);
        }
        return held;
    }

    /** A lock that is on a file of its own is none. */
    private static void breakLocks(final Path place) throws IOException
    {
        try (Stream<Path> files = Files.walk(place))
        {
            for (final Path file : files.filter(file -> file.getFileName().toString().endsWith(".lock")).toList())
            {
                Files.deleteIfExists(file);
            }
        }
    }
}

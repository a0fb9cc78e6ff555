/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.HeadFirstKernel;

/** The sidecar with a mistake in it, for {@link SidecarKillTest}: heads move before the commit. */
final class PlantedSidecar
{
    private PlantedSidecar()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        final long uid = StateDirectory.uid();
        final Path place = Path.of(args[2]);
        final Sidecar sidecar = new Sidecar(
            List.of(MeterPlace.hold(place, uid)),
            new NativeLaneMapper(new HeadFirstKernel(DrainKernels.selected(), place)), uid, CpuBudget.NONE,
            System.err::println);
        while (true)
        {
            LockSupport.parkNanos(sidecar.cycle());
        }
    }
}

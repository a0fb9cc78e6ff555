/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.HeadFirstKernel;

/** The meter's process with a mistake in it, for {@link MeterKillTest}. Its arguments are those of the real one. */
final class PlantedAggregate
{
    private static final long OWNER_CHECK_NS = 1_000_000_000L;

    private PlantedAggregate()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        final Path directory = Path.of(args[2]);
        final NativeLaneMapper mapper = new NativeLaneMapper(new HeadFirstKernel(DrainKernels.selected(), directory));
        final Drain drain = new Drain(directory, mapper, CpuBudget.NONE, EndNotice.NONE, OWNER_CHECK_NS);
        final Reading reading;
        try (AggregatorAgent agent = drain.open())
        {
            drain.untilFacts(agent, null, null);
            reading = Drain.toEnd(agent);
        }
        ResultFiles.of(RunFacts.read(directory.resolve(RunFacts.FACTS)), reading, CpuPeak.probe(Path.of("/")),
            Messages.of(Map.of())).write(directory);
    }
}

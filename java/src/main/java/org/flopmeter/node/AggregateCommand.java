/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.QuietIdleStrategy;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.sampler.NativeTerminal;
import org.flopmeter.wire.LaneMapper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The meter's process of one run: drains until the supervisor's facts are there, then writes the result. */
@Command(name = "aggregate", hidden = true, description = "Internal: the meter's process of one run.")
final class AggregateCommand extends StreamCommand
{
    private static final String OWNER_LOCK = "owner.lock";
    private static final long OWNER_CHECK_NS = 1_000_000_000L;
    private static final long OPEN_RETRY_NS = 50_000_000L;

    @Option(names = "--meter-dir", required = true, paramLabel = "DIR", description = "Meter directory of the run.")
    private Path meterDirectory;

    @Option(names = "--live-fd", defaultValue = "-1", paramLabel = "N", description = "Descriptor for the live line.")
    private int liveDescriptor;

    @Override
    public Integer call() throws IOException
    {
        if (!Files.isDirectory(meterDirectory))
        {
            throw new UsageException(meterDirectory + ": no such directory");
        }
        final Messages messages = Messages.of(System.getenv());
        final LaneMapper mapper = new NativeLaneMapper();
        final Path factsFile = meterDirectory.resolve(RunFacts.FACTS);
        final Reading reading;
        try (AggregatorAgent agent = open(meterDirectory, factsFile, mapper);
            LiveLine live = liveLine(messages))
        {
            if (!drainUntil(factsFile, agent, mapper, live))
            {
                err().println("flopmeter: the supervisor is gone; \"flopmeter result " + meterDirectory +
                    "\" computes the result from what is here");
                return Main.ENVIRONMENT;
            }
            agent.drainToEnd();
            reading = Reading.of(agent.totals());
        }
        final RunFacts facts = RunFacts.read(factsFile).withMeterCpuNs(ownCpuNs());
        ResultFiles.of(facts, reading, CpuPeak.probe(Path.of("/")), messages).write(meterDirectory);
        return Main.DONE;
    }

    /** Lanes may have left no room for an account. There will be some when the supervisor writes its facts. */
    private static AggregatorAgent open(final Path directory, final Path factsFile, final LaneMapper mapper)
        throws IOException
    {
        while (true)
        {
            final boolean isLastAttempt = Files.exists(factsFile) || isOrphan(directory, mapper);
            try
            {
                return AggregatorAgent.open(directory, mapper, RunStart::spillDirectory);
            }
            catch (final IOException ex)
            {
                if (isLastAttempt)
                {
                    throw ex;
                }
                LockSupport.parkNanos(OPEN_RETRY_NS);
            }
        }
    }

    /** False when nobody is left who could write the facts. */
    private static boolean drainUntil(
        final Path factsFile, final AggregatorAgent agent, final LaneMapper mapper, final LiveLine live)
    {
        final IdleStrategy idleStrategy = new QuietIdleStrategy();
        long ownerCheckNs = System.nanoTime();
        while (!Files.exists(factsFile))
        {
            final int workCount = agent.doWork();
            final long nowNs = System.nanoTime();
            if (null != live && live.isDue(nowNs))
            {
                live.update(Reading.of(agent.totals()), nowNs);
            }
            if (nowNs - ownerCheckNs > OWNER_CHECK_NS)
            {
                ownerCheckNs = nowNs;
                if (isOrphan(factsFile.getParent(), mapper) && !Files.exists(factsFile))
                {
                    return false;
                }
            }
            idleStrategy.idle(workCount);
        }
        return true;
    }

    private static boolean isOrphan(final Path directory, final LaneMapper mapper)
    {
        return !Files.isDirectory(directory) ||
            (Files.exists(directory.resolve(OWNER_LOCK)) && !mapper.isLocked(directory, OWNER_LOCK));
    }

    /** Null when no line is wanted or the terminal can't show one. */
    private LiveLine liveLine(final Messages messages)
    {
        if (0 > liveDescriptor || !LiveLine.isPossible(System.getenv()))
        {
            return null;
        }
        final NativeTerminal terminal = new NativeTerminal(liveDescriptor);
        return new LiveLine(terminal::write, terminal::columns, System.getenv(), messages, System.nanoTime());
    }

    private static long ownCpuNs()
    {
        return ProcessHandle.current().info().totalCpuDuration().map(duration -> duration.toNanos()).orElse(0L);
    }
}

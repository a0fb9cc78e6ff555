/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.aggregate.MeterDirectory;
import org.flopmeter.aggregate.Pacer;
import org.flopmeter.ledger.Presence;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunStart;
import org.flopmeter.sampler.CpuTime;
import org.flopmeter.wire.LaneMapper;

/**
 * The meter's loop. A lane that is truncated under its map faults, and the JVM may tell so long after the read, at any
 * place of this loop: then the agent goes back to what is committed, and the loop goes on.
 */
public final class Drain
{
    private static final long OPEN_RETRY_NS = 50_000_000L;
    /** Where nobody tells of the end. */
    private static final long SLEEP_NS_MAX = 50_000_000L;
    /** A look at a file costs as much as draining a lane. */
    private static final long FACTS_INTERVAL_NS = 20_000_000L;
    private static final int FAULTS_IN_A_ROW_MAX = 64;

    private final Path directory;
    private final Path factsFile;
    private final File facts;
    private final LaneMapper mapper;
    private final CpuBudget budget;
    private final EndNotice end;
    private final long ownerCheckIntervalNs;
    private long ownerCheckNs = System.nanoTime();
    private boolean isBegun;
    private long beginCpuNs;
    private long beginNs;
    private long loopCpuNs;
    private long loopWallNs;

    Drain(
        final Path directory,
        final LaneMapper mapper,
        final CpuBudget budget,
        final EndNotice end,
        final long ownerCheckIntervalNs)
    {
        this.budget = budget;
        this.end = end;
        this.directory = directory;
        this.factsFile = directory.resolve(RunFacts.FACTS);
        facts = factsFile.toFile();
        this.mapper = mapper;
        this.ownerCheckIntervalNs = ownerCheckIntervalNs;
    }

    /** Lanes may have left no room for an account. There will be some when the supervisor writes its facts. */
    AggregatorAgent open() throws IOException
    {
        while (true)
        {
            final boolean isLastAttempt = Files.exists(factsFile) || isOrphan();
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

    /**
     * CPU time of this process during {@link #untilFacts}, in ns. The first cycle, in which a JVM loads and compiles,
     * is not in it: a budget begins behind it, too.
     */
    long loopCpuNs()
    {
        return loopCpuNs;
    }

    /** How long {@link #untilFacts} ran from there, in ns. */
    long loopWallNs()
    {
        return loopWallNs;
    }

    /** False when nobody is left who could write the facts. */
    boolean untilFacts(final AggregatorAgent agent, final LiveLine live, final LedgerThread.Live booking)
    {
        final boolean areFactsThere = drainUntilFacts(agent, live, booking);
        if (isBegun)
        {
            loopCpuNs = CpuTime.processNs() - beginCpuNs;
            loopWallNs = System.nanoTime() - beginNs;
        }
        return areFactsThere;
    }

    private void begin()
    {
        if (!isBegun)
        {
            isBegun = true;
            beginCpuNs = CpuTime.processNs();
            beginNs = System.nanoTime();
        }
    }

    private boolean drainUntilFacts(
        final AggregatorAgent agent, final LiveLine live, final LedgerThread.Live booking)
    {
        final Pacer pacer = new Pacer(budget);
        long factsNs = System.nanoTime() - FACTS_INTERVAL_NS;
        int faults = 0;
        while (true)
        {
            try
            {
                final long nowNs = System.nanoTime();
                if (nowNs - factsNs >= FACTS_INTERVAL_NS)
                {
                    factsNs = nowNs;
                    if (areFactsThere())
                    {
                        return true;
                    }
                }
                final int workCount = agent.doWork();
                update(agent, live);
                if (null != booking)
                {
                    booking.answer(agent);
                }
                if (isAbandoned())
                {
                    return false;
                }
                begin();
                rest(agent, pacer.pauseNs(workCount, agent.halfFullNs(), System.nanoTime()));
                faults = 0;
            }
            catch (final InternalError fault)
            {
                recover(agent, fault, ++faults);
            }
        }
    }

    /** A budget may ask for a long sleep; the end of the run must not wait for it. To wake for a look costs as much. */
    private void rest(final AggregatorAgent agent, final long pauseNs)
    {
        final long endNs = System.nanoTime() + pauseNs;
        agent.tidy();
        long leftNs = endNs - System.nanoTime();
        while (leftNs > 0)
        {
            LockSupport.parkNanos(end.isAwaited() ? leftNs : Math.min(leftNs, SLEEP_NS_MAX));
            leftNs = endNs - System.nanoTime();
            if (leftNs > 0 && areFactsThere())
            {
                return;
            }
        }
    }

    /** Everything that is there, and what it adds up to. */
    public static Reading toEnd(final AggregatorAgent agent)
    {
        for (int faults = 0;;)
        {
            try
            {
                agent.drainToEnd();
                return Reading.of(agent.totals());
            }
            catch (final InternalError fault)
            {
                recover(agent, fault, ++faults);
            }
        }
    }

    private static void recover(final AggregatorAgent agent, final InternalError fault, final int faults)
    {
        if (faults > FAULTS_IN_A_ROW_MAX)
        {
            throw fault;
        }
        agent.onFault(fault);
    }

    private static void update(final AggregatorAgent agent, final LiveLine live)
    {
        final long nowNs = System.nanoTime();
        if (null != live && live.isDue(nowNs))
        {
            live.update(Reading.of(agent.totals()), nowNs);
        }
    }

    /** java.io: a file that is not there is no exception. */
    private boolean areFactsThere()
    {
        return facts.exists();
    }

    private boolean isAbandoned()
    {
        final long nowNs = System.nanoTime();
        if (nowNs - ownerCheckNs <= ownerCheckIntervalNs)
        {
            return false;
        }
        ownerCheckNs = nowNs;
        return isOrphan() && !Files.exists(factsFile);
    }

    private boolean isOrphan()
    {
        return isOrphan(directory, mapper);
    }

    /** Has its supervisor died, as far as one can know? A directory without the lock has an owner who takes none. */
    public static boolean isOrphan(final Path directory, final LaneMapper mapper)
    {
        return Presence.isNoDirectory(directory) ||
            (Files.exists(directory.resolve(MeterDirectory.OWNER_LOCK)) &&
                !mapper.isLocked(directory, MeterDirectory.OWNER_LOCK));
    }
}

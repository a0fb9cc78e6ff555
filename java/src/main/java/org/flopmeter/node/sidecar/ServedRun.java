/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.meter.Drain;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.record.ArtifactNotes;
import org.flopmeter.node.run.MeterLoop;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.ResultBuilder;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.run.RunStart;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.sampler.CpuTime;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.wire.LaneMapper;
import tools.jackson.databind.JsonNode;

/** One meter directory that a sidecar serves: what an `aggregate` process of its own does, a duty cycle at a time. */
final class ServedRun implements AutoCloseable
{
    /** What became of the run. */
    enum State
    {
        GOES_ON,
        /** Its result is written. */
        DONE,
        /** Nobody is left who could tell its end: what it did is committed, "flopmeter result" makes a result of it. */
        ORPHANED,
        /** Its program names what it reads and writes: its own meter records that. */
        RECORDS
    }

    private static final long OWNER_CHECK_NS = 1_000_000_000L;
    private static final int FAULTS_IN_A_ROW_MAX = 64;

    private final Path directory;
    private final LaneMapper mapper;
    private final AggregatorAgent agent;
    private final String run;
    private final String language;
    private final Path facts;
    /** A look by way of it costs a tenth; null on a file system that is not the machine's. */
    private final File factsFile;
    private final boolean isStanding;
    private final LongSupplier cpuClock;
    private LedgerThread.Live booking;
    private RunResult ending;
    private long endingNs;
    private Runnable onBooked;
    private final long beginNs;
    private final long beganNs;
    private HostDeclared.Counted counted = HostDeclared.Counted.NOTHING;
    private long commitsCounted = -1;
    private long ownerCheckNs;
    private long cpuNs;
    private int faults;

    private ServedRun(
        final Path directory,
        final LaneMapper mapper,
        final AggregatorAgent agent,
        final JsonNode start,
        final boolean isStanding,
        final LongSupplier cpuClock)
    {
        this.directory = directory;
        this.mapper = mapper;
        this.agent = agent;
        this.isStanding = isStanding;
        this.cpuClock = cpuClock;
        beginNs = mapper.nanoTime();
        ownerCheckNs = beginNs;
        run = start.path("run").asString("?");
        beganNs = start.path("beginMonotonicNs").asLong(0);
        language = start.path("language").asString("");
        facts = directory.resolve(RunFacts.FACTS);
        factsFile = FileSystems.getDefault().equals(facts.getFileSystem()) ? facts.toFile() : null;
    }

    /** Take over the directory of a run: go on from what is committed. @param cpuClock CPU time of this process. */
    static ServedRun ofRun(
        final Path directory, final JsonNode start, final LaneMapper mapper, final LongSupplier cpuClock)
        throws IOException
    {
        return new ServedRun(directory, mapper, AggregatorAgent.open(directory, mapper, RunStart::spillDirectory),
            start, false, cpuClock);
    }

    /** Take over the directory of processes that belong to no run. It has no end. */
    static ServedRun ofServices(final Path directory, final JsonNode start, final LaneMapper mapper) throws IOException
    {
        return new ServedRun(
            directory, mapper, AggregatorAgent.open(directory, mapper), start, true, CpuTime::processNs);
    }

    Path directory()
    {
        return directory;
    }

    String run()
    {
        return run;
    }

    /** Its end is being booked. */
    boolean isEnding()
    {
        return null != ending;
    }

    boolean isStanding()
    {
        return isStanding;
    }

    /** CLOCK_MONOTONIC, as its supervisor says; 0 = it does not. */
    long beganNs()
    {
        return beganNs;
    }

    /** What its lanes have declared of CPUs so far, as of the last commit. */
    HostDeclared.Counted counted()
    {
        final long commits = agent.commits();
        if (commits != commitsCounted || agent.hasNested())
        {
            try
            {
                counted = HostDeclared.Counted.of(Reading.of(agent.totals()));
                commitsCounted = commits;
            }
            catch (final FlopOverflowException ex)
            {
                // The run's end tells of it.
                return counted;
            }
            catch (final InternalError fault)
            {
                onFault(fault);
            }
        }
        return counted;
    }

    /** One duty cycle. Return 0 when there was nothing to do. */
    int work()
    {
        if (null != ending)
        {
            return 0;
        }
        final long cpuNsBefore = cpuClock.getAsLong();
        int work = 1;
        try
        {
            work = agent.doWork();
            if (null != booking)
            {
                booking.answer(agent);
            }
            faults = 0;
        }
        catch (final InternalError fault)
        {
            onFault(fault);
        }
        cpuNs += cpuClock.getAsLong() - cpuNsBefore;
        return work;
    }

    /** In place of a sleep: what may wait until a cycle is done. */
    void tidy()
    {
        agent.tidy();
    }

    long halfFullNs()
    {
        return agent.halfFullNs();
    }

    /** A read of some lane of this sidecar faulted, and which of them is not known. */
    void onFault(final InternalError fault)
    {
        if (++faults > FAULTS_IN_A_ROW_MAX)
        {
            throw new IllegalStateException("reads fault again and again: " + fault.getMessage(), fault);
        }
        agent.onFault(fault);
    }

    private boolean areFactsThere()
    {
        return null == factsFile ? Files.exists(facts) : factsFile.exists();
    }

    /** Look whether the run is over, and write its result when it is. */
    State look(final long nowNs) throws IOException
    {
        if (isStanding)
        {
            return State.GOES_ON;
        }
        if (null != ending)
        {
            return writeBooked(nowNs) ? State.DONE : State.GOES_ON;
        }
        // In this order: what a program noted is there before it is over.
        final boolean isOver = areFactsThere();
        if (ArtifactNotes.areIn(directory))
        {
            agent.doWork();
            return State.RECORDS;
        }
        if (isOver)
        {
            return finish() ? State.DONE : State.GOES_ON;
        }
        if (nowNs - ownerCheckNs > OWNER_CHECK_NS)
        {
            ownerCheckNs = nowNs;
            if (Drain.isOrphan(directory, mapper) && !areFactsThere())
            {
                agent.doWork();
                return State.ORPHANED;
            }
        }
        return State.GOES_ON;
    }

    /**
     * The account is held until the result is there: nobody must think that this run is not served. The disk takes its
     * time to book it, and nobody else waits for that.
     */
    private boolean finish() throws IOException
    {
        final long cpuNsBefore = cpuClock.getAsLong();
        final MeterLoop loop = new MeterLoop(cpuNs, mapper.nanoTime() - beginNs, null);
        final Reading reading = Drain.toEnd(agent);
        cpuNs += cpuClock.getAsLong() - cpuNsBefore;
        final RunFacts told = RunFacts.read(facts).withMeterCpuNs(cpuNs);
        try
        {
            ending = new ResultBuilder(told, reading, CpuPeak.probe(Path.of("/")), loop).build();
        }
        catch (final FlopOverflowException ex)
        {
            ResultFiles.overflow(told, ex, "").write(directory);
            return true;
        }
        if (null == booking)
        {
            final LedgerBooking once = LedgerBooking.of(directory, messages());
            ResultFiles.of(ending, messages(), null == once ? List.of() : once.book(ending, reading)).write(directory);
            return true;
        }
        endingNs = mapper.nanoTime();
        booking.end(ending, reading, onBooked);
        return false;
    }

    private boolean writeBooked(final long nowNs) throws IOException
    {
        final boolean isTold = booking.isTold();
        if (!isTold && nowNs - endingNs < LedgerThread.PATIENCE_NS)
        {
            return false;
        }
        ResultFiles.of(ending, messages(), isTold ? booking.lines() : booking.unanswered()).write(directory);
        return true;
    }

    private Messages messages()
    {
        return Messages.of(Map.of("LANG", language));
    }

    /** Book it while it goes on. @param whenBooked called from another thread when an ending run was booked. */
    void bookWith(final LedgerThread ledger, final Path state, final Runnable whenBooked)
    {
        onBooked = whenBooked;
        booking = isStanding ? ledger.beginStanding(directory, state) : ledger.begin(directory, messages());
    }

    @Override
    public void close()
    {
        if (null != booking)
        {
            booking.letGo();
        }
        agent.close();
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;

/**
 * Drains all lanes of a meter directory into exact totals.
 * <p>
 * One duty cycle: find lanes, drain each a bounded part, one commit, then heads. So it may be killed anywhere and
 * opened
 * again, and every released sample is in the totals once. Thread-safe, and meant for one thread.
 */
public final class AggregatorAgent implements AutoCloseable
{
    /** Nested meters deeper than this are not followed: a chain of directories must not become a chain of frames. */
    public static final int NESTING_DEPTH_MAX = 16;

    private static final long LIVENESS_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(200);
    /**
     * Lanes of dead producers stay mapped until so many are there: whatever a wrong verdict would lose is then seen.
     */
    static final int DEAD_LANES_KEPT = 32;
    private static final int IDLE_ROUNDS_TO_END = 2;
    private static final int FAULTS_AT_ONCE_MAX = 8;
    /** A producer that goes on for ever must not keep the meter from ending. */
    private static final int ROUNDS_TO_END_MAX = 16384;

    private final Path directory;
    private final LaneMapper mapper;
    private final SpillDirectories spillDirectories;
    private final List<Path> places = new ArrayList<>();
    private final Account account;
    private final LaneTable lanes;
    private final Liveness liveness;
    private final int depth;
    private final RecordWriter record = RecordWriter.ofRecord();
    private final List<LaneSession> finished = new ArrayList<>();
    private MappedLane controlMap;
    private ControlReader control;
    private Finding controlFinding;
    /** It is there, and the system was short of something. */
    private boolean isControlDue;
    private Finding spillFinding;
    private final List<Finding> nestedFindings = new ArrayList<>();
    private long livenessCheckedNs;
    private long commits;
    private boolean isEnding;
    private boolean isClosed;

    private AggregatorAgent(
        final Path meterDir,
        final LaneMapper mapper,
        final SpillDirectories spillDirectories,
        final Account account,
        final int depth)
    {
        directory = meterDir;
        this.mapper = mapper;
        this.spillDirectories = spillDirectories;
        this.account = account;
        this.depth = depth;
        liveness = new Liveness(mapper);
        findPlaces();
        lanes = new LaneTable(places.stream().map(MeterDirectory::new).toList(), mapper, account);
        openControl();
    }

    /** Take over a meter directory: what an earlier meter committed is the beginning. */
    public static AggregatorAgent open(
        final Path meterDir, final LaneMapper mapper, final SpillDirectories spillDirectories) throws IOException
    {
        return open(meterDir, mapper, spillDirectories, Account.Steps.NONE, 0);
    }

    /** Take over a meter directory that has no second place for lanes. */
    public static AggregatorAgent open(final Path meterDir, final LaneMapper mapper) throws IOException
    {
        return open(meterDir, mapper, SpillDirectories.NONE);
    }

    static AggregatorAgent open(
        final Path meterDir,
        final LaneMapper mapper,
        final SpillDirectories spillDirectories,
        final Account.Steps steps,
        final int depth) throws IOException
    {
        return new AggregatorAgent(meterDir, mapper, spillDirectories, Account.open(meterDir, steps), depth);
    }

    /** One duty cycle. Return 0 when there was nothing to do. */
    public synchronized int doWork()
    {
        try
        {
            final long nowNs = mapper.nanoTime();
            int work = lanes.scan(nowNs);
            final boolean isLivenessDue = nowNs - livenessCheckedNs > LIVENESS_INTERVAL_NS;
            liveness.askAnew();
            for (final LaneSession session : lanes.sessions())
            {
                final int workOfLane = lanes.turn(session, nowNs);
                work += workOfLane;
                if (isLivenessDue && 0 == workOfLane && !session.isFinished() && !session.isProducerAlive(liveness))
                {
                    work += 1 + lanes.finish(session);
                }
            }
            if (isLivenessDue)
            {
                livenessCheckedNs = nowNs;
                if (isControlDue)
                {
                    openControl();
                }
            }
            commit();
            if (null != control)
            {
                control.timeNs(mapper.nanoTime());
            }
            return work;
        }
        catch (final InternalError fault)
        {
            onFault(fault);
            return 1;
        }
    }

    /**
     * What may wait until a duty cycle is done, and takes longer than one: the loop does it in place of a sleep. Where
     * this is never called, {@link #doWork()} does it.
     */
    public synchronized void tidy()
    {
        account.tidy();
    }

    /**
     * After {@link #doWork()}: when the first ring is expected to be half full, in ns from then; Long.MAX_VALUE when
     * there is none.
     */
    public synchronized long halfFullNs()
    {
        return lanes.halfFullNs();
    }

    /** Drain what is released now to its end, and adopt nested meters whose supervisors are gone. */
    public synchronized void drainToEnd()
    {
        isEnding = true;
        int idleRounds = 0;
        for (int round = 0; round < ROUNDS_TO_END_MAX && idleRounds < IDLE_ROUNDS_TO_END; round++)
        {
            lanes.scanSoon();
            livenessCheckedNs = mapper.nanoTime() - LIVENESS_INTERVAL_NS - 1;
            idleRounds = 0 == doWork() ? idleRounds + 1 : 0;
        }
        try
        {
            lanes.sessions().forEach(lanes::scanFolds);
            lanes.lastLook();
            commit();
        }
        catch (final InternalError fault)
        {
            onFault(fault);
            doWork();
        }
        if (depth < NESTING_DEPTH_MAX)
        {
            nestedFindings.clear();
            NestedMeters.adoptOrphans(directory, mapper, spillDirectories, depth + 1, nestedFindings);
        }
    }

    /** Grows with each commit: while it does not, and no meter is nested in this one, {@link #totals()} is the same. */
    public synchronized long commits()
    {
        return commits;
    }

    /** Are there meters nested in this one, whose totals are in {@link #totals()}? Lists the directory. */
    public boolean hasNested()
    {
        return !MeterDirectory.nestedIn(directory).isEmpty();
    }

    /** What is committed. A sum beyond 128 bits is a {@link FlopOverflowException}. */
    public synchronized Totals totals()
    {
        final TotalsBuilder builder = new TotalsBuilder();
        builder.add(account.state(), "");
        addControl(builder);
        nestedFindings.forEach(builder::addFinding);
        NestedMeters.addTo(builder, directory, "", mapper, depth + 1);
        return new Totals(builder);
    }

    /** Let go of everything; nothing is committed here. */
    @Override
    public synchronized void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            lanes.dropAll();
            control = null;
            if (null != controlMap)
            {
                controlMap.close();
            }
            account.close();
        }
    }

    /**
     * A read of some lane faulted, and the JVM told it to whoever ran at that time (JDK 17: the caller of this class,
     * perhaps). What was committed is in the file, whatever the fault interrupted: go on from there, as a new meter.
     */
    public synchronized void onFault(final InternalError fault)
    {
        InternalError last = fault;
        for (int i = 0; null != last; i++)
        {
            try
            {
                lanes.onFault(last);
                account.reload();
                last = null;
            }
            catch (final InternalError ex)
            {
                if (FAULTS_AT_ONCE_MAX == i)
                {
                    throw ex;
                }
                last = ex;
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException("account can't be read again after a fault", ex);
            }
        }
    }

    /** Of the last end: nested meters that could not be taken over. */
    List<Finding> nestedFindings()
    {
        return nestedFindings;
    }

    private void commit()
    {
        Account.begin(record);
        final int emptyLength = record.length();
        finished.clear();
        encodeLanes();
        encodeForgotten();
        encodeQuarantines();
        if (record.length() == emptyLength)
        {
            return;
        }
        try
        {
            account.commit(record);
        }
        catch (final IOException ex)
        {
            // Nothing is committed, so no head moves: the producers fold, and the next cycle commits it all.
            return;
        }
        commits++;
        lanes.quarantinesCommitted();
        for (final LaneSession session : lanes.live())
        {
            account.reached("head");
            session.committed();
        }
        account.reached("heads");
        for (final LaneSession session : finished)
        {
            lanes.remove(session);
            unlink(session.name());
        }
    }

    private void encodeLanes()
    {
        final AccountState state = account.state();
        int retirable = isEnding ? Integer.MAX_VALUE : lanes.finishedCount() - DEAD_LANES_KEPT;
        for (final LaneSession session : lanes.live())
        {
            final LaneAccount committed = state.lanes.get(session.nonce());
            if (session.differsFrom(committed))
            {
                session.encode(record, committed);
            }
            else if (session.isFinished() && retirable > 0 && canRetire(committed))
            {
                retirable--;
                if (null == committed)
                {
                    session.encode(record, null);
                }
                AccountCodec.retire(record, session.nonce());
                finished.add(session);
            }
        }
    }

    /** A lane whose retirement would overflow stays a lane: the error belongs to who asks for the total. */
    private boolean canRetire(final LaneAccount committed)
    {
        try
        {
            if (null != committed)
            {
                account.state().sumsWith(committed);
                account.state().runningWith(committed);
            }
            return true;
        }
        catch (final FlopOverflowException ex)
        {
            return false;
        }
    }

    /** A nonce is forgotten when its file is certainly gone, and never in the commit that retires it. */
    private void encodeForgotten()
    {
        for (final long nonce : account.state().retiredNonces)
        {
            if (unlink(LaneHeader.nameOf(nonce)))
            {
                AccountCodec.forget(record, nonce);
            }
        }
    }

    private void encodeQuarantines()
    {
        for (final LaneTable.Quarantine quarantine : lanes.quarantines())
        {
            if (LaneHeader.isLaneName(quarantine.name()))
            {
                encodeQuarantine(quarantine);
            }
            if (null != quarantine.finding())
            {
                AccountCodec.finding(record, quarantine.finding());
            }
        }
    }

    private void encodeQuarantine(final LaneTable.Quarantine quarantine)
    {
        final long nonce = LaneHeader.nonceOf(quarantine.name());
        final LaneAccount committed = account.state().lanes.get(nonce);
        final LaneAccount lane = null == committed ? new LaneAccount(nonce) : committed;
        final boolean isQuarantinedBefore = lane.isQuarantined;
        final long lostBefore = lane.lost;
        lane.isQuarantined = true;
        lane.lost = quarantine.lost();
        AccountCodec.lane(record, lane, List.of(), lane.keys.size());
        AccountCodec.noChanges(record);
        lane.isQuarantined = isQuarantinedBefore;
        lane.lost = lostBefore;
    }

    /** In each place: the same name in two of them is none that an honest process makes. */
    private boolean unlink(final String laneName)
    {
        boolean isGone = true;
        for (final Path place : places)
        {
            account.reached("unlink");
            isGone &= unlink(place.resolve(laneName));
        }
        return isGone;
    }

    /** False where nobody knows: a lane that its account has forgotten, and that is there, is counted again. */
    private static boolean unlink(final Path file)
    {
        try
        {
            Files.deleteIfExists(file);
            return true;
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    private void findPlaces()
    {
        places.add(directory);
        try
        {
            final Path spill = spillDirectories.of(directory);
            if (null != spill)
            {
                places.add(spill);
            }
        }
        catch (final IOException ex)
        {
            spillFinding = new Finding(
                LaneViolation.Kind.FILE.jsonName(), "", 0, "spill directory not known: " + ex.getMessage());
        }
    }

    private void openControl()
    {
        controlFinding = null;
        isControlDue = false;
        try
        {
            controlMap = mapper.map(directory, ControlDescriptor.NAME, ControlDescriptor.FILE_LENGTH);
            control = new ControlReader(controlMap);
        }
        catch (final LaneViolation violation)
        {
            controlFinding = TotalsBuilder.findingOf(ControlDescriptor.NAME, violation);
        }
        catch (final IOException ex)
        {
            // No control file: a meter directory without a supervisor. Its lanes count all the same.
            isControlDue = !Files.notExists(directory.resolve(ControlDescriptor.NAME), LinkOption.NOFOLLOW_LINKS);
            controlFinding = isControlDue ? TotalsBuilder.unreadControl("", ex) : null;
        }
    }

    private void addControl(final TotalsBuilder builder)
    {
        if (null != spillFinding)
        {
            builder.addFinding(spillFinding);
        }
        if (null != controlFinding)
        {
            builder.addUnread(controlFinding);
        }
        if (null != control && controlMap.fileLength() == controlMap.length())
        {
            builder.add(control, "");
        }
        else if (null != control)
        {
            builder.addUnread(TotalsBuilder.unreadControl("", new IOException(
                "its length is " + controlMap.fileLength() + ", expected " + controlMap.length())));
        }
    }
}

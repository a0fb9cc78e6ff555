/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;

/** The lanes of a meter directory and of its spill directory: those that are read, and those just found to be bad. */
final class LaneTable
{
    /** New lanes per duty cycle: a process that makes lanes without end must not keep the others from being drained. */
    private static final int ADOPTIONS_MAX = 64;
    /** Or this part of those that are read, if it is more: each cycle looks at all of them. */
    private static final int ADOPTIONS_PART = 8;
    private static final int FAULTS_MAX = 3;
    private static final long LOOK_INTERVAL_NS = 1_000_000L;

    /** A lane to be declared bad by the next commit; without a finding it has been told of before. */
    record Quarantine(String name, long lost, Finding finding)
    {
    }

    private final List<MeterDirectory> directories;
    private final LaneMapper mapper;
    private final Account account;
    private final Map<Long, LaneSession> sessions = new LinkedHashMap<>();
    private final List<Quarantine> quarantines = new ArrayList<>();
    private final Set<String> refusedNames = new HashSet<>();
    private final Map<Long, Integer> faults = new LinkedHashMap<>();
    private final Map<String, String> unmapped = new LinkedHashMap<>();
    private final LaneSession.Adopting adopting = new LaneSession.Adopting();
    private LaneSession current;
    private long lookedNs;

    LaneTable(final List<MeterDirectory> directories, final LaneMapper mapper, final Account account)
    {
        this.directories = directories;
        this.mapper = mapper;
        this.account = account;
    }

    /** Along the links, not by the count: a fault may have struck in the middle of a change of the map. */
    List<LaneSession> sessions()
    {
        final List<LaneSession> list = new ArrayList<>();
        for (final LaneSession session : sessions.values())
        {
            list.add(session);
        }
        return list;
    }

    Iterable<LaneSession> live()
    {
        return sessions.values();
    }

    List<Quarantine> quarantines()
    {
        return quarantines;
    }

    void remove(final LaneSession session)
    {
        sessions.remove(session.nonce());
        session.close();
    }

    /** Look for lanes at the next occasion. */
    void scanSoon()
    {
        directories.forEach(MeterDirectory::scanSoon);
    }

    /** Adopt lanes that are new, where there may be some. Return how many. */
    int scan(final long nowNs)
    {
        // With rings that fill faster than they are drained even a look at a directory's time stamp is dear.
        if (0 == halfFullNs() && nowNs - lookedNs < LOOK_INTERVAL_NS)
        {
            return 0;
        }
        lookedNs = nowNs;
        int adopted = 0;
        for (final MeterDirectory directory : directories)
        {
            if (!directory.hasNames() && directory.isScanDue(nowNs))
            {
                directory.list(nowNs);
            }
            adopted += adoptFrom(directory);
        }
        return adopted;
    }

    private int adoptFrom(final MeterDirectory directory)
    {
        final int adoptionsMax = Math.max(ADOPTIONS_MAX, sessions.size() / ADOPTIONS_PART);
        int adopted = 0;
        while (adopted < adoptionsMax && directory.hasNames())
        {
            final String name = directory.takeName();
            if (!LaneHeader.isLaneName(name))
            {
                refuse(name, new LaneViolation(LaneViolation.Kind.FILE, 0, "not a name of a lane"));
            }
            else if (!account.state().retiredNonces.contains(LaneHeader.nonceOf(name)) &&
                !sessions.containsKey(LaneHeader.nonceOf(name)) && !refusedNames.contains(name))
            {
                adopted += adopt(directory, name) ? 1 : 0;
            }
        }
        return adopted;
    }

    /** When the first ring is expected to be half full, in ns after this cycle. */
    long halfFullNs()
    {
        long halfFullNs = Long.MAX_VALUE;
        for (final LaneSession session : sessions.values())
        {
            halfFullNs = Math.min(halfFullNs, session.halfFullNs());
        }
        return halfFullNs;
    }

    /** Lanes that are read to their end and still kept. */
    int finishedCount()
    {
        int count = 0;
        for (final LaneSession session : sessions.values())
        {
            count += session.isFinished() ? 1 : 0;
        }
        return count;
    }

    /** Let one lane do something bounded. Return its work. */
    int turn(final LaneSession session, final long nowNs)
    {
        int work = 0;
        if (!isLive(session))
        {
            return work;
        }
        current = session;
        try
        {
            work = session.turn(nowNs);
            if (work > 0)
            {
                session.heard();
            }
        }
        catch (final LaneViolation violation)
        {
            quarantine(session, violation);
        }
        current = null;
        return work;
    }

    /** Read the rest of a lane whose producer is gone. Return work as long as there is some. */
    int finish(final LaneSession session)
    {
        final int work = turn(session, mapper.nanoTime());
        if (0 == work && isLive(session))
        {
            current = session;
            try
            {
                session.finish();
            }
            catch (final LaneViolation violation)
            {
                // A producer that is alive after all may have gone on between the last sample and the tally.
                if (LaneViolation.Kind.TALLY != violation.kind() || 0 == turn(session, mapper.nanoTime()))
                {
                    quarantine(session, violation);
                }
            }
            current = null;
        }
        return work;
    }

    /** One lane's last reading while its producer may still be alive. */
    void scanFolds(final LaneSession session)
    {
        if (!isLive(session))
        {
            return;
        }
        current = session;
        try
        {
            session.scanFolds();
        }
        catch (final LaneViolation violation)
        {
            quarantine(session, violation);
        }
        current = null;
    }

    /**
     * A read faulted: some file was cut under its map. The JVM may tell late, so any lane may be the one. Those that
     * are short are bad; of the others nothing uncommitted is kept, and they are adopted again.
     */
    void onFault(final InternalError fault)
    {
        final LaneSession suspect = current;
        current = null;
        boolean isExplained = false;
        for (final LaneSession session : sessions())
        {
            if (session.isTruncated())
            {
                quarantine(session, faultViolation(fault));
                isExplained = true;
            }
        }
        if (!isExplained && null != suspect && FAULTS_MAX == faults.merge(suspect.nonce(), 1, Integer::sum))
        {
            quarantine(suspect, faultViolation(fault));
        }
        LateFault.settle();
        adopting.close();
        dropAll();
    }

    /**
     * At the end: what can still be said of lanes that are not read. A bad one may have a producer that went on, so it
     * is asked once more what it claims; one that is gone, or could never be mapped, must not be passed over.
     */
    void lastLook()
    {
        for (final LaneAccount lane : account.state().lanes.values())
        {
            final String name = LaneHeader.nameOf(lane.nonce);
            if (lane.isQuarantined)
            {
                final long lost = samplesClaimedBeyond(lane, name);
                if (lost > lane.lost)
                {
                    quarantines.add(new Quarantine(name, lost, null));
                }
            }
            else if (!sessions.containsKey(lane.nonce))
            {
                refuse(name, new LaneViolation(LaneViolation.Kind.FILE, 0,
                    isThere(name) ? "can't be read any more" : "is gone: what came after " +
                    (lane.running.samples() + lane.folded.samples()) + " samples, if anything, is not counted"));
            }
        }
        unmapped.forEach((name, reason) ->
        {
            if (isThere(name) && !sessions.containsKey(LaneHeader.nonceOf(name)))
            {
                refuse(name, new LaneViolation(LaneViolation.Kind.FILE, 0, "can't be mapped: " + reason));
            }
        });
    }

    /** In doubt it is: then what it holds is told to be lost, and not left out. */
    private boolean isThere(final String name)
    {
        return directories.stream()
            .anyMatch((directory) -> !Files.notExists(directory.path().resolve(name), LinkOption.NOFOLLOW_LINKS));
    }

    /** 0 as well when the lane is gone or its header makes no sense: then its tallies make none either. */
    private long samplesClaimedBeyond(final LaneAccount lane, final String name)
    {
        for (final MeterDirectory directory : directories)
        {
            try
            {
                final LaneSession session = LaneSession.adopt(directory.path(), name, mapper, null, adopting);
                final long samples = session.samplesUnread(lane);
                LateFault.settle();
                session.close();
                adopting.done();
                return samples;
            }
            catch (final IOException | LaneViolation ex)
            {
                // Not in this one.
                continue;
            }
        }
        return 0;
    }

    /** Forget everything that is not committed. */
    void dropAll()
    {
        sessions.values().forEach(LaneSession::close);
        sessions.clear();
        scanSoon();
    }

    void quarantinesCommitted()
    {
        quarantines.clear();
    }

    /** A session that is not live any more has no memory: reading it would be the end of the JVM. */
    private boolean isLive(final LaneSession session)
    {
        return sessions.get(session.nonce()) == session;
    }

    private boolean adopt(final MeterDirectory directory, final String name)
    {
        final LaneAccount committed = account.state().lanes.get(LaneHeader.nonceOf(name));
        if (null != committed && committed.isQuarantined)
        {
            refusedNames.add(name);
            return false;
        }
        try
        {
            final LaneSession session = LaneSession.adopt(directory.path(), name, mapper, committed, adopting);
            sessions.put(session.nonce(), session);
            adopting.done();
            unmapped.remove(name);
            return true;
        }
        catch (final LaneViolation violation)
        {
            refuse(name, violation);
        }
        catch (final IOException ex)
        {
            // Gone again, or the system is short of something: the next scan tries again.
            unmapped.put(name, ex.getMessage());
            directory.scanSoon();
        }
        return false;
    }

    private void refuse(final String name, final LaneViolation violation)
    {
        if (!refusedNames.contains(name))
        {
            // In this order: between the two a fault costs no finding, and the same one twice is told once.
            quarantines.add(new Quarantine(name, 0, TotalsBuilder.findingOf(name, violation)));
            refusedNames.add(name);
        }
    }

    private void quarantine(final LaneSession session, final LaneViolation violation)
    {
        if (LaneViolation.Kind.TRUNCATED == violation.kind())
        {
            LateFault.settle();
        }
        if (!refusedNames.contains(session.name()))
        {
            final long lost = session.samplesUnread(account.state().lanes.get(session.nonce()));
            quarantines.add(new Quarantine(session.name(), lost, TotalsBuilder.findingOf(session.name(), violation)));
            refusedNames.add(session.name());
        }
        // Its tallies were looked at: a fault that is told while it is unmapped would leave the map behind.
        LateFault.settle();
        remove(session);
    }

    private static LaneViolation faultViolation(final InternalError fault)
    {
        return new LaneViolation(LaneViolation.Kind.TRUNCATED, 0, "a read faulted: " + fault.getMessage());
    }
}

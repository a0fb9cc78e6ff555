/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.flopmeter.aggregate.AccountHeldException;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.aggregate.Pacer;
import org.flopmeter.sampler.CpuTime;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.meter.Drain;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.record.ArtifactNotes;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;
import tools.jackson.databind.JsonNode;

/**
 * All meter directories of a host in one duty cycle (docs/design/0019-sidecar.md). Nothing is kept of a run that has
 * ended; what is damaged is put into quarantine, and the others never notice. One thread, but for {@link #lookSoon}.
 */
final class Sidecar implements AutoCloseable
{
    private static final Pattern NAME = Pattern.compile("[0-9]{8}T[0-9]{6}Z-[0-9]{1,10}-[0-9a-f]{8}");
    private static final long LOOK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LIST_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long HELD_PAUSE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long NEVER_NS = Long.MAX_VALUE / 2;
    private static final long FAULT_PAUSE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long NOTHING_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int ADOPTIONS_MAX = 16;

    private final List<MeterPlace> places;
    private final LaneMapper mapper;
    private final long uid;
    private final Pacer pacer;
    private final Consumer<String> log;
    private final Map<Path, ServedRun> served = new LinkedHashMap<>();
    private final Map<Path, Long> putOffUntilNs = new HashMap<>();
    private final Map<Path, FileTime> modified = new HashMap<>();
    private final Quarantine quarantine = new Quarantine();
    private LongSupplier cpuClock = CpuTime::processNs;
    private LedgerThread ledger;
    private Path ledgerState;
    private Runnable onBooked = this::lookSoon;
    private HostWatch host;
    private DeviceCounter devices;
    private final AtomicBoolean isLookWanted = new AtomicBoolean(true);
    private long lookedNs;
    private long listedNs;
    private boolean isListingWanted = true;
    private long runsServed;
    private long runsOrphaned;
    /** The counter of devices has a thread of its own. */
    private final AtomicLong changes = new AtomicLong();

    Sidecar(
        final List<MeterPlace> places,
        final LaneMapper mapper,
        final long uid,
        final CpuBudget budget,
        final Consumer<String> log)
    {
        this.places = List.copyOf(places);
        this.mapper = mapper;
        this.uid = uid;
        this.log = log;
        pacer = new Pacer(budget);
    }

    /**
     * Book what is served while it goes on.
     *
     * @param state  of services; null = they are booked nowhere.
     * @param called from another thread when something was booked that waits for it.
     */
    void bookWith(final LedgerThread thread, final Path state, final Runnable called)
    {
        ledger = thread;
        ledgerState = state;
        onBooked = called;
    }

    /** Compare what is served with the counters of the whole host. */
    void watchHost(final HostWatch watch)
    {
        host = watch;
    }

    /** Null when nobody asked for it. */
    HostWatch host()
    {
        return host;
    }

    /** Serve the counter of the host's devices. */
    void watchDevices(final DeviceCounter counter)
    {
        devices = counter;
    }

    /** Null when nobody asked for it. */
    DeviceCounter devices()
    {
        return devices;
    }

    /** Look at the host's counters, if they are watched. */
    void lookAtHost(final long nowNs)
    {
        if (null != host)
        {
            host.look(served.values(), nowNs);
        }
    }

    /** Something that the status tells has changed. */
    void noteChange()
    {
        changes.incrementAndGet();
    }

    /** For a simulator: what a run costs is by this clock. */
    void costBy(final LongSupplier clock)
    {
        cpuClock = clock;
    }

    /** Null when nothing is booked. */
    LedgerThread ledger()
    {
        return ledger;
    }

    /** From any thread: a run has begun or ended. */
    void lookSoon()
    {
        isLookWanted.set(true);
    }

    boolean isLookWanted()
    {
        return isLookWanted.get();
    }

    /** One duty cycle over everything. Return how long to sleep, in ns. */
    long cycle()
    {
        try
        {
            return pauseNs(turn());
        }
        catch (final InternalError fault)
        {
            // The JVM tells of a fault late: any lane of any run may be the one.
            served.values().removeIf(run -> !attempt(run, () -> run.onFault(fault)));
            return 0;
        }
    }

    private int turn()
    {
        final long nowNs = mapper.nanoTime();
        final boolean isCalled = isLookWanted.getAndSet(false);
        long work = 0;
        for (final Iterator<ServedRun> runs = served.values().iterator(); runs.hasNext();)
        {
            final ServedRun run = runs.next();
            final int[] done = { 0 };
            if (!attempt(run, () -> done[0] = run.work()))
            {
                runs.remove();
            }
            work += done[0];
        }
        if (isCalled || nowNs - lookedNs >= LOOK_INTERVAL_NS)
        {
            lookedNs = nowNs;
            work += look(nowNs, isCalled);
        }
        return (int)Math.min(Integer.MAX_VALUE, work);
    }

    /** In place of a sleep. */
    void tidy()
    {
        served.values().removeIf(run -> !attempt(run, run::tidy));
    }

    private long pauseNs(final int work)
    {
        long halfFullNs = Long.MAX_VALUE;
        for (final ServedRun run : served.values())
        {
            halfFullNs = Math.min(halfFullNs, run.halfFullNs());
        }
        final long pauseNs = pacer.pauseNs(work, halfFullNs, mapper.nanoTime());
        return served.isEmpty() && 0 == work && !isListingWanted ? Math.max(pauseNs, NOTHING_PAUSE_NS) : pauseNs;
    }

    private int look(final long nowNs, final boolean isCalled)
    {
        int work = 0;
        for (final Iterator<ServedRun> runs = served.values().iterator(); runs.hasNext();)
        {
            final ServedRun run = runs.next();
            final ServedRun.State[] state = { ServedRun.State.GOES_ON };
            final boolean isWell = attempt(run, () -> state[0] = run.look(nowNs));
            if (isWell && ServedRun.State.GOES_ON != state[0])
            {
                if (null != host)
                {
                    host.leave(run, nowNs);
                }
                run.close();
                runsServed += ServedRun.State.DONE == state[0] ? 1 : 0;
                runsOrphaned += ServedRun.State.ORPHANED == state[0] ? 1 : 0;
                putOffUntilNs.put(run.directory(), ServedRun.State.RECORDS == state[0] ?
                    nowNs + NEVER_NS : nowNs + FAULT_PAUSE_NS);
                changes.incrementAndGet();
            }
            if (!isWell || ServedRun.State.GOES_ON != state[0])
            {
                runs.remove();
                work++;
            }
        }
        if (isCalled || isListingWanted || nowNs - listedNs > LIST_INTERVAL_NS || isSomethingNew())
        {
            listedNs = nowNs;
            work += list(nowNs);
        }
        return work;
    }

    private boolean isSomethingNew()
    {
        for (final MeterPlace place : places)
        {
            if (!stampOf(place.directory()).equals(modified.get(place.directory())))
            {
                return true;
            }
        }
        return false;
    }

    private static FileTime stampOf(final Path directory)
    {
        try
        {
            return Files.getLastModifiedTime(directory, LinkOption.NOFOLLOW_LINKS);
        }
        catch (final IOException gone)
        {
            return FileTime.fromMillis(0);
        }
    }

    private static boolean isRun(final String directory)
    {
        return NAME.matcher(directory.substring(directory.lastIndexOf('/') + 1)).matches();
    }

    private int list(final long nowNs)
    {
        final Set<Path> present = new HashSet<>();
        final List<Path> fresh = new ArrayList<>();
        boolean isWhole = true;
        isListingWanted = false;
        for (final MeterPlace place : places)
        {
            modified.put(place.directory(), stampOf(place.directory()));
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(place.directory()))
            {
                entries.forEach(entry ->
                {
                    if (isRun(entry.toString()))
                    {
                        present.add(entry);
                        if (!served.containsKey(entry) && nowNs - putOffUntilNs.getOrDefault(entry, nowNs) >= 0)
                        {
                            fresh.add(entry);
                        }
                    }
                });
            }
            catch (final IOException | DirectoryIteratorException gone)
            {
                isListingWanted = true;
                isWhole = false;
            }
        }
        putOffUntilNs.keySet().retainAll(present);
        changes.addAndGet(quarantine.retain(present) ? 1 : 0);
        fresh.stream().limit(ADOPTIONS_MAX).forEach(entry -> consider(entry, nowNs));
        isListingWanted |= fresh.size() > ADOPTIONS_MAX;
        if (null != host && isWhole)
        {
            final Set<String> names = present.stream().map(Path::toString).collect(Collectors.toSet());
            host.forget(name -> isRun(name) && !names.contains(name));
        }
        return fresh.isEmpty() ? 0 : 1;
    }

    private void consider(final Path directory, final long nowNs)
    {
        try
        {
            final String fault = MeterPlace.faultOf(directory, uid);
            if (null != fault)
            {
                refuse(directory, fault, nowNs);
            }
            else if (!Files.exists(directory.resolve(RunFacts.RUN), LinkOption.NOFOLLOW_LINKS))
            {
                // It is being made; its supervisor calls when it is done.
                isListingWanted = true;
            }
            else if (Files.exists(directory.resolve(ResultFiles.RESULT)) || Drain.isOrphan(directory, mapper))
            {
                putOffUntilNs.put(directory, nowNs + FAULT_PAUSE_NS);
            }
            else
            {
                adopt(directory, nowNs);
            }
        }
        catch (final AccountHeldException held)
        {
            putOffUntilNs.put(directory, nowNs + HELD_PAUSE_NS);
        }
        catch (final LaneViolation | IOException | RuntimeException ex)
        {
            if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS))
            {
                refuse(directory, reasonOf(ex), nowNs);
            }
        }
    }

    private void adopt(final Path directory, final long nowNs) throws IOException, LaneViolation
    {
        final JsonNode start = RunFacts.parse(directory.resolve(RunFacts.RUN));
        if (start.path("ownMeter").asBoolean(false) || ArtifactNotes.areIn(directory))
        {
            putOffUntilNs.put(directory, nowNs + NEVER_NS);
            return;
        }
        checkControl(directory, mapper);
        add(ServedRun.ofRun(directory, start, mapper, cpuClock));
    }

    /** A control file that makes no sense is no reason for a finding only: what else is wrong there nobody knows. */
    static void checkControl(final Path directory, final LaneMapper mapper) throws IOException, LaneViolation
    {
        try (MappedLane control = mapper.map(directory, ControlDescriptor.NAME, ControlDescriptor.FILE_LENGTH))
        {
            new ControlReader(control).isCpuIncomplete();
        }
    }

    /** Serve this too, from now on. */
    void add(final ServedRun run)
    {
        served.put(run.directory(), run);
        if (null != ledger && (!run.isStanding() || null != ledgerState))
        {
            run.bookWith(ledger, ledgerState, onBooked);
        }
        if (null != host)
        {
            host.observe(run);
        }
        quarantine.remove(run.directory());
        changes.incrementAndGet();
    }

    /** Leave a directory alone for a while, and say why. */
    void refuse(final Path directory, final String reason, final long nowNs)
    {
        putOffUntilNs.put(directory, nowNs + FAULT_PAUSE_NS);
        if (quarantine.add(directory, reason))
        {
            changes.incrementAndGet();
            log.accept("quarantined: " + directory + ": " + reason);
        }
    }

    /** Say of a directory that was moved out of the way why it was. */
    void refuseForGood(final Path directory, final String reason)
    {
        changes.incrementAndGet();
        quarantine.add(directory, reason);
        log.accept("quarantined: " + directory + ": " + reason);
    }

    private static String reasonOf(final Throwable ex)
    {
        return null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage();
    }

    /** Whatever goes wrong with one run is no matter of the others: it is let go, and its supervisor takes over. */
    private boolean attempt(final ServedRun run, final Step step)
    {
        try
        {
            step.take();
            return true;
        }
        catch (final IOException | RuntimeException ex)
        {
            refuse(run.directory(), reasonOf(ex), mapper.nanoTime());
            letGo(run, mapper.nanoTime());
            return false;
        }
    }

    private void letGo(final ServedRun run, final long nowNs)
    {
        if (null != host)
        {
            host.letGo(run, nowNs);
        }
        run.close();
    }

    /** Something that is done with one run. */
    private interface Step
    {
        void take() throws IOException;
    }

    Iterable<ServedRun> served()
    {
        return served.values();
    }

    boolean isServed(final Path directory)
    {
        return served.containsKey(directory);
    }

    int servedCount()
    {
        return served.size();
    }

    Quarantine quarantine()
    {
        return quarantine;
    }

    /** Runs whose results this sidecar wrote. */
    long runsServed()
    {
        return runsServed;
    }

    /** Runs whose supervisors died while they were served. */
    long runsOrphaned()
    {
        return runsOrphaned;
    }

    /** Grows whenever something happens that is told in the status. */
    long changes()
    {
        return changes.get();
    }

    /** Objects that are kept for directories, served or not: what a test of bounded memory counts. */
    int retainedCount()
    {
        return served.size() + putOffUntilNs.size() + modified.size() + quarantine.reasons().size();
    }

    /** Commit what is there and let go: supervisors and the next sidecar go on from it. */
    @Override
    public void close()
    {
        for (final ServedRun run : served.values())
        {
            if (attempt(run, run::work))
            {
                run.close();
            }
        }
        served.clear();
        places.forEach(MeterPlace::close);
    }
}

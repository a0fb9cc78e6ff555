/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.io.BootId;
import org.flopmeter.node.io.Version;
import org.flopmeter.unit.Plural;

/**
 * The ledger of one state directory, and everything that this process books in it: one block and one fsync for all runs
 * together. What can't be written stays in memory and is tried again. One thread.
 */
final class LedgerBook implements AutoCloseable
{
    /** Ended runs that a full disk keeps from being booked: more of them become one gap without an upper end. */
    static final int UNBOOKED_MAX = 4096;

    private static final long CHECKPOINT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long ABANDONED_INTERVAL_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long RETRY_NS_MIN = TimeUnit.SECONDS.toNanos(1);
    private static final long RETRY_NS_MAX = TimeUnit.SECONDS.toNanos(32);

    private final Path state;
    private final String peak;
    private final String boot;
    private final LongSupplier nanoTime;
    private final Opener opener;
    private final LedgerOpenEpochs openEpochs;
    private final Set<LedgerRun> runs = new LinkedHashSet<>();
    /** Opened, and not in the list of open epochs yet. */
    private final Set<LedgerRun> unnoted = new LinkedHashSet<>();
    private final List<String[]> news = new ArrayList<>();
    private LedgerHome home;
    private String failure;
    private String trouble;
    private long failedSinceNs;
    private long retryPauseNs = RETRY_NS_MIN;
    private long retryNs;
    private long checkpointNs;
    private long abandonedNs;
    private long blocks;
    private long dropped;
    private boolean isAbandonedLooked;
    private boolean isSigned;

    /** Opens a ledger. */
    interface Opener
    {
        LedgerHome open(Path state) throws IOException;
    }

    LedgerBook(final Path state)
    {
        this(state, LedgerPeak.text(Path.of("/"), Runtime.getRuntime().availableProcessors()), BootId.text(),
            System::nanoTime, place -> LedgerHome.open(place, Version.text()));
    }

    LedgerBook(final Path state, final String peak, final String boot, final LongSupplier nanoTime, final Opener opener)
    {
        this.state = state;
        this.peak = peak;
        this.boot = boot;
        this.nanoTime = nanoTime;
        this.opener = opener;
        openEpochs = new LedgerOpenEpochs(state.resolve(LedgerHome.DIRECTORY), boot);
        checkpointNs = nanoTime.getAsLong();
    }

    void add(final LedgerRun run)
    {
        runs.add(run);
    }

    /** Somebody else goes on with it. */
    void letGo(final LedgerRun run)
    {
        runs.remove(run);
        run.letGo(home);
    }

    Set<LedgerRun> runs()
    {
        return runs;
    }

    /** Why the last attempt was not durable; null when it was. */
    String failure()
    {
        return failure;
    }

    /** Since when nothing was durable. */
    long failedSinceNs()
    {
        return failedSinceNs;
    }

    /** How many blocks were durable when this looked last. */
    long blocks()
    {
        return blocks;
    }

    /** Ended runs that became one gap, since there were too many. */
    long dropped()
    {
        return dropped;
    }

    /** What people should know, as keys of messages and their argument; asked for once. */
    List<String[]> takeNews()
    {
        final List<String[]> taken = new ArrayList<>(news);
        news.clear();
        return taken;
    }

    /** Is there anything to write, and is it time to try? */
    boolean isDue()
    {
        final long nowNs = nanoTime.getAsLong();
        return (null == failure || nowNs - retryNs >= 0) && (runs.stream().anyMatch(LedgerRun::isWanted) ||
            (null != home && home.writer().isDirty()) || isCheckpointDue(nowNs));
    }

    private boolean isCheckpointDue(final long nowNs)
    {
        return null != home && !home.writer().isCheckpointed() && nowNs - checkpointNs >= CHECKPOINT_INTERVAL_NS;
    }

    /** Write all that is new as one block. Return whether everything is durable. */
    boolean seal(final boolean isCheckpointWanted)
    {
        try
        {
            begin();
            try
            {
                write(isCheckpointWanted);
            }
            finally
            {
                home.pause();
            }
            askWitnesses();
        }
        catch (final IOException | RuntimeException ex)
        {
            fail(null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage());
            return false;
        }
        return null == failure;
    }

    /** After the ledger was let go: they may be slow. */
    private void askWitnesses()
    {
        if (isSigned)
        {
            isSigned = false;
            WitnessContacts.afterCheckpoint(
                state, (isAlarm, line) -> news.add(new String[] { isAlarm ? "ledger.alarm" : "ledger.witness", line }));
        }
    }

    /** The last thing: sign what there is. */
    void finish()
    {
        if (null != home && null == failure && !home.writer().isCheckpointed())
        {
            seal(true);
        }
    }

    private void begin() throws IOException
    {
        if (null == home)
        {
            home = opener.open(state);
        }
        else
        {
            home.resume();
        }
        if (null != home.lost())
        {
            news.add(new String[] { "ledger.lost", home.lost().toString() });
        }
        home.writer().takeRepairs().forEach(repair -> news.add(new String[] { "ledger.repaired", repair }));
        runs.removeIf(run -> !run.takeUp());
    }

    private void write(final boolean isCheckpointWanted) throws IOException
    {
        final long nowNs = nanoTime.getAsLong();
        trouble = null;
        closeAbandoned(nowNs);
        for (final LedgerRun run : List.copyOf(runs))
        {
            enter(run);
        }
        enterDropped();
        unnoted.removeIf(LedgerRun::isEnding);
        openEpochs.note(home.writer(), unnoted, Set.of());
        unnoted.clear();
        if (!home.writer().seal())
        {
            fail(home.writer().failure());
            return;
        }
        succeed(nowNs);
        final Set<Id> closed = openEpochs.takeClosed();
        if (!closed.isEmpty())
        {
            news.add(new String[] { "ledger.abandoned", Integer.toString(closed.size()) });
        }
        for (final LedgerRun run : List.copyOf(runs))
        {
            run.sealed();
            if (run.isBooked())
            {
                closed.add(run.id());
                runs.remove(run);
            }
        }
        openEpochs.note(home.writer(), List.of(), closed);
        if (isCheckpointWanted || !closed.isEmpty() || isCheckpointDue(nowNs))
        {
            checkpointNs = nowNs;
            isSigned = null != home.writer().checkpoint();
            if (!isSigned)
            {
                fail(home.writer().failure());
            }
        }
        if (null != trouble)
        {
            fail(trouble);
        }
    }

    /** A run of which nothing can be booked is no matter of the others. */
    private void enter(final LedgerRun run)
    {
        try
        {
            if (!run.isOpen())
            {
                refuseCopy(run);
                openEpochs.takeBack(home.writer(), run.id());
            }
            if (run.enter(home, peak, boot, run.isOpen() ? null : openEpochs.positionOf(home.writer(), run.id())))
            {
                unnoted.add(run);
            }
        }
        catch (final IOException ex)
        {
            trouble = run.meterDirectory() + ": " + ex.getMessage();
        }
        catch (final RuntimeException ex)
        {
            run.refuse(null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage());
            letGo(run);
        }
    }

    /** A copy of a meter directory has the same epoch: only one of the two can be booked. */
    private void refuseCopy(final LedgerRun run) throws IOException
    {
        Path other = openEpochs.elsewhere(home.writer(), run);
        for (final LedgerRun booked : runs)
        {
            other = booked != run && booked.isOpen() && booked.id().equals(run.id()) ? booked.meterDirectory() : other;
        }
        if (null != other)
        {
            throw new LedgerException(run.meterDirectory() + " is a copy of " + other + ", which is booked already");
        }
    }

    private void closeAbandoned(final long nowNs) throws IOException
    {
        if (isAbandonedLooked && nowNs - abandonedNs < ABANDONED_INTERVAL_NS)
        {
            return;
        }
        isAbandonedLooked = true;
        abandonedNs = nowNs;
        final Set<Id> mine = new HashSet<>();
        runs.forEach(run -> mine.add(run.id()));
        openEpochs.closeAbandoned(home.writer(), mine);
    }

    /** Ended and not to be booked now: kept while there is room. */
    void keep()
    {
        final List<LedgerRun> ended = new ArrayList<>(runs);
        ended.removeIf(run -> !run.isEnding());
        for (int i = 0; i < ended.size() - UNBOOKED_MAX; i++)
        {
            letGo(ended.get(i));
            dropped++;
        }
    }

    private void enterDropped()
    {
        if (dropped > 0)
        {
            final long nowNs = nanoTime.getAsLong();
            final EpochWriter epoch = home.writer().openEpoch(home.writer().ledger(), LedgerHome.randomId(),
                LedgerHome.randomId(), Id.NONE, boot, Version.text());
            epoch.gap("all",
                Plural.of(dropped, "run") + " ended while nothing could be written, beyond what can be kept",
                nowNs, nowNs, null);
            epoch.close();
            dropped = 0;
        }
    }

    private void succeed(final long nowNs)
    {
        if (null != failure)
        {
            news.add(new String[] { "ledger.recovered", failure });
        }
        failure = null;
        failedSinceNs = nowNs;
        retryPauseNs = RETRY_NS_MIN;
        blocks = home.writer().blocks();
    }

    private void fail(final String why)
    {
        final long nowNs = nanoTime.getAsLong();
        failedSinceNs = null == failure ? nowNs : failedSinceNs;
        failure = why;
        retryNs = nowNs + retryPauseNs;
        retryPauseNs = Math.min(RETRY_NS_MAX, 2 * retryPauseNs);
    }

    @Override
    public void close() throws IOException
    {
        if (null != home)
        {
            home.close();
        }
    }
}

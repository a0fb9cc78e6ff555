/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.wire.LaneMapper;

/** Runs a sidecar until it is stopped: sleeps, wakes when a supervisor calls, keeps the standing directory. */
final class SidecarLoop
{
    private static final long UPKEEP_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long STANDING_PAUSE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long STOP_PATIENCE_S = 10;
    private static final long SLEEP_NS_MAX = TimeUnit.MILLISECONDS.toNanos(500);

    private final Sidecar sidecar;
    private final List<MeterPlace> places;
    private final long uid;
    private final LaneMapper mapper;
    private final SidecarStatus status;
    private final Consumer<String> log;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Thread thread;
    private volatile boolean isStopped;
    private long upkeepNs = System.nanoTime() - UPKEEP_INTERVAL_NS;
    private long standingNs = System.nanoTime() - STANDING_PAUSE_NS;

    SidecarLoop(
        final Sidecar sidecar,
        final List<MeterPlace> places,
        final long uid,
        final LaneMapper mapper,
        final SidecarStatus status,
        final Consumer<String> log)
    {
        this.sidecar = sidecar;
        this.places = places;
        this.uid = uid;
        this.mapper = mapper;
        this.status = status;
        this.log = log;
    }

    /** Returns when {@link #stop} was called; everything is committed and let go then. */
    void run()
    {
        thread = Thread.currentThread();
        try (WatchService watch = watch())
        {
            begin(watch);
            while (!isStopped)
            {
                final long pauseNs = sidecar.cycle();
                final long endNs = System.nanoTime() + pauseNs;
                sidecar.tidy();
                upkeep();
                rest(endNs);
            }
        }
        catch (final IOException ignore)
        {
            // It is of closing the watch.
            isStopped = true;
        }
        sidecar.lookAtHost(mapper.nanoTime());
        if (null != sidecar.devices())
        {
            sidecar.devices().close();
        }
        sidecar.close();
        if (null != sidecar.ledger())
        {
            sidecar.ledger().close();
        }
        status.remove();
        ended.countDown();
    }

    /** From any thread: end, and return when all is committed and let go. */
    void stop() throws InterruptedException
    {
        isStopped = true;
        wake();
        if (!ended.await(STOP_PATIENCE_S, TimeUnit.SECONDS))
        {
            log.accept("it does not end in time: what is not committed stays in the lanes");
        }
    }

    void wake()
    {
        sidecar.lookSoon();
        LockSupport.unpark(thread);
    }

    private void rest(final long endNs)
    {
        long leftNs = endNs - System.nanoTime();
        while (leftNs > 0 && !isStopped && !sidecar.isLookWanted())
        {
            LockSupport.parkNanos(Math.min(leftNs, SLEEP_NS_MAX));
            leftNs = endNs - System.nanoTime();
        }
    }

    private void upkeep()
    {
        final long nowNs = System.nanoTime();
        if (nowNs - upkeepNs < UPKEEP_INTERVAL_NS)
        {
            return;
        }
        upkeepNs = nowNs;
        if (nowNs - standingNs >= STANDING_PAUSE_NS)
        {
            keepStanding(RunFacts.SERVICES, nowNs);
            if (null != sidecar.devices() && keepStanding(RunFacts.DEVICES, nowNs))
            {
                sidecar.devices().serve();
            }
        }
        sidecar.lookAtHost(mapper.nanoTime());
        status.write(sidecar, nowNs);
    }

    /** Return whether it is served anew. */
    private boolean keepStanding(final String name, final long nowNs)
    {
        final Path place = places.get(0).directory();
        if (sidecar.isServed(place.resolve(name)))
        {
            return false;
        }
        standingNs = nowNs;
        try
        {
            sidecar.add(StandingDirectory.open(place, name, uid, mapper, sidecar));
            return true;
        }
        catch (final IOException | RuntimeException ex)
        {
            sidecar.refuse(place.resolve(name), ex.getMessage(), nowNs);
            return false;
        }
    }

    /** Null where the kernel has no watch left: then everything is noticed a little later. */
    private WatchService watch()
    {
        try
        {
            final WatchService watch = places.get(0).directory().getFileSystem().newWatchService();
            for (final MeterPlace place : places)
            {
                place.directory().register(watch, StandardWatchEventKinds.ENTRY_MODIFY);
            }
            return watch;
        }
        catch (final IOException ex)
        {
            log.accept("no watch of the directories, so they are looked at now and then: " + ex.getMessage());
            return null;
        }
    }

    private void begin(final WatchService watch)
    {
        if (null != watch)
        {
            final Thread watcher = new Thread(() -> takeCalls(watch), "flopmeter-sidecar-watch");
            watcher.setDaemon(true);
            watcher.start();
        }
    }

    private void takeCalls(final WatchService watch)
    {
        try
        {
            while (!isStopped)
            {
                final WatchKey key = watch.take();
                boolean isCall = false;
                for (final WatchEvent<?> event : key.pollEvents())
                {
                    isCall |= StandardWatchEventKinds.OVERFLOW.equals(event.kind()) ||
                        MeterPlace.WAKE.equals(String.valueOf(event.context()));
                }
                key.reset();
                if (isCall)
                {
                    wake();
                }
            }
        }
        catch (final ClosedWatchServiceException closed)
        {
            isStopped = true;
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.sidecar.SteppedSidecar;

/**
 * Some hours of a host with a sidecar: runs begin, count and end side by side; sidecars are killed at any step of a
 * duty cycle or of a booking and follow each other; storage fails, the power goes. Supervisors are the host's own.
 */
final class ServedHost
{
    private static final String PLACE = Volume.MEMORY + "/flopmeter";
    private static final String STATE = "/state";
    private static final String LEDGER = STATE + "/ledger";
    private static final int EVENTS = 160;
    private static final int RUNS_MAX = 4;
    private static final int CYCLES_UNTIL_ENDED_MAX = 600;
    private static final long TICK_NS = 150_000_000L;
    /** What is found before the next writer has cut it. */
    private static final List<String> TORN = List.of("torn", "header");
    private static final int[] KEPT_PERCENT = { 0, 50, 100 };

    final SimulatedClock clock = new SimulatedClock();
    final Mischief mischief;
    final ServedPlant plant;
    final long seed;
    private final SplittableRandom random;
    private final VolumeFileSystem system = new VolumeFileSystem(new Volume());
    private final SimulatedLanes lanes = new SimulatedLanes(system, clock);
    private final List<ServedRunner> runs = new ArrayList<>();
    private final List<ServedRunner> gone = new ArrayList<>();
    private final List<ByteBuffer> memory = new ArrayList<>();
    private final String peak;
    private SteppedSidecar sidecar;
    private SteppedSidecar other;
    private int boot;
    private int begun;
    private long events;
    private long results;
    private long verifications;

    ServedHost(final long seed, final ServedPlant plant)
    {
        this.seed = seed;
        this.plant = plant;
        random = new SplittableRandom(seed * 7919);
        mischief = new Mischief(random.split());
        mischief.draw();
        peak = random.nextBoolean() ? "unbounded" : "1" + "0".repeat(27);
        system.volume().putDirectory(STATE);
        begin(system.volume());
    }

    private void begin(final Volume volume)
    {
        volume.faults(mischief);
        volume.putDirectory(PLACE);
        volume.isLockIgnored = ServedPlant.LOCKS_IGNORED == plant;
        volume.isForceIgnored = ServedPlant.NEVER_FORCED == plant;
    }

    long events()
    {
        return events;
    }

    long results()
    {
        return results;
    }

    long verifications()
    {
        return verifications;
    }

    /** All of it. Ends with an {@link Oracle.Broken} where a law is broken. */
    void live()
    {
        try
        {
            mischief.quiet(false);
            for (int i = 0; i < EVENTS; i++)
            {
                events++;
                event(random.nextInt(1000));
            }
            end();
        }
        finally
        {
            memory.forEach(SimulatedLanes::give);
        }
    }

    private void event(final int what)
    {
        mischief.note(what);
        clock.advance(TICK_NS + random.nextInt(200_000_000));
        if (null == sidecar)
        {
            attempt(this::start);
        }
        if (what < 120 && runs.size() < RUNS_MAX)
        {
            beginRun();
        }
        else if (what < 400)
        {
            produce();
        }
        else if (what < 450)
        {
            endRun();
        }
        else if (what < 850)
        {
            serve();
        }
        else
        {
            goWrong(what);
        }
        supervise();
    }

    private void goWrong(final int what)
    {
        if (what < 920)
        {
            mischief.killAfter(random.nextInt(120));
            serve();
        }
        else if (what < 932)
        {
            losePower();
        }
        else if (what < 950)
        {
            mischief.count(Mischief.Kind.CLOCK_STEPPED);
            clock.stepWall(random.nextLong(-3600 * SimulatedClock.SECOND_NS, 3600 * SimulatedClock.SECOND_NS));
        }
        else if (what < 965)
        {
            final Volume volume = system.volume();
            volume.capacity = Long.MAX_VALUE == volume.capacity ?
                volume.used() + random.nextInt(4000) : Long.MAX_VALUE;
        }
        else if (what < 980)
        {
            twin();
        }
        else
        {
            clock.advance(random.nextLong(70 * SimulatedClock.SECOND_NS));
        }
    }

    /** Something that a sidecar does, and it may be its last. */
    private interface Deed
    {
        void doIt() throws IOException;
    }

    private void attempt(final Deed deed)
    {
        try
        {
            deed.doIt();
        }
        catch (final Volume.Crash killed)
        {
            sidecar = null;
            other = null;
            system.volume().kill();
            mischief.reborn();
            runs.forEach(run -> run.meterDied(plant));
        }
        catch (final IOException ex)
        {
            // Refused; it is tried again.
            mischief.note(1);
        }
    }

    private void start() throws IOException
    {
        sidecar = new SteppedSidecar(
            system.path(PLACE), VolumeProvider.ownUid(), lanes, clock, "boot-" + boot, peak, line -> mischief.note(2));
    }

    /** A second sidecar is started while the first one lives: it must find the place held. */
    private void twin()
    {
        if (null == other)
        {
            final SteppedSidecar before = sidecar;
            attempt(this::start);
            other = null != sidecar && sidecar != before ? before : null;
        }
        else
        {
            final SteppedSidecar before = sidecar;
            sidecar = other;
            other = before;
        }
    }

    private void serve()
    {
        if (null != sidecar)
        {
            attempt(() ->
            {
                sidecar.cycle();
                sidecar.turn();
                clock.advance(TICK_NS);
                sidecar.cycle();
                sidecar.turn();
            });
        }
    }

    private void beginRun()
    {
        final ServedRunner run = new ServedRunner(system, clock, lanes, PLACE, STATE, ++begun, boot);
        runs.add(run);
        memory.add(run.beginLane(SimulatedLanes.take()));
    }

    private void produce()
    {
        for (final ServedRunner run : runs)
        {
            if (!run.isEnded() && random.nextBoolean())
            {
                if (0 == random.nextInt(12))
                {
                    memory.add(run.beginLane(SimulatedLanes.take()));
                }
                run.count(random, 1 + random.nextInt(0 == random.nextInt(16) ? 300 : 10));
            }
        }
    }

    private void endRun()
    {
        if (!runs.isEmpty())
        {
            runs.get(random.nextInt(runs.size())).end();
        }
    }

    /** What supervisors do: whoever has its result looks at it, and clears up. */
    private void supervise()
    {
        for (final ServedRunner run : List.copyOf(runs))
        {
            if (run.isEnded() && run.takeResult(this::toString))
            {
                results++;
                runs.remove(run);
                gone.add(run);
            }
        }
    }

    private void losePower()
    {
        mischief.count(Mischief.Kind.POWER_LOST);
        final int keptPercent = KEPT_PERCENT[random.nextInt(KEPT_PERCENT.length)];
        final Volume after = system.volume().afterPowerLoss((operation, sector) -> random.nextInt(100) < keptPercent);
        system.volume(after);
        sidecar = null;
        other = null;
        mischief.reborn();
        lanes.alivePids.clear();
        begin(after);
        runs.forEach(ServedRunner::lost);
        gone.addAll(runs);
        runs.clear();
        clock.boot();
        boot++;
        verify(system.volume(), true);
    }

    /** Nothing fails any more: every run gets its result, and the ledger has each once. */
    private void end()
    {
        mischief.quiet(true);
        mischief.reborn();
        system.volume().capacity = Long.MAX_VALUE;
        runs.forEach(ServedRunner::end);
        goOn();
        // What nobody goes on with is closed after a minute, or in the next boot where nobody knows its directory.
        losePower();
        beginRun();
        runs.get(0).end();
        goOn();
        final Verification found = verify(system.volume().afterPowerLoss(operation -> false), false);
        for (final ServedRunner run : gone)
        {
            final EpochState epoch = null == found ? null : found.state().epoch(run.epoch());
            run.assertEnded(epoch, this::toString);
        }
    }

    private void goOn()
    {
        for (int i = 0; i < CYCLES_UNTIL_ENDED_MAX && !isOver(); i++)
        {
            clock.advance(SimulatedClock.SECOND_NS);
            if (null == sidecar)
            {
                attempt(this::start);
            }
            serve();
            supervise();
        }
        if (!isOver())
        {
            throw new Oracle.Broken("it does not come to an end: " + runs.size() + " runs without a result, " +
                (null == sidecar ? "no sidecar" : sidecar.failure()) + "; " + this);
        }
    }

    private boolean isOver()
    {
        return runs.isEmpty() && null != sidecar && 0 == sidecar.unbooked() && null == sidecar.failure();
    }

    /** As a stranger reads it; null where there is none. @param isJustNow the power went, and nobody wrote since. */
    private Verification verify(final Volume volume, final boolean isJustNow)
    {
        if (null == volume.find(LEDGER))
        {
            return null;
        }
        try
        {
            volume.faults(Faults.NONE);
            final VolumeFileSystem found = new VolumeFileSystem(volume);
            final Verification verification = new Verifier(new FileDisk(found.path(LEDGER), true)).verify(null, null);
            verifications++;
            for (final Verification.Finding finding : verification.findings())
            {
                // What the power tore the next writer cuts; what never came so far as to be a ledger is begun anew.
                if (verification.blocks() > 0 && !(TORN.contains(finding.kind()) && isJustNow))
                {
                    throw new Oracle.Broken(verification.findings() + "; " + this);
                }
            }
            for (final ServedRunner run : gone)
            {
                run.assertNotMore(verification.state().epoch(run.epoch()), this::toString);
            }
            return verification;
        }
        catch (final IOException | LedgerException ex)
        {
            throw new Oracle.Broken(ex + "; " + this);
        }
        finally
        {
            volume.faults(mischief);
        }
    }

    @Override
    public String toString()
    {
        return "served host " + seed + " at event " + events + ", boot " + boot + ", plant " + plant;
    }
}

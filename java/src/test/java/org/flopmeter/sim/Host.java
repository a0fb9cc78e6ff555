/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneHeader;

/** Some weeks of a host: producers, a meter that is killed and started again, storage that fails, clocks that lie. */
final class Host
{
    static final String METER = Volume.MEMORY + "/meter";
    static final SigningKey KEY = SigningKey.generate(SignatureAlgorithm.ED25519);

    private static final int EVENTS = 240;
    private static final int LANES_MAX = 5;
    private static final int RUNS = 3;
    private static final long HOUR_NS = 3600 * SimulatedClock.SECOND_NS;
    private static final int[] KEPT_PERCENT = { 0, 50, 90, 100 };

    final SimulatedClock clock = new SimulatedClock();
    final Mischief mischief;
    final Plant plant;
    final Oracle oracle = new Oracle(this);
    final SimulatedLanes lanes;
    private final long seed;
    private final SplittableRandom random;
    private final VolumeFileSystem system = new VolumeFileSystem(new Volume());
    private final List<LaneFixture> producers = new ArrayList<>();
    private final List<ByteBuffer> memory = new ArrayList<>();
    private final boolean isSigning;
    private final boolean isHuge;
    private NoteSigner signer;
    private Meter meter;
    private Meter stopped;
    private int boot;
    private int nonces;
    private int ledgers;
    private int pids = 100;
    private long events;
    private int frozenFor;
    private boolean isRotting;
    private String checkpoint;

    Host(final long seed, final Plant plant)
    {
        this.seed = seed;
        this.plant = plant;
        random = new SplittableRandom(seed);
        mischief = new Mischief(random.split());
        lanes = new SimulatedLanes(system, clock);
        isSigning = 0 == random.nextInt(48);
        isHuge = 0 == random.nextInt(4);
        isRotting = 0 == random.nextInt(6);
        mischief.draw();
        system.volume().faults(mischief);
        system.volume().putDirectory(METER);
        system.volume().isLockIgnored = Plant.LOCKS_IGNORED == plant;
        beginLedger();
    }

    Path path(final String name)
    {
        return system.path(name);
    }

    int boot()
    {
        return boot;
    }

    Id epochOf(final int bootNumber)
    {
        return new Id(100, 1 + bootNumber);
    }

    Id nextNonce()
    {
        return new Id(seed, ++nonces);
    }

    NoteSigner signer()
    {
        return signer;
    }

    void beginLedger()
    {
        signer = Meter.signerOf(new Id(seed, 1 + ledgers++));
        checkpoint = null;
    }

    long events()
    {
        return events;
    }

    /** A step inside a commit. */
    void step(final String name)
    {
        if (Plant.HEADS_BEFORE_COMMIT == plant && "commit".equals(name))
        {
            producers.forEach(lane -> lane.bytes.putLong(lane.ring + lane.ringCapacity + 384, lane.position()));
        }
        try
        {
            system.volume().reached(Volume.Step.COMMIT, name);
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    /** Something that the meter does, if there is one, and it may be its last. */
    private interface Deed
    {
        void doIt() throws IOException;
    }

    private boolean attempt(final Deed deed)
    {
        try
        {
            deed.doIt();
            return true;
        }
        catch (final Volume.Crash killed)
        {
            meter = null;
            stopped = null;
            system.volume().kill();
            mischief.reborn();
            return false;
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    /** All of it. Ends with an {@link Oracle.Broken} where a law is broken. */
    void live()
    {
        try
        {
            mischief.quiet(false);
            for (int i = 0; i < EVENTS; i++)
            {
                event();
            }
            end();
        }
        finally
        {
            memory.forEach(SimulatedLanes::give);
        }
    }

    private void event()
    {
        events++;
        final int what = random.nextInt(1000);
        mischief.note(what);
        if (--frozenFor < 0)
        {
            clock.advance(SimulatedClock.SECOND_NS + random.nextInt(1_000_000_000));
        }
        if (null == meter && what < 800)
        {
            attempt(() -> meter = new Meter(this));
        }
        if (what < 330)
        {
            produce(1 + random.nextInt(0 == what % 16 ? 400 : 12));
        }
        else if (what < 560)
        {
            attemptWithMeter(() -> meter.cycle());
        }
        else if (what < 820)
        {
            attemptWithMeter(() ->
            {
                meter.cycle();
                meter.interval();
            });
        }
        else
        {
            rareEvent(what);
        }
    }

    private void attemptWithMeter(final Deed deed)
    {
        if (null != meter)
        {
            attempt(deed);
            if (null != meter && 0 == random.nextInt(4))
            {
                attempt(() -> meter.agent().tidy());
            }
        }
    }

    private void rareEvent(final int what)
    {
        if (what < 860)
        {
            beginProducer();
        }
        else if (what < 880)
        {
            endProducer();
        }
        else if (what < 915)
        {
            mischief.killAfter(random.nextInt(60));
        }
        else if (what < 922)
        {
            losePower();
        }
        else if (what < 940)
        {
            mischief.count(Mischief.Kind.CLOCK_STEPPED);
            clock.stepWall(random.nextLong(-30 * HOUR_NS, 30 * HOUR_NS));
        }
        else if (what < 946)
        {
            twin();
        }
        else if (what < 950)
        {
            mischief.count(Mischief.Kind.FROZEN);
            frozenFor = random.nextInt(12);
        }
        else if (what < 970)
        {
            clock.advance(random.nextLong(24 * HOUR_NS));
        }
        else if (what < 980)
        {
            final Volume volume = system.volume();
            volume.capacity = Long.MAX_VALUE == volume.capacity ?
                volume.used() + random.nextInt(4000) : Long.MAX_VALUE;
        }
        else
        {
            damageOrSign(what);
        }
    }

    private void damageOrSign(final int what)
    {
        if (what < 986)
        {
            mischief.count(Mischief.Kind.EVICTED);
            system.volume().evict();
        }
        else if (isSigning)
        {
            attemptWithMeter(() ->
            {
                final String note = meter.checkpoint();
                checkpoint = null == note ? checkpoint : note;
            });
        }
        else if (isRotting && what < 990)
        {
            rot();
        }
        else if (isRotting && what < 993)
        {
            mischief.misdirectNext();
            oracle.damaged();
        }
    }

    /** A meter is stopped, not dead, and somebody starts another: it must find the account held. */
    private void twin()
    {
        if (null == stopped)
        {
            attemptWithMeter(() ->
            {
                final Meter before = meter;
                meter = new Meter(this);
                stopped = before;
            });
        }
        else
        {
            final Meter other = meter;
            meter = stopped;
            stopped = other;
        }
    }

    private void rot()
    {
        final List<String> files = system.volume().files("/ledger");
        if (files.isEmpty())
        {
            return;
        }
        final Volume.Node node = system.volume().find(files.get(random.nextInt(files.size())));
        if (node.length > 0)
        {
            mischief.count(Mischief.Kind.BIT_FLIPPED);
            oracle.damaged();
            system.volume().flip(node, random.nextInt(8 * node.length));
        }
    }

    private void produce(final int samples)
    {
        if (producers.isEmpty())
        {
            beginProducer();
        }
        for (int i = 0; i < samples; i++)
        {
            final LaneFixture lane = producers.get(random.nextInt(producers.size()));
            final long flopCount = isHuge ? random.nextLong() : random.nextLong(1L << 30);
            lane.add(random.nextInt(RUNS), flopCount);
            oracle.done(boot, flopCount);
        }
        if (0 == random.nextInt(3))
        {
            producers.get(random.nextInt(producers.size())).closeBatch();
        }
    }

    private void beginProducer()
    {
        if (producers.size() >= LANES_MAX)
        {
            endProducer();
        }
        final ByteBuffer bytes = SimulatedLanes.take();
        memory.add(bytes);
        final long nonce = memory.size();
        final LaneFixture lane = new LaneFixture(bytes, nonce, SimulatedLanes.RING_CAPACITY, ++pids);
        for (int run = 0; run < RUNS; run++)
        {
            lane.slot("r" + run);
        }
        lanes.alivePids.add(pids);
        producers.add(lane);
        system.volume().putMapped(METER + '/' + LaneHeader.nameOf(nonce), bytes);
    }

    /** It ends well, or it is killed with a record open. */
    private void endProducer()
    {
        if (!producers.isEmpty())
        {
            final LaneFixture lane = producers.remove(random.nextInt(producers.size()));
            if (random.nextBoolean())
            {
                lane.closeBatch();
            }
            else
            {
                mischief.count(Mischief.Kind.PRODUCER_KILLED);
                lane.publishTally();
            }
            lanes.alivePids.remove(lane.bytes.getInt(24));
        }
    }

    private void losePower()
    {
        mischief.count(Mischief.Kind.POWER_LOST);
        final int keptPercent = KEPT_PERCENT[random.nextInt(KEPT_PERCENT.length)];
        final Volume before = system.volume();
        final Volume after = before.afterPowerLoss((operation, sector) ->
        {
            final boolean isKept = random.nextInt(100) < keptPercent;
            if (!isKept)
            {
                mischief.count(before.isNaming(operation) ? Mischief.Kind.NAME_LOST : Mischief.Kind.SECTOR_LOST);
            }
            return isKept;
        });
        system.volume(after);
        meter = null;
        stopped = null;
        mischief.reborn();
        producers.clear();
        lanes.alivePids.clear();
        after.faults(mischief);
        after.putDirectory(METER);
        clock.boot();
        boot++;
        oracle.boot();
    }

    /** Nothing fails any more: everything must come right by itself. */
    private void end()
    {
        mischief.quiet(true);
        mischief.reborn();
        system.volume().capacity = Long.MAX_VALUE;
        clock.advance(10 * SimulatedClock.SECOND_NS);
        try
        {
            if (null == meter)
            {
                meter = new Meter(this);
            }
            producers.forEach(LaneFixture::closeBatch);
            meter.agent().drainToEnd();
            oracle.ended(meter.agent().totals(), boot);
            if (!meter.interval() && !meter.interval())
            {
                throw new Oracle.Broken("the ledger does not go on; " + this);
            }
            meter.closeEpoch();
            if (!meter.interval())
            {
                throw new Oracle.Broken("the epoch can't be closed; " + this);
            }
            verify();
        }
        catch (final IOException ex)
        {
            throw new AssertionError(toString(), ex);
        }
    }

    /** As a stranger reads it, after a loss of power that nothing survived but what is durable. */
    private void verify() throws IOException
    {
        final VolumeFileSystem found = new VolumeFileSystem(system.volume().afterPowerLoss(operation -> false));
        final Verification verification = new Verifier(new FileDisk(found.path("/ledger"), true)).verify(
            null, null == checkpoint ? null : checkpoint.getBytes(StandardCharsets.UTF_8));
        oracle.verified(verification, true);
        oracle.endedInLedger(verification, boot);
    }

    @Override
    public String toString()
    {
        return "host " + seed + " at event " + events + ", boot " + boot + ", plant " + plant;
    }
}

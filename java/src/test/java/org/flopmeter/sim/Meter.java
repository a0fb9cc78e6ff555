/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.SteppedMeter;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.ledger.Disk;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.SmallSegments;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** A meter process of a simulated host: the aggregator of its lanes, and the ledger that its totals are booked in. */
final class Meter
{
    private static final String LEDGER = "/ledger";
    private static final long SEGMENT_LENGTH_MAX = 6 * 1024;
    private static final Id METER = new Id(1, 2);
    private static final long PEAK_FLOP_PER_SECOND = 1L << 40;

    private final Host host;
    private final AggregatorAgent agent;
    private final Map<AccountKey, EpochWriter.KeyWriter> keys = new HashMap<>();
    private LedgerWriter writer;
    private EpochWriter epoch;
    private FlopCount resumedAt = FlopCount.ZERO;
    private long bookedNs;

    /** @throws IOException shared memory has no room for the account. */
    Meter(final Host host) throws IOException
    {
        this.host = host;
        bookedNs = host.clock.monotonicNs();
        agent = SteppedMeter.open(host.path(Host.METER), host.lanes, host::step);
    }

    AggregatorAgent agent()
    {
        return agent;
    }

    static Disk disk(final Host host)
    {
        return host.plant.over(new FileDisk(host.path(LEDGER), false));
    }

    /** One duty cycle; what is committed never falls and is never more than what was done. */
    void cycle()
    {
        agent.doWork();
        host.oracle.committed(agent.totals(), host.boot());
    }

    /** Book what is committed and make it durable. */
    boolean interval()
    {
        if (null == writer && !open())
        {
            return false;
        }
        final Totals totals = agent.totals();
        final long nowNs = host.clock.monotonicNs();
        FlopCount sum = FlopCount.ZERO;
        for (final KeyTotal key : totals.keys())
        {
            final FlopCount flop = Plant.MAX_ACROSS_EPOCHS == host.plant ?
                key.flopCount().max(resumedAt) : key.flopCount();
            sum = sum.add(flop);
            keys.computeIfAbsent(new AccountKey(key.run(), null == key.node() ? "" : key.node(), key.precision(),
                key.basis(), key.source(), key.part()), made -> epoch.key(made, null))
                .use(flop, key.samples(), bookedNs, nowNs);
        }
        epoch.bound(FlopInterval.of(sum, sum, sum), 0, nowNs);
        host.oracle.asked(host.boot(), sum);
        final boolean isSealed = writer.seal();
        if (isSealed || Plant.REFUSAL_IGNORED == host.plant)
        {
            bookedNs = nowNs;
            host.oracle.told(host.boot(), sum);
        }
        return isSealed;
    }

    /** Sign what is durable; null where there is nothing new or the disk refuses. */
    String checkpoint()
    {
        return null == writer ? null : writer.checkpoint();
    }

    void closeEpoch()
    {
        epoch.close();
    }

    private boolean open()
    {
        try
        {
            openLedger();
            return true;
        }
        catch (final IOException ex)
        {
            writer = null;
            return false;
        }
        catch (final LedgerException ex)
        {
            writer = null;
            moveAside(ex);
            return false;
        }
    }

    private void moveAside(final LedgerException reason)
    {
        try
        {
            final Path aside = host.path(LEDGER + ".lost-" + host.oracle.lostCount());
            if (Files.exists(host.path(LEDGER)))
            {
                Files.move(host.path(LEDGER), aside);
            }
            host.oracle.lost(reason.getMessage());
            host.beginLedger();
        }
        catch (final IOException ex)
        {
            // Next time.
            writer = null;
        }
    }

    private void openLedger() throws IOException
    {
        if (!Files.isDirectory(host.path(LEDGER)))
        {
            Files.createDirectory(host.path(LEDGER));
        }
        if (Plant.DIRECTORY_NOT_FORCED != host.plant)
        {
            new FileDisk(host.path("/"), false).forceDirectory();
        }
        final Disk disk = disk(host);
        writer = SmallSegments.open(disk, host.clock, host.signer(), SEGMENT_LENGTH_MAX);
        host.oracle.repaired(writer.repairs());
        final Verification before = new Verifier(disk).verify(null, null);
        if (writer.blocks() > 0)
        {
            host.oracle.verified(before, false);
        }
        keys.clear();
        openEpochs(before.state());
    }

    private void openEpochs(final LedgerState state)
    {
        final Id current = Plant.MAX_ACROSS_EPOCHS == host.plant ? host.epochOf(0) : host.epochOf(host.boot());
        for (final LedgerState.EpochState old : List.copyOf(state.epochs()))
        {
            if (!old.isClosed() && !old.opened().epoch().equals(current))
            {
                endOf(old);
            }
        }
        final LedgerState.EpochState known = state.epoch(current);
        resumedAt = null == known ? FlopCount.ZERO : known.counted();
        epoch = writer.openEpoch(
            METER, current, host.nextNonce(), null == known ? Id.NONE : known.nonce(), "boot", "simulated");
    }

    /** What a boot before this one did after its last interval is lost, and how long that took nobody knows. */
    private void endOf(final LedgerState.EpochState old)
    {
        final EpochWriter ended = writer.openEpoch(
            METER, old.opened().epoch(), host.nextNonce(), old.nonce(), "boot", "simulated");
        final long endNs = null == old.bound() ? 0 : old.bound().endNs();
        if (Plant.GAP_BY_WALL_CLOCK == host.plant)
        {
            final long goneNs = Math.max(0, host.clock.wallNs() - host.oracle.lastWallNs());
            ended.gap("meter", "power", endNs, endNs + 1,
                FlopCount.of(PEAK_FLOP_PER_SECOND).multiply(1 + goneNs / SimulatedClock.SECOND_NS));
        }
        else if (Plant.NO_GAP != host.plant)
        {
            ended.gap("meter", "power", endNs, endNs + 1, null);
        }
        ended.close();
    }

    static NoteSigner signerOf(final Id ledger)
    {
        return new NoteSigner(LedgerWriter.origin(ledger), Host.KEY);
    }
}

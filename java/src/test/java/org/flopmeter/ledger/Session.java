/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.EpochWriter.KeyWriter;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/** A small session of a meter: keys whose totals grow by known amounts. */
final class Session
{
    static final Id LEDGER = new Id(0x0123456789abcdefL, 0x1122334455667788L);
    static final Id METER = new Id(1, 2);
    static final Id EPOCH = new Id(3, 4);
    static final NoteSigner SIGNER =
        new NoteSigner(LedgerWriter.origin(LEDGER), SigningKey.generate(SignatureAlgorithm.ED25519));

    private final LedgerWriter writer;
    private final EpochWriter epoch;
    private final List<KeyWriter> keys = new ArrayList<>();
    private final Clock clock;
    private FlopCount sum = FlopCount.ZERO;
    private long round;

    /** Time that goes on only when it is told to. */
    static final class Clock implements LedgerClock
    {
        private long nowNs = 1_000;

        @Override
        public long wallNs()
        {
            return 1_700_000_000_000_000_000L + nowNs;
        }

        @Override
        public long monotonicNs()
        {
            return nowNs;
        }

        void advance(final long ns)
        {
            nowNs += ns;
        }
    }

    private Session(final LedgerWriter writer, final Clock clock, final Id epochId, final int keyCount)
    {
        this.writer = writer;
        this.clock = clock;
        epoch = writer.openEpoch(METER, epochId, new Id(5, epochId.low()), Id.NONE, "boot", "software");
        final EpochWriter.SourceRef source = epoch.source("blas", "cpu", "calls", "shape", "hash");
        for (int i = 0; i < keyCount; i++)
        {
            keys.add(epoch.key(keyOf(i), source));
        }
    }

    static AccountKey keyOf(final int number)
    {
        return new AccountKey(
            "run", "node-" + number, Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT);
    }

    static Session begin(final Disk disk, final Id epochId, final int keyCount) throws IOException
    {
        final Clock clock = new Clock();
        return new Session(LedgerWriter.open(disk, clock, SIGNER, "test"), clock, epochId, keyCount);
    }

    /** With segments that end behind the first block past that length. */
    static Session begin(final Disk disk, final Id epochId, final int keyCount, final long segmentLengthMax)
        throws IOException
    {
        final Clock clock = new Clock();
        return new Session(
            LedgerWriter.open(disk, clock, SIGNER, "test", segmentLengthMax), clock, epochId, keyCount);
    }

    static Session begin(final Disk disk, final int keyCount) throws IOException
    {
        return begin(disk, EPOCH, keyCount);
    }

    LedgerWriter writer()
    {
        return writer;
    }

    FlopCount sum()
    {
        return sum;
    }

    /** Every key grows; 2^70 makes each need more than 64 bits. */
    void grow()
    {
        round++;
        clock.advance(1_000);
        sum = FlopCount.ZERO;
        for (int i = 0; i < keys.size(); i++)
        {
            final FlopCount flop = FlopCount.of(round << 6, round * 1_000_003L * (i + 1));
            keys.get(i).use(flop, round, clock.monotonicNs() - 1_000, clock.monotonicNs());
            sum = sum.add(flop);
        }
        epoch.bound(FlopInterval.of(sum, sum, sum.add(sum)), 0, clock.monotonicNs());
    }

    boolean interval()
    {
        grow();
        return writer.seal();
    }

    void close()
    {
        epoch.close();
    }

    /** A ledger of so many intervals; the checkpoint covers all of it. */
    static SimulatedDisk ledger(final int keyCount, final int intervals) throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = begin(disk, keyCount);
        for (int i = 0; i < intervals; i++)
        {
            assertTrue(session.interval());
            if (i == intervals / 2)
            {
                session.writer().checkpoint();
            }
        }
        session.writer().checkpoint();
        session.writer().close();
        return disk;
    }

    static FlopCount total(final Verification verification)
    {
        FlopCount total = FlopCount.ZERO;
        for (final LedgerState.EpochState epoch : verification.state().epochs())
        {
            total = total.add(epoch.counted());
        }
        return total;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.EpochWriter.KeyWriter;
import org.flopmeter.ledger.LedgerEntry.Bound;
import org.flopmeter.ledger.LedgerEntry.KeyDefined;
import org.flopmeter.ledger.LedgerEntry.SourceRegistered;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a meter says of its epoch, as it is found in the ledger. */
class EpochWriterTest
{
    private final SimulatedDisk disk = new SimulatedDisk();
    private final Session.Clock clock = new Session.Clock();
    private LedgerWriter writer;
    private EpochWriter epoch;

    @BeforeEach
    void open() throws IOException
    {
        writer = LedgerWriter.open(disk, clock, Session.SIGNER, "test");
        epoch = writer.openEpoch(Session.METER, Session.EPOCH, new Id(5, 6), Id.NONE, "boot", "software");
    }

    private <T> List<T> sealed(final Class<T> kind) throws IOException
    {
        assertTrue(writer.seal(), writer.failure());
        final List<T> entries = new ArrayList<>();
        final Verifier verifier = new Verifier(disk).onEntry((entry, sequence, block) ->
        {
            if (kind.isInstance(entry))
            {
                entries.add(kind.cast(entry));
            }
        });
        assertEquals(List.of(), verifier.verify(null, null).findings());
        return entries;
    }

    /** Several intervals that no seal came between are one, from the first begin to the last end. */
    @Test
    void shouldSayIntervalsThatWereNotSealedAsOne() throws IOException
    {
        final KeyWriter key = epoch.key(Session.keyOf(1), null);
        key.use(FlopCount.of(5), 1, 20, 30);
        key.use(FlopCount.of(6), 2, 10, 40);
        key.use(FlopCount.of(7), 3, 35, 45);
        final Usage first = sealed(Usage.class).get(0);
        assertEquals(10, first.beginNs());
        assertEquals(45, first.endNs());
        assertEquals(FlopCount.of(7), first.flop());
        assertEquals(3, first.samples());
        assertEquals(clock.wallNs(), first.wallNs());
        key.use(FlopCount.of(8), 3, 45, 50);
        final List<Usage> usages = sealed(Usage.class);
        assertEquals(2, usages.size());
        assertEquals(45, usages.get(1).beginNs());
        assertEquals(FlopCount.of(8), key.flop());
        assertEquals(50, key.endNs());
    }

    @Test
    void shouldRefuseATotalThatFallsAndKeepWhatItHad() throws IOException
    {
        final KeyWriter key = epoch.key(Session.keyOf(1), null);
        key.use(FlopCount.of(5), -2, 20, 30);
        assertThrows(LedgerException.class, () -> key.use(FlopCount.of(4), -2, 30, 40));
        assertThrows(LedgerException.class, () -> key.use(FlopCount.of(5), -3, 30, 40));
        assertThrows(LedgerException.class, () -> key.use(FlopCount.of(5), 3, 30, 40));
        assertThrows(LedgerException.class, () -> key.use(FlopCount.of(6), -1, 30, 29));
        key.use(FlopCount.of(5), -2, 30, 30);
        final List<Usage> usages = sealed(Usage.class);
        assertEquals(1, usages.size());
        assertEquals(FlopCount.of(5), usages.get(0).flop());
        assertEquals(30, usages.get(0).endNs());
    }

    @Test
    void shouldTellWhetherThereIsMoreToSay()
    {
        final KeyWriter key = epoch.key(Session.keyOf(1), null);
        key.resume(FlopCount.of(5), -2, 30);
        assertEquals(FlopCount.of(5), key.flop());
        assertEquals(30, key.endNs());
        assertFalse(key.isMore(FlopCount.of(5), -2));
        assertFalse(key.isMore(FlopCount.of(4), -1));
        assertFalse(key.isMore(FlopCount.of(6), -3));
        assertFalse(key.isMore(FlopCount.of(6), 3));
        assertTrue(key.isMore(FlopCount.of(6), -2));
        assertTrue(key.isMore(FlopCount.of(5), -1));
        assertTrue(key.isMore(FlopCount.of(6), -1));
        assertThrows(LedgerException.class, () -> key.use(FlopCount.of(4), -2, 30, 40));
    }

    @Test
    void shouldSayAKeyOnceWithItsSource() throws IOException
    {
        final KeyWriter key = epoch.key(Session.keyOf(1), epoch.source("blas", "cpu", "calls", "shape", "hash"));
        assertSame(key, epoch.key(Session.keyOf(1), null));
        epoch.key(Session.keyOf(2), null);
        final List<KeyDefined> keys = sealed(KeyDefined.class);
        assertEquals(2, keys.size());
        assertEquals(4, keys.get(0).source(), "genesis, signer, epoch, source");
        assertEquals(3, keys.get(0).epoch());
        assertEquals(0, keys.get(1).source());
        assertEquals(List.of(new SourceRegistered(3, "blas", "cpu", "calls", "shape", "hash")),
            sealed(SourceRegistered.class));
    }

    @Test
    void shouldSayTheLastBoundOnce() throws IOException
    {
        epoch.bound(FlopInterval.exact(FlopCount.ZERO), 1, 2);
        epoch.bound(FlopInterval.of(FlopCount.ZERO, FlopCount.of(1), FlopCount.of(2)), 3, 4);
        assertTrue(epoch.isDirty());
        assertEquals(List.of(new Bound(3, 3, 4, clock.wallNs(), FlopCount.ZERO, FlopCount.of(1), FlopCount.of(2))),
            sealed(Bound.class));
        assertFalse(epoch.isDirty());
        epoch.bound(FlopInterval.unbounded(FlopCount.ZERO, FlopCount.of(1)), 5, 6);
        assertEquals(2, sealed(Bound.class).size());
        assertEquals(FlopInterval.unbounded(FlopCount.ZERO, FlopCount.of(1)),
            new Verifier(disk).verify(null, null).state().epoch(Session.EPOCH).flop());
    }

    @Test
    void shouldSayNothingMoreOnceItIsFenced() throws IOException
    {
        epoch.key(Session.keyOf(1), null).use(FlopCount.of(5), 1, 1, 2);
        epoch.bound(FlopInterval.unbounded(FlopCount.of(5), FlopCount.of(5)), 1, 2);
        epoch.fence();
        assertTrue(epoch.isFenced());
        assertFalse(epoch.isDirty());
        assertEquals(List.of(), sealed(Usage.class));
    }

    /** The ledger does not hold what was written: keys that have counted are said again, others only defined. */
    @Test
    void shouldSayEverythingAgainUnderAnotherNonce() throws IOException
    {
        final KeyWriter counted = epoch.key(Session.keyOf(1), epoch.source("blas", "cpu", "calls", "shape", "hash"));
        epoch.key(Session.keyOf(2), null);
        final KeyWriter sampled = epoch.key(Session.keyOf(3), null);
        counted.use(FlopCount.of(5), 1, 1, 2);
        sampled.use(FlopCount.ZERO, 7, 1, 2);
        assertEquals(2, sealed(Usage.class).size());
        assertEquals(new Id(5, 6), epoch.nonce());
        assertEquals(Session.EPOCH, epoch.id());
        epoch.reopen(new Id(7, 8), new Id(5, 6));
        assertTrue(epoch.isDirty());
        assertEquals(new Id(7, 8), epoch.nonce());
        assertEquals(4, sealed(Usage.class).size());
        assertEquals(6, sealed(KeyDefined.class).size());
        assertEquals(2, sealed(SourceRegistered.class).size());
        final LedgerState.EpochState found = new Verifier(disk).verify(null, null).state().epoch(Session.EPOCH);
        assertEquals(FlopCount.of(5), found.counted());
        assertEquals(new Id(7, 8), found.nonce());
        counted.use(FlopCount.of(6), 2, 2, 3);
        epoch.reopen(new Id(9, 9), new Id(7, 8));
        assertEquals(6, sealed(Usage.class).size(), "one of each that has counted, also where it was dirty");
    }
}

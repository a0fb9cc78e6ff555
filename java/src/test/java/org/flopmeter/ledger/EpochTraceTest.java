/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Bound;
import org.flopmeter.ledger.LedgerEntry.EpochClosed;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.GapBooked;
import org.flopmeter.ledger.LedgerEntry.KeyDefined;
import org.flopmeter.ledger.LedgerEntry.SourceRegistered;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/** From what a meter reads of its epoch here it goes on: what it takes for booked is not booked again. */
class EpochTraceTest
{
    private static final Id METER = new Id(1, 2);
    private static final Id ONE = new Id(3, 1);
    private static final Id TWO = new Id(3, 2);
    private static final Id NONCE = new Id(5, 6);
    private static final Id NEXT = new Id(7, 8);

    private EpochTrace.Collector traces = new EpochTrace.Collector(null);
    private long sequence;

    private static AccountKey key(final String node, final Part part)
    {
        return new AccountKey("run", node, Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, part);
    }

    private long take(final LedgerEntry entry)
    {
        traces.onEntry(entry, ++sequence, 0);
        return sequence;
    }

    private long open(final Id epoch, final Id nonce, final Id resumes, final long wallNs, final long monotonicNs)
    {
        return take(new EpochOpened(METER, epoch, nonce, resumes, wallNs, monotonicNs, "boot", "software"));
    }

    @Test
    void shouldAddUpTheKeysThatCount()
    {
        final long epoch = open(ONE, NONCE, Id.NONE, 1, 2);
        final long one = take(new KeyDefined(epoch, 0, key("one", Part.COUNT)));
        final long two = take(new KeyDefined(epoch, 0, key("two", Part.COUNT)));
        final long estimate = take(new KeyDefined(epoch, 0, key("one", Part.ESTIMATE)));
        take(new Usage(one, 1, 10, 11, 1, FlopCount.of(1, -5)));
        take(new Usage(two, 1, 10, 11, 1, FlopCount.of(0, 7)));
        take(new Usage(estimate, 1, 10, 11, 1, FlopCount.of(99)));
        final Usage last = new Usage(one, 10, 20, 21, 2, FlopCount.of(2, 3));
        take(last);
        take(new Usage(sequence + 50, 1, 90, 91, 1, FlopCount.of(99)));

        final EpochTrace trace = traces.of(ONE);
        assertEquals(FlopCount.of(2, 10), trace.counted());
        assertSame(last, trace.total(key("one", Part.COUNT)));
        assertNull(trace.total(key("three", Part.COUNT)));
        assertEquals(3, trace.totals().size());
        assertEquals(20, trace.endNs());
        assertEquals(21, trace.wallNs());
        assertEquals(NONCE, trace.nonce());
        assertTrue(trace.isWhole());
        assertFalse(trace.isClosed());
        assertEquals(METER, trace.opened().meter());
    }

    /** Whatever was booked last, of whatever kind, is where the time begins that nobody saw. */
    @Test
    void shouldReachAsFarAsAnyEntryDoes()
    {
        final long epoch = open(ONE, NONCE, Id.NONE, 5, 6);
        final EpochTrace trace = traces.of(ONE);
        assertEquals(6, trace.endNs());
        assertEquals(5, trace.wallNs());
        take(new Bound(epoch, 1, 30, 31, FlopCount.ZERO, FlopCount.ZERO, null));
        assertEquals(30, trace.endNs());
        assertEquals(31, trace.wallNs());
        take(new GapBooked(epoch, 40, 90, 41, null, "all", "what it covers is not counted"));
        assertEquals(40, trace.endNs());
        assertEquals(41, trace.wallNs());
        take(new Bound(epoch, 1, 20, 21, FlopCount.ZERO, FlopCount.ZERO, null));
        assertEquals(40, trace.endNs());
        assertEquals(41, trace.wallNs());
        open(ONE, NEXT, NONCE, 50, 51);
        assertEquals(40, trace.endNs());
        assertEquals(50, trace.wallNs());
    }

    @Test
    void shouldFollowTheLastWriterOfAnEpoch()
    {
        final long first = open(ONE, NONCE, Id.NONE, 1, 2);
        final long second = open(ONE, NEXT, NONCE, 1, 2);
        final EpochTrace trace = traces.of(ONE);
        assertEquals(NEXT, trace.nonce());
        assertTrue(trace.isWhole());
        take(new Bound(first, 1, 70, 71, FlopCount.ZERO, FlopCount.ZERO, null));
        assertEquals(2, trace.endNs(), "the first writer was superseded");
        take(new Bound(second, 1, 30, 31, FlopCount.ZERO, FlopCount.ZERO, null));
        assertEquals(30, trace.endNs());
    }

    @Test
    void shouldKnowThatItSawOnlyTheEnd()
    {
        open(ONE, NEXT, NONCE, 1, 2);
        assertFalse(traces.of(ONE).isWhole());
    }

    @Test
    void shouldReadThePeakOfTheMachine()
    {
        final long epoch = open(ONE, NONCE, Id.NONE, 1, 2);
        assertEquals("", traces.of(ONE).peak());
        take(new SourceRegistered(epoch, "blas", "cpu", "999", "", ""));
        take(new SourceRegistered(epoch + 7, EpochTrace.PEAK, "machine", "998", "", ""));
        assertEquals("", traces.of(ONE).peak());
        take(new SourceRegistered(epoch, EpochTrace.PEAK, "machine", "123", "", ""));
        assertEquals("123", traces.of(ONE).peak());
    }

    /** Of a ledger of years only what is open stays in memory. */
    @Test
    void shouldForgetWhatHasEndedWhereAllAreAskedFor()
    {
        final long one = open(ONE, NONCE, Id.NONE, 1, 2);
        final long key = take(new KeyDefined(one, 0, key("one", Part.COUNT)));
        final long two = open(TWO, NONCE, Id.NONE, 1, 2);
        final long other = take(new KeyDefined(two, 0, key("one", Part.COUNT)));
        take(new Usage(key, 1, 10, 11, 1, FlopCount.of(5)));
        final EpochTrace ended = traces.of(ONE);
        take(new EpochClosed(one, 1, 1));
        take(new Usage(other, 1, 10, 11, 1, FlopCount.of(6)));
        take(new Usage(key, 1, 80, 81, 1, FlopCount.of(7)));
        take(new GapBooked(one, 90, 91, 92, null, "", ""));

        assertNull(traces.of(ONE));
        assertEquals(List.of(traces.of(TWO)), List.copyOf(traces.traces()));
        assertEquals(FlopCount.of(6), traces.of(TWO).counted());
        assertTrue(ended.isClosed());
        assertEquals(0, ended.totals().size());
        assertEquals(10, ended.endNs());
    }

    @Test
    void shouldKeepTheTotalsOfTheOneThatIsAskedFor()
    {
        traces = new EpochTrace.Collector(ONE);
        final long two = open(TWO, NONCE, Id.NONE, 1, 2);
        take(new KeyDefined(two, 0, key("one", Part.COUNT)));
        final long one = open(ONE, NONCE, Id.NONE, 1, 2);
        final long key = take(new KeyDefined(one, 0, key("one", Part.COUNT)));
        take(new Usage(key, 1, 10, 11, 1, FlopCount.of(5)));
        take(new EpochClosed(two, 1, 1));
        assertFalse(traces.of(ONE).isClosed());
        take(new EpochClosed(one, 1, 1));

        assertNull(traces.of(TWO));
        assertTrue(traces.of(ONE).isClosed());
        assertEquals(FlopCount.of(5), traces.of(ONE).counted());
        assertEquals(1, traces.of(ONE).totals().size());
        open(ONE, NEXT, NONCE, 1, 2);
        assertFalse(traces.of(ONE).isClosed());
    }
}

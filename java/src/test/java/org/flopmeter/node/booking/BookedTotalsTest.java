/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.node.booking.BookedTotals.Counted;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/** Names come, grow and are forgotten by the meter; no total of the ledger falls, and all of it is there once. */
final class BookedTotalsTest
{
    private static final int SESSIONS = 300;
    private static final int STEPS = 60;
    private static final int NAMES_MAX = 5;
    private static final Precision[] KINDS = { Precision.FP64, Precision.FP32 };

    private final SplittableRandom random = new SplittableRandom(20_261_128);
    private final Map<AccountKey, Counted> meter = new LinkedHashMap<>();
    private final Map<AccountKey, Counted> ledger = new LinkedHashMap<>();

    private static AccountKey key(final String node, final Precision precision)
    {
        return new AccountKey("run", node, precision, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT);
    }

    private static Counted total(final long flop, final long samples)
    {
        return new Counted(FlopCount.of(flop), samples);
    }

    private static Counted sum(final Map<AccountKey, Counted> totals)
    {
        return totals.values().stream().reduce(Counted.ZERO, Counted::plus);
    }

    private void book(final AccountKey key, final Counted total)
    {
        final Counted before = ledger.put(key, total);
        assertTrue(null == before || total.flopCount().compareTo(before.flopCount()) >= 0,
            () -> key + " falls from " + before + " to " + total);
    }

    private Map<AccountKey, Usage> asBefore()
    {
        final Map<AccountKey, Usage> usages = new HashMap<>();
        ledger.forEach((key, total) -> usages.put(key, new Usage(1, 0, 0, 0, total.samples(), total.flopCount())));
        return usages;
    }

    private void count()
    {
        for (int i = random.nextInt(4); i >= 0; i--)
        {
            meter.merge(key("n" + random.nextInt(12), KINDS[random.nextInt(2)]), total(random.nextLong(1000), 1),
                Counted::plus);
        }
        if (0 == random.nextInt(3) && !meter.isEmpty())
        {
            // Too many names: this one is counted under none from now on.
            final AccountKey lost = meter.keySet().stream().skip(random.nextInt(meter.size())).findFirst().get();
            meter.merge(key(RunResult.UNATTRIBUTED, lost.precision()), meter.remove(lost), Counted::plus);
        }
    }

    @Test
    void shouldBookAllOfItOnceWhateverLosesItsName()
    {
        for (int session = 0; session < SESSIONS; session++)
        {
            meter.clear();
            ledger.clear();
            BookedTotals totals = new BookedTotals("run", NAMES_MAX);
            Map<AccountKey, Usage> before = Map.of();
            for (int step = 0; step < STEPS; step++)
            {
                count();
                totals.see(meter);
                if (0 == random.nextInt(3))
                {
                    continue;
                }
                totals.enter(before, false, this::book);
                assertFalse(totals.isNews());
                assertEquals(sum(meter), sum(ledger));
                if (0 == random.nextInt(20))
                {
                    totals = new BookedTotals("run", NAMES_MAX);
                    before = asBefore();
                }
            }
            totals.seeLast(meter);
            totals.enter(before, true, this::book);
            assertEquals(sum(meter), sum(ledger));
        }
    }

    /** Canary: each key by itself, as it was before, has what lost its name twice. */
    @Test
    void shouldSeeThatEachKeyByItselfIsNotEnough()
    {
        for (int step = 0; step < STEPS; step++)
        {
            count();
            meter.forEach((key, total) -> ledger.merge(key, total,
                (one, other) -> one.flopCount().compareTo(other.flopCount()) > 0 ? one : other));
        }
        assertTrue(sum(ledger).flopCount().compareTo(sum(meter).flopCount()) > 0);
    }

    @Test
    void shouldTakeWhatIsLessForUnreadableAndRefuseItAtTheEnd()
    {
        final BookedTotals totals = new BookedTotals("run", NAMES_MAX);
        final AccountKey name = key("n", Precision.FP64);
        totals.see(Map.of(name, total(9, 3)));
        assertTrue(totals.isNews());
        totals.enter(Map.of(), false, this::book);
        totals.see(Map.of(name, total(8, 3)));
        totals.see(Map.of());
        assertFalse(totals.isNews());
        totals.enter(Map.of(), false, this::book);
        assertEquals(Map.of(name, total(9, 3)), ledger);

        totals.seeLast(Map.of(name, total(8, 3)));
        assertEquals("a total falls from 9 to 8",
            assertThrows(LedgerException.class, () -> totals.enter(Map.of(), true, this::book)).getMessage());
        totals.seeLast(Map.of());
        assertThrows(LedgerException.class, () -> totals.enter(Map.of(), true, this::book));
    }
}

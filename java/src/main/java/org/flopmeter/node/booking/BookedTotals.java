/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;

/**
 * What a meter has counted, by key, as a ledger can take it. A key's total may fall in the meter: beyond 131 072 names
 * of ended processes it is counted under no name from then on. No total of a ledger falls, so a name keeps there what
 * it had, and what is under no name is all of its kind less what the names have: every FLOP is there once.
 */
final class BookedTotals
{
    /** Of one epoch. What has no name of its own there is under no name, exact. */
    static final int NAMES_MAX = (1 << 17) + (1 << 13);

    private final String run;
    private final int namesMax;
    private final Map<AccountKey, Counted> names = new LinkedHashMap<>();
    private final Map<AccountKey, Counted> kinds = new LinkedHashMap<>();
    /** What was given out: names, and what is under none. */
    private final Map<AccountKey, Counted> entered = new LinkedHashMap<>();
    private boolean isNews;

    /** The total of a key. */
    record Counted(FlopCount flopCount, long samples)
    {
        static final Counted ZERO = new Counted(FlopCount.ZERO, 0);

        Counted plus(final Counted other)
        {
            return new Counted(flopCount.add(other.flopCount), samples + other.samples);
        }

        private Counted max(final Counted other)
        {
            return new Counted(flopCount.max(other.flopCount),
                Long.compareUnsigned(samples, other.samples) > 0 ? samples : other.samples);
        }

        private boolean isWithin(final Counted other)
        {
            return flopCount.compareTo(other.flopCount) <= 0 && Long.compareUnsigned(samples, other.samples) <= 0;
        }

        private Counted minus(final Counted other)
        {
            return new Counted(flopCount.subtract(other.flopCount), samples - other.samples);
        }
    }

    /** @param run under which that is which has no name. */
    BookedTotals(final String run, final int namesMax)
    {
        this.run = run;
        this.namesMax = namesMax;
    }

    private boolean isUnnamed(final AccountKey key)
    {
        return run.equals(key.run()) && RunResult.UNATTRIBUTED.equals(key.node());
    }

    private AccountKey unnamed(final AccountKey key)
    {
        return new AccountKey(run, RunResult.UNATTRIBUTED, key.precision(), key.basis(), key.source(), key.part());
    }

    /** What is committed by now. Whatever is less than before was not readable at that moment. */
    void see(final Map<AccountKey, Counted> now)
    {
        sums(now).forEach((kind, sum) ->
        {
            final Counted before = kinds.put(kind, sum.max(kinds.getOrDefault(kind, Counted.ZERO)));
            isNews |= !kinds.get(kind).equals(before);
        });
        seeNames(now);
    }

    /** The last word, which holds even where it is less. */
    void seeLast(final Map<AccountKey, Counted> now)
    {
        kinds.clear();
        kinds.putAll(sums(now));
        seeNames(now);
    }

    private Map<AccountKey, Counted> sums(final Map<AccountKey, Counted> now)
    {
        final Map<AccountKey, Counted> sums = new LinkedHashMap<>();
        now.forEach((key, total) -> sums.merge(unnamed(key), total, Counted::plus));
        return sums;
    }

    private void seeNames(final Map<AccountKey, Counted> now)
    {
        now.forEach((key, total) ->
        {
            final Counted before = names.get(key);
            if (!isUnnamed(key) && (null != before || names.size() < namesMax))
            {
                final Counted next = null == before ? total : total.max(before);
                names.put(key, next);
                isNews |= !next.equals(before);
            }
        });
    }

    /** Is there something that was not yet given to {@link #enter}? */
    boolean isNews()
    {
        return isNews;
    }

    /**
     * Give out each key's total where it has grown. A name grows by no more than all of its kind has grown since: what
     * was counted under no name until now stays there, since that does not fall either.
     *
     * @param before what the epoch had before this meter went on with it.
     * @param isLast nothing follows: what would fall then is an error.
     * @throws LedgerException at the last: the ledger has more than all.
     */
    void enter(final Map<AccountKey, Usage> before, final boolean isLast, final BiConsumer<AccountKey, Counted> use)
    {
        final Map<AccountKey, Counted> left = left(before, isLast);
        names.forEach((key, seen) ->
        {
            final AccountKey kind = unnamed(key);
            final Counted had = had(key, before);
            final Counted total = seen.max(had);
            final Counted more = total.minus(had);
            if (!Counted.ZERO.equals(more) && left.containsKey(kind) && more.isWithin(left.get(kind)))
            {
                left.put(kind, left.get(kind).minus(more));
                entered.put(key, total);
                use.accept(key, total);
            }
        });
        left.forEach((kind, more) ->
        {
            if (!Counted.ZERO.equals(more))
            {
                final Counted total = had(kind, before).plus(more);
                entered.put(kind, total);
                use.accept(kind, total);
            }
        });
        isNews = false;
    }

    /** What was given out may not be durable: from here on the ledger has what {@link #enter} is told of before. */
    void forgetEntered()
    {
        entered.clear();
    }

    /** What there is more, by kind, than the ledger has; nothing of a kind that was not readable as a whole. */
    private Map<AccountKey, Counted> left(final Map<AccountKey, Usage> before, final boolean isLast)
    {
        final Map<AccountKey, Counted> booked = new LinkedHashMap<>();
        entered.forEach((key, total) -> booked.merge(unnamed(key), total, Counted::plus));
        before.forEach((key, usage) ->
        {
            if (Part.COUNT == key.part() && !entered.containsKey(key))
            {
                booked.merge(unnamed(key), counted(usage), Counted::plus);
            }
        });
        final Map<AccountKey, Counted> left = new LinkedHashMap<>(kinds);
        booked.forEach((kind, sum) ->
        {
            final Counted all = kinds.getOrDefault(kind, Counted.ZERO);
            if (sum.isWithin(all))
            {
                left.put(kind, all.minus(sum));
            }
            else if (isLast)
            {
                throw new LedgerException("a total falls from " + sum.flopCount() + " to " + all.flopCount());
            }
            else
            {
                left.remove(kind);
            }
        });
        return left;
    }

    private Counted had(final AccountKey key, final Map<AccountKey, Usage> before)
    {
        final Counted own = entered.get(key);
        return null == own ? counted(before.get(key)) : own;
    }

    private static Counted counted(final Usage usage)
    {
        return null == usage ? Counted.ZERO : new Counted(usage.flop(), usage.samples());
    }
}

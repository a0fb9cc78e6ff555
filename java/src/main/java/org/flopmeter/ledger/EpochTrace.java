/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Bound;
import org.flopmeter.ledger.LedgerEntry.EpochClosed;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.GapBooked;
import org.flopmeter.ledger.LedgerEntry.KeyDefined;
import org.flopmeter.ledger.LedgerEntry.SourceRegistered;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;

/** What a ledger says of one epoch: who wrote it last, how far it came, and whether it has ended. */
public final class EpochTrace
{
    /** Source under which an epoch says what its machine can do at most; the counter says how much. */
    public static final String PEAK = "peak";

    private final EpochOpened opened;
    private final Map<AccountKey, Usage> totals = new HashMap<>();
    private Id nonce;
    private long number;
    private long endNs;
    private long wallNs;
    private boolean isClosed;
    private String peak = "";
    private FlopCount counted = FlopCount.ZERO;

    private EpochTrace(final EpochOpened opened)
    {
        this.opened = opened;
        endNs = opened.monotonicNs();
    }

    /** As it was opened first. */
    public EpochOpened opened()
    {
        return opened;
    }

    /** Of the last writer. */
    public Id nonce()
    {
        return nonce;
    }

    public boolean isClosed()
    {
        return isClosed;
    }

    /** False where only its later entries were seen: what they add up to is not all. */
    public boolean isWhole()
    {
        return opened.resumes().isNone();
    }

    public FlopCount counted()
    {
        return counted;
    }

    /** The last usage of each key; nothing of an epoch that is closed, where all were asked for. */
    public Map<AccountKey, Usage> totals()
    {
        return Collections.unmodifiableMap(totals);
    }

    /** The last usage of a key; null when there is none. */
    public Usage total(final AccountKey key)
    {
        return totals.get(key);
    }

    /** End of the last interval that was booked, on the monotonic clock of the epoch's boot. */
    public long endNs()
    {
        return endNs;
    }

    /** When the last writer or usage was booked, by the wall clock. */
    public long wallNs()
    {
        return wallNs;
    }

    /** What was said under {@link #PEAK}; "" where nothing was. */
    public String peak()
    {
        return peak;
    }

    /** Follows all epochs, or one. */
    static final class Collector implements Verifier.EntryHandler
    {
        private final Id wanted;
        private final Map<Id, EpochTrace> traces = new LinkedHashMap<>();
        private final Map<Long, EpochTrace> byNumber = new HashMap<>();
        private final Map<Long, KeyOf> keys = new HashMap<>();

        private record KeyOf(EpochTrace trace, AccountKey key)
        {
        }

        /** @param wanted null = all. */
        Collector(final Id wanted)
        {
            this.wanted = wanted;
        }

        Collection<EpochTrace> traces()
        {
            return traces.values();
        }

        /** Null when it is not there. */
        EpochTrace of(final Id epoch)
        {
            return traces.get(epoch);
        }

        @Override
        public void onEntry(final LedgerEntry entry, final long sequence, final long block)
        {
            if (entry instanceof EpochOpened opened)
            {
                open(opened, sequence);
            }
            else if (entry instanceof KeyDefined defined && byNumber.containsKey(defined.epoch()))
            {
                keys.put(sequence, new KeyOf(byNumber.get(defined.epoch()), defined.key()));
            }
            else if (entry instanceof Usage usage && keys.containsKey(usage.key()))
            {
                use(keys.get(usage.key()), usage);
            }
            else if (entry instanceof SourceRegistered source && PEAK.equals(source.source()) &&
                byNumber.containsKey(source.epoch()))
            {
                byNumber.get(source.epoch()).peak = source.counter();
            }
            else if (entry instanceof Bound bound && byNumber.containsKey(bound.epoch()))
            {
                byNumber.get(bound.epoch()).reach(bound.endNs(), bound.wallNs());
            }
            else if (entry instanceof GapBooked gap && byNumber.containsKey(gap.epoch()))
            {
                byNumber.get(gap.epoch()).reach(gap.beginNs(), gap.wallNs());
            }
            else if (entry instanceof EpochClosed closed && byNumber.containsKey(closed.epoch()))
            {
                close(byNumber.get(closed.epoch()));
            }
        }

        private void open(final EpochOpened opened, final long sequence)
        {
            if (null == wanted || wanted.equals(opened.epoch()))
            {
                final EpochTrace trace = traces.computeIfAbsent(opened.epoch(), made -> new EpochTrace(opened));
                byNumber.remove(trace.number);
                byNumber.put(sequence, trace);
                trace.number = sequence;
                trace.nonce = opened.nonce();
                trace.isClosed = false;
                trace.reach(trace.endNs, opened.wallNs());
            }
        }

        private static void use(final KeyOf key, final Usage usage)
        {
            final EpochTrace trace = key.trace();
            trace.reach(usage.endNs(), usage.wallNs());
            final Usage before = trace.totals.put(key.key(), usage);
            if (Part.COUNT == key.key().part())
            {
                trace.counted = trace.counted.subtract(null == before ? FlopCount.ZERO : before.flop())
                    .add(usage.flop());
            }
        }

        private void close(final EpochTrace trace)
        {
            trace.isClosed = true;
            if (null == wanted)
            {
                // Of epochs that have ended only that is of interest.
                trace.totals.clear();
                byNumber.remove(trace.number);
                keys.values().removeIf(key -> key.trace() == trace);
                traces.remove(trace.opened.epoch());
            }
        }
    }

    private void reach(final long untilNs, final long untilWallNs)
    {
        endNs = Math.max(endNs, untilNs);
        wallNs = Math.max(wallNs, untilWallNs);
    }
}

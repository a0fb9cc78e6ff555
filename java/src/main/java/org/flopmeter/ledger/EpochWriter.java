/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.ArrayList;
import java.util.List;
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
import org.flopmeter.unit.FlopInterval;

/**
 * What a writer knows of one epoch. Usage stays here as a cumulative value until it is durable, so that a disk that
 * refuses costs memory by the number of keys, whatever the time. One thread.
 */
public final class EpochWriter
{
    private final LedgerWriter writer;
    private final Ref epoch = new Ref();
    private final List<Draft> sources = new ArrayList<>();
    private final Map<AccountKey, KeyWriter> keys = new LinkedHashMap<>();
    private final List<KeyWriter> dirty = new ArrayList<>();
    private EpochOpened opened;
    private BoundDraft bound;
    private boolean isFenced;

    /** The number that an entry gets when it is sealed. */
    static final class Ref
    {
        long sequence;
    }

    private record BoundDraft(FlopInterval flop, long beginNs, long endNs)
    {
    }

    /** The running total of one key. */
    public static final class KeyWriter
    {
        private final EpochWriter owner;
        private final Draft defined;
        private FlopCount flop = FlopCount.ZERO;
        private long samples;
        private long beginNs;
        private long endNs;
        private boolean isDirty;

        KeyWriter(final EpochWriter owner, final Draft defined)
        {
            this.owner = owner;
            this.defined = defined;
        }

        /** What an earlier writer of the epoch made durable: this one goes on from there. */
        public void resume(final FlopCount cumulative, final long samplesSoFar, final long intervalEndNs)
        {
            flop = cumulative;
            samples = samplesSoFar;
            endNs = intervalEndNs;
        }

        /** Would {@link #use} say something new, and nothing that falls? */
        public boolean isMore(final FlopCount cumulative, final long samplesSoFar)
        {
            final int more = cumulative.compareTo(flop);
            final int moreSamples = Long.compareUnsigned(samplesSoFar, samples);
            return more >= 0 && moreSamples >= 0 && more + moreSamples > 0;
        }

        /** End of the interval that was said last. */
        public long endNs()
        {
            return endNs;
        }

        /** The total so far. */
        public FlopCount flop()
        {
            return flop;
        }

        /**
         * The cumulative total as of endNs.
         *
         * @throws LedgerException it would fall.
         */
        public void use(final FlopCount cumulative, final long samplesSoFar, final long intervalBeginNs,
            final long intervalEndNs)
        {
            if (cumulative.compareTo(flop) < 0 || Long.compareUnsigned(samplesSoFar, samples) < 0 ||
                intervalEndNs < intervalBeginNs)
            {
                throw new LedgerException("a total falls from " + flop + " to " + cumulative);
            }
            flop = cumulative;
            samples = samplesSoFar;
            beginNs = isDirty ? Math.min(beginNs, intervalBeginNs) : intervalBeginNs;
            endNs = intervalEndNs;
            if (!isDirty)
            {
                isDirty = true;
                owner.dirty.add(this);
            }
        }
    }

    EpochWriter(final LedgerWriter writer, final EpochOpened opened)
    {
        this.writer = writer;
        this.opened = opened;
        writer.add(opening());
    }

    Id id()
    {
        return opened.epoch();
    }

    Id nonce()
    {
        return opened.nonce();
    }

    /** Another writer took the epoch over: nothing of this one is written any more. */
    public boolean isFenced()
    {
        return isFenced;
    }

    void fence()
    {
        isFenced = true;
        dirty.clear();
        bound = null;
    }

    /** Say everything again, under a nonce of its own: the ledger does not hold what this writer wrote. */
    void reopen(final Id nonce, final Id resumes)
    {
        opened = new EpochOpened(opened.meter(), opened.epoch(), nonce, resumes, opened.wallNs(),
            opened.monotonicNs(), opened.boot(), opened.software());
        writer.add(opening());
        sources.forEach(writer::add);
        dirty.clear();
        for (final KeyWriter key : keys.values())
        {
            writer.add(key.defined);
            key.isDirty = !key.flop.isZero() || 0 != key.samples;
            if (key.isDirty)
            {
                dirty.add(key);
            }
        }
    }

    private Draft opening()
    {
        return new Draft(epoch, this, true, () -> opened);
    }

    /** Where counts come from; each field at most a line. */
    public SourceRef source(
        final String source, final String device, final String counter, final String method, final String software)
    {
        final Draft draft = Draft.of(
            this, true, () -> new SourceRegistered(epoch.sequence, source, device, counter, method, software));
        sources.add(draft);
        writer.add(draft);
        return new SourceRef(draft.ref());
    }

    /** A registered source. */
    public record SourceRef(Ref ref)
    {
    }

    /** The running total of a key; the same one when it is asked for again. @param source null = none. */
    public KeyWriter key(final AccountKey key, final SourceRef source)
    {
        return keys.computeIfAbsent(key, made ->
        {
            final Draft draft = Draft.of(this, true,
                () -> new KeyDefined(epoch.sequence, null == source ? 0 : source.ref().sequence, made));
            writer.add(draft);
            return new KeyWriter(this, draft);
        });
    }

    /** The three ends of everything so far; its lower end must be what the keys of part 0 add up to. */
    public void bound(final FlopInterval flop, final long beginNs, final long endNs)
    {
        bound = new BoundDraft(flop, beginNs, endNs);
    }

    /** @param upper null = unbounded. */
    public void gap(
        final String source, final String reason, final long beginNs, final long endNs, final FlopCount upper)
    {
        final long wallNs = writer.clock().wallNs();
        writer.add(Draft.of(this, false,
            () -> new GapBooked(epoch.sequence, beginNs, endNs, wallNs, upper, source, reason)));
    }

    /** Nothing comes after it but another writer that resumes the epoch. */
    public void close()
    {
        writer.closeAfter(this, () -> new EpochClosed(
            epoch.sequence, writer.clock().wallNs(), writer.clock().monotonicNs()));
    }

    /** What is not durable yet, as entries. */
    void collect(final long wallNs, final List<Draft> drafts)
    {
        for (final KeyWriter key : dirty)
        {
            drafts.add(Draft.of(this, false, () -> new Usage(
                key.defined.ref().sequence, key.beginNs, key.endNs, wallNs, key.samples, key.flop)));
        }
        if (null != bound)
        {
            final BoundDraft draft = bound;
            drafts.add(Draft.of(this, false, () -> new Bound(
                epoch.sequence, draft.beginNs(), draft.endNs(), wallNs, draft.flop().lower(), draft.flop().point(),
                draft.flop().isBounded() ? draft.flop().upper() : null)));
        }
    }

    boolean isDirty()
    {
        return !dirty.isEmpty() || null != bound;
    }

    /** All of it is durable. */
    void sealed()
    {
        dirty.forEach(key -> key.isDirty = false);
        dirty.clear();
        bound = null;
    }
}

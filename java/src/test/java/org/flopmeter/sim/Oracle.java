/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** Knows what a host really did, and compares it with everything that the meter and the ledger say. */
final class Oracle
{
    private final Host host;
    private final List<Boot> boots = new ArrayList<>();
    private final List<String> tellings = new ArrayList<>();
    private int lost;
    private int verified;
    private boolean isDamaged;
    private long lastWallNs;

    /** One life of the host's shared memory. */
    private static final class Boot
    {
        private FlopCount truth = FlopCount.ZERO;
        private FlopCount committed = FlopCount.ZERO;
        private FlopCount told = FlopCount.ZERO;
        private boolean isTold;
        private final Set<FlopCount> asked = new HashSet<>(Set.of(FlopCount.ZERO));
    }

    /** A law was broken. */
    static final class Broken extends AssertionError
    {
        private static final long serialVersionUID = 1L;

        Broken(final String message)
        {
            super(message);
        }
    }

    Oracle(final Host host)
    {
        this.host = host;
        boots.add(new Boot());
    }

    void boot()
    {
        boots.add(new Boot());
    }

    private void require(final boolean isSo, final String what)
    {
        if (!isSo)
        {
            throw new Broken(what + "; " + host);
        }
    }

    void done(final int boot, final long flopCount)
    {
        final Boot now = boots.get(boot);
        now.truth = now.truth.add(FlopCount.of(flopCount));
    }

    /** The medium itself has changed bytes: what is lost by that must be told. */
    void damaged()
    {
        isDamaged = true;
    }

    private static FlopCount sumOf(final Totals totals)
    {
        FlopCount sum = FlopCount.ZERO;
        for (final KeyTotal key : totals.keys())
        {
            sum = sum.add(key.flopCount());
        }
        return sum;
    }

    void committed(final Totals totals, final int boot)
    {
        final Boot now = boots.get(boot);
        final FlopCount sum = sumOf(totals);
        require(sum.compareTo(now.committed) >= 0, "a committed total fell from " + now.committed + " to " + sum);
        require(sum.compareTo(now.truth) <= 0, "more is committed than was done: " + sum + " of " + now.truth);
        require(totals.conserved() && totals.findings().isEmpty(),
            totals.conservationDetails() + " " + totals.findings());
        now.committed = sum;
    }

    /** Everything was drained. */
    void ended(final Totals totals, final int boot)
    {
        committed(totals, boot);
        final Boot now = boots.get(boot);
        require(now.committed.equals(now.truth), "done " + now.truth + ", counted " + now.committed);
        require(0 == totals.samplesLost(), "lost " + totals.samplesLost() + " samples");
    }

    void asked(final int boot, final FlopCount sum)
    {
        boots.get(boot).asked.add(sum);
    }

    void told(final int boot, final FlopCount sum)
    {
        final Boot now = boots.get(boot);
        require(sum.compareTo(now.told) >= 0, "a total fell from " + now.told + " to " + sum);
        now.told = sum;
        now.isTold = true;
        lastWallNs = host.clock.wallNs();
    }

    long lastWallNs()
    {
        return lastWallNs;
    }

    void repaired(final List<String> repairs)
    {
        tellings.addAll(repairs);
    }

    void lost(final String reason)
    {
        require(isDamaged, "a ledger was given up without need: " + reason);
        tellings.add("lost: " + reason);
        lost++;
    }

    int lostCount()
    {
        return lost;
    }

    int verifiedCount()
    {
        return verified;
    }

    /** What a reader finds in the ledger. */
    void verified(final Verification verification, final boolean isEnd)
    {
        verified++;
        final boolean isClean = verification.findings().isEmpty();
        require(isClean || isDamaged, "findings without damage: " + verification.findings());
        if (!isClean)
        {
            tellings.add(verification.findings().get(0).kind());
        }
        tellings.addAll(verification.notes());
        for (int boot = 0; boot < boots.size(); boot++)
        {
            compare(verification.state().epoch(host.epochOf(boot)), boot, isEnd);
        }
    }

    private void compare(final LedgerState.EpochState epoch, final int boot, final boolean isEnd)
    {
        final Boot was = boots.get(boot);
        final FlopCount found = null == epoch ? FlopCount.ZERO : epoch.counted();
        require(found.compareTo(was.truth) <= 0, "boot " + boot + " did " + was.truth + ", the ledger has " + found);
        require(isDamaged || was.asked.contains(found), "boot " + boot + ": nobody asked for " + found);
        final boolean isKept = found.compareTo(was.told) >= 0 && (null != epoch || !was.isTold);
        require(isKept || isDamaged,
            "boot " + boot + ": durable was " + was.told + ", the ledger has " + (null == epoch ? "nothing" : found));
        require(isKept || !tellings.isEmpty(), "boot " + boot + ": damage took something and nobody told");
        if (isEnd && null != epoch && !isDamaged)
        {
            final FlopInterval flop = epoch.flop();
            require(flop.lower().compareTo(was.truth) <= 0 &&
                (!flop.isBounded() || flop.upper().compareTo(was.truth) >= 0),
                "boot " + boot + " did " + was.truth + ", which is not within " + flop);
        }
    }

    /** The last word of the ledger about the boot that is still there. */
    void endedInLedger(final Verification verification, final int boot)
    {
        final LedgerState.EpochState epoch = verification.state().epoch(host.epochOf(boot));
        final boolean isExact = null != epoch && epoch.counted().equals(boots.get(boot).truth);
        require(isExact || (isDamaged && !tellings.isEmpty()),
            "the ledger ends with " + (null == epoch ? "nothing" : epoch.counted()) + " of " + boots.get(boot).truth);
    }
}

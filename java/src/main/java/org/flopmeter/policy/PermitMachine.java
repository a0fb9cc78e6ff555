/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.flopmeter.unit.Ratio;

/**
 * The device's side of permits: what it installs, what it grants, how it comes to a stop. No I/O and no clock of its
 * own: {@code trustedTime} is that of its {@link PermitClock}. Everything here survives a restart.
 */
final class PermitMachine
{
    private final Terms terms;
    private String pendingNonce;
    private Permit permit;
    private BigInteger account = BigInteger.ZERO;
    private BigInteger drainLeft = BigInteger.ZERO;
    private boolean isExhausted;
    private BigInteger used = BigInteger.ZERO;
    private BigInteger highestSeq = BigInteger.ZERO;

    /**
     * What the device is bound to.
     *
     * @param keys of the governors, those that were revoked left out.
     * @param computeLeft what the cap leaves to the run before anything is used here; null when its total is unbounded.
     */
    record Terms(Set<String> devices, Set<String> keys, BigInteger quorum, Ratio rateLimit, Ratio computeLeft)
    {
    }

    PermitMachine(final Terms terms)
    {
        this.terms = terms;
    }

    void request(final String nonce)
    {
        pendingNonce = nonce;
    }

    /** Why the permit is rejected, which changes nothing; null when it can be installed. */
    Reason objection(final Permit offered, final BigInteger trustedTime)
    {
        if (!Authorities.isQuorum(terms.keys, offered.signers(), terms.quorum))
        {
            return Reason.QUORUM;
        }
        if (!offered.devices().equals(terms.devices))
        {
            return Reason.BINDING;
        }
        if (offered.seq().compareTo(highestSeq) <= 0)
        {
            return Reason.REPLAY;
        }
        if (!offered.nonce().equals(pendingNonce))
        {
            return Reason.NONCE;
        }
        if (trustedTime.compareTo(offered.notAfter()) >= 0)
        {
            return Reason.EXPIRED;
        }
        return isWithinLimits(offered, carried(offered, trustedTime)) ? null : Reason.LIMIT;
    }

    /** Installs a permit that nothing speaks against; returns what lapsed of the one before. */
    BigInteger install(final Permit offered, final BigInteger trustedTime)
    {
        final BigInteger carried = carried(offered, trustedTime);
        final BigInteger lapsed = account.subtract(carried);
        permit = offered;
        account = offered.allowance().add(carried);
        drainLeft = offered.drain();
        isExhausted = false;
        highestSeq = offered.seq();
        pendingNonce = null;
        return lapsed;
    }

    /** Takes compute, all or nothing; returns why not, or null. */
    Reason acquire(final BigInteger flopCount, final BigInteger trustedTime)
    {
        if (null == permit)
        {
            return Reason.NO_PERMIT;
        }
        if (isExpired(trustedTime))
        {
            return Reason.EXPIRED;
        }
        if (flopCount.compareTo(account) > 0)
        {
            isExhausted = true;
            return Reason.EXHAUSTED;
        }
        account = account.subtract(flopCount);
        used = used.add(flopCount);
        return null;
    }

    /** Takes compute for coming to a safe stop; returns why not, or null. */
    Reason drain(final BigInteger flopCount, final BigInteger trustedTime)
    {
        if (null == permit)
        {
            return Reason.NO_PERMIT;
        }
        if (!isExpired(trustedTime) && !isExhausted)
        {
            return Reason.NOT_ENDED;
        }
        if (flopCount.compareTo(drainLeft) > 0)
        {
            return Reason.DRAIN_EXHAUSTED;
        }
        drainLeft = drainLeft.subtract(flopCount);
        used = used.add(flopCount);
        return null;
    }

    /** What can still be acquired: nothing without a permit or after its end. */
    BigInteger remaining(final BigInteger trustedTime)
    {
        return null == permit || isExpired(trustedTime) ? BigInteger.ZERO : account;
    }

    BigInteger drainLeft()
    {
        return drainLeft;
    }

    BigInteger used()
    {
        return used;
    }

    BigInteger highestSeq()
    {
        return highestSeq;
    }

    static Set<String> keysLeft(final List<String> keys, final List<String> revoked)
    {
        final Set<String> left = new HashSet<>(keys);
        left.removeAll(new HashSet<>(revoked));
        return left;
    }

    private boolean isExpired(final BigInteger trustedTime)
    {
        return trustedTime.compareTo(permit.notAfter()) >= 0;
    }

    private BigInteger carried(final Permit offered, final BigInteger trustedTime)
    {
        return offered.isCarryingOver() ? remaining(trustedTime) : BigInteger.ZERO;
    }

    private boolean isWithinLimits(final Permit offered, final BigInteger carried)
    {
        if (Ratio.of(offered.maxRate()).compareTo(terms.rateLimit) > 0 || null == terms.computeLeft)
        {
            return false;
        }
        final BigInteger granted = offered.allowance().add(offered.drain()).add(carried);
        return Ratio.of(granted.add(used)).compareTo(terms.computeLeft) <= 0;
    }
}

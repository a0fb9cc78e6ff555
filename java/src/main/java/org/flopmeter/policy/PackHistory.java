/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** The accepted packs, each with the moment from which it is effective. Where one is installed, beginning with it. */
final class PackHistory
{
    private final List<Accepted> accepted = new ArrayList<>();

    private record Accepted(Pack pack, Moment effectiveFrom)
    {
    }

    PackHistory(final Pack installed)
    {
        this();
        accept(installed, installed.effective());
    }

    private PackHistory()
    {
    }

    /** No pack yet. */
    static PackHistory empty()
    {
        return new PackHistory();
    }

    static void refuseHighHarbours(final Pack pack, final String path)
    {
        for (final HarbourKind kind : pack.harboursTooHigh())
        {
            throw new PolicyException(Refusal.HARBOUR_TOO_HIGH, tooHigh(pack, kind, path));
        }
    }

    static String tooHigh(final Pack pack, final HarbourKind kind, final String path)
    {
        return path + '.' + kind.field() + ": " + pack.find(kind.field()).fixed() + " is above a tenth of " +
            kind.cap() + ' ' + pack.find(kind.cap());
    }

    void accept(final Pack pack, final Moment effectiveFrom)
    {
        accepted.add(new Accepted(pack, effectiveFrom));
    }

    /** The accepted pack with the highest version, whether it is in force yet or not; null when there is none. */
    Pack highest()
    {
        return accepted.isEmpty() ? null : accepted.get(accepted.size() - 1).pack;
    }

    /** The pack in force, or null when there is none yet. */
    Pack inForceAt(final Moment moment)
    {
        for (int i = accepted.size() - 1; i >= 0; i--)
        {
            if (!accepted.get(i).effectiveFrom.isAfter(moment))
            {
                return accepted.get(i).pack;
            }
        }
        return null;
    }

    /** Moments after the first and up to the last, from which an accepted pack is effective. */
    SortedSet<Moment> changesWithin(final Moment first, final Moment last)
    {
        final SortedSet<Moment> moments = new TreeSet<>();
        for (final Accepted entry : accepted)
        {
            if (entry.effectiveFrom.isAfter(first) && !entry.effectiveFrom.isAfter(last))
            {
                moments.add(entry.effectiveFrom);
            }
        }
        return moments;
    }

    /** Versions that take effect later, ascending: every accepted version is higher than those before it. */
    List<BigInteger> scheduledAfter(final Moment moment)
    {
        return accepted.stream()
            .filter(entry -> entry.effectiveFrom.isAfter(moment))
            .map(entry -> entry.pack.version())
            .toList();
    }
}

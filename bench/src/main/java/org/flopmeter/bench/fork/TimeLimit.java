/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import java.util.function.LongSupplier;

/**
 * Until when rounds may go on: on a slow machine there are fewer of them, and never less than three. Setting: endNs, by
 * the clock of System.nanoTime(), which all processes of a host have in common; without it there is no limit.
 */
public final class TimeLimit
{
    /** Of {@link Settings}. */
    public static final String SETTING = "endNs";

    /** A median of less says nothing. */
    public static final int ROUNDS_MIN = 3;

    private static final long NONE = Long.MIN_VALUE;

    private final LongSupplier clockNs;
    private final long endNs;

    TimeLimit(final LongSupplier clockNs, final long endNs)
    {
        this.clockNs = clockNs;
        this.endNs = endNs;
    }

    /** What a measurement was given. */
    public static TimeLimit of(final Settings settings)
    {
        return new TimeLimit(System::nanoTime, settings.number(SETTING, NONE));
    }

    /** For the first of so many parts that share what is left now. */
    public TimeLimit share(final int parts)
    {
        final long nowNs = clockNs.getAsLong();
        return NONE == endNs ? this : new TimeLimit(clockNs, nowNs + Math.max(0, endNs - nowNs) / parts);
    }

    /** The same settings with this limit. */
    public Settings in(final Settings settings)
    {
        return NONE == endNs ? settings : settings.with(SETTING, endNs);
    }

    /** Shall there be this round, counted from 0, of so many? */
    public boolean isMore(final int round, final int rounds)
    {
        return round < rounds && (round < ROUNDS_MIN || isTimeLeft());
    }

    /** Shall the warm-up go on? One time round it does. */
    public boolean isMoreWarmUp(final int round, final int rounds)
    {
        return round < rounds && (0 == round || isTimeLeft());
    }

    private boolean isTimeLeft()
    {
        return NONE == endNs || clockNs.getAsLong() - endNs < 0;
    }
}

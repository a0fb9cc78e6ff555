/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

/**
 * How long each part of the score card may take, in ms. Rounds end there on a machine that is slower than the one they
 * were chosen on, so what the launcher's help promises holds on both: see {@link TimeLimit}.
 */
public enum TimePlan
{
    /** Clock, load, distances, memory. */
    VALIDATE(1000, 4000),
    /** The consumer alone; not quick, with each kernel. */
    CONSUMER(2300, 13_000),
    /** Crossing over in batches; not quick, with each kernel. */
    END_TO_END(1500, 13_000),
    /** Crossing over one call at a time. */
    END_TO_END_SINGLE(1400, 11_000),
    /** What the metered program pays. */
    PRODUCER(4100, 20_000),
    /** The same through an intercepted routine. */
    INTERCEPTED(2700, 16_000),
    /** Batch, lanes, slots, ring. */
    SCALE(2500, 19_000),
    /** Age of totals; for a fixed time. */
    STALENESS(3300, 19_000),
    /** The meter's own process; for a fixed time. */
    SIDECAR(3800, 21_000),
    /** The same with a CPU budget; for a fixed time. */
    SIDECAR_BUDGET(2500, 8000),
    /** Other tools in a JVM. */
    PEERS(2100, 21_000),
    /** LTTng-UST. */
    LTTNG(700, 2000);

    /** What is promised: less than this, with and without --quick. */
    static final long QUICK_MS_PROMISED = 30_000;
    static final long FULL_MS_PROMISED = 180_000;

    private final long quickMs;
    private final long fullMs;

    TimePlan(final long quickMs, final long fullMs)
    {
        this.quickMs = quickMs;
        this.fullMs = fullMs;
    }

    /** Time of this part. */
    public long ms(final boolean isQuick)
    {
        return isQuick ? quickMs : fullMs;
    }

    /** The part begins now. */
    public TimeLimit begin(final boolean isQuick)
    {
        return new TimeLimit(System::nanoTime, System.nanoTime() + 1_000_000 * ms(isQuick));
    }
}

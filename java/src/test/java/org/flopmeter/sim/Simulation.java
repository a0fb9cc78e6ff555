/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.util.function.BooleanSupplier;

/** Many hosts, one after the other: a number names each of them, and everything that happens to it. */
final class Simulation
{
    private static final long YEAR_NS = 365L * 24 * 3600 * SimulatedClock.SECOND_NS;
    private static final int HOSTS_OF_A_CLUSTER = 8;

    private final Plant plant;
    private final long[] faults = new long[Mischief.Kind.values().length];
    private long digest;
    private long hosts;
    private long events;
    private long steps;
    private long verifications;
    private long livedNs;

    Simulation(final Plant plant)
    {
        this.plant = plant;
    }

    /** Host after host, from that number on, as long as it is wanted. */
    Simulation run(final long firstSeed, final BooleanSupplier isWanted)
    {
        for (long seed = firstSeed; isWanted.getAsBoolean(); seed++)
        {
            final Host host = new Host(seed, plant);
            host.live();
            hosts++;
            events += host.events();
            steps += host.mischief.steps();
            verifications += host.oracle.verifiedCount();
            livedNs += host.clock.livedNs();
            digest = digest * 31 + host.mischief.digest();
            for (int i = 0; i < faults.length; i++)
            {
                faults[i] += host.mischief.counts[i];
            }
        }
        return this;
    }

    long digest()
    {
        return digest;
    }

    long hosts()
    {
        return hosts;
    }

    long faultCount()
    {
        long sum = 0;
        for (final long count : faults)
        {
            sum += count;
        }
        return sum;
    }

    long faultCount(final Mischief.Kind kind)
    {
        return faults[kind.ordinal()];
    }

    /** Years of clusters of eight hosts, in thousandths. */
    long clusterYearsMilli()
    {
        return livedNs / (HOSTS_OF_A_CLUSTER * YEAR_NS / 1000);
    }

    @Override
    public String toString()
    {
        final StringBuilder text = new StringBuilder("simulated: " + hosts + " hosts, " + events + " events, " +
            steps + " steps of programs, " + faultCount() + " faults, " + verifications + " verifications, " +
            clusterYearsMilli() / 1000 + '.' + clusterYearsMilli() % 1000 / 100 + " years of clusters of " +
            HOSTS_OF_A_CLUSTER + ", digest " + Long.toHexString(digest));
        for (final Mischief.Kind kind : Mischief.Kind.values())
        {
            text.append("\n  ").append(kind).append(' ').append(faults[kind.ordinal()]);
        }
        return text.toString();
    }
}

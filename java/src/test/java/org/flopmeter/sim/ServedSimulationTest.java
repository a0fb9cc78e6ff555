/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;

import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The sidecar and its booking, turn by turn: docs/design/0023-simulator.md section 5. */
final class ServedSimulationTest
{
    private static final long SEED = Long.getLong("flopmeter.simulation.seed", 1);
    private static final int HOSTS = Integer.getInteger("flopmeter.simulation.served", Suite.rounds(60, 20_000));
    private static final int REPLAYED = 4;
    private static final int HOSTS_UNTIL_FOUND_MAX = 150;

    private static ServedHost live(final long seed, final ServedPlant plant)
    {
        final ServedHost host = new ServedHost(seed, plant);
        host.live();
        return host;
    }

    @Test
    void shouldKeepEveryLawWhereverASidecarDies()
    {
        final long beginNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        final long[] faults = new long[Mischief.Kind.values().length];
        long results = 0;
        long steps = 0;
        long verifications = 0;
        for (int i = 0; i < HOSTS; i++)
        {
            final ServedHost host = live(SEED + i, ServedPlant.NONE);
            results += host.results();
            steps += host.mischief.steps();
            verifications += host.verifications();
            for (int kind = 0; kind < faults.length; kind++)
            {
                faults[kind] += host.mischief.counts[kind];
            }
        }
        final StringBuilder text = new StringBuilder("served: " + HOSTS + " hosts, " + results + " results, " + steps +
            " steps of sidecars, " + verifications + " verifications;");
        for (final Mischief.Kind kind : Mischief.Kind.values())
        {
            text.append(' ').append(kind).append(' ').append(faults[kind.ordinal()]);
        }
        System.out.println(text.append("; ms of CPU ").append(
            (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - beginNs) / 1_000_000));
        assertTrue(results > 2L * HOSTS, "only " + results + " results");
        assertTrue(faults[Mischief.Kind.KILLED.ordinal()] > 2L * HOSTS, text::toString);
        assertTrue(faults[Mischief.Kind.POWER_LOST.ordinal()] > HOSTS, text::toString);
    }

    @Test
    @Tag("long")
    void shouldReplayAHostByItsNumber()
    {
        for (int i = 0; i < REPLAYED; i++)
        {
            assertEquals(live(SEED + i, ServedPlant.NONE).mischief.digest(),
                live(SEED + i, ServedPlant.NONE).mischief.digest());
        }
        assertNotEquals(live(SEED, ServedPlant.NONE).mischief.digest(),
            live(SEED + 1, ServedPlant.NONE).mischief.digest());
    }

    /** Canaries: each mistake is found, and soon. */
    @Tag("long")
    @ParameterizedTest
    @EnumSource(value = ServedPlant.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void shouldFindEveryPlantedMistake(final ServedPlant plant)
    {
        String found = null;
        for (int i = 0; i < HOSTS_UNTIL_FOUND_MAX && null == found; i++)
        {
            try
            {
                live(SEED + i, plant);
            }
            catch (final Oracle.Broken broken)
            {
                found = "host " + (SEED + i) + ": " + broken.getMessage();
            }
        }
        assertTrue(null != found, () -> plant + " was not found in " + HOSTS_UNTIL_FOUND_MAX + " hosts");
        System.out.println(plant + " found by " + found);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;

import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** docs/design/0023-simulator.md */
final class SimulationTest
{
    private static final long SEED = Long.getLong("flopmeter.simulation.seed", 1);
    private static final int HOSTS = Integer.getInteger("flopmeter.simulation.hosts", Suite.rounds(12_500, 500_000));
    private static final int REPLAYED = 12;
    private static final int HOSTS_UNTIL_FOUND_MAX = 400;

    private static Simulation hosts(final long seed, final int count, final Plant plant)
    {
        final int[] left = { count };
        return new Simulation(plant).run(seed, () -> left[0]-- > 0);
    }

    @Test
    void shouldKeepEveryLawUnderFaults()
    {
        final long beginNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        final Simulation simulation = hosts(SEED, HOSTS, Plant.NONE);
        final long cpuNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - beginNs;
        System.out.println(simulation + "\n  in " + cpuNs / 1_000_000 + " ms of CPU");
        Arrays.stream(Mischief.Kind.values()).forEach(kind ->
            assertTrue(simulation.faultCount(kind) > 0, () -> "no fault of kind " + kind));
    }

    @Tag("long")
    @Test
    void shouldReplayAHostByItsNumber()
    {
        assertEquals(hosts(SEED, REPLAYED, Plant.NONE).digest(), hosts(SEED, REPLAYED, Plant.NONE).digest());
        assertNotEquals(hosts(SEED, 1, Plant.NONE).digest(), hosts(SEED + 1, 1, Plant.NONE).digest());
    }

    /** Canaries: each mistake is found, and soon. */
    @Tag("long")
    @ParameterizedTest
    @EnumSource(value = Plant.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void shouldFindEveryPlantedMistake(final Plant plant)
    {
        String found = null;
        for (int i = 0; i < HOSTS_UNTIL_FOUND_MAX && null == found; i++)
        {
            try
            {
                hosts(SEED + i, 1, plant);
            }
            catch (final Oracle.Broken broken)
            {
                found = "host " + i + ": " + broken.getMessage();
            }
        }
        assertTrue(null != found, () -> plant + " was not found in " + HOSTS_UNTIL_FOUND_MAX + " hosts");
        System.out.println(plant + " found by " + found);
    }
}

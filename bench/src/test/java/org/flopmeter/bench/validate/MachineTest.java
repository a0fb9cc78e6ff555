/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest
{
    @TempDir
    private Path root;

    private void file(final String name, final String content) throws IOException
    {
        final Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void shouldReadTheLimitOfAControlGroup() throws IOException
    {
        assertEquals(Optional.empty(), new Machine(root).cpuLimit());
        file("sys/fs/cgroup/cpu.max", "150000 100000\n");
        assertEquals(Optional.of(1.5), new Machine(root).cpuLimit());
        file("sys/fs/cgroup/cpu.max", "max 100000\n");
        assertEquals(Optional.empty(), new Machine(root).cpuLimit());
    }

    @Test
    void shouldReadTheLimitOfAnOldControlGroup() throws IOException
    {
        file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
        assertEquals(Optional.of(0.5), new Machine(root).cpuLimit());
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        assertEquals(Optional.empty(), new Machine(root).cpuLimit());
    }

    @Test
    void shouldNameEachGovernorOnce() throws IOException
    {
        assertEquals(List.of(), new Machine(root).governors());
        file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
        file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n");
        file("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave\n");
        assertEquals(List.of("performance", "powersave"), new Machine(root).governors());
    }

    @Test
    void shouldReadLoadMemoryAndName() throws IOException
    {
        file("proc/loadavg", "1.25 0.90 0.70 2/300 4711\n");
        file("proc/meminfo", "MemTotal: 9 kB\nMemAvailable:   2048 kB\n");
        file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU 9000\n");
        final Machine machine = new Machine(root);
        assertEquals(1.25, machine.loadAverage());
        assertEquals(2048 * 1024, machine.memoryAvailableBytes());
        assertEquals("Some CPU 9000", machine.cpuName());
    }

    @Test
    void shouldTakeTheShareThatWasStolen()
    {
        final Steal before = Steal.of("cpu  100 0 50 800 0 0 0 50 7 0");
        final Steal after = Steal.of("cpu  140 0 60 840 0 0 0 60 9 0");
        assertEquals(new Steal(50, 1000), before);
        assertEquals(0.1, after.shareSince(before));
        assertEquals(0, before.shareSince(before));
    }
}

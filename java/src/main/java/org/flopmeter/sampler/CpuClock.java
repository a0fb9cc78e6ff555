/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Highest clock of any CPU of the machine.
 *
 * @param source "sysfs", "model table" or "default".
 */
record CpuClock(long hz, String source)
{
    private static final long HZ_PER_KHZ = 1_000L;

    static CpuClock probe(final Path root, final List<CpuInfo> cpus, final CpuPeakTable table)
    {
        final CpuClock byModel = byModel(cpus, table);
        final Path cpufreq = root.resolve("sys/devices/system/cpu");
        long khzMax = 0;
        boolean isBoostHidden = isOff(cpufreq.resolve("intel_pstate/no_turbo"), "0") ||
            isOff(cpufreq.resolve("cpufreq/boost"), "1");
        // Where nothing can be switched nothing lies above its maximum.
        final boolean hasSwitch = Files.exists(cpufreq.resolve("cpufreq/boost"));
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(cpufreq, "cpu[0-9]*"))
        {
            for (final Path directory : directories)
            {
                khzMax = Math.max(khzMax, number(directory.resolve("cpufreq/cpuinfo_max_freq")));
                isBoostHidden |= isOff(directory.resolve("cpufreq/boost"), "1") ||
                    hasSwitch && "acpi-cpufreq".equals(text(directory.resolve("cpufreq/scaling_driver")));
            }
        }
        catch (final IOException e)
        {
            return byModel;
        }
        if (0 == khzMax)
        {
            return byModel;
        }

        final CpuClock bySysfs = new CpuClock(khzMax * HZ_PER_KHZ, "sysfs");
        // With acpi-cpufreq the maximum is the highest P-state, with others the one without boost while that is off.
        // Somebody may have switched it before this look, or will after it.
        return isBoostHidden && byModel.hz > bySysfs.hz ? byModel : bySysfs;
    }

    /** The switch is there, and not known to be on. */
    private static boolean isOff(final Path file, final String on)
    {
        return Files.exists(file) && !on.equals(text(file));
    }

    private static CpuClock byModel(final List<CpuInfo> cpus, final CpuPeakTable table)
    {
        long hzMax = 0;
        for (final CpuInfo cpu : cpus)
        {
            if (table.clockHz(cpu).isEmpty())
            {
                return new CpuClock(CpuPeak.CLOCK_HZ_DEFAULT, "default");
            }
            hzMax = Math.max(hzMax, table.clockHz(cpu).getAsLong());
        }
        return new CpuClock(hzMax, "model table");
    }

    private static String text(final Path file)
    {
        try
        {
            return Files.readString(file).strip();
        }
        catch (final IOException e)
        {
            return "";
        }
    }

    private static long number(final Path file)
    {
        final String text = text(file);
        return text.matches("[0-9]{1,12}") ? Long.parseLong(text) : 0;
    }
}

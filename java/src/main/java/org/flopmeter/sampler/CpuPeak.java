/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The most one core of this machine can do: the basis of the upper end for work that no source has seen.
 * <p>
 * Two factors, each erring upwards: operations per cycle by the instruction sets that /proc/cpuinfo shows, and the
 * highest clock by sysfs, else by model, else 6.5 GHz. Cores that differ are represented by the fastest one.
 *
 * @param flopPerCycle 0 when nothing is known about this CPU.
 * @param isa          the feature that decided.
 * @param clockHz      0 when flopPerCycle is 0.
 * @param clockSource  "sysfs", "model table" or "default".
 * @param model        name of the CPU for people.
 * @param why          derivation, or why there is no bound.
 */
public record CpuPeak(int flopPerCycle, String isa, long clockHz, String clockSource, String model, String why)
{
    /** No stock CPU has reached it; used where neither sysfs nor the table knows. */
    public static final long CLOCK_HZ_DEFAULT = 6_500_000_000L;

    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000L);

    public static CpuPeak unknown(final String model, final String why)
    {
        return new CpuPeak(0, "unknown", 0, "none", model, why);
    }

    /** Of the machine whose /proc and /sys lie below `root` ("/" for this one). Never fails: in doubt unbounded. */
    public static CpuPeak probe(final Path root)
    {
        final List<CpuInfo> cpus = CpuInfo.read(root.resolve("proc/cpuinfo"));
        if (cpus.isEmpty())
        {
            return unknown("unknown", "/proc/cpuinfo is not readable or lists no CPU");
        }

        final CpuPeakTable table = CpuPeakTable.load();
        final int vectorLength = CpuInfo.vectorLength(root);
        CpuPeakTable.Peak best = null;
        for (final CpuInfo cpu : cpus)
        {
            final Optional<CpuPeakTable.Peak> peak = table.peak(cpu, vectorLength);
            if (peak.isEmpty())
            {
                return unknown(cpu.model(), "no figure for this instruction set (" + table.unboundedBy(cpu) + ")");
            }
            if (null == best || peak.get().flopPerCycle() > best.flopPerCycle())
            {
                best = peak.get();
            }
        }

        final CpuClock clock = CpuClock.probe(root, cpus, table);
        return new CpuPeak(
            best.flopPerCycle(), best.isa(), clock.hz(), clock.source(), cpus.get(0).model(), best.derivation());
    }

    public boolean isBounded()
    {
        return 0 < flopPerCycle;
    }

    /** What this much CPU time can have executed at most, rounded up. Only when bounded. */
    public BigInteger flopCountMax(final BigInteger cpuNs)
    {
        if (!isBounded())
        {
            throw new IllegalStateException("no bound for this CPU: " + why);
        }
        final BigInteger[] parts = cpuNs
            .multiply(BigInteger.valueOf(flopPerCycle))
            .multiply(BigInteger.valueOf(clockHz))
            .divideAndRemainder(NS_PER_SEC);
        return 0 == parts[1].signum() ? parts[0] : parts[0].add(BigInteger.ONE);
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuPeakTest
{
    private static final String SKYLAKE = x86("GenuineIntel", 6, 85, "fpu sse2 avx2 fma avx512f avx512bw");
    private static final String SAPPHIRE_RAPIDS =
        x86("GenuineIntel", 6, 143, "sse2 avx2 fma avx512f avx512_vnni amx_bf16 amx_tile amx_int8");
    private static final String ZEN_4_VM =
        x86("AuthenticAMD", 25, 17, "fpu sse2 fma avx2 hypervisor avx512f avx512_bf16 avx512_vnni");
    private static final String NEOVERSE_N1 = arm("0x41", "0xd0c", "fp asimd evtstrm aes atomics fphp asimdhp asimddp");
    private static final String NEOVERSE_V1 = arm("0x41", "0xd40", "fp asimd asimddp sve i8mm svei8mm bf16");

    @TempDir
    private Path root;

    @Test
    void shouldKnowZen4InAVirtualMachine() throws IOException
    {
        cpuinfo(ZEN_4_VM + ZEN_4_VM.replace("processor\t: 0", "processor\t: 1"));

        assertPeak("avx512f", 288, 4_400_000_000L, "model table");
    }

    @Test
    void shouldKnowTilesOfSapphireRapids() throws IOException
    {
        cpuinfo(SAPPHIRE_RAPIDS);

        assertPeak("amx_tile", 2336, 4_800_000_000L, "model table");
    }

    @Test
    void shouldPreferSysfsToTheTable() throws IOException
    {
        cpuinfo(SKYLAKE);
        cpufreq(0, 3_500_000, "intel_pstate");
        cpufreq(1, 3_900_000, "intel_pstate");

        assertPeak("avx512f", 288, 3_900_000_000L, "sysfs");
    }

    @Test
    void shouldNotTakeThePStateOfAcpiForTheBoostAboveIt() throws IOException
    {
        cpuinfo(ZEN_4_VM);
        cpufreq(0, 2_600_000, "acpi-cpufreq");
        write("sys/devices/system/cpu/cpufreq/boost", "1\n");
        assertPeak("avx512f", 288, 4_400_000_000L, "model table");

        write("sys/devices/system/cpu/cpufreq/boost", "0\n");
        assertPeak("avx512f", 288, 4_400_000_000L, "model table");

        Files.delete(root.resolve("sys/devices/system/cpu/cpufreq/boost"));
        assertPeak("avx512f", 288, 2_600_000_000L, "sysfs");
    }

    /** The maximum is that without turbo as long as it is off; who switches it on goes above it. */
    @Test
    void shouldNotTakeAClockWithoutTurboForTheHighest() throws IOException
    {
        for (final String[] each : new String[][] {
            { "intel_pstate", "intel_pstate/no_turbo", "0", "1" },
            { "amd-pstate-epp", "cpufreq/boost", "1", "0" },
            { "amd-pstate", "cpu0/cpufreq/boost", "1", "0" },
        })
        {
            final String file = "sys/devices/system/cpu/" + each[1];
            cpuinfo(ZEN_4_VM);
            cpufreq(0, 2_600_000, each[0]);
            write(file, each[2] + "\n");
            assertPeak("avx512f", 288, 2_600_000_000L, "sysfs");

            write(file, each[3] + "\n");
            assertPeak("avx512f", 288, 4_400_000_000L, "model table");
            Files.delete(root.resolve(file));
        }
    }

    @Test
    void shouldAssumeTheDefaultClockForUnknownModels() throws IOException
    {
        cpuinfo(x86("GenuineIntel", 6, 999, "sse2 avx2"));

        assertPeak("avx2", 144, CpuPeak.CLOCK_HZ_DEFAULT, "default");
    }

    @Test
    void shouldTakeTheWidestOfHybridCores() throws IOException
    {
        cpuinfo(x86("GenuineIntel", 6, 151, "sse2 avx2") + x86("GenuineIntel", 6, 151, "sse2 avx2 avx512f"));

        assertPeak("avx512f", 288, CpuPeak.CLOCK_HZ_DEFAULT, "default");
    }

    @Test
    void shouldKnowNeoverse() throws IOException
    {
        cpuinfo(NEOVERSE_N1);
        assertPeak("asimd", 192, 3_300_000_000L, "model table");

        cpuinfo(NEOVERSE_V1);
        write("proc/sys/abi/sve_default_vector_length", "32\n");
        assertPeak("svei8mm", 768, 3_000_000_000L, "model table");
    }

    @Test
    void shouldAssumeTheLongestVectorWhereTheDefaultMayBeCapped() throws IOException
    {
        cpuinfo(NEOVERSE_V1);
        write("proc/sys/abi/sve_default_vector_length", "64\n");
        assertEquals(384 * 16, CpuPeak.probe(root).flopPerCycle());

        Files.delete(root.resolve("proc/sys/abi/sve_default_vector_length"));
        assertEquals(384 * 16, CpuPeak.probe(root).flopPerCycle());
    }

    @Test
    void shouldBeUnboundedWhereNoFigureIsKnown() throws IOException
    {
        assertUnbounded();
        cpuinfo(arm("0x41", "0xd4f", "fp asimd sve2 sme"));
        assertUnbounded();
        cpuinfo("processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdcv\n\n");
        assertUnbounded();
        cpuinfo("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n\n");
        assertUnbounded();
        cpuinfo("no such lines\n\n");
        assertUnbounded();
    }

    @Test
    void shouldBoundThisMachineOrSayWhyNot()
    {
        final CpuPeak peak = CpuPeak.probe(Path.of("/"));

        assertEquals(peak.isBounded(), 0 < peak.clockHz());
        assertFalse(peak.why().isBlank());
    }

    @Test
    void shouldMultiplyExactlyAndRoundUp()
    {
        final CpuPeak peak = new CpuPeak(2336, "x", 6_500_000_000L, "default", "x", "x");

        assertEquals(BigInteger.valueOf(15_184), peak.flopCountMax(BigInteger.ONE));
        assertEquals(
            new BigInteger("15184").multiply(BigInteger.valueOf(Long.MAX_VALUE)),
            peak.flopCountMax(BigInteger.valueOf(Long.MAX_VALUE)));
        assertEquals(BigInteger.ONE, new CpuPeak(1, "x", 1, "sysfs", "x", "x").flopCountMax(BigInteger.ONE));
        assertThrows(
            IllegalStateException.class, () -> CpuPeak.unknown("x", "why").flopCountMax(BigInteger.ONE));
    }

    @Test
    void shouldGiveASourceForEveryRow()
    {
        for (final CpuPeakTable.Row row : CpuPeakTable.load().rows())
        {
            assertTrue(20 < row.why().length(), row.toString());
            assertTrue(row.kind().matches("flopPerCycle|flopPerCycleVector|unbounded|clockMhz"), row.toString());
            assertTrue("clockMhz".equals(row.kind()) ? 2000 <= row.value() && row.value() <= 6500 :
                0 <= row.value() && row.value() <= 4096, row.toString());
        }
    }

    private void assertPeak(final String isa, final int flopPerCycle, final long clockHz, final String clockSource)
    {
        final CpuPeak peak = CpuPeak.probe(root);

        assertEquals(flopPerCycle, peak.flopPerCycle());
        assertEquals(isa, peak.isa());
        assertEquals(clockHz, peak.clockHz());
        assertEquals(clockSource, peak.clockSource());
    }

    private void assertUnbounded()
    {
        final CpuPeak peak = CpuPeak.probe(root);

        assertFalse(peak.isBounded());
        assertFalse(peak.why().isBlank());
    }

    private void cpuinfo(final String text) throws IOException
    {
        write("proc/cpuinfo", text);
    }

    private void cpufreq(final int cpu, final long khz, final String driver) throws IOException
    {
        write("sys/devices/system/cpu/cpu" + cpu + "/cpufreq/cpuinfo_max_freq", khz + "\n");
        write("sys/devices/system/cpu/cpu" + cpu + "/cpufreq/scaling_driver", driver + "\n");
    }

    private void write(final String name, final String text) throws IOException
    {
        Files.createDirectories(root.resolve(name).getParent());
        Files.writeString(root.resolve(name), text);
    }

    private static String x86(final String vendor, final int family, final int model, final String flags)
    {
        return "processor\t: 0\nvendor_id\t: " + vendor + "\ncpu family\t: " + family + "\nmodel\t\t: " + model +
            "\nmodel name\t: A CPU: of ours\ncpu MHz\t\t: 2596.096\nflags\t\t: " + flags + "\nbugs\t\t: amx_tile\n\n";
    }

    private static String arm(final String implementer, final String part, final String features)
    {
        return "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: " + features + "\nCPU implementer\t: " + implementer +
            "\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: " + part + "\nCPU revision\t: 1\n\n";
    }
}

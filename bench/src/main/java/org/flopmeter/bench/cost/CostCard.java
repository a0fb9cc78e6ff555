/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What does metering cost a whole program? Each round runs the program plain and metered in turn, so that the ratio
 * holds when the machine's speed drifts; medians over rounds are printed, with the extremes.
 */
public final class CostCard
{
    private static final int ROUNDS_DEFAULT = 5;
    private static final String TINY_CALLS = "1000000";

    private final Path root;
    private final int rounds;
    private final PrintStream out;

    private CostCard(final Path root, final int rounds, final PrintStream out)
    {
        this.root = root;
        this.rounds = rounds;
        this.out = out;
    }

    /**
     * Prints the card on stdout.
     *
     * @param args the number of rounds, 5 when absent.
     * @throws Exception when a measured program can't be started or fails.
     */
    public static void main(final String[] args) throws Exception
    {
        final Path root = Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize();
        final int rounds = args.length > 0 ? Integer.parseInt(args[0]) : ROUNDS_DEFAULT;
        new CostCard(root, rounds, System.out).print();
    }

    private void print() throws Exception
    {
        out.printf(Locale.ROOT, "machine   %s, %d CPUs, %s %s%n", cpuName(), Runtime.getRuntime().availableProcessors(),
            System.getProperty("java.vm.name"), System.getProperty("java.version"));
        out.printf(Locale.ROOT, "rounds    %d, plain and metered in turn; median (min .. max)%n", rounds);
        tinyGemm("8");
        tinyGemm("64");
        training();
    }

    private void tinyGemm(final String size) throws Exception
    {
        final String program = root.resolve("target/native/bench/native/flopmeter_tiny_gemm").toString();
        final Series plain = new Series();
        final Series metered = new Series();
        final Series extra = new Series();
        final Meter meter = new Meter(root);
        final String calls = "8".equals(size) ? TINY_CALLS : "20000";
        for (int round = -1; round < rounds; round++)
        {
            final double plainNs = Double.parseDouble(meter.plain(List.of(program, calls, size)).output());
            final double meteredNs = Double.parseDouble(meter.metered(List.of(program, calls, size)).output());
            if (round >= 0)
            {
                plain.add(plainNs);
                metered.add(meteredNs);
                extra.add(meteredNs - plainNs);
            }
        }
        out.printf(Locale.ROOT, "%ndgemm %sx%sx%s, %s calls, one thread%n", size, size, size, calls);
        out.printf(Locale.ROOT, "  plain            %s ns/call%n", plain.text());
        out.printf(Locale.ROOT, "  metered          %s ns/call%n", metered.text());
        out.printf(Locale.ROOT, "  metered - plain  %s ns/call%n", extra.text());
        out.printf(Locale.ROOT, "  metered / plain  %.4f of the medians%n", metered.median() / plain.median());
    }

    private void training() throws Exception
    {
        final String python = Files.isExecutable(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
        final Path script = root.resolve("testdata/programs/mlp.py");
        final Meter meter = new Meter(root);
        if (meter.plain(List.of(python, "-c", "import torch")).exitCode() != 0)
        {
            out.printf("%nPyTorch training: skipped, %s has no torch%n", python);
            return;
        }
        final List<String> command = List.of(python, script.toString(), "3000");
        final Series ratio = new Series();
        final Series cpu = new Series();
        for (int round = -1; round < rounds; round++)
        {
            final Meter.Outcome plain = meter.plain(command);
            final Meter.Outcome metered = meter.metered(command);
            if (round >= 0)
            {
                ratio.add(metered.wallNs() / (double)plain.wallNs());
                cpu.add(100.0 * metered.meterCpuNs() / metered.wallNs());
            }
        }
        out.printf(Locale.ROOT, "%nPyTorch training, 3000 steps of a 784-512-10 MLP, batch 64%n");
        out.printf(Locale.ROOT, "  wall metered / plain         %s (goal < 1.01)%n", ratio.text());
        out.printf(Locale.ROOT, "  CPU of the meter             %s %% of one core%n", cpu.text());
        out.printf(Locale.ROOT, "  peak RSS of the meter's JVM  %s%n", meter.residentText());
    }

    private static String cpuName() throws IOException
    {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter((line) -> line.startsWith("model name"))
            .map((line) -> line.substring(line.indexOf(':') + 2))
            .findFirst().orElse("unknown CPU");
    }
}

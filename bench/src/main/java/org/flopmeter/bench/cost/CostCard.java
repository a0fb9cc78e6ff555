/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
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
        tinyGemm(8, 1_000_000);
        tinyGemm(8, 20_000_000);
        tinyGemm(64, 50_000);
        training();
    }

    private void tinyGemm(final int size, final long calls) throws Exception
    {
        final List<String> command = TinyGemm.command(root, calls, size);
        final BigInteger sent = TinyGemm.flop(calls, size);
        final Series[] plain = { new Series(), new Series() };
        final Series[] metered = { new Series(), new Series() };
        final Series extra = new Series();
        final Meter meter = new Meter(root);
        for (int round = -1; round < rounds; round++)
        {
            final String[] plainNs = meter.plain(command).output().split(" ");
            final Meter.Outcome outcome = meter.metered(command);
            if (!sent.equals(outcome.flop()))
            {
                throw new IOException("totals are wrong: " + outcome.flop() + " FLOP, expected " + sent);
            }
            final String[] meteredNs = outcome.output().split(" ");
            for (int i = 0; i < 2 && round >= 0; i++)
            {
                plain[i].add(Double.parseDouble(plainNs[i]));
                metered[i].add(Double.parseDouble(meteredNs[i]));
            }
            if (round >= 0)
            {
                extra.add(Double.parseDouble(meteredNs[0]) - Double.parseDouble(plainNs[0]));
            }
        }
        out.printf(Locale.ROOT, "%ndgemm %dx%dx%d, %d calls, one thread, ns/call%n", size, size, size, calls);
        out.printf(Locale.ROOT, "  plain            %s, mean with start-up %s%n", plain[0].text(), plain[1].text());
        out.printf(
            Locale.ROOT, "  metered          %s, mean with start-up %s%n", metered[0].text(), metered[1].text());
        out.printf(Locale.ROOT, "  metered - plain  %s%n", extra.text());
        out.printf(Locale.ROOT, "  metered / plain  %.4f, with start-up %.4f%n",
            metered[0].median() / plain[0].median(), metered[1].median() / plain[1].median());
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

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.Producer;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * The meter's real process with the launcher's own flags, beside a host of 8 GPUs with kernels of 5 us: CPU as a share
 * of one core and resident memory, then the same with nothing to read. At the end it is killed, and another meter finds
 * every sample. Settings: lanes, ring, rate, slots, loadMs, idleMs (0: no look at it), warmUpMs, budget (percent of one
 * core for the meter's --cpu-budget; 0: none).
 */
public final class SidecarUse implements Measurement
{
    private static final int LANES = 8;
    private static final int RING = 256 * 1024;
    private static final int SLOTS = 128;
    private static final long SAMPLES_PER_SEC = 1_600_000;
    private static final long LOAD_MS = 5000;
    private static final long IDLE_MS = 4000;
    private static final long WARM_UP_MS = 10_000;
    private static final long START_MS_MAX = 30_000;
    private static final long SETTLE_MS = 300;
    private static final Pattern FLAG = Pattern.compile("--jvm (-X\\S+)");
    private static final List<String> FLAGS_DEFAULT =
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m");

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        final ProducerConfig config = ProducerConfig.canonical(cpus.producer())
            .withThreads(settings.count("lanes", LANES)).withRing(settings.count("ring", RING))
            .withSlots(settings.count("slots", SLOTS));
        try (MeterDir directory = new MeterDir();
            Probe probe = new Probe(cpus);
            Producer producer = new Producer(directory, config))
        {
            final Process meter = new ProcessBuilder(
                command(directory.path(), settings.count("budget", 0)))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(directory.path().resolve("meter.log").toFile()).start();
            try
            {
                awaitAccount(directory.path(), meter);
                measure(settings, out, producer, new Rig(probe, new ProcessUse(meter.pid())));
            }
            finally
            {
                meter.destroyForcibly().waitFor();
            }
            check(out, directory, producer);
        }
    }

    private record Rig(Probe probe, ProcessUse use)
    {
    }

    private static void measure(
        final Settings settings, final Results out, final Producer producer, final Rig rig) throws Exception
    {
        final ProcessUse use = rig.use();
        final long rate = settings.number("rate", SAMPLES_PER_SEC);
        final int lanes = settings.count("lanes", LANES);
        producer.tell(pace(rate, lanes, settings.number("warmUpMs", WARM_UP_MS)));

        final Probe.Around<Map<String, String>> done = rig.probe().around(() ->
        {
            final ProcessUse.CpuTime before = use.cpuTime();
            final long beginNs = System.nanoTime();
            final Map<String, String> answer = producer.tell(pace(rate, lanes, settings.number("loadMs", LOAD_MS)));
            final double spentNs = System.nanoTime() - beginNs;
            final double cpuNs = use.cpuTime().nsSince(before);
            out.add("loadCpuShare", cpuNs / spentNs);
            out.add("loadCpuNs", cpuNs);
            out.add("loadNs", spentNs);
            out.add("samplesPerSec", 1e9 * Double.parseDouble(answer.get("samples")) / spentNs);
            return answer;
        });
        out.add("producerNsPerSample", done.value().get("nsPerSample"));
        out.add("placement", done.surroundings().placement().jsonName());
        out.add("rssBytes", use.statusBytes("VmRSS"));
        out.add("rssAnonymousBytes", use.residentAnonymousBytes());
        out.add("rssPeakBytes", use.statusBytes("VmHWM"));

        final long idleMs = settings.number("idleMs", IDLE_MS);
        if (0 != idleMs)
        {
            park(SETTLE_MS);
            final Probe.Around<Double> idle = rig.probe().around(() -> idleShare(idleMs, use));
            out.add("idleCpuShare", idle.value());
            out.add("idlePlacement", idle.surroundings().placement().jsonName());
        }
    }

    private static double idleShare(final long idleMs, final ProcessUse use) throws IOException
    {
        final ProcessUse.CpuTime before = use.cpuTime();
        final long beginNs = System.nanoTime();
        park(idleMs);
        return use.cpuTime().nsSince(before) / (double)(System.nanoTime() - beginNs);
    }

    private static String pace(final long rate, final int lanes, final long durationMs)
    {
        return "pace " + rate / lanes * durationMs / 1000 + " " + rate;
    }

    /** What is timed is the passing of time itself. */
    private static void park(final long durationMs)
    {
        final long endNs = System.nanoTime() + durationMs * 1_000_000;
        for (long nowNs = System.nanoTime(); nowNs < endNs; nowNs = System.nanoTime())
        {
            LockSupport.parkNanos(endNs - nowNs);
        }
    }

    private static void check(final Results out, final MeterDir directory, final Producer producer) throws IOException
    {
        try (AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper()))
        {
            agent.drainToEnd();
            final List<String> differences = producer.expected().differences(agent.totals());
            out.add("exact", differences.isEmpty());
            out.add("foldedShare", (double)agent.totals().samplesFolded() / producer.samples());
            differences.forEach((difference) -> out.add("difference", difference));
        }
    }

    private static void awaitAccount(final Path directory, final Process meter)
    {
        final long endNs = System.nanoTime() + START_MS_MAX * 1_000_000;
        while (!hasAccount(directory))
        {
            if (!meter.isAlive() || System.nanoTime() > endNs)
            {
                throw new BenchException("the meter's process did not start: " + log(directory));
            }
            park(5);
        }
    }

    private static boolean hasAccount(final Path directory)
    {
        final String[] names = directory.toFile().list((parent, name) -> name.startsWith("account-"));
        return null != names && 0 != names.length;
    }

    private static String log(final Path directory)
    {
        try
        {
            return Files.readString(directory.resolve("meter.log")).strip();
        }
        catch (final IOException ex)
        {
            return "its log can't be read";
        }
    }

    private static List<String> command(final Path directory, final int budgetPercent) throws IOException
    {
        final Path root = Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize();
        final List<String> words = new ArrayList<>(List.of(Fork.javaCommand()));
        words.addAll(flags(root.resolve("flopmeter")));
        words.addAll(List.of(
            "--enable-native-access=ALL-UNNAMED", "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED"));
        words.add("-Dflopmeter.native.path=" + System.getProperty(
            "flopmeter.native.path", root.resolve("target/dist/lib").toString()));
        words.addAll(List.of("-cp", root.resolve("target/dist/jar") + "/*", "org.flopmeter.node.Main"));
        words.addAll(List.of("aggregate", "--end-on-stdin", "--meter-dir", directory.toString()));
        if (0 != budgetPercent)
        {
            words.addAll(List.of("--cpu-budget", Integer.toString(budgetPercent)));
        }
        return words;
    }

    /** Those that the launcher gives to the meter of a run. */
    private static List<String> flags(final Path launcher) throws IOException
    {
        final List<String> flags = new ArrayList<>();
        if (Files.isReadable(launcher))
        {
            final Matcher matcher = FLAG.matcher(Files.readString(launcher));
            while (matcher.find())
            {
                flags.add(matcher.group(1));
            }
        }
        return flags.isEmpty() ? FLAGS_DEFAULT : flags;
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.Quantiles;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.consumer.ConsumerOnly;
import org.flopmeter.bench.cost.InterceptedCall;
import org.flopmeter.bench.endtoend.EndToEnd;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Realtime;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.fork.TimePlan;
import org.flopmeter.bench.latency.LatencyFigures;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.bench.producer.ProducerFigures;
import org.flopmeter.bench.scale.Scale;
import org.flopmeter.bench.sidecar.SidecarFigures;
import org.flopmeter.bench.validate.Machine;
import org.flopmeter.bench.validate.Validate;

/**
 * The canonical measurements of the score card, peers left out. Everything timed runs in a process of its own; this
 * one only waits. One thread.
 */
public final class Measurements
{
    private static final double SAMPLE_BYTES = 2048.0 / 126;
    private static final long MEMORY_AVAILABLE_MIN = 2L << 30;
    private static final int MEMORY_MIB = 512;
    private static final int MEMORY_MIB_SMALL = 128;

    private ScoreCard card;
    private boolean quick;
    private Consumer<String> progress;
    private Probe probe;
    private double memoryBytesPerSec;

    /**
     * Measure everything that this machine allows.
     *
     * @param scoreCard collects figures, curves, distributions, facts and warnings.
     * @param isQuick   fewer and shorter rounds: less than 30 s with the peers, instead of less than 180.
     * @param onProgress is told what begins, one line each.
     * @throws BenchException when nothing can be measured here: one CPU only, or the programs are not built.
     */
    public void run(final ScoreCard scoreCard, final boolean isQuick, final Consumer<String> onProgress)
        throws InterruptedException
    {
        card = scoreCard;
        quick = isQuick;
        progress = onProgress;
        final Cpus cpus = Cpus.choose();
        try (Probe asked = new Probe(cpus))
        {
            probe = asked;
            final Validate validate = new Validate(card);
            progress.accept("validate: clock, load, distance of CPU " + cpus.producer() + " and " + cpus.consumer());
            validate.before(cpus, probe);
            card.fact("forkFlags", Fork.flags());
            card.fact("priority", Realtime.isAsked() ? "SCHED_RR 1" : "normal");
            memory();
            part("consumer alone", this::consumer);
            part("end to end, batched", () ->
                endToEnd("endToEndBatched", Settings.of(List.of()), TimePlan.END_TO_END.begin(quick)));
            part("end to end, one call per sample", () -> endToEnd(
                "endToEndSingle", Settings.of(List.of("single=true")), TimePlan.END_TO_END_SINGLE.begin(quick)));
            part("producer", () -> new ProducerFigures(card, quick, here()).run());
            part("intercepted call", this::interceptedCall);
            part("scale: batch, lanes, slots, ring", () -> new Scale(card, quick).run());
            part("staleness of totals", () -> new LatencyFigures(card, quick).run());
            part("sidecar", () -> new SidecarFigures(card, quick).run());
            part("sidecar with a CPU budget", () -> new SidecarFigures(card, quick).runWithBudget());
            validate.after();
        }
    }

    /** Something that may fail without the rest being worthless. */
    @FunctionalInterface
    private interface Part
    {
        void run() throws InterruptedException;
    }

    private void part(final String name, final Part part) throws InterruptedException
    {
        progress.accept(name);
        try
        {
            part.run();
        }
        catch (final BenchException ex)
        {
            card.warn(name + " was not measured: " + ex.getMessage());
        }
    }

    private Placement here()
    {
        return probe.distance().placement();
    }

    private void memory()
    {
        progress.accept("memory");
        final boolean isLarge = new Machine(Path.of("/")).memoryAvailableBytes() > MEMORY_AVAILABLE_MIN;
        final int mebibytes = isLarge && !quick ? MEMORY_MIB : MEMORY_MIB_SMALL;
        final double[] passes = probe.memoryBytesPerSec(mebibytes);
        memoryBytesPerSec = Quantiles.median(passes);
        card.add(Figure.of("dramReadBandwidth", "B/s", here(), passes, true)
            .with("bufferMebibytes", mebibytes)
            .with("samplesPerSecAtMost", memoryBytesPerSec / SAMPLE_BYTES));
    }

    private void consumer() throws InterruptedException
    {
        Settings settings = Settings.of(List.of());
        if (quick)
        {
            settings = settings.with("rounds", 7).with("laps", 4).with("warmUp", 1000);
        }
        final List<String> others = quick ? List.of() : Kernels.others();
        final TimeLimit limit = TimePlan.CONSUMER.begin(quick);
        final Results results = Fork.run(ConsumerOnly.class, limit.share(1 + others.size()).in(settings));
        final double median = RoundFigures.median(results, "samplesPerSec");
        final double drainNs = 1e9 / RoundFigures.median(results, "drainSamplesPerSec");
        final double touchNs = 1e9 / RoundFigures.median(results, "touchSamplesPerSec");
        final double addNs = 1e9 / RoundFigures.median(results, "addSamplesPerSec");
        final double addAndSumNs = 1e9 / RoundFigures.median(results, "addAndSumSamplesPerSec");
        final Map<String, Object> details = new LinkedHashMap<>();
        details.put("slots", ProducerConfig.SLOTS);
        details.put("ringBytes", ProducerConfig.RING_BYTES);
        details.put("nsPerSample", 1e9 / median);
        details.put("touchOnlyNsPerSample", touchNs);
        details.put("drainOnlyNsPerSample", drainNs);
        // Each layer against the one without it; noise may push a difference below 0.
        details.put("addOnlyNsPerSample", addNs);
        details.put("conservationNsPerSample", addAndSumNs - addNs);
        details.put("validationNsPerSample", drainNs - addAndSumNs);
        details.put("commitNsPerSample", 1e9 / median - drainNs);
        details.put("oneSamplePerRecordSamplesPerSec", RoundFigures.median(results, "singleSamplesPerSec"));
        details.put("dramShare", median * SAMPLE_BYTES / memoryBytesPerSec);
        final Map<String, Object> kernels = new LinkedHashMap<>();
        kernels.put(Kernels.selected(), ofKernel(results));
        for (final String kernel : others)
        {
            final Results other =
                Fork.run(ConsumerOnly.class, limit.in(settings), "-D" + Kernels.PROPERTY + "=" + kernel);
            kernels.put(kernel, ofKernel(other));
            RoundFigures.warnInexact(card, "consumerOnly, kernel " + kernel, other);
        }
        RoundFigures.warnInexact(card, "consumerOnly", results);
        details.put("kernels", kernels);
        card.add(RoundFigures.with(
            Figure.of(
                "consumerOnly", "samples/s", RoundFigures.slowest(results, "placement.samplesPerSec"),
                results.numbers("samplesPerSec"), results.all("exact")),
            details));
    }

    private static Map<String, Object> ofKernel(final Results results)
    {
        return Map.of(
            "samplesPerSec", RoundFigures.median(results, "samplesPerSec"),
            "drainOnlySamplesPerSec", RoundFigures.median(results, "drainSamplesPerSec"),
            "exact", results.all("exact"));
    }

    private void endToEnd(final String name, final Settings kind, final TimeLimit limit) throws InterruptedException
    {
        final boolean isSingle = kind.flag("single");
        final Settings settings = kind.with("samples", isSingle || quick ? 5_000_000 : 12_000_000)
            .with("rounds", quick ? 5 : 11).with("warmUp", warmUpRounds(isSingle));
        final List<String> others = quick ? List.of() : Kernels.others();
        final Results results = Fork.run(EndToEnd.class, limit.share(1 + others.size()).in(settings));
        final Map<String, Object> details = new LinkedHashMap<>();
        details.put("slots", ProducerConfig.SLOTS);
        details.put("batch", isSingle ? 1 : ProducerConfig.BATCH);
        details.put("ringBytes", ProducerConfig.RING_BYTES);
        details.put("foldedSamples", sum(results.numbers("folded")));
        details.put("coreLatencyNs", RoundFigures.median(results, "latencyNs"));
        details.put("roofShare", RoundFigures.median(results, "samplesPerSec") * SAMPLE_BYTES /
            RoundFigures.median(results, "roofBytesPerSec"));
        details.put("mixedRounds", RoundFigures.mixed(results));
        final Map<String, Object> kernels = new LinkedHashMap<>();
        kernels.put(Kernels.selected(), RoundFigures.medians(results, "samplesPerSec"));
        for (final String kernel : others)
        {
            final Results other = Fork.run(
                EndToEnd.class, limit.in(settings).with("rounds", 7), "-D" + Kernels.PROPERTY + "=" + kernel);
            kernels.put(kernel, RoundFigures.medians(other, "samplesPerSec"));
            RoundFigures.warnInexact(card, name + ", kernel " + kernel, other);
        }
        details.put("kernels", kernels);
        RoundFigures.add(card, name, "samples/s", results, "samplesPerSec", details);
    }

    /** A second or so, in which the reader's commits are compiled. */
    private int warmUpRounds(final boolean isSingle)
    {
        return quick ? 4 : isSingle ? 20 : 40;
    }

    private void interceptedCall() throws InterruptedException
    {
        final List<Probe.Around<InterceptedCall.Round>> all = InterceptedCall.rounds(
            probe::around, quick ? 3 : 7, quick ? 100_000 : 500_000, TimePlan.INTERCEPTED.begin(quick));
        final List<InterceptedCall.Round> rounds = all.stream().map(Probe.Around::value).toList();
        final double[] extraNs = rounds.stream().mapToDouble(InterceptedCall.Round::extraNs).toArray();
        final double[] plainNs = rounds.stream().mapToDouble(InterceptedCall.Round::plain).toArray();
        final Placement placement = all.stream().map((one) -> one.surroundings().placement())
            .reduce(Placement::slower).orElseThrow();
        card.add(Figure.of(
            "interceptedCall", "ns", placement, extraNs, rounds.stream().allMatch(InterceptedCall.Round::isExact))
            .with("call", "dgemm 8x8x8")
            .with("plainNs", Quantiles.median(plainNs)));
        rounds.stream().filter((round) -> !round.isExact()).findFirst()
            .ifPresent((round) -> card.wrong("interceptedCall: TOTALS WRONG: " + round.difference()));
    }

    private static double sum(final double[] values)
    {
        double sum = 0;
        for (final double value : values)
        {
            sum += value;
        }
        return sum;
    }
}

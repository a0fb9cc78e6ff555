/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.validate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Realtime;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Distance;
import org.flopmeter.bench.probe.Probe;

/** Facts about the machine and its fitness, taken before the first round; what was stolen is added after the last. */
public final class Validate
{
    private static final int DISTANCES = 8;
    private static final double LOAD_SHARE_MAX = 0.5;
    private static final double STEAL_SHARE_MAX = 0.01;
    private static final double GRANULARITY_NS_MAX = 1000;

    private final ScoreCard card;
    private final Machine machine;
    private Steal stealBefore;

    /** For that card, about this machine. */
    public Validate(final ScoreCard card)
    {
        this.card = card;
        machine = new Machine(Path.of("/"));
    }

    /** What is known before anything is timed. */
    public void before(final Cpus cpus, final Probe probe)
    {
        final int count = Runtime.getRuntime().availableProcessors();
        card.fact("cpuCount", count);
        card.fact("producerCpu", cpus.producer());
        card.fact("consumerCpu", cpus.consumer());
        if (cpus.areThreadsOfOne())
        {
            card.warn("producer and consumer share one core: every figure of two CPUs is too low");
        }
        stealBefore = steal();
        load(count);
        power();
        limit();
        timer(probe.timer());
        distances(probe);
    }

    /** What is known when everything was timed. */
    public void after()
    {
        final double share = steal().shareSince(stealBefore);
        card.fact("stealShare", share);
        if (share > STEAL_SHARE_MAX)
        {
            card.warn(String.format(Locale.ROOT,
                "the hypervisor took %.1f %% of the CPU time meanwhile: figures are too low", 100 * share));
        }
        card.fact("loadAverageAfter", machine.loadAverage());
    }

    private void load(final int count)
    {
        final double load = machine.loadAverage();
        card.fact("loadAverage", load);
        if (load > LOAD_SHARE_MAX * count)
        {
            card.warn(String.format(Locale.ROOT,
                "load average %.2f on %d CPUs: something else is running, figures are too low and scatter%s",
                load, count, Realtime.isAsked() ? "" : " (--realtime helps)"));
        }
    }

    private void power()
    {
        final List<String> governors = machine.governors();
        card.fact("governors", governors.isEmpty() ? "unknown" : governors);
        if (!governors.isEmpty() && !List.of("performance").equals(governors))
        {
            card.warn("frequency governor " + String.join(", ", governors) + ": \"performance\" scatters less");
        }
    }

    private void limit()
    {
        final Optional<Double> limit = machine.cpuLimit();
        card.fact("cgroupCpuLimit", limit.<Object>map((cpus) -> cpus).orElse("none"));
        if (limit.isPresent() && limit.get() < 2)
        {
            card.warn(String.format(Locale.ROOT,
                "the control group allows %.2f CPUs: two that run all the time are throttled", limit.get()));
        }
    }

    private void timer(final Map<String, String> timer)
    {
        final double granularityNs = Double.parseDouble(timer.get("granularityNs"));
        card.fact("timerGranularityNs", granularityNs);
        card.fact("timerReadNs", Double.parseDouble(timer.get("clockNs")));
        card.fact("counterReadNs", Double.parseDouble(timer.get("tickNs")));
        if (granularityNs > GRANULARITY_NS_MAX)
        {
            card.warn("the clock steps by " + granularityNs + " ns: short rounds can't be timed");
        }
    }

    private void distances(final Probe probe)
    {
        final List<Object> latencies = new ArrayList<>();
        final List<Object> streams = new ArrayList<>();
        final TreeSet<Placement> placements = new TreeSet<>();
        for (int i = 0; i < DISTANCES; i++)
        {
            final Distance distance = probe.distance();
            latencies.add(distance.latencyNs());
            streams.add(distance.streamBytesPerSec());
            placements.add(distance.placement());
        }
        card.fact("coreLatencyNs", latencies);
        card.fact("coreStreamBytesPerSec", streams);
        if (placements.size() > 1)
        {
            card.warn("the two CPUs move against each other (seen: " +
                String.join(", ", placements.stream().map(Placement::jsonName).toList()) +
                "): compare figures within one placement only");
        }
    }

    private static Steal steal()
    {
        try
        {
            return Steal.now();
        }
        catch (final IOException ex)
        {
            return new Steal(0, 0);
        }
    }
}

/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/** Words to build facts, readings and peaks with. */
public final class Fixtures
{
    /** 100 FLOP per cycle at 2 GHz: 200 FLOP per ns, easy to check in the head. */
    public static final CpuPeak PEAK = new CpuPeak(
        100, "test", 2_000_000_000L, "sysfs", "test CPU", "a figure for tests");
    public static final long SECOND_NS = 1_000_000_000L;
    public static final long BEGIN_NS = 1_700_000_000L * SECOND_NS;
    public static final long BEGIN_MONOTONIC_NS = 5_000 * SECOND_NS;

    private Fixtures()
    {
    }

    public static KeyTotal key(
        final String node, final Precision precision, final Source source, final Part part, final String flopCount,
        final long samples)
    {
        return new KeyTotal(
            "r", node, precision, Basis.EXACT_BY_SHAPE, source, part, FlopCount.parse(flopCount), samples, false);
    }

    public static Reading reading(final KeyTotal... keys)
    {
        long samples = 0;
        for (final KeyTotal key : keys)
        {
            samples += key.samples();
        }
        return new Reading(List.of(keys), samples, samples, 0, 0, List.of(), List.of(), List.of(), false);
    }

    public static Reading with(final Reading reading, final List<Finding> findings, final List<Gap> gaps)
    {
        return new Reading(
            reading.keys(), reading.samplesProduced(), reading.samplesConsumed(), reading.samplesFolded(),
            reading.samplesLost(), findings, gaps, reading.conservationDetails(), reading.cpuIncomplete());
    }

    public static FactsBuilder facts()
    {
        return new FactsBuilder();
    }

    /** Ten seconds of wall time on four CPUs, three seconds of CPU time, exit 0. */
    public static final class FactsBuilder
    {
        private Integer exitCode = 0;
        private long cpuNs = 3 * SECOND_NS;
        private boolean cpuComplete = true;
        private RunFacts.CpuTally cpuTally;
        private final List<RunFacts.Leftover> leftovers = new ArrayList<>();
        private final List<String> accelerators = new ArrayList<>();
        private final List<CounterFacts> counters = new ArrayList<>();

        private KernelNotes kernels = KernelNotes.NONE;
        private PipeNotes pipes = PipeNotes.NONE;

        FactsBuilder pipes(final PipeNotes notes)
        {
            pipes = notes;
            return this;
        }

        FactsBuilder kernels(final KernelNotes notes)
        {
            kernels = notes;
            return this;
        }

        FactsBuilder cpuNs(final long ns)
        {
            cpuNs = ns;
            return this;
        }

        FactsBuilder cpuIncomplete()
        {
            cpuComplete = false;
            return this;
        }

        FactsBuilder taskClock(final long ns)
        {
            cpuTally = new RunFacts.CpuTally(ns, RunFacts.CpuTally.TASK_CLOCK);
            return this;
        }

        FactsBuilder exitUnknown()
        {
            exitCode = null;
            return this;
        }

        FactsBuilder leftover(final int pid, final String comm)
        {
            leftovers.add(new RunFacts.Leftover(pid, comm));
            return this;
        }

        FactsBuilder accelerator(final String device)
        {
            accelerators.add(device);
            return this;
        }

        FactsBuilder counter(final CounterFacts counter)
        {
            counters.add(counter);
            return this;
        }

        public RunFacts build()
        {
            return new RunFacts(
                "r", null, List.of("python3", "train.py"), exitCode, BEGIN_NS, BEGIN_NS + 10 * SECOND_NS,
                BEGIN_MONOTONIC_NS, BEGIN_MONOTONIC_NS + 10 * SECOND_NS, cpuNs, cpuComplete, cpuTally, 4, leftovers,
                accelerators, counters, kernels, pipes, 0, 1_000_000L, 29_000_000L);
        }
    }
}
